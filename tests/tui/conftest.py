# SPDX-License-Identifier: MIT
"""
Shared by the wizard's tests: a terminal in tmux, driven by what is on its screen. There are no fixed delays: a key is sent when the
screen shows what it is for, and the test polls until the expected screen appears.
"""

import itertools
import os
import pathlib
import re
import shlex
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

from shared import HANG, MACHINES, VPSFIT, environment  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "tui"
# Seconds until an expected screen counts as missing.
PATIENCE = int(os.environ.get("PATIENCE", 40))
COUNTER = itertools.count()


def pytest_configure(config):
    config.addinivalue_line("markers", "root: wants root; `make check` of an ordinary user leaves it out and says so")


class Ended(AssertionError):
    pass


class Terminal:
    """A tmux server with one window that runs one program."""

    def __init__(self, tmp_path, size=(80, 24)):
        self.tmp = tmp_path
        self.socket = str(tmp_path / f"tmux-{next(COUNTER)}")
        self.size = size
        self.logs = tmp_path / "sanitizer"
        self.running = False

    def tmux(self, *args):
        return subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *args], check=True, capture_output=True,
                              text=True, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, timeout=HANG).stdout

    def start(self, *args, term="screen", wrap=(), job_control=False, LANGUAGE=None, **env):
        """
        Runs vpsfit ARGS...; saves the terminal's settings to the files before and after. `wrap` is a command that runs it; with job
        control there is a shell while it is suspended, and Enter continues it.
        """
        suppressions = ROOT / "tests" / "tui" / "lsan.supp"
        leaks = "detect_leaks=0:" if wrap else ""
        env = {**environment(LANGUAGE=LANGUAGE), "TERM": term, "ASAN_OPTIONS": f"{leaks}log_path={self.logs}",
               "UBSAN_OPTIONS": f"log_path={self.logs}", "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0", **env}
        words = " ".join(f"{key}={shlex.quote(value)}" for key, value in env.items() if value is not None)
        command = shlex.join([*wrap, VPSFIT, *map(str, args)])
        # Unrolled, because a stopped job ends a shell loop.
        resume = ("if [ $code = 148 ]; then stty -g >suspended; echo suspended.; read -r _; clear; fg >/dev/null; code=$?; fi; "
                  * 3 if job_control else "")
        script = (f"cd {self.tmp}; {'set -m; ' if job_control else ''}stty -g >before; "
                  f"env -i {words} bash -c 'echo $$ >pid; exec {command}'; code=$?; {resume}"
                  "stty -g >after; printf 'ended with %d.\\n' $code; exec sleep 100000")
        width, height = self.size
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), "bash", "-c", script)
        self.tmux("set", "-g", "status", "off")
        self.tmux("resize-window", "-x", str(width), "-y", str(height))
        self.running = True
        return self

    def stop(self):
        if self.running:
            subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)
        reports = list(self.tmp.glob("sanitizer*"))
        assert not reports, reports[0].read_text()

    def pid(self):
        return int((self.tmp / "pid").read_text())

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def everything(self):
        """The screen and its scrollback, with long lines joined."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-")

    def until(self, wanted, what):
        end = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if wanted(screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"never came: {what}\nthe screen is:\n{screen}")
            time.sleep(0.01)

    def see(self, *texts):
        """Waits until all texts are on the screen, ignoring blanks and frames."""
        def wanted(screen):
            flat = re.sub(r"[\s│]+", " ", screen)
            return all(text in flat for text in texts)
        return self.until(wanted, texts)

    def gone(self, text):
        return self.until(lambda screen: text not in screen, f"without {text}")

    def keys(self, *names):
        self.tmux("send-keys", *names)
        return self

    def type(self, text):
        self.tmux("send-keys", "-l", text)
        return self

    def press(self, button):
        """Tabs to the button and presses it; the cursor shows the focus."""
        for _ in range(20):
            self.focus_moved(None)
            if self.focused() == button:
                return self.keys("Enter")
            at = self.cursor()
            self.keys("Tab")
            self.focus_moved(at)
        raise AssertionError(f"no way to the button {button}\n{self.screen()}")

    def cursor(self):
        return tuple(map(int, self.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}").split()))

    def look(self):
        """Cursor and screen at one moment without redraws: polls until two reads agree."""
        last = None
        while True:
            place, screen = self.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}", ";", "capture-pane", "-p").split("\n", 1)
            if (place, screen) == last:
                return (*map(int, place.split()), screen)
            last = place, screen

    def focus_moved(self, before):
        end = time.monotonic() + HANG
        while before is not None and self.cursor() == before:
            assert time.monotonic() < end, "the focus does not move"
            time.sleep(0.005)

    def focused(self):
        """The text of the button under the cursor, or None."""
        x, y, screen = self.look()
        line = screen.splitlines()[y:y + 1]
        for match in re.finditer(r"<([^<>]+)>", line[0] if line else ""):
            if match.start() <= x < match.end():
                return match.group(1)
        return None

    def refused(self):
        """Next was refused: the focus is back on the invalid field."""
        self.until(lambda _: self.focused() is None and self.cursor()[1] < self.size[1] - 2, "the focus on a field")
        return self

    def until_scrolled(self, text):
        """Pages down until the text is visible."""
        for _ in range(60):
            before = self.screen()
            if text in before:
                return before
            self.keys("PageDown").until(lambda screen, before=before: screen != before, f"more text, with {text}")
        raise AssertionError(f"never came: {text}\n{self.screen()}")

    def resize(self, width, height):
        self.size = (width, height)
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def golden(self, name):
        """Compares the screen with the reviewed one. UPDATE=1 writes it, from a stable screen."""
        width, height = self.size
        path = GOLDEN / f"{name}.{width}x{height}.txt"
        if os.environ.get("UPDATE"):
            GOLDEN.mkdir(parents=True, exist_ok=True)
            path.write_text(self.neutral(self.at_rest()))
        wanted = path.read_text()
        self.until(lambda screen: self.neutral(screen) == wanted, f"{path.name}:\n{wanted}")

    def at_rest(self):
        """For UPDATE=1 only: the screen once it has not changed for a while and is large enough."""
        last, since = self.gone("Please make this window"), time.monotonic()
        while time.monotonic() - since < 1:
            screen = self.screen()
            if screen != last:
                last, since = screen, time.monotonic()
            time.sleep(0.02)
        return last

    def neutral(self, screen):
        return "\n".join(line.rstrip() for line in screen.replace(str(self.tmp), "TMP").splitlines()).rstrip() + "\n"

    def ended(self, code):
        """It ended with this code, and the terminal is as before."""
        self.until(lambda screen: "ended with " in screen, "the end")
        screen = self.everything()
        assert f"ended with {code}." in screen, screen
        assert (self.tmp / "before").read_text() == (self.tmp / "after").read_text()
        assert self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").strip() == "0 1"
        return screen

    def command(self):
        """The equivalent command printed at the end."""
        return re.search(r"^ +(vpsfit apply --.*)$", self.everything(), re.M).group(1)


@pytest.fixture
def terminal(tmp_path):
    made = []

    def make(size=(80, 24)):
        made.append(Terminal(tmp_path, size))
        return made[-1]
    yield make
    for one in made:
        one.stop()


@pytest.fixture
def machine(tmp_path):
    """A writable copy of a machine tree."""
    def copy(name, to="machine"):
        target = tmp_path / to
        subprocess.run(["cp", "-a", MACHINES / name, target], check=True)
        return target
    return copy
