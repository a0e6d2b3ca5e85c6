# SPDX-License-Identifier: MIT
"""Every exit code, from a run that a user could make; and that a refusal writes nothing."""

import json
import os
import re

import pytest


def tree(path):
    """Every file below path with its bytes, mode and mtime."""
    found = {}
    for folder, _, files in os.walk(path):
        for name in files:
            full = os.path.join(folder, name)
            if os.path.isfile(full) and not os.path.islink(full):
                st = os.stat(full)
                with open(full, "rb") as f:
                    found[full] = (f.read(), st.st_mode, st.st_mtime_ns)
    return found


def test_0_apply_then_nothing_to_do(vpsfit, stack):
    root, directory = stack
    before = tree(root)
    done = vpsfit("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0
    assert "none" in done.stdout
    assert tree(root) == before
    assert sorted(p.name for p in directory.iterdir()) == [".env", "compose.yaml", "litellm", "nginx"]


def test_0_quiet_says_nothing(vpsfit, machine):
    done = vpsfit("apply", "--yes", "--quiet", "--sysroot", machine("vm-4g"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("args, words", [
    (["plan", "--nonsense"], "unknown option"),
    (["plan", "--wrokers", "2"], "did you mean --workers?"),
    (["paln"], "did you mean 'vpsfit plan'?"),
    (["plan", "--workers"], "needs a value"),
    (["plan", "--workers", "0"], "1 to 64"),
    (["plan", "--workers", "99999999999999999999"], "1 to 64"),
    (["plan", "--swap", "-1G"], "auto, none"),
    (["plan", "--port", "70000"], "1 to 65535"),
    (["plan", "--bind", "example"], "address"),
    (["plan", "--dir", "../x"], "without '..'"),
    (["plan", "--profile", "SMAL_VPS"], "did you mean SMALL_VPS?"),
    (["plan", "--cost-model", "seed-2025-12"], "did you mean seed-2025-11?"),
    (["plan", "--json=1"], "takes no value"),
    (["plan", "more"], "unexpected argument"),
    (["detect", "--profile", "auto"], "takes no --profile"),
    (["plan", "--keep-edits", "--overwrite-edits"], "not both"),
    (["plan", "--sysroot", "/nowhere/at/all"], "cannot be used"),
    (["plan", "--answers", "/nowhere.yaml"], "cannot be read"),
])
def test_2_usage(vpsfit, args, words):
    done = vpsfit(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr


@pytest.mark.parametrize("name, args", [
    ("vm-1g", []),
    ("vm-512m", []),
    ("vm-2g", ["--swap", "none", "--open-webui", "full"]),
    ("lxc-2g", ["--overhead", "4096"]),
])
def test_3_does_not_fit(vpsfit, machine, name, args):
    root = machine(name)
    before = tree(root)
    plan = vpsfit("plan", "--json", "--sysroot", root, *args)
    assert plan.returncode == 3
    assert json.loads(plan.stdout)["verdict"]["idle"] == "does-not-fit"
    done = vpsfit("apply", "--yes", "--sysroot", root, *args)
    assert done.returncode == 3
    assert "does not fit" in done.stderr
    assert tree(root) == before


def test_3_force_goes_on(vpsfit, machine):
    root = machine("vm-1g")
    assert vpsfit("apply", "--yes", "--force", "--sysroot", root).returncode == 0
    assert (root / "opt/ai-gateway/compose.yaml").exists()


def test_5_edited_by_hand(vpsfit, stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    compose.write_text(re.sub(r'memory: "\d+M"', 'memory: "1700M"', compose.read_text(), count=1))
    before = tree(root)
    for command in ("plan", "apply"):
        done = vpsfit(command, "--yes", "--sysroot", root)
        assert done.returncode == 5
        assert tree(root) == before
    assert "1700M" in done.stderr and "--overwrite-edits" in done.stderr
    assert vpsfit("apply", "--yes", "--keep-edits", "--sysroot", root).returncode == 0
    assert "1700M" in compose.read_text()
    assert vpsfit("apply", "--yes", "--overwrite-edits", "--sysroot", root).returncode == 0
    assert "1700M" not in compose.read_text()


def test_6_pending(vpsfit, machine):
    root = machine("vm-4g")
    assert vpsfit("plan", "--exit-code", "--sysroot", root).returncode == 6
    assert vpsfit("apply", "--yes", "--sysroot", root).returncode == 0
    assert vpsfit("plan", "--exit-code", "--sysroot", root).returncode == 0


def test_1_foreign_directory_is_left_alone(vpsfit, machine):
    root = machine("vm-4g")
    directory = root / "opt/ai-gateway"
    directory.mkdir(parents=True)
    (directory / "compose.yaml").write_text("services: {}\n")
    before = tree(root)
    done = vpsfit("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert "was not written by vpsfit" in done.stderr
    assert tree(root) == before


def test_1_swap_size_is_refused_whole(vpsfit, tmp_path):
    """A requested size that is impossible must not be met in part. No disk is this large."""
    done = vpsfit("apply", "--yes", "--force", "--swap", "900T", "--dir", tmp_path / "s", "--state", tmp_path / "t",
                  "--swap-file", tmp_path / "swap")
    assert done.returncode == 1
    assert "were asked for" in done.stderr and "nothing was written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_1_failure_puts_everything_back(vpsfit, machine):
    """The last file of an apply cannot be written: those before it are removed again."""
    root = machine("vm-4g")
    (root / "opt/ai-gateway").mkdir(parents=True)
    (root / "var/lib").mkdir(parents=True, exist_ok=True)
    (root / "var/lib/vpsfit").write_text("in the way")
    before = tree(root)
    done = vpsfit("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert "nothing was" in done.stderr or "put back" in done.stderr
    assert tree(root) == before


def test_full_output_is_a_failure(vpsfit):
    with open("/dev/full", "w") as full:
        import subprocess
        from conftest import VPSFIT, environment
        done = subprocess.run([VPSFIT, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment())
    assert done.returncode == 1


def test_help_lists_every_exit_code(vpsfit):
    out = vpsfit("--help").stdout
    for code in range(7):
        assert f"\n  {code}  " in out
    assert max(map(len, out.splitlines())) <= 80


def test_version(vpsfit):
    assert vpsfit("--version").stdout.startswith("vpsfit ")


@pytest.mark.parametrize("text, words", [
    ("services: {a: {image: 'ghcr.io/berriai/litellm:v1'}, b: {image: 'ghcr.io/berriai/litellm:v1'}}", "more than one service"),
    ("services: {db: {image: 'postgres:16'}}", "no service"), ("services: [", "compose.yaml"), (None, "is not there")])
@pytest.mark.parametrize("command", [["plan"], ["plan", "--json"], ["apply", "--yes"], ["apply", "--yes", "--json"], ["apply", "--dry-run"]])
def test_a_file_that_cannot_be_fitted_has_an_error_and_no_plan(vpsfit, machine, command, text, words):
    """The figures would be those of another stack."""
    root = machine("vm-8g")
    (root / "srv/stack").mkdir(parents=True)
    if text:
        (root / "srv/stack/compose.yaml").write_text(text)
    done = vpsfit(*command, "--sysroot", root, "--compose", "/srv/stack/compose.yaml")
    assert (done.returncode, done.stdout) == (2, "") and words in done.stderr and "error: " in done.stderr


@pytest.mark.parametrize("args, code, which", [
    (["--sysroot", "vm-1g", "--swap", "none"], 3, "/opt/ai-gateway: the apply ended with exit code 3: it does not fit"),
    (["--sysroot", "vm-1g", "--swap", "none", "--dir", "/srv/my ai"], 3, "/srv/my ai: the apply ended with exit code 3: it does not fit"),
    (["--sysroot", "vm-4g", "--compose", "/srv/none.yaml"], 1, "/srv/none.yaml: the apply ended with exit code"),
    (["--port", "99999"], 2, "the apply ended with exit code 2: the command line or a file given to it is wrong"),
    (["--answers", "/nowhere.yaml"], 2, "the apply ended with exit code 2: the command line or a file given to it is wrong")])
@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_the_last_line_of_an_unattended_apply(vpsfit, machine, args, code, which, quiet):
    """It stands in a log among others: which stack, and how it ended. Who sits before it sees that without it."""
    args = [machine(arg) if arg.startswith("vm-") else arg for arg in args]
    done = vpsfit("apply", "--yes", *quiet, *args)
    assert done.returncode in {code, 2 if code == 1 else code}
    assert done.stderr.splitlines()[-1].startswith(f"vpsfit: {which}"), done.stderr
    for other in (["apply"], ["plan"], ["apply", "--dry-run"]):
        assert "ended with exit code" not in vpsfit(*other, *args).stderr


def test_an_apply_that_went_well_has_no_such_line(vpsfit, machine):
    assert "exit code" not in vpsfit("apply", "--yes", "--swap", "none", "--sysroot", machine("vm-4g")).stderr
