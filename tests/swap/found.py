# SPDX-License-Identifier: MIT
"""
Swap as it is found on people's machines: a guest's, somebody's own, on and not at boot, restored with holes; and places in which the
entries for the next boot cannot be written. usage: found.py VPSFIT [TEST...]
"""

import glob
import json
import os
import shutil
import socket
import sys
import time

from trying import equal, expect, run_all, test
from world import Held, World, in_own_namespace, sh, etc_of_its_own, guest

PLACE = FILE = None
# A VPS of a fixed size that wants swap; --force, because other programs of the machine that tests may leave too little.
TWO = ["--ram", "2G", "--cpus", "1", "--overhead", "700", "--cost-model", "seed-2025-11", "--force"]


def apply(w, *args, code=0, **kwargs):
    done = w.run("apply", "--yes", *TWO, "--swap-file", FILE, *args, **kwargs)
    expect(done.returncode == code, f"{args}: {done.returncode}: {done.stdout[-600:]}{done.stderr}")
    return done


def plan(w, *args):
    document = json.loads(w.run("plan", "--json", *TWO, "--swap-file", FILE, *args).stdout)
    return document, {x["code"]: x["text"] for x in document["warnings"]}


def detected(w):
    return json.loads(w.run("detect", "--json").stdout)["swap"]


def active(w):
    return sorted(os.path.basename(k) for k in w.swaps())


def fstab(w):
    return w.path("/etc/fstab").read_text()


@test
def a_guests_partition_is_left_alone(w):
    """Open as a partition or as the whole disk; by fstab or not: it is not even taken when it is named."""
    disk = guest(w)
    one = f"{disk}p1"
    before = open(one, "rb").read(1 << 16)
    for held, line in ((one, ""), (disk, ""), (one, f"{one} none swap sw 0 0\n")):
        w.fstab("# nothing\n" + line)
        with Held(held) as holder:
            found = detected(w)["inactive"]
            equal([(a["path"], f"process {holder.pid} " in a["held_by"]) for a in found], [(one, True)])
            document, warnings = plan(w)
            equal((document["swap"]["action"], document["swap"]["path"]), ("create", FILE))
            expect(f"process {holder.pid} (python3) has it open" in warnings["swap-offered"], warnings["swap-offered"])
            done = apply(w, "--swap", one, code=2)
            expect(f"process {holder.pid} (python3) has it open; nothing was planned" in done.stderr, done.stderr)
            equal(active(w), [])
        equal(open(one, "rb").read(1 << 16), before)


@test
def a_partition_of_another_disk_is_offered(w):
    """With a line in fstab too: a loop device is not the disk of the root file system."""
    disk = guest(w)
    one = f"{disk}p1"
    expect("no line of /etc/fstab names it" in plan(w)[1]["swap-offered"])
    for line in (f"{one} none swap sw 0 0\n", "LABEL=guestswap none swap sw 0 0\n"):
        w.fstab(line)
        document, warnings = plan(w)
        equal(document["swap"]["action"], "create")
        expect(f"--swap {one} takes it" in warnings["swap-offered"] and "no line" not in warnings["swap-offered"], warnings["swap-offered"])
    w.fstab("LABEL=guestswap none swap sw,noauto 0 0\n")
    expect("no line of /etc/fstab names it" in plan(w)[1]["swap-offered"])
    apply(w)
    equal(active(w), ["swapfile"])
    apply(w, "--swap", one)
    expect(os.path.basename(one) in active(w), active(w))


@test
def a_partition_of_an_earlier_apply_is_looked_at_again(w):
    """Idle by now, it is turned on again, unless somebody has it open; made anew, it is somebody else's."""
    disk = guest(w)
    one = f"{disk}p1"
    name = os.path.basename(one)
    apply(w, "--swap", one)
    sh("swapoff", one)
    with Held(disk):
        document = plan(w, "--swap", "640M")[0]
        expect(document["swap"]["action"] != "activate", document["swap"])
        equal(active(w), [])
    equal(plan(w, "--swap", "640M")[0]["swap"]["path"], one)
    apply(w, "--swap", one)
    equal(active(w), [name])
    sh("swapoff", one)
    sh("mkswap", one)
    document = plan(w, "--swap", "640M")[0]
    expect(document["swap"]["action"] != "activate", document["swap"])
    equal(active(w), [])


