# SPDX-License-Identifier: MIT
"""
What else is read of somebody else's stack as Compose and its programs read it: sizes however they are written, a count and connections that
nobody here can tell, services that are not started.
"""

import json

import pytest
import yaml

from conftest import run
from test_strangers_count import DB, IMAGE, LITELLM, by_hand, put
from test_whole_machine import DIR, GATEWAY, Tree, codes, plan, runs  # noqa: F401

TWO = {**LITELLM, "command": ["--num_workers", "2"], "volumes": []}
FOUR = ["4 GB", "4 g", "4096 M", "4GiB", "4 gib", "4194304 k", 0x100000000, "4.0 G", "4096.0000001m"]


@pytest.mark.parametrize("size", FOUR)
@pytest.mark.parametrize("how", [lambda v: {"mem_limit": v}, lambda v: {"deploy": {"resources": {"limits": {"memory": v}}}}])
def test_a_size_is_read_as_compose_reads_it(plan, size, how):
    document = plan({"litellm": {**TWO, **how(size)}, "db": DB, "ollama": {"image": "ollama/ollama", **how(size)}}, code=0)
    assert document["services"]["ollama"]["limit_mib"] == 4096
    assert "limit-lowered" in codes(document)


@pytest.mark.parametrize("size, mib", [("0x100000000", 4096), ("4_294_967_296", 4096), ("0X1_0000_0000", 4096)])
def test_a_number_is_read_as_yaml_reads_it(plan, size, mib):
    text = yaml.safe_dump({"services": {"litellm": TWO, "ollama": {"image": "ollama/ollama", "mem_limit": "SIZE"}}})
    document = plan({"litellm": TWO}, prepare=put({"compose.yaml": text.replace("SIZE", size)}), code=0)
    assert document["services"]["ollama"]["limit_mib"] == mib


PG = "/etc/postgresql/my.conf"
NAMED = {**DB, "command": f"postgres -c config_file={PG}", "volumes": ["./pg:/etc/postgresql"]}
SAID = "max_connections = 25\n"
# Connections that nobody here can tell, or that are told and too few for more than the two that are there.
HIDDEN = [({**DB, "entrypoint": ["/start-pg.sh"]}, {}), ({**DB, "entrypoint": "/opt/x.sh postgres"}, {}), ({**DB, "build": "./pg"}, {"pg/Dockerfile": "FROM postgres:16\n"}),
          ({**DB, "command": f"postgres -c config_file={PG}", "volumes": ["/nowhere/pg.conf:" + PG]}, {}),
          (NAMED, {"pg/my.conf": "include 'missing.conf'\n"}), (NAMED, {"pg/my.conf": SAID + "include_dir = 'conf.d'\n"}),
          ({**DB, "entrypoint": ["sh", "-c", "exec docker-entrypoint.sh postgres -c max_connections=$$(cat /n)"]}, {}),
          ({**DB, "command": "sh -c \"exec postgres -c max_connections=$$NOWHERE\""}, {})]
TOLD = [({**DB, "command": "sh -c \"exec docker-entrypoint.sh postgres -c max_connections=$${MAXC}\"", "environment": {"MAXC": "25"}}, {}),
        ({**DB, "entrypoint": ["sh", "-c", "exec docker-entrypoint.sh postgres -c max_connections=$$N"], "env_file": "pg.env"}, {"pg.env": "N=25\n"}),
        ({**DB, "command": "sh -c \"exec postgres -c max_connections=$${N:-25}\""}, {}),
        (NAMED, {"pg/my.conf": "include 'x.conf'\nlisten_addresses='*'\n", "pg/x.conf": SAID}),
        (NAMED, {"pg/my.conf": f"max_connections = 300\ninclude_if_exists = '{PG[:-7]}x.conf'\n", "pg/x.conf": SAID})]


@pytest.mark.parametrize("database, files", HIDDEN + TOLD)
def test_connections_that_cannot_be_told_or_changed_bound_the_count(plan, database, files):
    one = {"litellm": TWO, "db": database}
    document = plan(one, prepare=put(files), code=0)
    assert document["workers"] == 2 and "connections-bound" in codes(document)
    assert plan(one, "--workers", "4", prepare=put(files), code=0)["workers"] == 4
    # A command behind an entry point that does not hand it on would be no help.
    assert ("max_connections=80" in by_hand(document)) == ("entrypoint" not in database), by_hand(document)


OWN_CONFIGURATION = ["supabase/postgres:15.8.1.060", "ghcr.io/immich-app/postgres:14-vectorchord0.4.3", "example.org/pg/postgres:16"]


