# SPDX-License-Identifier: MIT
"""
The life of a swap area: made, kept, grown, shrunk, removed, rolled back, recovered, turned off by hand; its entry for the next boot in
/etc/fstab and as a unit; partitions; machines without swap. usage: life.py VPSFIT
"""

import glob
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from trying import equal, expect, run_all, test
from world import ENV, PROJECT, World, in_own_namespace, sh

PLACE = None
FILE = None
# A VPS of a fixed size, whatever this machine is, and figures that no measurement changes.
TWO = ["--ram", "2G", "--cpus", "1", "--overhead", "1200", "--cost-model", "seed-2025-11"]
FOUR = ["--ram", "4G", "--cpus", "2", "--overhead", "1200", "--cost-model", "seed-2025-11"]


def apply(w, *args, code=0, **kwargs):
    done = w.run("apply", "--yes", "--swap-file", FILE, *args, **kwargs)
    expect(done.returncode == code, f"{args}: {done.returncode}: {done.stdout[-400:]}{done.stderr}")
    return done


def names(w):
    return sorted(p.name for p in w.path(PLACE).iterdir() if p.name != "lost+found")


def active(w):
    return {os.path.basename(k): v for k, v in w.swaps().items()}


def fstab(w):
    return w.path("/etc/fstab").read_text()


def line(name):
    return f"{PLACE}/{name} none swap sw,nofail,x-vpsfit 0 0\n"


def status(w):
    return json.loads(w.run("status", "--json").stdout)


def tree(w):
    """Everything that vpsfit may write to: names, modes, times, bytes of small files."""
    found = {}
    for top in ("/opt/ai-gateway", "/var/lib/vpsfit", "/etc/fstab", "/etc/systemd/system", "/etc/sysctl.d", PLACE):
        top = w.path(top)
        for path in [top, *top.rglob("*")] if top.exists() else []:
            st = path.lstat()
            found[str(path)] = (st.st_mode, st.st_mtime_ns, st.st_ino, st.st_size)
    return found


@test
def made_and_kept(w):
    apply(w, "--swap", "64M")
    equal(names(w), ["swapfile"])
    before = tree(w)
    done = apply(w)
    expect("Changes   none" in done.stdout)
    equal(tree(w), before)
    equal(w.run("status", "--exit-code").returncode, 0)
    equal([s["state"] for s in status(w)["swap"]], ["in use"])
    plan = json.loads(w.run("plan", "--json").stdout)
    equal((plan["swap"]["action"], plan["changes"]), ("keep", []))


@test
def a_rerun_writes_nothing(w):
    apply(w, "--swap", "64M")
    log = w.path("/tmp/strace.log")
    done = w.run("apply", "--yes", prefix=["strace", "-f", "-o", "/tmp/strace.log", "-e", "trace=%file,fsync,fallocate,swapon,swapoff,ioctl"])
    equal(done.returncode, 0)
    calls = log.read_text()
    log.unlink()
    expect("openat(" in calls)
    equal(re.findall(r"O_CREAT|O_WRONLY|O_RDWR\b(?!.*tty)|rename|unlink|mkdir|fsync|swapo|fallocate|execve.*mkswap", calls), [])


@test
def grows_and_shrinks(w):
    apply(w, "--swap", "64M")
    plan = json.loads(w.run("plan", "--json", "--swap", "128M").stdout)
    equal((plan["swap"]["action"], plan["swap"]["size_mib"], plan["swap"]["path"]), ("resize", 128, f"{FILE}.vpsfit"))
    equal({c["path"]: c["action"] for c in plan["changes"] if "swap_mib" in c}, {FILE: "remove", f"{FILE}.vpsfit": "create"})
    equal(w.run("plan", "--exit-code", "--swap", "128M").returncode, 6)
    apply(w, "--swap", "128M")
    equal((names(w), active(w)), (["swapfile.vpsfit"], {"swapfile.vpsfit": 127}))
    expect(line("swapfile.vpsfit") in fstab(w) and line("swapfile") not in fstab(w), fstab(w))
    apply(w, "--swap", "80M")
    equal((names(w), active(w)), (["swapfile"], {"swapfile": 79}))
    expect(line("swapfile") in fstab(w) and "swapfile.vpsfit" not in fstab(w), fstab(w))
    compose = w.path("/opt/ai-gateway/compose.yaml").read_text()
    given = [int(m) for m in re.findall(r'memswap_limit: "(\d+)M" # vpsfit', compose)]
    limits = [s["limit_mib"] for s in json.loads(w.run("plan", "--json").stdout)["services"].values()]
    expect(79 <= sum(given) - sum(limits) <= 80, (given, limits))


