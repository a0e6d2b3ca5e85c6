# SPDX-License-Identifier: MIT
"""Links, hard links and exchanged directories in a stack directory that another user can write to."""

import os
import subprocess

import pytest

from conftest import FAST, USER, give_acl, tree


def give_link(target, path, uid=USER):
    os.symlink(target, path)
    os.chown(path, uid, uid, follow_symlinks=False)


def refused(done, world, before, *roots, words=("symbolic link",)):
    assert done.returncode in (1, 2), (done.returncode, done.stdout, done.stderr)
    assert all(w in done.stderr for w in words), done.stderr
    assert tree(*roots) == before


@pytest.fixture
def users(world):
    """A stack that root wrote and gave to the user."""
    assert world.apply().returncode == 0
    world.give()
    (world.etc / "shadow").write_text("root:$6$secret:1:0:99999:7:::\n")
    os.chmod(world.etc / "shadow", 0o600)
    return world


def test_env_is_no_way_to_shadow(users):
    env = users.dir / ".env"
    env.unlink()
    give_link(users.etc / "shadow", env)
    before = tree(users.etc, users.dir)
    refused(users.apply("--port", 81), users, before, users.etc, users.dir, words=(".env", "symbolic link", "65534"))
    for command in (["plan", "--force"], ["plan", "--force", "--json"], ["status"], ["status", "--json"], ["rollback", "--yes"],
                    ["rollback", "--yes", "--overwrite-edits"]):
        done = users.run(*command, "--dir", users.dir)
        assert "$6$" not in done.stdout + done.stderr, command
        assert tree(users.etc, users.dir) == before
    assert users.run("rollback", "--yes", "--overwrite-edits", "--dir", users.dir).returncode == 1


@pytest.mark.parametrize("name", ["compose.yaml", "litellm/config.yaml", "nginx/nginx.conf"])
def test_no_line_of_another_file_is_shown(users, name):
    (users.dir / name).unlink()
    give_link(users.etc / "shadow", users.dir / name)
    before = tree(users.etc, users.dir)
    for command in ("plan", "apply"):
        done = users.run(command, *(["--yes"] if command == "apply" else []), "--force", "--swap", "none", "--dir", users.dir)
        assert done.returncode == 1 and "$6$" not in done.stdout + done.stderr
    assert tree(users.etc, users.dir) == before


def test_a_dangling_link_makes_nothing(users):
    (users.dir / "nginx/nginx.conf").unlink()
    give_link(users.etc / "nologin", users.dir / "nginx/nginx.conf")
    before = tree(users.etc, users.dir)
    refused(users.apply(), users, before, users.etc, users.dir)


@pytest.mark.parametrize("part", ["nginx", "litellm"])
def test_a_directory_is_no_way_out(users, part):
    os.rename(users.dir / part, users.home / part)
    give_link(users.etc, users.dir / part)
    before = tree(users.etc, users.home)
    refused(users.apply("--port", 81), users, before, users.etc, users.home)


def test_the_stack_itself_is_no_way_out(world):
    give_link(world.etc, world.dir)
    before = tree(world.etc, world.home)
    refused(world.apply(), world, before, world.etc, world.home)


def test_rollback_leads_nowhere_else(users):
    (users.etc / "nginx").mkdir()
    (users.etc / "nginx/nginx.conf").write_text("the machine's own\n")
    (users.dir / ".env").unlink()
    give_link(users.etc / "shadow", users.dir / ".env")
    os.rename(users.dir / "nginx", users.home / "gone")
    give_link(users.etc / "nginx", users.dir / "nginx")
    before = tree(users.etc, users.home)
    for how in ([], ["--overwrite-edits"], ["--keep-edits"]):
        refused(users.rollback(*how), users, before, users.etc, users.home)


def test_an_empty_directory_behind_a_link_stays(users):
    (users.etc / "nginx").mkdir()
    (users.dir / "nginx/nginx.conf").unlink()
    (users.dir / "nginx").rmdir()
    give_link(users.etc / "nginx", users.dir / "nginx")
    users.rollback("--overwrite-edits")
    assert (users.etc / "nginx").is_dir()


