# SPDX-License-Identifier: MIT
"""Profiles and cost models as data: errors are reported with file, line, column and the key that was probably meant."""

import json
import re

import pytest

from conftest import ROOT, run

PROFILE = """kind: profile
name: MINE
title: mine
role: server
workers: 3
target_ram_mib: 4G
min_disk_mib: 1024
"""

MODEL = """kind: cost-model
name: mine
date: 2026-01-01
source: me
measured_on: my machine
engine_mib: 100
pool_per_worker: 4
reserve_connections: 10
system_mib: {lightweight: 100, typical: 200, desktop: 300}
services:
  litellm: {expected: {base_mib: 100, per_worker_mib: 200}, reservation: 300, limit: 4000}
  open-webui: {expected: 500, reservation: 500, limit: 700}
  postgres: {expected: 50, reservation: 50, limit: 200}
  nginx: {expected: 6, reservation: 10, limit: 50}
"""


def own(root, text, name="mine.yaml"):
    folder = root / "etc" / "vpsfit"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


CASES = [
    (PROFILE.replace("workers", "wrokers"), [":5:1: error", "did you mean 'workers'?", "wrokers: 3\n^"]),
    (PROFILE.replace("workers: 3", "workers: many"), [":5:10: error", "workers"]),
    (PROFILE.replace("workers: 3", "workers: 0"), [":5:10: error"]),
    (PROFILE.replace("workers: 3", "workers: 65"), [":5:10: error"]),
    (PROFILE.replace("workers: 3", "workers: 99999999999999999999"), [":5:10: error"]),
    (PROFILE.replace("workers: 3", "workers: [3]"), [":5:10: error"]),
    (PROFILE.replace("4G", "4 parsecs"), [":6:17: error"]),
    (PROFILE.replace("role: server", "role: sever"), [":4:7: error", "did you mean 'server'?"]),
    (PROFILE.replace("kind: profile", "kind: profil"), [":1:7: error", "kind: profile, kind: cost-model, kind: service or kind: images"]),
    (PROFILE.replace("kind: profile\n", ""), ["kind"]),
    (PROFILE.replace("name: MINE\n", ""), ["name"]),
    (PROFILE + "workers: 4\n", [":8:1: error", "twice"]),
    (PROFILE + "---\n" + PROFILE, [":8:1: error", "document"]),
    (PROFILE.replace("title: mine", "title: &a mine").replace("MINE", "*a"), ["error"]),
    (MODEL.replace("limit: 700", "limit: 700, start_peak: 701"),
     ["open-webui", "the limit is 700 MiB, under the start-up peak of 701", "killed while it starts"]),
    (MODEL.replace("limit: 4000", "limit: 4000, start_peak: {base_mib: 100, per_worker_mib: 62}"), ["at 63 workers"]),
    ("- a\n", [":1: error", "no mapping"]),
    ("", ["error"]),
    (b"\x7fELF\x00\x01", [":1:1: error"]),
    ("#" * (1 << 20) + "\n#", ["1 MiB"]),
    (MODEL.replace("  nginx: {expected: 6", "  ngnix: {expcted: 6"), [":14:11: error", "did you mean 'expected'?"]),
    (MODEL.replace("  nginx: {", "  [nginx]: {"), [":14:3: error", "a name of letters"]),
    (MODEL.replace("kind: cost-model", "kind: service"), ["error"]),
    (MODEL.replace("reservation: 10, limit: 50", "reservation: 60, limit: 50"), ["reservation"]),
    (MODEL.replace("reservation: 10, limit: 50", "reservation: 5, limit: 5"), [":14:10: error", "at least 6"]),
    (MODEL.replace("typical: 200", "typcal: 200"), [":9:", "did you mean 'typical'?"]),
    (MODEL.replace("per_worker_mib: 200", "per_worker_mib: -200"), ["error"]),
]


@pytest.mark.parametrize("text, words", CASES, ids=range(len(CASES)))
def test_refused(text, words, machine):
    done = run("plan", "--sysroot", own(machine("vm-4g"), text))
    assert done.returncode == 2 and done.stdout == ""
    for word in ["/etc/vpsfit/mine.yaml", *words]:
        assert word in done.stderr, done.stderr


def plan_of(root, *args):
    done = run("plan", "--json", "--sysroot", root, *args)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    return plan, {w["code"]: w["text"] for w in plan["warnings"]}


@pytest.mark.parametrize("gone, costs", [
    (["nginx"], {"nginx": (6, 50, 100)}),
    (["nginx", "postgres"], {"nginx": (6, 50, 100), "postgres": (48, 100, 200)}),
    (["litellm"], {"litellm": (1240, 1228, 1536)}),
])
def test_a_service_that_a_model_lacks(gone, costs, machine):
    """The service's own figures are used, with a warning: an upgrade that adds a service must not break a machine."""
    text = "".join(line for line in MODEL.splitlines(True) if not line.strip().startswith(tuple(f"{g}:" for g in gone)))
    plan, said = plan_of(own(machine("vm-4g"), text), "--cost-model", "mine", "--profile", "MEDIUM_VPS")
    for name, (expected, reservation, limit) in costs.items():
        service = plan["services"][name]
        assert (service["expected_mib"], service["reservation_mib"], service["limit_mib"]) == (expected, reservation, limit)
        assert name in said["service-unmeasured"]
    assert plan["services"]["open-webui"]["limit_mib"] == 700 and "open-webui" not in said["service-unmeasured"]
    assert "service-unknown" not in said