@test
def rollback_of_each(w):
    apply(w, "--swap", "64M")
    apply(w, "--swap", "128M")
    apply(w, "--swap", "none")
    equal((names(w), active(w)), ([], {}))
    expect("swapfile" not in fstab(w))
    done = json.loads(w.run("rollback", "--dry-run", "--json").stdout)
    equal([(c["action"], c["path"]) for c in done["changes"] if "swap_mib" in c], [("create", f"{FILE}.vpsfit")])
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((names(w), active(w)), (["swapfile.vpsfit"], {"swapfile.vpsfit": 127}))
    expect(line("swapfile.vpsfit") in fstab(w))
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((names(w), active(w)), (["swapfile"], {"swapfile": 63}))
    equal(w.run("status", "--exit-code").returncode, 0)
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((names(w), active(w)), ([], {}))


@test
def rollback_of_what_was_taken_away_by_hand(w):
    apply(w, "--swap", "64M")
    sh("swapoff", w.path(FILE))
    equal([s["state"] for s in status(w)["swap"]], ["not in use"])
    equal(w.run("status", "--exit-code").returncode, 6)
    w.path(FILE).unlink()
    equal([s["state"] for s in status(w)["swap"]], ["missing"])
    equal(w.run("rollback", "--yes").returncode, 0)
    expect("swapfile" not in fstab(w))


@test
def turned_on_again_and_made_again(w):
    apply(w, "--swap", "64M")
    before = w.path(FILE).stat().st_ino
    sh("swapoff", w.path(FILE))
    equal(json.loads(w.run("plan", "--json").stdout)["swap"]["action"], "activate")
    apply(w)
    equal((active(w), w.path(FILE).stat().st_ino), ({"swapfile": 63}, before))
    sh("swapoff", w.path(FILE))
    w.path(FILE).unlink()
    apply(w)
    equal((names(w), active(w)), (["swapfile"], {"swapfile": 63}))
    equal(fstab(w).count(FILE), 1)


@test
def none_removes_only_what_was_made_here(w):
    other = w.path(PLACE) / "theirs"
    sh("fallocate", "-l", "32M", other)
    other.chmod(0o600)
    sh("mkswap", "-L", "vpsfit", other)
    sh("swapon", other)
    apply(w, "--swap", "64M")
    plan = json.loads(w.run("plan", "--json", "--swap", "none").stdout)
    equal((plan["swap"]["action"], plan["swap"]["total_mib"]), ("none", 32))
    apply(w, "--swap", "none")
    equal((names(w), active(w)), (["theirs"], {"theirs": 31}))
    # Another stack's area, by its label: it stays.
    apply(w, "--swap", "64M", "--dir", "/srv/other")
    done = apply(w, "--swap", "none")
    expect("swap-left" in done.stdout, done.stdout)
    equal(names(w), ["swapfile", "theirs"])
    equal(w.run("rollback", "--yes", "--dir", "/srv/other").returncode, 0)
    equal(names(w), ["theirs"])
    sh("swapoff", other)
    other.unlink()


@test
def what_another_stack_made_grows_with_its_entry(w):
    """Swap belongs to the machine: a second stack that needs more replaces the file, and no entry is left that points at nothing."""
    apply(w, "--swap", "64M")
    apply(w, "--swap", "128M", "--dir", "/srv/other")
    equal((names(w), active(w)), (["swapfile.vpsfit"], {"swapfile.vpsfit": 127}))
    expect(line("swapfile.vpsfit") in fstab(w) and line("swapfile") not in fstab(w), fstab(w))
    equal([s["state"] for s in status(w)["swap"]], ["missing"])
    equal(w.run("rollback", "--yes", "--dir", "/srv/other").returncode, 0)
    equal((names(w), active(w)), (["swapfile"], {"swapfile": 63}))
    expect(line("swapfile") in fstab(w) and "swapfile.vpsfit" not in fstab(w), fstab(w))
    equal([s["state"] for s in status(w)["swap"]], ["in use"])


@test
def auto_makes_what_the_plan_says(w):
    """On a machine that pretends to have 2 GB: made, and grown by what is missing."""
    plan = json.loads(w.run("plan", "--json", *TWO, "--swap-file", FILE).stdout)["swap"]
    equal((plan["action"], plan["size_mib"]), ("create", 2048))
    apply(w, *TWO)
    equal(active(w), {"swapfile": 2047})
    before = tree(w)
    apply(w, *TWO)
    equal(tree(w), before)
    # Two workers are more than one and a half times the RAM by these figures.
    apply(w, *TWO, "--workers", "2", "--force")
    equal(active(w), {"swapfile.vpsfit": 2559})
    equal(names(w), ["swapfile.vpsfit"])
    apply(w, *FOUR, "--workers", "auto")
    equal(active(w), {"swapfile.vpsfit": 2559})


