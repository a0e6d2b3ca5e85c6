# SPDX-License-Identifier: MIT
"""vpsfit report: one archive that plans like the machine and tells nobody who or where it is."""

import base64
import json
import os
import re
import stat
import subprocess
import tarfile

import pytest

import ring
from conftest import MACHINES, run

TREES = ["vm-4g", "vm-1g", "vm-8g-desktop", "busy-4g", "rootless-4g", "swap-4g", "lxc-2g", "wsl-8g", "docker-v1-2g", "ubuntu-4g-snapd",
         "gateway-running-4g", "zram-2g", "alpine-2g", "ancestor-limit-v2", "bad-meminfo-cut", "bad-mounts-garbage"]


def unpack(file, into):
    with tarfile.open(file) as tar:
        names = tar.getnames()
        assert not [n for n in names if n.startswith("/") or ".." in n.split("/")]
    into.mkdir()
    subprocess.run(["tar", "xf", file, "-C", into], check=True)
    return names


def made(root, tmp_path, *args):
    file = tmp_path / "report.tar"
    done = run("report", "--sysroot", root, "--output", file, *args)
    assert done.returncode == 0, done.stderr
    names = unpack(file, tmp_path / "unpacked")
    return tmp_path / "unpacked", names


def plan_of(root, *args):
    done = run("plan", "--sysroot", root, *args)
    out = re.sub(r"\b(?:a{64}|b{64}|0{63}[0-9])\b", "ID", done.stdout + done.stderr)
    return done.returncode, out.replace(str(root), "ROOT")


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("tree", TREES)
def test_plans_like_the_machine(machine, tmp_path, tree, applied):
    root = machine(tree)
    if applied:
        run("apply", "--yes", "--force", "--sysroot", root)
    there, _ = made(root, tmp_path)
    for args in ([], ["--json"]):
        assert plan_of(there, *args) == plan_of(root, *args)


def test_of_somebody_elses_stack(machine, tmp_path):
    root = machine("vm-4g")
    (root / "srv").mkdir()
    (root / "srv/compose.yaml").write_text(
        "services:\n  proxy:\n    image: ghcr.io/berriai/litellm:v1.60.0\n    command: [--num_workers, '2']\n    environment:\n"
        "      DATABASE_URL: postgresql://u:hunter2hunter2@db/litellm\n  db:\n    image: postgres:16\n")
    args = ["--compose", "/srv/compose.yaml"]
    there, _ = made(root, tmp_path, *args)
    assert "hunter2hunter2" not in (there / "srv/compose.yaml").read_text()
    assert "--compose /srv/compose.yaml" in (there / "MANIFEST.txt").read_text()
    assert plan_of(there, *args)[0] == plan_of(root, *args)[0]
    assert json.loads(run("plan", "--json", "--sysroot", there, *args).stdout)["services"] == json.loads(
        run("plan", "--json", "--sysroot", root, *args).stdout)["services"]


def test_the_manifest_comes_first_and_counts(stack, tmp_path):
    root, _ = stack
    there, names = made(root, tmp_path)
    assert names[0] == "MANIFEST.txt"
    text = (there / "MANIFEST.txt").read_text()
    assert re.search(r"^ +[1-9]\d*  secrets$", text, re.M)
    for name in names[1:]:
        assert name in text
    assert "vpsfit apply --yes" in (there / "report/flags.txt").read_text()
    assert json.loads((there / "report/plan.json").read_text())["schema"] == "vpsfit.plan/1"


def test_is_for_its_owner_alone_and_replaces_nothing(stack, tmp_path):
    root, _ = stack
    file = tmp_path / "r.tar"
    assert run("report", "--sysroot", root, "--output", file).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    done = run("report", "--sysroot", root, "--output", file)
    assert done.returncode == 1 and "is there already" in done.stderr and file.read_bytes() == before
    file.write_text("other")
    assert run("report", "--sysroot", root, "--output", file, "--force").returncode == 0
    assert file.read_bytes()[:12] == b"MANIFEST.txt"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != root.name) == ["r.tar"]


def test_never_writes_through_a_link_or_over_a_directory(stack, tmp_path):
    root, _ = stack
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to("victim")
    (tmp_path / "dir").mkdir()
    for name in ("link", "dir", "none/r.tar"):
        done = run("report", "--sysroot", root, "--output", tmp_path / name, "--force")
        assert done.returncode == 1 and "nothing was written" in done.stderr, name
    assert (tmp_path / "victim").read_text() == "precious"


def test_dry_run_writes_nothing(stack, tmp_path):
    root, _ = stack
    done = run("report", "--sysroot", root, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0 and "report/plan.json" in done.stdout and "opt/ai-gateway/compose.yaml" in done.stdout
    done = run("report", "--sysroot", root, "--dry-run", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["schema"] == "vpsfit.report/1" and told["file"] is None and told["removed"]["secret"] > 0
    assert not (tmp_path / "vpsfit-report.tar").exists()


def test_goes_where_one_is(stack, tmp_path):
    root, _ = stack
    assert run("report", "--sysroot", root, cwd=tmp_path).returncode == 0
    assert (tmp_path / "vpsfit-report.tar").exists()