def cut_off(world, port, between=lambda: None):
    """Kills an apply right after its journal was written: at the first rename after which there is one."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    for when in range(1, 30):
        subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", "trace=renameat,rename", "-e",
                        f"inject=renameat,rename:signal=SIGKILL:when={when}", FAST, "apply", "--yes", "--force", "--swap", "none",
                        "--port", port, "--ram", "32G", "--cpus", "8", "--dir", world.dir, "--state", world.state],
                       stdin=subprocess.DEVNULL, capture_output=True, env=env, timeout=60)
        if list(world.state.glob("*/tx/journal.json")):
            return
        world.run("recover")
        between()
    raise AssertionError("no rename left a journal")


def test_recover_leads_nowhere_else(users):
    cut_off(users, "81", users.give)
    (users.dir / ".env").unlink()
    give_link(users.etc / "shadow", users.dir / ".env")
    before = tree(users.etc)
    done = users.run("recover")
    assert done.returncode == 1 and "symbolic link" in done.stderr, done.stderr
    assert tree(users.etc) == before


@pytest.mark.parametrize("name", [".env", "compose.yaml", "nginx/nginx.conf"])
def test_a_second_name_of_another_file_is_not_carried_on(users, name):
    """Without fs.protected_hardlinks, a user can do this."""
    (users.dir / name).unlink()
    os.link(users.etc / "shadow", users.dir / name)
    before = tree(users.etc, users.dir)
    for command in (["plan"], ["apply", "--yes"]):
        done = users.run(*command, "--force", "--swap", "none", "--port", 81, "--dir", users.dir)
        assert done.returncode == 1 and "hard link" in done.stderr and "$6$" not in done.stdout + done.stderr, done.stderr
    assert tree(users.etc, users.dir) == before


def test_a_link_in_a_directory_that_everybody_writes(world):
    os.chmod(world.home, 0o777)
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    os.rename(world.dir / "nginx", world.etc / "nginx")
    os.symlink(world.etc / "nginx", world.dir / "nginx")
    before = tree(world.etc, world.home)
    refused(world.apply("--port", 81), world, before, world.etc, world.home)


# A group with write permission, and root's own links.

GROUP = 100


def member(*command):
    """Runs a command as somebody who only has the group."""
    subprocess.run(command, user=USER, group=GROUP, extra_groups=[], check=True)


@pytest.fixture
def groups(world):
    """A stack of root's that the group can write to, with links of root's to a directory and a file of the machine."""
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    for name in ("conf.d", "nginx"):
        (world.etc / name).mkdir()
    (world.etc / "nginx/nginx.conf").write_text((world.dir / "nginx/nginx.conf").read_text())
    (world.etc / "env").write_text((world.dir / ".env").read_text())
    os.chmod(world.etc / "env", 0o600)
    for at in (world.dir, world.dir / "nginx"):
        open_to_the_group(at)
    return world


def open_to_the_group(path):
    os.chown(path, 0, GROUP)
    os.chmod(path, 0o775)


COMMANDS = [["apply", "--yes", "--force", "--swap", "none", "--port", "82", "--ram", "32G", "--cpus", "8", "--overwrite-edits"],
            ["rollback", "--yes", "--overwrite-edits"], ["rollback", "--yes"]]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("link, leads_to, name", [
    ("previous", "nginx", "nginx"), ("previous", "conf.d", "nginx"), ("old.env", "env", ".env"), ("old.env", "gone", ".env"),
    ("old.yaml", "env", "compose.yaml"), ("nginx/old.conf", "nginx/nginx.conf", "nginx/nginx.conf")])
def test_a_groups_member_renames_a_link_of_roots(groups, link, leads_to, name, command):
    os.symlink(groups.etc / leads_to, groups.dir / link)
    member("mv", "-T", groups.dir / name, groups.dir / "away")
    member("mv", "-T", groups.dir / link, groups.dir / name)
    before = tree(groups.etc, groups.dir)
    refused(groups.run(*command, "--dir", groups.dir), groups, before, groups.etc, groups.dir)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_groups_member_above_the_stack(groups, command):
    """Only root can write to the stack itself, but not to its parent directory."""
    os.symlink(groups.etc / "nginx", groups.dir / "previous")
    (groups.dir / "nginx/nginx.conf").unlink()
    (groups.dir / "nginx").rmdir()
    os.rename(groups.dir / "previous", groups.dir / "nginx")
    os.chown(groups.dir, 0, 0)
    open_to_the_group(groups.home)
    before = tree(groups.etc, groups.dir)
    refused(groups.run(*command, "--dir", groups.dir), groups, before, groups.etc, groups.dir)


def test_recover_through_a_link_that_a_member_renamed(groups):
    cut_off(groups, "82")
    os.symlink(groups.etc / "env", groups.dir / "old.env")
    member("mv", "-T", groups.dir / "old.env", groups.dir / ".env")
    before = tree(groups.etc)
    done = groups.run("recover")
    assert done.returncode == 1 and "symbolic link" in done.stderr, done.stderr
    assert tree(groups.etc) == before


def test_a_second_name_of_a_link_of_roots(world):
    """
    The sticky bit protects root's names, but not against hard links to his symbolic link: needs a kernel without
    fs.protected_hardlinks.
    """
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    (world.etc / "env").write_text((world.dir / ".env").read_text())
    os.symlink(world.etc / "env", world.etc / "current")
    os.chmod(world.dir, 0o1777)
    (world.dir / ".env").unlink()
    os.link(world.etc / "current", world.dir / ".env", follow_symlinks=False)
    before = tree(world.etc, world.dir)
    refused(world.apply("--port", 81), world, before, world.etc, world.dir)


# The same right granted by an access control list, which the mode shows as the group's.

USERS, GROUPS = (2, USER, 7), (8, GROUP, 7)


def roots(world):
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    (world.etc / "env").write_text((world.dir / ".env").read_text())
    os.chmod(world.etc / "env", 0o600)
    return world


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("who", [USERS, GROUPS])
def test_a_list_lets_somebody_rename_a_link_of_roots(world, who, above):
    roots(world)
    os.symlink(world.etc / "env", world.dir / "old.env")
    give_acl(world.home if above else world.dir, who)
    if above:
        os.rename(world.dir / "old.env", world.dir / ".env")
    else:
        member("mv", "-T", world.dir / "old.env", world.dir / ".env")
    before = tree(world.etc, world.home)
    for command in COMMANDS:
        refused(world.run(*command, "--dir", world.dir), world, before, world.etc, world.home)


@pytest.mark.parametrize("who", [USERS, GROUPS])
def test_a_list_lets_somebody_give_a_second_name(world, who):
    roots(world)
    (world.etc / "shadow").write_text("root:$6$secret:1:0:99999:7:::\n")
    os.chmod(world.etc / "shadow", 0o600)
    (world.dir / ".env").unlink()
    os.link(world.etc / "shadow", world.dir / ".env")
    give_acl(world.dir, who)
    before = tree(world.etc, world.dir)
    refused(world.apply("--port", 81), world, before, world.etc, world.dir, words=(".env", "hard link"))


@pytest.mark.parametrize("named, more", [([(2, USER, 5)], {"mask": 5}), ([USERS], {"mask": 5}), ([USERS], {"default": True})])
def test_a_list_that_lets_nobody_write_here(world, named, more):
    """Grants reading only, is limited by its mask, or is a default for new files."""
    roots(world)
    os.rename(world.dir / ".env", world.base / "env")
    os.symlink("../../env", world.dir / ".env")
    give_acl(world.dir, *named, **more)
    done = world.apply("--port", 81)
    assert done.returncode == 0, done.stderr
    assert "GATEWAY_PORT=81" in (world.base / "env").read_text()


# What must keep working.

def test_a_group_without_links(groups):
    done = groups.apply("--port", 82, "--ram", "32G", "--cpus", 8)
    assert done.returncode == 0, done.stderr
    assert groups.rollback().returncode == 0


@pytest.mark.parametrize("gid, mode", [(0, 0o775), (GROUP, 0o755), (GROUP, 0o1775), (0, 0o1777)])
def test_links_where_nobody_else_can_exchange_them(groups, gid, mode):
    """Root's group is root, or the sticky bit protects names of other owners."""
    os.rename(groups.dir / ".env", groups.base / "env")
    os.symlink("../../env", groups.dir / ".env")
    for at in (groups.dir, groups.dir / "nginx"):
        os.chown(at, 0, gid)
        os.chmod(at, mode)
    done = groups.apply("--port", 82)
    assert done.returncode == 0, done.stderr
    assert "GATEWAY_PORT=82" in (groups.base / "env").read_text() and os.path.islink(groups.dir / ".env")


