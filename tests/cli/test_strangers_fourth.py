# SPDX-License-Identifier: MIT
"""
Somebody else's stack at the second look: a run after an apply plans the same, no peak is below what is used idle, and lines to write by hand
are of one plan.
"""

import json

import pytest
import yaml

from conftest import run
from test_whole_machine import DIR, Tree, codes, plan  # noqa: F401

LITELLM = {"image": "ghcr.io/berriai/litellm:v1.80.0", "environment": {"DATABASE_URL": "postgresql://u:p@db/l"}}
DB = {"image": "postgres:16"}


class Stack:
    """Somebody's compose file on a machine's tree, and runs on it, one after another."""

    def __init__(self, root, services, text=None):
        self.tree = Tree(root)
        self.there = ["--sysroot", root, "--compose", f"{DIR}/compose.yaml"]
        self.path = root / DIR.lstrip("/") / "compose.yaml"
        self.tree.put(f"{DIR}/compose.yaml", text or yaml.safe_dump({"services": services}, sort_keys=False))

    def plan(self, *answers, code=None):
        done = run("plan", "--json", *self.there, *answers)
        assert done.returncode == (code if code is not None else done.returncode), done.stderr
        return json.loads(done.stdout)

    def apply(self, *answers, code=0):
        done = run("apply", "--yes", *self.there, *answers)
        assert done.returncode == code, done.stdout + done.stderr
        return yaml.safe_load(self.path.read_text())["services"]


@pytest.fixture
def stack(machine):
    return lambda name, services=None, text=None: Stack(machine(name), services, text)


UNKNOWN = [{"image": "ghcr.io/open-webui/open-webui:cuda"}, {"image": "ghcr.io/open-webui/open-webui:ollama"},
           {"image": "ghcr.io/open-webui/open-webui:main", "environment": {"WHISPER_MODEL": "large-v3"}}]


@pytest.mark.parametrize("chat", UNKNOWN)
@pytest.mark.parametrize("name", ["vm-2g", "vm-4g"])
def test_a_limit_of_what_nobody_knows_stays_below_the_usual_one_too(stack, chat, name):
    """What vpsfit would have written there is no declaration of a person's at the next run."""
    one = stack(name, {"litellm": LITELLM, "db": DB, "ui": {**chat, "mem_limit": "1500M"}})
    before = one.plan(code=0)
    row = before["services"]["open-webui"]
    assert (row["expected_mib"], row["limit_mib"], row["source"]) == (1500, 1500, "limit")
    assert one.apply()["ui"]["mem_limit"] == "1500M"
    after = one.plan(code=0)
    assert (after["totals"], after["verdict"], after["changes"]) == (before["totals"], before["verdict"], [])


def test_a_limit_below_the_usual_use_stays_and_the_use_counts(plan):  # noqa: F811
    document = plan({"litellm": LITELLM, "db": DB, "ui": {**UNKNOWN[0], "mem_limit": "900M"}})
    row = document["services"]["open-webui"]
    assert row["limit_mib"] == 900 and row["expected_mib"] > 1000 and row["source"] == "cost-model"
    assert "limit-below-start" in codes(document) and document["totals"]["peak_mib"] >= document["totals"]["idle_mib"]
