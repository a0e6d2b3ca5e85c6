# SPDX-License-Identifier: MIT
"""
The life of a stack over months, as stories: it is moved, restored, renamed, resized, kept by hand, and vpsfit is run again. Each step says
what must be said and with which code; life.py is the machine that changes under it.
"""

import json
import os
import re
import shlex
import shutil

import pytest
import yaml

from conftest import MACHINES, ROOT, run
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
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway"), "its volumes keep that name"
    gateway.do("rollback --yes --dir /srv/gateway")
    assert not gateway.at("/srv/gateway/.env").exists()
    gateway.apply("--dir", "/srv/gateway")
    assert gateway.secrets("/srv/gateway") == secrets
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway")


@pytest.mark.parametrize("said, kept", [("COMPOSE_PROJECT_NAME=mine\n", "mine"), ("", "ai-gateway")])
def test_moved_under_another_name_keeps_its_volumes(gateway, said, kept):
    gateway.write(".env", gateway.read(".env") + said)
    os.chmod(gateway.at(DIR) / ".env", 0o600)
    gateway.mv(DIR, "/srv/gw")
    gateway.do(f"apply --yes --dir /srv/gw --moved-from {DIR}")
    assert re.findall(r"(?m)^COMPOSE_PROJECT_NAME=(.*)$", gateway.read(".env", "/srv/gw")) == [kept]


@pytest.mark.parametrize("name", ["шлюз", "_", "-", "..."])
def test_a_directory_that_gives_no_name(gateway, name):
    """Compose would start nothing there; a stack that has its name already can be there."""
    there = f"/srv/{name}"
    gateway.do(f"plan --dir {there}", code=1, says="neither a letter from a to z nor a digit")
    gateway.do(f"apply --yes --dir {there}", code=1, says="/opt/ai-gateway")
    assert not gateway.at(there).exists()
    gateway.mv(DIR, there)
    gateway.do(f"apply --yes --dir {there} --moved-from {DIR}")
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", there)
    gateway.write(".env", gateway.read(".env", there).replace("COMPOSE_PROJECT_NAME=ai-gateway\n", ""), there)
    gateway.do(f"apply --yes --dir {there}", says="COMPOSE_PROJECT_NAME=ai-gateway")


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
    gateway.apply("--dir", "/srv/ai-gateway", code=1, says="would mistake one for the other")


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
    said = ["litellm runs with 3856 MiB, the file says 1536 MiB", "litellm runs 6 workers, the file says 2", "docker-compose up -d"]
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
    gateway.do("status", never="newer litellm")
    conf = own_package / "templates/litellm/config.yaml"
    conf.write_text(conf.read_text() + "# new\n")
    gateway.do("status", says="has a newer litellm/config.yaml than this stack was written with", never="compose.yaml than")
    gateway.do("plan", says=["newer litellm/config.yaml", "diff -ru"])
    gateway.apply(says="none:")
    assert gateway.files() == before
    gateway.resize("vm-8g").apply()
    gateway.do("status", says="newer litellm/config.yaml")


@pytest.mark.parametrize("edited", [False, True])
def test_nginx_is_a_newer_one_until_somebody_edits_it(gateway, own_package, edited):
    """It says which paths are open and whose word is taken: it is no old one for ever. An edit is never asked about."""
    conf, here = own_package / "templates/nginx/nginx.conf", gateway.at(f"{DIR}/nginx/nginx.conf")
    if edited:
        here.write_text(here.read_text() + "# mine\n")
    before = here.read_text()
    conf.write_text(conf.read_text() + "# new\n")
    gateway.do("plan", **({"says": "newer nginx/nginx.conf"} if edited else {"never": "newer nginx/nginx.conf"}))
    gateway.apply()
    assert here.read_text() == (before if edited else conf.read_text())
    gateway.apply(says="none:")
    if not edited:
        gateway.do("rollback --yes")
        assert here.read_text() == before


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
    life.do("rollback --yes", says=["was fitted to 8 GB", "docker-compose up -d"])
    life.do("notice", says="vpsfit apply")


# The project's name: Compose names volumes after it.

def volumes(life, project, *names):
    for name in names or ("postgres_data", "open_webui_data"):
        (life.root / "var/lib/docker/volumes" / f"{project}_{name}" / "_data").mkdir(parents=True)


def moved(life, new="/srv/gateway"):
    life.mv(DIR, new)
    return life.apply("--dir", new, "--moved-from", DIR)


def test_a_move_that_is_rolled_back_keeps_the_name_of_the_volumes(gateway):
    moved(gateway)
    gateway.do("rollback --yes --dir /srv/gateway", says="COMPOSE_PROJECT_NAME=ai-gateway stays, because the volumes are named after it")
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway")
    gateway.do("plan --exit-code --dir /srv/gateway")


def test_a_name_that_was_lost_from_env_comes_back(gateway):
    """Somebody restores an old .env over the new one: the state still knows the name."""
    moved(gateway)
    gateway.edit("COMPOSE_PROJECT_NAME=ai-gateway\n", "", ".env", "/srv/gateway")
    gateway.do("plan --exit-code --dir /srv/gateway", code=6, says="COMPOSE_PROJECT_NAME=ai-gateway keeps the name")
    gateway.do("status --exit-code --dir /srv/gateway", code=6)
    gateway.apply("--dir", "/srv/gateway")
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway")
    gateway.do("plan --exit-code --dir /srv/gateway")


def test_another_name_by_hand_is_told_for_as_long_as_the_data_has_the_old_one(gateway):
    volumes(gateway, "ai-gateway")
    gateway.write(".env", gateway.read(".env") + "COMPOSE_PROJECT_NAME=mine\n")
    for _ in range(2):
        gateway.apply(says=["names this stack 'mine' now", "COMPOSE_PROJECT_NAME=ai-gateway in .env keeps the name"])
    volumes(gateway, "mine")
    gateway.apply(says="names this stack 'mine' now")
    gateway.apply(never="names this stack")


