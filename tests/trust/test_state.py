# SPDX-License-Identifier: MIT
"""vpsfit's state: whom it trusts, what a journal may name, and what cannot be recorded."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from conftest import FAST, USER, give_acl, tree

COMMANDS = [["apply", "--yes", "--force", "--swap", "none", "--port", "81"], ["plan", "--force", "--swap", "none"], ["status"],
            ["rollback", "--yes", "--overwrite-edits"]]
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@pytest.fixture
def stack(world):
    """A stack of root's, in a directory of root's."""
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    return world


def parts(world):
    store = world.store()
    return {"state directory": world.state, "store": store, "history": store / "history", "entry": store / "history/000001",
            "state.json": store / "history/000001/state.json", "journal.json": store / "history/000001/journal.json",
            "a copy": store / "history/000001/0.after"}


def distrusts(world, path, commands=COMMANDS):
    before = tree(world.base)
    for command in commands:
        done = world.run(*command, "--dir", world.dir)
        assert done.returncode == 1, (command, done.returncode, done.stdout, done.stderr)
        assert str(path) in done.stderr and "trusts" in done.stderr, done.stderr
        assert tree(world.base) == before


PARTS = ["state directory", "store", "history", "entry", "state.json"]


@pytest.mark.parametrize("part", PARTS)
def test_a_state_of_another_user(stack, part):
    path = parts(stack)[part]
    os.chown(path, USER, USER)
    distrusts(stack, path)
    done = stack.run("status", "--dir", stack.dir)
    assert "65534" in done.stderr and "mode 0" in done.stderr and "chown" in done.stderr


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777, 0o702])
@pytest.mark.parametrize("part", PARTS)
def test_a_state_that_others_can_write(stack, part, mode):
    path = parts(stack)[part]
    os.chmod(path, mode)
    distrusts(stack, path)
    assert "chmod" in stack.run("status", "--dir", stack.dir).stderr


@pytest.mark.parametrize("part", ["journal.json", "a copy"])
@pytest.mark.parametrize("how", ["owner", "mode"])
def test_a_journal_or_copy_of_another_user(stack, part, how):
    path = parts(stack)[part]
    if how == "owner":
        os.chown(path, USER, USER)
    else:
        os.chmod(path, 0o666)
    distrusts(stack, path, COMMANDS[3:])


def test_the_whole_state_given_away(stack):
    """Like a backup that was restored with the wrong owner."""
    stack.give(stack.state)
    distrusts(stack, stack.state)
    assert stack.run("recover").returncode == 1
    assert stack.run("notice").returncode == 1


def plant(store, path, text, dir, undoes=0):
    """An interrupted transaction, as an attacker would write it."""
    tx = store / "tx"
    tx.mkdir(parents=True)
    (tx / "0.after").write_text(text)
    (tx / "state.json").write_text(json.dumps({"schema": "vpsfit.state/1", "dir": str(dir), "files": []}))
    (tx / "journal.json").write_text(json.dumps({
        "schema": "vpsfit.journal/1", "time": "", "undoes": undoes, "dirs": [],
        "files": [{"path": str(path), "before": None, "after": {"mode": 0o644, "uid": 0, "gid": 0}}]}))


def test_a_planted_journal_is_not_carried_out(world):
    state = world.home / "st"
    plant(state / "X-0000000000000000", world.etc / "owned", "* * * * * root id\n", world.etc)
    world.give(world.home)
    for command in (["recover"], ["apply", "--yes", "--force", "--swap", "none", "--dir", world.dir]):
        done = world.run(*command, state=state)
        assert done.returncode == 1, (command, done.stdout, done.stderr)
        assert not list(world.etc.iterdir()) and str(state) in done.stderr


def test_state_below_another_users_directory(world):
    state = world.home / "st"
    state.mkdir(mode=0o700)
    done = world.apply(dir=world.base / "gw", state=state)
    assert done.returncode == 1 and str(world.home) in done.stderr and "--state" in done.stderr
    os.chown(world.home, 0, 0)
    assert world.apply(dir=world.base / "gw", state=state).returncode == 0


def link_of(path, leads_to, uid=USER):
    os.symlink(leads_to, path)
    os.chown(path, uid, uid, follow_symlinks=False)


@pytest.mark.parametrize("way", ["his link", "roots link at his", "a directory of his", "sticky", "his link in a link"])
def test_a_state_through_somebody_elses_link(stack, way):
    """The link leads to root's own state now, and could lead to an older copy later."""
    assert stack.apply("--port", 81).returncode == 0
    u = stack.base / "them"
    u.mkdir()
    os.chown(u, USER, USER)
    at, uid = u / "st", USER
    if way == "roots link at his":
        uid = 0
    elif way == "sticky":
        os.chown(u, 0, 0)
        os.chmod(u, 0o1777)
    if way == "a directory of his":
        os.symlink(stack.base, u / "base")
        at = u / "base/st"
    else:
        link_of(at, stack.state, uid)
    if way == "his link in a link":
        os.symlink(at, stack.base / "data")
        at = stack.base / "data"
    before = tree(stack.base)
    for command in [*COMMANDS, ["recover"], ["notice"]]:
        done = stack.run(*command, *([] if command[0] in ("recover", "notice") else ["--dir", stack.dir]), state=at)
        assert done.returncode == 1 and "symbolic link" in done.stderr and "--state" in done.stderr, (command, done.stdout, done.stderr)
        assert tree(stack.base) == before


