# SPDX-License-Identifier: MIT
"""Every way of leaving, from every screen: the terminal is restored and the machine untouched."""

import os
import signal

import pytest

import ways
from shared import run

SCREENS = {
    "machine": ways.machine_screen,
    "profile": ways.to_profile,
    "swap": ways.to_swap,
    "gateway": ways.to_gateway,
    "review": ways.to_review,
}


def tree(root):
    return {path: (path.lstat().st_mtime_ns, path.lstat().st_mode) for path in sorted(root.rglob("*"))}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("key", ["Escape", "F12", "C-c"])
def test_by_key(terminal, machine, screen, key):
    root = machine("vm-2g")
    before = tree(root)
    t = terminal().start("--sysroot", root)
    SCREENS[screen](t)
    t.keys(key).see("Leave?", "Nothing has been changed.")
    t.press("Stay").gone("Leave?")
    t.keys(key).see("Leave?")
    t.press("Leave")
    assert "Nothing was changed." in t.ended(1)
    assert tree(root) == before


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("sig", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_by_signal(terminal, machine, screen, sig):
    root = machine("vm-4g")
    before = tree(root)
    t = terminal().start("--sysroot", root)
    SCREENS[screen](t)
    os.kill(t.pid(), sig)
    assert "Nothing was changed." in t.ended(128 + sig)
    assert tree(root) == before


def test_by_button(terminal, machine):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root)
    ways.machine_screen(t)
    t.press("Leave").see("Leave?")
    t.press("Stay").gone("Leave?")
    t.press("Leave").see("Leave?")
    t.press("Leave")
    t.ended(1)


def test_a_signal_in_the_middle_of_writing_waits(terminal, machine):
    """An apply that has begun is finished before the signal takes effect."""
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root, wrap=ways.slowed("renameat", 9))
    ways.to_review(t)
    ways.write(t).see("Writing")
    child = int(open(f"/proc/{t.pid()}/task/{t.pid()}/children").read().split()[0])
    os.kill(child, signal.SIGTERM)
    t.until(lambda screen: "ended with" in screen, "the end")
    assert "Done. What to do now:" in t.everything()
    assert len(ways.written(root)) == 6
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0


@pytest.mark.parametrize("term", ["screen", "xterm-256color"])
@pytest.mark.parametrize("how", ["key", "signal"])
def test_suspend_and_resume(terminal, machine, term, how):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root, term=term, job_control=True)
    ways.to_swap(t)
    for _ in range(2):
        if how == "key":
            t.keys("C-z")
        else:
            os.kill(t.pid(), signal.SIGTSTP)
        t.see("suspended.")
        assert t.tmux("display-message", "-p", "#{alternate_on}").strip() == "0"
        assert (t.tmp / "suspended").read_text() == (t.tmp / "before").read_text()
        t.keys("Enter").see("How much swap do you want?")
    t.keys("Down").see("Reason as chosen")
    t.keys("C-c").see("Leave?")
    t.press("Leave")
    t.ended(1)


def test_resized_while_suspended(terminal, machine):
    t = terminal().start("--sysroot", machine("vm-2g"), job_control=True)
    ways.machine_screen(t)
    t.keys("C-z").see("suspended.")
    t.resize(132, 50)
    t.keys("Enter")
    t.golden("machine")


def test_a_paste_leaves_nothing_behind(terminal, machine):
    """A bracketed paste begins with an escape: it may open the question but never answer it."""
    root = machine("vm-4g")
    before = tree(root)
    t = terminal().start("--sysroot", root)
    ways.machine_screen(t)
    for text in ("\x1b[200~rm -rf /\r\r\x1b[201~", "\x1bx", "\x1b[99~", "\x1bOP\x1b\x1b"):
        t.type(text)
        # Whatever the result: two Escs and Stay lead back.
        t.until(lambda s: "Leave?" in s or "Help" in s or "This machine" in s or "Choose a size" in s, "something")
        if "Leave?" in t.screen():
            t.press("Stay").gone("Leave?")
        if "┤ Help" in t.screen():
            t.press("Close").gone("┤ Help")
        assert "ended with" not in t.screen()
    assert tree(root) == before


def test_back_and_forward_keeps_the_answers(terminal, machine):
    root = machine("vm-8g")
    t = terminal().start("--sysroot", root)
    ways.to_profile(t)
    t.keys("Up").until(lambda s: "Recommended. An 8 GB" not in s, "another profile")
    t.keys("+").see("as asked for by --workers")
    chosen = t.screen()
    t.press("Next").see("How much swap")
    t.keys("Down").see("Reason as chosen")
    t.press("Next").see("Where should the gateway")
    t.keys("C-u").type("/srv/there").see("/srv/there")
    t.keys("Enter", "Enter", "C-u").type("99").see("99")
    t.press("Next").see("Which providers")
    t.type("sk-kept")
    t.keys("Enter").see("*******")
    t.press("Back").see("/srv/there", "99")
    for screen, text in (("How much swap", "Reason as chosen"), ("Choose a size", "as asked for by --workers"), ("This machine", "")):
        t.press("Back").see(screen, text)
    t.press("Next").see("Choose a size", "as asked for by --workers")
    assert t.screen().splitlines()[3:8] == chosen.splitlines()[3:8]
    t.press("Next").see("How much swap", "Reason as chosen")
    t.press("Next").see("/srv/there", "99")
    t.press("Next").see("Which providers", "*******")
    t.press("Next").see("Review", "/srv/there")
    t.press("Back").see("Which providers", "*******")
    t.press("Next").see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert "OPENAI_API_KEY=sk-kept\n" in (root / "srv/there/.env").read_text()
    assert "GATEWAY_PORT=99\n" in (root / "srv/there/.env").read_text()
