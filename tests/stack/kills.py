# SPDX-License-Identifier: MIT
"""
kills.py SAMPLER [N]: with a private Docker engine (DOCKER_HOST; data root in DATA), N scripted kills of workers in containers
and of first processes in restart loops; the sampler looks every second and must tell each within one interval, by name or as
one that nobody named. Ends with 1 if one is missed.
"""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

SAMPLER, COUNT = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
IMAGE = os.environ.get("IMAGE", "tiny:1")
LABELS = ["--label", "com.docker.compose.project=gw", "--label"]


def docker(*args):
    return subprocess.run(["docker", *args], capture_output=True, text=True, timeout=60)


def host_kills():
    return int(next(line.split()[1] for line in open("/proc/vmstat") if line.startswith("oom_kill ")))


def told(ring):
    """(kills named, kills of others, kills that nobody named) in all samples"""
    data, at, sums = ring.read_bytes(), 64, [0, 0, 0]
    while struct.unpack_from("<I", data, at)[0] == 0x53765273:
        count = data[at + 20]
        others, unnamed = struct.unpack_from("<2H", data, at + 56)
        sums[1] += others
        sums[2] += unnamed
        for i in range(count):
            sums[0] += struct.unpack_from("<H", data, at + 64 + 32 * i + 20)[0]
        at += 32 * (count + 2)
    return sums


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    (work / "store").mkdir()
    (work / "plan").write_text(
        f"vpsfit-watch 1\ndir /nowhere\nproject gw\nstore {work}/store\nroot {os.environ['DATA']}\n"
        f"cgroup-version {os.environ.get('VERSION', 1)}\ncgroup-mount {os.environ.get('MOUNT', '/sys/fs/cgroup/memory')}\n"
        "cgroup-top /\nhost-kills 1\n")
    # The worker is a child of the first process, as gunicorn's are; it is killed when it is told to grow.
    docker("run", "-d", "--network", "none", "-m", "32m", "--name", "worker", *LABELS, "com.docker.compose.service=litellm", IMAGE,
           "/bin/sh", "-c", "while :; do sleep 3600; done")
    docker("run", "-d", "--network", "none", "-m", "32m", "--restart", "always", "--name", "loop", *LABELS,
           "com.docker.compose.service=looper", IMAGE, "/bin/sh", "-c", "sleep 2; exec tail /dev/zero")
    sampler = subprocess.Popen([SAMPLER, "--interval", "1", "--every", "1", "--run", f"{work}/run", "--alerts", "/nonexistent",
                                "--textfile", "/nonexistent", str(work / "plan")])
    time.sleep(3.2)
    missed = seen = 0
    base_host, base_told = host_kills(), sum(told(work / "store/ring"))
    slowest = 0.0
    for _ in range(COUNT):
        docker("exec", "worker", "tail", "/dev/zero")
        done, want = time.monotonic(), host_kills() - base_host
        # One interval, and the time of the look itself.
        while sum(told(work / "store/ring")) - base_told < want and time.monotonic() - done < 1.5:
            time.sleep(0.02)
        slowest = max(slowest, time.monotonic() - done)
        if sum(told(work / "store/ring")) - base_told >= want:
            seen += 1
        else:
            missed += 1
    time.sleep(2.2)
    host = host_kills() - base_host
    sampler.terminate()
    sampler.wait(10)
    named, others, unnamed = told(work / "store/ring")
    docker("rm", "-f", "worker", "loop")
    print(f"{COUNT} kills of a worker: {seen} seen within one interval, {missed} missed, the slowest after {slowest:.2f} s")
    print(f"all told: {named} named, {others} of other containers, {unnamed} nobody named; the host counted {host} meanwhile")
    return missed > 0 or named + others + unnamed - base_told != host


sys.exit(main())