@pytest.mark.parametrize("link", ["st", "lib", "two"])
def test_a_state_that_was_moved_to_a_disk_for_data(stack, link):
    """Links of root's in directories of root's: the state itself, a directory above it, or a chain of links."""
    disk = stack.base / "disk"
    disk.mkdir()
    state = stack.state
    if link == "lib":
        os.symlink(stack.base, disk / "lib")
        state = disk / "lib/st"
    else:
        os.rename(state, disk / "st")
        os.symlink("disk/../disk/st", stack.base / ("st" if link == "st" else "first"))
        if link == "two":
            os.symlink(stack.base / "first", state)
    assert stack.apply("--port", 81, state=state).returncode == 0
    assert len(list(state.iterdir())) == 1 and "Applied " in stack.run("status", "--dir", stack.dir, state=state).stdout
    assert stack.rollback(state=state).returncode == 0
    assert "GATEWAY_PORT=8080" in (stack.dir / ".env").read_text()


def test_a_state_behind_a_users_own_link(world):
    """A user may follow his own link; root does not follow it."""
    (world.home / "disk").mkdir()
    os.chown(world.home / "disk", USER, USER)
    link_of(world.home / "st", "disk")
    him = {"user": USER, "group": USER, "extra_groups": [], "program": FAST, "state": world.home / "st"}
    assert world.apply(**him).returncode == 0
    assert world.rollback(**him).returncode == 0
    done = world.apply(state=world.home / "st")
    assert done.returncode == 1 and "symbolic link" in done.stderr, done.stderr


@pytest.mark.parametrize("who", [(2, USER, 7), (8, 100, 7)])
def test_state_below_a_directory_that_a_list_opens(world, who):
    """Owner and group are root; the mode's group bits are the list's mask."""
    os.chown(world.home, 0, 0)
    give_acl(world.home, who)
    before = tree(world.base)
    done = world.apply(dir=world.base / "gw", state=world.home / "a/st")
    assert done.returncode == 1 and str(world.home) in done.stderr and "--state" in done.stderr, (done.returncode, done.stderr)
    assert tree(world.base) == before
    os.removexattr(world.home, "system.posix_acl_access")
    give_acl(world.home, who, default=True)
    os.chmod(world.home, 0o755)
    assert world.apply(dir=world.base / "gw", state=world.home / "st").returncode == 0


def test_a_state_that_a_list_opens(stack):
    give_acl(stack.state, (2, USER, 7))
    distrusts(stack, stack.state)


