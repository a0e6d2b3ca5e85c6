# SPDX-License-Identifier: MIT
"""
The life of a stack over months, as stories: it is moved, restored, renamed, resized, kept by hand, and vpsfit is run again. Each step says
what must be said and with which code; life.py is the machine that changes under it.
"""

import json
import os
import re
import shutil

import pytest
import yaml

from conftest import MACHINES, ROOT
from life import DIR, STATE
from test_who_uses_what import Tree, compose

NEW = "/opt/stacks/ai-gateway"
KB_4G, KB_2G = 4021024, 2025808


@pytest.fixture
def gateway(life):
    """A stack on a VPS of 4 GB."""
    life.on("vm-4g").apply()
    return life


def without_service(text, name):
    """The compose file after somebody took a service out, and what depends on it."""
    out, skip = [], False
    for line in text.splitlines(True):
        if line.rstrip() == f"  {name}:":
            skip = True
        elif skip and line.strip() and not line.startswith("   "):
            skip = False
        if not skip:
            out.append(line)
    return "".join(out).replace(f"      {name}:\n        condition: service_healthy\n", "")


def renamed(text, *pairs):
    """The compose file after services were renamed, with all that names them."""
    for old, new in pairs:
        text = re.sub(rf"(?m)^(  |      ){old}:$", rf"\1{new}:", text)
        text = text.replace(f"//{old}:", f"//{new}:").replace(f"@{old}:", f"@{new}:")
    return text


def running(life, used, directory=DIR, project="ai-gateway", **services):
    """The stack's containers run, with the limits that they were started with; services: NAME=(MiB in use, limit, workers)."""
    tree = Tree(life.root)
    total = int(re.search(r"MemTotal: *(\d+)", (life.root / "proc/meminfo").read_text())[1])
    tree.meminfo(used, total_kb=total)
    shutil.rmtree(life.root / "var/lib/docker/containers", ignore_errors=True)
    for char, (name, (mib, limit, workers)) in zip("abcdef", services.items()):
        group = f"/system.slice/docker-{char * 64}.scope"
        service = name.replace("_", "-")
        tree.group("/sys/fs/cgroup" + group, mib)
        tree.record(char * 64, service, pid=tree.process("python", group), labels=compose(directory, project, service), limit=limit)
        if workers:
            path = life.root / "var/lib/docker/containers" / (char * 64) / "config.v2.json"
            path.write_text(json.dumps(json.loads(path.read_text()) | {"Args": ["--config", "c", "--num_workers", str(workers)]}))
    return life


# Moved.

def test_moved_and_cron_applies(gateway):
    """mv /opt/ai-gateway /opt/stacks/ai-gateway, a larger machine, and cron's apply --yes: no second stack, and the way is said."""
    gateway.mv(DIR, NEW)
    gateway.resize("vm-8g")
    gateway.do("status", says=["nothing of it is there any more", f"vpsfit apply --dir {NEW} --moved-from {DIR}"])
    gateway.do("notice", says=[f"the stack in {DIR} is gone"])
    assert gateway.out.count("is gone") == 1
    before = gateway.files()
    gateway.apply(code=1, says=["is gone; nothing was written", f"it is in {NEW} now"])
    assert gateway.files() == before and not gateway.at(DIR).exists()


def test_moved_and_the_printed_command_is_obeyed(gateway):
    secrets = gateway.secrets()
    gateway.mv(DIR, NEW)
    gateway.resize("vm-8g").do("notice")
    gateway.obey("--yes", says=[f"{NEW}: its state and history, from {DIR}", "Done. What to do now", "2 -> 6"])
    assert gateway.secrets(NEW) == secrets and len(gateway.stores()) == 1
    assert '"6" # vpsfit: workers' in gateway.read(directory=NEW)
    gateway.do(f"status --dir {NEW}", says=["as it was then", "Pending nothing"])
    gateway.do("status", says=[NEW], never="gone")
    gateway.do("notice", never="vpsfit")
    gateway.do(f"apply --yes --dir {NEW} --moved-from {DIR}", says="none:")
    gateway.do(f"rollback --yes --dir {NEW}")
    assert '"2" # vpsfit: workers' in gateway.read(directory=NEW)