def test_a_moved_stack_without_state_finds_its_volumes(gateway):
    volumes(gateway, "ai-gateway")
    volumes(gateway, "blog", "postgres_data")
    gateway.mv(DIR, "/srv/gateway")
    gateway.purge()
    gateway.apply("--dir", "/srv/gateway", says=["is taken up again", "COMPOSE_PROJECT_NAME=ai-gateway keeps the name"])
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", "/srv/gateway")
    gateway.do("plan --exit-code --dir /srv/gateway")


def test_volumes_of_two_such_stacks_are_told_and_none_is_taken(gateway):
    volumes(gateway, "ai-gateway")
    volumes(gateway, "other")
    gateway.mv(DIR, "/srv/gateway")
    gateway.purge()
    gateway.apply("--dir", "/srv/gateway", says=["volumes of a stack like it are there as: ai-gateway, other"])
    assert "COMPOSE_PROJECT_NAME" not in gateway.read(".env", "/srv/gateway")


def test_volumes_of_another_stack_are_not_taken(gateway):
    volumes(gateway, "ai-gateway")
    gateway.at(DIR).parent.joinpath("copy").mkdir()
    shutil.copytree(gateway.at(DIR), gateway.at("/srv/gateway"))
    gateway.purge()
    gateway.apply("--dir", DIR)
    gateway.do("plan --dir /srv/gateway", never="COMPOSE_PROJECT_NAME")


# What an apply repaired, a rollback does not break again.

@pytest.mark.parametrize("name", ["compose.yaml", ".env", "nginx/nginx.conf", "litellm/config.yaml"])
def test_a_lost_file_that_an_apply_brought_back_stays(gateway, name):
    secrets = gateway.secrets()
    before = gateway.files("var")
    gateway.rm(f"{DIR}/{name}")
    gateway.resize("vm-8g").apply()
    gateway.do("rollback --yes", says=[f"keep {DIR}/{name}", "it was lost before that apply"])
    assert gateway.secrets() == secrets and gateway.services()
    if name != ".env":
        assert gateway.files("var") == before
    gateway.resize("vm-4g").do("plan --exit-code", never="edited by hand")


def test_a_key_that_an_apply_put_back_stays(gateway):
    secrets = gateway.secrets()
    salt = next(l for l in gateway.read(".env").splitlines() if l.startswith("LITELLM_SALT_KEY"))
    gateway.edit(salt + "\n", "", ".env")
    gateway.apply(says="LITELLM_SALT_KEY")
    gateway.do("rollback --yes", says="LITELLM_SALT_KEY: lost before that apply, which put it back; it stays")
    assert gateway.secrets() == secrets


@pytest.mark.parametrize("name", ["docker-compose.yml", "compose.yml"])
def test_a_rollback_follows_a_renamed_compose_file(gateway, name):
    gateway.resize("vm-8g").apply()
    gateway.mv(f"{DIR}/compose.yaml", f"{DIR}/{name}")
    gateway.do("rollback --yes", says=f"restore {DIR}/{name}")
    assert '"2" # vpsfit: workers' in gateway.read(name) and not (gateway.at(DIR) / "compose.yaml").exists()
    gateway.do("rollback --yes", says=f"remove {DIR}/{name}")
    assert not gateway.at(DIR).exists()


# A stack that is forgotten, and one that was copied.

@pytest.mark.parametrize("new", ["/srv/gateway", "/opt/stacks/gw", "/somewhere/else"])
def test_no_second_stack_beside_one_that_is_forgotten(gateway, new):
    """Restored or moved, /var/lib/vpsfit not with it, and then 'vpsfit apply' as it was typed for the first one."""
    gateway.mv(DIR, new)
    gateway.purge()
    if new.startswith("/somewhere"):
        running(gateway, 1800, directory=new, litellm=(1500, 1536, 2))
    gateway.apply(code=1, says=[f"{new}: error: is a stack of vpsfit's own", f"'vpsfit apply --dir {new}' takes it up again"])
    assert not gateway.at(DIR).exists()
    gateway.do("status", never="nothing was")
    gateway.do("apply --yes --dir", new, "--cost-model", "seed-2025-11", says="is taken up again")


def test_a_second_stack_that_is_asked_for_is_made(gateway):
    gateway.mv(DIR, "/srv/gateway")
    gateway.purge()
    gateway.apply("--dir", DIR)
    assert gateway.services()


def test_a_stack_that_was_copied_and_then_removed_is_forgotten(gateway):
    """cp -a, apply in the copy, rm -r of the old one: --moved-from would be refused, forget is the way."""
    shutil.copytree(gateway.at(DIR), gateway.at("/srv/gateway"))
    gateway.apply("--dir", "/srv/gateway")
    gateway.rm(DIR)
    gateway.do("notice", says=f"vpsfit forget --dir {DIR}", never="--moved-from")
    gateway.apply(code=1, never="takes its state and history along")
    gateway.do("notice")
    gateway.obey("--yes")
    gateway.do("notice", never="gone")


def test_compose_on_an_own_stack_is_that_stack(gateway):
    gateway.resize("vm-8g").do(f"apply --yes --compose {DIR}/compose.yaml", says="it is fitted as that one")
    assert len(gateway.stores()) == 1 and '"6" # vpsfit: workers' in gateway.read()
    gateway.do("plan --exit-code")
    gateway.do(f"status --compose {DIR}/compose.yaml", says="Pending nothing")


