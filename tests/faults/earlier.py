# SPDX-License-Identifier: MIT
"""
An apply and a rollback of 0.1.0 are killed at every system call; this version recovers, applies and rolls back from what is on the disk
then, each by the rules of tests/cli/earlier.py. Most places leave the same on the disk: what is the same is tried once. Prints how many
places there were, how many different disks they left, and what was lost.

usage: earlier.py VPSFIT MACHINES [--record], with VPSFIT_EARLIER, the program of 0.1.0; tests/faults/build-earlier builds it.
--record tries nothing and writes tests/cli/0.1.0/recorded.json.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve()
VPSFIT, MACHINES, EARLIER = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), os.path.abspath(os.environ["VPSFIT_EARLIER"])
os.environ["VPSFIT"] = os.path.abspath(VPSFIT)
sys.path.insert(0, str(HERE.parents[1] / "cli"))

import calls  # noqa: E402: beside this file
import earlier  # noqa: E402: it reads VPSFIT
from conftest import environment  # noqa: E402
from test_merge import read_case  # noqa: E402

FOREIGN = HERE.parents[1] / "compose/edit/interpolation"
TWO = ["apply", "--yes", "--workers", "2"]
SIX = ["apply", "--yes", "--ram", "8G", "--cpus", "4"]
ADOPTED = ["--compose", "/opt/foreign/compose.yaml"]

# What 0.1.0 does before, and what it is then killed in; the last words name the stack where it is not vpsfit's own.
SCENARIOS = {
    "create": ([], SIX, []),
    "edit": ([TWO], SIX, []),
    "secret": ([TWO, "empty"], ["apply", "--yes", "--port", "9090"], []),
    "adopt": (["foreign"], SIX, ADOPTED),
    "rollback-edit": ([TWO, SIX], ["rollback", "--yes"], []),
    "rollback-create": ([TWO], ["rollback", "--yes"], []),
    "rollback-adopt": (["foreign", [*SIX, *ADOPTED]], ["rollback", "--yes"], ADOPTED),
}

# How many of the disks that a scenario leaves are recorded.
SAMPLE = 4

# Whole stacks: the machine, and the applies that there were.
WHOLE = {
    "4-gib": ("vm-4g", [[]]),
    "8-gib": ("vm-8g", [[]]),
    "4-gib-workers-2": ("vm-4g", [["--workers", "2"]]),
    "8-gib-swap-none": ("vm-8g", [["--swap", "none"]]),
    "4-gib-swap-2g": ("vm-4g", [["--swap", "2G"]]),
    "8-gib-everything": ("vm-8g", [["--profile", "MEDIUM_VPS", "--workers", "3", "--swap", "1G", "--swap-file", "/swap2", "--swappiness", "10",
                                    "--overhead", "900M", "--cost-model", "points-2025-11", "--bind", "127.0.0.2", "--port", "9090"]]),
    "8-gib-three-applies": ("vm-8g", [["--workers", "2"], ["--workers", "4"], ["--workers", "auto"]]),
    "8-gib-seven-applies": ("vm-8g", [["--workers", n] for n in "2345654"]),
    "2-gib": ("vm-2g", [[]]),
}


# Somebody else's stacks of several files, of which 0.1.0 looked at the first: cases of tests/merge.
BESIDE = ["given-override-beside", "given-compose-file-env", "override-limit-new", "override-command-null", "three-files-reset-then-set"]


def old(root, *args):
    done = subprocess.run([EARLIER, *args, "--sysroot", root], stdin=subprocess.DEVNULL, capture_output=True, env=environment(), timeout=60)
    assert done.returncode == 0, (args, done.stderr)


def prepare(root, steps):
    for step in steps:
        if step == "foreign":
            shutil.copytree(FOREIGN, os.path.join(root, "opt/foreign"))
            shutil.copyfile(FOREIGN / "env.before/.env", os.path.join(root, "opt/foreign/.env"))
            shutil.copyfile(FOREIGN / "before.yaml", os.path.join(root, "opt/foreign/compose.yaml"))
        elif step == "empty":
            env = pathlib.Path(root, "opt/ai-gateway/.env")
            env.write_text(re.sub(r"WEBUI_SECRET_KEY=.*", "WEBUI_SECRET_KEY=", env.read_text()))
        else:
            old(root, *step)


def clean(root):
    for part in earlier.PARTS:
        shutil.rmtree(os.path.join(root, part), ignore_errors=True)


class Killed:
    """All that 0.1.0 leaves behind when it is killed in a scenario."""

    def __init__(self, root, name):
        steps, command, self.args = SCENARIOS[name]
        self.root, self.edited = root, "empty" in steps
        self.command = [EARLIER, *command, *self.args, "--sysroot", root]
        prepare(root, steps)
        self.start = earlier.tree(root)

    def reset(self):
        clean(self.root)
        earlier.put(self.root, self.start)

    def points(self):
        """(call, number of its occurrence) for each call that touches the stack or the state."""
        found = calls.points(self.command, self.root, environment())
        self.after = earlier.stack_of(earlier.tree(self.root))
        return found

    def disks(self):
        """Where it was killed -> what was on the disk, each but once."""
        self.places, seen, found = self.points(), [], {}
        for call, number in self.places:
            self.reset()
            subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject={call}:signal=SIGKILL:when={number}", *self.command],
                           env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
            left = earlier.tree(self.root)
            if earlier.masked(left) not in seen:
                seen.append(earlier.masked(left))
                found[f"{call} {number}"] = left
        return found


def machine(base, name="vm-4g"):
    root = os.path.join(base, "root")
    shutil.copytree(MACHINES / name, root, symlinks=True)
    return root


def all_killed():
    for name in SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="vpsfit-earlier-") as base:
            killed = Killed(machine(base), name)
            yield name, killed, killed.disks()


def record():
    out = earlier.Recording()
    for name, (host, applies) in WHOLE.items():
        with tempfile.TemporaryDirectory(prefix="vpsfit-earlier-") as base:
            root = machine(base, host)
            for i, args in enumerate(applies):
                if i:
                    out.add(f"step {i} of {name}", earlier.tree(root, "opt"))
                old(root, "apply", "--yes", *args)
            out.add(f"whole {name}", earlier.tree(root), machine=host, applies=applies)
    for name in BESIDE:
        with tempfile.TemporaryDirectory(prefix="vpsfit-earlier-") as base:
            root = machine(base)
            folder = pathlib.Path(root, "srv/stack")
            folder.mkdir(parents=True)
            env, _ = read_case(HERE.parents[1] / f"merge/cases/{name}.case", folder)
            assert not env, name
            old(root, *SIX, "--compose", "/srv/stack/compose.yaml")
            out.add(f"beside {name}", earlier.tree(root))
    for name, killed, disks in all_killed():
        out.add(f"before {name}", {k: v for k, v in killed.start.items() if not k.startswith("var/")})
        out.add(f"after {name}", killed.after)
        for place, disk in list(disks.items())[::max(1, len(disks) // SAMPLE)]:
            out.add(f"{name}: {place}", disk, args=killed.args, edited=killed.edited)
    out.save()


def main():
    if "--record" in sys.argv:
        return record()
    local, bases = threading.local(), []

    def attempt(task):
        way, name, place, disk, killed = task
        if not hasattr(local, "root"):
            bases.append(tempfile.mkdtemp(prefix="vpsfit-earlier-"))
            local.root = machine(bases[-1])
        clean(local.root)
        case = earlier.Case(local.root, disk, killed.args, earlier.stack_of(killed.start), killed.after,
                            killed.edited)
        try:
            case.WAYS[way](case)
        except AssertionError as e:
            return [f"{name}, killed at {place}, {way}: {str(e)[:600]}"]
        return []

    lost, tried = 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, killed, disks in all_killed():
            tasks = [(way, name, place, disk, killed) for place, disk in disks.items() for way in earlier.Case.WAYS]
            texts = [text for found in pool.map(attempt, tasks) for text in found]
            print(f"{name} of 0.1.0: killed at {len(killed.places)} system calls, {len(disks)} different disks, {len(tasks)} tried, "
                  f"{len(texts)} lost", flush=True)
            print("".join(f"  {text}\n" for text in texts[:20]), end="")
            lost, tried = lost + len(texts), tried + len(tasks)
    for base in bases:
        shutil.rmtree(base)
    print(f"all: {tried} tried, {lost} lost")
    return 1 if lost else 0


sys.exit(main())
