# SPDX-License-Identifier: MIT
"""
What a container's memory cgroup says, the same for cgroup v1 and v2. Sizes are bytes unless the name ends in _mib.
"""
import os
import pathlib
import re

ROOT = pathlib.Path("/sys/fs/cgroup")
V2 = (ROOT / "cgroup.controllers").exists()
UNLIMITED = 1 << 62

# Names of the same thing in both versions.
FILES = {
    "current": ("memory.usage_in_bytes", "memory.current"),
    "peak": ("memory.max_usage_in_bytes", "memory.peak"),
    "limit": ("memory.limit_in_bytes", "memory.max"),
    "reservation": ("memory.soft_limit_in_bytes", "memory.low"),
    "stat": ("memory.stat", "memory.stat"),
    "oom": ("memory.oom_control", "memory.events"),
}


def mib(size):
    return size / 1048576


def pss(pid):
    """Proportional set size of one process; 0 for one that is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) * 1024


def shared_and_private(pid):
    """What one process has in memory: pages that another has too, and those that are its own alone."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(sum(int(kb) for kb in re.findall(rf"^{kind}_(?:Clean|Dirty):\s+(\d+) kB", text, re.M)) * 1024
                 for kind in ("Shared", "Private"))


def arguments(pid):
    """The command line of one process; empty for one that is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Cgroup:
    """The memory cgroup of a container, by its id."""

    def __init__(self, container):
        self.path = (ROOT if V2 else ROOT / "memory") / os.environ["STACK_CGROUP"] / container

    def text(self, what):
        return (self.path / FILES[what][V2]).read_text()

    def number(self, what):
        text = self.text(what).strip()
        return UNLIMITED if text == "max" else int(text)

    def stat(self, key):
        return int(re.search(rf"^{key} (\d+)$", self.text("stat"), re.M).group(1))

    def working_set(self):
        """Use less the file pages that would go first: what `docker stats` shows."""
        return max(0, self.number("current") - self.stat("inactive_file" if V2 else "total_inactive_file"))

    def unreclaimable(self):
        """What no limit can squeeze out: anonymous and shared memory, and the kernel's own; file pages are not in it."""
        if V2:
            return self.number("current") - self.stat("active_file") - self.stat("inactive_file")
        return self.number("current") - self.stat("total_active_file") - self.stat("total_inactive_file")

    def swap_allowance(self):
        """How much swap it may use beside its memory."""
        if V2:
            text = (self.path / "memory.swap.max").read_text().strip()
            return UNLIMITED if text == "max" else int(text)
        return int((self.path / "memory.memsw.limit_in_bytes").read_text()) - self.number("limit")

    def oom_kills(self):
        return int(re.search(r"^oom_kill (\d+)$", self.text("oom"), re.M).group(1))

    def pids(self):
        return [int(p) for p in (self.path / "cgroup.procs").read_text().split()]

    def processes(self):
        """Each process that is alive: (pid, command line, pss)."""
        rows = [(pid, arguments(pid), pss(pid)) for pid in self.pids()]
        return [r for r in rows if r[1]]
