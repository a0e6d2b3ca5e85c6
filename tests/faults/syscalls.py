# SPDX-License-Identifier: MIT
"""
Fails every system call of an apply and of a rollback that can fail once, and kills the process once at each of them. Afterwards the
stack must be either as before or as planned; as before at once if the program reported failure; no secret may be lost; and after
`vpsfit recover` nothing may be left over. Prints how many points were tried and how many were lost.

usage: syscalls.py VPSFIT MACHINE-TREE (a build without sanitizers: strace and the leak checker exclude each other)
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

import calls

VPSFIT, MACHINE = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ERRORS = ["ENOSPC", "EIO", "EINTR"]
SECRET = re.compile(rb"=(sk-)?[0-9a-f]{64}\n")
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

# Preparation, and the command that gets the faults.
SCENARIOS = {
    "create": ([], ["apply", "--yes", "--quiet"]),
    "edit": ([["apply", "--yes"]], ["apply", "--yes", "--quiet", "--ram", "8G", "--cpus", "4"]),
    "secret": ([["apply", "--yes"], "empty"], ["apply", "--yes", "--quiet", "--port", "9090"]),
    "adopt": (["foreign"], ["apply", "--yes", "--quiet", "--compose", "/opt/foreign/compose.yaml", "--ram", "8G", "--cpus", "4"]),
    "take-over": (["earlier"], ["apply", "--yes", "--quiet", "--workers", "1"]),
    "rollback-edit": ([["apply", "--yes"], ["apply", "--yes", "--ram", "8G", "--cpus", "4"]], ["rollback", "--yes", "--quiet"]),
    "rollback-create": ([["apply", "--yes"]], ["rollback", "--yes", "--quiet"]),
}


def vpsfit(root, *args):
    return subprocess.run([VPSFIT, *args, "--sysroot", root], stdin=subprocess.DEVNULL, capture_output=True, env=ENV,
                          timeout=60)


EARLIER = pathlib.Path(__file__).resolve().parents[1] / "cli/0.1.0/stack"
FOREIGN = pathlib.Path(__file__).resolve().parents[1] / "compose/edit/interpolation"


def prepare(root, steps):
    for step in steps:
        if step == "foreign":
            shutil.copytree(FOREIGN / "env.before", os.path.join(root, "opt/foreign"))
            shutil.copyfile(FOREIGN / "before.yaml", os.path.join(root, "opt/foreign/compose.yaml"))
        elif step == "earlier":
            put_earlier(root)
        elif step == "empty":
            env = pathlib.Path(root, "opt/ai-gateway/.env")
            env.write_text(re.sub(r"WEBUI_SECRET_KEY=.*", "WEBUI_SECRET_KEY=", env.read_text()))
        else:
            done = vpsfit(root, *step)
            assert done.returncode == 0, done.stderr


def put_earlier(root):
    """The stack that 0.1.0 wrote."""
    shutil.copytree(EARLIER, root, dirs_exist_ok=True)
    os.chmod(os.path.join(root, "opt/ai-gateway/.env"), 0o600)


def snapshot(root):
    """Every file and directory of the stack: kind, mode, owner, bytes with generated secrets masked."""
    found = {}
    for folder, names, files in os.walk(os.path.join(root, "opt")):
        for name in [*names, *files]:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            data = SECRET.sub(b"=SECRET\n", open(path, "rb").read()) if name in files else None
            found[os.path.relpath(path, root)] = (st.st_mode, st.st_uid, st.st_gid, data)
    return found


def secrets(root):
    """All secrets in .env or kept beside the state."""
    found = set()
    for path in [pathlib.Path(root, "opt/ai-gateway/.env"), *pathlib.Path(root, "var/lib/vpsfit").glob("*/kept.env")]:
        if path.exists():
            found |= set(re.findall(r"^(\w+)=((?:sk-)?[0-9a-f]{64})$", path.read_text(), re.M))
    return found


def debris(root):
    return [p for p in pathlib.Path(root).rglob("*") if p.name == "tx" or p.name.endswith(".vpsfit-new")]


class Workspace:
    """A machine tree that is reset to the scenario's start before each run."""

    def __init__(self, base, scenario):
        self.root = os.path.join(base, "root")
        shutil.copytree(MACHINE, self.root, symlinks=True)
        self.start = os.path.join(base, "start")
        os.mkdir(self.start)
        prepare(self.root, SCENARIOS[scenario][0])
        for part in ("opt", "var/lib/vpsfit"):
            if os.path.exists(os.path.join(self.root, part)):
                subprocess.run(["cp", "-a", "--parents", part, self.start], cwd=self.root, check=True)
        asked = SCENARIOS[scenario][1]
        self.stack = asked[asked.index("--compose"):][:2] if "--compose" in asked else []
        self.command = [VPSFIT, *SCENARIOS[scenario][1], "--sysroot", self.root]

    def reset(self):
        shutil.rmtree(os.path.join(self.root, "opt"), ignore_errors=True)
        shutil.rmtree(os.path.join(self.root, "var/lib/vpsfit"), ignore_errors=True)
        subprocess.run(["cp", "-a", f"{self.start}/.", self.root], check=True)

    def points(self):
        """(call, occurrence number) of each call that touches the stack or the state."""
        self.reset()
        found = calls.points(self.command, self.root, ENV)
        self.after = snapshot(self.root)
        return found

    def run(self, call, number, fault):
        """Runs once with one fault. Returns what was lost, as texts."""
        self.reset()
        before, had = snapshot(self.root), secrets(self.root)
        done = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"inject={call}:{fault}:when={number}", *self.command],
                              env=ENV, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        killed, lost = "SIGKILL" in fault, []
        at_once = snapshot(self.root)
        if not killed and done.returncode == 0 and at_once != self.after:
            lost.append("ended with 0, and is not done")
        if not killed and done.returncode != 0 and at_once != before:
            lost.append(f"ended with {done.returncode}, and is not as it was")
        if not killed and done.returncode not in (0, 1):
            lost.append(f"ended with {done.returncode}")
        if not killed and done.returncode == 1 and b"error" not in done.stderr:
            lost.append("failed and did not say why")
        recovered = vpsfit(self.root, "recover")
        now = snapshot(self.root)
        if recovered.returncode != 0:
            lost.append(f"recover ended with {recovered.returncode}: {recovered.stderr}")
        if now not in (before, self.after):
            lost.append("is neither as it was nor as it will be")
        if not had <= secrets(self.root):
            lost.append("a secret is gone")
        if debris(self.root):
            lost.append(f"left behind: {debris(self.root)}")
        if vpsfit(self.root, "status", *self.stack).returncode != 0:
            lost.append("status fails")
        return [f"{call} {number} {fault}: {text}; {done.stderr[-300:]}" for text in lost]


def run_scenario(name, workers):
    local = threading.local()
    bases = []

    def workspace():
        if not hasattr(local, "w"):
            bases.append(tempfile.mkdtemp(prefix="vpsfit-faults-"))
            local.w = Workspace(bases[-1], name)
            local.w.points()
        return local.w

    points = workspace().points()
    assert len(points) > 20, points
    tasks = [(call, number, fault) for call, number in points
             for fault in [*(f"error={e}" for e in ERRORS), "signal=SIGKILL"]]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        lost = [text for texts in pool.map(lambda t: workspace().run(*t), tasks) for text in texts]
    for base in bases:
        shutil.rmtree(base)
    print(f"{name}: {len(points)} system calls, {len(tasks)} points tried, {len(lost)} lost", flush=True)
    for text in lost[:20]:
        print("  " + text)
    return len(tasks), len(lost)


def main():
    results = [run_scenario(name, os.cpu_count() or 2) for name in SCENARIOS]
    tried, lost = map(sum, zip(*results))
    print(f"all: {tried} points tried, {lost} lost")
    return 1 if lost else 0


sys.exit(main())
