# SPDX-License-Identifier: MIT
"""
Several compose files that Compose merges: the merged values are planned and edited, Compose accepts the result, it differs in owned
values only, and the printed command starts the same files.
"""

import json
import os
import re
import shutil
import stat
import subprocess

import pytest
import yaml

import test_adopt
from conftest import ROOT, environment, run, start_command
from test_adopt import COMPOSE2, contents, without_owned
from test_merge import read_case

COMPOSE1 = "/usr/bin/docker-compose"
# The figures here are those of the founding model, which no measurement changes.
SIZE = ["--ram", "8G", "--cpus", "4", "--swap", "none", "--cost-model", "seed-2025-11"]
NEW_RAM = [*SIZE[:4], *SIZE[6:]]
BASE = """services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.89.0
    command: ["--config", "/app/config.yaml", "--num_workers", "2"]
  db:
    image: postgres:16.15
    command: ["-c", "max_connections=30"]
"""
OVER = "services:\n  litellm:\n"


def lay_out(machine, files, folder="srv/stack"):
    root = machine("vm-4g")
    place = root / folder
    for name, text in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    return root, place


def config(folder, *files, tool=COMPOSE2, env=None):
    done = subprocess.run([tool, *[a for f in files for a in ("-f", f)], "config"], cwd=folder, capture_output=True, text=True, check=False,
                          timeout=120, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(env or {})})
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def mib(value):
    return int(value) // 1048576 if value is not None else None


def sizes(project, service="litellm"):
    """The effective (limit, reservation, memswap) in MiB."""
    s = project["services"][service]
    resources = s.get("deploy", {}).get("resources", {})
    limit = s.get("mem_limit") or resources.get("limits", {}).get("memory")
    reserved = s.get("mem_reservation") or resources.get("reservations", {}).get("memory")
    return mib(limit), mib(reserved), mib(s.get("memswap_limit"))


def adopt(root, *args, file="compose.yaml", code=0):
    done = run("apply", "--yes", "--sysroot", root, "--compose", f"/srv/stack/{file}", *SIZE, *args)
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout)
    return done


def started(done):
    return start_command(done.stdout)


SETS = {
    "override-old": {"compose.yaml": BASE, "compose.override.yaml": OVER + '    command: ["--num_workers", "8"]\n    mem_limit: 512m\n'},
    "override-new": {"compose.yaml": BASE, "compose.override.yml": OVER + "    deploy: {resources: {limits: {memory: 1G}}}\n"},
    "override-of-docker-compose": {"docker-compose.yml": BASE, "docker-compose.override.yml": OVER + "    mem_reservation: 4g\n    mem_limit: 5g\n"},
    "limit-here-reservation-there": {"compose.yaml": BASE + "  x: {image: x, mem_limit: 9m}\n", "compose.override.yaml": OVER + "    deploy: {resources: {reservations: {memory: 5G}}}\n"},
    "both-ways": {"compose.yaml": BASE.replace("    command: [\"--c", "    deploy: {resources: {limits: {memory: 1G}}}\n    command: [\"--c"),
                  "compose.override.yaml": OVER + "    mem_limit: 1g\n"},
    "memswap-there": {"compose.yaml": BASE, "compose.override.yaml": OVER + "    memswap_limit: 1g\n    mem_limit: 512m\n"},
    "three-files": {".env": "COMPOSE_FILE=compose.yaml:prod.yaml:limits.yaml\n", "compose.yaml": BASE, "prod.yaml": OVER + '    command: ["--num_workers", "9"]\n',
                    "limits.yaml": OVER + "    mem_limit: 512m\n  db:\n    mem_limit: 9g\n"},
    "separator": {".env": "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=compose.yaml;sub/prod.yaml\n", "compose.yaml": BASE,
                  "sub/prod.yaml": OVER + "    mem_limit: 512m\n"},
    "environment-there": {"compose.yaml": BASE.replace(', "--num_workers", "2"', ""), "compose.override.yaml": OVER + "    environment: [NUM_WORKERS=9, OTHER=1]\n"},
    "flag-that-is-no-more": {"compose.yaml": BASE, "compose.override.yaml": OVER + '    command: ["--config", "/app/other.yaml"]\n'},
    "entry-here-command-there": {"compose.yaml": BASE.replace("    command: [\"--config", "    environment: {NUM_WORKERS: 3}\n    command: [\"--config"),
                                 "compose.override.yaml": OVER + '    command: ["--config", "/app/other.yaml"]\n'},
    "reset-deploy": {"compose.yaml": BASE.replace("    command: [\"--c", "    deploy: {resources: {limits: {memory: 1G}}}\n    command: [\"--c"),
                     "compose.override.yaml": OVER + "    deploy: !reset null\n"},
    "override-deploy": {"compose.yaml": BASE.replace("    command: [\"--c", "    deploy: {resources: {limits: {memory: 1G}}}\n    command: [\"--c"),
                        "compose.override.yaml": OVER + "    deploy: !override\n      replicas: 1\n"},
    "image-in-override": {"compose.yaml": "services:\n  gateway:\n    command: --num_workers 2\n",
                          "compose.override.yaml": "services:\n  gateway:\n    image: ${IMG:-ghcr.io/berriai/litellm:v1.89.0}\n"},
    "variables": {".env": "N=4\nMEM=700m\n", "compose.yaml": BASE.replace('"2"', '"${N}"'), "compose.override.yaml": OVER + "    mem_limit: ${MEM:-1g}\n"},
    "cpus-below-deploy-and-old-style": {"compose.yaml": BASE + "  x: {image: x, mem_limit: 1g}\n", "compose.override.yaml": OVER + "    deploy: {resources: {limits: {cpus: '2'}}}\n"},
    "old-limit-and-cpus-reserved": {"compose.yaml": BASE, "compose.override.yaml": OVER + "    mem_limit: 1g\n    deploy: {resources: {reservations: {cpus: '1'}}}\n"},
    "database": {"compose.yaml": BASE, "compose.override.yaml": "services:\n  db:\n    command: postgres -c max_connections=20\n    mem_limit: 64m\n"},
    "profile": {"compose.yaml": BASE + "  web: {image: nginx, profiles: [web], mem_limit: 9g}\n", "compose.override.yaml": OVER + "    mem_limit: 1g\n"},
    "anchors": {"compose.yaml": BASE, "compose.override.yaml": "x-m: &m\n  mem_limit: 512m\nservices:\n  litellm:\n    <<: *m\n"},
    "json-override": {"compose.yaml": BASE, "compose.override.yaml": '{"services": {"litellm": {"mem_limit": "512m"}}}\n'},
    "crlf-override": {"compose.yaml": BASE, "compose.override.yaml": (OVER + "    mem_limit: 512m\n").replace("\n", "\r\n")},
}


