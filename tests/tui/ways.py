# SPDX-License-Identifier: MIT
"""The wizard in single steps, each from a screen that is seen to one that must follow."""

import os
import re

from shared import run


TIGHT = "Tight: part of it will be in swap"


def machine_screen(t):
    t.see("This machine", "vpsfit sets up")


def to_profile(t):
    machine_screen(t)
    t.keys("Enter").see("Choose a size for your gateway:")


def to_swap(t):
    to_profile(t)
    t.keys("Enter")
    after = ("Which image of Open WebUI", "does not fit into memory", TIGHT, "How much swap")
    screen = t.until(lambda s: any(text in s for text in after), "what follows the profile")
    if after[0] in screen:
        t.press("Next")
        screen = t.until(lambda s: any(text in s for text in after[1:]), "what follows the image")
    if "does not fit into memory" in screen or TIGHT in screen:
        past_misfit(t)
    t.see("How much swap do you want?")


def past_misfit(t):
    screen = t.until(lambda s: "<Go on>" in s or "<Go on all the same>" in s, "a way on")
    t.press("Go on" if "<Go on>" in screen else "Go on all the same")


def to_gateway(t):
    to_swap(t)
    t.keys("Enter").see("Where should the gateway")


def past_models(t):
    t.see("Which providers do you have a key for?")
    t.press("Next")


def to_review(t):
    to_gateway(t)
    t.press("Next")
    past_models(t)
    t.see("Review", "Nothing has been changed yet")


def read_on(t, label="Read on"):
    """One press, and what it brought."""
    before = t.screen()
    t.press(label)
    return t.until(lambda s: s != before, "more text")


def write(t, label="Write", on="Read on"):
    """Reads on for as long as there are warnings to read."""
    while f"<{label}>" not in t.until(lambda s: f"<{label}>" in s or f"<{on}>" in s, "a way on"):
        read_on(t, on)
    return t.press(label)


def to_done(t):
    to_review(t)
    write(t).see("Done", "The stack is written.", "Start it")


def finish(t):
    t.press("Finish")
    return t.ended(0)


def written(root):
    """Every file of the stack, without random values."""
    found = {}
    for folder, _, names in os.walk(root / "opt"):
        for name in names:
            path = os.path.join(folder, name)
            with open(path) as file:
                text = file.read()
            found[os.path.relpath(path, root)] = (os.stat(path).st_mode, re.sub(r"=(sk-)?[0-9a-f]{64}$", "=SECRET", text, flags=re.M))
    return found


def unattended(command, root, other, *more):
    """Runs the printed command on another copy of the same machine, without a terminal."""
    import shlex
    words = shlex.split(command)
    assert words[0] == "vpsfit"
    return run(*[str(other) if word == str(root) else word for word in words[1:]], *more)


def slowed(call, when):
    """The same program, held for two seconds at one system call, so that its screen can be seen meanwhile."""
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:delay_enter=2000000:when={when}"]