@pytest.mark.parametrize("victim", ["{etc}/cron", "{dir}/../../etc/cron", "{store}/history/000001/state.json", "{store}/lock",
                                    "{state}/other-0000000000000000/tx/journal.json", "{dir}", "/etc/systemd/system/{name}.service",
                                    "/etc/systemd/system/../{name}.swap", "/etc/sysctl.d/{name}", "/etc/fstab.{name}"])
def test_a_journal_with_foreign_paths(stack, victim):
    """The state belongs to root: a manipulated backup, or a file that somebody edited."""
    store = stack.store()
    # A name without meaning on this machine, because a bug would really write it.
    path = victim.format(etc=stack.etc, dir=stack.dir, store=store, state=stack.state, name=stack.base.name)
    plant(store, path, "owned\n", stack.dir)
    before = tree(stack.etc, stack.dir, store / "history")
    done = stack.run("recover")
    written = os.path.isfile(path) and pathlib.Path(path).read_text() == "owned\n"
    if written:
        os.unlink(path)
    assert done.returncode == 1 and path in done.stderr and not written, done.stderr
    assert tree(stack.etc, stack.dir, store / "history") == before


@pytest.mark.parametrize("victim", ["{etc}", "/usr/local/vpsfit-trust", "{dir}/../etc"])
def test_a_journal_with_foreign_directories(stack, victim):
    store = stack.store()
    path = victim.format(etc=stack.etc, dir=stack.dir)
    journal = store / "history/000001/journal.json"
    text = json.loads(journal.read_text())
    text["dirs"].append(path)
    journal.write_text(json.dumps(text))
    done = stack.rollback()
    assert done.returncode == 1 and path in done.stderr, done.stderr
    assert stack.etc.is_dir() and (stack.dir / "compose.yaml").exists()


def test_rollback_to_a_journal_with_foreign_paths(stack):
    """F7: one sed in journal.json made root's rollback overwrite a private file of root's."""
    (stack.etc / "victim").write_text("root-only\n")
    os.chmod(stack.etc / "victim", 0o600)
    journal = stack.store() / "history/000001/journal.json"
    journal.write_text(journal.read_text().replace(f"{stack.dir}/compose.yaml", f"{stack.etc}/victim"))
    before = tree(stack.etc, stack.dir)
    done = stack.rollback("--overwrite-edits")
    assert done.returncode == 1 and f"{stack.etc}/victim" in done.stderr
    assert tree(stack.etc, stack.dir) == before


def test_an_own_journal_is_finished(stack):
    """Everything in a real journal is still allowed: interrupted at each rename, recovered, rolled back."""
    for when in range(1, 40):
        subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject=renameat,rename:signal=SIGKILL:when={when}", FAST, "apply",
                        "--yes", "--force", "--swap", "none", "--port", str(8000 + when), "--dir", stack.dir, "--state", stack.state],
                       stdin=subprocess.DEVNULL, capture_output=True, env=ENV, timeout=60)
        done = stack.run("recover")
        assert done.returncode == 0, (when, done.stderr)
    assert stack.rollback().returncode == 0


@pytest.mark.parametrize("name", [".gw", "..gw", ".a-0123456789abcdef"])
def test_a_stack_with_a_hidden_name_is_recovered(world, name):
    os.chown(world.home, 0, 0)
    world.dir = world.home / name
    (world.state / ".other").mkdir(parents=True)
    os.chmod(world.state, 0o700)
    for when in range(7, 30):
        subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject=renameat,rename:signal=SIGKILL:when={when}", FAST, "apply", "--yes",
                        "--force", "--swap", "none", "--dir", world.dir, "--state", world.state], stdin=subprocess.DEVNULL,
                       capture_output=True, env=ENV, timeout=60)
        if list(world.state.glob(f"{name}-*/tx/journal.json")):
            break
    assert list(world.state.glob(f"{name}-*/tx/journal.json"))
    done = world.run("recover")
    assert done.returncode == 0 and not list(world.state.glob(f"{name}-*/tx")), (done.stdout, done.stderr)
    assert "No interrupted apply was found" in world.run("recover").stdout and (world.dir / "compose.yaml").exists()
    # Also recognised under another name.
    os.symlink(name, world.home / "link")
    assert f"{world.dir}\n" in world.run("status", "--dir", world.home / "link").stdout
    assert world.run("rollback", "--yes", "--dir", world.home / "link").returncode == 0


