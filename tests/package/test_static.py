# SPDX-License-Identifier: MIT
"""The archive of `make static`: one program and two scripts, in trees without glibc, with busybox alone, with OpenRC and sysvinit."""

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
import termios
import time

import pytest

from conftest import DIST, HANG, ROOT, VERSION, bash

NAME = f"vpsfit-{VERSION}-linux-amd64"

# A root of busybox and nothing else, as small as an initramfs.
BUSYBOX = """apt-get -q update; apt-get -q -y install busybox-static
mkdir -p /srv/alone/bin /srv/alone/etc /srv/alone/var/lib /srv/alone/opt /srv/alone/root; cd /srv/alone
for dir in proc sys dev tmp run usr/bin usr/sbin sbin; do mkdir -p $dir; done
cp /bin/busybox bin/; chroot . /bin/busybox --install -s
printf 'root:x:0:0:root:/root:/bin/sh\\n' >etc/passwd; printf 'root:x:0:\\n' >etc/group
printf 'ID=alpine\\nPRETTY_NAME="Alpine Linux v3.22"\\n' >etc/os-release; mkdir etc/profile.d etc/terminfo"""
OPENRC = "apt-get -q update; apt-get -q -y install openrc"
# A root that has /proc and /dev, as any that runs has.
WORLD = 'mount -t proc proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$1" "$2" --sysroot /machine'
SYSVINIT = "apt-get -q update; apt-get -q -y install sysvinit-core sysv-rc insserv initscripts"


class Place:
    """A root tree with the unpacked archive in /root."""

    def __init__(self, path):
        self.dir = path
        subprocess.run(["tar", "-C", path / "root", "-xzf", DIST / f"{NAME}.tar.gz"], check=True)

    def path(self, name):
        return self.dir / name.lstrip("/")

    def run(self, script, check=True, trace=()):
        done = subprocess.run(
            [*trace, "bash", "-euo", "pipefail", "-c", f'. {ROOT}/tests/tools/roots.sh; ROOTS_NET=none roots_run "$1" /bin/sh -euc "$2"',
             "bash", self.dir, f"exec 2>&1; PATH=/usr/local/sbin:$PATH\n{script}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=HANG, check=False)
        done.text = done.stdout + done.stderr
        assert not check or done.returncode == 0, done.text
        return done

    def names(self):
        """All that is there, but for what boot scripts write at run time."""
        return sorted(str(p.relative_to(self.dir)) for p in self.dir.rglob("*") if not str(p.relative_to(self.dir)).startswith("root/"))


def opened(name, prepare, inner=""):
    root = pathlib.Path(bash('a=$(roots_derived "$1" bookworm /bin/sh -ec "$2"); roots_open "$a" static-test', name, prepare)
                        .stdout.strip().splitlines()[-1])
    return root, root / inner.lstrip("/")


def place(name, prepare, inner=""):
    root, path = opened(name, prepare, inner)
    try:
        yield Place(path)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)


@pytest.fixture
def busybox():
    yield from place("busybox", BUSYBOX, "srv/alone")


@pytest.fixture(params=["openrc", "sysvinit"])
def init(request):
    made = place(f"static-{request.param}", {"openrc": OPENRC, "sysvinit": SYSVINIT}[request.param])
    one = next(made)
    one.kind = request.param
    yield one
    made.close()


def test_busybox_alone(busybox):
    """No glibc, no locale, no init system: it runs where it was unpacked, installs, does its job, and goes without a trace."""
    before = busybox.names()
    assert not [name for name in before if re.search(r"ld-linux|libc\.so|ld-musl", name)]
    assert busybox.run(f"/root/{NAME}/vpsfit --version").stdout == f"vpsfit {VERSION}\n"
    said = busybox.run(f"/root/{NAME}/install.sh </dev/null").text
    assert "installed in /usr/local/lib/vpsfit" in said and "after a power cut, run 'vpsfit recover'" in said
    said = busybox.run("LANG=de_DE.UTF-8 vpsfit plan --force --swap none").text
    assert "Maschine " in said and {"Alpine Linux v3.22", "apk add docker docker-cli-compose"} <= set(re.findall(
        r"Alpine Linux v3\.22|apk add docker docker-cli-compose", re.sub(r"\s+", " ", said))), said
    assert "Máquina " in busybox.run("LC_ALL=es_ES.utf8 vpsfit plan --force --swap none").text
    assert "Machine " in busybox.run("LANG=C vpsfit plan --force --swap none").text
    busybox.run("vpsfit apply --yes --force --swap none")
    assert busybox.path("/opt/ai-gateway/.env").stat().st_mode & 0o777 == 0o600
    assert "Changes   none" in busybox.run("vpsfit apply --yes --force --swap none").text
    # An upgrade over it keeps everything.
    busybox.run(f"/root/{NAME}/install.sh; vpsfit status; test ! -e /usr/local/lib/vpsfit.old")
    assert (busybox.path("/usr/local/share/man/man8/vpsfit.8")).is_symlink()
    said = busybox.run("vpsfit-uninstall").text
    assert "left /var/lib/vpsfit" in said and busybox.path("/opt/ai-gateway/compose.yaml").exists()
    shutil.rmtree(busybox.path("/opt/ai-gateway"))
    shutil.rmtree(busybox.path("/var/lib/vpsfit"))
    left = [name for name in busybox.names() if name not in before]
    assert all(busybox.path(name).is_dir() and name.startswith("usr/local") for name in left), left


def test_a_sampler_that_runs_ends_with_it(busybox):
    """Started by hand, as --enable says where there is no systemd; one goes on after an upgrade, and ends with the rest as well."""
    said = busybox.run(f"""/root/{NAME}/install.sh; vpsfit apply --yes --force --swap none; vpsfit watch --enable
sampler() {{ /usr/local/lib/vpsfit/sampler /var/lib/vpsfit/*/watch.plan </dev/null >/dev/null 2>&1 & }}
samplers() {{ ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c sampler; }}
sampler; sleep 1; before=$(samplers || true); /root/{NAME}/install.sh >/dev/null; after=$(samplers || true)
vpsfit-uninstall; sleep 1; echo "samplers: $before $after $(samplers || true)"; ls -d /var/lib/vpsfit/*/watch.plan""").text
    assert "have your init system run: /usr/local/lib/vpsfit/sampler /var/lib/vpsfit/" in " ".join(said.split()), said
    assert "samplers: 1 1 0" in said, said


def test_the_wizard_without_glibc(busybox):
    """On a full screen, drawn by the S-Lang in the program with the tree's own description of the terminal."""
    shutil.copytree(ROOT / "build/roots/vm-2g", busybox.path("/machine"), symlinks=True)
    busybox.path("/etc/terminfo/x").mkdir()
    shutil.copy("/lib/terminfo/x/xterm", busybox.path("/etc/terminfo/x/xterm"))
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.execve("/usr/bin/unshare", ["unshare", "--mount", "sh", "-c", WORLD,
                                       "sh", str(busybox.dir), f"/root/{NAME}/vpsfit"],
                  {"TERM": "xterm", "LANG": "de_DE.UTF-8", "PATH": "/usr/sbin:/usr/bin:/bin"})
    shown, end = "", time.monotonic() + 30
    try:
        while "Diese Maschine" not in shown:
            assert time.monotonic() < end, shown
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65536).decode(errors="replace")
        assert "\033[?1049h" in shown or "\033[H" in shown, shown
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def cut_off(at):
    return list(at.path("/var/lib/vpsfit").glob("*/tx/journal.json"))