@test
def auto_degrades_and_says_so(w):
    """mkswap is gone: nothing is left over, and the stack is written without swap."""
    mkswap = next(p for p in (w.path("/usr/sbin/mkswap"), w.path("/sbin/mkswap")) if p.exists())
    text, mode = mkswap.read_bytes(), mkswap.stat().st_mode
    before = fstab(w)
    mkswap.write_text("#!/bin/sh\necho 'no such luck' >&2\nexit 3\n")
    asked = apply(w, "--swap", "64M", code=1)
    expect("mkswap ended with 3: no such luck" in asked.stderr and "put back" in asked.stderr, asked.stderr)
    equal((names(w), w.path("/opt/ai-gateway").exists(), fstab(w)), ([], False, before))
    refused = apply(w, *TWO, "--json", code=3)
    document = json.loads(refused.stdout)
    equal((document["swap"]["action"], document["verdict"]["idle"]), ("impossible", "does-not-fit"))
    said = " ".join(refused.stderr.split())
    expect("no such luck" in said and "without it the stack does not fit" in said and "--force" in said, refused.stderr)
    equal((names(w), active(w), w.path("/opt/ai-gateway").exists(), fstab(w)), ([], {}, False, before))
    done = apply(w, *TWO, "--json", "--force")
    document = json.loads(done.stdout)
    equal(document["swap"]["action"], "impossible")
    expect("no such luck" in document["swap"]["why"] and "no swap was made" in done.stderr, done.stderr)
    expect("although it does not fit" in done.stderr and "error" not in done.stderr, done.stderr)
    equal((names(w), active(w), fstab(w)), ([], {}, before))
    expect('memswap_limit: "' in w.path("/opt/ai-gateway/compose.yaml").read_text())
    mkswap.unlink()
    mkswap.write_bytes(text)
    mkswap.chmod(mode)
    apply(w, *TWO)
    equal(active(w), {"swapfile": 2047})


@test
def the_place_is_behind_a_link(w):
    """A linked directory counts as its target: here from tmpfs to disk, and the other way round."""
    link = w.path("/tmp/to-disk")
    link.symlink_to(PLACE)
    equal(w.run("apply", "--yes", "--swap", "64M", "--swap-file", "/tmp/to-disk/swapfile").returncode, 0)
    equal(active(w), {"swapfile": 63})
    expect("Changes   none" in w.run("apply", "--yes").stdout)
    equal(w.run("rollback", "--yes").returncode, 0)
    link.unlink()
    (w.path(PLACE) / "to-memory").symlink_to("/run")
    plan = json.loads(w.run("plan", "--json", "--swap", "64M", "--swap-file", f"{PLACE}/to-memory/swapfile").stdout)
    expect("tmpfs" in plan["swap"]["why"], plan["swap"])
    (w.path(PLACE) / "to-memory").unlink()


@test
def the_directory_changes_hands(w):
    """Made when root was alone there: kept while it is on, not grown there, and removed on request."""
    place = w.path(PLACE) / "later"
    place.mkdir()
    there = ["--swap-file", f"{PLACE}/later/swapfile"]
    equal(w.run("apply", "--yes", "--swap", "64M", *there).returncode, 0)
    os.chown(place, 65534, 65534)
    expect("Changes   none" in w.run("apply", "--yes").stdout)
    larger = w.run("apply", "--yes", "--swap", "128M")
    equal((larger.returncode, active(w)), (1, {"swapfile": 63}))
    expect("another user can write to" in re.sub(r"\s+", " ", larger.stderr), larger.stderr)
    equal(w.run("apply", "--yes", "--swap", "128M", *there).returncode, 2)
    equal(w.run("apply", "--yes", "--swap", "none").returncode, 0)
    equal((os.listdir(place), active(w)), ([], {}))
    place.rmdir()


@test
def the_file_system_is_asked_again_when_it_is_made(w):
    """The plan may be wrong about it; here statfs(2) reports tmpfs when the file is made."""
    lie = ["strace", "-qq", "-o", "/dev/null", "-e", "inject=fstatfs:poke_exit=@arg2=94190201:when=1+"]
    done = apply(w, "--swap", "64M", code=1, prefix=lie)
    expect("tmpfs cannot hold a swap file" in done.stderr and "put back" in done.stderr, done.stderr)
    equal((names(w), active(w)), ([], {}))


@test
def the_kernel_refuses_once(w):
    """If swapon returns EINVAL for an allocated file, zeros are written, once."""
    done = apply(w, "--swap", "64M", prefix=["strace", "-qq", "-o", "/dev/null", "-e", "inject=swapon:error=EINVAL:when=1"])
    expect("fill" in done.stdout, done.stdout)
    equal(active(w), {"swapfile": 63})
    w.run("rollback", "--yes")
    done = apply(w, "--swap", "64M", code=1, prefix=["strace", "-qq", "-o", "/dev/null", "-e", "inject=swapon:error=EINVAL"])
    expect("dmesg" in done.stderr)
    equal((names(w), active(w)), ([], {}))