def test_moved_and_applied_there_without_a_word(gateway):
    """The same secrets and a stack that is gone: it is recognised without --moved-from."""
    secrets = gateway.secrets()
    gateway.mv(DIR, "/srv/gateway")
    gateway.do("plan --exit-code --dir /srv/gateway", code=6, says=f"/srv/gateway: its state and history, from {DIR}")
    assert gateway.stores()[0].name.startswith("ai-gateway-")
    gateway.apply("--dir", "/srv/gateway")
    assert [p.name.rsplit("-", 1)[0] for p in gateway.stores()] == ["gateway"]
    assert gateway.secrets("/srv/gateway") == secrets
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway"), "its volumes are named after that"
    gateway.do("plan --exit-code --dir /srv/gateway")
    gateway.apply(code=1, says=["'ai-gateway'", "/srv/gateway"])
    gateway.do("rollback --yes --dir /srv/gateway")
    assert "COMPOSE_PROJECT_NAME" not in gateway.read(".env", "/srv/gateway")
    gateway.do("rollback --yes --dir /srv/gateway")
    assert not gateway.at("/srv/gateway/.env").exists()
    gateway.apply("--dir", "/srv/gateway")
    assert gateway.secrets("/srv/gateway") == secrets


@pytest.mark.parametrize("said, kept", [("COMPOSE_PROJECT_NAME=mine\n", "mine"), ("", "ai-gateway")])
def test_moved_under_another_name_keeps_its_volumes(gateway, said, kept):
    gateway.write(".env", gateway.read(".env") + said)
    os.chmod(gateway.at(DIR) / ".env", 0o600)
    gateway.mv(DIR, "/srv/gw")
    gateway.do(f"apply --yes --dir /srv/gw --moved-from {DIR}")
    assert re.findall(r"(?m)^COMPOSE_PROJECT_NAME=(.*)$", gateway.read(".env", "/srv/gw")) == [kept]


def test_moved_and_started_there_before(gateway):
    """Then its data is under the new name already."""
    gateway.mv(DIR, "/srv/gw")
    running(gateway, 1500, directory="/srv/gw", project="gw", litellm=(700, 1536, 2))
    gateway.do(f"apply --yes --dir /srv/gw --moved-from {DIR}")
    assert "COMPOSE_PROJECT_NAME" not in gateway.read(".env", "/srv/gw")


def test_moved_and_back(gateway):
    gateway.mv(DIR, NEW)
    gateway.do(f"apply --yes --dir {NEW} --moved-from {DIR}/")
    gateway.mv(NEW, DIR)
    gateway.do(f"apply --yes --moved-from {NEW}", says="its state and history")
    gateway.do("status", says="Pending nothing")
    assert len(gateway.stores()) == 1


def test_moved_from_where_it_still_is(gateway):
    shutil.copytree(gateway.at(DIR), gateway.at("/srv/copy"))
    gateway.do(f"apply --yes --dir /srv/copy --moved-from {DIR}", code=2, says="the stack is still here")
    gateway.do("apply --yes --moved-from /srv/nothing", says="none:")
    gateway.do("apply --yes --dir /srv/empty --moved-from /srv/nothing", code=2, says="no apply is remembered here")


def test_moved_from_said_too_early(gateway):
    gateway.mv(DIR, "/tmp-stack")
    gateway.do(f"apply --yes --dir {NEW} --moved-from {DIR}", code=2, says="there is no stack here")
    assert not gateway.at(NEW).exists() and gateway.stores()


