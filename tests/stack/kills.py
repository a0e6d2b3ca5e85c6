# SPDX-License-Identifier: MIT
"""
kills.py SAMPLER [N]: with a private Docker engine (DOCKER_HOST, as with-engine starts one), N scripted kills of workers in containers
and of first processes in restart loops; the sampler looks every second and must tell each within one interval, by name or as
one that nobody named. Ends with 1 if one is missed, or a quarter is told later.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import time

SAMPLER, COUNT = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100
# One interval, and the time of the look itself; on a machine that is busy with other things a look may come late.
IN_TIME, LATE = 1.5, 5
IMAGE = "vpsfit-eater:1"
# One static program: waits, takes memory until it is killed, or does so after two seconds.
EATER = """#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == 'w')
		for (;;) sleep(3600);
	if (argc > 1 && argv[1][0] == 'l')
		sleep(2);
	for (;;) memset(malloc(1 << 20), 1, 1 << 20);
}
"""
LABELS = ["--label", "com.docker.compose.project=gw", "--label"]


def docker(*args):
    return subprocess.run(["docker", *args], capture_output=True, text=True, timeout=60)


def make_image(work):
    (work / "eater.c").write_text(EATER)
    subprocess.run(["gcc", "-static", "-O0", "-o", work / "eater", work / "eater.c"], check=True, timeout=60)
    subprocess.run(["tar", "-C", work, "-cf", work / "image.tar", "eater"], check=True, timeout=60)
    subprocess.run(["docker", "import", work / "image.tar", IMAGE], check=True, capture_output=True, timeout=60)


def places():
    """The engine's data root, and where control groups are."""
    root = docker("info", "-f", "{{.DockerRootDir}}").stdout.strip()
    if pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return f"root {root}\ncgroup-version 2\ncgroup-mount /sys/fs/cgroup\n"
    return f"root {root}\ncgroup-version 1\ncgroup-mount /sys/fs/cgroup/memory\n"


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
    make_image(work)
    (work / "plan").write_text(
        f"vpsfit-watch 1\ndir /nowhere\nproject gw\nstore {work}/store\n{places()}"
        "cgroup-top /\nhost-kills 1\n")
    # The worker is a child of the first process, as gunicorn's are; it is killed when it is told to grow.
    docker("run", "-d", "--network", "none", "-m", "32m", "--name", "worker", *LABELS, "com.docker.compose.service=litellm", IMAGE,
           "/eater", "wait")
    docker("run", "-d", "--network", "none", "-m", "32m", "--restart", "always", "--name", "loop", *LABELS,
           "com.docker.compose.service=looper", IMAGE, "/eater", "later")
    sampler = subprocess.Popen([SAMPLER, "--interval", "1", "--every", "1", "--run", f"{work}/run", "--alerts", "/nonexistent",
                                "--textfile", "/nonexistent", str(work / "plan")])
    time.sleep(2)
    # The loop is killed at any time: what happened before this is told by now, what happens from here to the base may be.
    early = host_kills()
    time.sleep(1.2)
    missed = seen = late = 0
    base_host, base_told = host_kills(), sum(told(work / "store/ring"))
    slowest = 0.0
    for _ in range(COUNT):
        docker("exec", "worker", "/eater")
        done, want = time.monotonic(), host_kills() - base_host
        while sum(told(work / "store/ring")) - base_told < want and time.monotonic() - done < LATE:
            time.sleep(0.02)
        slowest = max(slowest, time.monotonic() - done)
        if sum(told(work / "store/ring")) - base_told >= want:
            seen += 1
            late += time.monotonic() - done > IN_TIME
        else:
            missed += 1
    host = host_kills() - base_host
    time.sleep(2.2)
    sampler.terminate()
    sampler.wait(10)
    most = host_kills() - early
    named, others, unnamed = told(work / "store/ring")
    docker("rm", "-f", "worker", "loop")
    print(f"{COUNT} kills of a worker: {seen - late} seen within one interval, {late} later, {missed} missed, the slowest after {slowest:.2f} s")
    print(f"all told since: {named + others + unnamed - base_told}; in all {named} named, {others} of other containers, {unnamed} nobody named; the host counted {host} meanwhile, and {most} with the seconds around it")
    if COUNT > 0 and host < COUNT:
        print("the kernel killed fewer than were to be killed: nothing was tried")
        return 1
    return missed > 0 or late * 4 > COUNT or not host <= named + others + unnamed - base_told <= most


sys.exit(main())