@test
def swapoff_waits_for_memory(w):
    """An area with more contents than RAM can hold is not turned off: a second one is added, or it is left."""
    apply(w, "--swap", "64M")
    info = w.base / "meminfo"
    info.write_text(re.sub(r"MemAvailable: +\d+", "MemAvailable:     102400", open("/proc/meminfo").read()))
    sh("mount", "--bind", info, w.path("/proc/meminfo"))
    try:
        apply(w, "--swap", "128M", "--force", "--overhead", "1000")
        equal(active(w), {"swapfile": 63, "swapfile.vpsfit": 63})
        done = apply(w, "--swap", "64M", "--force")
        expect("swap-left" in done.stdout)
        equal(active(w), {"swapfile": 63, "swapfile.vpsfit": 63})
    finally:
        sh("umount", w.path("/proc/meminfo"))
    apply(w, "--swap", "64M")
    equal(len(active(w)), 1)


@test
def a_masked_unit_takes_nothing_down(w):
    """Somebody turned that swap off for good: the stack is written, and it is said what no boot will do."""
    w.systemd(True)
    unit = w.path("/etc/systemd/system") / sh("systemd-escape", "--path", "--suffix=swap", FILE).stdout.strip()
    unit.parent.mkdir(parents=True, exist_ok=True)
    try:
        for mask in (lambda: unit.symlink_to("/dev/null"), lambda: unit.write_text("")):
            mask()
            done = apply(w, "--swap", "64M")
            expect(f"{unit.name}: warning: is masked" in done.stderr and f"systemctl unmask {unit.name}" in done.stderr, done.stderr)
            expect(w.path("/opt/ai-gateway/compose.yaml").exists())
            equal(len(active(w)), 1)
            apply(w, "--swap", "none", "--force")
            expect(unit.is_symlink() or unit.exists())
            unit.unlink()
    finally:
        w.systemd(False)


@test
def a_unit_where_systemd_runs(w):
    w.systemd(True)
    try:
        before = fstab(w)
        systemctl = w.path("/usr/bin/systemctl")
        systemctl.unlink(missing_ok=True)
        systemctl.write_text("#!/bin/sh\necho \"$@\" >>/tmp/systemctl.log\n")
        systemctl.chmod(0o755)
        apply(w, "--swap", "64M")
        equal(w.path("/tmp/systemctl.log").read_text(), "daemon-reload\n")
        unit = sh("systemd-escape", "--path", "--suffix=swap", FILE).stdout.strip()
        path = w.path("/etc/systemd/system") / unit
        expect(f"What={FILE}\n" in path.read_text(), path.read_text())
        link = w.path("/etc/systemd/system/swap.target.wants") / unit
        equal(os.readlink(link), f"/etc/systemd/system/{unit}")
        equal(fstab(w), before)
        verified = sh("systemd-analyze", "verify", f"--root={w.root}", path, check=False)
        expect(unit not in verified.stderr, verified.stderr)
        equal([f["state"] for f in status(w)["files"] if f["path"].endswith(".swap")], ["as written"])
        # A link removed by hand comes back; growing moves the unit.
        link.unlink()
        apply(w)
        expect(link.is_symlink())
        apply(w, "--swap", "128M")
        units = sorted(p.name for p in w.path("/etc/systemd/system").glob("mnt-*.swap"))
        equal(units, [sh("systemd-escape", "--path", "--suffix=swap", f"{FILE}.vpsfit").stdout.strip()])
        equal(sorted(os.listdir(w.path("/etc/systemd/system/swap.target.wants"))), units)
        equal(w.run("rollback", "--yes").returncode, 0)
        expect(path.exists() and link.is_symlink())
        apply(w, "--swap", "none")
        expect(not path.exists() and not link.is_symlink())
    finally:
        w.systemd(False)


@test
def a_line_of_somebody_elses_holds(w):
    w.fstab(f"# mine\n{FILE}\tnone\tswap\tsw\t0\t0\n")
    apply(w, "--swap", "64M")
    equal(fstab(w), f"# mine\n{FILE}\tnone\tswap\tsw\t0\t0\n")
    apply(w, "--swap", "none")
    equal(fstab(w), "# mine\n")


