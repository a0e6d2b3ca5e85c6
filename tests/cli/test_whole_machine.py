# SPDX-License-Identifier: MIT
"""
The plan counts everything that runs here: services of the stack that play no part, containers of others, copies; and it takes figures of
vpsfit's own stack only where this one is like it.
"""

import json
import shutil

import pytest
import yaml

from conftest import run
from test_found import FOUND, TABLE, WRITTEN
from test_merge import read_case
from test_who_uses_what import Tree, compose

DIR = "/srv/stack"
KB_8G = 8142848
# Without conditions that are not met, and of the default's versions.
GATEWAY = {"image": "ghcr.io/berriai/litellm:v1.110.2", "entrypoint": ["python3", "/opt/vpsfit/vpsfit_launch.py"],
           "command": ["--config", "/app/config.yaml", "--num_workers", "2", "--run_gunicorn"]}
ALONE = {"image": "ghcr.io/berriai/litellm:v1.110.2", "command": ["--config", "/app/config.yaml", "--num_workers", "2"]}
OLLAMA = {"image": "ollama/ollama", "mem_limit": "5g"}
LIMITED = {"image": "example.org/own/thing:1", "mem_limit": "300m"}
MYSTERY = {"image": "example.org/own/mystery:1"}


@pytest.fixture
def plan(machine, tmp_path):
    """Plans for services of somebody's file on a machine of 8 GB; `prepare` changes its tree."""
    def make(services, *answers, prepare=None, name="vm-8g", code=None):
        shutil.rmtree(tmp_path / name, ignore_errors=True)
        root = machine(name)
        (root / DIR.lstrip("/")).mkdir(parents=True)
        (root / DIR.lstrip("/") / "compose.yaml").write_text(yaml.safe_dump({"services": services}, sort_keys=False))
        if prepare:
            prepare(Tree(root))
        done = run("plan", "--json", "--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none", *answers)
        assert done.returncode == (code if code is not None else done.returncode), done.stderr
        return json.loads(done.stdout)
    return make


def codes(document):
    return {w["code"] for w in document["warnings"]}


def runs(tree, char, service, mib, directory=DIR, limit=None, started=None):
    container = char * 64
    group = f"/system.slice/docker-{container}.scope"
    tree.group("/sys/fs/cgroup" + group, mib)
    pid = tree.process("python", group)
    tree.record(container, service, pid=pid, labels=compose(directory, directory.split("/")[-1], service), limit=limit, started=started)
    return pid


def test_a_service_of_the_file_is_in_the_sum(plan):
    alone, both = plan({"llm": GATEWAY}), plan({"llm": GATEWAY, "thing": LIMITED})
    assert both["services"]["thing"] == {
        "expected_mib": 300, "reservation_mib": None, "limit_mib": 300, "memswap_mib": None, "error_percent": None, "copies": 1,
        "planned": False, "source": "limit", "from": None}
    assert both["totals"]["idle_mib"] - alone["totals"]["idle_mib"] == 300
    assert both["totals"]["total_mib"] == alone["totals"]["total_mib"]


def test_what_it_uses_now_goes_before_its_limit(plan):
    def busy(tree):
        tree.meminfo(7300, total_kb=KB_8G)
        runs(tree, "a", "llm", 580)
        runs(tree, "b", "ollama", 4700, limit=5120)
    document = plan({"llm": GATEWAY, "ollama": OLLAMA}, prepare=busy)
    assert document["services"]["ollama"]["expected_mib"] == 4700
    assert document["services"]["ollama"]["source"] == "measured"
    assert document["verdict"]["idle"] != "comfortable"
    assert document["totals"]["idle_mib"] <= 7952
    # The engine's own processes cannot be seen here: they are in what is in use, and not counted beside it.
    assert document["totals"]["system_mib"] + document["totals"]["engine_mib"] == 7300 - 580 - 4700
    assert document["others"] == []


