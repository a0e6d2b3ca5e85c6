# SPDX-License-Identifier: MIT
"""Other users are told correctly that root applied the stack, by every command, and get no harmful advice."""

import os
import pty
import select
import shlex
import subprocess
import time

import pytest

from conftest import VPSFIT, environment

# Root applies in each of them, and nobody looks.
pytestmark = pytest.mark.root
NOBODY = "65534"
LIES = ("Nothing was applied", "Nothing has been applied", "not written by vpsfit", "move it away", "no apply is remembered", "was not written")


def world(script, dirs="/opt/ai-gateway", setup=None):
    """Lets root apply in a namespace with its own /opt and /var/lib, then runs the script as nobody."""
    applied = setup or f"{shlex.quote(VPSFIT)} apply --yes -q --force --swap none --dir {dirs} </dev/null"
    return ["unshare", "-m", "sh", "-c",
            "set -e; mount -t tmpfs none /opt; mount -t tmpfs none /var/lib; mkdir -p /var/lib/dpkg; " + applied +
            f"; exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups sh -c {shlex.quote(script)}"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A copy that nobody can reach: the tests may be below somebody's home."""
    where = tmp_path_factory.mktemp("program")
    for folder in (where, *where.parents):
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)
    return VPSFIT


def as_nobody(program, *args, **kwargs):
    script = f"HOME=/nonexistent XDG_STATE_HOME=/tmp/nobody-$$ {shlex.join([program, *args])}; echo \"rc $?\""
    done = subprocess.run(world(script, **kwargs), capture_output=True, text=True, timeout=120, env=environment(), stdin=subprocess.DEVNULL,
                          check=False)
    assert "rc " in done.stdout, done.stderr
    said, code = done.stdout.rsplit("rc ", 1)
    return said + done.stderr, int(code)


@pytest.mark.parametrize("args, command", [
    (["status"], "sudo vpsfit status"), (["status", "--json"], "sudo vpsfit status"), (["plan"], "sudo vpsfit plan"),
    (["plan", "--json"], "sudo vpsfit plan"), (["apply", "--yes"], "sudo vpsfit apply"), (["apply", "--dry-run"], "sudo vpsfit apply"),
    (["rollback", "--yes"], "sudo vpsfit rollback"), (["rollback", "--dry-run"], "sudo vpsfit rollback"), (["notice"], "sudo vpsfit notice"),
    (["notice", "--exit-code"], "sudo vpsfit notice"),
])
def test_every_command_says_whose_it_is(program, args, command):
    said, code = as_nobody(program, *args, "--swap", "none") if args[0] in ("plan", "apply") else as_nobody(program, *args)
    assert code == (3 if "does not fit this machine" in said else 1), said
    assert ("by root" in said or "only root can see what root applied" in said) and command in said, said
    assert not [lie for lie in LIES if lie in said], said


@pytest.mark.parametrize("stack_dir", ["/opt/other", "/opt/my gw"])
def test_other_directories_are_named(program, stack_dir):
    said, code = as_nobody(program, "status", "--dir", stack_dir, dirs=shlex.quote(stack_dir))
    assert code == 1 and f"sudo vpsfit status --dir {shlex.quote(stack_dir)}" in said


def test_an_adopted_stack(program):
    setup = ("mkdir -p /opt/x; printf 'services:\\n  litellm:\\n    image: litellm\\n    command: [--num_workers, \"9\"]\\n' >/opt/x/c.yml; "
             f"{shlex.quote(VPSFIT)} apply --yes -q --force --swap none --compose /opt/x/c.yml </dev/null")
    for command in ("status", "plan"):
        said, code = as_nobody(program, command, "--compose", "/opt/x/c.yml", setup=setup)
        assert "by root" in said and f"sudo vpsfit {command} --compose /opt/x/c.yml" in said, said
        assert code != 0 and not [lie for lie in LIES if lie in said], said


def test_a_state_that_may_not_be_read_is_roots(program):
    for command in ("status", "plan", "rollback"):
        said, code = as_nobody(program, command, "--state", "/var/lib/vpsfit", *(["--yes"] if command == "rollback" else []))
        assert code == 1 and "move it away" not in said, said
    said, _ = as_nobody(program, "status", "--state", "/var/lib/vpsfit")
    assert "sudo" in said


def test_where_root_applied_nothing_nobody_is_sent_to_sudo(program):
    said, code = as_nobody(program, "status", setup="true")
    assert code == 0 and "Nothing has been applied here yet." in said and "sudo" not in said
    said, code = as_nobody(program, "notice", setup="true")
    assert (said, code) == ("", 0)
    # Root has a stack, but not in this directory.
    said, code = as_nobody(program, "status", "--dir", "/tmp/none-there")
    assert code == 0 and "sudo" not in said


def test_the_wizards_first_screen_says_it(program):
    child, fd = pty.fork()
    if child == 0:
        args = world(f"HOME=/nonexistent XDG_STATE_HOME=/tmp/nobody exec {shlex.quote(program)} --plain")
        os.execvpe(args[0], args, environment(TERM="dumb"))
    seen, end = "", time.monotonic() + 60
    while "by root" not in seen and time.monotonic() < end:
        if select.select([fd], [], [], 0.2)[0]:
            try:
                seen += os.read(fd, 65536).decode(errors="replace")
            except OSError:
                break
    os.close(fd)
    os.waitpid(child, 0)
    assert "by root" in " ".join(seen.split()), seen
