# SPDX-License-Identifier: MIT
"""
Swap on every file system that a VPS may have: made, accepted by the kernel, and removed; or refused with the reason and nothing left
over. Prints one line per file system. usage: matrix.py VPSFIT
"""

import json
import os
import re
import shutil
import subprocess
import sys

from world import PROJECT, Held, World, etc_of_its_own, guest, in_own_namespace, sh

MADE, REFUSED, WITHOUT, BESIDE = "made", "refused", "without swap", "made beside it"
SIZE = 64
failed, tried = [], []


def place_tmpfs(w):
    w.path("/mnt/tmpfs").mkdir(parents=True)
    w.mount("-t", "tmpfs", "tmpfs", w.path("/mnt/tmpfs"))
    return "/mnt/tmpfs"


def place_overlay(w):
    w.path("/srv/swap").mkdir(parents=True)
    return "/srv/swap"


def place_subvolume(w):
    place = w.disk("btrfs-subvolume", 600, ["mkfs.btrfs", "-q"])
    sh("btrfs", "subvolume", "create", w.path(place) / "swap")
    return f"{place}/swap"


def place_read_only(w):
    place = w.disk("read-only", 600, ["mkfs.ext4", "-qF"])
    sh("mount", "-o", "remount,ro", w.path(place))
    return place


def place_two_devices(w):
    first, second = (w.disk(name, 600, None) for name in ("btrfs-one", "btrfs-two"))
    sh("mkfs.btrfs", "-q", "-d", "single", first, second)
    w.path("/mnt/btrfs-two-devices").mkdir(parents=True)
    w.mount(first, w.path("/mnt/btrfs-two-devices"))
    return "/mnt/btrfs-two-devices"


def place_link(w):
    place = w.disk("links", 600, ["mkfs.ext4", "-qF"])
    os.symlink("/etc/passwd", w.path(place) / "swapfile")
    return place


def place_taken(w):
    place = w.disk("taken", 600, ["mkfs.ext4", "-qF"])
    (w.path(place) / "swapfile").write_text("somebody's\n")
    return place


def place_property(value):
    """What is made in the directory inherits the property, which goes together with no NOCOW."""
    def make(w):
        place = w.disk(f"btrfs-property-{value}", 600, ["mkfs.btrfs", "-q"])
        sh("btrfs", "property", "set", w.path(place), "compression", value)
        return place
    return make


def place_attribute(flag):
    def make(w):
        place = w.disk("btrfs-attribute", 600, ["mkfs.btrfs", "-q"])
        sh("chattr", flag, w.path(place))
        return place
    return make


def place_no_inodes(w):
    place = w.disk("inodes", 600, ["mkfs.ext4", "-qF", "-N", "16"])
    for i in range(4096):
        try:
            (w.path(place) / f"file{i}").write_text("")
        except OSError:
            break
    return place


def on(name, *mkfs, options="", size=600):
    return lambda w: w.disk(name, size, mkfs, options)