def test_a_move_that_was_cut_off_goes_on(gateway):
    """The power goes between the store's new name and the paths in it."""
    store = gateway.stores()[0]
    gateway.mv(DIR, NEW)
    gateway.do(f"apply --yes --dir {NEW} --moved-from {DIR}")
    moved = gateway.stores()[0]
    for path in moved.glob("history/*/*.json"):
        path.write_text(path.read_text().replace(NEW, DIR))
    assert moved.name != store.name
    gateway.do(f"plan --dir {NEW}", says="its state and history")
    gateway.do(f"apply --yes --dir {NEW}")
    assert DIR + "/" not in "".join(p.read_text() for p in moved.glob("history/*/*.json"))
    gateway.do(f"status --dir {NEW}", says="Pending nothing")


@pytest.mark.parametrize("left", [[], ["nginx/nginx.conf"], ["litellm"]])
def test_what_an_engine_makes_anew_is_no_stack(gateway, left):
    """Containers that still run make the directories that they mount."""
    gateway.mv(DIR, NEW)
    for name in left:
        (gateway.at(DIR) / name).mkdir(parents=True)
    gateway.apply(code=1, says="is gone; nothing was written")


def test_moved_with_containers_that_tell(gateway):
    gateway.mv(DIR, "/home/me/gw")
    running(gateway, 1500, directory="/home/me/gw", project="gw", litellm=(700, 1536, 2))
    gateway.apply(code=1, says="it is in /home/me/gw now")


def test_an_adopted_file_that_was_moved(life):
    life.on("vm-4g")
    life.write("compose.yaml", (ROOT / "templates/compose.yaml").read_text(), "/srv/a")
    life.write(".env", "A=1\n", "/srv/a")
    life.apply("--compose", "/srv/a/compose.yaml", "--workers", "1")
    life.mv("/srv/a", "/srv/b")
    life.do("notice", says="vpsfit forget --compose /srv/a/compose.yaml")
    life.do("apply --yes --compose /srv/a/compose.yaml", code=1, says=["is gone", "--moved-from /srv/a/compose.yaml"])
    life.do("apply --yes --compose /srv/b/compose.yaml --moved-from /srv/a/compose.yaml",
            says=["its state and history", "COMPOSE_PROJECT_NAME=a in .env keeps the name"])
    life.do("status --compose /srv/b/compose.yaml", says=["1 worker", "Pending nothing"])
    assert len(life.stores()) == 1


# Two stacks.

@pytest.mark.parametrize("second", ["/srv/ai-gateway", "/home/me/AI-Gateway"])
def test_a_second_stack_of_the_same_project_name(gateway, second):
    before = gateway.files()
    gateway.apply("--dir", second, code=1, says=["'ai-gateway'", DIR, "nothing was written", f"--dir {second}-2"])
    assert gateway.files() == before
    gateway.apply("--dir", second + "-2")
    gateway.do("status --dir " + second + "-2", says="Pending nothing")


def test_a_copy_of_a_stack_is_not_the_stack(gateway):
    shutil.copytree(gateway.at(DIR), gateway.at("/srv/ai-gateway"))
    gateway.apply("--dir", "/srv/ai-gateway", code=1, says="takes one for the other")


def test_a_second_stack_beside_containers_of_that_name(life):
    life.on("vm-8g")
    life.write("compose.yaml", "services: {}\n", "/home/me/ai-gateway")
    running(life, 900, directory="/home/me/ai-gateway", litellm=(300, 500, None))
    life.apply(code=1, says=["'ai-gateway'", "/home/me/ai-gateway", "nothing was written"])
    assert not life.at(DIR).exists()
    life.apply("--dir", "/opt/other", "--workers", "1")


def test_status_lists_the_stacks_of_the_machine(life):
    life.on("vm-4g")
    life.apply("--dir", "/srv/one").apply("--dir", "/srv/two")
    life.do("status", says=["/srv/one: ", "/srv/two: ", "MEDIUM_VPS, 2 workers"])
    life.obey(says=["Stack /srv/two", "Pending nothing"])
    life.rm("/srv/one")
    life.do("status", says="/srv/one: gone")
    life.do("status --json")
    assert [(s["stack"], s["gone"]) for s in json.loads(life.out)["stacks"]] == [("/srv/one", True), ("/srv/two", False)]
    life.do("status --dir /srv/three", says="Nothing has been applied here yet")