# The stack's own containers stay its own, and what is to be done about them is said.

ALL_RUN = {"litellm": (1240, 1536, 2), "open_webui": (600, 800, 0), "postgres": (48, 200, 0), "nginx": (6, 100, 0), "redis": (14, 64, 0)}


@pytest.mark.parametrize("new", [NEW, "/srv/gateway"])
def test_a_stack_that_is_moved_while_it_runs_is_counted_once(gateway, new):
    running(gateway, 3400, **ALL_RUN)
    gateway.mv(DIR, new)
    for line in (f"plan --json --dir {new} --moved-from {DIR}", f"plan --json --dir {new}"):
        gateway.do(line)
        plan = json.loads(gateway.out)
        assert plan["totals"]["others_mib"] == 0 and plan["workers"] == 2, plan["totals"]
    gateway.apply("--dir", new, "--moved-from", DIR)
    gateway.do(f"plan --json --dir {new}")
    assert json.loads(gateway.out)["totals"]["others_mib"] == 0


def test_a_stack_whose_name_was_lost_counts_its_containers(gateway):
    running(gateway, 3400, **ALL_RUN)
    moved(gateway)
    gateway.edit("COMPOSE_PROJECT_NAME=ai-gateway\n", "", ".env", "/srv/gateway")
    gateway.do("plan --json --dir /srv/gateway")
    assert json.loads(gateway.out)["totals"]["others_mib"] == 0


def test_the_old_container_of_a_renamed_service_is_an_orphan(gateway):
    running(gateway, 3400, **ALL_RUN)
    gateway.write("compose.yaml", renamed(gateway.read(), ("litellm", "llm-proxy")))
    gateway.do("plan --json")
    assert json.loads(gateway.out)["totals"]["others_mib"] == 0
    gateway.apply(says=["litellm runs and is not in the file any more", f"cd {DIR} && docker-compose up -d --remove-orphans"])
    gateway.do("status --exit-code", code=6, says="--remove-orphans")
    running(gateway, 3400, **{"llm_proxy": ALL_RUN["litellm"]}, **{k: v for k, v in ALL_RUN.items() if k != "litellm"})
    gateway.do("status --exit-code", never=["--remove-orphans", "not in the file"])


def test_redis_that_is_taken_out_needs_remove_orphans(gateway):
    running(gateway, 3400, **ALL_RUN)
    gateway.apply("--redis", "no", says=f"cd {DIR} && docker-compose up -d --remove-orphans")
    gateway.do("status", says="redis runs and is not in the file any more")


def test_containers_of_other_files_are_no_orphans(gateway):
    running(gateway, 3400, **ALL_RUN, adminer=(20, 0, 0))
    gateway.do("plan --exit-code", never="--remove-orphans")


def test_one_of_five_containers_does_not_make_a_stack_that_runs(gateway):
    running(gateway, 300, postgres=ALL_RUN["postgres"])
    gateway.do("status", says=["Start what does not run", "litellm, open-webui, nginx"])
    running(gateway, 3400, **ALL_RUN)
    gateway.do("status", never="Start")


# A compose file that was lost.

@pytest.mark.parametrize("left, says", [(None, "is gone"), (0, "is empty"), (2000, "is cut off"), (6000, "is cut off"), ("nul", "is cut off")])
def test_a_lost_compose_file_comes_back_with_what_was_edited(gateway, left, says):
    """A full disk, a power cut under an editor, a slip with rm: not one service fewer, and not the template."""
    gateway.write("compose.yaml", gateway.read() + "# mine\n")
    gateway.resize("vm-8g").apply()
    whole = gateway.read()
    if left is None:
        gateway.rm(f"{DIR}/compose.yaml")
    elif left == "nul":
        (gateway.at(DIR) / "compose.yaml").write_bytes(whole.encode()[:4096] + bytes(len(whole) - 4096))
    else:
        gateway.write("compose.yaml", whole[:left])
    gateway.do("plan --exit-code", code=6, says=[says, "comes back as the apply of"], never=["not in the file any more", "edited by hand"])
    assert gateway.err.count("comes back as") == 1
    gateway.do("status --exit-code", code=6)
    gateway.apply()
    assert gateway.read() == whole and gateway.services()
    gateway.do("plan --exit-code")
    gateway.do("rollback --yes", says="it was lost before that apply")
    assert gateway.read() == whole


def test_an_empty_compose_file_without_a_copy_is_an_error(gateway):
    for entry in (gateway.stores()[0] / "history").iterdir():
        for copy in entry.glob("*.after"):
            if b"services:" in copy.read_bytes():
                journal = json.loads((entry / "journal.json").read_text())
                journal["files"] = [f for f in journal["files"] if not f["path"].endswith("compose.yaml")]
                (entry / "journal.json").write_text(json.dumps(journal))
                copy.unlink()
    gateway.write("compose.yaml", "")
    gateway.do("plan", code=1, says=["compose.yaml: error: is empty, and no copy of it is kept"])
    gateway.apply(code=1)


def test_a_renamed_redis_is_fitted_under_its_new_name(gateway):
    text = renamed(gateway.read(), ("redis", "cache")).replace('REDIS_HOST: "redis"', 'REDIS_HOST: "cache"')
    gateway.write("compose.yaml", text)
    gateway.do("plan", says="redis is 'cache' here: it is fitted under that name")
    assert not re.search(r"^cache ", gateway.out, re.M), "it is counted once, as the part that it plays"
    gateway.resize("vm-8g").apply()
    assert "  redis:\n" not in gateway.read() and set(gateway.services()) >= {"cache", "litellm"}
    gateway.do("plan --exit-code")
    gateway.resize("vm-4g").apply()
    assert "redis" not in gateway.services()