@pytest.mark.parametrize("name", SETS)
def test_what_holds_is_what_is_wanted(machine, name):
    root, folder = lay_out(machine, SETS[name])
    first = next(n for n in SETS[name] if n != ".env")
    compose1 = "!" not in "".join(SETS[name].values())
    old = {tool: config(folder, tool=tool) for tool in (COMPOSE2, COMPOSE1) if tool == COMPOSE2 or compose1}
    done = adopt(root, file=first)
    assert started(done) == "cd /srv/stack && docker-compose up -d"
    new = {tool: config(folder, tool=tool) for tool in old}
    service = "gateway" if "gateway" in new[COMPOSE2]["services"] else "litellm"
    limit, reserved, with_swap = sizes(new[COMPOSE2], service)
    if name == "anchors":
        assert limit == 512 and "merge key" in done.stdout
    else:
        assert limit == 3856
    assert reserved is None or reserved <= limit
    assert with_swap is None or with_swap >= limit
    text = json.dumps(new[COMPOSE2]["services"][service])
    # The limit that stays holds no more than one.
    workers = 1 if name == "anchors" else 6
    assert re.search(rf'--num_workers( |", "|=){workers}|"NUM_WORKERS": "{workers}"', text), text
    for tool in old:
        assert without_owned(new[tool]) == without_owned(old[tool])
    # A second apply has nothing to do, and a rollback restores everything.
    before = contents(folder) if not (folder / "sub").exists() else None
    again = adopt(root, file=first)
    assert "none:" in again.stdout
    assert before is None or contents(folder) == before
    assert run("rollback", "--yes", "--sysroot", root, "--compose", f"/srv/stack/{first}").returncode == 0
    assert {n: (folder / n).read_bytes().decode() for n in SETS[name]} == SETS[name]


def test_each_file_is_a_change_of_its_own(machine):
    root, folder = lay_out(machine, SETS["three-files"])
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", *SIZE).stdout)
    changed = {c["path"]: [v["value"] for v in c["values"]] for c in plan["changes"]}
    assert changed == {"/srv/stack/prod.yaml": ["litellm workers"],
                       "/srv/stack/compose.yaml": ["postgres connections"] if "/srv/stack/compose.yaml" in changed else [],
                       "/srv/stack/limits.yaml": ["litellm limit", "litellm reservation", "litellm memory and swap", "postgres limit",
                                                  "postgres reservation", "postgres memory and swap"]}
    assert all(c["diff"].startswith(f"--- {c['path']}\n") for c in plan["changes"])