def test_each_of_two_stacks_says_that_the_other_is_not_counted(gateway):
    gateway.apply("--dir", "/srv/two", says=f"not counted: {DIR}")
    gateway.do("plan", says="not counted: /srv/two")
    running(gateway, 1700, directory="/srv/two", project="two", litellm=(600, 1536, 2))
    gateway.do("plan", never="not counted: /srv/two")


# Forgotten.

def test_forget_ends_the_memory_and_keeps_the_secrets(gateway):
    secrets = gateway.secrets()
    gateway.rm(DIR)
    gateway.do("forget", code=4, says="--yes")
    gateway.do("forget --dry-run", says=["Forgets the stack", "kept.env"])
    gateway.do("notice", says=f"vpsfit forget --dir {DIR}")
    gateway.obey("--yes", says="Its secrets stay in")
    gateway.do("forget --yes", says="nothing is remembered here but the secrets")
    gateway.do("notice", never="vpsfit")
    gateway.do("status", says="Nothing has been applied here yet")
    gateway.apply(says="put back from vpsfit's own copy")
    assert gateway.secrets() == secrets


def test_forget_does_not_touch_a_stack_that_is_there(gateway):
    before = gateway.files()
    gateway.do("forget --yes", code=1, says="the stack is still there")
    assert gateway.files() == before
    gateway.do("forget --yes --force")
    assert not list(gateway.stores()[0].glob("history/*"))
    gateway.apply(says="taken up again")
    gateway.do("status", says="Pending nothing")


def test_forget_where_there_is_nothing(life):
    life.on("vm-4g").do("forget --yes", code=1, says="no apply is remembered here")
    life.do("forget --yes --json --dir /srv/x", code=1)


# Renamed, taken out.

@pytest.mark.parametrize("pairs", [[("litellm", "llm-proxy")], [("postgres", "db")], [("litellm", "llm-proxy"), ("postgres", "db"), ("open-webui", "chat")]])
def test_renamed_services_are_fitted_under_their_new_names(gateway, pairs):
    gateway.write("compose.yaml", renamed(gateway.read(), *pairs))
    gateway.services()
    gateway.do("plan --exit-code", says=[f"{old} is '{new}' here" for old, new in pairs], never="edited by hand")
    gateway.resize("vm-8g").apply(never=["edited by hand", "without --run_gunicorn"])
    services = gateway.services()
    assert all(new in services and old not in services for old, new in pairs)
    assert '"6" # vpsfit: workers' in gateway.read()
    gateway.apply("--overwrite-edits", says="none:")
    gateway.do("rollback --yes")
    assert '"2" # vpsfit: workers' in gateway.read()


def test_renamed_and_edited(gateway):
    gateway.write("compose.yaml", renamed(gateway.read(), ("litellm", "llm-proxy")))
    gateway.edit('memory: "1536M"', 'memory: "1800M"')
    gateway.resize("vm-8g").apply(code=5, says="litellm limit was edited by hand: it is 1800M")
    gateway.apply("--overwrite-edits")
    assert set(gateway.services()) >= {"llm-proxy", "postgres"} and "1800M" not in gateway.read()


@pytest.mark.parametrize("name", ["postgres", "nginx", "open-webui"])
def test_a_service_that_was_taken_out_stays_out(gateway, name):
    text = without_service(gateway.read(), name)
    gateway.write("compose.yaml", text.replace("depends_on:\n", "depends_on:\n") if name != "open-webui" else text.replace(
        "    depends_on:\n      open-webui:\n        condition: service_started\n", ""))
    gateway.do("plan", says=f"{name} is not in the file any more: it is not counted")
    gateway.resize("vm-8g").apply("--overwrite-edits", never="edited by hand")
    document = yaml.safe_load(gateway.read())["services"]
    assert name not in document and all("image" in s or "build" in s for s in document.values())
    gateway.do("plan --json")
    assert name not in json.loads(gateway.out)["services"]
    gateway.apply("--overwrite-edits", says="none:")


