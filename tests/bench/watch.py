# SPDX-License-Identifier: MIT
"""
watch.py VPSFIT SAMPLER: what watching costs. The sampler's memory and system calls a look, with 4 containers; the CPU time of
one look at 250, 500 and 1,000 (trees); `vpsfit watch` beside the program's bare start, in instructions where perf or valgrind
can count them, else in time; `docker stats --no-stream` beside it where an engine answers.
"""

import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

VPSFIT, SAMPLER = sys.argv[1:3]


def tree(root, count):
    for i in range(count):
        cid = f"{i:064x}"
        record = {"State": {"Running": True, "Pid": 5000000 + i, "StartedAt": "2026-11-01T00:00:00Z"}, "Image": "sha256:" + "a" * 64,
                  "Config": {"Env": ["A=" + "x" * 2000], "Labels": {"com.docker.compose.service": f"s{i}",
                             "com.docker.compose.project": "gw"}}, "Name": f"/gw-s{i}", "RestartCount": 0}
        files = {f"var/lib/docker/containers/{cid}/config.v2.json": json.dumps(record), f"proc/{5000000 + i}/cgroup": f"0::/docker/{cid}\n"}
        at = f"sys/fs/cgroup/docker/{cid}/memory."
        files |= {at + "current": "9000000\n", at + "stat": "anon 8000000\n" + "".join(f"other{n} 1\n" for n in range(40)) + "inactive_file 5\n",
                  at + "events": "max 0\noom_kill 0\n", at + "max": "max\n", at + "peak": "1\n", at + "swap.current": "0\n",
                  at + "pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"}
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    (root / "proc").mkdir(parents=True, exist_ok=True)
    (root / "proc/meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n")
    (root / "proc/vmstat").write_text("pswpout 0\noom_kill 0\n")
    (root / "store").mkdir()
    (root / "plan").write_text(f"vpsfit-watch 1\nproject gw\nstore {root}/store\nroot /var/lib/docker\ncgroup-version 2\n"
                               "cgroup-mount /sys/fs/cgroup\ncgroup-top /\nhost-kills 1\n")
    return root


class Here:
    """Containers as they are on a machine, without a root to stay below: control groups of the kernel, a sleeping process in each."""

    def __init__(self, root, count):
        self.top = next(p for p in (pathlib.Path("/sys/fs/cgroup/memory"), pathlib.Path("/sys/fs/cgroup")) if p.exists())
        self.version = 1 if self.top.name == "memory" else 2
        self.root, self.sleepers, self.groups = tree(root, count), [], [self.top / f"vpsfit-bench-{count}"]
        self.groups[0].mkdir()
        if self.version == 2:
            for group in (self.top, self.groups[0]):
                (group / "cgroup.subtree_control").write_text("+memory")
        for record in sorted((self.root / "var/lib/docker/containers").glob("*/config.v2.json")) if count else []:
            self.groups.append(self.groups[0] / record.parent.name)
            self.groups[-1].mkdir()
            self.sleepers.append(subprocess.Popen(["sleep", "600"]))
            (self.groups[-1] / "cgroup.procs").write_text(str(self.sleepers[-1].pid))
            text = json.loads(record.read_text())
            text["State"]["Pid"] = self.sleepers[-1].pid
            record.write_text(json.dumps(text))
        plan = self.root / "plan"
        plan.write_text(f"vpsfit-watch 1\nproject gw\nstore {root}/store\nroot {root}/var/lib/docker\ncgroup-version {self.version}\n"
                        f"cgroup-mount {self.top}\ncgroup-top /\nhost-kills 1\n")
        self.look = [SAMPLER, "--run", f"{root}/run", "--alerts", "/nonexistent", "--textfile", "/nonexistent", "--once", str(plan)]

    def end(self):
        for sleeper in self.sleepers:
            sleeper.kill()
            sleeper.wait()
        for group in reversed(self.groups):
            group.rmdir()


def calls_here(root, count):
    here = Here(root, count)
    try:
        # The first look makes the ring and names the services in it, once for all.
        subprocess.run(here.look, check=True)
        return calls(here.look), here.version
    finally:
        here.end()


def sampler(root, *more, before=()):
    return [*before, SAMPLER, "--sysroot", str(root), "--run", f"{root}/run", "--alerts", "/nonexistent", "--textfile", "/nonexistent",
            *more, f"{root}/plan"]


def cpu_of(args):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(args, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def resident(root):
    running = subprocess.Popen(sampler(root, "--interval", "1", "--every", "2"))
    time.sleep(4.5)
    status = pathlib.Path(f"/proc/{running.pid}/status").read_text()
    running.terminate()
    running.wait(10)
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1))


def calls(args):
    done = subprocess.run(["strace", "-f", "-c", *args], capture_output=True, text=True)
    return int(re.search(r"(\d+)\s+(?:\d+\s+)?total", done.stderr).group(1))


def instructions(args):
    done = subprocess.run(["valgrind", "--tool=none", "-v", "true"], capture_output=True, text=True)
    if done.returncode:
        return 0
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *args], capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", out.stderr)
    return int(found.group(1)) if found else 0


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    four, none = tree(work / "4", 4), tree(work / "0", 0)
    print(f"sampler, resident with 4 containers: at most {resident(four)} KiB (goal 1536)")
    one = calls(sampler(four, "--once")) - calls(sampler(none, "--once"))
    (with_four, version), (without, _) = calls_here(work / "four", 4), calls_here(work / "none", 0)
    print(f"system calls a container, control groups of version {version}: {(with_four - without) / 4:.1f} (goal 20); in another machine's "
          f"tree, where each path is walked, {one / 4:.1f}")
    for count in (250, 500, 1000):
        root = tree(work / str(count), count)
        each = min(cpu_of(sampler(root, "--once")) for _ in range(5))
        looks = min(cpu_of(sampler(root, "--interval", "1", "--looks", "4")) for _ in range(2))
        print(f"{count:5} containers: one look with exec {each:.0f} ms of CPU, each further one {(looks - each) / 3:.0f}{' (goal 90)' if count == 1000 else ''}")
    bare, watch = instructions([VPSFIT, "--version"]), instructions([VPSFIT, "watch", "--sysroot", str(four)])
    if bare:
        print(f"vpsfit watch, 4 containers: {watch / 1e6:.2f} million instructions, bare start {bare / 1e6:.2f}: {watch / bare:.2f} times (goal 2)")
    begin = time.monotonic()
    done = subprocess.run(["docker", "stats", "--no-stream"], capture_output=True)
    if done.returncode == 0:
        print(f"docker stats --no-stream: {time.monotonic() - begin:.2f} s")


main()