def test_others_are_in_a_row_of_their_own(plan):
    def others(tree):
        tree.meminfo(3000, total_kb=KB_8G)
        runs(tree, "c", "ollama", 900, "/srv/elsewhere")
        runs(tree, "d", "mailer", 100, "/srv/mail", limit=200)
    alone, with_others = plan({"llm": GATEWAY}), plan({"llm": GATEWAY}, prepare=others)
    assert with_others["totals"]["others_mib"] == 1000
    assert with_others["totals"]["others_peak_mib"] == 1100
    assert {o["name"]: (o["use_mib"], o["limit_mib"]) for o in with_others["others"]} == {"ollama": (900, None), "mailer": (100, 200)}
    assert with_others["totals"]["system_mib"] + with_others["totals"]["engine_mib"] == 2000
    assert with_others["totals"]["total_mib"] - with_others["totals"]["containers_mib"] == with_others["totals"]["system_mib"]
    assert "containers-unlimited" in codes(with_others)


def test_what_nobody_knows_is_said_and_is_never_comfortable(plan):
    document = plan({"llm": GATEWAY, "mystery": MYSTERY}, code=0)
    assert document["services"]["mystery"]["expected_mib"] is None
    assert document["services"]["mystery"]["source"] == "unknown"
    assert document["verdict"] == {"idle": "tight", "peak": "tight"}
    assert any(w["code"] == "services-not-counted" and "mystery" in w["text"] for w in document["warnings"])
    assert "tight" not in codes(document)


def test_with_something_unknown_the_count_is_not_raised(plan):
    assert plan({"llm": GATEWAY}, code=0)["workers"] == 6
    document = plan({"llm": GATEWAY, "mystery": MYSTERY}, code=0)
    assert document["workers"] == 2
    assert "workers-not-raised" in codes(document)
    assert plan({"llm": GATEWAY, "mystery": MYSTERY}, "--workers", "4", code=0)["workers"] == 4


def test_a_usual_cost_counts_by_its_image_alone(plan):
    document = plan({"llm": GATEWAY, "cache": {"image": "docker.io/library/redis:7"}, "same-name": {"image": "example.org/other/redis:7"}})
    assert document["services"]["cache"]["expected_mib"] > 0
    assert document["services"]["cache"]["source"] in ("usual", "cost-model")
    assert document["services"]["cache"]["from"]


@pytest.mark.parametrize("service", [
    {**LIMITED, "profiles": ["extra"]}, {**LIMITED, "scale": 0}, {**LIMITED, "deploy": {"replicas": 0}}])
def test_what_is_not_started_is_not_counted(plan, service):
    assert "thing" not in plan({"llm": GATEWAY, "thing": service})["services"]


@pytest.mark.parametrize("service", [{**LIMITED, "scale": 3}, {"image": "a/b", "deploy": {"replicas": 3, "resources": {"limits": {"memory": "300M"}}}}])
def test_each_copy_counts(plan, service):
    thing = plan({"llm": GATEWAY, "thing": service})["services"]["thing"]
    assert (thing["copies"], thing["expected_mib"], thing["limit_mib"]) == (3, 300, 300)


def test_each_copy_of_the_gateway_counts(plan):
    one, two = plan({"llm": GATEWAY}), plan({"llm": {**GATEWAY, "deploy": {"replicas": 2}}}, "--workers", "6")
    gateway = two["services"]["litellm"]
    assert gateway["copies"] == 2
    assert two["totals"]["total_mib"] - one["totals"]["total_mib"] == gateway["expected_mib"]
    assert two["totals"]["peak_mib"] - one["totals"]["peak_mib"] == gateway["limit_mib"]


def test_a_part_that_is_not_there_is_not_counted(plan):
    """LiteLLM and PostgreSQL alone fit a machine of 2 GB by the founding figures; with the chat they do not."""
    services = {"llm": ALONE, "db": {"image": "postgres:16"}}
    document = plan(services, "--cost-model", "seed-2025-11", name="alpine-2g", code=0)
    assert set(document["services"]) == {"litellm", "postgres"}
    assert document["totals"]["total_mib"] == 780 + 48 + 200 + 700
    plan({**services, "chat": {"image": "ghcr.io/open-webui/open-webui:v0.12.4", "environment": {"RAG_EMBEDDING_ENGINE": "openai"}}},
         "--cost-model", "seed-2025-11", name="alpine-2g", code=3)


