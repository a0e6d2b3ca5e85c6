# SPDX-License-Identifier: MIT
"""Reruns: status, rollback, recovery, manual edits, remembered answers, databases with lost secrets, and apply doing what plan says."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from conftest import VPSFIT, environment, run
from test_exit_codes import tree

UPGRADE = ["--ram", "8G", "--cpus", "4"]


def listing(root):
    """Names, modes, owners and bytes of the stack."""
    found = {}
    for folder, names, files in os.walk(root / "opt"):
        for name in [*names, *files]:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            found[path] = (st.st_mode, st.st_uid, st.st_gid, open(path, "rb").read() if name in files else None)
    return found


def on_terminal(answers, *args):
    """Runs on its own terminal, typing `answers` one after another at each question."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(VPSFIT, [VPSFIT, *map(str, args)], environment(TERM="vt100"))
    out, answers, deadline = b"", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        out += data
        if out.endswith(b"[y/N] ") and answers:
            os.write(fd, answers.pop(0).encode())
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status), out.decode()


def test_apply_then_rollback_is_nothing(machine):
    root = machine("vm-4g")
    before = listing(root)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    one = listing(root)
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 0
    assert listing(root) != one
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert listing(root) == one
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert listing(root) == before
    done = run("rollback", "--yes", "--sysroot", root)
    assert done.returncode == 1 and "no apply is remembered" in done.stderr


