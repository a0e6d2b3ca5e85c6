# SPDX-License-Identifier: MIT
"""Without a terminal nothing ever waits, whatever TERM and standard input are."""

import os
import pty
import subprocess
import time

import pytest

from conftest import HANG, VPSFIT, environment

TERMS = [None, "", "dumb", "vt220", "xterm-256color", "no-such-terminal"]


def stdin_null():
    return os.open("/dev/null", os.O_RDONLY), None


def stdin_pipe_open():
    read, write = os.pipe()
    return read, write


def stdin_pipe_closed():
    read, write = os.pipe()
    os.close(write)
    return read, None


def stdin_zero():
    return os.open("/dev/zero", os.O_RDONLY), None


STDINS = {"null": stdin_null, "open pipe": stdin_pipe_open, "closed pipe": stdin_pipe_closed, "zero": stdin_zero}


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("stdin", STDINS)
@pytest.mark.parametrize("args, code", [([], 4), (["apply"], 4), (["plan", "--force", "--swap", "none"], 0)])
def test_no_terminal(args, code, stdin, term, tmp_path):
    env = environment() if term is None else environment(TERM=term)
    read, write = STDINS[stdin]()
    if args[:1] != []:
        args = args + ["--dir", str(tmp_path / "stack"), "--state", str(tmp_path / "state")]
    try:
        done = subprocess.run([VPSFIT, *args], stdin=read, capture_output=True, text=True, env=env, cwd="/",
                              timeout=HANG, start_new_session=True)
    finally:
        os.close(read)
        if write is not None:
            os.close(write)
    assert done.returncode == code, done.stderr
    assert "\033" not in done.stdout + done.stderr
    if code == 4:
        assert done.stdout == ""
        assert "--yes" in done.stderr


def test_standard_input_closed(tmp_path):
    done = subprocess.run(["sh", "-c", f"exec {VPSFIT} apply <&-"], capture_output=True, text=True,
                          env=environment(), timeout=HANG)
    assert done.returncode == 4


def on_terminal(args, answer, env):
    """Runs vpsfit on a pseudo-terminal and answers; returns (exit code, screen)."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(VPSFIT, [VPSFIT, *args], env)
    screen = b""
    answered = False
    end = time.monotonic() + HANG
    while time.monotonic() < end:
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        screen += data
        if b"[y/N]" in screen and not answered:
            os.write(fd, answer)
            answered = True
    os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), screen.decode()


@pytest.mark.parametrize("answer, code, written", [(b"y\n", 0, True), (b"n\n", 1, False), (b"\n", 1, False),
                                                   (b"\x04", 1, False)])
def test_question(machine, answer, code, written):
    root = machine("vm-4g")
    got, screen = on_terminal(["apply", "--sysroot", str(root)], answer, environment(TERM="xterm"))
    assert got == code, screen
    assert (root / "opt/ai-gateway/compose.yaml").exists() == written


def test_colour_only_where_wanted(machine):
    root = machine("vm-2g")
    plain = environment(TERM="xterm", NO_COLOR="1")
    _, coloured = on_terminal(["plan", "--sysroot", str(root)], b"", environment(TERM="xterm"))
    _, monochrome = on_terminal(["plan", "--sysroot", str(root)], b"", plain)
    _, dumb = on_terminal(["plan", "--sysroot", str(root)], b"", environment(TERM="dumb"))
    assert "\033[" in coloured
    assert "\033" not in monochrome and "\033" not in dumb
    assert "needs swap" in monochrome


def test_closed_reader_does_not_kill(machine):
    root = machine("vm-4g")
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {VPSFIT} apply --yes --sysroot {root} | true"],
                          env=environment(), timeout=HANG)
    assert done.returncode in (0, 1)
    assert not list((root / "opt").rglob("*.vpsfit-new")) if (root / "opt").exists() else True
