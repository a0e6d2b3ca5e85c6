# SPDX-License-Identifier: MIT
"""
How many workers somebody else's stack gets: as many as its database has connections for, as many as it had beside something that nobody
knows, and judged alike whoever asks. What lies elsewhere is seen.
"""

import json
import re

import pytest
import yaml

from conftest import run
from test_whole_machine import DIR, GATEWAY, KB_8G, MYSTERY, Tree, codes, plan, runs  # noqa: F401

POOL_25 = {"config.yaml": "general_settings:\n  database_connection_pool_limit: 25\n"}
IMAGE = {"image": "ghcr.io/berriai/litellm:v1.110.2"}
LITELLM = {**IMAGE, "command": ["--config", "/app/config.yaml"], "volumes": ["./config.yaml:/app/config.yaml"],
           "environment": {"DATABASE_URL": "postgresql://u:p@db:5432/litellm"}}
DB = {"image": "postgres:16"}


def put(files):
    return lambda tree: [tree.put(f"{DIR}/{name}", text) for name, text in files.items()]


def by_hand(document):
    return " ".join(line for v in document["by_hand"] for line in v["lines"].split("\n"))


# What only a person can change, as many connections as it allows, and the lines for more.
STANDS = [({**DB}, {}, 3, "command: [-c, max_connections=170]"),
          ({**DB, "volumes": ["./data:/var/lib/postgresql/data"]}, {"data/postgresql.auto.conf": "max_connections = '70'\n"}, 2,
           "command: [-c, max_connections=170]"),
          ({**DB, "volumes": ["./data:/var/lib/postgresql/data"]}, {"data/postgresql.conf": "max_connections = 120\n"}, 4,
           "command: [-c, max_connections=170]"),
          ({**DB, "command": "postgres -c config_file=/etc/pg.conf", "volumes": ["./pg.conf:/etc/pg.conf"]},
           {"pg.conf": "max_connections = 60\n"}, 1, "command: postgres -c config_file=/etc/pg.conf -c max_connections=170"),
          ({**DB, "command": ["postgres", "-c", "wal_level=logical"]}, {}, 3,
           "command: [postgres, -c, \"wal_level=logical\", -c, max_connections=170]"),
          ({"image": "bitnami/postgresql:16"}, {}, 3, "environment: POSTGRESQL_MAX_CONNECTIONS: \"170\""),
          ({"image": "bitnami/postgresql:16", "environment": {"POSTGRESQL_MAX_CONNECTIONS": "45"}}, {}, 1,
           "environment: POSTGRESQL_MAX_CONNECTIONS: \"170\"")]


@pytest.mark.parametrize("database, files, most, lines", STANDS)
def test_connections_that_only_a_person_can_raise_bound_the_count(plan, database, files, most, lines):
    one = {"litellm": LITELLM, "db": database}
    document = plan(one, prepare=put({**POOL_25, **files}), code=0)
    assert document["workers"] == most
    assert any(w["code"] == "connections-bound" for w in document["warnings"])
    assert document["max_connections"] == most * 25 + 20
    assert lines in " ".join(by_hand(document).split())
    assert plan(one, "--workers", "6", prepare=put({**POOL_25, **files}), code=0)["workers"] == 6


@pytest.mark.parametrize("lines", ["[-c, max_connections=170]", "postgres -c max_connections=60", "[postgres, -c, max_connections=20]"])
def test_connections_that_can_be_written_or_suffice_do_not(plan, lines):
    document = plan({"litellm": LITELLM, "db": {**DB, "command": yaml.safe_load(lines)}}, prepare=put(POOL_25), code=0)
    assert document["workers"] == 6 and "connections-bound" not in codes(document) and not document["by_hand"]


def test_a_count_above_what_the_connections_allow_is_not_lowered(plan):
    many = {**LITELLM, "command": [*LITELLM["command"], "--num_workers", "5"]}
    assert plan({"litellm": many, "db": DB}, prepare=put(POOL_25), code=0)["workers"] == 5


def test_nothing_is_left_to_do_once_the_count_is_bound(machine):
    root = machine("vm-8g")
    tree = Tree(root)
    put({**POOL_25, "compose.yaml": yaml.safe_dump({"services": {"litellm": LITELLM, "db": DB}}, sort_keys=False)})(tree)
    there = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none"]
    assert run("apply", "--yes", *there).returncode == 0
    text = (root / DIR.lstrip("/") / "compose.yaml").read_text()
    assert 'NUM_WORKERS: "3"' in text
    assert run("plan", "--exit-code", *there).returncode == 0
    # What the lines by hand say makes room.
    (root / DIR.lstrip("/") / "compose.yaml").write_text(text.replace("image: postgres:16", "image: postgres:16\n    command: [-c, max_connections=170]"))
    assert json.loads(run("plan", "--json", *there).stdout)["workers"] == 6