@pytest.mark.root
def test_rollback_keeps_owner_mode_and_attributes(stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    os.chmod(compose, 0o640)
    os.chown(compose, 1234, 1235)
    try:
        os.setxattr(compose, "user.note", b"mine")
        attributes = True
    except OSError:
        attributes = False
    before = listing(root)
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 0
    after = compose.stat()
    assert (after.st_mode & 0o7777, after.st_uid, after.st_gid) == (0o640, 1234, 1235)
    if attributes:
        assert os.getxattr(compose, "user.note") == b"mine"
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert listing(root) == before


def test_secrets_outlive_a_rollback(stack):
    root, directory = stack
    env = (directory / ".env").read_text()
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert not directory.exists()
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert (directory / ".env").read_text() == env


def test_five_applies_are_kept(stack):
    root, directory = stack
    for size in ("8G", "4G", "8G", "4G", "8G", "4G"):
        assert run("apply", "--yes", "--sysroot", root, "--ram", size).returncode == 0
    for _ in range(5):
        assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert run("rollback", "--yes", "--sysroot", root).returncode == 1
    assert (directory / "compose.yaml").exists()


def test_rollback_leaves_edits_alone(stack):
    root, directory = stack
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 0
    compose = directory / "compose.yaml"
    compose.write_text(compose.read_text() + "# mine\n")
    before = tree(root)
    done = run("rollback", "--yes", "--sysroot", root)
    assert done.returncode == 5 and "edited by hand" in done.stderr
    assert tree(root) == before
    done = run("rollback", "--yes", "--keep-edits", "--sysroot", root)
    assert done.returncode == 5 and "nothing to go back to" in done.stderr
    assert tree(root) == before


def test_rollback_into_a_directory_that_was_removed(stack):
    """No apply makes it again; earlier changes in it have nowhere to go back to."""
    root, directory = stack
    secrets = (directory / ".env").read_text()
    (directory / ".env").write_text("")
    assert run("apply", "--yes", "--force", "--sysroot", root).returncode == 0
    shutil.rmtree(directory)
    assert run("apply", "--yes", "--force", "--sysroot", root).returncode == 1
    back = ("rollback", "--yes", "--overwrite-edits", "--sysroot", root)
    done = run(*back)
    assert done.returncode == 0, done.stderr
    assert os.listdir(directory) == [".env"] and (directory / ".env").read_text() == secrets, "lost before the apply: it is not lost again"
    assert directory.stat().st_mode & 0o7777 == 0o755
    done = run(*back)
    assert done.returncode == 0 and not directory.exists(), done.stderr
    assert run(*back).returncode == 1


@pytest.mark.parametrize("gone", [".", ".."])
def test_rollback_after_a_directory_was_removed_by_hand(stack, gone):
    """The stack's directory, or its parent."""
    root, directory = stack
    before = listing(root)
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE, "--port", 81).returncode == 0
    changed = {path for path, what in listing(root).items() if what != before[path]}
    assert {str(directory / name) for name in (".env", "compose.yaml")} <= changed
    shutil.rmtree((directory / gone).resolve())
    done = run("rollback", "--yes", "--overwrite-edits", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    after = listing(root)
    assert all(after[path] == before[path] for path in changed)
    done = run("rollback", "--yes", "--overwrite-edits", "--sysroot", root)
    assert done.returncode == 0 and not directory.exists(), done.stderr


def test_rollback_dry_run_and_question(stack):
    root, directory = stack
    before = tree(root)
    done = run("rollback", "--dry-run", "--sysroot", root)
    assert done.returncode == 0 and "remove" in done.stdout
    assert tree(root) == before
    assert run("rollback", "--sysroot", root).returncode == 4
    code, out = on_terminal(["n\n"], "rollback", "--sysroot", root)
    assert code == 1 and "Go back?" in out and tree(root) == before
    code, _ = on_terminal(["y\n"], "rollback", "--sysroot", root)
    assert code == 0 and not directory.exists()


def test_a_value_edited_by_hand_is_asked_about(stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    litellm, webui = re.findall(r'limits:\n\s*memory: "(\d+M)"', compose.read_text())[:2]
    mine = compose.read_text().replace(f'limits:\n          memory: "{litellm}"', 'limits:\n          memory: "1700M"', 1)
    compose.write_text(mine.replace(f'limits:\n          memory: "{webui}"', 'limits:\n          memory: "1290M"', 1))
    code, out = on_terminal(["n\n", "y\n", "y\n"], "apply", "--sysroot", root)
    assert code == 0
    assert f"litellm limit was edited by hand: it is 1700M. Write {litellm} instead? [y/N]" in out
    assert '"1700M"' in compose.read_text() and '"1290M"' not in compose.read_text()
    # The decision holds and is not asked again.
    before = tree(root)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert tree(root) == before
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 0
    assert '"1700M"' in compose.read_text()
    compose.write_text(compose.read_text().replace('"1700M"', '"1777M"'))
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 5
    assert run("apply", "--yes", "--overwrite-edits", "--sysroot", root).returncode == 0
    assert "1777M" not in compose.read_text()


def test_answers_are_remembered(stack):
    root, directory = stack
    args = ["--profile", "SMALL_VPS", "--workers", "3", "--cost-model", "points-2025-11"]
    assert run("apply", "--yes", "--sysroot", root, *args).returncode == 0
    before = tree(root)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert tree(root) == before
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--profile", "auto").stdout)
    assert (plan["profile"], plan["workers"]) == ("MEDIUM_VPS", 2)


def test_status(machine):
    root = machine("vm-2g")
    assert "Nothing has been applied here yet" in run("status", "--sysroot", root).stdout
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert run("status", "--exit-code", "--sysroot", root).returncode == 0
    before = tree(root)
    done = run("status", "--sysroot", root, "--ram", "4G", "--cpus", "2")
    text = re.sub(r"\s+", " ", done.stdout)
    assert "was 2 GB and 1 core, now 4 GB and 2 cores: SMALL_VPS -> MEDIUM_VPS, 1 -> 2 workers" in text
    assert run("status", "--exit-code", "--sysroot", root, "--ram", "4G").returncode == 6
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text() + "# mine\n")
    (root / "opt/ai-gateway/nginx/nginx.conf").unlink()
    status = json.loads(run("status", "--json", "--sysroot", root).stdout)
    assert {f["path"].rsplit("/", 1)[1]: f["state"] for f in status["files"]} == {
        "compose.yaml": "edited since", "nginx.conf": "missing", ".env": "there", "config.yaml": "as written",
        "vpsfit_launch.py": "as written", "vpsfit_key.py": "as written"}
    assert status["schema"] == "vpsfit.status/1" and status["pending"] is True
    assert before.keys() - tree(root).keys() == {str(root / "opt/ai-gateway/nginx/nginx.conf")}


def test_the_plan_keeps_its_word(stack, tmp_path):
    """The diff of plan and --dry-run, applied with patch, gives byte for byte what apply writes."""
    root, directory = stack
    before = tree(root)
    plan = run("plan", "--sysroot", root, *UPGRADE).stdout
    dry = run("apply", "--dry-run", "--sysroot", root, *UPGRADE).stdout
    assert plan == dry and tree(root) == before
    patched = tmp_path / "patched"
    shutil.copytree(directory, patched)
    diff = plan[plan.index("\n--- "):]
    subprocess.run(["patch", "-p3", "--quiet"], cwd=patched, input=diff, text=True, check=True)
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 0
    for path in directory.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (patched / path.relative_to(directory)).read_bytes()


def test_the_plan_of_a_new_stack_keeps_its_word(machine, tmp_path):
    root = machine("vm-4g")
    changes = json.loads(run("plan", "--json", "--sysroot", root).stdout)["changes"]
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    for change in changes:
        written = (root / change["path"][1:]).read_text()
        lines = change["diff"].splitlines()[3:]
        assert all(line[0] == "+" for line in lines)
        told = "".join(line[1:] + "\n" for line in lines)
        if change["path"].endswith(".env"):
            written = re.sub(r"=(sk-)?[0-9a-f]{64}$", "=(a new secret)", written, flags=re.M)
        assert told == written


def test_nothing_to_do_writes_nothing(stack, tmp_path):
    """Checked with strace: no file is opened for writing, renamed or touched."""
    root, _ = stack
    program = VPSFIT.replace("/san/", "/debug/")
    log = tmp_path / "log"
    done = subprocess.run(["strace", "-f", "-o", log, "-e", "trace=%file,fchmod,fchown,fsync,ftruncate", program, "apply", "--yes",
                           "--sysroot", root], env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and "none" in done.stdout
    calls = log.read_text()
    assert "openat(" in calls
    assert not re.findall(r"O_WRONLY|O_RDWR\b(?!.*tty)|O_CREAT|rename|unlink|mkdir|utimensat|fchmod|fchown|fsync|truncate", calls)


@pytest.mark.parametrize("lost", ["POSTGRES_PASSWORD", "LITELLM_SALT_KEY"])
def test_a_database_without_its_secret_stops_everything(stack, lost):
    root, directory = stack
    (root / "var/lib/docker/volumes/ai-gateway_postgres_data/_data").mkdir(parents=True)
    for copy in [directory / ".env", *(root / "var/lib/vpsfit").glob("*/kept.env"), *(root / "var/lib/vpsfit").glob("*/history/*/*.after")]:
        copy.write_text(re.sub(rf"^{lost}=.*", f"{lost}=", copy.read_text(), flags=re.M))
    before = tree(root)
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert lost in done.stderr and "ai-gateway_postgres_data" in done.stderr
    assert "rm -r" not in done.stderr and "docker volume" not in done.stderr
    assert tree(root) == before


def test_a_database_elsewhere_is_found(machine):
    root = machine("vm-4g")
    (root / "etc/docker").mkdir(parents=True)
    (root / "etc/docker/daemon.json").write_text('{"data-root": "/srv/docker"}')
    (root / "srv/docker/volumes/ai-gateway_postgres_data").mkdir(parents=True)
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert "POSTGRES_PASSWORD" in done.stderr or "LITELLM_SALT_KEY" in done.stderr
    assert not (root / "opt").exists()


def test_a_second_run_waits_for_nobody(stack):
    import fcntl
    root, _ = stack
    store = next((root / "var/lib/vpsfit").iterdir())
    fd = os.open(store, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    before = tree(root)
    done = run("apply", "--yes", "--sysroot", root, *UPGRADE)
    os.close(fd)
    assert done.returncode == 1 and "another vpsfit is at work" in done.stderr
    assert tree(root) == before


def test_recover_with_nothing_to_do(stack):
    root, _ = stack
    before = tree(root)
    done = run("recover", "--sysroot", root)
    assert done.returncode == 0 and "No interrupted apply was found" in done.stdout
    assert tree(root) == before


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"[]", b'{"schema": "vpsfit.state/9"}', b"\xff\x00"])
def test_a_damaged_state_is_an_error(stack, damage):
    root, _ = stack
    state = next((root / "var/lib/vpsfit").glob("*/history/000001/state.json"))
    state.write_bytes(damage)
    before = tree(root)
    for command in (["apply", "--yes"], ["plan"], ["status"]):
        done = run(*command, "--sysroot", root)
        assert done.returncode == 1 and "state.json" in done.stderr
    assert tree(root) == before


@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema": "vpsfit.journal/1", "files": [{"path": "etc"}]}', b"\xff"])
def test_a_damaged_journal_is_an_error(stack, damage):
    root, _ = stack
    store = next((root / "var/lib/vpsfit").iterdir())
    (store / "tx").mkdir()
    (store / "tx/journal.json").write_bytes(damage)
    before = tree(root)
    assert run("recover", "--sysroot", root).returncode == 1
    assert run("apply", "--yes", "--sysroot", root, *UPGRADE).returncode == 1
    assert tree(root) == before