@test
def fstab_without_a_final_newline(w):
    w.fstab("/dev/vda / ext4 defaults 0 1 # root\n\n  # odd   bytes\t\nUUID=1234 /data xfs noatime 0 2")
    before = fstab(w)
    w.path("/etc/fstab").chmod(0o640)
    apply(w, "--swap", "64M")
    equal(fstab(w), before + "\n" + line("swapfile"))
    equal(w.path("/etc/fstab").stat().st_mode & 0o7777, 0o640)
    equal(sh("findmnt", "--fstab", "-F", w.path("/etc/fstab"), "-n", "-o", "TARGET").stdout.split(), ["/", "/data", "none"])
    equal(w.run("rollback", "--yes").returncode, 0)
    equal(fstab(w), before)


@test
def fstab_that_is_a_link(w):
    w.path("/etc/fstab").unlink()
    w.path("/etc/fstab.real").write_text("# real\n")
    w.path("/etc/fstab").symlink_to("fstab.real")
    apply(w, "--swap", "64M")
    expect(w.path("/etc/fstab").is_symlink())
    equal(w.path("/etc/fstab.real").read_text(), "# real\n" + line("swapfile"))
    apply(w, "--swap", "none")
    equal(w.path("/etc/fstab.real").read_text(), "# real\n")
    w.path("/etc/fstab").unlink()
    w.path("/etc/fstab.real").unlink()


@test
def fstab_that_is_not_there(w):
    w.path("/etc/fstab").unlink()
    apply(w, "--swap", "64M")
    equal(fstab(w), line("swapfile"))
    equal(w.run("rollback", "--yes").returncode, 0)
    expect(not w.path("/etc/fstab").exists())


@test
def fstab_edited_since(w):
    apply(w, "--swap", "64M")
    w.path("/etc/fstab").write_text(fstab(w) + "/dev/vdb /data ext4 defaults 0 2\n")
    equal(w.run("rollback", "--yes").returncode, 0)
    expect("/data" in fstab(w) and "swapfile" not in fstab(w), fstab(w))


@test
def fstab_that_is_not_obeyed_is_told(w):
    w.fstab("/nowhere none swap sw 0 0\nUUID=none-such none swap sw 0 0\n/later none swap noauto 0 0\n")
    plan = json.loads(w.run("plan", "--json").stdout)
    equal(plan["machine"]["swap"]["fstab_not_in_use"], ["/nowhere", "UUID=none-such"])
    expect([x for x in plan["warnings"] if x["code"] == "fstab-swap-not-in-use"])


@test
def swappiness_only_where_asked(w):
    kernel = "/proc/sys/vm/swappiness"
    was = open(kernel).read().strip()
    try:
        apply(w, "--swap", "none")
        expect(not w.path("/etc/sysctl.d/60-vpsfit.conf").exists())
        done = apply(w, "--swappiness", "17")
        expect(f"vm.swappiness {was} -> 17" in done.stdout, done.stdout)
        equal(open(kernel).read().strip(), "17")
        expect("vm.swappiness = 17\n" in w.path("/etc/sysctl.d/60-vpsfit.conf").read_text())
        expect("Changes   none" in apply(w).stdout)
        equal(w.run("rollback", "--yes").returncode, 0)
        equal((open(kernel).read().strip(), w.path("/etc/sysctl.d/60-vpsfit.conf").exists()), (was, False))
        equal(w.run("plan", "--swappiness", "201").returncode, 2)
    finally:
        open(kernel, "w").write(was)


def partitioned(w, sizes):
    """A disk with partitions of these sizes in MiB; their devices exist when this returns."""
    disk = w.disk(f"partitioned-{len(w.loops)}", sum(sizes) + 16, None)
    sh("sfdisk", "-q", disk, input_="".join(f"size={size}M, type=S\n" for size in sizes))
    sh("partx", "-u", disk)
    end = time.monotonic() + 60
    while not all(os.path.exists(f"{disk}p{i}") for i, _ in enumerate(sizes, 1)):
        expect(time.monotonic() < end, f"no partitions on {disk}")
    return disk


def partitions(w, *kinds):
    """A disk with one partition per kind; returns the loop device and what mkswap made of each."""
    disk = partitioned(w, [64] * len(kinds))
    for i, kind in enumerate(kinds, 1):
        sh("mkswap", f"{disk}p{i}")
        if kind == "swsuspend":
            with open(f"{disk}p{i}", "r+b") as f:
                f.seek(4086)
                f.write(b"S1SUSPEND\0")
    return disk