def test_a_value_outside_of_the_directory_bounds_the_others(machine):
    files = {"stack/.env": "COMPOSE_FILE=compose.yaml:../shared/limits.yaml\n", "stack/compose.yaml": BASE,
             "shared/limits.yaml": OVER + "    mem_limit: 1g\n"}
    root, folder = lay_out(machine, files, "srv")
    before = config(folder / "stack")
    done = adopt(root)
    assert "it is in /srv/shared/limits.yaml, outside of the stack's directory" in done.stdout
    after = config(folder / "stack")
    assert sizes(after) == (1024, 768, 1024) and without_owned(after) == without_owned(before)
    assert (folder / "shared/limits.yaml").read_text() == files["shared/limits.yaml"]
    assert "none:" in adopt(root).stdout


def test_extends_from_another_file_is_left_and_counted(machine):
    files = {"compose.yaml": "services:\n  litellm:\n    extends: {file: common.yaml, service: base}\n    command: --num_workers 2\n",
             "common.yaml": "services:\n  base:\n    image: ghcr.io/berriai/litellm:v1.89.0\n    mem_limit: 2g\n    mem_reservation: 1g\n    memswap_limit: 2g\n"}
    root, folder = lay_out(machine, files)
    before = config(folder)
    done = adopt(root)
    after = config(folder)
    assert sizes(after)[0] == 2048 and "the service extends another one" in done.stdout
    assert without_owned(after) == without_owned(before)
    assert (folder / "common.yaml").read_text() == files["common.yaml"]


@pytest.mark.parametrize("files, file, said", [
    ({"prod.yaml": OVER + "    command: --num_workers 2\n", "compose.yaml": BASE}, "prod.yaml", "neither an image nor a build"),
    ({"compose.yaml": BASE + "  web: {ports: ['80:80']}\n"}, "compose.yaml", "'web' has neither an image nor a build"),
    ({".env": "COMPOSE_FILE=compose.yaml:gone.yaml\n", "compose.yaml": BASE}, "compose.yaml", "gone.yaml: error: cannot be read"),
    ({"compose.yaml": BASE, "compose.override.yaml": "services: [\n"}, "compose.yaml", "compose.override.yaml: error: is not understood"),
    ({"compose.yaml": BASE.replace("    image", "    extends: {service: nobody}\n    image", 1)}, "compose.yaml", "no service 'nobody'"),
])
def test_what_compose_would_refuse_is_refused(machine, files, file, said):
    root, folder = lay_out(machine, files)
    before = contents(folder)
    assert said in adopt(root, file=file, code=2).stderr
    assert contents(folder) == before


def test_another_file_than_compose_takes_is_taken_alone(machine):
    root, folder = lay_out(machine, {"compose.yaml": BASE, "docker-compose.yml": BASE, "compose.override.yaml": OVER + "    mem_limit: 512m\n"})
    done = adopt(root, file="docker-compose.yml")
    assert "docker-compose.yml: warning: is not the file that Compose takes in this directory: that is compose.yaml" in done.stderr
    assert started(done) == "docker-compose -f /srv/stack/docker-compose.yml up -d"
    assert (folder / "compose.yaml").read_text() == BASE
    assert sizes(config(folder, "docker-compose.yml"))[0] == 3856


def test_compose_1_looks_in_another_order(machine):
    root, folder = lay_out(machine, {"compose.yaml": BASE, "docker-compose.yml": BASE})
    (root / "usr/bin").mkdir(parents=True, exist_ok=True)
    (root / "usr/bin/docker-compose").touch(mode=0o755)
    done = adopt(root, file="compose.yaml")
    assert "that is docker-compose.yml" in done.stderr and started(done) == "docker-compose -f /srv/stack/compose.yaml up -d"
    assert started(adopt(root, file="docker-compose.yml")) == "cd /srv/stack && docker-compose up -d"


def test_a_swarm_is_told_of(machine):
    root, folder = lay_out(machine, {"stack.yml": BASE.replace("    command: [\"--c", "    deploy: {mode: replicated, replicas: 2}\n    command: [\"--c")})
    done = adopt(root, file="stack.yml")
    assert "memswap_limit is left out" in done.stderr and "memswap_limit" not in (folder / "stack.yml").read_text()
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--compose", "/srv/stack/stack.yml", *SIZE).stdout)
    assert "swarm-settings" in [w["code"] for w in plan["warnings"]]


