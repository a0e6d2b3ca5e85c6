# SPDX-License-Identifier: MIT
"""
Power cuts in the middle of an apply. An apply is traced first to find each point: the call at which it was seen doing what the table
names. The next apply is held there, and the machine is killed from outside.
"""

import json
import re

from case import FIRST_BOOT, LOOK, STACK, swap_is_active, well, workers
from vm import section, show

# Where an apply is held, in order: what it is about to do or has just done, the call, its argument, and the state required after the
# next boot. Once the journal has its name, an apply is finished, before that it is undone; between the rename and the sync of its
# directory both are right.
POINTS = (
    ("before anything is written", r"mkdir\w*", r'"tx"', "old"),
    ("a copy for the journal is written, not synced", "fsync", r"/tx/\.0\.after\.", "old"),
    ("the journal is written and has not its name", r"rename\w*", r'/tx>, "journal\.json"', "old"),
    ("the journal has its name, which is not synced", "fsync", r"/tx>", "either"),
    ("new files are being laid beside the old ones", "fsync", r"<.*/\.compose\.yaml\.", "new"),
    ("swap is allocated and has no header", "fsync", r"</\.swapfile", "new"),
    ("mkswap has written the header", "exit_group", "", "new"),
    ("new swap is on, the old is too", "swapoff", '"/proc/self/fd/', "new"),
    ("the first file is in its place, the others are not", r"rename\w*", r'/etc/systemd/system>, "\.', "new"),
    ("the swap unit is about to be enabled", r"rename\w*", r'/swap\.target\.wants>, "\.', "new"),
    ("all files are in their places, the state is the old one", r"rename\w*", r'/tx", ".*/history/', "new"),
    ("all is done but that the old swap file is there", "unlinkat", r'"swapfile', "new"),
)

# What the two interrupted applies make: workers and MiB of swap (a file that temporarily has another name).
SWAP = {1: 512, 2: 768}
CALLS = "mkdir,mkdirat,fsync,rename,renameat,renameat2,unlink,unlinkat,swapoff,exit_group"

TRACE = "".join(show(f"trace{n}", f"strace -f -y -o /run/trace -e trace={CALLS} vpsfit apply --yes --swap {SWAP[n]}M --workers {n} "
                                  ">/dev/null && cat /run/trace") for n in (2, 1))

# While held in a call, a process of the apply stays stopped by its tracer.
CUT = f"""
if grep -q '"1" # vpsfit: workers' {STACK}/compose.yaml; then to=2 swap={SWAP[2]}M point='%s'; else to=1 swap={SWAP[1]}M point='%s'; fi
sync
strace -f -y -o /run/trace -e trace="${{point%%:*}}" -e inject="${{point%%:*}}:delay_enter=600000000:when=${{point#*:}}" \\
	vpsfit apply --yes --swap "$swap" --workers "$to" >/run/cut.log 2>&1 &
held=0
while [ "$held" -lt 5 ] && kill -0 $! 2>/dev/null; do
	if grep -qs '^State:.*tracing stop' /proc/[0-9]*/status; then held=$((held + 1)); else held=0; fi
	sleep 0.2
done
echo "@@at $(tail -n 1 /run/trace)"
echo "@@cut here"
sleep 1000
"""

CHECK = "while systemctl list-jobs | grep -q vpsfit-recover; do sleep 1; done\n" + \
    show("recover", "journalctl -b -u vpsfit-recover -o cat") + LOOK + \
    show("state", "vpsfit status --json") + show("tx", "ls -d /var/lib/vpsfit/*/tx /var/lib/vpsfit/*/history/*/dropping 2>/dev/null") + \
    show("files", "ls -A / | grep swapfile")


def find_points(trace):
    """Each point's call, and its occurrence number in that process."""
    lines = [line for line in map(re.compile(r"(\d+) +(\w+)\((.*)").match, trace.splitlines()) if line]
    seen, found = {}, []
    for line in lines:
        pid, call, rest = line.groups()
        seen[pid, call] = seen.get((pid, call), 0) + 1
        if len(found) < len(POINTS):
            _, wanted, on, _ = POINTS[len(found)]
            if re.fullmatch(wanted, call) and re.search(on, rest) and "ENOENT" not in rest:
                found.append(f"{call}:{seen[pid, call]}")
    assert len(found) == len(POINTS), f"'{POINTS[len(found)][0]}' was not found in:\n{trace}"
    return found


def whole(text):
    """Old or new, never mixed: all files are from the same apply, state and files agree, nothing is left over."""
    count = workers(text)
    status = json.loads(section(text, "state"))
    assert status["applied"]["workers"] == count and not status["cut_off"], (status, section(text, "recover"))
    assert all(f["state"] in ("as written", "there") for f in status["files"]), status
    assert section(text, "tx") == "" and section(text, "env").startswith("600\n")
    assert swap_is_active(text, "/swapfile") == SWAP[count], section(text, "swaps")
    assert len(section(text, "files").split()) == 1, section(text, "files")
    assert len(re.findall(r"/etc/systemd/system/\S+\.swap\b", section(text, "left"))) == 1, section(text, "left")
    return count


def cut_off(vps, first, points):
    """One boot: looks at the result, then holds an apply and kills the machine. Returns what it saw, and the call."""
    boot = vps.boot("set -u\n" + (CHECK if first is None else first) + CUT % points, ram=4096, cores=2)
    boot.wait_for("@@cut ")
    text = boot.text()
    boot.cut()
    return text, re.findall(r"^@@at (.*)$", text, re.M)[-1]


def power_cuts(case):
    """Twelve points in an apply; after the next boot the stack is old or new, never mixed."""
    vps = case.vps("flags.yaml")
    text = vps.run(FIRST_BOOT + "vpsfit apply --yes --swap 512M --workers 1 >/dev/null\n"
                   "touch /etc/cloud/cloud-init.disabled\n" + TRACE + LOOK, ram=4096, cores=2)
    well(text)
    env, now, outcomes = section(text, "env").splitlines()[:2], 1, []

    def look(text):
        """The result of a cut."""
        nonlocal now
        what, _, _, wanted = POINTS[len(outcomes)]
        # All but Redis's password, which comes with two workers.
        assert section(text, "env").splitlines()[:2] == env
        count = whole(text)
        outcomes.append("old" if count == now else "new")
        now = count
        case.note(f"{len(outcomes):2}. {outcomes[-1]}: {what}, at {held}")
        assert wanted in (outcomes[-1], "either"), f"wanted {wanted}; recover said: {section(text, 'recover')}"

    for number, points in enumerate(zip(find_points(section(text, "trace2")), find_points(section(text, "trace1")))):
        what, call, on, _ = POINTS[number]
        text, at = cut_off(vps, None if number else "", points)
        if number:
            look(text)
        assert re.match(rf"\d+ +{call}\(", at) and re.search(on, at), f"held at '{at}', not at '{what}': {text[-2000:]}"
        held = re.sub(r"^\d+ +|/var/lib/vpsfit/ai-gateway-[0-9a-f]+/", "", at)
    look(vps.run(CHECK, ram=4096, cores=2))
    assert min(outcomes.count("old"), outcomes.count("new")) >= 3, outcomes
    case.note(f"{len(outcomes)} cuts: {outcomes.count('old')} old, {outcomes.count('new')} new; never half, secrets the same, "
              "nothing left over")