@test
def a_partition_is_offered_and_hibernation_left_alone(w):
    disk = partitions(w, "swsuspend", "swap")
    sleeping = open(f"{disk}p1", "rb").read(1 << 16)
    found = json.loads(w.run("detect", "--json").stdout)["swap"]["inactive"]
    equal([a["path"] for a in found], [f"{disk}p2"])
    # 4036 MiB at the peak of a 4 GB VPS are 110 too many: 512 MiB of swap, for which 64 are not enough and 640 are.
    large = partitioned(w, [640])
    sh("mkswap", f"{large}p1")
    uuid = sh("blkid", "-p", "-s", "UUID", "-o", "value", f"{large}p1").stdout.strip()
    short = [*FOUR, "--swap-file", FILE]
    document = json.loads(w.run("plan", "--json", *short).stdout)
    equal((document["swap"]["action"], document["swap"]["path"]), ("create", FILE))
    equal([x["text"].split(" is ")[0] for x in document["warnings"] if x["code"] == "swap-offered"], [f"{disk}p2"])
    apply(w, *FOUR, "--swap", f"{large}p1")
    equal((active(w), names(w)), ({os.path.basename(large) + "p1": 639}, []))
    expect(f"UUID={uuid} none swap sw,nofail,x-vpsfit 0 0\n" in fstab(w), fstab(w))
    again = apply(w, *FOUR).stdout
    expect("Changes   none" in again, again[-900:])
    equal([s["state"] for s in status(w)["swap"]], ["in use"])
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((active(w), uuid in fstab(w)), ({}, False))
    apply(w, *FOUR, "--swap", f"{large}p1")
    apply(w, *FOUR, "--swap", "none", "--force")
    equal((active(w), uuid in fstab(w)), ({}, False))
    equal(sh("blkid", "-p", "-s", "UUID", "-o", "value", f"{large}p1").stdout.strip(), uuid)
    equal(open(f"{disk}p1", "rb").read(1 << 16), sleeping)


def uuid_of(partition):
    return sh("blkid", "-p", "-s", "UUID", "-o", "value", partition).stdout.strip()


def fstab_uuid(partition):
    return f"UUID={uuid_of(partition)} none swap sw,nofail,x-vpsfit 0 0\n"


@test
def one_of_two_partitions_is_named(w):
    """By path, UUID or label: the named one is turned on, kept, exchanged for the other, and turned off again."""
    disk = partitions(w, "swap", "swap", "swsuspend")
    one, two, asleep = (f"{disk}p{n}" for n in (1, 2, 3))
    on = os.path.basename
    before = open(two, "rb").read(1 << 16)
    plan = json.loads(w.run("plan", "--json", "--swap", two).stdout)["swap"]
    equal((plan["action"], plan["path"], plan["size_mib"]), ("activate", two, 64))
    equal(w.run("plan", "--exit-code", "--swap", two).returncode, 6)
    apply(w, "--swap", two)
    equal((active(w), names(w)), ({on(two): 63}, []))
    expect(fstab_uuid(two) in fstab(w) and uuid_of(one) not in fstab(w), fstab(w))
    equal(open(two, "rb").read(1 << 16), before)
    # A rerun keeps it under any of its names and writes nothing; turned off by hand, it is turned on again.
    kept = tree(w)
    # Later than the apply by the clock of the records, which has whole seconds.
    time.sleep(1.1)
    for again in ([], ["--swap", two], ["--swap", f"UUID={uuid_of(two).upper()}"], ["--swap", two.replace("/dev/", "/dev/./")]):
        expect("Changes   none" in apply(w, *again).stdout, again)
    equal(tree(w), kept)
    equal(json.loads(w.run("plan", "--json").stdout)["swap"]["action"], "keep")
    sh("swapoff", two)
    equal(json.loads(w.run("plan", "--json").stdout)["swap"]["path"], two)
    apply(w)
    equal(active(w), {on(two): 63})
    # The other one replaces it, here with an answers file and a label.
    sh("mkswap", "-L", "the other", one)
    w.path("/tmp/answers.yaml").write_text("swap: LABEL=the other\nyes: true\n")
    done = apply(w, "--answers", "/tmp/answers.yaml")
    expect(f"turn on {one}" in done.stdout and f"turn off {two}" in done.stdout, done.stdout)
    equal(active(w), {on(one): 63})
    expect(fstab_uuid(one) in fstab(w) and uuid_of(two) not in fstab(w), fstab(w))
    equal([(s["path"], s["state"]) for s in status(w)["swap"]], [(one, "in use")])
    equal(w.run("rollback", "--yes").returncode, 0)
    equal(active(w), {on(two): 63})
    apply(w, "--swap", "none")
    equal((active(w), uuid_of(two) in fstab(w)), ({}, False))


