# SPDX-License-Identifier: MIT
"""
Fails every system call with which swap is made, grown, shrunk, removed and rolled back once, and kills the process once at each of
them. At no time may both the old and the new swap be off, may others read a swap file, or may an entry for the next boot point at
nothing. If the program reports failure, everything is as before at once; after `vpsfit recover` everything is as before or as planned,
with nothing left over. Prints how many points were tried and how many were unsafe. usage: faults.py VPSFIT [SCENARIO...]
With VPSFIT_EARLIER, the program of 0.1.0, only kills that one, and VPSFIT recovers.
"""

import collections
import hashlib
import multiprocessing
import os
import re
import shutil
import sys

from world import World, in_own_namespace, sh

CALLS = ["openat", "write", "pwrite64", "fsync", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir",
         "fchmod", "fchown", "fallocate", "ioctl", "swapon", "swapoff", "link", "linkat", "symlink", "symlinkat", "readlink", "fstatfs",
         "pipe2", "vfork", "clone3", "wait4"]
ALWAYS = {"swapon", "swapoff", "pipe2", "vfork", "clone3", "wait4"}
# Errors that a call may return besides EIO.
MORE = {"fallocate": ["ENOSPC", "EINTR"], "pwrite64": ["ENOSPC"], "swapon": ["EPERM", "EINVAL", "EINTR"], "swapoff": ["ENOMEM", "EINTR"],
        "link": ["EEXIST"], "fsync": ["ENOSPC"], "vfork": ["EAGAIN"], "clone3": ["EAGAIN"]}
MKFS = {"ext4": ["mkfs.ext4", "-qF"], "ext3": ["mkfs.ext3", "-qF"], "btrfs": ["mkfs.btrfs", "-q"]}
# Zeros are written MiB by MiB: testing a few of these calls is enough.
AT_MOST = {"pwrite64": 4}
SWAPPINESS = "/proc/sys/vm/swappiness"

# The program that makes, changes and is killed; None: VPSFIT itself.
EARLIER = os.environ.get("VPSFIT_EARLIER")

# File system, whether systemd runs, preparation, and the command that gets the faults.
SCENARIOS = {
    "make": ("ext4", False, ["none"], ["apply", "--yes", "--swap", "64M", "--swappiness", "33"]),
    "make-zeros": ("ext3", False, ["none"], ["apply", "--yes", "--swap", "64M"]),
    "make-unit": ("ext4", True, ["none"], ["apply", "--yes", "--swap", "64M"]),
    "make-btrfs": ("btrfs", False, ["none"], ["apply", "--yes", "--swap", "64M"]),
    "grow": ("ext4", False, ["64M"], ["apply", "--yes", "--swap", "128M"]),
    "grow-unit": ("ext4", True, ["64M"], ["apply", "--yes", "--swap", "128M"]),
    "shrink": ("ext4", False, ["128M"], ["apply", "--yes", "--swap", "64M"]),
    "remove": ("ext4", False, ["64M"], ["apply", "--yes", "--swap", "none"]),
    "remove-unit": ("ext4", True, ["64M"], ["apply", "--yes", "--swap", "none"]),
    "rollback-make": ("ext4", False, ["none", "64M"], ["rollback", "--yes"]),
    "rollback-grow": ("ext4", True, ["64M", "128M"], ["rollback", "--yes"]),
    "rollback-remove": ("ext4", False, ["64M", "none"], ["rollback", "--yes"]),
}
# Scenarios with swap before and after must have swap all the time.
ALWAYS_SWAP = {"grow", "grow-unit", "shrink", "rollback-grow"}
KEPT = ["opt/ai-gateway", "var/lib/vpsfit", "etc/fstab", "etc/systemd/system", "etc/sysctl.d"]


