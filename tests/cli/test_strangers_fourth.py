# SPDX-License-Identifier: MIT
"""
Somebody else's stack at the second look: a run after an apply plans the same, no peak is below what is used idle, and lines to write by hand
are of one plan.
"""

import json
import re

import pytest
import yaml

from conftest import run
from test_whole_machine import DIR, Tree, codes, plan  # noqa: F401

LITELLM = {"image": "ghcr.io/berriai/litellm:v1.80.0", "environment": {"DATABASE_URL": "postgresql://u:p@db/l"}}
DB = {"image": "postgres:16"}


class Stack:
    """Somebody's compose file on a machine's tree, and runs on it, one after another."""

    def __init__(self, root, services, text=None):
        self.tree = Tree(root)
        self.there = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml"]
        self.path = root / DIR.lstrip("/") / "compose.yaml"
        self.tree.put(f"{DIR}/compose.yaml", text or yaml.safe_dump({"services": services}, sort_keys=False))

    def plan(self, *answers, code=None):
        done = run("plan", "--json", *self.there, *answers)
        assert done.returncode == (code if code is not None else done.returncode), done.stderr
        return json.loads(done.stdout)

    def apply(self, *answers, code=0):
        done = run("apply", "--yes", *self.there, *answers)
        assert done.returncode == code, done.stdout + done.stderr
        return yaml.safe_load(self.path.read_text())["services"]


@pytest.fixture
def stack(machine):
    return lambda name, services=None, text=None: Stack(machine(name), services, text)


UNKNOWN = [{"image": "ghcr.io/open-webui/open-webui:cuda"}, {"image": "ghcr.io/open-webui/open-webui:ollama"},
           {"image": "ghcr.io/open-webui/open-webui:main", "environment": {"WHISPER_MODEL": "large-v3"}}]


@pytest.mark.parametrize("chat", UNKNOWN)
@pytest.mark.parametrize("name", ["vm-2g", "vm-4g"])
def test_a_limit_of_what_nobody_knows_stays_below_the_usual_one_too(stack, chat, name):
    """What vpsfit would have written there is no declaration of a person's at the next run."""
    one = stack(name, {"litellm": LITELLM, "db": DB, "ui": {**chat, "mem_limit": "1500M"}})
    before = one.plan(code=0)
    row = before["services"]["open-webui"]
    assert (row["expected_mib"], row["limit_mib"], row["source"]) == (1500, 1500, "limit")
    assert one.apply()["ui"]["mem_limit"] == "1500M"
    after = one.plan(code=0)
    assert (after["totals"], after["verdict"], after["changes"]) == (before["totals"], before["verdict"], [])


def test_a_limit_below_the_usual_use_stays_and_the_use_counts(plan):  # noqa: F811
    document = plan({"litellm": LITELLM, "db": DB, "ui": {**UNKNOWN[0], "mem_limit": "900M"}})
    row = document["services"]["open-webui"]
    assert row["limit_mib"] == 900 and row["expected_mib"] > 1000 and row["source"] == "cost-model"
    assert "limit-below-start" in codes(document) and document["totals"]["peak_mib"] >= document["totals"]["idle_mib"]


MERGED = """
x-common: &common
  deploy: {resources: {limits: {memory: 1g}}}
services:
  litellm:
    <<: *common
    image: litellm/litellm:v1.80.0
    environment: &env {DATABASE_URL: "postgresql://a:b@db/a", NUM_WORKERS: "COUNT"}
  db: {<<: *common, image: postgres:16}
  open-webui:
    <<: *common
    image: ghcr.io/open-webui/open-webui:main-slim
    environment: {<<: *env, RAG_EMBEDDING_ENGINE: openai}
"""
EXTENDED = """
services:
  base:
    image: ghcr.io/berriai/litellm:v1.80.0
    environment: {DATABASE_URL: "postgresql://u:p@pg/l", NUM_WORKERS: "COUNT"}
    LIMIT
    profiles: [x]
  litellm: {extends: base}
  pg: {image: "postgres:16"}
"""
LIMITED = EXTENDED.replace("LIMIT", "mem_limit: 1g")
UNLIMITED = EXTENDED.replace("LIMIT\n    ", "")


