# SPDX-License-Identifier: MIT
"""What the command line's tests share: the program, the machine trees, and a clean environment."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VPSFIT = os.environ.get("VPSFIT", str(ROOT / "build" / "san" / "vpsfit"))
MACHINES = pathlib.Path(os.environ.get("VPSFIT_ROOTS", ROOT / "build" / "roots")).resolve()

# Seconds after which a run counts as hanging. Generous: the sanitizers and a busy machine slow a run down.
HANG = 60


def environment(**extra):
    """cloud-init's environment: no HOME, no USER; TERM only where a test asks for it."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra)
    return env


def run(*args, stdin=subprocess.DEVNULL, env=None, cwd="/", **kwargs):
    """One run of vpsfit without a terminal; a hang fails the test, a sanitizer's report too."""
    done = subprocess.run(
        [VPSFIT, *map(str, args)], stdin=stdin, capture_output=True, text=True, timeout=HANG,
        env=env or environment(), cwd=cwd, **kwargs)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode in range(7), (done.returncode, done.stderr)
    return done


@pytest.fixture
def vpsfit():
    return run


@pytest.fixture
def machine(tmp_path):
    """A copy of a machine tree that a test may write to."""
    def copy(name):
        target = tmp_path / name
        subprocess.run(["cp", "-a", MACHINES / name, target], check=True)
        return target
    return copy


@pytest.fixture
def stack(machine):
    """A stack written for a 4 GB VPS: (root of the machine, directory of the stack on this host)."""
    root = machine("vm-4g")
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    return root, root / "opt" / "ai-gateway"
