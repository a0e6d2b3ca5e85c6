# SPDX-License-Identifier: MIT
"""The plan over several machines, through the program: the table, the document, and what is wrong with a file of nodes."""
import json

import pytest

from conftest import run

THREE = """nodes:
  - {name: a, ram: 4G, cpus: 2}
  - {name: b, ram: 4G, cpus: 2}
  - {name: c, ram: 8G, cpus: 4, system: 700M, labels: {disk: ssd}}
"""


@pytest.fixture
def nodes(tmp_path):
    def write(text):
        path = tmp_path / "nodes.yaml"
        path.write_text(text)
        return path
    return write


def plan(*args):
    done = run("plan", "--json", *args)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def test_the_document_adds_up(nodes):
    p = plan("--nodes", nodes(THREE))
    assert p["schema"] == "vpsfit.nodes/1" and p["fits"] and p["database"] == "own"
    assert p["totals"]["workers"] == sum(n["workers"] for n in p["nodes"])
    assert p["totals"]["connections"] == 5 * p["totals"]["workers"] + 20
    limits = 0
    for n in p["nodes"]:
        assert n["peak_mib"] == n["system_mib"] + n["engine_mib"] + sum(s["limit_mib"] for s in n["services"].values())
        assert n["idle_mib"] == n["system_mib"] + n["engine_mib"] + sum(s["expected_mib"] for s in n["services"].values())
        limits += sum(s["limit_mib"] for s in n["services"].values() if not s["stand_by"])
    assert limits == p["totals"]["limit_mib"]
    assert p["nodes"][2]["system_mib"] == 700 and p["nodes"][2]["labels"] == {"disk": "ssd"}
    homes = [s for n in p["nodes"] for s, sizes in n["services"].items() if not sizes["stand_by"]]
    assert sorted(s for s in homes if s != "litellm") == ["nginx", "open-webui", "postgres", "redis"]


def test_the_flag_and_the_file_say_the_same(nodes):
    by_file = plan("--nodes", nodes("nodes:\n  - {name: a, ram: 4G, cpus: 2}\n  - {name: b, ram: 8192, cpus: 4, labels: {k: v}}\n"))
    by_flag = plan("--node", "a=4G,2", "--node", "b=8G,4,k=v")
    assert by_file["nodes"] == by_flag["nodes"] and len(by_file["nodes"]) == 2


def test_the_table_says_what_happens(nodes):
    said = " ".join(run("plan", "--nodes", nodes(THREE)).stdout.split())
    for text in ("A node lost:", "One more node (8 GB, cores: 4):", "A larger a (8 GB, cores: 4):", "PostgreSQL's max_connections",
                 "protects nobody while it runs", "'docker service update --memory-swap'"):
        assert text in said, text


def test_what_a_lost_node_takes_along_is_told():
    p = plan("--node", "a=8G,4", "--node", "b=8G,4")
    for n in p["nodes"]:
        others = [o for o in p["nodes"] if o is not n]
        for service, to in n["lost"]["moves"].items():
            assert [o for o in others if o["name"] == to][0]["services"][service]["stand_by"], service
        stays = {"postgres", "open-webui"} & {s for s, v in n["services"].items() if not v["stand_by"]}
        assert stays <= set(n["lost"]["waits"])
        assert (n["lost"]["outcome"] == "down") == ("postgres" in stays) or n["lost"]["waits"]


def test_too_small_ends_with_3_and_says_what_would_do():
    done = run("plan", "--node", "a=1G,1")
    assert done.returncode == 3
    assert "no node has room for open-webui" in " ".join(done.stdout.split())
    assert "with one more node of 3072 MiB it would" in done.stderr
    assert run("plan", "--force", "--node", "a=1G,1").returncode == 0
    p = plan("--node", "a=1G,1")
    assert not p["fits"] and p["no_room_for"] == "open-webui" and p["enough_with_one_more_of_mib"] == 3072


def test_fifty_nodes_and_one_too_many(nodes):
    lines = [f"  - {{name: n{i}, ram: {2 ** (i % 5 + 1)}G, cpus: {i % 8 + 1}}}\n" for i in range(65)]
    p = plan("--nodes", nodes("nodes:\n" + "".join(lines[:50])))
    assert p["totals"]["copies"] >= 40
    done = run("plan", "--nodes", nodes("nodes:\n" + "".join(lines)))
    assert done.returncode == 2 and "nodes.yaml:66:5: error: there are more than 64 nodes" in done.stderr


