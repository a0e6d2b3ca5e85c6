# SPDX-License-Identifier: MIT
"""What keeps LiteLLM's workers sharing memory: the file itself, when it is written, and the warning if it is missing."""

import os
import re
import stat
import subprocess

import pytest
import yaml

from conftest import ROOT, run

NAME = "litellm/sitecustomize.py"
FILE = ROOT / "templates" / NAME
PYTHON = "/usr/bin/python3"
NOTE = f"note: litellm does not mount {NAME}"


def python(code, *path):
    """Runs code in a Python that searches these directories first."""
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(p) for p in path)}
    return subprocess.run([PYTHON, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)


def test_it_freezes_before_a_fork_and_only_in_the_first_process():
    """A worker that forks still collects garbage: its own objects are not frozen."""
    done = python("""
import gc, os
assert gc.get_freeze_count() == 0
if os.fork() == 0:
    frozen = gc.get_freeze_count()
    kept = [[] for _ in range(1000)]
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    print(frozen > 1000, gc.get_freeze_count() == frozen, gc.isenabled(), flush=True)
    os._exit(0)
os.wait()
""", FILE.parent)
    assert (done.stdout, done.stderr) == ("True True True\n", "")


def hidden(directory, text):
    directory.mkdir()
    (directory / "sitecustomize.py").write_text(text)
    return directory


def test_a_module_of_this_name_behind_it_is_loaded_too(tmp_path):
    """Such as a tracing agent's or a distribution's."""
    done = python("pass", FILE.parent, hidden(tmp_path / "image", "print('of the image', __name__)"))
    assert (done.stdout, done.stderr) == ("of the image sitecustomize\n", "")


def test_a_module_of_this_name_before_it_is_not_loaded_twice(tmp_path):
    """An agent's module comes first and loads the next one by path, as this one does."""
    agent = hidden(tmp_path / "agent", f"""
import importlib.util
print('agent')
spec = importlib.util.spec_from_file_location('sitecustomize', {str(FILE)!r})
spec.loader.exec_module(importlib.util.module_from_spec(spec))
""")
    done = python("import os; os.fork() or os._exit(0); import gc; print(gc.get_freeze_count() > 0)", agent, FILE.parent)
    assert (done.stdout, done.stderr) == ("agent\nTrue\n", "")


def test_a_mistake_in_one_behind_it_stops_nothing(tmp_path):
    done = python("import os, gc; os.fork() or os._exit(0); print(gc.get_freeze_count() > 0)", FILE.parent,
                  hidden(tmp_path / "image", "1 / 0"))
    assert done.stdout == "True\n" and "ZeroDivisionError" in done.stderr


def test_a_directory_in_its_place_stops_nothing(tmp_path):
    """Docker creates one if the file is missing."""
    (tmp_path / "sitecustomize.py").mkdir()
    assert python("print('runs')", tmp_path).stdout == "runs\n"


def test_it_is_written_mounted_and_found(stack):
    _, directory = stack
    litellm = yaml.safe_load((directory / "compose.yaml").read_text())["services"]["litellm"]
    mount = next(v for v in litellm["volumes"] if NAME in v)
    assert mount == f"./{NAME}:{litellm['environment']['PYTHONPATH']}/sitecustomize.py:ro"
    assert (directory / NAME).read_bytes() == FILE.read_bytes()
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o644


def test_it_is_the_users_once_it_is_there(stack):
    root, directory = stack
    (directory / NAME).write_text("# mine\n")
    assert run("apply", "--yes", "--ram", "8G", "--cpus", "4", "--sysroot", root).returncode == 0
    assert (directory / NAME).read_text() == "# mine\n"


def test_one_that_was_removed_is_written_again(stack):
    root, directory = stack
    (directory / NAME).unlink()
    assert f"{NAME}: missing" in run("status", "--sysroot", root).stdout
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert (directory / NAME).read_bytes() == FILE.read_bytes()


def test_a_directory_in_its_place_is_told_of(stack):
    root, directory = stack
    (directory / NAME).unlink()
    (directory / NAME).mkdir()
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert f"{NAME}: error: cannot be read: it is no regular file; nothing was written" in done.stderr


def test_rollback_takes_it_away_with_the_stack(stack):
    root, directory = stack
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert not (directory / NAME).exists()


def forget(directory):
    """The stack as an earlier version wrote it; returns the lines that it lacked."""
    (directory / NAME).unlink()
    compose = directory / "compose.yaml"
    text = compose.read_text()
    old = "".join(line for line in text.splitlines(True) if "sitecustomize.py" not in line and "PYTHONPATH" not in line)
    compose.write_text(old)
    return text


@pytest.mark.parametrize("workers, told", [(2, True), (1, False)])
def test_a_stack_without_it_is_left_alone_and_told_of(stack, workers, told):
    root, directory = stack
    forget(directory)
    done = run("apply", "--yes", "--workers", workers, "--sysroot", root)
    assert done.returncode == 0 and (NOTE in done.stderr) == told
    assert not (directory / NAME).exists()


def test_what_the_note_says_to_do_helps(stack):
    root, directory = stack
    text = forget(directory)
    told = run("plan", "--sysroot", root).stderr
    template = re.search(r"copy its line and that of PYTHONPATH from (\S+),", told).group(1)
    assert os.path.samefile(template, ROOT / "templates/compose.yaml") or \
        open(template).read() == (ROOT / "templates/compose.yaml").read_text()
    (directory / "compose.yaml").write_text(text)
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0 and NOTE not in done.stderr
    assert (directory / NAME).read_bytes() == FILE.read_bytes()


def test_a_mount_in_the_long_form_counts(stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    text = compose.read_text()
    short = next(line for line in text.splitlines(True) if NAME in line)
    compose.write_text(text.replace(short, f"      - {{type: bind, source: ./{NAME}, target: /opt/vpsfit/sitecustomize.py}}\n"))
    (directory / NAME).unlink()
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0 and NOTE not in done.stderr
    assert (directory / NAME).exists()


def test_somebody_elses_stack_is_not_told(stack):
    root, directory = stack
    forget(directory)
    place = root / "srv/ai"
    place.mkdir(parents=True)
    (place / "docker-compose.yml").write_text((directory / "compose.yaml").read_text())
    done = run("plan", "--sysroot", root, "--compose", "/srv/ai/docker-compose.yml", "--workers", 2)
    assert done.returncode == 0 and NOTE not in done.stderr
