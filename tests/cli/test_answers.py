# SPDX-License-Identifier: MIT
"""Every answer has an origin, and remembered answers can be dropped."""

import json
import os
import subprocess

import pytest

from conftest import ROOT, VPSFIT, environment, run

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
    apply(root, *at, "--swap", "none", "--service", "litellm=a,postgres=p")
    assert answers(root, *at)["service"]["value"] == "litellm=a,postgres=p"
    now = answers(root, *at, "--service", "postgres=q")["service"]
    assert (now["value"], now["origin"]) == ("litellm=a,postgres=q", "flag")
    assert answers(root, *at)["service"]["since"] == answers(root, *at)["swap"]["since"]
    assert run("plan", "--sysroot", root, *at, "--service", "auto").returncode == 2


def test_an_optional_service_is_no_part_of_somebody_elses_stack(machine):
    """Nothing would come of it, and nothing is said of what nothing comes of."""
    root = machine("vm-8g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text(
        "services:\n  a: {image: 'ghcr.io/berriai/litellm:v1', command: ['--run_gunicorn']}\n  r: {image: redis:7}\n")
    done = run("plan", "--sysroot", root, "--compose", "/srv/compose.yaml", "--service", "redis=r")
    assert done.returncode == 2 and "there is no part 'redis'" in done.stderr
    assert done.stderr.rstrip().endswith("there are: litellm, open-webui, postgres, nginx")


PROFILE = "kind: profile\nname: MINE\ntitle: mine\nrole: server\nworkers: 1\ntarget_ram_mib: 4G\nmin_disk_mib: 1024\n"


@pytest.mark.parametrize("name, text", [
    ("profile", PROFILE),
    ("cost-model", (ROOT / "profiles/cost-model.yaml").read_text().replace("name: seed-2025-11", "name: MINE")),
], ids=["profile", "cost-model"])
def test_what_is_remembered_and_gone_is_told_with_the_way_out(machine, name, text):
    """The file of a profile or a model was deleted: whoever never typed its name in this run is told where it comes from."""
    root = machine("vm-8g")
    file = root / "etc/vpsfit/mine.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert run("apply", "--yes", "--sysroot", root, "--swap", "none", f"--{name}", "MINE").returncode == 0
    file.unlink()
    for command in (["plan"], ["status"], ["apply", "--yes"]):
        done = run(*command, "--sysroot", root)
        assert done.returncode == 2 and "'MINE'" in done.stderr and f"--{name} auto' forgets it" in done.stderr
    # Asked for in this run it is a slip, and forgetting is no help.
    assert "forgets" not in run("plan", "--sysroot", root, f"--{name}", "MINF").stderr
    assert run("apply", "--yes", "--sysroot", root, f"--{name}", "auto").returncode == 0
    assert run("plan", "--sysroot", root).returncode == 0


def test_a_key_is_not_known_up_to_a_nul(machine, tmp_path):
    file = tmp_path / "answers.yaml"
    for key in ("workers", "openai-api-key"):
        file.write_text(f'"{key}\\0": 2\n')
        done = run("plan", "--sysroot", machine("vm-8g") if key == "workers" else tmp_path / "vm-8g", "--answers", file)
        assert done.returncode == 2 and "answers.yaml:1:1: error" in done.stderr


def test_nobody_is_asked_which_service_is_an_optional_one(machine):
    """Two services run an image of Redis: they are none of vpsfit's."""
    root = machine("vm-8g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text(
        "services:\n  a: {image: 'ghcr.io/berriai/litellm:v1', command: ['--run_gunicorn']}\n"
        "  r: {image: redis:7}\n  s: {image: valkey/redis:8}\n")
    ours, theirs = os.openpty()
    os.write(ours, b"n\nn\nn\nn\n")
    done = subprocess.run([VPSFIT, "apply", "--sysroot", root, "--swap", "none", "--compose", "/srv/compose.yaml"], stdin=theirs, stdout=theirs,
                          stderr=theirs, timeout=60, env=environment(TERM="dumb"), check=False)
    os.close(theirs)
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:
        pass
    os.close(ours)
    assert b"is the service" not in said and b"Write this?" in said and done.returncode == 1, said


@pytest.mark.parametrize("word, on", [("True", True), ("TRUE", True), ("Yes", True), ("ON", True), ("true", True), ("False", False), ("NO", False), ("Off", False)])
def test_a_switch_takes_every_spelling_of_yaml(machine, tmp_path, word, on):
    root, path = machine("vm-4g"), tmp_path / "answers.yaml"
    path.write_text(f"yes: {word}\n")
    done = run("apply", "--answers", path, "--sysroot", root)
    assert (done.returncode, (root / "opt/ai-gateway/.env").exists()) == ((0, True) if on else (4, False)), done.stderr