class Scenario:
    def __init__(self, world, name, place):
        self.w, self.name = world, name
        _, systemd, self.steps, command = SCENARIOS[name]
        self.place = place
        self.sets_swappiness = "--swappiness" in command
        self.file = ["--swap-file", f"{self.place}/swapfile"]
        self.command = command + (self.file if command[0] == "apply" else [])
        world.systemd(systemd)
        self.store = world.base / f"start-{name}"
        # tests/faults tests the stack's files and the copies in tx; here it is swap, the files that make it permanent, and the commit.
        self.touches = f"{self.place}/|/etc/|/proc/s|/proc/meminfo|dropping|journal|undone|history/"

    def names(self):
        return [p for p in self.w.path(self.place).iterdir() if p.name != "lost+found"]

    def clear(self):
        self.w.swap_off()
        for path in self.names():
            path.unlink()

    def prepare(self):
        self.clear()
        self.w.fresh()
        for size in self.steps:
            done = self.w.run("apply", "--yes", "--swap", size, *self.file, program=EARLIER)
            assert done.returncode == 0, done.stderr
        self.store.mkdir()
        for part in KEPT:
            if self.w.path(part).exists():
                sh("cp", "-a", "--parents", self.w.path(part).relative_to(self.w.root), self.store, cwd=self.w.root)
        # Swap areas are recreated whole, so only their size is saved.
        self.files = {p.name: p.stat().st_size for p in self.names()}

    def reset(self):
        self.clear()
        if self.sets_swappiness:
            open(SWAPPINESS, "w").write("60")
        for part in KEPT:
            path = self.w.path(part)
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
        sh("cp", "-a", f"{self.store}/.", self.w.root)
        for name, size in self.files.items():
            path = self.w.path(self.place) / name
            sh("fallocate", "-l", size, path)
            path.chmod(0o600)
            sh("mkswap", "-L", "vpsfit", path)
            sh("swapon", path)

    def state(self):
        """Everything that must be as before or as planned."""
        files = {p.name: (p.stat().st_mode, p.stat().st_size) for p in self.names()}
        found = {"files": files, "active": sorted(self.w.swaps()), "swappiness": open(SWAPPINESS).read() if self.sets_swappiness else ""}
        for part in ("opt/ai-gateway", "etc"):
            top = self.w.path(part)
            paths = [top / "fstab", *top.glob("systemd/system/*.swap"), *top.glob("systemd/system/*.swap.*"),
                     *top.glob("systemd/system/swap.target.wants/*"), *top.glob("systemd/system/swap.target.wants/.*"),
                     *top.glob("sysctl.d/*vpsfit*")] if part == "etc" else top.rglob("*")
            for path in paths:
                if path.is_symlink():
                    found[f"link {path.name}"] = os.readlink(path)
                elif path.is_file():
                    # memswap_limit depends on the machine's swap, which includes that of other worlds just now.
                    text = re.sub(rb"memswap_limit: .*", b"", path.read_bytes())
                    found[path.name] = (path.stat().st_mode, hashlib.sha256(text).hexdigest()[:8])
        return found

    def promised(self):
        """Every area that an entry for the next boot names."""
        found = re.findall(r"^(\S+) .*x-vpsfit", self.w.path("/etc/fstab").read_text(), re.M)
        units = self.w.path("/etc/systemd/system")
        for unit in units.glob("*.swap"):
            found += re.findall(r"^What=(.*)$", unit.read_text(), re.M)
        # systemd ignores names that begin with a dot.
        for link in (units / "swap.target.wants").glob("[!.]*"):
            found += [] if (units / link.name).exists() else [f"unit {link.name}"]
        return found

    def unsafe_now(self):
        found = []
        if self.name in ALWAYS_SWAP and not self.w.swaps():
            found.append("there is neither the old swap nor the new")
        for path in self.names():
            if path.stat().st_mode & 0o077:
                found.append(f"{path.name} has mode {oct(path.stat().st_mode)}")
        for path in self.promised():
            if not self.w.path(path).exists():
                found.append(f"an entry points at {path}, which is not there")
        return found

    def goes_on(self):
        """What 0.1.0 made is this version's to change and to take away."""
        found = []
        for size in ("96M", "none"):
            done = self.w.run("apply", "--yes", "--swap", size, *self.file)
            if done.returncode != 0 or list(self.w.swaps().values()) != ([95] if size == "96M" else []):
                found.append(f"then --swap {size} ended with {done.returncode}: {self.w.swaps()} {done.stderr[-300:]}")
        return found + [f"{p} is still promised" for p in self.promised()]

    def points(self):
        self.reset()
        done = self.w.run(*self.command, program=EARLIER, prefix=["strace", "-y", "-o", "/tmp/points.log", "-e", "trace=" + ",".join("?" + c for c in CALLS)])
        assert done.returncode == 0, done.stderr
        self.after = self.state()
        count, found, begun = collections.Counter(), [], False
        log = self.w.path("/tmp/points.log")
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"(\w+)\((.*)", line)
            if not match:
                continue
            count[match[1]] += 1
            begun |= "/tx" in match[2]
            if begun and (match[1] in ALWAYS or re.search(self.touches, match[2])):
                found.append((match[1], count[match[1]]))
        for call, most in AT_MOST.items():
            at = [p for p in found if p[0] == call]
            step = max(1, len(at) // most)
            found = [p for p in found if p[0] != call] + (at[::step] + at[-1:] if at else [])
        return found

    def run(self, call, number, fault):
        self.reset()
        before = self.state()
        done = self.w.run(*self.command, program=EARLIER, prefix=["strace", "-qq", "-o", "/dev/null", "-e", f"inject={call}:{fault}:when={number}"])
        killed, unsafe, at_once = "SIGKILL" in fault, self.unsafe_now(), self.state()
        will_try_again = "tries again" in done.stderr
        # The sysctl.d file is written; failing to set the running kernel is only a warning.
        if "holds from the next boot on" in done.stderr:
            before["swappiness"] = at_once["swappiness"] = self.after["swappiness"]
        if not killed and done.returncode not in (0, 1):
            unsafe.append(f"ended with {done.returncode}")
        if done.returncode == 0 and at_once != self.after and not will_try_again:
            unsafe.append(f"ended with 0, and is not done: {difference(at_once, self.after)}")
        if not killed and done.returncode == 1 and at_once != before and "recover" not in done.stderr:
            unsafe.append(f"ended with 1, and is not as it was: {difference(at_once, before)}")
        if not killed and done.returncode == 1 and "error" not in done.stderr:
            unsafe.append("failed and did not say why")
        recovered = self.w.run("recover")
        now = self.state()
        if "holds from the next boot on" in done.stderr:
            now["swappiness"] = self.after["swappiness"]
        if recovered.returncode != 0:
            unsafe.append(f"recover ended with {recovered.returncode}: {recovered.stderr}")
        if now not in (before, self.after):
            unsafe.append(f"neither as it was nor as it will be: {difference(now, before)} / {difference(now, self.after)}")
        left = [p for p in self.w.path("/var/lib/vpsfit").rglob("*") if p.name in ("tx", "dropping") or p.name.endswith("-new")]
        if left:
            unsafe.append(f"left behind: {left}")
        unsafe += self.unsafe_now()
        if EARLIER:
            unsafe += self.goes_on()
        return [f"{call} {number} {fault}: {text}; {done.stderr[-400:]}" for text in unsafe]


def difference(x, y):
    return {k: (x.get(k), y.get(k)) for k in x.keys() | y.keys() if x.get(k) != y.get(k)}


def run_scenario(vpsfit, name):
    """Runs in its own process and world."""
    in_own_namespace()
    with World(vpsfit) as world:
        systemctl = world.path("/usr/bin/systemctl")
        systemctl.unlink(missing_ok=True)
        systemctl.write_text("#!/bin/sh\n")
        systemctl.chmod(0o755)
        kind = SCENARIOS[name][0]
        return try_all(Scenario(world, name, world.disk(kind, 700, MKFS[kind])), name)


def try_all(s, name):
    s.prepare()
    points = s.points()
    assert len(points) > 10, points
    tasks = [(call, number, fault) for call, number in points
             for fault in [*(f"error={e}" for e in ["EIO", *MORE.get(call, [])] if not EARLIER), "signal=SIGKILL"]]
    unsafe = [text for t in tasks for text in s.run(*t)]
    s.clear()
    print(f"{name}: {len(points)} system calls, {len(tasks)} points tried, {len(unsafe)} unsafe", flush=True)
    for text in unsafe[:20]:
        print("  " + text)
    return len(tasks), len(unsafe)


def main():
    swappiness = open(SWAPPINESS).read()
    vpsfit, names = sys.argv[1], sys.argv[2:] or list(SCENARIOS)
    try:
        with multiprocessing.Pool(os.cpu_count() or 2, maxtasksperchild=1) as pool:
            results = pool.starmap(run_scenario, [(vpsfit, name) for name in names], chunksize=1)
    finally:
        open(SWAPPINESS, "w").write(swappiness)
    tried, unsafe = map(sum, zip(*results))
    print(f"all: {tried} points tried, {unsafe} unsafe states")
    return 1 if unsafe else 0


if __name__ == "__main__":
    sys.exit(main())
