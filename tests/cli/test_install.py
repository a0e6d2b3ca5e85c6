# SPDX-License-Identifier: MIT
"""make install and make uninstall only touch DESTDIR and prefix, whatever their names."""

import os
import shutil
import subprocess

import pytest

from conftest import ROOT


PAGES = ("vpsfit.8", "vpsfit-profile.5", "vpsfit-answers.5", "vpsfit.bash", "vpsfit.zsh", "vpsfit.fish")


def listing(top):
    return sorted(str(p.relative_to(top)) for p in top.rglob("*") if not p.is_dir())


# Dummies for the built files: the recipe is under test.
@pytest.fixture
def project(tmp_path):
    tree = tmp_path / "project"
    for name in ("profiles", "templates", "wizard/po"):
        shutil.copytree(ROOT / name, tree / name)
    shutil.copy(ROOT / "Makefile", tree)
    for name in ("build/vpsfit", "build/sampler", *(f"build/manual/{page}" for page in PAGES),
                 *(f"build/locale/{p.stem}/LC_MESSAGES/vpsfit.mo" for p in (ROOT / "wizard/po").glob("*.po"))):
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("built\n")
    return tree


def make(tree, target, *args):
    done = subprocess.run(["make", "-s", "-o", "all", target, *args], cwd=tree, capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"]}, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["x y", "it's mine", "$HOME", "a;b", "-x", "two  blanks "])
@pytest.mark.parametrize("prefix", ["/usr", "/opt/my tools"])
def test_destdir_and_prefix_of_any_name(project, tmp_path, name, prefix):
    work = tmp_path / "work"
    neighbours = [work / part for part in dict.fromkeys([*name.split(), "x", "y", "usr/share/vpsfit"])]
    for path in neighbours:
        path.mkdir(parents=True, exist_ok=True)
        (path / "mine").write_text("mine\n")
    before = listing(work)
    destdir = str(work / name).replace("$", "$$")
    make(project, "install", f"DESTDIR={destdir}", f"prefix={prefix}")
    new = set(listing(work)) - set(before)
    assert new and all(n.startswith(f"{name}{prefix}/") for n in new), new
    assert {f"{name}{prefix}/sbin/vpsfit", f"{name}{prefix}/share/vpsfit/profiles/small-vps.yaml",
            f"{name}{prefix}/share/vpsfit/templates/catalogue/ollama.yaml", f"{name}{prefix}/libexec/vpsfit/sampler"} <= new
    make(project, "uninstall", f"DESTDIR={destdir}", f"prefix={prefix}")
    assert listing(work) == before


def test_every_template_is_installed(project, tmp_path):
    """But for what is told in the documentation."""
    make(project, "install", f"DESTDIR={tmp_path / 'to'}", "prefix=/usr")
    there = {n for n in listing(ROOT / "templates") if not n.startswith("cloud-init/") and not n.endswith("README.md") and "__pycache__" not in n}
    assert set(listing(tmp_path / "to/usr/share/vpsfit/templates")) == there


@pytest.mark.parametrize("preseeded, shown", [("true\r", "'true?'"), ("perhaps\033[1m", "'perhaps?[1m'"), ("yes", "'yes'")])
def test_what_was_preseeded_is_shown_without_what_moves_the_cursor(tmp_path, preseeded, shown):
    script = (ROOT / "debian/vpsfit.postinst").read_text().replace("/run/vpsfit", str(tmp_path))
    script = script.replace(". /usr/share/debconf/confmodule", 'db_get() { RET=$SEEDED; }; db_stop() { :; }')
    done = subprocess.run(["sh", "-c", script, "postinst", "configure", ""], env={"PATH": "/usr/bin:/bin", "SEEDED": preseeded},
                          capture_output=True, text=True, check=True, cwd=tmp_path)
    assert f"preseeded with {shown}, which is neither" in done.stderr and "\r" not in done.stderr and "\033" not in done.stderr