@test
def the_way_back_turns_on_no_partition_that_is_held(w):
    """--swap none turned it off; a guest has it by now, and a rollback leaves it alone and says so."""
    disk = guest(w)
    one = f"{disk}p1"
    apply(w, "--swap", one)
    apply(w, "--swap", "none")
    equal(active(w), [])
    with Held(one) as holder:
        done = w.run("rollback", "--yes")
        expect(done.returncode == 1 and f"process {holder.pid} (python3) has it open" in " ".join(done.stderr.split()), done.stderr)
        equal(active(w), [])
    equal(w.run("rollback", "--yes").returncode, 0)
    equal(active(w), [os.path.basename(one)])


@test
def what_the_kernel_holds_is_left_alone(w):
    disk = guest(w)
    over = sh("losetup", "-f", "--show", f"{disk}p1").stdout.strip()
    w.loops.append(over)
    fd = os.open(f"{disk}p1", os.O_RDWR | os.O_EXCL)
    try:
        equal([a["held_by"] for a in detected(w)["inactive"]], ["the kernel has it in use, for a RAID, a mapping or a mount"])
    finally:
        os.close(fd)
        sh("losetup", "-d", over)


@test
def swap_that_a_reboot_forgets(w):
    path = w.path(f"{PLACE}/mine")
    sh("fallocate", "-l", "64M", path)
    path.chmod(0o600)
    sh("mkswap", path)
    sh("swapon", path)
    expect(f"'{PLACE}/mine none swap sw,nofail 0 0'" in plan(w)[1]["swap-not-at-boot"], "")
    w.fstab(f"{PLACE}/mine none swap noauto 0 0\n")
    expect("swap-not-at-boot" in plan(w)[1])
    w.fstab(f"{PLACE}/mine none swap sw 0 0\n")
    expect("swap-not-at-boot" not in plan(w)[1])
    w.fstab("")
    apply(w, "--swap", "64M")
    expect(f"{PLACE}/swapfile" not in plan(w)[1]["swap-not-at-boot"], "vpsfit's own has its line")


@test
def noauto_is_no_entry(w):
    """Boot passes such a line over: vpsfit's own comes beside it, or a unit where systemd runs."""
    line = f"{FILE} none swap sw,noauto 0 0\n"
    w.fstab(line)
    apply(w, "--swap", "64M")
    equal((active(w), fstab(w)), (["swapfile"], line + f"{FILE} none swap sw,nofail,x-vpsfit 0 0\n"))
    equal(w.run("rollback", "--yes").returncode, 0)
    equal((active(w), fstab(w)), ([], line))
    w.systemd(True)
    try:
        apply(w, "--swap", "64M")
        equal(len(list(w.path("/etc/systemd/system").glob("*.swap"))), 1)
        equal(fstab(w), line)
    finally:
        w.systemd(False)


@test
def openrc_is_told_to_turn_swap_on(w):
    """Its service reads /etc/fstab, and on Alpine it is in no runlevel unless the installer made swap."""
    service, level = w.path("/etc/init.d/swap"), w.path("/etc/runlevels/boot")
    service.write_text("#!/sbin/openrc-run\n")
    level.mkdir(parents=True)
    link = level / "swap"
    try:
        done = apply(w, "--swap", "64M")
        expect("/etc/runlevels/boot/swap" in done.stdout, done.stdout)
        equal((os.readlink(link), active(w)), ("/etc/init.d/swap", ["swapfile"]))
        expect("x-vpsfit" in fstab(w))
        expect("none" in apply(w, "--swap", "64M").stdout.split("Changes", 1)[1][:12])
        expect("swap-not-at-boot" not in plan(w)[1])
        equal(w.run("rollback", "--yes").returncode, 0)
        equal((link.is_symlink(), active(w)), (False, []))
        link.symlink_to("/etc/init.d/swap")
        apply(w, "--swap", "64M")
        equal(w.run("rollback", "--yes").returncode, 0)
        expect(link.is_symlink(), "it was there before")
    finally:
        service.unlink()
        shutil.rmtree(w.path("/etc/runlevels"))