def power_cut(at):
    """A change that is killed at one of its renames."""
    for when in range(2, 14):
        at.run(f"vpsfit apply --yes --swap none --force --port 90{when:02}", check=False,
               trace=["strace", "-f", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2",
                      "-e", f"inject=rename,renameat,renameat2:signal=SIGKILL:when={when}"])
        if cut_off(at):
            return
    raise AssertionError("no cut left a journal")


def start(at, name):
    if at.kind == "openrc":
        # What `openrc sysinit` makes at boot; the other services stay as they are.
        kinds = "daemons exclusive failed hotplugged inactive init.d options scheduled started starting stopping tmp wasinactive"
        return at.run(f"cd /; for d in {kinds}; do mkdir -p /run/openrc/$d; done; touch /run/openrc/softlevel; rc-service -D {name} start").text
    return at.run(f"/etc/init.d/{name} start").text


def test_recovery_and_notice_at_boot(init):
    before = init.names()
    init.run(f"/root/{NAME}/install.sh </dev/null")
    if init.kind == "openrc":
        shown = init.run("rc-update show default").text
        assert "vpsfit-recover" in shown and "vpsfit-notice" in shown, shown
    else:
        links = [path.name for path in init.path("/etc/rc2.d").glob("S*vpsfit-*")]
        assert len(links) == 2, links
    init.run("vpsfit apply --yes --force --swap none")
    power_cut(init)
    said = start(init, "vpsfit-recover")
    assert "interrupted" in said and not cut_off(init), said
    state = max(init.path("/var/lib/vpsfit").glob("*/history/*/state.json"))
    state.write_text(re.sub(r'("(nominal|usable)_mib": )\d+', r"\g<1>1024", state.read_text()))
    assert "the machine has changed" in start(init, "vpsfit-notice")
    # What is switched off stays so when a newer version is installed over it.
    init.run({"openrc": "rc-update del vpsfit-notice default", "sysvinit": "update-rc.d vpsfit-notice remove"}[init.kind])
    init.run(f"/root/{NAME}/install.sh")
    where = init.path({"openrc": "/etc/runlevels/default", "sysvinit": "/etc/rc2.d"}[init.kind])
    assert [p.name[-14:] for p in where.glob("*vpsfit-*")] == ["vpsfit-recover"]
    init.run("vpsfit-uninstall")
    shutil.rmtree(init.path("/opt/ai-gateway"))
    shutil.rmtree(init.path("/var/lib/vpsfit"))
    left = [name for name in init.names() if name not in before and "vpsfit" in name]
    assert left == []


