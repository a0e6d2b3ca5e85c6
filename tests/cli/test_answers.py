# SPDX-License-Identifier: MIT
"""Every answer has an origin, and remembered answers can be dropped."""

import json

import pytest

from conftest import run

# Remembered answers: flag, value, and value in the JSON document.
REMEMBERED = [
    ("profile", "MEDIUM_VPS", "MEDIUM_VPS"),
    ("workers", "1", "1"),
    ("swap", "2G", "2048M"),
    ("swap", "none", "none"),
    ("swap-file", "/srv/swap", "/srv/swap"),
    ("swappiness", "10", "10"),
    ("overhead", "700", "700M"),
    ("cost-model", "measured-2026-11", "measured-2026-11"),
]


def answers(root, *args):
    return json.loads(run("plan", "--json", "--sysroot", root, *args).stdout)["answers"]


def apply(root, *args):
    done = run("apply", "--yes", "--sysroot", root, *args)
    assert done.returncode == 0, done.stderr


def test_nothing_said_is_default(machine):
    root = machine("vm-4g")
    for name, answer in answers(root).items():
        assert answer == {"value": None, "origin": "default"}, name


@pytest.mark.parametrize("name,value,plain", REMEMBERED, ids=lambda v: str(v))
def test_a_flag_holds_until_auto_forgets_it(machine, name, value, plain):
    root = machine("vm-4g")
    assert answers(root, f"--{name}", value)[name] == {"value": plain, "origin": "flag"}
    apply(root, f"--{name}", value)
    was = answers(root)[name]
    assert (was["value"], was["origin"]) == (plain, "remembered") and was["since"].startswith("20")
    said = run("plan", "--sysroot", root).stdout
    assert f"{name} {plain}, since the apply of {was['since'][:10]};" in " ".join(said.split())
    assert f"--{name} auto" in " ".join(said.split())
    apply(root)
    assert answers(root)[name] == was, "a rerun keeps the day on which it was first said"
    apply(root, f"--{name}", "auto")
    assert answers(root)[name] == {"value": None, "origin": "default"}


def test_a_new_profile_ends_the_remembered_workers_and_nothing_else(machine):
    root = machine("vm-8g")
    apply(root, "--workers", "3", "--overhead", "700")
    now = answers(root, "--profile", "MEDIUM_VPS")
    assert now["workers"]["origin"] == "default" and now["overhead"]["origin"] == "remembered"
    assert answers(root)["workers"]["value"] == "3"


def test_flags_go_before_the_file_and_the_file_before_what_is_remembered(machine, tmp_path):
    root = machine("vm-8g")
    apply(root, "--workers", "3", "--overhead", "700", "--swap", "none")
    file = tmp_path / "answers.yaml"
    file.write_text("workers: 4\noverhead: 800\n")
    now = answers(root, "--answers", file, "--workers", "5")
    assert [now[n]["origin"] for n in ("workers", "overhead", "swap", "ram")] == ["flag", "file", "remembered", "default"]
    assert [now[n]["value"] for n in ("workers", "overhead", "swap")] == ["5", "800M", "none"]


def test_the_state_of_0_1_0_is_remembered(machine):
    """state/1 had one key per answer and no times: the time of that apply is used."""
    root = machine("vm-8g")
    apply(root, "--workers", "3", "--overhead", "700", "--swap", "2G", "--swappiness", "10", "--profile", "LARGE_VPS")
    path = next((root / "var/lib/vpsfit").glob("*/history/*/state.json"))
    state = json.loads(path.read_text())
    assert state["schema"] == "vpsfit.state/2" and set(state.pop("answers")) == {"workers", "overhead", "swap", "swappiness",
                                                                                "profile"}
    state["schema"] = "vpsfit.state/1"
    state["time"] = "2026-06-01T10:00:00Z"
    state["asked"] = {"profile": "LARGE_VPS", "workers": 3, "overhead_mib": 700, "swap": 2048, "swappiness": 10,
                      "swap_file": "/srv/swap", "cost_model": "seed-2025-11"}
    path.write_text(json.dumps(state))
    now = answers(root)
    assert {n: now[n]["value"] for n in ("profile", "workers", "overhead", "swap", "swappiness", "swap-file", "cost-model")} == {
        "profile": "LARGE_VPS", "workers": "3", "overhead": "700M", "swap": "2048M", "swappiness": "10",
        "swap-file": "/srv/swap", "cost-model": "seed-2025-11"}
    assert now["workers"]["since"] == "2026-06-01T10:00:00Z"
    state["asked"]["swap"] = "none"
    path.write_text(json.dumps(state))
    assert answers(root)["swap"]["value"] == "none"
    state["asked"]["swap"] = "UUID=0123-45"
    path.write_text(json.dumps(state))
    assert "0123-45" in run("plan", "--sysroot", root).stdout


def test_a_switch_is_not_taken_from_yesterday(machine):
    root = machine("vm-1g")
    apply(root, "--force")
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 3, "--force was said once, and holds once"


def test_an_own_part_is_remembered_by_itself(machine, tmp_path):
    root = machine("vm-8g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text(
        "services:\n"
        "  a: {image: 'ghcr.io/berriai/litellm:v1', command: ['--num_workers', '2', '--run_gunicorn']}\n"
        "  b: {image: 'ghcr.io/berriai/litellm:v1', command: ['--num_workers', '2', '--run_gunicorn']}\n"
        "  p: {image: postgres:16}\n  q: {image: postgres:16}\n")
    at = ("--compose", "/srv/compose.yaml")
    apply(root, *at, "--service", "litellm=a,postgres=p")
    assert answers(root, *at)["service"]["value"] == "litellm=a,postgres=p"
    now = answers(root, *at, "--service", "postgres=q")["service"]
    assert (now["value"], now["origin"]) == ("litellm=a,postgres=q", "flag")
    assert run("plan", "--sysroot", root, *at, "--service", "auto").returncode == 2