@test
def what_is_no_idle_partition_is_refused(w):
    """The message lists the choices; nothing is written."""
    disk = partitions(w, "swap", "swsuspend", "swap")
    one, asleep, three = (f"{disk}p{n}" for n in (1, 2, 3))
    sleeping, before = open(asleep, "rb").read(1 << 16), tree(w)
    for name in (asleep, disk, "/dev/null", "/dev/no-such", "UUID=1234-5678", f"UUID={uuid_of(one)}x"):
        done = apply(w, "--swap", name, code=2)
        expect(f"there is no idle swap partition '{name}'" in done.stderr, done.stderr)
        expect(f"there are: {one} (64 MiB), {three} (64 MiB)" in done.stderr, done.stderr)
    for partition in (one, three):
        sh("mkswap", "-L", "twice", partition)
    expect("'LABEL=twice' names more than one" in apply(w, "--swap", "LABEL=twice", code=2).stderr)
    for name in ("/swapfile", "vdb1", "UUID=", "/dev/", "/dev/../swapfile", "/dev/a\nb"):
        expect("or a swap partition such as" in apply(w, "--swap", name, code=2).stderr, name)
    equal((tree(w), active(w)), (before, {}))
    equal(open(asleep, "rb").read(1 << 16), sleeping)
    for partition in (one, three):
        sh("wipefs", "-qa", partition)
    expect("no swap partition lies idle here" in apply(w, "--swap", one, code=2).stderr)


@test
def a_named_partition_that_is_gone_is_told(w):
    """A rerun continues as with auto but remembers it; once the partition is back it is used again."""
    one = partitions(w, "swap") + "p1"
    uuid = uuid_of(one)
    apply(w, "--swap", one)
    sh("swapoff", one)
    sh("wipefs", "-qa", one)
    warnings = json.loads(apply(w, "--json").stdout)["warnings"]
    equal([x["text"].split(",")[0] for x in warnings if x["code"] == "swap-partition-missing"], [f"the swap partition UUID={uuid}"])
    equal(active(w), {})
    sh("mkswap", "-U", uuid, one)
    apply(w)
    equal(active(w), {os.path.basename(one): 63})


@test
def a_file_makes_way_for_a_named_partition(w):
    one = partitions(w, "swap") + "p1"
    apply(w, "--swap", "64M")
    apply(w, "--swap", one)
    equal((names(w), active(w)), ([], {os.path.basename(one): 63}))
    expect("swapfile" not in fstab(w), fstab(w))
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((names(w), active(w)), (["swapfile"], {"swapfile": 63}))
    # An area of somebody else's that is in use stays as it is and does not become ours.
    apply(w, "--swap", "none")
    sh("swapon", one)
    apply(w, "--swap", one)
    expect(uuid_of(one) not in fstab(w), fstab(w))
    apply(w, "--swap", "none")
    equal(active(w), {os.path.basename(one): 63})


@test
def an_idle_partition_is_offered_where_no_file_can_be(w):
    """tmpfs cannot hold a swap file; nobody knows whose the partition is, so it takes its name to have it."""
    large = partitioned(w, [640])
    sh("mkswap", f"{large}p1")
    document = json.loads(w.run("plan", "--json", *FOUR, "--swap-file", "/run/swapfile").stdout)
    equal(document["swap"]["action"], "impossible")
    expect([x for x in document["warnings"] if x["code"] == "swap-offered" and f"--swap {large}p1 takes it" in x["text"]], document["warnings"])
    plan = json.loads(w.run("plan", "--json", *FOUR, "--swap-file", "/run/swapfile", "--swap", f"{large}p1").stdout)["swap"]
    equal((plan["action"], plan["path"]), ("activate", f"{large}p1"))
    sh("wipefs", "-qa", f"{large}p1")
    plan = json.loads(w.run("plan", "--json", *FOUR, "--swap-file", "/run/swapfile").stdout)["swap"]
    equal(plan["action"], "impossible")
    expect("tmpfs" in plan["why"], plan["why"])


def wizard(w, *args):
    """The wizard in this world, on a terminal in tmux, and the module with its steps."""
    os.environ.setdefault("VPSFIT", w.vpsfit_path)
    os.environ.setdefault("VPSFIT_ROOTS", str(PROJECT / "build/roots"))
    sys.path.insert(0, str(PROJECT / "tests/tui"))
    import conftest
    import ways
    return conftest.Terminal(pathlib.Path(tempfile.mkdtemp(dir=w.base))).start(*args, wrap=["chroot", str(w.root)]), ways


def choose(t, row):
    """Goes down to that row of the list."""
    for _ in range(40):
        before = t.screen()
        if f"(*) {row}" in before:
            return
        t.keys("Down").until(lambda screen, before=before: screen != before, f"a row below, on the way to {row}")
    raise AssertionError(f"no row {row}\n{t.screen()}")


