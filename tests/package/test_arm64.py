# SPDX-License-Identifier: MIT
"""The cross-built package, installed and run under user-mode emulation."""

import shutil
import subprocess

import pytest

from conftest import DIST, HANG, ROOT, VERSION, bash, deb


@pytest.fixture(scope="module")
def arm64():
    """A tree with the arm64 libraries: the one that the package was built in."""
    root = bash('roots_open "$(ls "$roots_cache"/build-arm64-*.tar)" arm64').stdout.strip()
    shutil.copy(shutil.which("qemu-aarch64-static"), f"{root}/usr/bin/qemu-aarch64-static")
    shutil.copy(deb("arm64"), f"{root}/root/vpsfit.deb")
    run(root, "dpkg -i /root/vpsfit.deb")
    yield root
    subprocess.run(["rm", "-rf", "--one-file-system", root], check=True)


def run(root, script):
    done = bash('ROOTS_NET=none roots_run "$1" timeout "$3" /bin/sh -euc "$2"', root, f"exec 2>&1\n{script}", HANG, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_arm64_and_does_its_job(arm64):
    vpsfit = "qemu-aarch64-static /usr/sbin/vpsfit"
    assert "aarch64" in run(arm64, "dpkg --print-foreign-architectures; od -An -tx1 -j18 -N2 /usr/sbin/vpsfit | grep -q 'b7 00' && echo aarch64")
    assert run(arm64, f"{vpsfit} --version") == f"vpsfit {VERSION}\n"
    assert "Cost model" in run(arm64, f"{vpsfit} plan --swap none --dir /root/gateway --state /root/state")
    run(arm64, f"{vpsfit} apply --yes --swap none --dir /root/gateway --state /root/state")
    assert "Changes   none" in run(arm64, f"{vpsfit} apply --yes --swap none --dir /root/gateway --state /root/state")


def test_purge(arm64):
    assert "vpsfit" in run(arm64, "dpkg --purge vpsfit; ls /root/gateway/compose.yaml; ! ls /usr/sbin/vpsfit 2>/dev/null; echo vpsfit")


def test_the_static_program_needs_no_tree(tmp_path):
    """The same plan as this machine's own program, byte for byte."""
    name = f"vpsfit-{VERSION}-linux-arm64"
    subprocess.run(["tar", "-C", tmp_path, "-xzf", DIST / f"{name}.tar.gz"], check=True)
    plan = ["plan", "--json", "--sysroot", ROOT / "build/roots/vm-4g"]
    there = subprocess.run(["qemu-aarch64-static", tmp_path / name / "vpsfit", *plan], capture_output=True, timeout=HANG, check=True)
    here = subprocess.run([ROOT / "build/debug/vpsfit", *plan], capture_output=True, timeout=HANG, check=True)
    assert there.stdout == here.stdout and there.stdout.startswith(b"{")
