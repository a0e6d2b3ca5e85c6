# SPDX-License-Identifier: MIT
"""Every command ends with what comes next, or says that nothing was done."""

import json
import re
import shlex

import pytest

from conftest import MACHINES, environment, run
from test_no_terminal import on_terminal


@pytest.mark.parametrize("args", [[], ["--dir", "/srv/ai", "--port", "9000"], ["--swap", "none", "--workers", "1"]])
def test_a_plan_ends_with_the_command_that_writes_it(machine, args):
    root = machine("vm-4g")
    done = run("plan", "--sysroot", root, *args)
    command = re.search(r"\nNothing was written\. To write it:\n    vpsfit (.*)\n$", done.stdout).group(1)
    assert run(*shlex.split(command)).returncode == 0
    again = run("plan", "--sysroot", root, *(args[:2] if "--dir" in args else []))
    assert "Changes   none" in again.stdout and "To write it" not in again.stdout


def test_a_plan_for_a_program_or_for_nobody_has_none(machine):
    root = machine("vm-4g")
    assert json.loads(run("plan", "--json", "--sysroot", root).stdout) and run("plan", "--quiet", "--sysroot", root).stdout == ""


@pytest.mark.parametrize("swap, severity", [("900M", "warning"), ("none", "warning"), ("2G", "info"), ("auto", "info")])
def test_a_peak_that_nothing_holds_is_a_warning(swap, severity):
    plan = json.loads(run("plan", "--json", "--sysroot", MACHINES / "vm-2g", "--swap", swap).stdout)
    said = {w["code"]: w for w in plan["warnings"]}
    code = "peak-beyond-swap" if severity == "warning" else "peak-over-ram"
    assert said[code]["severity"] == severity and len({"peak-beyond-swap", "peak-over-ram"} & set(said)) == 1
    assert ("kernel ends a program" in said[code]["text"]) == (severity == "warning")


def answered(answer, *args):
    code, said = on_terminal([*map(str, args)], answer, environment(TERM="dumb"))
    return code, said.replace("\r\n", "\n")


def test_a_no_is_confirmed(machine):
    root = machine("vm-4g")
    code, said = answered(b"n\n", "apply", "--sysroot", root)
    assert code == 1 and said.rstrip().endswith("Nothing was written.") and not (root / "opt").exists()
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    code, said = answered(b"n\n", "rollback", "--sysroot", root)
    assert code == 1 and said.rstrip().endswith("Nothing was changed.") and (root / "opt/ai-gateway/.env").exists()


def test_what_is_asked_is_shown_with_quiet_too(machine):
    root = machine("vm-4g")
    code, said = answered(b"y\n", "apply", "--quiet", "--sysroot", root)
    before = said.split("Write this?")[0]
    assert code == 0 and "create  /opt/ai-gateway/compose.yaml" in before and "Cost model" not in before


def test_the_first_apply_is_taken_back_to_nothing(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert run("apply", "--yes", "--workers", "1", "--sysroot", root).returncode == 0
    assert "What to do now:" in run("rollback", "--yes", "--sysroot", root).stdout
    assert run("rollback", "--yes", "--sysroot", root).stdout.endswith("Done: everything is as it was before the first apply.\n")


def test_times_are_for_people(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--dir", "/srv/ai", "--sysroot", root).returncode == 0
    for said in (run("status", "--dir", "/srv/ai", "--sysroot", root).stdout, run("status", "--sysroot", root).stdout,
                 run("rollback", "--dry-run", "--dir", "/srv/ai", "--sysroot", root).stdout.split("\n")[0]):
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", said) and not re.search(r"\dT\d", said)