@test
def an_idle_file_of_somebodys_is_named(w):
    path = w.path("/swap.img")
    try:
        sh("fallocate", "-l", "64M", path)
        path.chmod(0o600)
        expect("swap-file-idle" not in plan(w)[1], "no swap in it")
        sh("mkswap", path)
        expect("'swapon /swap.img'" in plan(w)[1]["swap-file-idle"] and "second file" in plan(w)[1]["swap-file-idle"])
        equal([(f["path"], f["size_mib"]) for f in detected(w)["idle_files"]], [("/swap.img", 64)])
        path.unlink()
        path.symlink_to(f"{PLACE}/real")
        idle(w, f"{PLACE}/real", 1100)
        document, warnings = plan(w, "--overhead", "0")  # which fits without swap
        equal((document["swap"]["action"], "second file" in warnings["swap-file-idle"]), ("none", False))
        expect("/swap.img lies idle, and its 1100 MiB would do" in document["swap"]["why"], document["swap"]["why"])
        expect("'swapon /swap.img' turns it on" in " ".join(w.run("detect").stdout.split()))
        w.fstab("/swap.img none swap sw 0 0\n")
        expect("swap-file-idle" not in plan(w)[1] and "/swap.img" in plan(w)[1]["fstab-swap-not-in-use"])
    finally:
        path.unlink()


def idle(w, path, size=64, holes=False, mode=0o600):
    """A swap file of somebody's that is not in use."""
    at = w.path(path)
    sh("truncate" if holes else "fallocate", *(["-s"] if holes else ["-l"]), f"{size}M", at)
    at.chmod(mode)
    sh("mkswap", at)
    return at


@test
def an_idle_file_at_the_path_that_is_asked_for(w):
    """It is neither doubled without a word nor taken; where it would do, none is made beside it."""
    path = idle(w, FILE, 1100)
    before = path.stat().st_mtime_ns
    document, warnings = plan(w, "--overhead", "0")
    equal((document["swap"]["action"], [f["path"] for f in document["machine"]["swap"]["idle_files"]]), ("none", [FILE]))
    expect(f"'swapon {FILE}', add the line '{FILE} none swap sw,nofail 0 0'" in warnings["swap-file-idle"], warnings)
    for args in (("--swap", "64M"), ("--overhead", "1200")):
        document, warnings = plan(w, *args)
        equal((document["swap"]["action"], document["swap"]["path"]), ("create", f"{FILE}.vpsfit"))
        expect("otherwise a second file is made beside it" in warnings["swap-file-idle"], warnings)
    w.fstab(f"{FILE} none swap sw 0 0\n")
    document, warnings = plan(w, "--swap", "128M")
    expect("swap-file-idle" not in warnings and "a second file is made" in warnings["fstab-swap-not-in-use"], warnings)
    expect("'swapon -a' turns it on" in warnings["fstab-swap-not-in-use"], warnings)
    apply(w, "--swap", "64M")
    equal((active(w), path.stat().st_mtime_ns), (["swapfile.vpsfit"], before))
    sh("swapon", path)
    expect("fstab-swap-not-in-use" not in plan(w)[1])


@test
def an_idle_file_of_a_line_is_not_doubled(w):
    """swapoff, and the line is still there."""
    path = idle(w, FILE, 1100)
    w.fstab(f"{FILE} none swap sw 0 0\n")
    document, warnings = plan(w, "--overhead", "0")
    expect(document["swap"]["action"] == "none" and "would do: turn it on" in document["swap"]["why"], document["swap"])
    equal("second file" in warnings["fstab-swap-not-in-use"], False)


