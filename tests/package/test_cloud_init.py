# SPDX-License-Identifier: MIT
"""The examples for cloud-init are valid by its own schema, and each is used on a fresh VPS (tests/vm)."""

import re
import subprocess

import pytest
import yaml

from conftest import ROOT, bash

EXAMPLES = sorted((ROOT / "templates/cloud-init").glob("*.yaml"))


@pytest.fixture(scope="module")
def cloud_init():
    """A tree with cloud-init."""
    root = bash('''a=$(roots_derived cloud-init bookworm /bin/sh -c 'apt-get -q update && apt-get -q -y install cloud-init')
        roots_open "$a" cloud-init''').stdout.strip().splitlines()[-1]
    yield root
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)


def schema(root, text):
    path = f"{root}/root/user-data"
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return bash('ROOTS_NET=none roots_run "$1" cloud-init schema --config-file /root/user-data', root, check=False)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_schema_is_met(cloud_init, path):
    done = schema(cloud_init, path.read_text())
    assert done.returncode == 0 and "Valid cloud-config" in done.stdout, done.stdout + done.stderr


def test_the_schema_check_can_fail(cloud_init):
    assert schema(cloud_init, "#cloud-config\nruncmd: vpsfit apply\n").returncode != 0


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_last_command_decides(path):
    """runcmd is a script without `set -e`: only the last command's exit status reaches cloud-init."""
    last = yaml.safe_load(path.read_text())["runcmd"][-1]
    assert last[0] in ("vpsfit", "test")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_it_is_used_on_a_fresh_vps(path):
    cases = "".join(p.read_text() for p in sorted((ROOT / "tests/vm").glob("*.py")))
    assert re.search(rf'case\.vps\("{re.escape(path.name)}"[,)]', cases)


def test_they_are_found():
    assert len(EXAMPLES) >= 5