def test_units_of_systemd(busybox):
    busybox.path("/usr/lib/systemd").mkdir(parents=True)
    busybox.path("/usr/lib/systemd/systemd").write_text("#!/bin/sh\n")
    busybox.path("/usr/lib/systemd/systemd").chmod(0o755)
    busybox.run(f"/root/{NAME}/install.sh")
    units = busybox.path("/etc/systemd/system")
    wants = units / "multi-user.target.wants"
    assert sorted(p.name for p in wants.iterdir()) == ["vpsfit-notice.service", "vpsfit-recover.service"]
    assert "ExecStart=/usr/local/sbin/vpsfit recover" in (units / "vpsfit-recover.service").read_text()
    (wants / "vpsfit-notice.service").unlink()
    busybox.run(f"/root/{NAME}/install.sh")
    assert [p.name for p in wants.iterdir()] == ["vpsfit-recover.service"]
    (units / "vpsfit-notice.service").write_text("# mine\n")
    said = busybox.run("vpsfit-uninstall").text
    assert "left /etc/systemd/system/vpsfit-notice.service, which was changed" in said and not list(wants.iterdir())


@pytest.mark.parametrize("there, said", [
    ("usr/sbin/vpsfit", "a package of vpsfit is installed already"), ("usr/local/lib/vpsfit/mine", "is not vpsfit's")])
def test_it_replaces_nothing_of_others(busybox, there, said):
    busybox.path(there).parent.mkdir(parents=True, exist_ok=True)
    busybox.path(there).write_text("mine\n")
    busybox.path(there).chmod(0o755)
    before = busybox.names()
    done = busybox.run(f"/root/{NAME}/install.sh", check=False)
    assert done.returncode == 1 and said in done.text and "nothing was installed" in done.text and busybox.names() == before


APKBUILD = """set -eu
. installer/static/APKBUILD
for field in pkgname pkgver pkgrel pkgdesc url arch license depends makedepends checkdepends subpackages source; do
	eval "printf '%s=%s\\n' $field \\"\\$$field\\""
done
export VARIANT=debug CFLAGS= LDFLAGS= pkgdir=$1
{ build; package; } >&2"""
# Where abuild looks for what it puts into a package of its own.
SUBPACKAGES = {"doc": "usr/share/man", "openrc": "etc/init.d", "lang": "usr/share/locale",
               "bash-completion": "usr/share/bash-completion/completions", "zsh-completion": "usr/share/zsh/site-functions",
               "fish-completion": "usr/share/fish/vendor_completions.d"}


def test_the_apkbuild(tmp_path):
    """Alpine's abuild cannot be had here: its functions, run by a shell, and the rules for its fields."""
    done = subprocess.run(["sh", "-c", APKBUILD, "sh", tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    fields = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert fields["pkgver"] == VERSION and re.fullmatch(r"[a-z0-9][a-z0-9+._-]*", fields["pkgname"]) and fields["pkgrel"].isdigit()
    assert len(fields["pkgdesc"]) < 128 and not re.match(r"(a|an|the) |.*\.$", fields["pkgdesc"], re.I), fields
    assert fields["license"] == "MIT" and fields["arch"] == "all" and fields["source"].endswith(f"/vpsfit-{VERSION}.tar.gz")
    # Alphabetical, as aports has them, and nothing twice.
    for field in ("depends", "makedepends", "checkdepends"):
        assert fields[field].split() == sorted(set(fields[field].split())), field
    assert fields["subpackages"].split() == [f"vpsfit-{name}" for name in SUBPACKAGES]
    for place in SUBPACKAGES.values():
        assert list((tmp_path / place).rglob("*vpsfit*")), place
    assert {p.name for p in tmp_path.iterdir()} == {"etc", "usr"} and not (tmp_path / "usr/local").exists()
    for script in (tmp_path / "etc/init.d").iterdir():
        assert script.read_text().startswith("#!/sbin/openrc-run\n") and script.stat().st_mode & 0o777 == 0o755