def test_a_database_that_was_moved_out_is_given_no_password(gateway):
    gateway.write("compose.yaml", without_service(gateway.read(), "postgres"))
    env = re.sub(r"(?m)^POSTGRES_PASSWORD=.*\n", "", gateway.read(".env"))
    gateway.write(".env", env)
    os.chmod(gateway.at(DIR) / ".env", 0o600)
    gateway.resize("vm-8g").apply()
    assert "POSTGRES_PASSWORD" not in gateway.read(".env")


# Notice and status can be obeyed.

def test_the_notice_of_a_second_stack_can_be_obeyed(life):
    life.on("vm-4g").apply("--dir", "/srv/gw")
    life.resize("vm-8g").do("notice", says=["vpsfit plan --dir /srv/gw", "vpsfit apply --dir /srv/gw"])
    life.obey("--yes", says="2 -> 6")
    assert not life.at(DIR).exists()
    life.do("notice", never="vpsfit")


@pytest.mark.parametrize("machine, says", [("vm-1g", "made for 2 GB"), ("vm-512m", "does not fit")])
def test_what_does_not_fit_is_said_by_status(life, machine, says):
    life.on("vm-8g").apply()
    life.resize(machine).do("status", says=["does not fit this machine", says])
    life.do("status --exit-code", code=3)
    life.do("notice", says="does not fit", never="vpsfit apply")
    life.do("status --json")
    assert json.loads(life.out)["fits"] is False


def test_the_host_takes_ram_back(gateway):
    """A balloon: the blocks are as they were, and half of the memory is gone."""
    gateway.resize("vm-4g-balloon")
    gateway.do("status", says="usable RAM was 3926 MiB, now 1967", never="as it was then")
    gateway.do("notice", says="usable RAM was 3926 MiB, now 1967")


def test_swap_of_somebody_else_comes_and_goes(gateway):
    (gateway.root / "proc/swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n/dev/vdb partition 4194300 0 -2\n")
    gateway.do("status", says="other swap was 0 MiB, now 4095")
    gateway.apply()
    gateway.do("status", says="as it was then")
    (gateway.root / "proc/swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n")
    gateway.do("notice", says="other swap was 4095 MiB, now 0")


def test_a_kernel_that_shows_some_mib_less_is_no_news(gateway):
    Tree(gateway.root).meminfo(230, total_kb=KB_4G - 40 * 1024)
    gateway.do("status", says="as it was then")
    gateway.do("notice", never="vpsfit")


@pytest.mark.parametrize("asked, free", [
    (["--workers", "1", "--profile", "SMALL_VPS"], "--profile auto --workers auto"), (["--workers", "1"], "--workers auto"), (["--profile", "SMALL_VPS"], "--profile auto")])
def test_what_remembered_answers_hold_back(life, asked, free):
    life.on("vm-2g").apply(*asked)
    life.resize("vm-8g")
    for command in ("status", "notice"):
        life.do(command, says=["stays at what was asked for", f"vpsfit apply {free}' would bring LARGE_VPS, 6 workers"])
    life.do(f"apply --yes {free}")
    life.do("status", says="LARGE_VPS, 6 workers", never="Held")


# What runs.