def test_a_cache_of_somebodys_own_is_not_taken_for_redis(life):
    life.on("vm-4g").apply("--redis", "no")
    life.edit("\nnetworks:\n  gateway:", "\n  cache:\n    image: valkey/valkey:8-alpine\n    mem_limit: 99m\n\nnetworks:\n  gateway:")
    life.apply("--redis", "no", never="fitted under that name")
    assert "mem_limit: 99m\n" in life.read()


# What is said before it hurts.

def test_a_rollback_of_the_first_apply_says_that_the_stack_runs(gateway):
    running(gateway, 3400, **ALL_RUN)
    gateway.do("rollback --yes", says=["the stack runs, and goes on without its files", "docker rm -f"])
    assert not gateway.at(DIR).exists()


def test_a_rollback_ends_with_what_to_do(gateway):
    gateway.resize("vm-8g").apply()
    running(gateway, 3400, **ALL_RUN)
    gateway.do("rollback --yes", says=["Done. What to do now", "Put the changes into effect"])


def test_a_changed_salt_is_told_for_as_long_as_it_is(gateway):
    salt = gateway.secrets()["LITELLM_SALT_KEY"]
    gateway.edit(salt, "sk-" + "0" * 64, ".env")
    gateway.do("plan", says=["LITELLM_SALT_KEY is another one than before", "kept.env"])
    gateway.do("status", says="LITELLM_SALT_KEY is another one")
    assert salt in (gateway.stores()[0] / "kept.env").read_text()
    gateway.apply(says="LITELLM_SALT_KEY is another one")
    gateway.do("plan", says="LITELLM_SALT_KEY is another one than before")
    assert salt in (gateway.stores()[0] / "kept.env").read_text()


def test_a_kept_limit_above_the_ram_is_a_warning_and_in_the_verdict(gateway):
    gateway.edit('memory: "1536M"', 'memory: "6000M"')
    gateway.apply("--keep-edits", says="litellm is kept at 6000 MiB, more than the 3926 MiB of RAM")
    gateway.do("plan --json")
    assert json.loads(gateway.out)["verdict"]["peak"] == "needs-swap", "which is planned for it"
    gateway.do("plan --swap none --json")
    assert json.loads(gateway.out)["verdict"]["peak"] == "does-not-fit"


def test_two_stacks_on_one_port(gateway):
    gateway.apply("--dir", "/srv/two", says=f"the stack in {DIR} listens on port 8080 too")
    gateway.apply("--dir", "/srv/two", "--port", "8081", never="listens on port")
    gateway.do("plan", never="listens on port")


def test_two_stacks_of_one_name_by_hand(gateway):
    gateway.apply("--dir", "/srv/two", "--port", "8081")
    gateway.write(".env", gateway.read(".env", "/srv/two") + "COMPOSE_PROJECT_NAME=ai-gateway\n", "/srv/two")
    gateway.do("plan --dir /srv/two", says=f"the stack in {DIR} has the same name for Compose, 'ai-gateway'")
    gateway.do("plan", says="the stack in /srv/two has the same name")


def test_a_kept_address_is_shown(gateway):
    gateway.edit("GATEWAY_BIND=127.0.0.1", "GATEWAY_BIND=0.0.0.0", ".env")
    gateway.apply("--bind", "127.0.0.1", code=5, says="it is 0.0.0.0, vpsfit would write 127.0.0.1", never="(hidden)")
    gateway.apply("--bind", "127.0.0.1", "--keep-edits", says="GATEWAY_BIND was changed by hand to 0.0.0.0", never="(hidden)")


def test_status_json_of_a_stack_that_is_gone(gateway):
    gateway.rm(DIR)
    gateway.do("status --json")
    assert {f["state"] for f in json.loads(gateway.out)["files"]} == {"missing"}


def test_a_gone_stack_of_an_odd_name_can_be_obeyed(life):
    life.on("vm-4g").apply("--dir", "/srv/my gw", "--state", "/srv/state")
    life.mv("/srv/my gw", "/srv/new gw")
    life.apply("--dir", "/srv/my gw", "--state", "/srv/state", code=1,
               says="'vpsfit apply --dir '/srv/new gw' --moved-from '/srv/my gw' --state /srv/state'")


@pytest.mark.parametrize("name", [".env", "compose.yaml", "nginx/nginx.conf"])
def test_the_notice_tells_of_a_file_that_is_gone(gateway, name):
    gateway.rm(f"{DIR}/{name}")
    gateway.do("notice --exit-code", code=6, says=f"{DIR}/{name} is not there any more")
    gateway.obey("--yes")
    gateway.do("notice --exit-code", never="not there")


# Found by trying.

def test_two_stacks_that_were_swapped(gateway):
    """Each has the other's state: their secrets must not be mixed."""
    gateway.apply("--dir", "/opt/two", "--port", "8081")
    for old, new in ((DIR, "/opt/t"), ("/opt/two", DIR), ("/opt/t", "/opt/two")):
        gateway.mv(old, new)
    before = gateway.files()
    gateway.apply(code=1, says="has the .env of the stack that was applied in /opt/two")
    gateway.apply("--dir", "/opt/two", code=1, says=f"has the .env of the stack that was applied in {DIR}")
    assert gateway.files() == before


def test_a_stack_that_was_started_under_another_name(gateway):
    """docker compose -p other up -d: the printed command would start a second one."""
    running(gateway, 3400, project="other", **ALL_RUN)
    volumes(gateway, "other")
    gateway.do("plan", says=["runs here under the name 'other'", "COMPOSE_PROJECT_NAME=other in .env keeps the name"])
    gateway.write(".env", gateway.read(".env") + "COMPOSE_PROJECT_NAME=other\n")
    gateway.do("plan", never="under the name")


