# SPDX-License-Identifier: MIT
"""
The sampler under a real systemd, and control groups of version 2 under a real engine: one look beside `docker stats`, a kill that is told,
a reboot, a probe that finds what is needed, and memory.high put back where a probe is killed. On the disk of engine.with_engine.
"""

import json
import re

from engine import EATS, GROUPS
from vm import limited, section, show, slowest

UNIT = "'vpsfit-watch@*.service'"
ID = "id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=postgres)\n" \
     "group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{.State.Pid}}' $id)/cgroup)\n"

# The engine starts the containers with the machine.
UP = "for _ in $(seq 150); do [ $(docker ps -q | wc -l) -ge 4 ] && break; sleep 2; done; docker ps"

TELL = """mkdir -p /etc/vpsfit/alert.d
printf '#!/bin/sh\\necho "$VPSFIT_WHAT $VPSFIT_SERVICE $VPSFIT_STATE" >>/var/tmp/told\\n' >/etc/vpsfit/alert.d/tell
chmod 755 /etc/vpsfit/alert.d/tell
"""

# The ring is there with the first five minutes.
UNITS = "for _ in $(seq 100); do ls /var/lib/vpsfit/*/ring >/dev/null 2>&1 && break; sleep 4; done\n" \
        f"systemctl is-active {UNIT}; ls /etc/systemd/system/multi-user.target.wants | grep -c '^vpsfit-watch@' || true\n" \
        "systemctl show -p MemoryCurrent --value 'vpsfit-watch@*.service'; ls -s --block-size=1 /var/lib/vpsfit/*/ring | cut -d' ' -f1\n"

# A kill that Docker does not show: of a process that is not the container's first. Enabling a unit reloads systemd, and that makes
# unlimited what a container without swap may have of it (opencontainers/cgroups, issue 74): nothing would be killed before swap is full.
KILL = f"""sleep 15
id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=nginx)
group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{{{.State.Pid}}}}' $id)/cgroup)
echo swap $(cat $group/memory.swap.max)
echo 0 >$group/memory.swap.max
before=$(date +%s)
docker exec $id {EATS} || true
for _ in $(seq 60); do grep -qs '^kill nginx begins' /var/tmp/told && break; sleep 2; done
cat /var/tmp/told; echo after $(($(date +%s) - before))
journalctl -b -q -o cat -t vpsfit"""

BESIDE = "docker stats --no-stream --format '{{.Name}} {{.MemUsage}}'; vpsfit watch --json 2>/dev/null"

# 120 MiB that are read once, 24 that are read again and again.
LOAD = ID + """docker exec $id sh -c 'cd /var/lib/postgresql/data
busybox dd if=/dev/zero of=cold bs=1M count=120 2>/dev/null; busybox dd if=/dev/zero of=hot bs=1M count=24 2>/dev/null; busybox sync'
echo 3 >/proc/sys/vm/drop_caches
docker exec $id sh -c 'cat /var/lib/postgresql/data/cold >/dev/null'
docker exec -d $id sh -c 'while :; do cat /var/lib/postgresql/data/hot >/dev/null; busybox sleep 1; done'
sleep 5
"""

PROBE = "vpsfit calibrate --probe --json 2>/run/said; echo code $?"

# Where the kernel has no memory.reclaim, memory.high is lowered for a moment. Killed in the middle of that, it must be as it was.
# strace holds the program between the write of the lower figure and the next.
KILLED = ID + """: >/run/none; mount --bind -o ro /run/none $group/memory.reclaim; mount -o remount,bind,ro $group/memory.reclaim
cat $group/memory.high
for at in 1 2 3; do
	strace -f -qq -o /run/trace.$at -e trace=write -P $group/memory.high -e inject=write:delay_exit=600000000:when=$at vpsfit calibrate --probe --quiet >/dev/null 2>&1 &
	for _ in $(seq 30); do grep -qs write /run/trace.$at && break; sleep 1; done
	sleep 1
	cat $group/memory.high
	kill -9 $(pgrep -x vpsfit | head -n 1) $! 2>/dev/null || true
	sleep 2
	cat $group/memory.high
	pkill -9 -x vpsfit || true
done
umount $group/memory.reclaim"""


def mib(text):
    number, unit = re.fullmatch(r"([0-9.]+)([KMG]i)?B", text).groups()
    return float(number) * {None: 1 / 1024 / 1024, "Ki": 1 / 1024, "Mi": 1, "Gi": 1024}[unit]


