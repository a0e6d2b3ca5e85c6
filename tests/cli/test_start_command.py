# SPDX-License-Identifier: MIT
"""The start command must exist on the machine: Debian 12's Compose 1.29 is no docker plugin."""

import os
import shutil
import subprocess

import pytest

from conftest import start_command

COMPOSE1 = "/usr/bin/docker-compose"
PLUGIN = "usr/libexec/docker/cli-plugins/docker-compose"
DIR = "/srv/my ai"


def with_compose(machine, tmp_path, *paths):
    root = shutil.copytree(machine("vm-4g"), tmp_path / "root", symlinks=True)
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch(mode=0o755)
    return root


def printed(vpsfit, root, *more):
    done = vpsfit("apply", "--yes", "--sysroot", root, *more)
    assert done.returncode == 0, done.stderr
    return start_command(done.stdout)


def called(line, root, call, tool):
    """Runs the printed line against the tree, changed to only check the file."""
    line = line.replace("/srv/", f"{root}/srv/").replace(call, tool).replace(" up -d", " config -q")
    return subprocess.run(["/bin/sh", "-c", line], cwd="/", capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("paths, call", [
    (["usr/bin/docker-compose"], "docker-compose"),
    ([PLUGIN], "docker compose"),
    ([PLUGIN, "usr/bin/docker-compose"], "docker compose"),
    ([], "docker-compose"),
], ids=["debian12", "plugin", "debian13", "none"])
def test_the_command_works_with_the_compose_that_is_there(vpsfit, machine, tmp_path, paths, call):
    root = with_compose(machine, tmp_path, *paths)
    tool = COMPOSE1 if call == "docker-compose" else os.environ["COMPOSE2"]
    line = printed(vpsfit, root, "--dir", DIR)
    assert line == f"cd '{DIR}' && {call} up -d"
    done = called(line, root, call, tool)
    assert done.returncode == 0, (line, done.stderr)
    line = printed(vpsfit, root, "--compose", f"{DIR}/compose.yaml", "--workers", "1")
    assert line == f"cd '{DIR}' && {call} up -d"
    done = called(line, root, call, tool)
    assert done.returncode == 0, (line, done.stderr)
    # A name that Compose does not look for is passed explicitly.
    os.rename(root / DIR[1:] / "compose.yaml", root / DIR[1:] / "my stack.yaml")
    line = printed(vpsfit, root, "--compose", f"{DIR}/my stack.yaml", "--workers", "2")
    assert line == f"{call} -f '{DIR}/my stack.yaml' up -d"
    done = called(line, root, call, tool)
    assert done.returncode == 0, (line, done.stderr)


def test_where_only_a_packages_record_is_there(vpsfit, machine, tmp_path):
    root = with_compose(machine, tmp_path)
    status = root / "var/lib/dpkg/status"
    for version, command in (("1.29.2-3", "docker-compose"), ("2.26.1-4", "docker compose")):
        status.write_text(status.read_text() + f"Package: docker-compose\nStatus: install ok installed\nVersion: {version}\n\n")
        listed = root / "var/lib/dpkg/info/docker-compose.list"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.touch()
        machine_json = vpsfit("detect", "--json", "--sysroot", root).stdout
        assert f'"compose_command": "{command}"' in machine_json
        status.write_text(status.read_text().rsplit("Package: docker-compose\n", 1)[0])


@pytest.mark.parametrize("version, docker, call", [
    ("12", None, "docker-compose"),
    ("11", "docker.io", "docker-compose"),
    ("13", None, "docker compose"),
    ("", None, "docker compose"),  # testing has no number
    ("12", "docker-ce", "docker compose"),  # its repository has the plugin
])
def test_the_commands_are_those_of_the_compose_that_is_to_be_installed(vpsfit, machine, tmp_path, version, docker, call):
    root = with_compose(machine, tmp_path)
    release = root / "etc/os-release"
    release.write_text("\n".join(l for l in release.read_text().splitlines() if not l.startswith("VERSION")) + f'\nVERSION_ID="{version}"\n')
    if docker:
        (root / "usr/bin").mkdir(parents=True, exist_ok=True)
        (root / "usr/bin/docker").touch()
        (root / "var/lib/dpkg/info").mkdir(parents=True, exist_ok=True)
        (root / f"var/lib/dpkg/info/{docker}.list").touch()
        with open(root / "var/lib/dpkg/status", "a") as status:
            status.write(f"Package: {docker}\nStatus: install ok installed\nVersion: 20.10\n\n")
    assert f" && {call} up -d" in vpsfit("apply", "--yes", "--sysroot", root).stdout
