# SPDX-License-Identifier: MIT
"""The nodes of a swarm, as its manager tells of them, and what is said of labels, whoever wrote them."""
import json
import shlex
import subprocess

import pytest

from conftest import VPSFIT, environment, run

# Name, bytes, cores by a thousand million, state, availability, labels.
FOUR, EIGHT = "4113000000\t2000000000", "8226000000\t4000000000"


@pytest.fixture
def ask(tmp_path):
    """Runs the program where a stand-in for docker tells of these nodes."""
    def go(*nodes, args=("plan", "--node", "ask", "--json")):
        at = tmp_path / "bin"
        at.mkdir(exist_ok=True)
        (tmp_path / "nodes").write_text("".join(n + "\n" for n in nodes))
        ids = "".join(f"id{i}\\n" for i in range(len(nodes)))
        (at / "docker").write_text(f"#!/bin/sh\ncase $2 in\nls) printf '{ids}' ;;\n*) cat {shlex.quote(str(tmp_path))}/nodes ;;\nesac\n")
        (at / "docker").chmod(0o755)
        (at / "dockerd").symlink_to("docker") if not (at / "dockerd").exists() else None
        script = f"mount -t overlay none -o lowerdir={shlex.quote(str(at))}:/usr/bin /usr/bin || exit 99; exec \"$0\" \"$@\""
        done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, VPSFIT, *args], capture_output=True,
                              text=True, timeout=60, env=environment(), check=False)
        assert done.returncode != 99 and not done.stderr.startswith("unshare:"), done.stderr
        return done
    return go


def node(name, size=EIGHT, *labels, state="ready\tactive"):
    return "\t".join((name, size, state, *labels))


@pytest.mark.root
def test_what_the_manager_tells_is_planned_with(ask):
    done = ask(node("a", FOUR, "disk=ssd"), node("b"), node("c", state="down\tactive"), node("d", state="ready\tdrain"))
    found = {n["name"]: n for n in json.loads(done.stdout)["nodes"]}
    assert sorted(found) == ["a", "b"] and found["a"]["ram_mib"] == 4096 and found["a"]["usable_mib"] == 3922
    assert found["a"]["labels"] == {"disk": "ssd"} and found["b"]["cpus"] == 4
    assert "2 nodes are down, drained" in done.stderr


@pytest.mark.root
def test_a_node_with_many_labels_keeps_its_volume(ask):
    """There is room for 16 labels of a node, and vpsfit's own come late in the alphabet."""
    many = [f"label{i:02}=x" for i in range(20)]
    plan = json.loads(ask(node("a", FOUR, *many, "vpsfit.postgres=true"), node("b")).stdout)
    assert [n["name"] for n in plan["nodes"] if "postgres" in n["services"]] == ["a"]


@pytest.mark.root
@pytest.mark.parametrize("names", [("a", "a"), ("Web", "web")])
def test_two_machines_of_one_name_are_refused(ask, names):
    """As clones of one VPS are called: no command of the export could tell them apart."""
    done = ask(*(node(n) for n in names))
    assert done.returncode == 2 and not done.stdout and f"two nodes of the swarm are called {names[1]}" in done.stderr
    assert "hostnamectl" in done.stderr


@pytest.mark.root
def test_text_of_a_node_is_text(ask):
    done = ask(node("a", EIGHT, "note=\x1b[31mred"), node("b$(id)"), args=("plan", "--node", "ask"))
    assert done.returncode == 0 and "\x1b" not in done.stdout + done.stderr and "$(id)" not in done.stdout


@pytest.mark.parametrize("label,said", [
    ("vpsfit.postgresql=true", "'vpsfit.postgresql' is no label that vpsfit knows, and keeps nothing there did you mean 'vpsfit.postgres'?"),
    ("vpsfit.data=true", "'vpsfit.data' is no label that vpsfit knows, and keeps nothing there vpsfit.SERVICE=true says"),
    ("vpsfit.postgres=yes", "'vpsfit.postgres=yes' keeps nothing there: the value has to be true"),
    ("vpsfit.postgres=false", None), ("vpsfit.workers=4", None), ("vpsfit.tables=true", None), ("disk=ssd", None)])
def test_a_label_that_keeps_nothing_is_told(label, said):
    """A slip would have a database begin with an empty volume, on another node."""
    done = run("plan", "--node", f"a=4G,2,{label}", "--node", "b=8G,4")
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and (said in text if said else not text), text
    told = json.loads(run("plan", "--json", "--node", f"a=4G,2,{label}", "--node", "b=8G,4").stdout)["warnings"]
    assert [w["code"] for w in told] == (["label-unknown"] if said else [])


def test_the_exports_document_has_its_warnings(tmp_path):
    done = run("export", "--format", "swarm", "--node", "a=8G,4,vpsfit.postgres=yes", "--dir", tmp_path / "stack", "--output", tmp_path / "out", "--json")
    document = json.loads(done.stdout)
    assert [(w["code"], w["severity"]) for w in document["warnings"]] == [("label-unknown", "warning")]
    assert "node a" in document["warnings"][0]["text"] and document["warnings"][0]["hint"]
    assert "warnings" not in json.loads((tmp_path / "out/plan.json").read_text()), "another run may have others"


def test_a_volume_on_two_nodes_is_told():
    done = run("plan", "--node", "a=8G,4,vpsfit.postgres=true", "--node", "b=8G,4,vpsfit.postgres=true")
    text = " ".join(done.stderr.split())
    assert done.returncode == 0 and "a label of" in text and "give vpsfit.postgres=true to the one node that has the volume" in text
    plan = json.loads(run("plan", "--json", "--node", "a=8G,4,vpsfit.postgres=true", "--node", "b=8G,4,vpsfit.postgres=true").stdout)
    home = next(n["name"] for n in plan["nodes"] if "postgres" in n["services"])
    assert f"postgres is planned on {home}, and a label of {'ab'.replace(home, '')} says" in text
