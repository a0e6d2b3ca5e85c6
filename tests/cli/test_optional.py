# SPDX-License-Identifier: MIT
"""
An optional service (Redis, from two workers on): its block is inserted into vpsfit's own compose file and removed by byte range, its
values are owned, and adopted stacks do not get it. Both versions of Compose accept the result.
"""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import ROOT, run
from earlier import started_anew
from test_compose_set import COMPOSE1, COMPOSE2, config

OLD = ROOT / "tests/cli/0.1.0"
HOST, NAME = "REDIS_HOST", "services/redis"
CACHE = {"cache": "os.environ/LITELLM_CACHE", "cache_params": {
    "type": "redis", "mode": "default_off", "host": "os.environ/REDIS_HOST", "port": "os.environ/REDIS_PORT",
    "password": "os.environ/REDIS_PASSWORD"}}


def apply(root, *args, code=0):
    done = run("apply", "--yes", "--sysroot", root, "--swap", "none", *args)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def plan(root, *args):
    done = run("plan", "--json", "--sysroot", root, "--swap", "none", *args)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def new(machine, *args):
    root = machine("vm-8g")
    apply(root, *args)
    return root, root / "opt/ai-gateway"


def texts(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def times(folder):
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def is_in(folder):
    """Checks that it is there completely or not at all."""
    project = yaml.safe_load((folder / "compose.yaml").read_text())
    service = "redis" in project["services"]
    assert (HOST in project["services"]["litellm"]["environment"]) == service
    return service


@pytest.mark.parametrize("args, there", [
    (["--workers", "1"], False), (["--workers", "2"], True), (["--workers", "6"], True),
    (["--workers", "2", "--redis", "no"], False), (["--workers", "1", "--redis", "yes"], True), ([], True),
])
def test_a_new_stack(machine, args, there):
    root, folder = new(machine, *args)
    assert is_in(folder) == there
    assert ("REDIS_PASSWORD=" in (folder / ".env").read_text()) == there
    settings = yaml.safe_load((folder / "litellm/config.yaml").read_text())["litellm_settings"]
    assert {k: v for k, v in settings.items() if k.startswith("cache")} == (CACHE if there else {})
    codes = {w["code"] for w in plan(root)["warnings"]}
    assert ("workers-without-redis" in codes) == (args == ["--workers", "2", "--redis", "no"])
    # A second apply changes no byte and no timestamp.
    before, when = texts(folder), times(folder)
    apply(root)
    assert (texts(folder), times(folder)) == (before, when)


def test_the_choice_is_remembered_and_forgotten(machine):
    root, folder = new(machine, "--redis", "no")
    apply(root)
    assert not is_in(folder)
    said = plan(root)["answers"]["redis"]
    assert (said["value"], said["origin"]) == ("no", "remembered")
    apply(root, "--redis", "auto")
    assert is_in(folder) and plan(root)["answers"]["redis"]["value"] is None
    assert run("plan", "--sysroot", root, "--redis", "maybe").returncode == 2


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("first", ["no", "yes"])
def test_in_and_out_is_nothing(machine, first, end):
    """Inserting and removing it restores the file; comments, line ends and other services stay."""
    other = {"no": "yes", "yes": "no"}
    root, folder = new(machine, "--redis", first)
    path = folder / "compose.yaml"
    text = path.read_text().replace("  open-webui:\n    image", "  # mine\n  open-webui: # too\n    image")
    text = text.replace("    volumes:\n      - ./litellm/config", "      # at the end\n    volumes:\n      - ./litellm/config")
    text = text.replace("\nnetworks:\n", "\n  cat: {image: cat, networks: [gateway]} # not vpsfit's\n\n# below\nnetworks:\n")
    path.write_bytes(text.replace("\n", end).encode())
    before = texts(folder)
    done = apply(root, "--redis", other[first])
    between = path.read_bytes()
    assert is_in(folder) == (first == "no")
    assert between.count(b"\r\n") == (between.count(b"\n") if end == "\r\n" else 0)
    assert re.search(r"^[-+] *REDIS_HOST", done.stdout, re.M), "the change is shown"
    for mine in (b"# mine", b"# too", b"# at the end", b"# not vpsfit's", b"# below"):
        assert mine in between
    # All other lines stay, in the same order.
    more, less = sorted((before["compose.yaml"], between), key=len)[::-1]
    lines = iter(more.splitlines())
    assert all(line in lines for line in less.splitlines())
    apply(root, "--redis", first)
    after = texts(folder)
    if first == "no":
        assert after["compose.yaml"] == before["compose.yaml"]
    else:
        assert sorted(after["compose.yaml"].splitlines()) == sorted(before["compose.yaml"].splitlines())


def test_rollback_brings_back_what_was_there(machine):
    root, folder = new(machine, "--redis", "no")
    before = texts(folder)
    apply(root, "--redis", "auto")
    assert is_in(folder) and texts(folder) != before
    done = run("rollback", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    assert texts(folder) == before
    with_it = apply(root, "--redis", "yes")
    assert "redis" in with_it.stdout
    there = texts(folder)
    apply(root, "--redis", "no")
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert texts(folder) == there


@pytest.mark.parametrize("tool", [COMPOSE1, COMPOSE2], ids=["compose1", "compose2"])
def test_both_composes_take_it(machine, tool):
    _, folder = new(machine, "--workers", "2")
    project = config(folder, "compose.yaml", tool=tool)
    service = project["services"]["redis"]
    password = re.search(r"^REDIS_PASSWORD=(\w+)$", (folder / ".env").read_text(), re.M).group(1)
    # No secret on a command line: the command names a variable from the environment.
    assert password not in json.dumps(service["command"]) and service["environment"]["REDIS_PASSWORD"] == password
    assert project["services"]["litellm"]["environment"]["REDIS_PASSWORD"] == password
    assert project["services"]["litellm"]["environment"][HOST] == "redis"


def largest(folder):
    """(limit in MiB, --maxmemory in bytes)"""
    service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["redis"]
    command = service["command"]
    return (int(service["deploy"]["resources"]["limits"]["memory"].rstrip("M")), int(command[command.index("--maxmemory") + 1]))


def with_limit_of_200(root, folder):
    """An administrator's cost model gives Redis another limit; --maxmemory follows it."""
    text = (ROOT / "profiles/cost-model.yaml").read_text().replace("seed-2025-11", "mine")
    model = root / "etc/vpsfit/mine.yaml"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text(text.replace("    limit: 64", "    limit: 200"))
    apply(root, "--cost-model", "mine")
    assert largest(folder) == (200, 120 * 1024 * 1024)


def test_what_it_holds_follows_its_limit(machine):
    """With the limit of a custom model, and with one that was edited by hand and kept."""
    root, folder = new(machine)
    assert largest(folder) == (64, 38 * 1024 * 1024)
    with_limit_of_200(root, folder)
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace('memory: "200M"', 'memory: "300M"'))
    apply(root, "--keep-edits")
    assert largest(folder) == (300, 180 * 1024 * 1024)
    apply(root)
    assert largest(folder) == (300, 180 * 1024 * 1024)


def test_a_model_without_it(machine):
    """An administrator's model of 0.1.0 has four services: the fifth gets its own figures, with a warning."""
    root = machine("vm-8g")
    model = root / "etc/vpsfit/mine.yaml"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text((OLD / "cost-model.yaml").read_text().replace("seed-2025-11", "mine"))
    made = plan(root, "--cost-model", "mine")
    assert made["services"]["redis"]["limit_mib"] == 64
    assert any(w["code"] == "service-unmeasured" and "redis" in w["text"] for w in made["warnings"])
    assert made["totals"] == plan(root, "--cost-model", "seed-2025-11")["totals"]


def test_the_totals_are_the_founding_ones(machine):
    made = plan(machine("vm-8g"), "--profile", "MEDIUM_VPS", "--cost-model", "seed-2025-11")
    assert (made["totals"]["containers_mib"], made["totals"]["total_mib"]) == (2096, 3296)
    assert made["totals"]["optional_mib"] == made["services"]["redis"]["expected_mib"] == 14


@pytest.mark.parametrize("redis", ["auto", "yes"])
def test_somebody_elses_stack_never_gets_it(machine, redis):
    root = machine("vm-8g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    text = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1\n    command: [--num_workers, '2', --run_gunicorn]\n"
    (folder / "compose.yaml").write_text(text)
    apply(root, "--compose", "/srv/stack/compose.yaml", "--redis", redis)
    after = (folder / "compose.yaml").read_text()
    assert "redis" not in after and not (folder / ".env").exists()
    codes = {w["code"] for w in plan(root, "--compose", "/srv/stack/compose.yaml")["warnings"]}
    assert "workers-without-redis" in codes


def test_what_a_person_took_out_stays_out(machine):
    root, folder = new(machine)
    path = folder / "compose.yaml"
    with_it = path.read_text()
    text = re.sub(r"\n  redis:\n(    .*\n)+", "", with_it)
    text = re.sub(r"      # All workers.*\n(      (LITELLM_CACHE|REDIS_).*\n)+", "", text)
    path.write_text(text)
    assert not is_in(folder)
    apply(root)
    assert path.read_text() == text
    # An explicit request brings it back.
    apply(root, "--redis", "yes")
    assert is_in(folder)


def test_an_edited_block_is_not_taken_out(machine):
    root, folder = new(machine)
    path = folder / "compose.yaml"
    text = path.read_text().replace("image: valkey/valkey:8.1.11-alpine", "image: my/valkey:9")
    path.write_text(text)
    apply(root)
    assert path.read_text() == text
    done = apply(root, "--redis", "no")
    assert "redis is not taken out" in done.stderr and "services/redis" in done.stderr
    assert path.read_text() == text


@pytest.mark.parametrize("theirs, where", [
    ("  redis:\n    image: redis:7\n", "services/redis"),
    ("", "services/litellm/environment/REDIS_HOST"),
])
def test_a_redis_of_ones_own_is_let_alone(machine, theirs, where):
    """In vpsfit's own stack too: somebody added one before vpsfit did."""
    root, folder = new(machine, "--redis", "no")
    path = folder / "compose.yaml"
    text = path.read_text().replace("\nnetworks:\n", f"{theirs}\nnetworks:\n")
    if not theirs:
        text = text.replace('      ANTHROPIC_API_KEY: "${', '      REDIS_HOST: "elsewhere"\n      ANTHROPIC_API_KEY: "${')
    path.write_text(text)
    done = apply(root, "--redis", "auto")
    assert f"{where} is there and is not vpsfit's" in done.stderr
    assert path.read_text() == text and "REDIS_PASSWORD" not in (folder / ".env").read_text()
    apply(root, "--redis", "no")
    assert path.read_text() == text


def test_a_list_of_variables_is_told_of(machine):
    """An environment in list form has no place for it: the lines are suggested, nothing is inserted in part."""
    root, folder = new(machine, "--redis", "no")
    path = folder / "compose.yaml"
    project = yaml.safe_load(path.read_text())
    variables = project["services"]["litellm"]["environment"]
    lines = "".join(f"      {k}: \"{v}\"\n" for k, v in variables.items())
    text = re.sub(r"    environment:\n(      .*\n)+?(?=    volumes)",
                  "    environment:\n" + "".join(f"      - \"{k}={v}\"\n" for k, v in variables.items()), path.read_text(), count=1)
    assert lines and text != path.read_text()
    path.write_text(text)
    done = apply(root, "--redis", "auto")
    assert "redis cannot be put in" in done.stderr and "redis.compose.yaml" in done.stderr
    assert path.read_text() == text


@pytest.mark.parametrize("old, edited, kept", [
    ('    user: "999:1000"\n', '    # mine: on a line\n    user: "999:1000"\n', "    # mine: on a line\n"),
    ('    user: "999:1000"\n', '    user: "999:1000" # mine: behind\n', "    # mine: behind\n"),
    ("\n  redis:\n", "\n  # mine: above\n  redis: # mine: on the key\n", "  # mine: above\n  # mine: on the key\n"),
    ('      REDIS_PORT: "6379"\n', '      REDIS_PORT: "6379"\t# mine: of a variable\n', "      # mine: of a variable\n"),
    ("      - gateway\n    # It asks", "      # mine: #1, in a list\n      - gateway\n    # It asks", "      # mine: #1, in a list\n"),
])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_persons_comment_in_the_block_stays(machine, old, edited, kept, end):
    """The block goes, and what a person wrote beside its lines does not go with it."""
    root, folder = new(machine)
    path = folder / "compose.yaml"
    text = path.read_text().replace(old, edited)
    assert text.count("# mine") == edited.count("# mine")
    path.write_bytes(text.replace("\n", end).encode())
    apply(root, "--redis", "no")
    after = path.read_bytes().decode()
    assert not is_in(folder) and kept.replace("\n", end) in after and after.count("# mine") == edited.count("# mine")
    assert "valkey" not in after.lower()
    apply(root, "--redis", "yes")
    assert is_in(folder) and path.read_bytes().decode().count("# mine") == edited.count("# mine")


def over(text):
    def edit(folder):
        (folder / "compose.override.yaml").write_text(text)
    return edit


def beside(text):
    def edit(folder):
        path = folder / "compose.yaml"
        path.write_text(path.read_text().replace("\nnetworks:\n", f"\n  app:\n    image: app\n{text}\nnetworks:\n"))
    return edit


@pytest.mark.parametrize("edit, said", [
    (beside("    depends_on: [redis]\n"), "the service 'app' needs it (depends_on)"),
    (beside("    depends_on: {redis: {condition: service_healthy}}\n"), "the service 'app' needs it (depends_on)"),
    (beside("    links: ['redis:cache']\n"), "the service 'app' needs it (links)"),
    (beside("    network_mode: 'service:redis'\n"), "the service 'app' needs it (network_mode)"),
    (beside("    extends: {service: redis}\n"), "another service takes over what it says (extends)"),
    (over("services:\n  nginx:\n    depends_on: [redis]\n"), "override.yaml: warning: redis is not taken out: the service 'nginx'"),
    (over("services:\n  redis:\n    ports: ['127.0.0.1:6379:6379']\n"), "override.yaml: warning: redis is not taken out: this file"),
])
def test_what_others_need_is_not_taken_out(machine, edit, said):
    """Compose would refuse a project in which a service that is named is not there."""
    root, folder = new(machine)
    edit(folder)
    config(folder, tool=COMPOSE2)
    before = (folder / "compose.yaml").read_bytes()
    done = apply(root, "--redis", "no")
    assert said in done.stderr and "redis is taken out" not in done.stderr
    assert (folder / "compose.yaml").read_bytes() == before
    config(folder, tool=COMPOSE2)
    # Names alone: what is only like it is none.
    assert is_in(folder)


def test_what_is_only_called_alike_goes(machine):
    root, folder = new(machine)
    beside("    depends_on: [redis2]\n    links: ['redis2:redis']\n    environment: {REDIS: redis}\n  redis2:\n    image: redis\n")(folder)
    apply(root, "--redis", "no")
    assert not is_in(folder)
    config(folder, tool=COMPOSE2)


def merge_key(key, text):
    def edit(folder):
        path = folder / "compose.yaml"
        path.write_text(f"x-mine: &mine\n{text}" + path.read_text().replace(key, f"{key}{' ' * (key.index(key.strip()) + 2)}<<: *mine\n", 1))
    return edit


@pytest.mark.parametrize("edit, where", [
    (over("services:\n  redis:\n    image: redis:7\n"), "override.yaml: warning: services/redis"),
    (over("services:\n  litellm:\n    environment:\n      REDIS_HOST: mine\n"),
     "override.yaml: warning: services/litellm/environment/REDIS_HOST"),
    (over("services:\n  litellm:\n    environment: ['REDIS_PORT=1']\n"),
     "override.yaml: warning: services/litellm/environment/REDIS_PORT"),
    (merge_key("    environment:\n", "  REDIS_HOST: mine\n"), "services/litellm/environment/REDIS_HOST"),
    (merge_key("services:\n", "  redis:\n    image: redis:7\n"), "compose.yaml: warning: services/redis"),
])
def test_a_redis_of_ones_own_in_another_place_is_let_alone(machine, edit, where):
    """An override, or a merge key, says what a key means as well as the key itself does."""
    root, folder = new(machine, "--redis", "no")
    edit(folder)
    before, was = texts(folder), config(folder, tool=COMPOSE2)
    done = apply(root, "--redis", "auto")
    assert f"{where} is there and is not vpsfit's" in done.stderr
    assert texts(folder) == before and config(folder, tool=COMPOSE2) == was


@pytest.mark.parametrize("lines, left", [
    ("  cache: true\n", {"cache": True}),
    ("  cache_params: {type: local}\n", {"cache_params": {"type": "local"}}),
    ("  cache_params:\n    host: elsewhere # mine\n", {"cache_params": {"host": "elsewhere"}}),
])
def test_a_cache_of_ones_own_is_asked_about(machine, lines, left):
    """A cache that somebody set before vpsfit did is an edit by hand like any other."""
    root, folder = new(machine, "--redis", "no")
    path = folder / "litellm/config.yaml"
    path.write_text(path.read_text().replace("litellm_settings:\n", f"litellm_settings:\n{lines}"))
    apply(root)
    before = texts(folder)
    done = apply(root, "--redis", "yes", code=5)
    assert "edited by hand" in done.stderr and "--keep-edits" in done.stderr and texts(folder) == before
    apply(root, "--redis", "yes", "--keep-edits")
    settings = yaml.safe_load(path.read_text())["litellm_settings"]
    assert is_in(folder)
    for key, value in left.items():
        assert settings[key] == value if key == "cache" else value.items() <= settings[key].items()
    assert lines.splitlines()[-1] in path.read_text()
    # It was decided once.
    apply(root)
    apply(root, "--overwrite-edits")
    assert "elsewhere" not in path.read_text() and "type: local" not in path.read_text() and "cache: true" not in path.read_text()


def test_a_setting_edited_by_hand_is_no_other_when_redis_comes_back(machine):
    root, folder = new(machine)
    path = folder / "litellm/config.yaml"
    path.write_text(path.read_text().replace("mode: \"default_off\"", "mode: \"default_on\""))
    assert "default_on" in path.read_text()
    apply(root, code=5)
    apply(root, "--workers", "1")
    apply(root, "--workers", "2", code=5)
    assert "default_on" in path.read_text()


def test_a_new_password_is_no_lost_one(machine):
    """A stack that gets Redis for the first time has nobody who knows an old password of it."""
    root, folder = new(machine, "--redis", "no")
    done = apply(root, "--redis", "yes")
    assert "REDIS_PASSWORD: a secret will be made" in done.stdout and "REDIS_PASSWORD" not in done.stderr
    env = folder / ".env"
    text = re.sub("REDIS_PASSWORD=.*\n", "", env.read_text())
    env.write_text(text)
    for kept in (root / "var/lib/vpsfit").rglob("*"):
        if kept.is_file() and b"REDIS_PASSWORD=" in kept.read_bytes():
            kept.write_bytes(re.sub(b"REDIS_PASSWORD=.*\n", b"", kept.read_bytes()))
    assert "REDIS_PASSWORD is missing, and no copy of it is kept" in apply(root).stderr


@pytest.mark.parametrize("old, edited", [
    ("image: valkey/valkey:8.1.11-alpine", "image: my/valkey:9"),
    ('    user: "999:1000"\n', '    user: "999:1000"\n    ports: ["127.0.0.1:6379:6379"]\n'),
])
def test_an_edited_block_is_still_vpsfits_when_it_is_planned_again(machine, old, edited):
    """It was not taken out for an edit: with two workers it is a part of the stack as it was, and its limit is looked after."""
    root, folder = new(machine)
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace(old, edited))
    # Each time, for the plan wants it out.
    for _ in range(2):
        assert "redis is not taken out: it was edited by hand (services/redis)" in apply(root, "--workers", "1").stderr
    done = apply(root, "--workers", "2")
    assert "redis" not in done.stderr and edited in path.read_text() and is_in(folder)
    with_limit_of_200(root, folder)


@pytest.mark.parametrize("first", [True, False], ids=["the-first-apply", "a-later-one"])
def test_a_rollback_that_leaves_the_compose_file_leaves_its_secrets(machine, first):
    """The file was edited and stays; without the password that it asks for Compose would refuse it."""
    root, folder = new(machine, *([] if first else ["--redis", "no"]))
    if not first:
        apply(root, "--redis", "yes", "--bind", "0.0.0.0")
    path = folder / "compose.yaml"
    path.write_text(path.read_text() + "\n# mine\n")
    env = (folder / ".env").read_text()
    done = run("rollback", "--yes", "--sysroot", root, "--keep-edits")
    assert done.returncode == 0, done.stderr
    assert "# mine" in path.read_text() and is_in(folder)
    after = (folder / ".env").read_text()
    line = re.search("^REDIS_PASSWORD=.*$", env, re.M).group(0)
    assert line in after and "kept.env" not in done.stdout
    # What nobody asks for that stays goes back.
    assert first or ("GATEWAY_BIND=127.0.0.1" in after and "GATEWAY_BIND=0.0.0.0" in env)
    (folder / "litellm").mkdir(exist_ok=True)
    assert "redis" in config(folder, tool=COMPOSE2)["services"]


def without_secret(root, folder):
    """REDIS_PASSWORD is nowhere any more."""
    for path in [folder / ".env", *(root / "var/lib/vpsfit").rglob("*")]:
        if path.is_file() and not path.name.endswith(".json"):
            path.write_text(re.sub(r"^REDIS_PASSWORD=.*\n", "", path.read_text(), flags=re.M))


@pytest.mark.parametrize("way", ["state", "taken up"])
def test_the_secret_of_a_new_service_is_not_missing(machine, way):
    """Nobody uses an old one who would have to be told: a machine that grew gets its second worker."""
    root, folder = new(machine, "--workers", "1")
    if way == "taken up":
        shutil.rmtree(root / "var/lib/vpsfit")
    assert "is missing" not in run("plan", "--sysroot", root, "--workers", "2").stderr
    assert "lacks a secret" not in run("status", "--sysroot", root, "--workers", "2").stdout
    done = apply(root, "--workers", "2")
    assert "is missing" not in done.stderr and "REDIS_PASSWORD: a secret will be made" in done.stdout


@pytest.mark.parametrize("way", ["state", "taken up", "no compose file"])
def test_the_secret_of_a_service_that_was_there_is_missing(machine, way):
    root, folder = new(machine, "--workers", "2")
    without_secret(root, folder)
    if way == "state":
        assert "/.env: lacks a secret" in run("status", "--sysroot", root).stdout
    elif way == "taken up":
        shutil.rmtree(root / "var/lib/vpsfit")
    else:
        (folder / "compose.yaml").unlink()
    assert "REDIS_PASSWORD is missing, and no copy of it is kept" in apply(root, "--workers", "2").stderr


# A stack, state and journal as 0.1.0 left them, for a machine with 8 GB and two workers.

def taken_over(machine, name="stack"):
    root = machine("vm-8g")
    shutil.copytree(OLD / name / "opt", root / "opt", dirs_exist_ok=True)
    shutil.copytree(OLD / name / "var", root / "var", dirs_exist_ok=True)
    for path in (root / "var/lib/vpsfit").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (root / "var/lib/vpsfit").chmod(0o700)
    (root / "opt/ai-gateway/.env").chmod(0o600)
    return root, root / "opt/ai-gateway"


def test_a_stack_of_0_1_0_gets_it_at_the_next_apply(machine):
    root, folder = taken_over(machine)
    before, state = texts(folder), texts(root / "var/lib/vpsfit")
    shown = run("plan", "--sysroot", root)
    assert shown.returncode == 0 and re.search(r"^\+ *REDIS_HOST", shown.stdout, re.M)
    assert texts(folder) == before and texts(root / "var/lib/vpsfit") == state
    done = apply(root)
    assert is_in(folder) and re.search(r"^\+ *redis:", done.stdout, re.M)
    after = texts(folder)
    assert yaml.safe_load(after["litellm/config.yaml"])["litellm_settings"]["cache"] == "os.environ/LITELLM_CACHE"
    # Nothing else changed but how LiteLLM is started: every old line is there, secrets are the same, and no value counts as edited.
    for name in ("compose.yaml", "litellm/config.yaml", ".env"):
        old = started_anew(before[name].decode(), 4).encode() if name == "compose.yaml" else before[name]
        lines = iter(after[name].splitlines())
        assert all(line in lines for line in old.splitlines()), name
    assert apply(root).returncode == 0 and texts(folder) == after
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert texts(folder) == before
    # A second rollback reads 0.1.0's own history entry.
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert not (folder / "compose.yaml").exists()


def test_a_config_of_0_1_0_that_was_edited_is_told_of(machine):
    root, folder = taken_over(machine)
    config_file = folder / "litellm/config.yaml"
    text = config_file.read_text().replace("num_retries: 2", "num_retries: 3")
    config_file.write_text(text)
    done = apply(root)
    assert is_in(folder) and config_file.read_text() == text
    for line in ('cache: "os.environ/LITELLM_CACHE"', 'type: "redis"', 'mode: "default_off"',
                 'host: "os.environ/REDIS_HOST"', 'port: "os.environ/REDIS_PORT"', 'password: "os.environ/REDIS_PASSWORD"'):
        assert line in done.stdout
    # Once the lines exist, they are no longer suggested.
    lines = yaml.safe_dump({"litellm_settings": CACHE})
    config_file.write_text(text.replace("litellm_settings:\n", lines))
    assert "LITELLM_CACHE" not in apply(root).stdout


def test_a_stack_of_0_1_0_with_redis_no_is_as_it_was(machine):
    """But for how LiteLLM is started, what the containers may do, and nginx's settings."""
    root, folder = taken_over(machine)
    before = texts(folder)
    apply(root, "--redis", "no")
    after = texts(folder)
    assert after.pop("compose.yaml").decode() == started_anew(before.pop("compose.yaml").decode(), 2)
    assert before.pop("nginx/nginx.conf") and after.pop("nginx/nginx.conf").decode() == (ROOT / "templates/nginx/nginx.conf").read_text()
    assert before.pop("litellm/sitecustomize.py") and after.pop("litellm/vpsfit_launch.py") and after == before


@pytest.mark.parametrize("password", ["abc", "a b", "it's", 'a"b', "a\\b", "a$b", "a#b", "END", "$(id)", "`id`", "é \\\" ü"])
def test_any_password_is_one_word(machine, password, tmp_path):
    """Somebody may have written it into .env. It is no argument, no second setting and no command."""
    _, folder = new(machine, "--workers", "2")
    command = config(folder, tool=COMPOSE2)["services"]["redis"]["command"]
    # As the container is told: "$$" was Compose's.
    command = [word.replace("$$", "$") for word in command]
    server = tmp_path / "bin/valkey-server"
    server.parent.mkdir()
    server.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/arguments\ncat > {tmp_path}/settings\n")
    server.chmod(0o755)
    subprocess.run(command, check=True, timeout=30, env={"PATH": f"{server.parent}:/usr/bin:/bin", "REDIS_PASSWORD": password})
    first, second = (tmp_path / "settings").read_text().splitlines()[:2]
    # As sdssplitargs() reads it: between double quotes a backslash takes the next character as it is.
    quoted = re.fullmatch(r'requirepass "((?:[^"\\]|\\["\\])*)"', first)
    assert quoted and re.sub(r"\\(.)", r"\1", quoted.group(1)) == password and second == 'save ""'
    assert (tmp_path / "arguments").read_text().split() == ["-", "--maxmemory", str(38 * 1024 * 1024)]
