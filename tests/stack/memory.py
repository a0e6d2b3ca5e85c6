# SPDX-License-Identifier: MIT
"""Reads a container's memory cgroup, v1 or v2. Sizes are bytes unless the name ends in _mib."""
import os
import pathlib
import re

ROOT = pathlib.Path("/sys/fs/cgroup")
V2 = (ROOT / "cgroup.controllers").exists()
UNLIMITED = 1 << 62

# Names of the same value in both versions.
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
    """Proportional set size of a process; 0 if it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M).group(1)) * 1024


def shared_and_private(pid):
    """A process's resident memory: shared and private."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(sum(int(kb) for kb in re.findall(rf"^{kind}_(?:Clean|Dirty):\s+(\d+) kB", text, re.M)) * 1024
                 for kind in ("Shared", "Private"))


def arguments(pid):
    """The command line of a process; empty if it is gone."""
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
        """Usage without inactive file pages, like `docker stats`."""
        return max(0, self.number("current") - self.stat("inactive_file" if V2 else "total_inactive_file"))

    def unreclaimable(self):
        """What reclaim cannot free: anonymous, shared and kernel memory, without file pages."""
        if V2:
            return self.number("current") - self.stat("active_file") - self.stat("inactive_file")
        return self.number("current") - self.stat("total_active_file") - self.stat("total_inactive_file")

    def swap_allowance(self):
        """How much swap it may use besides its memory."""
        if V2:
            text = (self.path / "memory.swap.max").read_text().strip()
            return UNLIMITED if text == "max" else int(text)
        return int((self.path / "memory.memsw.limit_in_bytes").read_text()) - self.number("limit")

    def oom_kills(self):
        return int(re.search(r"^oom_kill (\d+)$", self.text("oom"), re.M).group(1))

    def pids(self):
        return [int(p) for p in (self.path / "cgroup.procs").read_text().split()]

    def processes(self):
        """Each living process: (pid, command line, pss)."""
        rows = [(pid, arguments(pid), pss(pid)) for pid in self.pids()]
        return [r for r in rows if r[1]]
