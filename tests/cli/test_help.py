# SPDX-License-Identifier: MIT
"""What people type when they look for help, and a value that was forgotten."""

import os
import pathlib

import pytest

from conftest import MACHINES, run


@pytest.mark.parametrize("asked, same", [(["help"], ["--help"]), (["help", "plan"], ["plan", "--help"]), (["version"], ["--version"]),
                                         (["help", "apply"], ["apply", "--help"])])
def test_words_for_flags(asked, same):
    done, other = run(*asked), run(*same)
    assert done.returncode == other.returncode == 0 and done.stdout == other.stdout != ""


def test_help_of_what_is_no_command():
    done = run("help", "plam")
    assert done.returncode == 2 and "unknown command 'plam'" in done.stderr and "did you mean 'vpsfit plan'?" in done.stderr


@pytest.mark.parametrize("flag", ["--profile", "--workers", "--dir", "--swap"])
def test_a_forgotten_value_is_named(flag):
    done = run("plan", flag, "--sysroot", MACHINES / "vm-4g")
    assert done.returncode == 2 and f"{flag} needs a value, and '--sysroot' follows it" in done.stderr


def test_a_value_that_looks_like_a_flag_and_is_none(tmp_path):
    """Only the names of flags are taken for flags."""
    done = run("plan", "--swap-file", "--x", "--sysroot", MACHINES / "vm-4g")
    assert done.returncode == 2 and "follows it" not in done.stderr


def test_no_sentence_of_the_manual_is_empty():
    text = (pathlib.Path(os.environ["VPSFIT_MANUAL"]) / "vpsfit.8").read_text()
    assert "\nFor .\n" not in text and "NEWT_COLORS" in text and "LANGUAGE" in text
