# SPDX-License-Identifier: MIT
"""The budget as a bar, in plan and status: on a terminal with colours and blocks, elsewhere without."""

import os
import pty
import re
import subprocess

import pytest

from conftest import MACHINES, VPSFIT, environment, run

CODE = re.compile(r"\x1b\[\d+m")


def on_a_terminal(*args, **env):
    """What vpsfit writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([VPSFIT, *map(str, args)], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                          env={**environment(), "TERM": "xterm", **env}) as process:
        os.close(theirs)
        out = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            out += part
        process.wait(60)
    os.close(ours)
    return out.decode().replace("\r\n", "\n")


def bar_of(text):
    return re.search(r"^RAM   \[.*\n(      .*\n)+", text, re.M).group(0)


@pytest.mark.parametrize("tree", ["vm-512m", "vm-2g", "vm-4g", "vm-8g-desktop", "busy-4g", "gateway-running-4g"])
def test_its_figures_are_the_plans(tree):
    bar = bar_of(run("plan", "--sysroot", MACHINES / tree).stdout)
    said = dict(re.findall(r"[A-Z.] ([\w-]+) (\d+)", bar))
    beyond = sum(map(int, re.findall(r"\| (\d+) (?:in swap|too much)", bar)))
    need, ram = map(int, re.search(r"^idle .* (\d+) of (\d+) MiB", run("plan", "--sysroot", MACHINES / tree).stdout, re.M).groups())
    free = int(said.pop("free", 0))
    assert sum(map(int, said.values())) == need and max(0, need - ram) == beyond and free == max(0, ram - need)
    letters = re.findall(r"([A-Z]) [\w-]+ \d", bar)
    assert len(letters) == len(set(letters)) and all(letter in bar.split("]")[0] for letter in letters)


def test_plan_and_status_show_the_same(stack):
    assert bar_of(run("plan", "--sysroot", stack[0]).stdout) == bar_of(run("status", "--sysroot", stack[0]).stdout)


def test_elsewhere_it_is_ascii_without_colour():
    said = run("plan", "--sysroot", MACHINES / "vm-4g").stdout
    assert said.isascii() and "\x1b" not in said


@pytest.mark.parametrize("env, coloured, blocks", [
    ({}, True, True),
    ({"NO_COLOR": "1"}, False, True),
    ({"TERM": "dumb"}, False, False),
    ({"LANG": "C"}, True, False),
    ({"LC_ALL": "C", "NO_COLOR": "1"}, False, False),
])
def test_on_a_terminal(env, coloured, blocks):
    said = on_a_terminal("plan", "--sysroot", MACHINES / "vm-4g", **env)
    assert bool(CODE.search(said)) == coloured and ("\u2588" in said) == blocks
    # Colour says nothing that the words do not say.
    assert CODE.sub("", said).replace("\u2588", "=").replace("\u2591", ".") == run("plan", "--sysroot", MACHINES / "vm-4g").stdout


def test_a_bar_is_no_part_of_a_document(stack):
    assert "RAM   [" not in run("plan", "--json", "--sysroot", stack[0]).stdout
