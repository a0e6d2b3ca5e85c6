# SPDX-License-Identifier: MIT
"""The life of a stack, fourth part: what a person edits, and what comes back of it. As in test_life.py."""

import os
import re
import shutil

import pytest
import yaml

from conftest import run
from life import DIR, STATE
from test_life import running


@pytest.fixture
def gateway(life):
    """A stack on a VPS of 4 GB."""
    life.on("vm-4g").apply()
    return life


# Taken back, with edits.

def test_a_rollback_that_keeps_all_uses_up_nothing(gateway):
    """Only compose.yaml was written, and a line in it is somebody's: the answer that was given stays remembered."""
    gateway.apply("--workers", "3")
    gateway.edit("services:\n", "# mine\nservices:\n")
    before = gateway.files()
    gateway.do("rollback --yes", code=5, says=["--keep-edits leaves this file as it is", "keeps a copy"])
    gateway.do("rollback --yes --keep-edits", code=5, says=["nothing to go back to", "compose.yaml", "edited by hand"], never="Done")
    gateway.do("rollback --dry-run --keep-edits", code=5, says="nothing to go back to")
    assert gateway.files() == before
    gateway.do("plan --exit-code", says="Remembered workers 3")


def test_a_rollback_keeps_a_copy_of_what_it_overwrites(gateway):
    gateway.apply("--workers", "3")
    gateway.edit("services:\n", "# mine\nservices:\n")
    edited = gateway.read()
    gateway.do("rollback --yes --overwrite-edits", says=f"keep /{STATE}/{gateway.stores()[0].name}/kept/")
    assert "# mine" not in gateway.read()
    copies = list(gateway.stores()[0].glob("kept/*/compose.yaml"))
    assert [p.read_text() for p in copies] == [edited] and copies[0].stat().st_mode & 0o777 == 0o600
    # Also where the whole stack goes.
    gateway.edit("services:\n", "# more\nservices:\n")
    gateway.write(".env", gateway.read(".env") + "MINE=1\n")
    gateway.do("rollback --yes --overwrite-edits --json")
    kept = yaml.safe_load(gateway.out)["edits_kept"]
    assert not gateway.at().exists() and "# more" in gateway.read("compose.yaml", kept) and "MINE=1" in gateway.read(".env", kept)
