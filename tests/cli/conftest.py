# SPDX-License-Identifier: MIT
"""Shared by the command line's tests: the program, machine trees, and a clean environment."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))

import languages  # noqa: E402

VPSFIT = os.environ.get("VPSFIT", str(ROOT / "build" / "san" / "vpsfit"))
MACHINES = pathlib.Path(os.environ.get("VPSFIT_ROOTS", ROOT / "build" / "roots")).resolve()

# Debian 12's docker-compose is Compose 1, a script of Python's; Debian 13's is Compose 2.
DOCKER_COMPOSE_IS_1 = pathlib.Path("/usr/bin/docker-compose").read_bytes()[:2] == b"#!"

# Seconds until a run counts as hanging; generous, because sanitizers and a busy machine are slow.
HANG = 60


def environment(LANGUAGE=None, **extra):
    """Like cloud-init's: no HOME, no USER; TERM only if a test sets it. LANGUAGE, such as "de", chooses a locale of that language."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(languages.spoken(LANGUAGE) if LANGUAGE else {})}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra)
    return env


def pytest_configure(config):
    config.addinivalue_line("markers", "root: wants root; `make check` of an ordinary user leaves it out and says so")
    config.addinivalue_line("markers", "compose1: wants Compose 1, which Debian 12 has and no later release; left out there, and told")


def pytest_collection_modifyitems(config, items):
    if DOCKER_COMPOSE_IS_1:
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("compose1")])
    items[:] = [item for item in items if not item.get_closest_marker("compose1")]


def pytest_terminal_summary(terminalreporter):
    if not DOCKER_COMPOSE_IS_1:
        terminalreporter.write_line("NOT RUN: the tests that want Compose 1 (marked compose1); Debian 12 has it, and runs them.")


def run(*args, stdin=subprocess.DEVNULL, env=None, cwd="/", codes=range(7), **kwargs):
    """Runs vpsfit without a terminal; a hang or a sanitizer report fails the test."""
    done = subprocess.run(
        [VPSFIT, *map(str, args)], stdin=stdin, capture_output=True, text=True, timeout=HANG,
        env=env or environment(), cwd=cwd, **kwargs)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode in codes, (done.returncode, done.stderr)
    return done


@pytest.fixture
def vpsfit():
    return run


@pytest.fixture
def machine(tmp_path):
    """A writable copy of a machine tree."""
    def copy(name):
        target = tmp_path / name
        subprocess.run(["cp", "-a", MACHINES / name, target], check=True)
        return target
    return copy


@pytest.fixture
def own_package(tmp_path, monkeypatch):
    """The directory of a package of one's own, which `run` takes from now on: its templates and profiles may be changed."""
    root = tmp_path / "package"
    (root / "build").mkdir(parents=True)
    shutil.copy(VPSFIT, root / "build/vpsfit")
    for name in ("templates", "profiles"):
        shutil.copytree(ROOT / name, root / name)
    monkeypatch.setattr(sys.modules[__name__], "VPSFIT", str(root / "build/vpsfit"))
    return root


@pytest.fixture
def stack(machine):
    """A stack written for a 4 GB VPS: (root of the machine, directory of the stack on this host)."""
    root = machine("vm-4g")
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    return root, root / "opt" / "ai-gateway"


@pytest.fixture
def life(tmp_path):
    """A machine that changes under a stack, see life.py."""
    from life import Life
    return Life(tmp_path)


def start_command(text):
    """The command that an apply says starts the stack, or has it taken over."""
    return re.search(r"^ {8}(.* up -d)$", text, re.M).group(1)