def test_written_and_not_taken_over(life):
    """8 GB to 4 GB, applied, and nobody typed `up -d`: everybody says so until it is done."""
    life.on("vm-8g").apply()
    life.resize("vm-4g").apply()
    running(life, 3702, litellm=(3200, 3856, 6), postgres=(60, 320, None))
    said = ["litellm runs with 3856 MiB, the file says 1536 MiB", "litellm runs 6 workers, the file says 2", "docker compose up -d"]
    life.do("status", says=[*said, "more than the 3926 MiB of RAM"], never="Pending nothing")
    life.do("notice", says=said)
    life.do("plan", says=["not in effect yet", "more than the 3926 MiB of RAM"])
    for command in ("status", "notice", "plan"):
        life.do(f"{command} --exit-code", code=6)
    running(life, 1700, litellm=(1240, 1536, 2), postgres=(60, 200, None))
    life.do("status", says="Pending nothing")
    life.do("plan --exit-code")
    life.do("notice", never="vpsfit")


def test_a_count_alone_is_taken_over_as_well(gateway):
    running(gateway, 1700, litellm=(1240, 1536, 4))
    gateway.do("plan --exit-code", code=6, says="litellm runs 4 workers, the file says 2")


def test_containers_without_a_declared_limit_are_not_accused(gateway):
    running(gateway, 1700, litellm=(1240, None, None))
    gateway.do("status", says="Pending nothing")


# "Done" has an effect.