@test
def the_wizard_turns_on_the_partition_that_is_chosen(w):
    """One of two idle ones; the printed command does the same, and the next run of the wizard has it selected."""
    disk = partitions(w, "swap", "swap", "swsuspend")
    one, two, asleep = (f"{disk}p{n}" for n in (1, 2, 3))
    t, ways = wizard(w, *FOUR, "--swap-file", FILE)
    try:
        ways.to_swap(t)
        expect(asleep not in t.see(f"The partition {one} of 64 MiB", f"The partition {two} of 64 MiB"), t.screen())
        choose(t, f"The partition {two}")
        t.see(f"Planned activate 64 MiB {two}")
        t.press("Next").see("Where should the gateway")
        t.press("Back").see(f"(*) The partition {two}")
        t.press("Next").see("Where should the gateway")
        t.press("Next").see("Which providers")
        t.press("Next").see("Review")
        t.until_scrolled(f"turn on {two} (64 MiB of swap)")
        ways.write(t).see("Done")
        t.until_scrolled(f"{two}, 64 MiB")
        ways.finish(t)
        command = t.command()
    finally:
        t.stop()
    expect(f" --swap {two} " in command, command)
    equal(active(w), {os.path.basename(two): 63})
    table = fstab(w)
    t, ways = wizard(w, *FOUR, "--swap-file", FILE)
    try:
        ways.to_swap(t)
        t.see(f"(*) The partition {two} of 64 MiB, in use", f"( ) The partition {one}", f"Planned keep 64 MiB {two}")
        t.keys("Enter").see("Where should the gateway")
        t.press("Next").see("Which providers")
        t.press("Next").see("There is nothing to change")
        ways.finish(t)
    finally:
        t.stop()
    apply(w, "--swap", "none", "--force")
    equal(active(w), {})
    done = w.run(*shlex.split(command)[1:])
    equal((done.returncode, active(w), fstab(w)), (0, {os.path.basename(two): 63}, table))


@test
def the_plain_wizard_lists_the_partitions_too(w):
    one = partitions(w, "swap", "swap") + "p1"
    t, ways = wizard(w, *FOUR, "--swap-file", FILE, "--plain")
    try:
        for _ in range(10):
            if "Swap [1]:" in t.screen():
                break
            before = t.everything()
            t.keys("Enter").until(lambda _, before=before: len(t.everything()) > len(before) and t.everything().rstrip().endswith("]:"),
                                  "the next question")
        t.see(f"4) The partition {one} of 64 MiB")
        t.type("4").keys("Enter").see("Limits")
        t.keys("Enter").see(f"activate 64 MiB {one}")
        t.type("q").keys("Enter").see("Leave?")
    finally:
        t.stop()
    equal(active(w), {})


@test
def no_capability_no_swap(w):
    """Root of a user namespace cannot swapon: vpsfit says so beforehand, with the matching exit codes."""
    found = json.loads(w.run_in_user_namespace("detect", "--json").stdout)["swap"]
    equal(found["possible"], False)
    expect("user namespace" in found["impossible_why"], found["impossible_why"])
    there = ["--dir", "/tmp/ns/stack", "--state", "/tmp/ns/state", "--swap-file", FILE]
    w.path("/tmp/ns").mkdir(parents=True)
    done = w.run_in_user_namespace("apply", "--yes", "--swap", "64M", *there)
    equal((done.returncode, os.listdir(w.path("/tmp/ns"))), (1, []))
    expect("ask the host to set swap" in done.stderr, done.stderr)
    equal(w.run_in_user_namespace("apply", "--yes", *TWO, *there).returncode, 3)
    equal(w.run_in_user_namespace("apply", "--yes", *there).returncode, 0)
    # The kernel decides: without the capability outside of a namespace, swapon fails and everything is put back.
    dropped = ["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"]
    done = apply(w, "--swap", "64M", code=1, prefix=dropped)
    expect("only the host may" in done.stderr, done.stderr)
    equal((names(w), active(w), w.path("/opt/ai-gateway").exists()), ([], {}, False))
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    w.path("/tmp/ns2").mkdir()
    os.chown(w.path("/tmp/ns2"), 65534, 65534)
    done = w.run("apply", "--yes", "--swap", "64M", "--swap-file", FILE, "--dir", "/tmp/ns2/s", "--state", "/tmp/ns2/t", prefix=nobody)
    equal(done.returncode, 1)
    expect("only root may turn swap on" in done.stderr, done.stderr)


def forget_partitions(w):
    """Partitions of one test must not be offered in the next."""
    for loop in w.loops:
        for partition in glob.glob(f"{loop}p*"):
            sh("wipefs", "-qa", partition)


def main():
    global PLACE, FILE
    in_own_namespace()
    only = sys.argv[2:]
    with World(sys.argv[1]) as w:
        PLACE = w.disk("life", 24576, ["mkfs.ext4", "-qF"])
        FILE = f"{PLACE}/swapfile"
        return run_all(w, PLACE, only, [KeyError, json.JSONDecodeError],
                       lambda w: expect(not [n for n in names(w) if n.endswith("-new")], names(w)), forget_partitions)


sys.exit(main())