@test
def what_an_idle_file_needs_is_said_and_helps(w):
    """Holes, a mode that lets others read, noauto: done as it is told, it is in use and comes back."""
    path = idle(w, FILE, holes=True)
    said = plan(w)[1]["swap-file-idle"]
    expect(sh("swapon", path, check=False).returncode != 0, "the kernel takes it with holes")
    expect(f"'dd if=/dev/zero of={FILE} bs=1M count=64' and 'mkswap {FILE}' make it whole" in said, said)
    equal([f.get("holes") for f in plan(w)[0]["machine"]["swap"]["idle_files"]], [True])
    w.fstab(f"{FILE} none swap sw 0 0\n")
    said = plan(w)[1]["fstab-swap-not-in-use"]
    expect("it has holes" in said and f"count=64' and 'mkswap {FILE}'" in said, said)
    sh("dd", "if=/dev/zero", f"of={path}", "bs=1M", "count=64")
    sh("mkswap", path)
    expect("'swapon -a' turns it on" in plan(w)[1]["fstab-swap-not-in-use"])
    sh("swapon", path)
    expect("fstab-swap-not-in-use" not in plan(w)[1])
    sh("swapoff", path)
    path.chmod(0o644)
    w.fstab(f"{FILE} none swap noauto,sw 0 0\n")
    said = plan(w)[1]["swap-file-idle"]
    expect(f"'chmod 600 {FILE}' (others can read it), 'swapon {FILE}', take 'noauto' out" in said, said)
    path.unlink()
    w.fstab(f"{FILE} none swap sw 0 0\n")
    expect("it is not there" in plan(w)[1]["fstab-swap-not-in-use"])
    path.write_bytes(bytes(1 << 20))
    expect(f"'mkswap {FILE}' makes it a swap file" in plan(w)[1]["fstab-swap-not-in-use"])


@test
def another_users_file_is_no_idle_swap(w):
    path = idle(w, FILE)
    os.chown(path, 1000, 1000)
    document, warnings = plan(w)
    expect("swap-file-idle" not in warnings and document["swap"]["path"] == f"{FILE}.vpsfit", document["swap"])


@test
def a_unit_of_a_persons_own(w):
    """Nothing starts it, or it names something else: told with the command. Done, and nothing more is said."""
    w.systemd(True)
    name = PLACE.lstrip("/").replace("/", "-") + "-swapfile.swap"
    folder = w.path("/etc/systemd/system")
    unit = folder / name
    try:
        for text, told in ((f"[Swap]\nWhat = {FILE}\n", f"'systemctl add-wants swap.target {name}' changes that"),
                           (f"[Swap]\nWhat={FILE}\n[Install]\nWantedBy=swap.target\n", f"'systemctl enable {name}' changes that"),
                           ("[Swap]\nWhat=/elsewhere\n", f"write 'What={FILE}' into it")):
            unit.write_text(text)
            done = apply(w, "--swap", "64M")
            said = " ".join((done.stdout + done.stderr).split())
            expect(told in said and "not at the next boot" in said, said)
            equal((active(w), unit.read_text(), (folder / "swap.target.wants" / name).is_symlink()), (["swapfile"], text, False))
        unit.write_text(f"[Swap]\nWhat = {FILE}\n")
        expect(f"'systemctl add-wants swap.target {name}' keeps it" in plan(w)[1]["swap-not-at-boot"])
        (folder / "multi-user.target.wants").mkdir(exist_ok=True)
        link = folder / "multi-user.target.wants" / name
        link.symlink_to(f"../{name}")
        said = apply(w, "--swap", "64M")
        expect("next boot" not in said.stdout + said.stderr and "swap-not-at-boot" not in plan(w)[1], said.stdout)
        link.unlink()
    finally:
        w.systemd(False)


@test
def a_partition_by_a_quoted_line(w):
    """As some installers write it; the line is the partition's, and no second one is added."""
    disk = guest(w)
    one = f"{disk}p1"
    uuid = sh("blkid", "-p", "-o", "value", "-s", "UUID", one).stdout.strip()
    for source in (f'UUID="{uuid}"', f'UUID="{uuid.upper()}"', 'LABEL="guestswap"'):
        w.fstab(f"{source} none swap sw 0 0\n")
        expect("no line" not in plan(w)[1]["swap-offered"], source)
        sh("swapon", one)
        warnings = plan(w)[1]
        expect("swap-not-at-boot" not in warnings and "fstab-swap-not-in-use" not in warnings, warnings)
        sh("swapoff", one)
    line = f'UUID="{uuid}" none swap sw 0 0\n'
    w.fstab(line)
    apply(w, "--swap", one)
    equal((active(w), fstab(w)), ([os.path.basename(one)], line))