def test_own_links_are_followed(world):
    """A stack under version control elsewhere, a directory moved to another disk: links of root's in directories of root's."""
    os.chown(world.home, 0, 0)
    assert world.apply().returncode == 0
    os.rename(world.dir, world.base / "disk")
    os.symlink(world.base / "disk", world.dir)
    os.rename(world.base / "disk/compose.yaml", world.base / "checkout.yaml")
    os.symlink("../checkout.yaml", world.base / "disk/compose.yaml")
    os.chmod(world.base / "checkout.yaml", 0o640)
    done = world.apply("--ram", "32G", "--cpus", 8, "--port", 81)
    assert done.returncode == 0, done.stderr
    assert os.readlink(world.base / "disk/compose.yaml") == "../checkout.yaml" and os.path.islink(world.dir)
    assert os.stat(world.base / "checkout.yaml").st_mode & 0o7777 == 0o640
    assert "GATEWAY_PORT=81" in (world.base / "disk/.env").read_text()
    assert world.rollback().returncode == 0
    assert "GATEWAY_PORT=8080" in (world.base / "disk/.env").read_text()


@pytest.mark.parametrize("mode", [0o755, 0o775])
def test_a_user_follows_his_own_links(world, mode):
    """With a umask of 002, his private group can write, and he is its only member."""
    def as_user(*command):
        return world.run(*command, state=world.home / "st", user=USER, group=USER, extra_groups=[], program=FAST)
    apply = ("apply", "--yes", "--force", "--swap", "none", "--dir", world.dir)
    assert as_user(*apply).returncode == 0
    os.rename(world.dir / "compose.yaml", world.home / "checkout.yaml")
    give_link("../checkout.yaml", world.dir / "compose.yaml")
    os.chmod(world.dir, mode)
    done = as_user(*apply, "--ram", "32G", "--cpus", "8")
    assert done.returncode == 0, done.stderr
    assert os.path.islink(world.dir / "compose.yaml")
    os.chown(world.dir, USER, GROUP)
    os.chmod(world.dir, 0o775)
    done = as_user(*apply, "--port", "81")
    assert done.returncode == 1 and "symbolic link" in done.stderr, done.stderr