def test_workers_that_share_nothing_have_figures_of_their_own(plan):
    shared, alone = plan({"llm": GATEWAY}, "--workers", "2"), plan({"llm": ALONE}, "--workers", "2")
    assert alone["services"]["litellm"]["expected_mib"] > shared["services"]["litellm"]["expected_mib"] + 800
    assert alone["services"]["litellm"]["limit_mib"] > 1693
    assert "other-figures" in codes(alone) and "other-figures" not in codes(shared)
    one = plan({"llm": ALONE}, "--workers", "1")
    assert one["services"]["litellm"] == plan({"llm": GATEWAY}, "--workers", "1")["services"]["litellm"]


def test_they_are_as_many_as_fit(plan):
    assert plan({"llm": ALONE}, "--ram", "4G", code=0)["workers"] < plan({"llm": ALONE}, "--ram", "16G", code=0)["workers"] <= 6


def test_documents_worked_on_in_the_process_are_counted(plan):
    chat = {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}
    elsewhere = {**chat, "environment": {"RAG_EMBEDDING_ENGINE": "openai"}}
    own, other = plan({"llm": GATEWAY, "chat": chat}), plan({"llm": GATEWAY, "chat": elsewhere})
    assert own["services"]["open-webui"]["expected_mib"] >= other["services"]["open-webui"]["expected_mib"] + 500
    assert own["services"]["open-webui"]["limit_mib"] > other["services"]["open-webui"]["limit_mib"]


def test_a_use_that_was_measured_refutes_it(plan):
    def light(tree):
        tree.meminfo(1500, total_kb=KB_8G)
        runs(tree, "b", "chat", 700)
    chat = {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}
    assert "other-figures" not in codes(plan({"llm": GATEWAY, "chat": chat}, prepare=light))


BOOTED = 1795600000  # 2026-11-25T09:46:40Z
UP = 90000  # 2026-11-26T10:46:40Z


def aged(tree, how, age):
    """A chat that has run for so many seconds and uses little, told by its process or by the engine's record."""
    tree.meminfo(1500, total_kb=KB_8G)
    tree.put("/proc/uptime", f"{UP}.31 1000.00\n").put("/proc/stat", f"cpu 1 2 3\nbtime {BOOTED}\n")
    at = {30: "2026-11-26T10:46:10.5Z", 300: "2026-11-26T10:41:40Z", 7200: "2026-11-26T08:46:40.123456789Z", 86000: "2026-11-25T10:53:20Z"}[age]
    pid = runs(tree, "b", "chat", 700, started=at if how == "record" else None)
    if how == "process":
        tree.put(f"/proc/{pid}/stat", f"{pid} (un icorn) (x) S 1 1 1 0 -1 4 9 0 0 0 1 2 0 0 20 0 9 0 {(UP - age) * 100} 1 2 3\n")


@pytest.mark.parametrize("how", ["process", "record"])
@pytest.mark.parametrize("age, settled", [(30, False), (300, False), (7200, True), (86000, True)])
def test_what_was_started_a_moment_ago_refutes_nothing(plan, how, age, settled):
    chat = {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}
    document = plan({"llm": GATEWAY, "chat": chat}, prepare=lambda tree: aged(tree, how, age))
    assert ("other-figures" not in codes(document)) == settled
    assert (document["services"]["open-webui"]["expected_mib"] < 1000) == settled


@pytest.mark.parametrize("stat", ["", "garbage\n", "1 (x\n", "1 (x) S\n", "1 (x) " + "9" * 4000])
def test_a_process_whose_age_cannot_be_told_counts_as_before(plan, stat):
    def light(tree):
        tree.meminfo(1500, total_kb=KB_8G)
        tree.put(f"/proc/{runs(tree, 'b', 'chat', 700, started='soon')}/stat", stat).put("/proc/uptime", "9.1 9\n")
    chat = {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}
    assert "other-figures" not in codes(plan({"llm": GATEWAY, "chat": chat}, prepare=light))


