# SPDX-License-Identifier: MIT
"""What the plan says of other sizes, profiles and ways to make it fit is true with all that runs here."""

import json
import re

import pytest
import yaml

from conftest import run
from test_whole_machine import GATEWAY, KB_8G, LIMITED, plan, runs  # noqa: F401 (a fixture)

SEED = ["--cost-model", "seed-2025-11"]


def others(mib, total_kb=KB_8G):
    def busy(tree):
        tree.meminfo(mib + 600, total_kb=total_kb)
        runs(tree, "c", "ollama", mib, "/srv/elsewhere")
    return busy


def number(text, words):
    return float(re.search(rf"{words} (\d+\.\d) GB", text).group(1))


@pytest.mark.parametrize("mib", [0, 900, 3500])
def test_the_next_size_holds_what_is_beside(plan, mib):
    document = plan({"llm": GATEWAY}, *SEED, name="vm-4g", prepare=others(mib, 4021024) if mib else None)
    following = document["next"]
    there = plan({"llm": GATEWAY}, *SEED, "--ram", "8G", "--workers", str(following["workers"]), name="vm-4g",
                 prepare=others(mib, 4021024) if mib else None)
    assert abs(number(following["text"], "about") - there["totals"]["idle_mib"] / 1000) < 0.15
    assert there["totals"]["idle_mib"] <= 7952 and f"with {following['workers']} worker" in following["text"]


def test_a_next_size_that_does_not_hold_it_either(plan):
    document = plan({"llm": GATEWAY, "big": {"image": "a/b", "mem_limit": "30g"}}, *SEED, name="vm-4g", code=3)
    assert "8 GB of RAM (LARGE_VPS) would not hold it either" in document["next"]["text"]
    assert "a lightweight distribution" not in document["remedy"] and "fewer workers" not in document["remedy"]


def test_a_next_size_with_a_limit_that_stays(machine):
    root = machine("vm-4g")
    (root / "srv/stack").mkdir(parents=True)
    (root / "srv/stack/compose.yaml").write_text("x-m: &m 1536m\nservices:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.89.0\n    mem_limit: *m\n")
    document = json.loads(run("plan", "--json", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", *SEED).stdout)
    assert (document["workers"], document["next"]["workers"]) == (2, 2) and "with 2 workers" in document["next"]["text"]


def test_what_was_not_taken_is_counted_alike(plan):
    alone = plan({"llm": GATEWAY}, *SEED)
    document = plan({"llm": GATEWAY, "thing": LIMITED}, *SEED, prepare=others(900))
    for before, row in zip(alone["rejected"], document["rejected"]):
        assert row["idle_mib"] - row["total_mib"] == 1200 and before["idle_mib"] == before["total_mib"]


def text_of(root, *args):
    return run("plan", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", "--swap", "none", *args).stdout


def test_the_table_adds_up_to_the_gauge(machine):
    root = machine("vm-8g")
    (root / "srv/stack").mkdir(parents=True)
    (root / "srv/stack/compose.yaml").write_text(yaml.safe_dump({"services": {"llm": GATEWAY, "thing": LIMITED, "mystery": {"image": "a/b"}}}))
    text = text_of(root)
    idle, peak = re.search(r"^all together +(\d+) +(\d+)$", text, re.M).groups()
    assert re.search(rf"^idle .* {idle} of 7952", text, re.M) and re.search(rf"^peak .* {peak} of 7952", text, re.M)
    table = text.split("\nMiB ")[1].split("\nall together")[0]
    rows = [line[18:28].strip() for line in table.splitlines()[1:] if not line.startswith("total")]
    assert sum(int(row) for row in rows if row not in ("?", "")) == int(idle)
    assert re.search(r"^set aside +\d+ +\d+   as \d+ workers more \(model\)$", text, re.M)
    assert "Rejected" in text and "(all together " in text and "(total " not in text


@pytest.mark.parametrize("ram, fits", [("8G", True), ("2G", False)])
def test_until_it_fits_is_only_said_where_it_does(machine, ram, fits):
    root = machine("vm-8g")
    (root / "srv/stack").mkdir(parents=True)
    services = {"llm": GATEWAY, "big": {"image": "a/b", "mem_limit": "5g"}}
    (root / "srv/stack/compose.yaml").write_text(yaml.safe_dump({"services": services}))
    args = [*SEED, "--profile", "LARGE_VPS", "--cpus", "4", "--force"]
    text = " ".join(text_of(root, *args, "--ram", ram).split())
    assert ("until it fits" in text) == fits and ("one does not fit into RAM either" in text) != fits


@pytest.mark.parametrize("args", [[], ["--limits", "off"], SEED])
def test_the_note_on_run_gunicorn_is_true(machine, args):
    root = machine("vm-8g")
    (root / "srv/stack").mkdir(parents=True)
    (root / "srv/stack/compose.yaml").write_text("services:\n  llm:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: --num_workers 2\n")
    done = run("plan", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", "--workers", "2", *args)
    assert "without --run_gunicorn" in done.stderr and "than its limit" not in done.stderr


def test_what_lies_in_swap_is_said(plan):
    """The system's figure counts it, which `detect` shows apart."""
    def swapped(tree):
        tree.meminfo(3000, "SwapTotal: 2097148 kB\nSwapFree: 1048572 kB\n", total_kb=KB_8G)
        tree.put("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/swapfile file 2097148 1048576 -2\n")
    document = plan({"llm": GATEWAY}, *SEED, prepare=swapped)
    assert document["totals"]["system_mib"] > 3000