BAD = {
    "nodes:\n  - {name: a, rem: 4G, cpus: 2}\n": (":2:15: error: this is not a key of a node", "did you mean 'ram'?"),
    "nodes:\n  - {name: a, ram: 4X, cpus: 2}\n": (":2:20: error: 'ram' wants a size",),
    "nodes:\n  - {name: a, ram: 32M, cpus: 2}\n": (":2:20: error: 'ram' wants a size",),
    "nodes:\n  - {name: a, ram: 4G, cpus: 0}\n": (":2:30: error: 'cpus' wants a number of cores from 1 to 8192",),
    "nodes:\n  - {name: a;b, ram: 4G, cpus: 1}\n": (":2:12: error: 'name' wants a host's name",),
    "nodes:\n  - {name: -a, ram: 4G, cpus: 1}\n": (":2:12: error: 'name' wants a host's name",),
    "nodes:\n  - {name: a, ram: 4G}\n": (":2:5: error: this node has no 'cpus'",),
    "nodes:\n  - {name: a, ram: 4G, cpus: 1}\n  - {name: a, ram: 4G, cpus: 1}\n": (":3:5: error: there is a node 'a' already",),
    "nodes:\n  - {name: a, ram: 2G, usable: 3G, cpus: 1}\n": (":2:5: error: node 'a' cannot use more than its RAM",),
    "nodes:\n  - {name: a, ram: 2G, cpus: 1, labels: [x]}\n": (":2:41: error: 'labels' wants a mapping",),
    "nodes: []\n": (":1:1: error: this is not a list of nodes", "it begins with 'nodes:'"),
    "a: 1\n": (":1:1: error: this is not a list of nodes",),
    "": ("nodes.yaml: error: the file is empty",),
    "nodes: [\n": ("nodes.yaml:",),
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_file_is_refused_by_line(nodes, text):
    done = run("plan", "--nodes", nodes(text))
    assert done.returncode == 2 and not done.stdout
    for part in BAD[text]:
        assert part in done.stderr, done.stderr


@pytest.mark.parametrize("value", ["a", "a=4G", "a=4G,", "a=4G,0", "a=,2", "=4G,2", "a b=4G,2", "a=4G,2,x", "a=4G,2;", "$(x)=4G,2"])
def test_a_bad_flag_is_refused(value):
    done = run("plan", "--node", value)
    assert done.returncode == 2 and "--node" in done.stderr


def test_two_nodes_of_a_name_and_both_ways_at_once(nodes):
    for again in ("a=8G,2", "A=8G,2"):
        done = run("plan", "--node", "a=4G,2", "--node", again)
        assert done.returncode == 2 and "another name: there is a --node of this one already" in done.stderr
    done = run("plan", "--nodes", nodes("nodes:\n  - {name: web, ram: 4G, cpus: 2}\n  - {name: Web, ram: 4G, cpus: 2}\n"))
    assert done.returncode == 2 and ":3:5: error: there is a node 'Web' already" in done.stderr
    done = run("plan", "--node", "a=4G,2", "--nodes", nodes(THREE))
    assert done.returncode == 2 and "contradict each other" in done.stderr
    done = run("plan", "--nodes", "/nowhere/nodes.yaml")
    assert done.returncode == 2 and "/nowhere/nodes.yaml: error: the nodes cannot be read" in done.stderr and "begins with 'nodes:'" in done.stderr


def test_the_answers_file_names_them_too(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text("node: 'a=4G,2;b=4G,2'\nworkers: 1\n")
    p = plan("--answers", path)
    assert [n["workers"] for n in p["nodes"]] == [1, 1]


def test_who_asks_and_is_no_manager_is_told():
    done = run("plan", "--node", "ask")
    assert done.returncode == 2 and "the nodes of the swarm cannot be listed" in done.stderr


def test_more_is_never_less_through_the_program():
    few = plan("--node", "a=4G,2", "--node", "b=2G,1")["totals"]["workers"]
    more = plan("--node", "a=4G,2", "--node", "b=2G,1", "--node", "c=1G,1")["totals"]["workers"]
    larger = plan("--node", "a=4G,2", "--node", "b=3G,1")["totals"]["workers"]
    assert more >= few and larger >= few


@pytest.mark.parametrize("small", [("z=512M,8",), ("z=64M,1",), ("y=512M,2", "z=600M,2"), ("z=512M,8,vpsfit.workers=2",)])
def test_a_node_too_small_for_itself_is_left_empty(small):
    """Another node never gives fewer workers, whatever its size and wherever it stands in the list."""
    alone = plan("--node", "b=16G,1")
    words = [w for one in small for w in ("--node", one)]
    for nodes_said in ((*words, "--node", "b=16G,1"), ("--node", "b=16G,1", *words)):
        both = plan(*nodes_said)
        assert both["fits"] and both["totals"]["workers"] == alone["totals"]["workers"]
        assert not [n for n in both["nodes"] if n["name"] != "b" and n["services"]]
    done = run("plan", *words, "--node", "b=16G,1")
    assert done.returncode == 0 and "left empty: its own system and engine take" in done.stdout


def test_no_more_workers_is_said_as_such():
    said = " ".join(run("plan", "--workers", "2", "--node", "a=4G,2").stdout.split())
    assert not [n for n in range(1, 64) if f"{n} workers in place of {n}." in said], said
