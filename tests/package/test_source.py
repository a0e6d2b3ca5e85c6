# SPDX-License-Identifier: MIT
"""The source: a release's tarball is all that a build, a test or a package needs, and Debian's archive would take it as it is."""

import hashlib
import os
import subprocess

import pytest

from conftest import DIST, ROOT, SILENT, VERSION, WORK, deb, in_tree, said_by

# Stands before git in PATH: what asks it for anything fails.
NO_GIT = "#!/bin/sh\necho 'git was asked' >&2\nexit 127\n"


def output(*command, **kwargs):
    return subprocess.run(command, capture_output=True, check=True, **kwargs).stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory):
    """The source as a release has it, unpacked where no git is."""
    target = tmp_path_factory.mktemp("source")
    subprocess.run(["make", "-s", "tarball"], cwd=ROOT, check=True)
    subprocess.run(["tar", "-C", target, "-xzf", DIST / f"vpsfit-{VERSION}.tar.gz"], check=True)
    (target / "bin").mkdir()
    (target / "bin/git").write_text(NO_GIT)
    (target / "bin/git").chmod(0o755)
    return target / f"vpsfit-{VERSION}"


def without_git(tarball):
    return {**os.environ, "PATH": f"{tarball.parent}/bin:{os.environ['PATH']}"}


def test_it_is_the_same_without_git(tarball):
    """An archive made from an unpacked one is the same byte for byte; a build's leavings do not get into it."""
    def packed(tree, env=None):
        return output(tree / "tests/tools/sources", "tar", "x", env=env)

    leavings = ["build/x", "dist/x", "ai-gateway/.env", "tests/cli/__pycache__/x.pyc", "debian/files", "debian/vpsfit/usr/x",
                "debian/vpsfit.substvars", "debian/.debhelper/x", "debian/debhelper-build-stamp"]
    for name in leavings:
        (tarball / name).parent.mkdir(parents=True, exist_ok=True)
        (tarball / name).write_text("x")
    assert packed(tarball, without_git(tarball)) == packed(ROOT)
    for name in leavings:
        (tarball / name).unlink()


def test_a_second_build_elsewhere_without_git_is_bit_identical(tarball):
    again = WORK / "again"
    subprocess.run(["rm", "-rf", again], check=True)
    (tarball / "build").mkdir(exist_ok=True)
    (tarball / "build/debian").symlink_to(ROOT / "build/debian")
    subprocess.run([tarball / "tests/package/build-deb", "", again], check=True, stdout=subprocess.DEVNULL,
                   env={**without_git(tarball), "BUILD_DIR": "elsewhere-and-longer", "BUILD_OPTIONS": "nocheck"})
    for first in (deb(), deb().with_name(deb().name.replace("vpsfit_", "vpsfit-dbgsym_"))):
        second = again / first.name
        assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest(), first.name


def test_every_override_has_a_reason():
    for path in ("debian/vpsfit.lintian-overrides", "debian/source/lintian-overrides"):
        lines = (ROOT / path).read_text().splitlines()
        for number, line in enumerate(lines):
            assert line.startswith("#") or lines[number - 1].startswith("#"), f"{path}: no reason for: {line}"


def test_lintian_of_debian_12_is_silent():
    done = subprocess.run([*SILENT.split(), deb().with_suffix(".changes")], capture_output=True, text=True, check=False)
    assert said_by(done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def built_files():
    return [path for path in DIST.glob(f"vpsfit*_{VERSION}_amd64.*") if path.suffix in {".deb", ".changes", ".buildinfo"}]


def test_lintian_of_debian_13_is_silent():
    """Of the package; a source package is for the release after it."""
    assert said_by(*in_tree("lintian", "trixie", "apt-get -q -y install lintian", f"{SILENT} *.changes", *built_files())) == (0, "")


def test_lintian_of_sid_is_silent(source_package):
    assert said_by(*in_tree("lintian", "sid", "apt-get -q -y install lintian", f"{SILENT} *.changes *.dsc", *built_files(),
                            *source_package)) == (0, "")
