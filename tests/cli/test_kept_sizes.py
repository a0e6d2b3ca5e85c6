# SPDX-License-Identifier: MIT
"""
The figures of the plan are those of the sizes that will stand in the files: a limit that stays is in its row, in the sums and in the
verdict, and it is said what it was planned as. What is written, asked about and remembered is what the plan wants.
"""

import json
import re

import pytest

from conftest import run
from test_what_stays import ALIASED, ANCHORED, EXTENDED, FILE, IMAGE, MERGED, SIZE, lay_out, planned

CONCAT = f"services:\n  litellm:\n{IMAGE}    mem_limit: ${{GB:-2}}g\n"
CHAT = "  chat:\n    image: ghcr.io/open-webui/open-webui:v0.12.4\n    environment: {RAG_EMBEDDING_ENGINE: openai}\n"


def peak_of(plan):
    rows = plan["services"].values()
    return plan["totals"]["engine_mib"] + plan["totals"]["system_mib"] + sum(
        (row["limit_mib"] or row["expected_mib"]) * row["copies"] for row in rows if row["planned"])


def text_of(args, *more):
    return run("plan", *args, *more).stdout


@pytest.mark.parametrize("text, limit", [(ANCHORED, 2500), (EXTENDED, 2500), (ALIASED, 2500), (MERGED, 2500), (CONCAT, 2048)],
                         ids=["anchored", "extended", "aliased", "merged", "concatenated"])
def test_a_limit_that_stays_is_in_the_row_and_the_sums(machine, text, limit):
    root, compose, args = lay_out(machine, text)
    plan, codes = planned(args)
    row = plan["services"]["litellm"]
    assert row["limit_mib"] == limit and row["planned_limit_mib"] < limit and "workers-bounded" in codes
    assert plan["totals"]["peak_mib"] == peak_of(plan)
    assert row["reservation_mib"] is None or row["reservation_mib"] <= limit
    shown = text_of(args)
    assert re.search(rf"^litellm +\d+ +[\d-]+ +{limit} +[\d-]+   kept, not {row['planned_limit_mib']}$", shown, re.M)
    assert re.search(rf"^total +\d+ +{plan['totals']['peak_mib']}$", shown, re.M)
    # By hand: what makes room for the workers there could be.
    lines = " ".join(m["lines"] for m in plan["by_hand"] if m["value"] == "litellm limit")
    assert '"3856M"' in lines and "3856 MiB" in run("plan", *args).stderr


@pytest.mark.parametrize("kept, short", [("1800M", True), ("3400M", False), ("6000M", False)])
def test_a_kept_edit_is_in_the_row_and_the_sums(machine, kept, short):
    root = machine("vm-4g")
    args = ["--sysroot", root, *SIZE, "--workers", "6"]
    assert run("apply", "--yes", *args).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace('"3856M" # vpsfit: hard', f'"{kept}" # vpsfit: hard'))
    before, _ = planned(args, "--overwrite-edits")
    plan, codes = planned(args, "--keep-edits")
    limit = int(kept[:-1])
    assert (plan["services"]["litellm"]["limit_mib"], plan["services"]["litellm"]["planned_limit_mib"]) == (limit, 3856)
    # No peak is below what is expected when idle.
    assert plan["totals"]["peak_mib"] - before["totals"]["peak_mib"] == max(limit, 3080) - 3856
    assert ("limit-kept" in codes) == short
    assert plan["verdict"]["idle"] == ("tight" if short else "comfortable")
    if short:
        said = next(w["text"] for w in plan["warnings"] if w["code"] == "limit-kept")
        assert said == "litellm is kept at 1800 MiB; 6 workers are expected to need 3080"
    # The person's value stays one: it is remembered as kept, and --overwrite-edits takes it back.
    assert run("apply", "--yes", "--keep-edits", *args).returncode == 0
    for _ in range(2):
        assert run("apply", "--yes", *args).returncode == 0 and f'"{kept}"' in compose.read_text()
        assert planned(args)[0]["services"]["litellm"]["limit_mib"] == limit
    assert run("apply", "--yes", "--overwrite-edits", *args).returncode == 0 and '"3856M"' in compose.read_text()


def test_a_limit_of_another_part_is_in_the_sums_too(machine):
    plan, codes = planned(lay_out(machine, f"x-m: &m 700m\nservices:\n  litellm:\n{IMAGE}{CHAT}    mem_limit: *m\n  other:\n    image: busybox\n    mem_limit: *m\n")[2])
    assert plan["services"]["open-webui"]["limit_mib"] == 700 and plan["totals"]["peak_mib"] == peak_of(plan)


def test_a_limit_that_was_taken_out_and_is_kept_so_leaves_the_peak_open(machine):
    root = machine("vm-4g")
    args = ["--sysroot", root, *SIZE]
    assert run("apply", "--yes", *args).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    text = compose.read_text()
    head, service = text.split("\n  open-webui:\n", 1)
    service = re.sub(r"    deploy:\n(      .*\n)+", "", service, count=1)
    service = re.sub(r"    memswap_limit: .*\n", "", service, count=1)
    compose.write_text(f"{head}\n  open-webui:\n{service}")
    plan, _ = planned(args, "--keep-edits")
    row = plan["services"]["open-webui"]
    assert row["limit_mib"] is None and row["expected_mib"] > 0
    assert plan["totals"]["peak_mib"] + plan["totals"]["optional_peak_mib"] == peak_of(plan) and plan["verdict"]["peak"] != "comfortable"


def test_the_swap_that_is_made_is_for_what_will_stand(machine):
    """A limit that is kept higher may need more swap at the peak."""
    root = machine("vm-4g")
    args = ["--sysroot", root, "--cost-model", "seed-2025-11"]
    assert run("apply", "--yes", *args).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace('"1536M" # vpsfit: hard', '"3000M" # vpsfit: hard'))
    less, more = planned(args, "--overwrite-edits")[0], planned(args, "--keep-edits")[0]
    assert more["totals"]["peak_mib"] - less["totals"]["peak_mib"] == 3000 - 1536
    assert more["swap"]["total_mib"] > less["swap"]["total_mib"]


def test_sizes_are_bounded_by_a_limit_that_stays(machine):
    root, compose, _ = lay_out(machine, ALIASED)
    for row in json.loads(run("sizes", "--json", "--sysroot", root, "--compose", FILE, "--cost-model", "seed-2025-11").stdout)["sizes"]:
        assert row["workers"] <= 3