@test
def own_swap_with_holes_is_made_anew(w):
    """As it comes back from an image that left out zeros: idle, vpsfit's own, and refused by the kernel."""
    apply(w, "--swap", "64M")
    path = w.path(FILE)
    for again in ([], ["--swap", "64M"]):
        sh("swapoff", path)
        sh("cp", "--sparse=always", path, f"{path}.sparse")
        os.rename(f"{path}.sparse", path)
        expect(path.stat().st_blocks < 1000, "it has no holes")
        done = apply(w, *again)
        expect("takes no swap file" not in done.stderr, done.stderr)
        equal(active(w), ["swapfile"])
        expect(path.stat().st_blocks * 512 >= 64 << 20, "still with holes")


@test
def own_swap_that_was_copied_is_made_anew(w):
    """xfs: punched, or its blocks shared with a copy; btrfs: a copy without the attribute that swap needs."""
    xfs = w.disk("xfs-own", 800, ["mkfs.xfs", "-qf"])
    btrfs = w.disk("btrfs-own", 800, ["mkfs.btrfs", "-q"])
    for place, spoil in ((xfs, lambda s: sh("fallocate", "-p", "-o", 8 << 20, "-l", 8 << 20, s)),
                         (xfs, lambda s: sh("cp", "--reflink=always", s, f"{s}.copy")),
                         (btrfs, lambda s: sh("cp", "--sparse=always", "--reflink=never", s, f"{s}.n") and os.rename(f"{s}.n", s))):
        apply(w, "--swap", "64M", "--swap-file", f"{place}/own")
        own = w.path(f"{place}/own")
        sh("swapoff", own)
        spoil(own)
        expect(sh("swapon", own, check=False).returncode != 0, f"the kernel takes it all the same: {place}")
        own.chmod(0o600)
        done = apply(w, "--swap", "64M", "--swap-file", f"{place}/own")
        expect("error" not in done.stderr, done.stderr)
        equal((active(w), own.stat().st_blocks * 512 >= 64 << 20), (["own"], True))
        apply(w, "--swap", "none")
        w.fresh()


def without_swap(w, where):
    """--swap auto writes the stack and says why there is no swap; --swap SIZE was asked for, and fails. Each cause once."""
    done = apply(w)
    said = " ".join(done.stderr.split())
    expect(w.path("/opt/ai-gateway/compose.yaml").exists() and "no swap was made" in said, done.stderr)
    expect("error" not in said and said.count(where) <= 2 and "run as root" not in said, done.stderr)
    equal((active(w), w.path(FILE).exists()), ([], False))
    expect("Changes   none" in apply(w, "--swap", "none").stdout)
    w.fresh_but_fstab()
    asked = apply(w, "--swap", "64M", code=1)
    said = " ".join(asked.stderr.split())
    expect(where in said and said.count("error:") == 1 and "read-only or immutable" in said, asked.stderr)
    equal((w.path("/opt/ai-gateway").exists(), active(w), w.path(FILE).exists()), (False, [], False))


@test
def an_immutable_fstab(w):
    etc_of_its_own(w)
    w.fresh_but_fstab = lambda: shutil.rmtree(w.path("/opt/ai-gateway")) or shutil.rmtree(w.path("/var/lib/vpsfit"))
    w.fstab("# hands off\n")
    sh("chattr", "+i", w.path("/etc/fstab"))
    try:
        without_swap(w, "/etc/fstab")
        equal(fstab(w), "# hands off\n")
    finally:
        sh("chattr", "-i", w.path("/etc/fstab"))
        sh("umount", w.path("/etc"))