def test_status_compares_the_planned_services_alone(machine):
    root = machine("vm-8g")
    services = {"llm": GATEWAY, "db": {"image": "postgres:16"}, "eater": {"image": "example.org/own/eater:1"}}
    (root / DIR.lstrip("/")).mkdir(parents=True)
    (root / DIR.lstrip("/") / "compose.yaml").write_text(yaml.safe_dump({"services": services}, sort_keys=False))
    args = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml"]
    done = run("apply", "--yes", "--swap", "none", "--workers", "2", *args)
    assert done.returncode == 0, done.stderr
    tree = Tree(root).meminfo(6000, total_kb=KB_8G)
    for char, service, mib in (("a", "llm", 900), ("b", "db", 80), ("c", "eater", 3000)):
        runs(tree, char, service, mib)
    document = json.loads(run("plan", "--json", *args).stdout)["services"]
    expected = document["litellm"]["expected_mib"] + document["postgres"]["expected_mib"]
    text = " ".join(run("status", *args).stdout.split())
    assert f"980 MiB by the gateway's containers; {expected} are expected when idle" in text


@pytest.mark.parametrize("name", WRITTEN)
def test_each_row_says_where_its_figure_is_from(machine, name):
    root = machine("vm-8g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    read_case(FOUND / f"{name}.case", folder)
    args = (folder / "args").read_text().split() if (folder / "args").exists() else []
    if "--compose" in args:
        args[args.index("--compose") + 1] = f"{DIR}/" + args[args.index("--compose") + 1]
    else:
        args += ["--compose", f"{DIR}/compose.yaml"]
    done = run("plan", "--json", "--force", "--sysroot", root, "--swap", "none", *args)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    rows, totals = document["services"], document["totals"]
    assert all(row["source"] in ("cost-model", "measured", "limit", "reservation", "usual", "unknown") for row in rows.values())
    assert all((row["expected_mib"] is None) == (row["source"] == "unknown") for row in rows.values())
    planned = sum(row["expected_mib"] * row["copies"] for row in rows.values() if row["planned"])
    assert totals["total_mib"] == planned + totals["engine_mib"] + totals["system_mib"]
    beside = sum((row["expected_mib"] or 0) * row["copies"] for row in rows.values() if not row["planned"])
    assert totals["idle_mib"] == totals["total_mib"] + totals["others_mib"] + totals["set_aside_mib"] + beside
    if any(row["source"] == "unknown" for row in rows.values()):
        assert document["verdict"]["idle"] != "comfortable" and "services-not-counted" in codes(document)
    assert set(TABLE[name].get("off", [])) & set(rows) == set()


def test_a_limit_of_somebody_elses_is_not_lowered_silently(plan):
    with_limit = {**ALONE, "mem_limit": "6g"}
    document = plan({"llm": with_limit}, "--workers", "1")
    said = [w for w in document["warnings"] if w["code"] == "limit-lowered"]
    assert len(said) == 1 and "6144" in said[0]["text"] and said[0]["severity"] == "warning"
    assert "limit-lowered" not in codes(plan({"llm": {**ALONE, "mem_limit": "1g"}}, "--workers", "1"))
    assert "limit-lowered" not in codes(plan({"llm": ALONE}, "--workers", "1"))


@pytest.mark.parametrize("how", [{"profiles": ["gpu"]}, {"scale": 0}, {"deploy": {"mode": "replicated-job"}}])
def test_what_runs_is_counted_however_it_was_started(plan, how):
    def busy(tree):
        tree.meminfo(6000, total_kb=KB_8G)
        runs(tree, "b", "ollama", 4700, limit=5120)
    document = plan({"llm": GATEWAY, "ollama": {**OLLAMA, **how}}, prepare=busy)
    assert (document["services"]["ollama"]["expected_mib"], document["services"]["ollama"]["source"]) == (4700, "measured")
    assert document["verdict"]["idle"] != "comfortable"


@pytest.mark.parametrize("how", [{"profiles": ["gateway"]}, {"deploy": {"replicas": 0}}, {"scale": 0}])
def test_a_part_that_is_not_started_gets_real_sizes(plan, how):
    document = plan({"llm": {**GATEWAY, **how}}, "--workers", "2")
    gateway = document["services"]["litellm"]
    assert gateway["copies"] == 1 and gateway["limit_mib"] >= 1536
    assert all(value["to"] != "0M" for change in document["changes"] for value in change["values"])


@pytest.mark.parametrize("copies", ["1000000000000", "9999999999999999", "999999999999999999", "9223372036854775807"])
@pytest.mark.parametrize("service", ["llm", "thing"])
def test_absurd_copies_neither_hang_nor_overflow(plan, service, copies):
    services = {"llm": dict(GATEWAY), "thing": dict(LIMITED)}
    services[service]["scale"] = int(copies)
    document = plan(services, code=3)
    assert document["totals"]["idle_mib"] > 1000000 and document["verdict"]["idle"] == "does-not-fit"


def held(service, mib, **more):
    def busy(tree):
        tree.meminfo(mib + 1000, total_kb=KB_8G)
        runs(tree, "a", service, mib, **more)
    return busy


@pytest.mark.parametrize("service, part, mib", [("llm", "litellm", 4000), ("db", "postgres", 900), ("chat", "open-webui", 2500)])
def test_a_part_that_uses_more_than_its_figure_counts_with_that(plan, service, part, mib):
    services = {"llm": GATEWAY, "db": {"image": "postgres:16"}, "chat": {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}}
    alone = plan(services, "--workers", "2")
    busy = plan(services, "--workers", "2", prepare=held(service, mib))
    row = busy["services"][part]
    assert alone["services"][part]["expected_mib"] < mib == row["expected_mib"] and row["source"] == "measured"
    # Never a limit below what it holds, nor one without room.
    assert row["limit_mib"] >= mib * 105 // 100
    assert busy["totals"]["total_mib"] - alone["totals"]["total_mib"] >= mib - alone["services"][part]["expected_mib"]
    said = [w["text"] for w in busy["warnings"] if w["code"] == "uses-more"]
    assert len(said) == 1 and f"{part} uses {mib} MiB now" in said[0] and "uses-more" not in codes(alone)
    written = [v["to"] for c in busy["changes"] for v in c["values"] if v["value"] == f"{part} limit"]
    assert written == [f"{row['limit_mib']}M"]


def test_a_part_that_uses_no_more_is_as_the_model_has_it(plan):
    services = {"llm": GATEWAY, "db": {"image": "postgres:16"}}
    alone, busy = plan(services, "--workers", "2"), plan(services, "--workers", "2", prepare=held("db", 40))
    assert alone["services"] == busy["services"] and "uses-more" not in codes(busy)


def test_page_cache_of_a_part_is_no_need(plan):
    def cached(tree):
        tree.meminfo(2000, total_kb=KB_8G)
        runs(tree, "a", "db", 900)
        tree.group("/sys/fs/cgroup/system.slice/docker-" + "a" * 64 + ".scope", 900, active=860)
    assert "uses-more" not in codes(plan({"llm": GATEWAY, "db": {"image": "postgres:16"}}, prepare=cached))


def test_fewer_workers_take_their_share_along(plan):
    """Four workers hold 4000 MiB: two of them do not need that."""
    services = {"llm": {**GATEWAY, "command": ["--num_workers", "4", "--run_gunicorn"]}}
    four, two = (plan(services, "--workers", n, prepare=held("llm", 4000))["services"]["litellm"] for n in ("4", "2"))
    assert four["expected_mib"] == 4000 > two["expected_mib"] > 2000 and two["limit_mib"] >= two["expected_mib"]


def test_a_small_excess_moves_no_limit(plan):
    """The use of every hour is another one: the limit is that of the model as long as it holds it."""
    services = {"llm": GATEWAY, "chat": {"image": "ghcr.io/open-webui/open-webui:v0.12.4", "environment": {"RAG_EMBEDDING_ENGINE": "openai"}}}
    model, now = plan(services)["services"]["open-webui"], plan(services, prepare=held("chat", 1000))["services"]["open-webui"]
    assert now["expected_mib"] == 1000 > model["expected_mib"] and now["limit_mib"] == model["limit_mib"]


@pytest.mark.parametrize("first, other", [(ALONE, ALONE), (GATEWAY, GATEWAY), (GATEWAY, ALONE)])
def test_a_second_gateway_is_counted_as_it_is_started(plan, first, other):
    document = plan({"one": first, "two": other}, "--service", "litellm=one")
    # At its own count: only that of the first is planned.
    alike = plan({"one": other}, "--workers", "2")
    assert document["services"]["two"]["expected_mib"] == alike["services"]["litellm"]["expected_mib"]
    assert document["totals"]["idle_mib"] <= 7952
    more = plan({"one": first, "two": other}, "--service", "litellm=one", "--workers", str(document["workers"] + 1))
    assert document["workers"] == 6 or more["totals"]["idle_mib"] > 7952
    assert document["next_worker"]["mib"] == more["totals"]["idle_mib"] - document["totals"]["idle_mib"]


@pytest.mark.parametrize("size", ["1m", "64m", "2g"])
@pytest.mark.parametrize("how", [lambda size: {"mem_reservation": size}, lambda size: {"deploy": {"resources": {"reservations": {"memory": size}}}}])
def test_a_reservation_makes_nothing_known(plan, how, size):
    document = plan({"llm": GATEWAY, "mystery": {**MYSTERY, **how(size)}}, code=0)
    assert document["verdict"]["idle"] == "tight" and document["workers"] == 2
    assert any(w["code"] == "services-not-counted" and "mystery" in w["text"] for w in document["warnings"])
    assert document["services"]["mystery"]["expected_mib"] == {"1m": 1, "64m": 64, "2g": 2048}[size]


def test_what_nobody_knows_lowers_no_sum(plan):
    without, document = plan({"llm": ALONE}), plan({"llm": ALONE, "mystery": MYSTERY})
    assert without["workers"] > document["workers"] == 2
    assert document["totals"]["idle_mib"] >= without["totals"]["idle_mib"] and document["totals"]["set_aside_mib"] > 0
    assert plan({"llm": ALONE, "mystery": MYSTERY}, "--workers", "6")["totals"]["set_aside_mib"] == 0


def test_a_reservation_is_the_least(plan):
    cache = {"image": "docker.io/qdrant/qdrant:v1.9"}
    usual = plan({"llm": GATEWAY, "cache": cache})["services"]["cache"]["expected_mib"]
    reserved = plan({"llm": GATEWAY, "cache": {**cache, "mem_reservation": "10m"}})["services"]["cache"]["expected_mib"]
    assert usual > 10 and reserved == usual


def test_why_nobody_knows_is_said(plan):
    """`ollama` is known, and what it needs depends on its model; of the other one nothing is known."""
    document = plan({"llm": GATEWAY, "ollama": {"image": "ollama/ollama"}, "mystery": MYSTERY})
    said, = [w["text"] for w in document["warnings"] if w["code"] == "services-not-counted"]
    assert "ollama (the models that it loads)" in said and "mystery." in said
    assert document["services"]["ollama"]["expected_mib"] is None


@pytest.mark.parametrize("service, source", [
    ({"image": "redis:7"}, "usual"), ({"image": "docker.io/valkey/valkey:8"}, "usual"), ({"image": "example.org/other/redis:7"}, "unknown"),
    ({"build": "./redis"}, "unknown"), ({"image": "example.org/other/redis:7", "mem_limit": "90m"}, "limit")])
def test_a_name_alone_says_nothing_of_what_it_uses(plan, service, source):
    document = plan({"llm": GATEWAY, "redis": service})
    assert document["services"]["redis"]["source"] == source
    # It may well be one for the counters of all workers.
    assert "workers-without-redis" not in codes(document)


@pytest.mark.parametrize("broken", ["link", "json"])
def test_a_record_that_cannot_be_read_is_told_by_code(plan, broken):
    def put(tree):
        tree.meminfo(2000, total_kb=KB_8G)
        runs(tree, "c", "mailer", 100, "/srv/mail")
        record = tree.root / "var/lib/docker/containers" / ("c" * 64) / "config.v2.json"
        record.unlink()
        if broken == "link":
            record.symlink_to("/nowhere/config.v2.json")
        else:
            record.write_text("{")
    document = plan({"llm": GATEWAY}, prepare=put)
    said, = [w for w in document["warnings"] if w["code"] == "containers-not-told"]
    assert "config.v2.json" in said["text"]
    assert document["totals"]["system_mib"] == 2000
    assert "containers-not-told" not in codes(plan({"llm": GATEWAY}))