def test_a_stack_that_was_moved_into_its_own_directory(gateway):
    gateway.mv(DIR, "/opt/t")
    gateway.mv("/opt/t", f"{DIR}/stack")
    gateway.do("notice", says=f"vpsfit apply --dir {DIR}/stack --moved-from {DIR}")
    gateway.obey("--yes")
    gateway.do(f"plan --exit-code --dir {DIR}/stack")


def test_a_rollback_of_what_was_taken_up_takes_nothing_away(gateway):
    gateway.purge()
    gateway.resize("vm-8g").apply()
    running(gateway, 3400, **ALL_RUN)
    gateway.do("rollback --yes", never="goes on without its files")
    assert gateway.services()
    gateway.do("status", says="vpsfit apply")


def test_moved_back_after_a_rollback(gateway):
    secrets = gateway.secrets()
    moved(gateway.resize("vm-8g"))
    gateway.do("rollback --yes --dir /srv/gateway")
    gateway.mv("/srv/gateway", DIR)
    gateway.apply("--moved-from", "/srv/gateway")
    assert gateway.secrets() == secrets and len(gateway.stores()) == 1
    gateway.do("plan --exit-code")


@pytest.mark.parametrize("name", ["nginx/nginx.conf", "litellm/config.yaml"])
def test_a_directory_that_an_engine_made_in_place_of_a_file(gateway, name):
    gateway.rm(f"{DIR}/{name}")
    (gateway.at(DIR) / name).mkdir()
    gateway.apply(code=1, says=f"'rmdir {DIR}/{name}', and an apply brings the file back")
    (gateway.at(DIR) / name).rmdir()
    gateway.apply()
    gateway.do("plan --exit-code")


@pytest.mark.parametrize("end", ["ENABLE_VERSION_UPDATE_CHECK: \"False\"", "RAG_EMBEDDING_ENGINE: \"openai\""])
def test_a_cut_compose_file_without_state_is_not_taken_for_a_smaller_stack(gateway, end):
    """What is left is YAML."""
    gateway.write("compose.yaml", gateway.read().partition(end)[0] + end)
    gateway.purge()
    gateway.apply(code=1, says="compose.yaml: error: is cut off, and no copy of it is kept")


# Comments behind what is kept.

def test_the_comment_behind_a_kept_value_stays_true(gateway):
    """1240 MiB expected, says the one behind the limit: not with three workers."""
    gateway.edit('"2" # vpsfit: workers, from profile MEDIUM_VPS', '"3" # vpsfit: workers, from profile MEDIUM_VPS')
    gateway.edit('"1536M" # vpsfit', '"1800M" # vpsfit')
    gateway.apply(code=5)
    assert gateway.read().count("by hand") == 0, "nothing is written before somebody decides"
    gateway.apply("--keep-edits")
    assert '"3" # vpsfit: kept as it was edited by hand\n' in gateway.read() and '"1800M" # vpsfit: kept as it was' in gateway.read()
    gateway.do("plan --exit-code", never="---")
    gateway.resize("vm-8g").apply()
    assert '"3" # vpsfit: kept as it was edited by hand\n' in gateway.read() and "edited by hand" in gateway.said
    gateway.apply("--overwrite-edits")
    assert '"6" # vpsfit: workers, from profile LARGE_VPS' in gateway.read() and "by hand" not in gateway.read()


def test_a_comment_of_a_persons_own_behind_a_kept_value_is_theirs(gateway):
    gateway.write("compose.yaml", re.sub(r'"1536M" # vpsfit.*', '"1800M" # as much as it had in May', gateway.read()))
    gateway.apply("--keep-edits")
    assert '"1800M" # as much as it had in May\n' in gateway.read()


def test_a_kept_value_that_the_plan_wants_again_is_no_kept_one(gateway):
    gateway.edit('"1536M" # vpsfit', '"1200M" # vpsfit')
    gateway.apply("--keep-edits")
    gateway.edit('"1200M" # vpsfit: kept as', '"1536M" # vpsfit: kept as')
    gateway.apply("--workers", "2")
    assert '"1536M" # vpsfit: hard limit; ' in gateway.read() and "by hand" not in gateway.read()


# A file of somebody else's that was lost.

@pytest.fixture
def adopted(life):
    """A stack of somebody else's, which was fitted once."""
    life.on("vm-4g")
    life.apply()
    life.mv(DIR, "/srv/gw")
    life.purge()
    text = re.sub(r" # vpsfit.*|\A(#.*\n)+", "", life.read(directory="/srv/gw"))
    life.write("docker-compose.yml", renamed(text, ("nginx", "web")), "/srv/gw")
    life.rm("/srv/gw/compose.yaml")
    life.apply("--compose", THEIRS)
    return life


THEIRS = "/srv/gw/docker-compose.yml"


@pytest.mark.parametrize("left, says", [(0, "is empty"), (2000, "is cut off"), (5950, "is cut off"), ("nul", "is cut off"), ("line", "is cut off")])
def test_a_lost_file_of_somebody_elses_is_not_a_smaller_stack(adopted, left, says):
    """Nothing is inserted, nothing is said to be edited by hand, and the printed command brings it back."""
    whole = adopted.read("docker-compose.yml", "/srv/gw")
    if left == "nul":
        left = whole[:4096] + "\0" * 500
    elif left == "line":
        left = whole[:whole.index("\n", 3000) + 1]
    else:
        left = whole[:left]
    adopted.write("docker-compose.yml", left, "/srv/gw")
    for line in ("status --exit-code", "plan --exit-code", "apply --yes", "apply --yes --overwrite-edits"):
        adopted.do(f"{line} --compose {THEIRS}", code=1, says=[says, "'cp "], never=["by hand", "--service"])
    copy = re.search(r"'cp (\S+) (\S+)'", adopted.said)
    assert copy[2] == THEIRS
    shutil.copyfile(copy[1], adopted.at(THEIRS))
    assert adopted.read("docker-compose.yml", "/srv/gw") == whole
    adopted.do(f"plan --exit-code --compose {THEIRS}")