# Name, how to make it, expected result, and text that a refusal must contain.
ROWS = [
    ("ext4", on("ext4", "mkfs.ext4", "-qF"), MADE, ""),
    ("ext4, blocks of 1 KiB", on("ext4-1k", "mkfs.ext4", "-qF", "-b", "1024"), MADE, ""),
    ("ext3 (cannot allocate: zeros)", on("ext3", "mkfs.ext3", "-qF"), MADE, ""),
    ("ext2 (cannot allocate: zeros)", on("ext2", "mkfs.ext2", "-qF"), MADE, ""),
    ("xfs", on("xfs", "mkfs.xfs", "-qf"), MADE, ""),
    ("btrfs, single", on("btrfs", "mkfs.btrfs", "-q", "-d", "single"), MADE, ""),
    ("btrfs, compressed", on("btrfs-zstd", "mkfs.btrfs", "-q", options="compress-force=zstd"), MADE, ""),
    ("btrfs, subvolume", place_subvolume, MADE, ""),
    ("btrfs, compression property zstd", place_property("zstd"), MADE, ""),
    ("btrfs, compression property none", place_property("none"), MADE, ""),
    ("btrfs, compression property lzo", place_property("lzo"), MADE, ""),
    ("btrfs, nodatacow", on("btrfs-nodatacow", "mkfs.btrfs", "-q", options="nodatacow"), MADE, ""),
    ("btrfs, attributes c and m", place_attribute("+c"), MADE, ""),
    ("ext4, no inodes", place_no_inodes, REFUSED, "no inodes left"),
    ("btrfs, dup", on("btrfs-dup", "mkfs.btrfs", "-q", "-d", "dup"), REFUSED, 'data profile "single"'),
    ("btrfs, two devices", place_two_devices, REFUSED, "more than one device"),
    ("tmpfs", place_tmpfs, REFUSED, "tmpfs"),
    ("overlay", place_overlay, REFUSED, "overlay"),
    ("ext4, nearly full", on("full", "mkfs.ext4", "-qF", size=90), REFUSED, "MiB are free"),
    ("ext4, read-only", place_read_only, REFUSED, "read-only"),
    ("the name is a link", place_link, MADE, ""),
    ("the name is taken", place_taken, MADE, ""),
    ("a blank in the name", on("a blank", "mkfs.ext4", "-qF"), MADE, ""),
]


def expect(truth, what):
    if not truth:
        raise AssertionError(what)


def listing(w, place):
    return {p.name: (p.lstat().st_mode, p.read_bytes() if p.is_file() and p.stat().st_size < 4096 else None)
            for p in w.path(place).iterdir()}


def try_made(w, place, swap_file, before):
    done = w.run("apply", "--yes", "--quiet", "--swap", f"{SIZE}M", "--swap-file", swap_file)
    expect(done.returncode == 0, done.stderr)
    new = sorted(listing(w, place).keys() - before.keys())
    expect(len(new) == 1, f"new names: {new}")
    path = w.path(place) / new[0]
    st = path.stat()
    expect(st.st_mode == 0o100600 and st.st_uid == 0, f"mode {oct(st.st_mode)}")
    expect(st.st_size == SIZE << 20, f"size {st.st_size}")
    active = w.swaps()
    expect(list(active) == [f"{place}/{new[0]}"] and active[f"{place}/{new[0]}"] >= SIZE - 3, f"/proc/swaps: {active}")
    blkid = sh("blkid", "-p", "-o", "export", path).stdout
    expect("LABEL=vpsfit" in blkid and "TYPE=swap" in blkid, blkid)
    again = w.run("apply", "--yes")
    expect(again.returncode == 0 and "Changes   none" in again.stdout, again.stdout[-300:] + again.stderr)
    back = w.run("rollback", "--yes", "--quiet")
    expect(back.returncode == 0, back.stderr)
    expect(w.swaps() == {}, "still in use after rollback")
    return f"{SIZE} MiB at {new[0]}, in use, {active[f'{place}/{new[0]}']} MiB by /proc/swaps; gone after rollback"


def try_refused(w, swap_file, why):
    plan = json.loads(w.run("plan", "--json", "--swap", f"{SIZE}M", "--swap-file", swap_file).stdout)
    expect(plan["swap"]["action"] == "impossible", plan["swap"])
    asked = w.run("apply", "--yes", "--quiet", "--swap", f"{SIZE}M", "--swap-file", swap_file)
    said = re.sub(r"\s+", " ", asked.stderr)
    expect(asked.returncode == 1 and why in said, f"{asked.returncode}: {said}")
    expect(not w.path("/opt/ai-gateway").exists(), "a stack was written")
    auto = w.run("apply", "--yes", "--force", "--ram", "2G", "--overhead", "1200", "--swap", "auto", "--swap-file", swap_file)
    expect(auto.returncode == 0 and "swap-impossible" in auto.stdout, auto.stdout + auto.stderr)
    return "1 for --swap SIZE, applied without swap for --swap auto: " + said.split("were asked for: ")[1].split(";")[0]