@pytest.mark.parametrize("text", [MERGED, LIMITED])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_limit_that_stays_bounds_a_count_that_only_a_person_can_change(stack, text, count):
    """The file starts as many as it has, and no more are planned: what would need more room is by hand as well."""
    one = stack("vm-8g", text=text.replace("COUNT", str(count)))
    document = one.plan(code=0)
    assert document["workers"] == count and "workers-bounded" in codes(document)
    assert document["totals"]["peak_mib"] >= document["totals"]["idle_mib"]
    lines = {v["value"]: v["lines"] for v in document["by_hand"]}
    assert '"6"' in lines["litellm workers"] and "5454M" in lines["litellm limit"]


@pytest.mark.parametrize("text", [MERGED, LIMITED])
def test_no_peak_is_below_what_is_used_idle(stack, text):
    document = stack("vm-8g", text=text.replace("COUNT", "2")).plan("--workers", "6")
    assert document["totals"]["peak_mib"] >= document["totals"]["idle_mib"]


def pasted(one, document):
    """Writes all the lines by hand into the file that they name; they are in no way written otherwise there."""
    project = yaml.safe_load(one.path.read_text())

    def merge(into, lines):
        for key, value in lines.items():
            if isinstance(into.get(key), dict) and isinstance(value, dict):
                merge(into[key], value)
            else:
                into[key] = value
    for value in document["by_hand"]:
        merge(project, yaml.safe_load(value["lines"]))
    one.path.write_text(yaml.safe_dump(project, sort_keys=False))


@pytest.mark.parametrize("name, count, asked, wanted", [("vm-8g", 8, (), None), ("vm-4g", 4, (), None), ("vm-8g", 2, (), 6), ("vm-4g", 8, (), 2),
                                                        ("vm-8g", 8, ("--workers", "4"), 4), ("vm-4g", 4, ("--workers", "1"), 1)])
def test_lines_by_hand_are_of_one_plan(stack, name, count, asked, wanted):
    """Of the count that stays, or of the one that is asked for, that is to be reached, or without which nothing fits."""
    one = stack(name, text=UNLIMITED.replace("COUNT", str(count)))
    before = one.plan(*asked)
    lines = {v["value"]: v["lines"] for v in before["by_hand"]}
    assert (f'"{wanted}"' in lines["litellm workers"]) if wanted else "litellm workers" not in lines
    one.apply(*asked, code=0 if "does-not-fit" not in before["verdict"].values() else 3)
    pasted(one, before)
    after = one.plan(code=0)
    assert after["by_hand"] == [] and after["workers"] == (wanted or count)
    assert not any(v["value"].startswith("litellm") for c in after["changes"] for v in c.get("values", []))
    if not wanted:
        assert after["verdict"]["idle"] == before["verdict"]["idle"]


def test_fewer_workers_by_hand_are_named(stack):
    one = stack("vm-8g", text=UNLIMITED.replace("COUNT", "8"))
    said = run("plan", *one.there).stdout + run("plan", *one.there).stderr
    assert "the workers stay at 8, not 6" in said and "extends another one; '--workers 6' shows what is to be changed by hand for 6" in " ".join(said.split())


HEAVY = {"litellm": {**LITELLM, "command": "--config /c.yaml --num_workers 8"}, "db": DB,
         "ow": {"image": "ghcr.io/open-webui/open-webui:main", "environment": {"UVICORN_WORKERS": "4"}}}
SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32]


@pytest.mark.parametrize("services, asked", [(HEAVY, ("--workers", "8")), ({**HEAVY, "litellm": LITELLM}, ()), ({**HEAVY, "litellm": LITELLM}, ("--swap", "none"))])
@pytest.mark.parametrize("name", ["vm-2g", "vm-4g"])
def test_what_is_named_to_fit_is_the_least_that_does(stack, services, asked, name):
    """And it is not more than the next size, where that is said to hold it; what is roomy is named beside it."""
    one = stack(name, services)
    document = one.plan(*asked, code=3)
    named = [int(n) for n in re.findall(r"(\d+) GB", document["remedy"])]
    assert len(named) in (1, 2) and named == sorted(named)
    less = SIZES[SIZES.index(named[0]) - 1]
    count = ("--workers", str(document["workers"]))
    assert one.plan(*asked, *count, "--ram", f"{named[0]}G")["fits"]
    assert not one.plan(*asked, *count, "--ram", f"{less}G")["fits"]
    assert one.plan(*asked, *count, "--ram", f"{named[-1]}G")["verdict"]["idle"] in ("comfortable", "tight")


