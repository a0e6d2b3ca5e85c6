"""`vpsfit notice`: silent until the machine changes, then a few lines for each stack; it changes nothing."""

import shutil
import subprocess

from conftest import run


def resized(machine, root, bigger):
    """The same disk in another machine."""
    other = machine(bigger)
    for part in ("opt", "var/lib/vpsfit"):
        (other / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(root / part, other / part, dirs_exist_ok=True)
    return other


def tree(root):
    return subprocess.run(["find", ".", "-printf", "%p %T@ %m\n"], cwd=root, capture_output=True, text=True,
                          check=True).stdout


def test_silent_where_nothing_changed_or_nothing_was_applied(machine, stack):
    for root in (stack[0], machine("vm-2g")):
        done = run("notice", "--exit-code", "--sysroot", root)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_says_what_changed_and_changes_nothing(machine, stack):
    root = resized(machine, stack[0], "vm-8g")
    before = tree(root)
    done = run("notice", "--sysroot", root)
    text = " ".join(done.stdout.split())
    assert done.returncode == 0 and done.stderr == ""
    assert "MEDIUM_VPS -> LARGE_VPS" in text and "was 4 GB" in text and "/opt/ai-gateway" in text
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert run("notice", "--exit-code", "--quiet", "--sysroot", root).returncode == 6
    assert tree(root) == before


def test_every_stack_is_looked_at(machine, stack):
    assert run("apply", "--yes", "--dir", "/srv/two", "--sysroot", stack[0]).returncode == 0
    root = resized(machine, stack[0], "vm-2g")
    said = run("notice", "--sysroot", root).stdout
    assert "/opt/ai-gateway" in said and "/srv/two" in said


def test_gone_after_the_next_apply(machine, stack):
    root = resized(machine, stack[0], "vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert run("notice", "--sysroot", root).stdout == ""


def test_a_corrupt_state_is_named_and_the_others_are_looked_at(machine, stack):
    assert run("apply", "--yes", "--dir", "/srv/two", "--sysroot", stack[0]).returncode == 0
    root = resized(machine, stack[0], "vm-8g")
    state = next((root / "var/lib/vpsfit").glob("ai-gateway-*/history/*/state.json"))
    state.write_text("{")
    done = run("notice", "--sysroot", root)
    assert done.returncode == 1 and "/srv/two" in done.stdout and "state.json" in done.stderr