def test_the_last_services_of_somebody_elses_file_may_be_taken_out(adopted):
    """The file then is the beginning of the old one too, and ends between two services."""
    text = adopted.read("docker-compose.yml", "/srv/gw")
    adopted.write("docker-compose.yml", text[:text.index("\n  web:") + 1], "/srv/gw")
    adopted.do(f"plan --compose {THEIRS}", never=["cut off", "is empty"])


def test_an_override_that_was_emptied(adopted):
    adopted.write("docker-compose.override.yml", "services:\n  litellm:\n    mem_limit: 1400m\n    memswap_limit: 1400m\n", "/srv/gw")
    adopted.apply("--compose", THEIRS, "--overwrite-edits")
    adopted.write("docker-compose.override.yml", "", "/srv/gw")
    adopted.apply("--compose", THEIRS, code=1, says=["docker-compose.override.yml: error: is empty", "'cp "])


def test_a_deleted_file_of_somebody_elses(adopted):
    adopted.rm(THEIRS)
    adopted.apply("--compose", THEIRS, code=1, says=["is gone", "deleted: 'cp ", "moved: ", "vpsfit forget --compose"])
    adopted.do(f"status --compose {THEIRS}", says="is there any more")


def test_a_file_that_is_empty_from_the_start(life):
    life.on("vm-4g").write("docker-compose.yml", "\n", "/srv/gw")
    life.apply("--compose", THEIRS, code=2, says=["is empty", "restore it from a backup"], never="--service")


# What the random walk found.

def test_a_taken_out_redis_stays_out_for_good(gateway):
    """It came back with the second apply that wrote something."""
    gateway.write("compose.yaml", without_service(gateway.read(), "redis"))
    for workers in ("3", "2", "3"):
        gateway.apply("--workers", workers)
        assert "redis" not in gateway.services()
        gateway.do("plan --exit-code", never="valkey")
    gateway.apply("--redis", "yes")
    assert "redis" in gateway.services()


def test_an_edited_file_of_a_stack_that_is_taken_up_stays_edited(gateway):
    """Without a state nobody knows whether the text is an edit: the apply after that one took it for the package's own."""
    name = "nginx/nginx.conf"
    gateway.write(name, gateway.read(name) + "# mine\n")
    gateway.purge()
    for workers in ("2", "3", "2"):
        gateway.apply("--workers", workers)
        assert gateway.read(name).endswith("# mine\n")
    gateway.do("plan --exit-code")


def test_an_unedited_file_of_a_stack_that_is_taken_up_goes_on_with_the_package(gateway, own_package):
    gateway.purge()
    gateway.apply()
    path = own_package / "templates/nginx/nginx.conf"
    path.write_text(path.read_text() + "# newer\n")
    gateway.apply()
    assert gateway.read("nginx/nginx.conf").endswith("# newer\n")


def test_printed_commands_name_the_stack(life, own_package):
    """'vpsfit apply --images new' is about the stack in the usual place."""
    life.on("vm-4g").apply("--dir", "/srv/gw")
    tag = re.search(r"ghcr.io/berriai/litellm:(\S+)", life.read(directory="/srv/gw"))[1]
    life.edit(tag, "v1.89.0", directory="/srv/gw")
    life.do("plan --dir /srv/gw", says="'vpsfit apply --dir /srv/gw --images new'")
    life.do("status --dir /srv/gw", says="'vpsfit apply --dir /srv/gw --images new'")
    life.do("apply --yes --dir /srv/gw --images new")
    assert "v1.89.0" not in life.read(directory="/srv/gw")
    life.apply()
    life.edit(tag, "v1.89.0")
    life.do("plan", says="'vpsfit apply --images new'")


@pytest.mark.parametrize("env", ["", None])
def test_a_moved_stack_that_lost_its_env_is_still_the_same(gateway, env):
    """Its secrets cannot tell it; its compose file can."""
    secrets = gateway.secrets()
    gateway.mv(DIR, NEW)
    gateway.rm(f"{NEW}/.env") if env is None else gateway.write(".env", env, NEW)
    gateway.do(f"status --dir {NEW}", never="its state is missing")
    gateway.apply("--dir", NEW, says=f"{NEW}: its state and history, from {DIR}")
    assert {k: v for k, v in gateway.secrets(NEW).items() if v} == {k: v for k, v in secrets.items() if v}


def test_another_stack_that_lost_its_env_is_not_taken_for_it(gateway):
    gateway.mv(DIR, NEW)
    gateway.rm(f"{NEW}/.env")
    gateway.write("compose.yaml", gateway.read(directory=NEW) + "# mine\n", NEW)
    gateway.apply("--dir", NEW, code=1, says="LITELLM_SALT_KEY is missing, and no copy of it is kept")


@pytest.mark.parametrize("was, now", [("vm-2g", "vm-8g"), ("vm-2g", "vm-4g")])
def test_a_stack_that_is_taken_up_and_grows_is_written_once(life, was, now):
    """The lines for Redis went into config.yaml with the second apply, which took the file for the package's own."""
    life.on(was).apply()
    life.write("litellm/config.yaml", life.read("litellm/config.yaml") + "# mine\n")
    life.purge()
    life.resize(now).apply()
    before = life.files()
    life.apply("--exit-code")
    assert life.files() == before


# What brings a stack back is said before what ends its memory.