ROLLBACK = ("rollback", "--yes", "--overwrite-edits")


def lost(stack):
    """A stack whose directory was removed after an apply that changed files in it. Returns the store, and what a rollback restores."""
    before = {p: p.read_bytes() for p in stack.dir.rglob("*") if p.is_file()}
    assert stack.apply("--port", 81, "--ram", "32G", "--cpus", 8).returncode == 0
    before = {p: text for p, text in before.items() if p.read_bytes() != text}
    shutil.rmtree(stack.dir)
    return stack.store(), before


def injected(stack, what):
    return subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject={what}", FAST, *ROLLBACK, "--dir", stack.dir, "--state",
                           stack.state], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENV, timeout=60)


@pytest.mark.parametrize("calls", ["renameat,rename", "mkdirat,mkdir", "unlinkat,rmdir"])
def test_a_rollback_that_makes_directories_is_finished(stack, calls):
    store, before = lost(stack)
    assert len(before) > 1
    shutil.copytree(stack.state, stack.base / "copy")
    for when in range(1, 40):
        killed = injected(stack, f"{calls}:signal=SIGKILL:when={when}").returncode != 0
        pending = (store / "tx/journal.json").exists()
        done = stack.run("recover")
        assert done.returncode == 0, (when, done.stderr)
        if (store / "history/000002").exists():
            assert not pending and not stack.dir.exists(), when
        else:
            assert {p: p.read_bytes() for p in stack.dir.rglob("*") if p.is_file()} == before, when
        if not killed:
            break
        shutil.rmtree(stack.dir, ignore_errors=True)
        shutil.rmtree(stack.state)
        shutil.copytree(stack.base / "copy", stack.state)
    assert not killed and when > 2


@pytest.mark.parametrize("calls", ["fchown", "renameat,rename"])
def test_a_rollback_that_fails_takes_its_directories_away(stack, calls):
    store, _ = lost(stack)
    put_back = 0
    for when in range(1, 40):
        done = injected(stack, f"{calls}:error=EIO:when={when}")
        if done.returncode == 0:
            break
        put_back += "put back as it was" in done.stderr
        assert done.returncode == 1 and not stack.dir.exists() and not (store / "tx").exists(), (when, done.stderr)
    assert done.returncode == 0 and put_back > 1


@pytest.mark.parametrize("victim", ["{etc}/new", "/usr/local/vpsfit-trust", "{dir}/../etc/new"])
def test_a_rollbacks_journal_with_foreign_directories(stack, victim):
    store = stack.store()
    path = victim.format(etc=stack.etc, dir=stack.dir)
    plant(store, stack.dir / "compose.yaml", "owned\n", stack.dir, undoes=1)
    journal = store / "tx/journal.json"
    text = json.loads(journal.read_text())
    text["remade"] = [path]
    journal.write_text(json.dumps(text))
    done = stack.run("recover")
    assert done.returncode == 1 and path in done.stderr and not os.path.exists(path), done.stderr


# What cannot be recorded is not done.

BAD = b"/caf\xe9"


@pytest.mark.parametrize("option", ["--dir", "--state", "--compose", "--swap-file"])
@pytest.mark.parametrize("bad", [BAD, b"/\xff\xfe", b"/x/\xc3", b"/\xed\xa0\x80"])
def test_a_path_that_is_no_utf8(world, option, bad):
    os.chown(world.home, 0, 0)
    before = tree(world.base)
    path = os.fsencode(world.home) + bad
    if option == "--state":
        done = world.run("apply", "--yes", "--force", "--swap", "none", "--dir", world.dir, state=path)
    elif option == "--compose":
        done = world.run("apply", "--yes", "--force", "--swap", "none", option, path + b"/compose.yaml")
    else:
        done = world.apply(option, path) if option == "--swap-file" else world.apply(dir=path)
    assert done.returncode == 2 and "UTF-8" in done.stderr, (done.returncode, done.stderr)
    assert tree(world.base) == before