def beside(case, text):
    stats, _, document = section(text, "beside").partition("{")
    seen = {c["name"].lstrip("/"): c for c in json.loads("{" + document)["services"]}
    for line in stats.splitlines():
        name, used, _, limit = line.split()
        ours = seen[name]
        assert abs(ours["working_set_kib"] / 1024 - mib(used)) <= max(1, mib(used) * 0.05), (line, ours)
        assert abs(ours["limit_kib"] / 1024 - mib(limit)) <= max(1, mib(limit) * 0.01), (line, ours)
    case.note(f"version 2 of control groups: {len(stats.splitlines())} containers as `docker stats` has them")


def watched(case):
    """The sampler is turned on, and tells of a kill; a probe finds what is needed and leaves nothing changed."""
    disk = case.chain.disk
    text = disk.run(limited("up", 400, UP) + limited("groups", 400, GROUPS) + TELL + limited("enable", 200, "vpsfit watch --enable; echo code $?") +
                    "sleep 3\n" + limited("kill", 300, KILL) + limited("beside", 180, BESIDE) +
                    limited("load", 300, LOAD) + limited("probe", 300, PROBE) + limited("killed", 400, KILLED) +
                    limited("units", 500, UNITS), cores=2, patience=3600)
    case.note(f"slowest: {slowest(text)}")
    assert "code 0\n" in section(text, "enable") and "is watched from now on" in section(text, "enable"), section(text, "enable")
    active, enabled, memory, ring = section(text, "units").split()[:4]
    # Its pages of the ring's file are counted with it.
    assert (active, enabled) == ("active", "1") and int(memory) - int(ring) < 2 << 20, section(text, "units")
    case.note(f"vpsfit watch --enable: active and enabled, {int(memory) >> 10} KiB in its control group, ring of {int(ring) >> 10} KiB")
    told = section(text, "kill")
    assert told.startswith("kill nginx begins\n") or "\nkill nginx begins\n" in told, told
    swap = re.search(r"^swap (\S+)$", told, re.M).group(1)
    case.note(f"memory.swap.max of nginx after systemd was told of the unit: {swap} (0 before)")
    case.note(f"a kill inside of nginx's container is told to alert.d {told.split('after ')[1].split()[0]} s later")
    beside(case, text)
    probe(case, text)


def still_watched(case):
    """After a reboot; turned off and on again."""
    text = case.chain.disk.run(limited("up", 400, UP) + "sleep 40\n" + limited("units", 500, UNITS) +
                    show("disable", f"vpsfit watch --disable; echo code $?; systemctl is-active {UNIT}") + show("after", UNITS) +
                    show("again", "vpsfit apply --yes --quiet --watch on; echo code $?") + show("again-units", UNITS), cores=2)
    assert section(text, "units").split()[:2] == ["active", "1"], section(text, "units")
    assert "code 0" in section(text, "disable") and section(text, "after").split()[0] == "0", section(text, "disable") + section(text, "after")
    assert "code 0" in section(text, "again") and section(text, "again-units").split()[:2] == ["active", "1"], section(text, "again-units")
    case.note("active after a reboot; --disable ends it and what it saw is kept; apply --watch on turns it on again")


def probe(case, text):
    document, _, code = section(text, "probe").rpartition("code ")
    document = json.loads(document[document.index("{"):])
    found = {row["service"]: row for row in document["services"]}["postgres"]
    before, need, true = (found[key] / 1024 for key in ("before_kib", "need_kib", "true_need_kib"))
    # Nothing was watched for a day, so nothing is calibrated; but the probe says what it found.
    assert code == "7\n" and document["schema"] == "vpsfit.probe/1", (code, document)
    assert before > 140 and need + 22 < true < need + 70 and found["ended_by"] in ("refaults", "pressure"), found
    case.note(f"calibrate --probe: {before:.0f} MiB before, {true:.0f} are truly needed, {need:.0f} without page cache ({found['ended_by']})")
    highs = section(text, "killed").split()
    was, lowered, after = highs[0], highs[1::2], highs[2::2]
    assert was == "max" and len(lowered) == 3 and set(after) == {"max"} and any(h != "max" for h in lowered), highs
    case.note(f"without memory.reclaim: killed while memory.high was lowered ({' '.join(lowered)}), and it is {was} again each time")