FULL = {"litellm": {**IMAGE, "command": ["--num_workers", "2"]}, "thing": {"image": "example.org/own/thing:1", "mem_limit": "2g"}}


def test_workers_rise_only_as_far_as_everything_at_its_limit_fits(plan):
    """Six would be idle within RAM, and with everything at its limit beyond it."""
    document, six = plan(FULL, code=0), plan(FULL, "--workers", "6", code=0)
    assert six["totals"]["idle_mib"] < six["machine"]["ram"]["effective_mib"] and six["verdict"]["peak"] == "does-not-fit"
    assert 2 < document["workers"] < 6 and document["verdict"]["peak"] == "tight"
    more = plan(FULL, "--workers", str(document["workers"] + 1), code=0)
    assert more["verdict"]["peak"] == "does-not-fit"
    said = [w["text"] for w in document["warnings"] if w["code"] == "workers-not-raised"]
    assert len(said) == 1 and "with every container at its limit" in said[0]


def test_workers_that_are_there_stay_where_the_peak_does_not_fit(plan):
    there = {**FULL, "litellm": {**IMAGE, "command": ["--num_workers", "6"]}}
    document = plan(there, code=0)
    assert document["workers"] == 6 and document["verdict"]["peak"] == "does-not-fit" and "workers-not-raised" not in codes(document)


def test_swap_that_holds_the_peak_lets_the_workers_rise(machine):
    root = machine("vm-8g")
    Tree(root).put(f"{DIR}/compose.yaml", yaml.safe_dump({"services": FULL}))
    document = json.loads(run("plan", "--json", "--sysroot", root, "--compose", f"{DIR}/compose.yaml").stdout)
    assert (document["workers"], document["verdict"]["peak"], document["swap"]["action"]) == (6, "needs-swap", "create")


ELSEWHERE = [{"DATABASE_URL": "postgresql://u:p@db.example.org:5432/litellm"}, {"DATABASE_URL": "postgresql://u:p%40x@10.0.0.7/l?sslmode=require"},
             {"DATABASE_HOST": "rds.example.org", "DATABASE_NAME": "l"}, {"DATABASE_URL": "postgresql://u:p@host.docker.internal/l"}]


@pytest.mark.parametrize("variables", ELSEWHERE)
def test_a_database_elsewhere_may_not_have_more_connections(plan, variables):
    one = {"litellm": {**IMAGE, "command": ["--num_workers", "2"], "environment": variables}}
    document = plan(one, code=0)
    assert document["workers"] == 2 and "database-elsewhere" in codes(document)
    assert plan(one, "--workers", "4", code=0)["workers"] == 4


@pytest.mark.parametrize("services", [
    {"litellm": {**IMAGE, "environment": {"DATABASE_URL": "postgresql://u:p@db:5432/l"}}, "db": DB},
    {"litellm": {**IMAGE, "environment": {"DATABASE_URL": "postgresql://u:p@pg1/l"}}, "db": {**DB, "container_name": "pg1"}},
    {"litellm": {**IMAGE, "environment": {"DATABASE_URL": "postgresql://u:p@localhost/l"}, "network_mode": "host"}, "db": {**DB, "ports": ["5432:5432"]}},
    {"litellm": {**IMAGE, "environment": {"DATABASE_URL": "postgresql://u:p@pool:6432/l"}}, "db": DB, "pool": {"image": "edoburu/pgbouncer", "mem_limit": "64m"}},
    {"litellm": IMAGE}])
def test_a_database_of_the_file_or_none_is_not_elsewhere(plan, services):
    document = plan(services, code=0)
    assert document["workers"] == 6 and "database-elsewhere" not in codes(document)


REDIS = [({"environment": {"REDIS_URL": "redis://cache.example.org:6379"}}, ""), ({"environment": {"REDIS_HOST": "10.0.0.3"}}, ""),
         ({}, "router_settings:\n  redis_host: cache.example.org\n"), ({}, "router_settings: {redis_url: os.environ/R}\n"),
         ({}, "litellm_settings:\n  cache: true\n  cache_params: {type: redis, host: cache.example.org}\n")]