def test_the_callers_environment_counts_on_the_running_machine(tmp_path):
    folder = tmp_path / "stack"
    folder.mkdir()
    for name, text in {"compose.yaml": BASE, "prod.yaml": OVER + "    mem_limit: 512m\n", ".env": "COMPOSE_FILE=compose.yaml\n"}.items():
        (folder / name).write_text(text)
    args = ["apply", "--yes", "--compose", folder / "prod.yaml", "--state", tmp_path / "state", "--swap", "none", "--workers", "1", "--force"]
    done = run(*args, env=environment(COMPOSE_FILE="compose.yaml:prod.yaml", HOME="/root"))
    assert done.returncode == 0, done.stderr
    assert started(done).endswith(f" -f {folder}/compose.yaml -f {folder}/prod.yaml up -d")
    assert sizes(config(folder, "compose.yaml", "prod.yaml"))[0] > 512


@pytest.fixture
def own(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root, "--swap", "none").returncode == 0
    return root, root / "opt/ai-gateway"


def fit(root, *args, code=0):
    done = run("apply", "--yes", "--sysroot", root, "--swap", "none", *args)
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout)
    return done


@pytest.mark.parametrize("over, limit", [
    ("    deploy: {resources: {limits: {memory: 1g}}}\n", 1024), ("    mem_limit: 1g\n", 1024), ("    mem_limit: 6g\n", 6144),
])
def test_a_persons_override_of_vpsfits_own_stack_is_kept(own, over, limit):
    root, folder = own
    (folder / "compose.override.yaml").write_text(OVER + over)
    done = fit(root, *NEW_RAM)
    assert "compose.override.yaml: note: litellm limit" in done.stderr and "holds, for Compose merges this file over compose.yaml" in done.stderr
    assert (folder / "compose.override.yaml").read_text() == OVER + over
    merged = config(folder)
    assert sizes(merged)[0] == limit and sizes(merged)[1] <= limit <= sizes(merged)[2]
    plan = json.loads(run("plan", "--json", "--sysroot", root, *SIZE).stdout)
    assert plan["changes"] == [] and "override-holds" in [w["code"] for w in plan["warnings"]]
    # --overwrite-edits writes the plan's value into the override; without the override the base's own value is vpsfit's again.
    fit(root, *NEW_RAM, "--overwrite-edits")
    assert sizes(config(folder)) == (3856, 3068, 3856)
    (folder / "compose.override.yaml").unlink()
    fit(root, *NEW_RAM)
    assert sizes(config(folder)) == (3856, 3068, 3856)


