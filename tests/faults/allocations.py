# SPDX-License-Identifier: MIT
"""
Fails allocations of an apply, each once: every fifth, or with "all" every one. The program must not crash: it ends with 0 and everything done, or with 1, the reason, and
nothing written. usage: allocations.py VPSFIT FAILING-MALLOC.so MACHINE-TREE [all]
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

VPSFIT, PRELOAD, MACHINE = map(os.path.abspath, sys.argv[1:4])
STEP = 1 if sys.argv[4:] == ["all"] else 5
EARLIER = pathlib.Path(__file__).resolve().parents[1] / "cli/0.1.0/stack"
FOREIGN = pathlib.Path(__file__).resolve().parents[1] / "compose/edit/interpolation"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

SCENARIOS = {
    "create": ([], ["apply", "--yes", "--quiet"]),
    "edit": ([["apply", "--yes"]], ["apply", "--yes", "--quiet", "--ram", "8G", "--cpus", "4"]),
    "adopt": ([], ["apply", "--yes", "--quiet", "--compose", "/srv/stack/compose.yaml", "--ram", "8G", "--cpus", "4"]),
    "plan": ([["apply", "--yes"]], ["plan", "--json", "--ram", "8G", "--cpus", "4"]),
    "take-over": (["earlier"], ["apply", "--yes", "--quiet", "--workers", "1"]),
    "rollback": ([["apply", "--yes"]], ["rollback", "--yes", "--quiet"]),
}


def put_earlier(root):
    """The stack that 0.1.0 wrote."""
    shutil.copytree(EARLIER, root, dirs_exist_ok=True)
    os.chmod(os.path.join(root, "opt/ai-gateway/.env"), 0o600)


def snapshot(root):
    found = {}
    for part in ("opt", "srv"):
        for path in sorted(pathlib.Path(root, part).rglob("*")):
            data = path.read_bytes() if path.is_file() else None
            if data is not None and path.name == ".env" and part == "opt":
                data = data.count(b"\n")  # its secrets are new each time
            found[str(path.relative_to(root))] = (path.stat().st_mode, data)
    return found


class Workspace:
    def __init__(self, base, scenario):
        self.base, self.root, self.start = base, os.path.join(base, "root"), os.path.join(base, "start")
        shutil.copytree(MACHINE, self.root, symlinks=True)
        stack = os.path.join(self.root, "srv/stack")
        os.makedirs(stack)
        shutil.copyfile(FOREIGN / "before.yaml", f"{stack}/compose.yaml")
        shutil.copytree(FOREIGN / "env.before", stack, dirs_exist_ok=True)
        before, command = SCENARIOS[scenario]
        for step in before:
            if step == "earlier":
                put_earlier(self.root)
                continue
            subprocess.run([VPSFIT, *step, "--sysroot", self.root], check=True, env=ENV, stdin=subprocess.DEVNULL, capture_output=True)
        shutil.copytree(self.root, self.start, symlinks=True)
        self.command = [VPSFIT, *command, "--sysroot", self.root]
        self.before, self.clean = snapshot(self.root), True

    def reset(self):
        if self.clean:
            return
        self.clean = True
        for part in ("opt", "srv", "var/lib/vpsfit"):
            shutil.rmtree(os.path.join(self.root, part), ignore_errors=True)
            if os.path.exists(os.path.join(self.start, part)):
                subprocess.run(["cp", "-a", os.path.join(self.start, part), os.path.join(self.root, part)], check=True)

    def run(self, number):
        """Runs once with allocation `number` failing. Returns the faults found, as texts."""
        self.reset()
        count = os.path.join(self.base, "count")
        done = subprocess.run(self.command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env={**ENV, "LD_PRELOAD": PRELOAD, "FAIL_ALLOCATION": str(number), "ALLOCATION_COUNT": count})
        now, wrong = snapshot(self.root), []
        self.clean = done.returncode != 0 and now == self.before and not list(pathlib.Path(self.root).glob("var/lib/vpsfit/*/tx"))
        if number == 0:
            assert done.returncode == 0, done.stderr
            self.after, self.total = now, int(open(count).read())
            return []
        if done.returncode not in (0, 1, 2):
            wrong.append(f"ended with {done.returncode}")
        if done.returncode == 0 and now != self.after:
            wrong.append("ended with 0, and is not done")
        if done.returncode != 0 and not done.stderr:
            wrong.append("failed and did not say why")
        if now not in (self.before, self.after):
            recovered = subprocess.run([VPSFIT, "recover", "--sysroot", self.root], env=ENV, capture_output=True,
                                       stdin=subprocess.DEVNULL)
            if recovered.returncode != 0 or snapshot(self.root) not in (self.before, self.after):
                wrong.append("is neither as it was nor as it will be")
        return [f"allocation {number}: {text}; {done.stderr[-200:]}" for text in wrong]


def run_scenario(name, workers):
    local, bases = threading.local(), []

    def workspace():
        if not hasattr(local, "w"):
            bases.append(tempfile.mkdtemp(prefix="vpsfit-allocations-"))
            local.w = Workspace(bases[-1], name)
            local.w.run(0)
        return local.w

    total = workspace().total
    assert total > 100, total
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        wrong = [text for texts in pool.map(lambda n: workspace().run(n), range(1 + total % STEP, total + 1, STEP)) for text in texts]
    for base in bases:
        shutil.rmtree(base)
    print(f"{name}: {total} allocations, {'each' if STEP == 1 else 'every fifth'} failed once, {len(wrong)} went wrong", flush=True)
    for text in wrong[:20]:
        print("  " + text)
    return len(wrong)


sys.exit(1 if sum(run_scenario(name, os.cpu_count() or 2) for name in SCENARIOS) else 0)