LOST = ["compose.yaml", ".env"]


def lose(life, what):
    for name in LOST if what == "both" else [""]:
        life.rm(f"{DIR}/{name}".rstrip("/"))


def paste(life, line):
    """A printed command in a shell, on this machine: its paths are the machine's, but for the copies of the history."""
    for part in line.split(" && "):
        words = shlex.split(part)
        if words[0] == "vpsfit":
            life.do(part.removeprefix("vpsfit "), "--yes")
        elif words[0] == "mkdir":
            life.at(words[-1]).mkdir(parents=True, exist_ok=True)
        else:
            assert words[0] == "cp"
            shutil.copyfile(words[1], life.at(words[2]))


@pytest.mark.parametrize("lost", ["both", "all"])
@pytest.mark.parametrize("asked", ["status", "notice", "plan"])
def test_a_deleted_stack_comes_back_with_what_was_edited(gateway, lost, asked):
    """The compose file and .env are deleted, or the whole directory: what is printed first brings both back."""
    gateway.edit("10m", "12m")
    gateway.apply("--workers", "1")
    text, secrets = gateway.read(), gateway.secrets()
    lose(gateway, lost)
    if asked == "plan":
        gateway.do("plan", code=0 if lost == "both" else 1)
        printed = re.findall(r"deleted: '(.*?)' brings", gateway.said) or ["vpsfit apply"]
    else:
        gateway.do(asked, says=["brings back", f"vpsfit forget --dir {DIR}"])
        printed = [l.strip() for l in gateway.out.splitlines() if re.match(r" +(vpsfit|mkdir|cp) ", l)]
        assert "forget" not in printed[0] and "forget" in printed[-1]
    paste(gateway, printed[0])
    assert gateway.read() == text and gateway.secrets() == secrets
    gateway.do("status", says="Pending nothing")
    gateway.do("notice", never="vpsfit")


@pytest.mark.parametrize("lost", ["both", "all"])
def test_forget_keeps_the_last_files(gateway, lost):
    gateway.edit("10m", "12m")
    gateway.apply("--workers", "1")
    text, secrets = gateway.read(), gateway.secrets()
    lose(gateway, lost)
    gateway.do(f"forget --dir {DIR} --dry-run", says="What was last in its files stays in")
    kept = re.search(r"stays in (\S+/kept/\S+)\.", gateway.said)[1]
    gateway.do(f"forget --dir {DIR} --yes")
    assert (gateway.at(kept) / "compose.yaml").read_text() == text
    assert (gateway.at(kept) / "compose.yaml").stat().st_mode & 0o777 == 0o600
    gateway.apply(says="put back from vpsfit's own copy", never="is not empty")
    assert gateway.secrets() == secrets and gateway.services()


def test_forgotten_with_an_edited_file_left(gateway):
    """nginx.conf was edited and stays there: it is an edit like any other for the next apply."""
    gateway.write("nginx/nginx.conf", gateway.read("nginx/nginx.conf") + "# mine\n")
    lose(gateway, "both")
    gateway.do("forget --yes")
    gateway.apply("--keep-edits", never="is not empty")
    assert "# mine" in gateway.read("nginx/nginx.conf")


@pytest.mark.parametrize("name", ["nginx/nginx.conf", "nginx/other"])
def test_files_of_somebody_elses_are_not_vpsfits(life, name):
    life.on("vm-4g").write(name, "events {}\n")
    life.apply(code=1, says="is not empty ('nginx' is there)")


def test_forgotten_twice_and_moved_there(gateway):
    """What is kept of an earlier stack is no hindrance for one that is moved to its place."""
    lose(gateway, "all")
    gateway.do("forget --yes")
    gateway.apply("--dir", "/srv/b/ai-gateway")
    gateway.mv("/srv/b/ai-gateway", DIR)
    gateway.do("apply --yes --moved-from /srv/b/ai-gateway", says="its state and history")
    assert len(gateway.stores()) == 1 and list(gateway.stores()[0].glob("kept/*/compose.yaml"))


@pytest.mark.parametrize("asked", ["status", "notice"])
def test_a_deleted_file_of_somebody_elses_comes_back(adopted, asked):
    text = adopted.read("docker-compose.yml", "/srv/gw")
    adopted.rm(THEIRS)
    adopted.do(*(["status", "--compose", THEIRS] if asked == "status" else ["notice"]), says=["brings back", f"vpsfit forget --compose {THEIRS}"])
    printed = [l.strip() for l in adopted.out.splitlines() if re.match(r" +(cp|mkdir) ", l)]
    paste(adopted, printed[0])
    assert adopted.read("docker-compose.yml", "/srv/gw") == text
    adopted.do(f"status --compose {THEIRS}", says="Pending nothing")


def test_forget_of_somebody_elses_file_keeps_it_and_says_nothing_of_secrets(adopted):
    text = adopted.read("docker-compose.yml", "/srv/gw")
    adopted.rm(THEIRS)
    adopted.do(f"forget --yes --compose {THEIRS}", says="What was last in its files stays in", never="kept.env")
    assert [p.read_text() for p in (adopted.root / STATE).glob("*/kept/*/docker-compose.yml")] == [text]


# A rollback looks where the stack is, and at what its state is.

@pytest.mark.parametrize("more", [[], ["--dry-run"], ["--overwrite-edits"]])
def test_rollback_of_a_moved_stack_refuses(gateway, more):
    gateway.mv(DIR, NEW)
    before = gateway.files()
    gateway.do("rollback --yes", *more, code=1, says=["is gone", f"vpsfit apply --dir {NEW} --moved-from {DIR}"])
    assert gateway.files() == before


