# SPDX-License-Identifier: MIT
"""
Every screen against the reviewed dump at 80 x 24, 132 x 50 and 40 x 16, and resized between them. UPDATE=1 writes the dumps; review the
diff before you commit it.
"""

import re

import pytest

import ways
from shared import MACHINES, ROOT, run

SMALLEST = (40, 16)
SIZES = [(132, 50), SMALLEST, (80, 24)]


def check(t, name):
    """Checks the screen at each size, with a too small one in between."""
    t.golden(name)
    for size in SIZES:
        t.resize(30, 9)
        t.see("Please make this window")
        t.resize(*size)
        t.golden(name)
        # A truncated reason is repeated in full in the text below; nothing else is truncated.
        assert not [line for line in t.screen().splitlines() if re.search(r"[^.]\.\.\.(?!\.|.*\])", line) and "[!]" not in line], t.screen()


@pytest.mark.parametrize("term", ["screen", "xterm-256color"])
def test_the_way_on_a_small_machine(terminal, machine, term):
    root = machine("vm-2g")
    # With the founding figures it does not fit, which is a page of its own.
    t = terminal().start("--cost-model", "seed-2025-11", "--sysroot", root, term=term)
    ways.machine_screen(t)
    check(t, "machine")
    ways.to_profile(t)
    check(t, "profile")
    # Two workers would not fit, so that every larger profile comes to the same: one line is left.
    assert "MEDIUM_VPS" not in t.screen() and "DESKTOP" not in t.screen()
    t.keys("+").see("2 workers: as asked for by --workers")
    check(t, "profile-other")
    t.keys("-").see("Recommended. A 2 GB VPS")
    t.keys("Enter").see("Which image of Open WebUI")
    check(t, "image")
    t.keys("Down").see("2564 of 1978 MiB", "272 MiB less")
    t.keys("Up").see("2836 of 1978 MiB")
    t.press("Next").see(ways.TIGHT, "fine for trying it out alone; for daily use rent 4 GB")
    check(t, "fit")
    t.press("Go on").see("How much swap")
    check(t, "swap")
    t.keys("Down", "Down").see("[!] a size of at")
    t.keys("Tab").type("x")
    t.keys("Tab").see("Own size x")
    check(t, "swap-wrong")
    t.press("Next").refused()
    t.keys("C-u").type("64M").see("64M")
    t.press("Next").see("does not fit into memory", "and 64 MiB of swap")


def test_gateway_and_review(terminal, machine):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    check(t, "gateway")
    t.keys("Enter", "C-u").type("nowhere")
    t.keys("Enter").see("[!] an address such")
    check(t, "gateway-wrong")
    t.keys("Up", "C-u").type("0.0.0.0")
    t.press("Next").see("Which providers")
    check(t, "models")
    t.type("sk-1234")
    t.keys("Enter").see("*******")
    for _ in range(4):
        t.keys("Enter")
    t.type("nowhere")
    t.keys("Enter").see("[!] an address such")
    check(t, "models-wrong")
    t.keys("Up", "C-u").type("http://192.0.2.7:11434/v1")
    t.keys("Enter").type("llama")
    t.press("Next").see("Review")
    check(t, "review")
    t.keys("F1").see("Help", "everything that will change")
    check(t, "help")
    t.press("Close").gone("everything that will change")
    t.keys("Escape").see("Leave?", "Nothing has been changed.")
    check(t, "leave")
    t.press("Stay").gone("Nothing has been changed. What")
    ways.write(t).see("Done")
    check(t, "done")
    ways.finish(t)


def test_the_review_scrolls_to_its_end(terminal, machine):
    root = machine("vm-2g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    t = terminal().start("--ram", "8G", "--cpus", "4", "--sysroot", root)
    ways.to_review(t)
    check(t, "review-rerun")
    t.until_scrolled("@@")
    t.keys("Down", "Up", "PageUp")


def test_a_stack_of_somebody_elses(terminal, machine):
    root = machine("vm-4g")
    (root / "srv/stack").mkdir(parents=True)
    (root / "srv/stack/compose.yaml").write_text((ROOT / "tests/compose/refused/two-litellms/before.yaml").read_text())
    t = terminal().start("--compose", "/srv/stack/compose.yaml", "--sysroot", root)
    ways.to_swap(t)
    t.keys("Enter").see("Which of its services")
    check(t, "services")
    t.keys("Enter").see("litellm service a")
    check(t, "adopted")
    t.press("Next").see("Review")
    check(t, "review-adopted")


def test_conflict(terminal, machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--cost-model", "seed-2025-11", "--sysroot", root).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace('"1536M"', '"1700M"', 1))
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("Edited by hand")
    check(t, "conflict")


def test_older_images(terminal, machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(re.sub(r"(image: nginx:).*", r"\g<1>1.28.0-alpine", compose.read_text()))
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("Older images", "1.28.0-alpine")
    check(t, "images")
    t.keys("Down")
    t.press("Next").see("Review", "newer images: nginx (1.28.0-alpine to")
    ways.write(t).see("Done")
    ways.finish(t)
    assert "1.28.0-alpine" not in compose.read_text()


@pytest.mark.parametrize("name", ["vm-2g-crashkernel", "lxc-2g", "pi-no-memcg", "gateway-running-4g", "vm-512m"])
def test_what_is_odd_about_a_machine(terminal, name):
    t = terminal().start("--sysroot", MACHINES / name)
    ways.machine_screen(t)
    check(t, f"machine-{name}")


def test_failure(terminal, machine):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root)
    ways.to_review(t)
    (root / "opt").mkdir()
    (root / "opt/ai-gateway").write_text("in the way")
    ways.write(t).see("It failed")
    check(t, "failed")


def test_progress(terminal, machine):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root, wrap=ways.slowed("renameat", 9))
    ways.to_review(t)
    ways.write(t).see("Writing")
    t.golden("writing")
    t.see("Done")
    ways.finish(t)


def right_border(screen):
    return {len(line) for line in screen.splitlines() if line.endswith(("│", "┐", "┘")) and "│" in line}


@pytest.mark.parametrize("lang", ["C.UTF-8", "C"])
def test_wide_and_combining_characters(terminal, machine, lang):
    root = machine("vm-4g")
    release = root / "etc/os-release"
    release.unlink()
    release.write_text('ID=debian\nPRETTY_NAME="漢字 Linux für señoras e\u0301 ☃ 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 end"\n')
    t = terminal().start("--sysroot", root, LANG=lang)
    ways.machine_screen(t)
    screen = t.see("end (typical" if lang == "C.UTF-8" else "Linux f")
    # Without UTF-8 the frame uses the terminal's line characters, which tmux dumps as letters. Wide characters have two columns:
    # borders align in columns, not in characters.
    from unicodedata import combining, east_asian_width
    columns = {sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in line)
               for line in screen.splitlines() if re.match(r" +[│┌└xlm]", line)}
    assert len(columns) == 1, screen
    if lang == "C":
        assert screen.isascii() and "Linux f" in screen


def test_escape_sequences_of_a_machine_are_shown_not_obeyed(terminal, machine):
    root = machine("vm-4g")
    release = root / "etc/os-release"
    release.unlink()
    release.write_bytes(b'ID=debian\nPRETTY_NAME="evil\x1b]0;title\x07 \x1b[2J\x1b[31m\x9b\xff name"\n')
    t = terminal().start("--sysroot", root)
    ways.machine_screen(t)
    t.see("evil", "title", "name", "Docker", "This machine")
    assert t.tmux("display-message", "-p", "#{pane_title}").strip() != "title"
