# SPDX-License-Identifier: MIT
"""The README shows what the program prints."""

import re

from conftest import MACHINES, ROOT, run

README = (ROOT / "README.md").read_text()


def test_the_example_is_real():
    shown = README.split("begins like this:\n\n```\n")[1].split("```")[0]
    said = run("plan", "--sysroot", MACHINES / "vm-4g").stdout
    head, tail = shown.split("Next size", 1)
    assert said.startswith(head)
    assert "\nNext size" + tail in said


def test_every_flag_is_there():
    flags = set(re.findall(r"(--[a-z-]+)", run("--help").stdout)) - {"--help", "--version"}
    assert flags and not [f for f in flags if not re.search(re.escape(f) + r"(?![a-z-])", README)]


def test_every_command_is_there():
    commands = re.findall(r"^  (vpsfit(?: [a-z]+)?)  ", run("--help").stdout, re.M)
    assert len(commands) >= 4 and not [c for c in commands if f"| `{c}` |" not in README]


def test_the_answers_file_is_taken(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text(README.split("An answers file has")[1].split("```yaml\n")[1].split("```")[0])
    assert run("plan", "--answers", path, "--sysroot", MACHINES / "vm-4g").returncode == 0


def test_exit_codes_are_there():
    for code in range(7):
        assert f"\n| {code} | " in README
