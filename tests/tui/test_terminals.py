# SPDX-License-Identifier: MIT
"""On a pseudo-terminal without tmux: terminal types, odd sizes, hang-up, end of input, no controlling terminal, line mode."""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pytest

import ways
from shared import HANG, MACHINES, ROOT, ROOT_SUPPRESSIONS, VPSFIT, environment, run

KEYS = ("Key for OpenAI", "Key for Anthropic", "Key for OpenRouter", "Key for Gemini", "Key for Mistral", "Own server", "Its model", "Its key")


class Pty:
    """vpsfit on a pseudo-terminal; its output so far is in `seen`."""

    def __init__(self, *args, size=(24, 80), controlling=True, wrap=(), program=VPSFIT, **env):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(slave)
        env = {k: v for k, v in {**environment(LSAN_OPTIONS=ROOT_SUPPRESSIONS), **env}.items() if v is not None}

        def adopt():
            os.setsid()
            if controlling:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen([*wrap, program, *map(str, args)], stdin=slave, stdout=slave, stderr=slave, env=env, cwd="/",
                                        preexec_fn=adopt, close_fds=True)
        self.slave = slave
        self.seen = ""

    def until(self, text):
        end = time.monotonic() + HANG
        while text not in self.seen:
            assert time.monotonic() < end, f"never came: {text}\n{self.seen}"
            if select.select([self.master], [], [], 0.05)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
            elif self.process.poll() is not None and not select.select([self.master], [], [], 0)[0]:
                raise AssertionError(f"ended before {text!r} came:\n{self.seen}")
        return self

    def answer(self, prompt, text):
        """Types at the prompt; the next prompt must follow it."""
        self.until(prompt)
        self.seen = self.seen[self.seen.index(prompt) + len(prompt):]
        os.write(self.master, text.encode())
        return self

    def code(self):
        end = time.monotonic() + HANG
        while self.process.poll() is None:
            assert time.monotonic() < end, "it hangs"
            if select.select([self.master], [], [], 0.02)[0]:
                self.seen += os.read(self.master, 65536).decode(errors="replace")
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        assert "Sanitizer" not in self.seen, self.seen
        return self.process.returncode

    def is_as_it_was(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass


@pytest.fixture
def on_pty():
    made = []

    def make(*args, **kwargs):
        made.append(Pty(*args, **kwargs))
        return made[-1]
    yield make
    for one in made:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        one.close()


@pytest.mark.parametrize("term", ["vt100", "vt220", "linux", "screen", "tmux", "xterm", "xterm-256color", "ansi"])
@pytest.mark.parametrize("lang", ["C", "C.UTF-8"])
def test_each_terminal_gets_the_screen(on_pty, machine, term, lang):
    p = on_pty("--sysroot", machine("vm-4g"), TERM=term, LANG=lang)
    p.until("This machine").until("F1 help")
    os.kill(p.process.pid, signal.SIGTERM)
    assert p.code() == -signal.SIGTERM
    assert p.is_as_it_was() and "Nothing was changed." in p.seen


@pytest.mark.parametrize("palette, wanted, unwanted", [
    ({}, r"\x1b\[48;5;24m", r"\x1b\[42m"),
    ({"TERM": "xterm"}, r"\x1b\[44m", r"\x1b\[48;5;"),
    ({"NO_COLOR": "1"}, "F1 help", r"\x1b\[4[0-8][m;]"), ({"NEWT_MONO": "1"}, "F1 help", r"\x1b\[4[0-8][m;]"),
    ({"NEWT_COLORS": "root=,green"}, r"\x1b\[42m", "no such text")])
def test_palettes(on_pty, machine, palette, wanted, unwanted):
    p = on_pty("--sysroot", machine("vm-4g"), **{"TERM": "xterm-256color", **palette})
    p.until("This machine").until("F1 help")
    assert re.search(wanted, p.seen) and not re.search(unwanted, p.seen)
    os.kill(p.process.pid, signal.SIGTERM)
    p.code()


@pytest.mark.parametrize("term", [None, "", "dumb", "unknown", "no-such-terminal"])
def test_what_cannot_draw_is_asked_line_by_line(on_pty, machine, term):
    p = on_pty("--sysroot", machine("vm-4g"), TERM=term)
    p.until("This machine ==")
    p.answer("[1]: ", "q\n").answer("[1]: ", "2\n")
    assert p.code() == 1 and p.is_as_it_was()
    assert "\033" not in p.seen


@pytest.mark.parametrize("rows, columns", [(12, 40), (15, 40), (16, 39), (1, 1), (5, 200)])
def test_too_small_is_refused(on_pty, machine, rows, columns):
    p = on_pty("--sysroot", machine("vm-4g"), TERM="xterm", size=(rows, columns))
    assert p.code() == 4 and "--plain" in p.seen and "\033" not in p.seen
    assert p.is_as_it_was()


@pytest.mark.parametrize("rows, columns", [(0, 0), (16, 40), (24, 80), (25, 81), (100, 300), (16, 300), (200, 40)])
def test_odd_sizes(on_pty, machine, rows, columns):
    p = on_pty("--sysroot", machine("vm-2g"), TERM="vt100", size=(rows, columns))
    p.until("This machine").until("F1 help")
    os.write(p.master, b"\r")
    p.until("Profile").until("SMALL_VPS")
    os.kill(p.process.pid, signal.SIGINT)
    assert p.code() == -signal.SIGINT and p.is_as_it_was()


@pytest.mark.parametrize("args", [[], ["--plain"]])
def test_hang_up(on_pty, machine, args):
    root = machine("vm-4g")
    before = sorted(root.rglob("*"))
    p = on_pty(*args, "--sysroot", root, TERM="xterm")
    p.until("This machine")
    os.close(p.slave)
    os.close(p.master)
    assert p.process.wait(timeout=HANG) in (-signal.SIGHUP, 1)
    assert sorted(root.rglob("*")) == before


def test_end_of_input(on_pty, machine):
    root = machine("vm-4g")
    p = on_pty("--plain", "--sysroot", root, TERM="xterm")
    p.answer("[1]: ", "\x04")
    assert p.code() == 1 and not (root / "opt").exists() and p.is_as_it_was()


def test_no_controlling_terminal(on_pty, machine):
    p = on_pty("--sysroot", machine("vm-4g"), TERM="xterm", controlling=False)
    p.until("This machine ==").answer("[1]: ", "q\n").answer("[1]: ", "2\n")
    assert p.code() == 1


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_at_a_hidden_prompt_gives_the_echo_back(on_pty, machine, sig):
    p = on_pty("--plain", "--sysroot", machine("vm-4g"))
    for prompt in ("[1]: ", "Profile [", "Workers", "[1]: ", "Swap [", "Limits [1]: ", "[1]: ", "Directory [", "Address [", "Port [",
                   "Domain [", "[1]: "):
        p.answer(prompt, "\n")
    p.until("Key for OpenAI")
    end = time.monotonic() + HANG
    while termios.tcgetattr(p.slave)[3] & termios.ECHO:
        assert time.monotonic() < end
    os.kill(p.process.pid, sig)
    assert p.code() == -sig and p.is_as_it_was()


class Nobody:
    """A user other than root, with a copy of the program that everybody may run."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vpsfit-nobody-"))
        build = self.dir / "build"
        build.mkdir()
        shutil.copy(VPSFIT, build)
        for name in ("profiles", "templates"):
            shutil.copytree(ROOT / name, self.dir / name)
        (self.dir / "home").mkdir()
        (self.dir / "home").chmod(0o777)
        self.dir.chmod(0o755)
        self.program = str(build / "vpsfit")
        self.wrap = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []

    def machine(self, name):
        root = self.dir / "machine"
        subprocess.run(["cp", "-a", MACHINES / name, root], check=True)
        for path in [root, *root.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755)
        return root


@pytest.fixture
def nobody():
    one = Nobody()
    yield one
    shutil.rmtree(one.dir)


def test_who_is_not_root_is_told_first(on_pty, nobody):
    """What will not work and what to run instead, on the first screen and beside the directory; with an own directory it works."""
    root = nobody.machine("vm-4g")
    p = on_pty("--plain", "--port", "81", "--sysroot", root, wrap=nobody.wrap, program=nobody.program, HOME=str(nobody.dir / "home"))
    p.until("This machine ==").until("You are not root, and cannot write to /opt/ai-gateway.")
    p.until("sudo vpsfit --port 81 --sysroot")
    for prompt in ("[1]: ", "Profile [", "Workers", "[1]: ", "Swap [", "Limits [1]: ", "[1]: "):
        p.answer(prompt, "\n")
    (root / "srv/mine").mkdir(parents=True)
    (root / "srv/mine").chmod(0o777)
    (root / "var/lib").mkdir(parents=True, exist_ok=True)
    (root / "var/lib").chmod(0o777)
    for prompt in ("Directory [", "Address [", "Port [", "Domain [", "[1]: "):
        p.answer(prompt, "\n")
    p.until("[!] only root may write here")
    p.answer("Directory [", "/srv/mine\n")
    for prompt in ("Address [", "Port [", "Domain [", "[1]: ", *(f"{name} []" for name in KEYS), "[1]: "):
        p.answer(prompt, "\n")
    p.answer("Review ==", "").answer("[1]: ", "\n").answer("== Done ==", "").answer("[1]: ", "\n")
    assert p.code() == 0 and (root / "srv/mine/.env").stat().st_mode & 0o777 == 0o600


def test_who_needs_no_root_is_told_nothing(on_pty, nobody):
    root = nobody.machine("vm-4g")
    (root / "srv/mine").mkdir(parents=True)
    for name in ("srv/mine", "var/lib"):
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name).chmod(0o777)
    p = on_pty("--dir", "/srv/mine", "--sysroot", root, wrap=nobody.wrap, program=nobody.program, TERM="xterm")
    p.until("This machine").until("F1 help")
    assert "root" not in p.seen.replace("--sysroot", "")
    os.kill(p.process.pid, signal.SIGTERM)
    p.code()


def test_line_by_line_to_the_end(on_pty, machine):
    root, other = machine("vm-4g"), machine("vm-4g", "other")
    p = on_pty("--plain", "--sysroot", root, TERM="dumb")
    p.answer("[1]: ", "?\n").until("vpsfit detect")
    p.answer("[1]: ", "\n").answer("Profile [2]: ", "9\n").until("one of the values shown")
    p.answer("Profile [2]: ", "1\n").answer("Workers", "3\n").answer("[1]: ", "\n")
    p.answer("Swap [1]: ", "3\n").answer("Own size []: ", "nothing\n").until("at least 64M").answer("Own size", "2G\n")
    p.answer("Limits [1]: ", "\n")
    p.answer("[1]: ", "2\n").answer("Profile [1]: ", "\n").answer("Workers", "\n").answer("[1]: ", "\n")
    p.answer("Swap [3]: ", "\n").answer("Own size [2G]: ", "\n").answer("Limits [1]: ", "\n").answer("[1]: ", "\n")
    p.answer("Directory [/opt/ai-gateway]: ", "/srv/a\n").answer("Address [127.0.0.1]: ", "x\n").until("[!] an address")
    p.answer("Address [127.0.0.1]: ", "0.0.0.0\n").answer("Port [8080]: ", "81\n").answer("Domain []: ", "\n")
    p.answer("[1]: ", "\n").answer("Key for OpenAI []: ", "sk-hidden\n").answer("Key for Anthropic []: ", "\n")
    for name in KEYS[2:]:
        p.answer(f"{name} []: ", "\n")
    p.answer("[1]: ", "\n").until("Review ==").answer("[1]: ", "\n").until("== Done ==").answer("[1]: ", "\n")
    assert p.code() == 0 and p.is_as_it_was()
    assert "sk-hidden" not in p.seen
    assert "OPENAI_API_KEY=sk-hidden\n" in (root / "srv/a/.env").read_text()
    command = re.search(r"^ +(vpsfit apply --.*?)\r?$", p.seen, re.M).group(1)
    assert " --workers 3 --swap 2048M --dir /srv/a --bind 0.0.0.0 --port 81 " in command
    assert ways.unattended(command, root, other).returncode == 0
    for name in ("compose.yaml", "litellm/config.yaml"):
        assert (root / "srv/a" / name).read_bytes() == (other / "srv/a" / name).read_bytes()


@pytest.mark.parametrize("typed, now", [("1", "1"), ("2", "2"), ("off", "2"), ("on", "1")])
def test_words_are_chosen_by_the_number_shown_and_by_themselves(on_pty, machine, typed, now):
    p = on_pty("--plain", "--sysroot", machine("vm-4g"), TERM="dumb")
    for prompt in ("[1]: ", "Profile [2]: ", "Workers", "[1]: ", "Swap [1]: "):
        p.answer(prompt, "\n")
    p.until("  1) on\r\n  2) off").answer("Limits [1]: ", "3\n").until("one of the values shown")
    p.answer("Limits [1]: ", f"{typed}\n").answer("[1]: ", "2\n")
    for prompt in ("Profile [2]: ", "Workers", "[1]: ", "Swap [1]: "):
        p.answer(prompt, "\n")
    p.until(f"Limits [{now}]: ")


def test_what_was_refused_is_not_offered_again(on_pty, machine):
    root = machine("vm-4g")
    p = on_pty("--plain", "--sysroot", root, TERM="dumb")
    for prompt in ("[1]: ", "Profile [2]: ", "Workers", "[1]: ", "Swap [1]: ", "Limits [1]: ", "[1]: ", "Directory [", "Address ["):
        p.answer(prompt, "\n")
    p.answer("Port [8080]: ", "70000\n").until("[!] a port").answer("Port [8080]: ", "\n")
    p.answer("Domain []: ", "wrong\n").until("[!]").answer("Domain []: ", "\n")
    p.answer("[1]: ", "\n")
    for name in KEYS:
        p.answer(f"{name} []: ", "\n")
    p.answer("[1]: ", "\n").until("Review ==").answer("[1]: ", "\n").until("== Done ==").answer("[1]: ", "\n")
    assert p.code() == 0 and "GATEWAY_PORT=8080\n" in (root / "opt/ai-gateway/.env").read_text()


def test_answers_that_leave_nothing_to_ask_need_no_terminal(machine):
    root = machine("vm-4g")
    assert run("--yes", "--sysroot", root).returncode == 0
    assert run("--sysroot", root).returncode == 4
    assert run("--plain", "--sysroot", root).returncode == 4