@pytest.mark.parametrize("name", ["compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_a_file_that_was_renamed_is_edited_where_it_is(own, name):
    root, folder = own
    (folder / "compose.yaml").rename(folder / name)
    done = fit(root, *NEW_RAM)
    assert [p.name for p in folder.glob("*compose*")] == [name]
    assert sizes(config(folder))[0] == 3856
    assert started(done) == "cd /opt/ai-gateway && docker-compose up -d"
    assert "none:" in fit(root, *NEW_RAM).stdout
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert [p.name for p in folder.glob("*compose*")] == [name]


def test_an_edit_by_hand_in_a_renamed_file_is_still_one(own):
    root, folder = own
    text = (folder / "compose.yaml").read_text()
    (folder / "compose.yaml").unlink()
    (folder / "docker-compose.yml").write_text(re.sub(r'memory: "\d+M"', 'memory: "900M"', text, count=1))
    assert "litellm limit was edited by hand" in fit(root, *NEW_RAM, code=5).stderr


@pytest.mark.parametrize("compose1, taken", [(False, "compose.yaml"), (True, "docker-compose.yml")])
def test_of_two_files_the_one_that_compose_takes_is_edited(own, compose1, taken):
    root, folder = own
    if compose1:
        (root / "usr/bin").mkdir(parents=True, exist_ok=True)
        (root / "usr/bin/docker-compose").touch(mode=0o755)
    shutil.copy(folder / "compose.yaml", folder / "docker-compose.yml")
    old = (folder / "compose.yaml").read_text()
    done = fit(root, *NEW_RAM)
    other = ({"compose.yaml", "docker-compose.yml"} - {taken}).pop()
    assert f"{taken}: warning: is the file that Compose takes; it leaves {other} aside" in done.stderr
    assert (folder / other).read_text() == old and (folder / taken).read_text() != old


def put(root, folder, kind):
    """Puts something that is no regular file into the stack's directory."""
    other = folder / "other.yaml"
    if kind == "directory":
        other.mkdir()
    elif kind == "pipe":
        os.mkfifo(other)
    elif kind == "nothing":
        return "nothing.yaml"
    elif kind == "device":
        os.mknod(other, stat.S_IFCHR | 0o600, os.makedev(1, 3))
    elif kind == "device elsewhere":
        os.mknod(root / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        return "/null"
    elif kind == "link to a device":
        other.symlink_to("/null")
        os.mknod(root / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    elif kind == "too large":
        other.write_text("#" * ((1 << 20) + 1))
    else:
        other.write_text(kind)
    return "other.yaml"


NO_FILES = ["directory", "pipe", "nothing", "too large", "a: [\n", "a: 1\0\n"]
# Only root can create devices.
NO_FILES += [pytest.param(kind, marks=pytest.mark.root) for kind in ("device", "device elsewhere", "link to a device")]


@pytest.mark.parametrize("kind", NO_FILES, ids=repr)
def test_what_is_no_compose_file_is_refused_with_a_word(machine, own, kind):
    root, folder = own
    name = put(root, folder, kind)
    (folder / ".env").write_text((folder / ".env").read_text() + f"COMPOSE_FILE=compose.yaml:{name}\n")
    for args in (["plan"], ["plan", "--json"], ["apply", "--yes"], ["plan", "--compose", "/opt/ai-gateway/compose.yaml"],
                 ["apply", "--yes", "--compose", "/opt/ai-gateway/compose.yaml"]):
        done = run(*args, "--sysroot", root, "--swap", "none")
        assert done.returncode in (1, 2) and f"{name}" in done.stderr and "error" in done.stderr, (args, done.returncode, done.stderr)
        assert "Invalid argument" not in done.stderr


@pytest.mark.parametrize("kind", NO_FILES, ids=repr)
def test_what_extends_from_no_file_is_not_silent(machine, kind):
    root = machine("vm-4g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    name = put(root, folder, kind)
    (folder / "compose.yaml").write_text(f"services:\n  litellm: {{image: litellm, extends: {{file: {name}, service: x}}}}\n")
    done = run("plan", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", "--swap", "none")
    assert f"{name}" in done.stderr, (done.returncode, done.stderr)


def test_compose_file_in_the_env_of_vpsfits_own_stack(own):
    root, folder = own
    (folder / "mine.yaml").write_text(OVER + "    mem_limit: 1g\n")
    with (folder / ".env").open("a") as env:
        env.write("COMPOSE_FILE=compose.yaml:mine.yaml\n")
    done = fit(root, *NEW_RAM)
    assert "mine.yaml: note: litellm limit" in done.stderr
    assert sizes(config(folder))[0] == 1024


CASES = [p for p in sorted((ROOT / "tests/merge/cases").glob("*.case"))]


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_every_project_of_the_corpus_is_edited_well_or_not_at_all(machine, tmp_path, monkeypatch, case):
    """Compose accepts the result if it accepted the original, only owned values differ, and a second run has nothing to do."""
    if case.stem == "given-webui-ollama":  # Open WebUI's own image of that name
        monkeypatch.setattr(test_adopt, "FOREIGN", re.compile(r"(?!)"))
    root, folder = lay_out(machine, {"x": ""})
    (folder / "x").unlink()
    _, args = read_case(case, folder)
    names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    file = args[1] if args else next((n for n in names if (folder / n).exists()), "sub/base.yaml")
    alone = [] if not args or "COMPOSE_FILE" in ((folder / ".env").read_text() if (folder / ".env").exists() else "") else [file]
    shutil.copytree(folder, tmp_path / "before" / "stack")

    def look(where):
        done = subprocess.run([COMPOSE2, *[a for f in alone for a in ("-f", f)], "config"], cwd=where, capture_output=True, text=True, check=False,
                              timeout=120, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root"})
        return yaml.safe_load(done.stdout.replace(str(where), "/HERE")) if done.returncode == 0 else None
    old = look(tmp_path / "before" / "stack")
    extra = ["--service", "litellm=litellm-1"] if case.stem.startswith("given-litellm-twice") else []
    done = run("apply", "--yes", "--sysroot", root, "--compose", f"/srv/stack/{file}", *SIZE, "--force", *extra)
    assert done.returncode in (0, 2), (done.stdout, done.stderr)
    new = look(folder)
    assert (old is None) or new is not None, done.stdout
    if old is not None:
        assert without_owned(new) == without_owned(old)
    if done.returncode == 0:
        again = run("apply", "--yes", "--sysroot", root, "--compose", f"/srv/stack/{file}", *SIZE, "--force")
        assert again.returncode == 0 and "none:" in again.stdout, (again.stdout, again.stderr)
