# SPDX-License-Identifier: MIT
"""
Output of `plan` (text and JSON) and `detect` (text) for every machine tree, against reviewed files. UPDATE=1 writes them; review the
diff before you commit it.
"""

import json
import os
import pathlib

import pytest

from conftest import MACHINES, ROOT, run

GOLDEN = ROOT / "tests" / "golden"
NAMES = sorted(p.name for p in MACHINES.iterdir() if p.is_dir() and not p.name.startswith("bad-"))
BAD = sorted(p.name for p in MACHINES.iterdir() if p.name.startswith("bad-"))


def check(name, kind, text):
    text = text.replace(str(MACHINES), "ROOTS")
    path = GOLDEN / f"{name}.{kind}"
    if os.environ.get("UPDATE"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text)
    assert path.read_text() == text


def test_there_are_enough_machines():
    assert len(NAMES) >= 20 and len(BAD) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_plan_text(name):
    done = run("plan", "--sysroot", MACHINES / name)
    check(name, "plan.txt", f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    too_long = [line for line in done.stdout.splitlines() if len(line) > 80 and not line.startswith("    vpsfit ")]
    assert not too_long


@pytest.mark.parametrize("name", NAMES)
def test_detect_text(name):
    done = run("detect", "--sysroot", MACHINES / name)
    assert done.returncode == 0
    check(name, "detect.txt", done.stdout + done.stderr)


@pytest.mark.parametrize("name", NAMES)
def test_plan_json(name):
    done = run("plan", "--json", "--sysroot", MACHINES / name)
    document = json.loads(done.stdout)
    assert done.returncode in (0, 3)
    assert document["schema"] == "vpsfit.plan/1"
    for path in ("machine.ram.nominal_mib", "machine.ram.usable_mib", "machine.ram.effective_mib",
                 "machine.cpus.effective", "machine.swap.active_mib", "machine.distro.id", "machine.distro.version",
                 "machine.distro.class", "machine.virt", "profile", "workers", "cost_model", "totals.containers_mib",
                 "totals.system_mib", "totals.total_mib", "totals.peak_mib", "verdict.idle", "verdict.peak",
                 "swap.action", "swap.size_mib", "swap.path", "warnings", "assumptions", "rejected", "changes"):
        at = document
        for key in path.split("."):
            assert key in at, path
            at = at[key]
    for service in ("litellm", "open-webui", "postgres", "nginx"):
        assert set(document["services"][service]) >= {"expected_mib", "reservation_mib", "limit_mib"}
    for change in document["changes"]:
        assert change.pop("diff").startswith(f"--- /dev/null\n+++ {change['path']}\n")
    check(name, "plan.json", json.dumps(document, indent=2) + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_detect_json(name):
    document = json.loads(run("detect", "--json", "--sysroot", MACHINES / name).stdout)
    assert document["schema"] == "vpsfit.machine/1"
    plan = json.loads(run("plan", "--json", "--sysroot", MACHINES / name).stdout)
    document.pop("schema")
    answers = document.pop("answers")
    assert document == plan["machine"]
    assert answers and all(plan["answers"][name] == answer for name, answer in answers.items())


@pytest.mark.parametrize("name", BAD)
def test_lying_machines_give_assumptions(name):
    """Every broken tree gives a plan with assumptions or a clear error; the sanitizers watch."""
    done = run("plan", "--json", "--sysroot", MACHINES / name)
    assert done.returncode in (0, 2, 3)
    if done.stdout:
        document = json.loads(done.stdout)
        assert document["machine"]["ram"]["effective_mib"] > 0
        assert document["machine"]["cpus"]["effective"] >= 1
    else:
        assert done.stderr
    assert run("detect", "--sysroot", MACHINES / name).returncode == 0
    assert "root:x:" not in done.stdout


@pytest.mark.parametrize("args", [["detect"], ["plan"], ["detect", "--json"], ["plan", "--json"]])
def test_a_terminal_is_told_nothing_by_the_machines_files(args, machine):
    """A distribution's name may contain anything; escape sequences and broken UTF-8 are displayed escaped."""
    root = machine("vm-4g")
    release = root / "etc/os-release"
    release.unlink()
    release.write_bytes(b'ID=debian\nPRETTY_NAME="evil\x1b]0;title\x07 \x1b[2J\x9b\xff name"\n')
    out = run(*args, "--sysroot", root).stdout
    assert "evil" in out and "name" in out
    assert not [c for c in out if ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0]