def test_root_still_works_in_a_users_directory(users):
    """Without links nothing is refused, and the user keeps his files."""
    done = users.apply("--port", 81, "--ram", "32G", "--cpus", 8)
    assert done.returncode == 0, done.stderr
    for name in (".env", "compose.yaml"):
        assert os.stat(users.dir / name).st_uid == USER
    assert os.stat(users.dir / ".env").st_mode & 0o7777 == 0o600
    assert users.rollback().returncode == 0


# A fast attacker.

def stolen(world, before):
    now = tree(world.etc)
    return [p for p in now if p != str(world.etc) and (p not in before or now[p] != before[p])]


def put_back(real, link):
    if os.path.islink(real):
        os.rename(link, str(link) + ".t")
        os.rename(real, link)
        os.rename(str(link) + ".t", real)


def slow_disk(program):
    """A disk with 2 ms per sync, which is realistic: on a RAM disk every attacker is too slow."""
    return ["strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:delay_exit=2000", program]


def attack(world, attacker, real, link, rounds, mode):
    """Returns the rounds in which something in `etc` changed, and the rounds in which the apply succeeded."""
    won = done = 0
    for n in range(rounds):
        before = tree(world.etc)
        with subprocess.Popen([attacker, str(USER), real, link, world.dir, world.etc, mode], stdout=subprocess.PIPE) as a:
            assert a.stdout.readline() == b"ready\n"
            rc = world.apply("--port", 81 + n % 2, "--ram", ("16G", "32G")[n % 2], "--cpus", 8, "--overwrite-edits",
                             program=slow_disk(FAST)).returncode
            a.kill()
        done += rc == 0
        put_back(real, link)
        gone = stolen(world, before)
        won += bool(gone)
        for path in reversed(gone):
            (os.rmdir if os.path.isdir(path) else os.unlink)(path)
        world.give()
    return won, done


@pytest.mark.parametrize("mode, rounds", [("watch", 60), ("every", 60), ("spin", 40)])
def test_an_exchanged_stack_directory(users, attacker, mode, rounds):
    give_link(users.etc, users.home / "gw.link")
    won, done = attack(users, attacker, users.dir, users.home / "gw.link", rounds, mode)
    assert won == 0
    assert mode != "watch" or done > 0


def test_an_exchanged_directory_behind_a_link(users, attacker):
    """compose.yaml -> x/owned.sh, and x becomes a link to etc: this attack once won every second time."""
    (users.dir / "x").mkdir()
    os.rename(users.dir / "compose.yaml", users.dir / "x/owned.sh")
    give_link("x/owned.sh", users.dir / "compose.yaml")
    give_link(users.etc, users.dir / "x.link")
    users.give()
    won, _ = attack(users, attacker, users.dir / "x", users.dir / "x.link", 40, "watch")
    assert won == 0