def one_host(how, address, chat=None, database=None):
    """A gateway of six workers and a chat with a pool of 30 at a database of this machine."""
    def at(name):
        return {"DATABASE_URL": f"postgresql://u:p@{address}/{name}"}
    return {"db": {**DB, "command": ["-c", "max_connections=20"], **(database or how)},
            "litellm": {"image": "ghcr.io/berriai/litellm:v1.80.0", **how, "environment": {**at("l"), "NUM_WORKERS": "6"}},
            "chat": {"image": "ghcr.io/open-webui/open-webui:v0.6.30", **how,
                     "environment": chat or {"RAG_EMBEDDING_ENGINE": "openai", **at("w"), "DATABASE_POOL_SIZE": "30"}}}


HOST, BRIDGE = {"network_mode": "host"}, {"extra_hosts": ["host.docker.internal:host-gateway"]}


@pytest.mark.parametrize("services, beside", [
    (one_host(HOST, "127.0.0.1:5432"), 30), (one_host(HOST, "localhost"), 30), (one_host(HOST, "[::1]:5432"), 30),
    (one_host(HOST, "127.0.0.1:6543", database={"ports": ["127.0.0.1:6543:5432"]}), 30),
    (one_host(BRIDGE, "host.docker.internal:5432", database={"ports": ["5432:5432"]}), 30),
    (one_host(BRIDGE, "172.17.0.1:6000", database={"ports": [{"target": 5432, "published": "6000"}]}), 30),
    (one_host(BRIDGE, "host.docker.internal", database={"ports": ["0.0.0.0:5432:5432/tcp"]}), 30),
    (one_host({"network_mode": "service:db"}, "localhost:5432", database={"ports": ["5432:5432"]}), 30),
    # Another port of this machine, another program there, the container itself.
    (one_host(HOST, "127.0.0.1:5432", {"DATABASE_URL": "postgresql://u:p@127.0.0.1:5433/w", "DATABASE_POOL_SIZE": "30"}), 0),
    (one_host(HOST, "127.0.0.1:5432", {"OLLAMA_BASE_URL": "http://127.0.0.1:5432"}), 0),
    (one_host(BRIDGE, "host.docker.internal", {"DATABASE_URL": "postgresql://u:p@localhost/w"}, {"ports": ["5432:5432"]}), 0),
    (one_host(BRIDGE, "host.docker.internal", {"DATABASE_URL": "sqlite:////app/webui.db"}, {"ports": ["5432:5432"]}), 0)])
def test_connections_by_way_of_this_machine_count(plan, services, beside):  # noqa: F811
    document = plan(services, "--workers", "6")
    assert document["max_connections"] == 6 * document["pool_size"] + beside + 20


@pytest.mark.parametrize("how, limit", [({"profiles": ["local"]}, None), ({"scale": 0}, None), ({"profiles": ["local"], "mem_limit": "3g"}, 3072)])
def test_what_nothing_starts_has_a_row_and_takes_nothing(stack, how, limit):
    one = {"litellm": LITELLM, "db": DB}
    without = stack("vm-8g", one).plan(code=0)
    also = stack("vm-8g", {**one, "ollama": {"image": "ollama/ollama", **how}})
    document = also.plan(code=0)
    assert document["not_started"] == ["ollama"] and "not_started" not in without and "ollama" not in document["services"]
    assert (document["totals"], document["verdict"], document["workers"]) == (without["totals"], without["verdict"], without["workers"])
    text = run("plan", *also.there).stdout
    assert re.search(r"^ollama +- +%s +not started$" % (limit or "-"), text, re.M)


@pytest.mark.parametrize("deploy", [{"mode": "replicated", "replicas": 2}, {"replicas": 3}, {"placement": {"constraints": ["node.role == worker"]}}])
def test_no_share_of_swap_where_none_is_written(stack, deploy):
    """Neither in the table nor in the document, before and after an apply."""
    one = stack("vm-4g", {"litellm": {**LITELLM, "command": ["--num_workers", "1"], "deploy": deploy}, "db": DB})
    before, text = one.plan(code=0), run("plan", *one.there).stdout
    assert [before["services"][part]["memswap_mib"] for part in ("litellm", "postgres")] == [None, None]
    assert re.search(r"^postgres +\d+ +\d+ +\d+ +-( |$)", text, re.M), text
    assert not any("memswap_limit" in service for service in one.apply().values())
    after = one.plan(code=0)
    assert (after["services"], after["totals"], after["verdict"], after["changes"]) == (before["services"], before["totals"], before["verdict"], [])
