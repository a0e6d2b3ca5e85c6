# SPDX-License-Identifier: MIT
"""A worker count that stays sizes the limit, and a limit that stays bounds the count: in files of others and in vpsfit's own stack."""

import json
import re

import pytest
import yaml

from conftest import run

FILE = "/srv/stack/compose.yaml"
SIZE = ["--ram", "8G", "--cpus", "4", "--swap", "none", "--cost-model", "seed-2025-11"]
IMAGE = "    image: ghcr.io/berriai/litellm:v1.89.0\n"
# What the founding model says: limits of 1 and 2 workers at least 1536, then 376 + 580 a worker.
LIMIT = {1: 1536, 2: 1536, 3: 2116, 4: 2696, 6: 3856, 12: 7336}


def lay_out(machine, text):
    root = machine("vm-4g")
    (root / "srv/stack").mkdir(parents=True)
    (root / "srv/stack/compose.yaml").write_text(text)
    return root, root / "srv/stack/compose.yaml", ["--sysroot", root, "--compose", FILE, *SIZE]


def planned(args, *more):
    done = run("plan", "--json", *args, *more)
    plan = json.loads(done.stdout)
    return plan, [w["code"] for w in plan["warnings"]]


ANCHORED = f"services:\n  litellm:\n{IMAGE}    deploy: &d\n      resources:\n        limits:\n          memory: 2500M\n  worker:\n    image: busybox\n    deploy: *d\n"
EXTENDED = f"services:\n  base:\n    image: busybox\n    mem_limit: 2500m\n  litellm:\n{IMAGE}    extends: base\n    environment:\n      A: b\n"
NESTED = f"services:\n  litellm:\n{IMAGE}    mem_limit: ${{A:-${{B:-2500m}}}}\n"
ALIASED = f"x-m: &m 2500m\nservices:\n  litellm:\n{IMAGE}    mem_limit: *m\n"
MERGED = f"x-m: &m\n  mem_limit: 2500m\nservices:\n  litellm:\n{IMAGE}    <<: *m\n"


@pytest.mark.parametrize("text", [ANCHORED, EXTENDED, ALIASED, MERGED], ids=["anchored", "extended", "aliased", "merged"])
def test_a_limit_that_stays_bounds_the_count(machine, text):
    root, compose, args = lay_out(machine, text)
    plan, codes = planned(args)
    assert plan["workers"] == 3 and "workers-bounded" in codes and "limit-stays" not in codes
    done = run("apply", "--yes", *args)
    assert done.returncode == 0 and "its limit stays at 2500 MiB, which bounds the workers to 3; 6 need 3856 MiB" in done.stderr
    assert 'NUM_WORKERS: "3"' in compose.read_text()
    before = compose.read_bytes()
    assert run("apply", "--yes", *args).returncode == 0 and compose.read_bytes() == before


def test_a_limit_that_can_be_written_bounds_nothing(machine):
    root, compose, args = lay_out(machine, NESTED.replace("${A:-${B:-2500m}}", "2500m"))
    plan, codes = planned(args)
    assert plan["workers"] == 6 and "workers-bounded" not in codes


@pytest.mark.parametrize("limit, count, told", [("900m", 1, True), ("1536m", 2, False), ("4g", 6, False)])
def test_whatever_the_limit(machine, limit, count, told):
    root, compose, args = lay_out(machine, ALIASED.replace("2500m", limit))
    plan, codes = planned(args)
    assert plan["workers"] == count and ("limit-stays" in codes) == told


def test_a_count_that_was_asked_for_is_warned_about(machine):
    root, compose, args = lay_out(machine, ALIASED)
    plan, codes = planned(args, "--workers", "6")
    assert plan["workers"] == 6 and "limit-stays" in codes and "workers-bounded" not in codes
    done = run("plan", *args, "--workers", "6")
    assert "its limit stays at 2500 MiB; its workers (6) need 3856 MiB" in done.stderr


def test_a_kept_count_sizes_the_limit(machine):
    root, compose, args = lay_out(machine, f"services:\n  litellm:\n{IMAGE}    command: --num_workers 2\n")
    assert run("apply", "--yes", *args).returncode == 0
    compose.write_text(compose.read_text().replace("--num_workers 6", "--num_workers 12"))
    assert run("apply", "--yes", *args).returncode == 5
    done = run("apply", "--yes", "--force", "--keep-edits", *args)
    assert done.returncode == 0 and "the workers stay at 12, not 6" in done.stderr
    for _ in range(2):
        text = compose.read_text()
        assert "--num_workers 12" in text and f'"{LIMIT[12]}M"' in text
        plan, codes = planned(args, "--force")
        assert plan["workers"] == 12 and "workers-stay" in codes and plan["changes"] == []
        assert run("apply", "--yes", "--force", *args).returncode == 0 and compose.read_text() == text
    # The plan's own count again, with all that goes with it.
    assert run("apply", "--yes", "--overwrite-edits", *args).returncode == 0
    assert "--num_workers 6" in compose.read_text() and f'"{LIMIT[6]}M"' in compose.read_text()


def test_a_count_that_only_a_person_can_change_sizes_the_limit_if_it_is_larger(machine):
    text = f"x-env: &env\n  NUM_WORKERS: \"4\"\nservices:\n  litellm:\n{IMAGE}    environment:\n      <<: *env\n"
    root, compose, args = lay_out(machine, text)
    for asked, sized in ((1, 4), (6, 6)):
        plan, codes = planned(args, "--workers", asked, "--force")
        assert plan["workers"] == sized and plan["services"]["litellm"]["limit_mib"] == LIMIT[sized]
        assert ("workers-stay" in codes) == (sized != asked)
        assert f'NUM_WORKERS: "{asked}"' in plan["by_hand"][0]["lines"]


def test_a_script_that_says_more_sizes_the_limit(machine):
    text = f"services:\n  litellm:\n{IMAGE}    entrypoint: [/run.sh]\n    volumes: ['./run.sh:/run.sh']\n    environment: {{NUM_WORKERS: 1}}\n"
    root, compose, args = lay_out(machine, text)
    (compose.parent / "run.sh").write_text("#!/bin/sh\nexec litellm --num_workers 4\n")
    plan, codes = planned(args, "--workers", "1")
    assert plan["workers"] == 4 and "workers-stay" in codes and plan["services"]["litellm"]["limit_mib"] == LIMIT[4]
    assert 'NUM_WORKERS: "1"' in plan["by_hand"][0]["lines"]
    # As it was told to do.
    (compose.parent / "run.sh").write_text('#!/bin/sh\nexec litellm --num_workers "$NUM_WORKERS"\n')
    plan, codes = planned(args, "--workers", "1")
    assert plan["workers"] == 1 and plan["by_hand"] == [] and "workers-stay" not in codes


def test_a_kept_limit_of_vpsfits_own_stack(machine):
    root = machine("vm-4g")
    args = ["--sysroot", root, *SIZE]
    assert run("apply", "--yes", *args).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace('"3856M" # vpsfit: hard', '"2200M" # vpsfit: hard'))
    done = run("apply", "--yes", "--keep-edits", *args)
    assert done.returncode == 0, done.stderr
    command = yaml.safe_load(compose.read_text())["services"]["litellm"]["command"]
    assert command[command.index("--num_workers") + 1] == "3" and re.search(r'memory: "2200M"', compose.read_text())
    text = compose.read_text()
    assert run("apply", "--yes", *args).returncode == 0 and compose.read_text() == text