def test_a_service_that_nobody_knows(machine):
    plan, said = plan_of(own(machine("vm-4g"), MODEL + "  searxng: {expected: 300, reservation: 300, limit: 400}\n"),
                         "--cost-model", "mine", "--workers", "1")
    assert "searxng" in said["service-unknown"] and "searxng" not in plan["services"]
    assert "service-unmeasured" not in said
    # A misspelt name gives both warnings.
    plan, said = plan_of(own(machine("vm-4g"), MODEL.replace("nginx", "ngnix")), "--cost-model", "mine")
    assert "ngnix" in said["service-unknown"] and "nginx" in said["service-unmeasured"]


@pytest.mark.parametrize("model", ["cost-model", "cost-model-points-2025-11", "cost-model-measured-2026-11"])
def test_a_copy_of_a_shipped_model_of_0_1_0(model, machine):
    """An administrator's copy of a model of 0.1.0, which has only four services."""
    text = (ROOT / "tests/cli/0.1.0" / f"{model}.yaml").read_text()
    name = re.search(r"^name: (.*)$", text, re.M).group(1)
    root = own(machine("vm-4g"), text.replace(f"name: {name}", "name: of-ours"))
    plan, said = plan_of(root, "--cost-model", "of-ours", "--workers", "1")
    assert "service-unmeasured" not in said and plan["cost_model"] == "of-ours"
    assert plan["totals"] == plan_of(machine("vm-4g"), "--cost-model", name, "--workers", "1")[0]["totals"]


def test_own_model_is_chosen_by_name(machine):
    root = own(machine("vm-4g"), MODEL)
    plan = json.loads(run("plan", "--json", "--cost-model", "mine", "--sysroot", root).stdout)
    assert plan["cost_model"] == "mine"
    assert plan["services"]["litellm"]["expected_mib"] == 500
    assert plan["totals"]["total_mib"] == 500 + 500 + 50 + 6 + 100 + max(200, plan["machine"]["ram"]["in_use_mib"])


def starts(root, *args):
    """The plan's warnings about limits and start peaks, by code."""
    plan = json.loads(run("plan", "--json", "--sysroot", root, *args).stdout)
    return {w["code"]: (w["severity"], w["text"]) for w in plan["warnings"] if w["code"].endswith("-start")}


def test_a_measured_start_up_peak_is_said_beside_the_limit(machine):
    known = MODEL.replace("limit: 4000", "limit: 4000, start_peak: 700")
    for peak in (666, 600):
        root = own(machine("vm-4g"), known.replace("limit: 700", f"limit: 700, start_peak: {peak}"))
        assert starts(root, "--cost-model", "mine") == {"limits-hold-start": (
            "info", f"the limits hold the measured peak of starting, MiB: litellm 700 of 4000, open-webui {peak} of 700")}


def test_a_limit_with_little_room_above_the_peak_is_told_of(machine):
    """Less than 5 %: 667 x 1.05 is 700.35."""
    known = MODEL.replace("limit: 4000", "limit: 4000, start_peak: 700")
    for peak in (667, 700):
        root = own(machine("vm-4g"), known.replace("limit: 700", f"limit: 700, start_peak: {peak}"))
        (code, (severity, text)), = starts(root, "--cost-model", "mine").items()
        assert (code, severity) == ("limit-near-start", "info")
        assert text.startswith(f"open-webui used {peak} of its 700 MiB while starting, when it was measured; --cost-model ")


def test_a_model_that_knows_no_peak_is_held_against_those_that_do(machine):
    """The limit of 700 MiB is compared with the start peaks measured for other models."""
    root = own(machine("vm-4g"), MODEL.replace("limit: 4000", "limit: {base_mib: 300, per_worker_mib: 10}"))
    (code, (severity, text)), = starts(root, "--cost-model", "mine", "--workers", "2").items()
    assert (code, severity) == ("limit-below-start", "warning")
    for service, limit in (("litellm", 500), ("open-webui", 700)):
        assert re.search(rf"{service} needed \d+ MiB to start, when it was measured, and its limit is {limit}; --cost-model measured-2026-11 "
                         r"gives it \d+", text), text


@pytest.mark.parametrize("model", ["seed-2025-11", "points-2025-11"])
def test_the_seeds_limits_are_held_against_what_was_measured_since(machine, model):
    root = machine("vm-4g")
    measured = json.loads(run("plan", "--json", "--sysroot", root, "--cost-model", "measured-2026-11").stdout)
    limit = measured["services"]["open-webui"]["limit_mib"]
    assert starts(root, "--cost-model", model) == {"limit-near-start": (
        "info", f"open-webui used 787 of its 800 MiB while starting, when it was measured; --cost-model measured-2026-11 gives it {limit}")}
    assert list(starts(root, "--cost-model", "measured-2026-11")) == ["limits-hold-start"]


def test_nothing_is_said_where_no_other_model_would_help(machine):
    root = own(machine("vm-4g"), MODEL.replace("limit: 700", "limit: 3000, start_peak: 2990"))
    assert starts(root, "--cost-model", "mine")["limit-near-start"][1] == "open-webui used 2990 of its 3000 MiB while starting, when it was measured"


def test_own_file_overrides_the_shipped_one(machine):
    root = own(machine("vm-4g"), PROFILE.replace("MINE", "MEDIUM_VPS"))
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    assert (plan["profile"], plan["workers"]) == ("MEDIUM_VPS", 3)


def test_a_folder_or_other_files_are_no_profiles(machine):
    root = own(machine("vm-4g"), "what: ever\n", "README.txt")
    (root / "etc/vpsfit/dir.yaml").mkdir()
    done = run("plan", "--sysroot", root)
    assert done.returncode in (0, 2)
    if done.returncode == 2:
        assert "dir.yaml" in done.stderr