def test_a_working_directory_that_is_no_utf8(world):
    os.chown(world.home, 0, 0)
    here = os.fsencode(world.home) + BAD
    os.mkdir(here)
    done = world.run("apply", "--yes", "--force", "--swap", "none", "--dir", "gw", cwd=here)
    assert done.returncode == 2 and "UTF-8" in done.stderr and os.listdir(here) == []


def test_a_path_in_other_letters(world):
    os.chown(world.home, 0, 0)
    world.dir = world.home / "Büro ключ 案"
    assert world.apply().returncode == 0
    assert world.rollback().returncode == 0 and not world.dir.exists()


# Stack and state must be apart.

@pytest.mark.parametrize("dir, state", [("st/gw", "st"), ("st", "st"), ("st/a/b", "st"), ("gw", "gw/state"), ("gw", "gw/x/.vpsfit"),
                                        ("link/gw", "st")])
def test_stack_and_state_lie_apart(world, dir, state):
    (world.base / "st").mkdir()
    os.symlink("st", world.base / "link")
    before = tree(world.base)
    for command in (["apply", "--yes", "--force", "--swap", "none"], ["plan", "--force"], ["status"], ["rollback", "--yes"]):
        done = world.run(*command, "--dir", world.base / dir, state=world.base / state)
        assert done.returncode == 2 and "state directory" in done.stderr, (command, done.returncode, done.stderr)
        assert tree(world.base) == before


def test_make_runs_own_layout(world):
    os.chown(world.home, 0, 0)
    for more in ([], ["--port", "81"], ["--port", "82"]):
        done = world.run("apply", "--yes", "--force", "--swap", "none", "--dir", "./gw", *more, state="./gw/.vpsfit", cwd=world.home)
        assert done.returncode == 0, done.stderr
    assert world.run("rollback", "--yes", "--dir", "./gw", state="./gw/.vpsfit", cwd=world.home).returncode == 0
    assert "GATEWAY_PORT=81" in (world.dir / ".env").read_text()


def test_make_runs_layout_as_a_user_and_as_root_after_him(world):
    def run(**who):
        return world.run("apply", "--yes", "--force", "--swap", "none", "--dir", "./gw", state="./gw/.vpsfit", cwd=world.home, program=FAST,
                         **who)
    assert run(user=USER, group=USER, extra_groups=[]).returncode == 0
    done = run()
    assert done.returncode == 1 and "as the owner" in done.stderr, (done.returncode, done.stderr)


def test_the_state_in_the_stack_is_no_file_of_the_stack(world):
    """make run's layout: the state is below the stack, and yet no change may name it."""
    os.chown(world.home, 0, 0)
    state = world.dir / ".vpsfit"
    assert world.apply(state=state).returncode == 0
    store = next(state.iterdir())
    plant(store, store / "history/000001/state.json", "{}", world.dir)
    before = tree(store / "history")
    assert world.run("recover", state=state).returncode == 1
    assert tree(store / "history") == before


def test_an_adopted_file_in_the_home_directory(world):
    """~/compose.yaml with the state in ~/.local/state: nested, but valid."""
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    os.rename(world.dir / "compose.yaml", world.home / "compose.yaml")
    os.rename(world.dir / ".env", world.home / ".env")
    done = world.run("apply", "--yes", "--force", "--swap", "none", "--compose", world.home / "compose.yaml", "--ram", "32G", "--cpus", 8,
                     state=world.home / ".local/state/vpsfit")
    assert done.returncode == 0, done.stderr
    assert world.run("rollback", "--yes", "--compose", world.home / "compose.yaml", state=world.home / ".local/state/vpsfit").returncode == 0