@test
def a_read_only_directory_of_units(w):
    w.systemd(True)
    units = w.path("/etc/systemd/system")
    w.fresh_but_fstab = lambda: shutil.rmtree(w.path("/opt/ai-gateway")) or shutil.rmtree(w.path("/var/lib/vpsfit"))
    sh("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", units)
    try:
        without_swap(w, "/etc/systemd/system")
        expect("cannot be removed" not in apply(w, "--swap", "64M", code=1).stderr)
    finally:
        sh("umount", units)
        w.systemd(False)


@test
def swap_that_is_on_outlives_entries_that_cannot_be_written(w):
    """A rerun whose unit is gone, in a directory that is read-only by now."""
    w.systemd(True)
    units = w.path("/etc/systemd/system")
    try:
        apply(w)
        sh("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", units)
        try:
            done = apply(w, "--port", "9009")
            expect("9009" in w.path("/opt/ai-gateway/.env").read_text() and "error" not in done.stderr, done.stderr)
            equal(active(w), ["swapfile"])
        finally:
            sh("umount", units)
    finally:
        w.systemd(False)


@test
def a_limit_on_the_size_of_files(w):
    """ulimit -f: a signal that nobody waits for would end vpsfit in the middle."""
    limited = ["prlimit", "--fsize=33554432"]
    done = apply(w, prefix=limited)
    expect("ulimit -f" in " ".join(done.stderr.split()), done.stderr)
    equal((active(w), w.path(FILE).exists()), ([], False))
    expect("ulimit -f" in apply(w, "--swap", "64M", code=1, prefix=limited).stderr)


@test
def btrfs_and_its_snapshots(w):
    place = w.disk("btrfs-snapshots", 600, ["mkfs.btrfs", "-q"])
    sh("btrfs", "subvolume", "create", w.path(f"{place}/swap"))
    first = w.run("plan", "--json", *TWO, "--swap", "64M", "--swap-file", f"{place}/swapfile")
    expect("swap-stops-snapshots" in first.stdout, first.stdout[-300:])
    own = w.run("plan", "--json", *TWO, "--swap", "64M", "--swap-file", f"{place}/swap/swapfile")
    expect("swap-stops-snapshots" not in own.stdout and '"create"' in own.stdout)
    equal(w.run("apply", "--yes", *TWO, "--swap", "64M", "--swap-file", f"{place}/swap/swapfile").returncode, 0)
    sh("btrfs", "subvolume", "snapshot", w.path(place), w.path(f"{place}/snapshot"))
    w.path(f"{place}/swap/else").write_text("")
    again = w.run("plan", "--json", *TWO, "--swap", "64M", "--swap-file", f"{place}/swap/swapfile")
    expect("swap-stops-snapshots" in again.stdout, "what else lies there has no snapshot either")


@test
def a_port_that_is_taken(w):
    """By whom, for root; on the running machine."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        port = str(s.getsockname()[1])
        expect(f"port {port} is taken by python3" in plan(w, "--port", port)[1]["port-taken"])
    expect("port-taken" not in plan(w, "--port", port)[1])
    if not os.path.exists("/proc/net/if_inet6"):
        return
    for alone in (True, False):
        with socket.socket(socket.AF_INET6) as s:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, alone)
            s.bind(("::", 0))
            s.listen()
            port = str(s.getsockname()[1])
            equal("port-taken" in plan(w, "--port", port)[1], not alone)
            expect("port-taken" in plan(w, "--port", port, "--bind", "::1")[1])


@test
def absurd_sizes_are_refused_with_the_disks_figure(w):
    done = apply(w, "--swap", "99999G", code=1)
    expect("MiB are free for" in " ".join(done.stderr.split()), done.stderr)


def forget(w):
    for loop in w.loops:
        for partition in glob.glob(f"{loop}p*"):
            sh("wipefs", "-qa", partition, check=False)


def main():
    global PLACE, FILE
    in_own_namespace()
    only = sys.argv[2:]
    with World(sys.argv[1]) as w:
        PLACE = w.disk("found", 4096, ["mkfs.ext4", "-qF"])
        FILE = f"{PLACE}/swapfile"
        return run_all(w, PLACE, only, [KeyError, json.JSONDecodeError, OSError], lambda w: None, forget)


sys.exit(main())