@pytest.mark.parametrize("how, config", REDIS)
def test_a_redis_elsewhere_is_one(plan, how, config):
    one = {**IMAGE, "command": ["--config", "/app/config.yaml", "--num_workers", "2"], "volumes": ["./config.yaml:/app/config.yaml"]}
    files = put({"config.yaml": config or "model_list: []\n"})
    assert "workers-without-redis" not in codes(plan({"litellm": {**one, **how}}, prepare=files, code=0))
    assert "workers-without-redis" in codes(plan({"litellm": one}, prepare=put({"config.yaml": "litellm_settings:\n  cache_params: {type: local}\n"}), code=0))


def counts(root, *sizes):
    there = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none", "--cpus", "4", "--yes"]
    found = []
    for size in sizes:
        assert run("apply", *there, "--ram", size, "--force").returncode == 0
        found.append(int(re.search(r"num_workers.*?(\d+)", (root / DIR.lstrip("/") / "compose.yaml").read_text(), re.DOTALL).group(1)))
    return found


def test_beside_something_unknown_a_lowered_count_comes_back(machine):
    """The same file and machine have the same count, however it came to be; and a person's own count is the most again."""
    root = machine("vm-8g")
    six = {**IMAGE, "command": ["--num_workers", "6"]}
    put({"compose.yaml": yaml.safe_dump({"services": {"litellm": six, "mystery": MYSTERY}}, sort_keys=False)})(Tree(root))
    assert counts(root, "4G", "8G", "2G", "4G", "8G", "8G") == [2, 6, 1, 2, 6, 6]
    there = root / DIR.lstrip("/") / "compose.yaml"
    counts(root, "4G")
    there.write_text(re.sub(r"- '?\"?2\"?'?", "- '1'", there.read_text(), count=1))
    done = run("apply", "--yes", "--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none", "--ram", "8G", "--cpus", "4", "--overwrite-edits")
    assert done.returncode == 0 and re.search(r"num_workers\s+- .1", there.read_text()), there.read_text()


@pytest.mark.parametrize("services", [
    {"llm": GATEWAY, "mystery": MYSTERY}, {"llm": GATEWAY, "mystery": {**MYSTERY, "mem_reservation": "300m"}},
    {"llm": {**GATEWAY, "mem_limit": "900m"}, "mystery": MYSTERY}, {"llm": IMAGE, "db": DB, "ollama": {"image": "ollama/ollama"}}])
@pytest.mark.parametrize("name", ["vm-4g", "vm-8g", "vm-16g"])
def test_the_count_that_was_recommended_is_judged_alike(plan, services, name):
    auto = plan(services, name=name)
    for asked in (["--workers", str(auto["workers"])], ["--profile", auto["profile"]["name"] if isinstance(auto["profile"], dict) else auto["profile"]]):
        again = plan(services, *asked, name=name)
        assert (again["verdict"], again["totals"], again["workers"]) == (auto["verdict"], auto["totals"], auto["workers"]), asked


def test_every_row_says_where_its_figure_is_from(machine):
    root = machine("vm-8g")
    services = {"llm": GATEWAY, "db": DB, "cache": {"image": "redis:7"}, "mystery": MYSTERY}
    put({"compose.yaml": yaml.safe_dump({"services": services}, sort_keys=False)})(Tree(root))
    text = run("plan", "--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none").stdout
    rows = text.split("\nMiB ")[1].split("\n\n")[0].split("\n")[1:]
    said = " ".join(rows[rows.index(next(r for r in rows if "Where figures are from" in r)):])
    for row in rows:
        name = row.split("  ")[0]
        if not row.startswith(" ") and name not in ("total", "all together"):
            assert f"{name}: cost model" in " ".join(said.split()) or re.search(r"[\d-] +(cost model|usual use|in use now|figure for|as \d+ workers?)|- +not known", row), row


def test_the_engines_own_processes_count_once(plan):
    """Where nobody can see them they are in what is in use, and in no other figure."""
    def unseen(tree):
        tree.meminfo(3000, total_kb=KB_8G)
        runs(tree, "c", "llm", 700)

    def seen(tree):
        unseen(tree)
        tree.process("dockerd", "/system.slice/docker.service")
    without, with_daemon = plan({"llm": GATEWAY}, prepare=unseen), plan({"llm": GATEWAY}, prepare=seen)
    assert without["totals"]["system_mib"] + without["totals"]["engine_mib"] == 3000 - 700
    assert with_daemon["totals"]["system_mib"] + with_daemon["totals"]["engine_mib"] >= 3000 - 700