def test_rollback_of_somebody_elses_moved_file_refuses(adopted):
    adopted.mv("/srv/gw", "/srv/new")
    before = adopted.files()
    adopted.do(f"rollback --yes --compose {THEIRS}", code=1, says=["is gone", f"--moved-from {THEIRS}"])
    assert adopted.files() == before


@pytest.mark.parametrize("line", ["rollback --yes", "rollback --dry-run", "apply --yes", "plan", "status", "forget --yes"])
def test_a_newer_state_is_refused_by_all(gateway, line):
    path = next(gateway.stores()[0].glob("history/*/state.json"))
    path.write_text(path.read_text().replace("vpsfit.state/2", "vpsfit.state/9"))
    before = gateway.files()
    gateway.do(line, code=1, says="another version (vpsfit.state/9)")
    assert gateway.files() == before


def test_rollback_of_what_is_missing_says_so(gateway):
    gateway.apply("--port", "8082")
    gateway.rm(f"{DIR}/.env")
    gateway.do("rollback --yes", never="edited by hand")
    assert "GATEWAY_PORT=8080" in gateway.read(".env")


@pytest.mark.parametrize("name", [".env", "nginx/nginx.conf"])
def test_what_was_lost_before_it_was_taken_up_stays(gateway, name):
    """The state was lost too: the apply that takes the stack up puts the file back, and a rollback does not take it away."""
    secrets = gateway.secrets()
    gateway.rm(f"{DIR}/{name}")
    gateway.do("forget --yes --force")
    gateway.apply()
    gateway.do("rollback --yes", says="it was lost before that apply")
    assert gateway.secrets() == secrets and gateway.services() and (gateway.at(DIR) / name).exists()


# A rollback that leaves an edited file.

@pytest.mark.parametrize("edit", [("10m", "12m"), ('"1" # vpsfit: workers', '"3" # vpsfit: workers')])
def test_only_what_a_person_edited_counts_after_a_rollback_that_keeps_it(gateway, edit):
    gateway.apply("--workers", "1", "--bind", "0.0.0.0")
    assert not re.search("(?m)^  redis:", gateway.read())
    gateway.edit(*edit)
    gateway.do("rollback --yes --keep-edits", says="edited by hand since")
    theirs = "workers" in edit[0]
    gateway.do("apply --yes", code=5 if theirs else 0, never="taken out by hand")
    assert gateway.said.count("edited by hand: it is") == theirs
    if theirs:
        gateway.apply("--keep-edits")
    assert edit[1].split(" #")[0] in gateway.read()
    assert re.search("(?m)^  redis:", gateway.read()) or theirs
    gateway.services()
    gateway.do("plan --exit-code", code=0)


# A file of somebody else's under another name, or elsewhere.

@pytest.mark.parametrize("new", ["/srv/gw/compose.yaml", "/srv/new/docker-compose.yml", "/srv/new/compose.yaml"])
@pytest.mark.parametrize("early", [False, True])
def test_a_file_of_somebody_elses_goes_on_elsewhere(adopted, new, early):
    """As the refusal prints it; early: it was applied there without --moved-from before."""
    if not new.startswith("/srv/gw"):
        adopted.mv("/srv/gw", "/srv/new")
    if not adopted.at(new).exists():
        adopted.mv(os.path.dirname(new) + "/docker-compose.yml", new)
    if early:
        adopted.apply("--compose", new)
    adopted.do(f"apply --yes --compose {THEIRS}", code=1, says="is gone")
    line = re.search(r"'(vpsfit apply --compose \S+ --moved-from [^']+)'", adopted.said)[1].replace("NEW-FILE", new)
    assert f"--compose {new} " in line
    if early:
        adopted.do(line.removeprefix("vpsfit "), "--yes", code=2, says="has a state of its own already")
        printed = re.search(r"'(vpsfit forget [^']+)'", adopted.said)[1]
        adopted.do(printed.removeprefix("vpsfit "), "--yes")
    else:
        adopted.do(line.removeprefix("vpsfit "), "--yes", says="its state and history")
        adopted.do(line.removeprefix("vpsfit "), "--yes", says="none:")
    assert len([p for p in adopted.stores() if list(p.glob("history/*"))]) == 1
    adopted.do("notice", never="vpsfit")
    adopted.do(f"status --compose {new}", says="Pending nothing", never="by hand")
    if not early:
        adopted.do(f"rollback --yes --compose {new}")
        assert "# vpsfit" not in adopted.at(new).read_text()


def test_the_notice_of_a_renamed_file_of_somebody_elses_can_be_obeyed(adopted):
    adopted.mv(THEIRS, "/srv/gw/compose.yaml")
    adopted.do("notice", says=f"vpsfit apply --compose /srv/gw/compose.yaml --moved-from {THEIRS}")
    adopted.obey("--yes")
    adopted.do("notice", never="vpsfit")


@pytest.mark.parametrize("name", ["opt/ai-gateway/compose.yaml", "opt/ai-gateway/.env", "state.json", "journal.json"])
@pytest.mark.parametrize("made", ["damaged", "large", "loop"])
def test_no_bare_errno_is_said_of_a_broken_file(gateway, name, made):
    path = gateway.root / name if "/" in name else next(gateway.stores()[0].glob(f"history/*/{name}"))
    path.write_bytes(b"\0\377{")
    if made == "large":
        os.truncate(path, 9 << 20)
    elif made == "loop":
        path.unlink()
        path.symlink_to(path.name)
    for line in ("notice", "status", "plan", "rollback --yes"):
        done = run(*shlex.split(line), "--sysroot", gateway.root)
        for bare in ("Bad message", "File too large", "Invalid argument", "Too many levels"):
            assert bare not in done.stdout + done.stderr, (line, done.stderr)