@pytest.mark.parametrize("name", ["compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_the_compose_file_has_another_name(gateway, name):
    gateway.mv(f"{DIR}/compose.yaml", f"{DIR}/{name}")
    gateway.resize("vm-8g").apply()
    assert not (gateway.at(DIR) / "compose.yaml").exists() and '"6" # vpsfit: workers' in gateway.read(name)


def test_a_port_that_nothing_reads(gateway):
    gateway.edit('"${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:80"', '"127.0.0.1:8888:80"')
    gateway.do("apply --yes --port 82", says="--port has no effect: no compose file reads GATEWAY_PORT any more")
    gateway.do("plan --bind 127.0.0.2", says="--bind has no effect")


def test_the_same_line_again_does_not_undo_a_changed_port(life):
    """An image on a bigger plan: cloud-init runs its line again."""
    life.on("vm-4g").apply("--port", "8080")
    life.edit("GATEWAY_PORT=8080", "GATEWAY_PORT=8443", ".env")
    os.chmod(life.at(DIR) / ".env", 0o600)
    life.resize("vm-8g").apply("--port", "8080", says="GATEWAY_PORT was changed by hand to 8443, and stays")
    assert "GATEWAY_PORT=8443" in life.read(".env") and '"6" # vpsfit: workers' in life.read()
    life.apply("--port", "8080", says=["none:", "stays"])
    life.apply()
    life.apply("--port", "8080")
    assert "GATEWAY_PORT=8443" in life.read(".env")
    life.apply("--port", "8080", "--overwrite-edits")
    assert "GATEWAY_PORT=8080" in life.read(".env")


def test_a_changed_port_is_an_edit_like_any_other(gateway):
    gateway.edit("GATEWAY_PORT=8080", "GATEWAY_PORT=8443", ".env")
    os.chmod(gateway.at(DIR) / ".env", 0o600)
    gateway.apply("--port", "9000", code=5, says="GATEWAY_PORT was edited by hand: it is 8443, vpsfit would write 9000")
    gateway.apply("--port", "9000", "--keep-edits", says="stays")
    assert "GATEWAY_PORT=8443" in gateway.read(".env")
    gateway.apply("--port", "9000", "--overwrite-edits")
    assert "GATEWAY_PORT=9000" in gateway.read(".env")


def test_a_port_that_was_not_changed_is_simply_written(gateway):
    gateway.apply("--port", "9000")
    gateway.apply("--port", "9001", never="edited by hand")
    assert "GATEWAY_PORT=9001" in gateway.read(".env")


# The plan does not depend on the minute.

def test_the_plan_does_not_flap(life):
    life.on("vm-4g")
    tree = Tree(life.root).meminfo(1400, total_kb=KB_4G)
    life.apply()
    for used in (1700, 1100, 1740, 1400, 900):
        tree.meminfo(used, total_kb=KB_4G)
        life.do("plan --exit-code")
        life.apply(says="none:")


def test_what_is_off_by_more_than_a_quarter_counts(life):
    life.on("vm-4g")
    tree = Tree(life.root).meminfo(1300, total_kb=KB_4G)
    life.apply()
    tree.meminfo(1700, total_kb=KB_4G)
    life.do("plan --json")
    assert json.loads(life.out)["totals"]["system_mib"] == 1700


def test_another_machine_is_looked_at_anew(life):
    life.on("vm-4g")
    Tree(life.root).meminfo(1400, total_kb=KB_4G)
    life.apply()
    life.resize("vm-8g").do("plan --json")
    assert json.loads(life.out)["totals"]["system_mib"] == 1200


def test_an_overhead_that_is_let_go_is_not_remembered(gateway):
    gateway.apply("--overhead", "1100")
    gateway.apply("--overhead", "auto")
    gateway.do("plan --json")
    assert json.loads(gateway.out)["totals"]["system_mib"] == 1200


# Kept by hand.

def test_what_is_kept_is_listed_for_as_long_as_it_is(gateway):
    gateway.edit('memory: "1536M"', 'memory: "1800M"')
    gateway.resize("vm-8g").apply(code=5)
    gateway.apply("--keep-edits")
    for command in ("plan", "status", "apply --yes"):
        gateway.do(command, says="litellm limit stays 1800M; the plan says")
    gateway.do("plan --json")
    assert "litellm limit" in json.loads(gateway.out)["kept"]
    gateway.apply("--overwrite-edits")
    gateway.do("status", never="stays 1800M")


def test_two_kept_values_are_both_listed(gateway):
    gateway.edit('memory: "1536M"', 'memory: "1800M"')
    gateway.edit('"2" # vpsfit: workers', '"3" # vpsfit: workers')
    gateway.resize("vm-8g").apply("--keep-edits")
    gateway.do("status", says=["litellm limit stays 1800M", "litellm workers stays 3; the plan says"])


# Restored, and state of other versions.

@pytest.mark.parametrize("bigger", ["vm-4g", "vm-8g"])
def test_restored_on_a_new_vps_without_its_state(gateway, bigger):
    secrets = gateway.secrets()
    gateway.purge()
    gateway.resize(bigger)
    gateway.do("status", says="its state is missing")
    gateway.apply(says="taken up again", never="was not written by vpsfit")
    assert gateway.secrets() == secrets
    gateway.do("status", says="Pending nothing")


@pytest.mark.parametrize("text, says", [
    ('{"schema": "vpsfit.state/9"}', "a newer vpsfit wrote it: install that version again"),
    ("{", "put the file back from a backup"), ("", "put the file back from a backup")])
def test_a_state_that_cannot_be_used_says_what_to_do(gateway, text, says):
    state = next(gateway.stores()[0].glob("history/*/state.json"))
    state.write_text(text)
    before = gateway.files()
    for command in ("apply --yes", "plan", "status"):
        gateway.do(command, code=1, says=says, never="move it away")
    gateway.do("notice", code=1, says=says)
    assert gateway.files() == before


def test_an_older_compose_file_is_told_in_one_line(gateway):
    """git checkout, or a backup of last month: nobody edited it value by value."""
    old = gateway.read()
    gateway.resize("vm-8g").apply()
    gateway.write("compose.yaml", old)
    gateway.apply(code=5, says=["is as the apply of", "values differ"], never="was edited by hand: it is")
    assert gateway.err.count("error:") == 1
    gateway.apply("--overwrite-edits")
    assert '"6" # vpsfit: workers' in gateway.read()


def test_one_edit_in_an_older_file_is_an_edit(gateway):
    gateway.edit('"2" # vpsfit: workers', '"3" # vpsfit: workers')
    gateway.resize("vm-8g").apply(code=5, says="workers was edited by hand: it is 3")


def test_an_edited_nginx_conf_stays_known_as_edited(gateway):
    gateway.write("nginx/nginx.conf", gateway.read("nginx/nginx.conf") + "# mine\n")
    gateway.do("status", says="nginx.conf: edited since")
    gateway.resize("vm-8g").apply()
    gateway.do("status", says=["nginx.conf: edited since", "compose.yaml: as written", "Pending nothing"])


@pytest.mark.parametrize("mode, says", [(0o644, "others can read it"), (0o600, "there")])
def test_who_can_read_the_secrets(gateway, mode, says):
    os.chmod(gateway.at(DIR) / ".env", mode)
    gateway.do("status", says=f".env: {says}")


def test_strays_in_the_state_directory_are_nobodys(gateway):
    (gateway.root / STATE / "notes.txt").write_text("mine\n")
    shutil.copytree(gateway.stores()[0], gateway.root / STATE / (gateway.stores()[0].name + ".bak"))
    shutil.copytree(gateway.stores()[0], gateway.root / STATE / "copy-0123456789abcdef")
    (gateway.root / STATE / "lost+found").mkdir()
    gateway.do("notice", never="vpsfit")
    gateway.resize("vm-8g").do("notice")
    assert gateway.out.count("has changed since") == 1
    gateway.do("recover --yes")


def test_a_file_that_is_no_yaml_has_the_same_code_everywhere(gateway):
    gateway.write("compose.yaml", "services: [\n")
    for command in ("status --exit-code", "plan --exit-code", "apply --yes"):
        gateway.do(command, code=1, says="is not understood")


# A newer package.

def test_a_newer_package_is_told_and_nothing_moves(gateway, own_package):
    before = gateway.files()
    gateway.do("status", never="newer nginx")
    conf = own_package / "templates/nginx/nginx.conf"
    conf.write_text(conf.read_text() + "# new\n")
    gateway.do("status", says="has a newer nginx/nginx.conf than this stack was written with", never="compose.yaml than")
    gateway.do("plan", says=["newer nginx/nginx.conf", "diff -ru"])
    gateway.apply(says="none:")
    assert gateway.files() == before
    gateway.resize("vm-8g").apply()
    gateway.do("status", says="newer nginx/nginx.conf")


def test_newer_images_are_told(gateway, own_package):
    for name in ("templates/compose.yaml", "templates/images.yaml"):
        path = own_package / name
        text = path.read_text()
        path.write_text(text.replace("v0.12.4", "v0.12.5"))
    gateway.do("status", says="open-webui")
    assert "v0.12.4" in gateway.read()


# Smaller machines.

def test_down_and_down_again(life):
    """8 to 4 to 2 GB: each step fits, the secrets stay, and Compose takes the file."""
    life.on("vm-8g").apply()
    secrets = life.secrets()
    for machine, workers in (("vm-4g", 2), ("vm-2g", 1)):
        life.resize(machine).apply()
        assert f'"{workers}" # vpsfit: workers' in life.read()
        life.services()
        life.apply(says="none:")
    assert life.secrets() == secrets


def test_down_while_the_containers_run(life):
    """On the smaller machine they start with the old limits again, and hold more than there is."""
    life.on("vm-8g").apply()
    life.resize("vm-4g")
    running(life, 3702, litellm=(3200, 3856, 6), postgres=(60, 320, None))
    life.do("plan", says=["containers hold 3260 MiB now", "litellm holds most, stop it"])
    life.do("status", says="litellm holds most")
    life.apply(says="Done. What to do now")
    life.do("status", says=["not in effect yet", "litellm holds most"])


def test_a_rollback_that_brings_back_a_larger_machine(life):
    life.on("vm-8g").apply()
    life.resize("vm-4g").apply()
    life.resize("vm-2g").do("rollback --dry-run", says=["was fitted to 8 GB", "this machine has 2 GB"])
    life.do("rollback --yes", says=["was fitted to 8 GB", "docker compose up -d"])
    life.do("notice", says="vpsfit apply")