def row(w, name, make, want, why):
    place = make(w)
    before, fstab = listing(w, place), w.path("/etc/fstab").read_bytes()
    swap_file = f"{place}/swapfile"
    try:
        told = try_made(w, place, swap_file, before) if want == MADE else try_refused(w, swap_file, why)
        expect(listing(w, place) == before, f"left behind: {listing(w, place).keys() ^ before.keys()}")
        expect(w.path("/etc/fstab").read_bytes() == fstab, "/etc/fstab is not as it was")
        expect(w.swaps() == {}, "swap is still in use")
        print(f"ok   {name}: {want}: {told}", flush=True)
    except AssertionError as e:
        failed.append(name)
        print(f"FAIL {name}: {want} was expected: {e}", flush=True)
    w.swap_off()
    w.fresh()


class Closed:
    """Where the entry for the next boot goes cannot be written: ext4 below, for the attribute 'i' and a mount of its own."""

    def __init__(self, w, path, close, systemd):
        self.w, self.path, self.close, self.systemd = w, path, close, systemd

    def __enter__(self):
        etc_of_its_own(self.w)
        self.w.systemd(self.systemd)
        self.w.path("/etc/systemd/system/swap.target.wants").mkdir(parents=True, exist_ok=True)
        at = self.w.path(self.path)
        if self.close == "read-only":
            sh("mount", "--bind", at, at)
            sh("mount", "-o", "remount,bind,ro", at)
        elif self.close == "mount point":
            sh("mount", "--bind", at, at)
        else:
            sh("chattr", "+i", at)
        return at

    def __exit__(self, *_):
        at = self.w.path(self.path)
        sh("umount", at, check=False) if self.close != "immutable" else sh("chattr", "-i", at)
        sh("umount", self.w.path("/etc"))
        sh("umount", self.w.path("/mnt/etc"))
        shutil.rmtree(self.w.base / "etc")
        self.w.path("/mnt/etc").rmdir()
        self.w.systemd(False)


def try_closed(w, place, path):
    """--swap SIZE changes nothing; --swap auto writes the stack, without swap, and says why. Nothing is left over."""
    swap_file = f"{place}/swapfile"
    asked = w.run("apply", "--yes", "--quiet", "--swap", f"{SIZE}M", "--swap-file", swap_file)
    said = re.sub(r"\s+", " ", asked.stderr)
    expect(asked.returncode == 1 and path in said and said.count("error:") == 1, f"{asked.returncode}: {said}")
    expect(not w.path("/opt/ai-gateway").exists() and listing(w, place).keys() == {"lost+found"}, listing(w, place).keys())
    auto = w.run("apply", "--yes", "--force", "--ram", "2G", "--overhead", "1200", "--swap", "auto", "--swap-file", swap_file)
    said = re.sub(r"\s+", " ", auto.stderr)
    expect(auto.returncode == 0 and "no swap was made" in said and path in said and "error" not in said, f"{auto.returncode}: {said}")
    expect(w.path("/opt/ai-gateway/compose.yaml").exists() and w.swaps() == {}, w.swaps())
    expect(listing(w, place).keys() == {"lost+found"}, listing(w, place).keys())
    return "1 for --swap SIZE, applied without swap for --swap auto: " + said[said.index("no swap was made"):][:160]