@pytest.mark.parametrize("adopted", [False, True])
def test_a_state_that_names_no_files(world, adopted):
    """state/1 without the list: the stack's files are known anyway, and can be rolled back."""
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    where = ["--dir", world.dir]
    if adopted:
        os.rename(world.dir, world.home / "own")
        where = ["--compose", world.home / "own/compose.yaml"]
        assert world.run("apply", "--yes", "--force", "--swap", "none", *where, "--ram", "32G", "--cpus", 8).returncode == 0
    for path in world.state.rglob("state.json"):
        state = json.loads(path.read_text())
        del state["files"]
        path.write_text(json.dumps(state))
    done = world.run("rollback", "--yes", *where)
    assert done.returncode == 0, done.stderr


# The lock.

def slow_at_the_lock(stack, store, seconds):
    """A run that is delayed between opening and locking the store; meanwhile the store is replaced with an identical one."""
    slow = subprocess.Popen(["strace", "-qq", "-f", "-o", "/dev/null", "-e", "trace=flock", "-e",
                             f"inject=flock:delay_enter={seconds}000000:when=1",
                             FAST, "apply", "--yes", "--force", "--swap", "none", "--port", "81", "--dir", stack.dir, "--state", stack.state],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
    time.sleep(1.2)
    os.rename(store, str(store) + ".old")
    subprocess.run(["cp", "-a", str(store) + ".old", store], check=True)
    return slow


def test_the_lock_is_the_one_that_is_there(stack):
    """A run stalls between opening and locking the store, while others remove and recreate the store."""
    store = stack.store()
    slow = slow_at_the_lock(stack, store, 3)
    # Another run holds the lock of the new store.
    holder = subprocess.Popen(["flock", "-x", store, "sleep", "30"])
    before = tree(stack.dir)
    out, err = slow.communicate(timeout=60)
    try:
        assert slow.returncode == 1 and b"another vpsfit is at work" in err, (slow.returncode, err)
        assert tree(stack.dir) == before
    finally:
        holder.send_signal(signal.SIGTERM)
        holder.wait()
    subprocess.run(["rm", "-r", str(store) + ".old"], check=True)


def test_a_lock_that_went_away_is_made_anew(stack):
    """As above, but nobody holds the new store: the slow run continues with it."""
    store = stack.store()
    slow = slow_at_the_lock(stack, store, 2)
    out, err = slow.communicate(timeout=60)
    assert slow.returncode == 0, err
    assert "GATEWAY_PORT=81" in (stack.dir / ".env").read_text()
    assert (store / "history/000002/journal.json").exists()


# Modes.

@pytest.mark.parametrize("layout", ["apart", "make run"])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077, 0o177, 0o777])
def test_modes_whatever_the_umask(world, umask, layout):
    os.chown(world.home, 0, 0)
    world.dir = world.home / "a/b/gw"
    state = world.base / "s/st" if layout == "apart" else world.dir / ".vpsfit"
    done = world.apply(state=state, umask=umask)
    assert done.returncode == 0, done.stderr
    for path in [world.home / "a", world.home / "a/b", world.dir, world.dir / "nginx", world.dir / "litellm",
                 *([world.base / "s"] if layout == "apart" else [])]:
        assert path.stat().st_mode & 0o7777 == 0o755, path
    for path in [state, *state.rglob("*")]:
        assert path.stat().st_mode & 0o7777 == (0o700 if path.is_dir() else 0o600), path
    for name, mode in ((".env", 0o600), ("compose.yaml", 0o644), ("nginx/nginx.conf", 0o644)):
        assert (world.dir / name).stat().st_mode & 0o7777 == mode
    assert world.run("rollback", "--yes", "--dir", world.dir, state=state).returncode == 0


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_modes_of_a_user_whatever_his_umask(world, umask):
    done = world.run("apply", "--yes", "--force", "--swap", "none", "--dir", world.dir, state=world.home / "st", user=USER, group=USER,
                     extra_groups=[], umask=umask, program=FAST)
    assert done.returncode == 0, done.stderr
    assert world.dir.stat().st_mode & 0o7777 == 0o755 and (world.home / "st").stat().st_mode & 0o7777 == 0o700
