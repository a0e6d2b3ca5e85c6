# SPDX-License-Identifier: MIT
"""Figures of running containers, in MiB."""
import threading
import time

from memory import mib, pss

SETTLED_SHARE = 0.01
SETTLED_SECONDS = 6
LONGEST_WAIT = 240
MOMENTS = 8
BETWEEN_MOMENTS = 0.3


def now(cgroup):
    """A container's present figures: the lowest of a few moments, for a health check is a process of its own while it runs."""
    working, unreclaimable = [], []
    for _ in range(MOMENTS):
        working.append(mib(cgroup.working_set()))
        unreclaimable.append(mib(cgroup.unreclaimable()))
        time.sleep(BETWEEN_MOMENTS)
    return {"working_set": min(working), "unreclaimable": min(unreclaimable), "peak": mib(cgroup.number("peak"))}


def settled(cgroup):
    """The figures once the working set is stable; waits for a bounded time."""
    end = time.monotonic() + LONGEST_WAIT
    before = cgroup.working_set()
    while time.monotonic() < end:
        time.sleep(SETTLED_SECONDS)
        after = cgroup.working_set()
        if abs(after - before) <= before * SETTLED_SHARE:
            break
        before = after
    return now(cgroup)


def split(cgroup):
    """Proportional set sizes of LiteLLM: first process, each worker, and the rest."""
    rows = [(pid, line, mib(size)) for pid, line, size in cgroup.processes()]
    first = min(rows)[0]
    workers = [size for pid, line, size in rows if pid != first and ("spawn_main" in line or "litellm" in line or "vpsfit_launch" in line)]
    base = min(rows)[2]
    return {"base": base, "workers": workers, "others": sum(r[2] for r in rows) - base - sum(workers)}


def sum_pss(processes):
    """Proportional set sizes of (pid, name) pairs, summed by name."""
    sums = {}
    for pid, name in processes:
        sums[name] = sums.get(name, 0) + mib(pss(pid))
    return sums


class Highest:
    """The highest unreclaimable use of a container during the block, sampled twenty times a second."""

    def __init__(self, find_cgroup):
        self.find_cgroup = find_cgroup
        self.mib = 0.0
        self.over = threading.Event()

    def watch(self):
        cgroup = None
        while not self.over.wait(0.05):
            try:
                cgroup = cgroup or self.find_cgroup()
                if cgroup:
                    self.mib = max(self.mib, mib(cgroup.unreclaimable()))
            except (OSError, AttributeError, ValueError):
                cgroup = None

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