def closed(w):
    place = w.disk("closed", 4096, ["mkfs.ext4", "-qF"])
    for name, path, close, systemd in (
            ("/etc/fstab is immutable", "/etc/fstab", "immutable", False), ("/etc/fstab is a mount point", "/etc/fstab", "mount point", False),
            ("/etc is read-only", "/etc", "read-only", False), ("/etc is immutable", "/etc", "immutable", False),
            ("the directory of units is read-only", "/etc/systemd/system", "read-only", True),
            ("the directory of units is immutable", "/etc/systemd/system", "immutable", True),
            ("swap.target.wants is read-only", "/etc/systemd/system/swap.target.wants", "read-only", True)):
        try:
            with Closed(w, path, close, systemd):
                told = try_closed(w, place, path)
            print(f"ok   {name}: {WITHOUT}: {told}", flush=True)
        except AssertionError as e:
            failed.append(name)
            print(f"FAIL {name}: {WITHOUT} was expected: {e}", flush=True)
        tried.append(name)
        w.swap_off()
        w.fresh()


def try_guest(w, place, one, held):
    """It is not turned on, unasked or named, nor is a byte of it changed; the file is made all the same."""
    before = open(one, "rb").read(1 << 20)
    with Held(held) as holder:
        who = f"process {holder.pid} (python3) has it open"
        done = w.run("apply", "--yes", "--force", "--ram", "2G", "--overhead", "1200", "--swap", "auto", "--swap-file", f"{place}/swapfile")
        expect(done.returncode == 0 and who in re.sub(r"\s+", " ", done.stdout), done.stdout + done.stderr)
        named = w.run("apply", "--yes", "--swap", one)
        expect(named.returncode == 2 and who in re.sub(r"\s+", " ", named.stderr), f"{named.returncode}: {named.stderr}")
        expect(list(w.swaps()) == [f"{place}/swapfile"], w.swaps())
    expect(open(one, "rb").read(1 << 20) == before, "the guest's swap was written")
    return who


def guests(w):
    place = w.disk("host", 8192, ["mkfs.ext4", "-qF"])
    disk = guest(w)
    one = f"{disk}p1"
    for name, held, fstab in (("a guest's partition that is held open", one, ""), ("the disk of a guest's partition is held open", disk, ""),
                              ("a guest's partition, held open, of a line", one, f"{one} none swap sw 0 0\n")):
        w.fstab("# the machine's own\n" + fstab)
        try:
            print(f"ok   {name}: {BESIDE}: {try_guest(w, place, one, held)}", flush=True)
        except AssertionError as e:
            failed.append(name)
            print(f"FAIL {name}: {BESIDE} was expected: {e}", flush=True)
        tried.append(name)
        w.run("apply", "--yes", "--force", "--swap", "none")
        w.swap_off()
        w.fresh()


def vfat(w):
    """Uses the kernel if it knows FAT, else the tree of a machine that has it."""
    if "\tvfat\n" in open("/proc/filesystems").read():
        row(w, "vfat", on("vfat", "mkfs.vfat"), REFUSED, "FAT keeps no file private")
        return
    tree = w.base / "tree"
    sh("cp", "-a", os.path.join(os.environ["VPSFIT_ROOTS"], "vm-2g"), tree)
    mounts = next(p for p in (tree / "proc/self/mounts", tree / "proc/mounts") if p.exists())
    mounts.write_text("/dev/vda1 / vfat rw 0 0\n")
    done = subprocess.run([w.vpsfit_path, "plan", "--json", "--sysroot", str(tree)], capture_output=True, text=True)
    swap = json.loads(done.stdout)["swap"]
    well = swap["action"] == "impossible" and "FAT keeps no file private" in swap["why"]
    if not well:
        failed.append("vfat")
    print(f"{'ok  ' if well else 'FAIL'} vfat: refused, in a machine's tree (this kernel has no vfat to mount): {swap['why']}")


def main():
    in_own_namespace()
    with World(sys.argv[1]) as w:
        expect(w.swaps() == {}, "swap is in use on this machine: this test needs one without")
        for r in ROWS:
            row(w, *r)
        vfat(w)
        closed(w)
        guests(w)
    print(f"{len(ROWS) + 1 + len(tried)} places tried, {len(failed)} not as intended")
    return 1 if failed else 0


sys.exit(main())