@pytest.mark.parametrize("image", OWN_CONFIGURATION)
def test_an_image_with_a_configuration_of_its_own_gets_no_command(plan, image):
    """Its own command names that configuration (supabase/postgres: postgres -D /etc/postgresql); another one leaves it out."""
    document = plan({"litellm": TWO, "db": {"image": image}}, code=0)
    assert document["workers"] == 2 and "connections-bound" in codes(document)
    document = plan({"litellm": TWO, "db": {"image": image}}, "--workers", "6", code=0)
    lines = [v for v in document["by_hand"] if "command" in v["lines"] or "max_connections" in v["lines"]]
    assert [v["lines"].strip() for v in lines] == ["max_connections = 80"] and "a configuration of its own" in lines[0]["why"]


@pytest.mark.parametrize("image", OWN_CONFIGURATION)
def test_a_command_that_is_there_names_what_it_needs(plan, image):
    command = ["postgres", "-c", "config_file=/etc/postgresql/postgresql.conf", "-c", "max_connections=30"]
    document = plan({"litellm": TWO, "db": {"image": image, "command": command}}, "--workers", "6", code=0)
    assert not document["by_hand"] and any("max_connections" in json.dumps(c) or "connections" in json.dumps(c) for c in document["changes"])


@pytest.mark.parametrize("image", ["postgres:16", "docker.io/library/postgres:16", "pgvector/pgvector:pg16", "timescale/timescaledb:2.17-pg16",
                                   "public.ecr.aws/docker/library/postgres:16", "registry.example.com:5000/postgres", "postgres@sha256:" + "0" * 64])
def test_a_plain_image_has_the_usual_connections(plan, image):
    document = plan({"litellm": TWO, "db": {"image": image, "environment": {"NO_TS_TUNE": "true"}}}, code=0)
    assert document["workers"] == 6 and "connections-bound" not in codes(document)


@pytest.mark.parametrize("database, files", [
    (NAMED, {"pg/my.conf": "include_if_exists 'missing.conf'\n"}), (NAMED, {"pg/my.conf": "include 'missing.conf'\nmax_connections = 200\n"}),
    ({**DB, "entrypoint": ["docker-entrypoint.sh"], "command": ["postgres"]}, {}), ({**DB, "command": "-c shared_buffers=256MB"}, {}),
    ({**DB, "entrypoint": ["sh", "-c", "exec /usr/local/bin/docker-entrypoint.sh postgres"]}, {}),
    ({**DB, "build": "./pg", "command": ["-c", "max_connections=200"]}, {})])
def test_connections_that_can_be_told_do_not(plan, database, files):
    document = plan({"litellm": TWO, "db": database}, prepare=put(files), code=0)
    assert document["workers"] == 6 and "connections-bound" not in codes(document)


def test_nobody_knows_the_connections_of_a_database_that_is_included(plan):
    other = yaml.safe_dump({"services": {"db": {**DB, "command": "postgres -c max_connections=25"}}})
    text = "include: [b.yml]\n" + yaml.safe_dump({"services": {"litellm": TWO}})
    document = plan({"litellm": TWO}, prepare=put({"b.yml": other, "compose.yaml": text}), code=0)
    assert document["workers"] == 2 and "connections-bound" in codes(document)


def test_a_count_that_is_there_needs_no_lines_for_connections(plan):
    """The file's own six stay six, whatever its database allows; there is nothing that a person has to do."""
    six = {**TWO, "command": ["--num_workers", "6"]}
    document = plan({"litellm": six, "db": {**DB, "build": "./pg"}}, code=0)
    assert document["workers"] == 6 and "connections-bound" not in codes(document) and not document["by_hand"]


CHAT = {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}


@pytest.mark.parametrize("part, how", [("open-webui", {"profiles": ["ui"]}), ("open-webui", {"scale": 0}), ("open-webui", {"deploy": {"replicas": 0}}),
                                       ("postgres", {"profiles": ["ui"], "mem_limit": "40g"}), ("nginx", {"profiles": ["ui"]})])
def test_a_part_that_nothing_starts_does_not_count(plan, part, how):
    images = {"open-webui": CHAT, "postgres": DB, "nginx": {"image": "nginx:1.27"}}
    one = {"litellm": IMAGE, **{name: image for name, image in images.items() if name != part}}
    without, document = plan(one, code=0), plan({**one, part: {**images[part], **how}}, code=0)
    assert {key: document["totals"][key] for key in ("idle_mib", "peak_mib")} == {key: without["totals"][key] for key in ("idle_mib", "peak_mib")}
    assert document["verdict"] == without["verdict"] and document["workers"] == without["workers"]
    row = document["services"][part]
    assert (row["copies"], row["started"]) == (0, False) and row["limit_mib"] > 0


def test_a_part_that_runs_all_the_same_counts(plan):
    def up(tree):
        runs(tree, "b", "chat", 700)
    row = plan({"litellm": IMAGE, "chat": {**CHAT, "profiles": ["ui"]}}, prepare=up)["services"]["open-webui"]
    assert row["copies"] == 1 and row["expected_mib"] >= 700


