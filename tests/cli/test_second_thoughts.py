# SPDX-License-Identifier: MIT
"""Faults that a second look found: of moved stacks' names, and of engines whose socket hid what they are."""
import json
import re

from conftest import run


def apply(root, *args):
    done = run("apply", "--yes", "--sysroot", root, "--swap", "none", "--force", *args)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def project(folder):
    return re.findall(r"^COMPOSE_PROJECT_NAME=(.*)$", (folder / ".env").read_text(), re.M)


def test_there_and_back_again_keeps_the_name_of_the_volumes(machine):
    root = machine("vm-4g")
    apply(root)
    first, second = root / "opt/ai-gateway", root / "opt/b"
    first.rename(second)
    apply(root, "--dir", "/opt/b", "--moved-from", "/opt/ai-gateway")
    assert project(second) == ["ai-gateway"]
    second.rename(first)
    apply(root, "--moved-from", "/opt/b")
    assert project(first) == ["ai-gateway"]


def test_a_name_of_ones_own_is_never_replaced(machine):
    root = machine("vm-4g")
    apply(root)
    first, second = root / "opt/ai-gateway", root / "opt/prod"
    with open(first / ".env", "a", encoding="utf-8") as env:
        env.write("COMPOSE_PROJECT_NAME=prod\n")
    first.rename(second)
    apply(root, "--dir", "/opt/prod", "--moved-from", "/opt/ai-gateway")
    assert project(second) == ["prod"]


def engine(root):
    return json.loads(run("detect", "--json", "--sysroot", root).stdout)["engine"]


def test_a_snap_that_runs_is_a_snap(machine):
    root = machine("vm-4g")
    (root / "snap/docker/current/meta").mkdir(parents=True)
    (root / "snap/docker/current/meta/snap.yaml").write_text("name: docker\nversion: 27.2.0\n")
    assert engine(root)["kind"] == "snap"
    (root / "run").mkdir(exist_ok=True)
    (root / "run/docker.sock").touch()
    assert engine(root)["kind"] == "snap"


def test_a_socket_alone_is_an_engine(machine):
    root = machine("vm-4g")
    (root / "run").mkdir(exist_ok=True)
    (root / "run/docker.sock").touch()
    assert engine(root)["kind"] == "system"