def test_a_gateway_that_nothing_starts_is_planned_for_the_day_when_it_is(plan):
    """And with it what goes with it."""
    both, started = ({"litellm": {**IMAGE, **how}, "db": {**DB, **how}} for how in ({"profiles": ["gw"]}, {}))
    document = plan(both, code=0)
    assert document["totals"] == plan(started, code=0)["totals"]
    assert document["services"]["litellm"]["started"] is False and document["services"]["litellm"]["copies"] == 1


def test_the_peak_has_no_limit_that_is_not_written(plan):
    """What gets no limit counts with its expected use, as the rows have it."""
    chat = {**CHAT, "environment": {"RAG_RERANKING_MODEL": "BAAI/bge-reranker-v2-m3"}}
    document = plan({"litellm": IMAGE, "chat": chat, "db": DB}, code=0)
    rows, totals = document["services"], document["totals"]
    assert rows["open-webui"]["limit_mib"] is None
    assert totals["peak_mib"] == totals["engine_mib"] + totals["system_mib"] + sum(
        (row["limit_mib"] or row["expected_mib"]) * row["copies"] for row in rows.values() if row["planned"])


@pytest.mark.parametrize("entry", [["./start.sh"], ["sh", "-c", "litellm --num_workers $$(nproc)"]])
def test_the_plan_is_the_same_after_a_limit_of_a_script_was_applied(machine, entry):
    root = machine("vm-8g")
    put({"compose.yaml": yaml.safe_dump({"services": {"litellm": {**IMAGE, "entrypoint": entry, "mem_limit": "2g"}, "db": DB}})})(Tree(root))
    there = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none"]
    before = json.loads(run("plan", "--json", *there).stdout)
    assert run("apply", "--yes", *there).returncode == 0
    after = json.loads(run("plan", "--json", *there).stdout)
    assert after["verdict"] == before["verdict"] and after["services"] == before["services"]


@pytest.mark.parametrize("how, verdict", [
    ({"mem_limit": "${GB:-2}g"}, "needs-swap"), ({"mem_limit": "${GB:-2}g", "memswap_limit": "${GB:-2}g"}, "does-not-fit"),
    ({"mem_limit": "${GB:-2}g", "memswap_limit": "${GB:-3}g"}, "needs-swap")])
def test_a_limit_that_stays_above_ram_needs_the_swap_that_its_container_may_use(plan, how, verdict):
    document = plan({"litellm": {**IMAGE, **how}}, "--swap", "auto", name="vm-2g", code=0)
    assert document["verdict"]["peak"] == verdict and "limit-beyond-ram" in codes(document)
    assert ("peak-beyond-swap" in codes(document)) == (verdict == "does-not-fit")
    # Where there is no swap, no limit above RAM can be reached.
    assert plan({"litellm": {**IMAGE, **how}}, name="vm-2g", code=0)["verdict"]["peak"] == "does-not-fit"


KEYCLOAK = {"image": "quay.io/keycloak/keycloak:25.0"}


@pytest.mark.parametrize("how, mib", [
    ({}, 1250), ({"environment": {"JAVA_OPTS_APPEND": "-Xms3g -Xmx3g"}}, 3072), ({"environment": ["JAVA_OPTS=-Xmx2048m"]}, 2048),
    ({"environment": {"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx512m"}}, 1250), ({"command": "-Xmx4G start"}, 4096)])
def test_a_java_heap_that_the_file_sets_counts(plan, how, mib):
    row = plan({"litellm": IMAGE, "keycloak": {**KEYCLOAK, **how}}, code=0)["services"]["keycloak"]
    assert (row["expected_mib"], row["source"]) == (mib, "usual")


@pytest.mark.parametrize("image", ["elasticsearch:8.15.0", "opensearchproject/opensearch:2", "confluentinc/cp-kafka:7.6.0"])
def test_a_heap_alone_is_the_least_of_a_java_program(plan, image):
    document = plan({"litellm": IMAGE, "other": {"image": image, "environment": {"X_JAVA_OPTS": "-Xms2g -Xmx2g"}}}, code=0)
    assert document["services"]["other"]["expected_mib"] == 2048 and "services-not-counted" in codes(document)
    assert document["verdict"]["idle"] != "comfortable"


def test_a_count_that_stays_is_not_said_to_be_applied(plan):
    """Nothing was applied: it is the file's, and only a person can change it."""
    document = plan({"litellm": {**IMAGE, "entrypoint": ["sh", "-c", "litellm --num_workers $$W"], "environment": {"W": "12"}}, "db": DB})
    text = next(w["text"] for w in document["warnings"] if w["code"] == "workers-kept")
    assert "applied" not in text and "12" in text
