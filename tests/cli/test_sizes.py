# SPDX-License-Identifier: MIT
"""`vpsfit sizes`: what the usual VPS sizes would get, for vpsfit's own stack and for somebody else's file, on any machine."""

import json
import os
import subprocess

import pytest

from conftest import MACHINES, ROOT, VPSFIT, environment, run

SIZES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32]
SEED = ["--cost-model", "seed-2025-11"]


def sizes(*args, code=0, **kwargs):
    done = run("sizes", "--json", *args, **kwargs)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def rows(*args, **kwargs):
    return {row["ram_mib"] // 1024: row for row in sizes(*args, **kwargs)["sizes"]}


def test_every_usual_size_is_there():
    document = sizes(*SEED)
    assert document["schema"] == "vpsfit.sizes/1" and document["cost_model"] == "seed-2025-11"
    assert [row["ram_mib"] for row in document["sizes"]] == [gb * 1024 for gb in SIZES]
    assert document["assumed"] == {"distro_class": "typical", "system_mib": 1200, "cores": "one for each 2 GB"}
    assert [row["cpus"] for row in document["sizes"]] == [1, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 16]


def test_the_rows_of_the_founding_figures():
    got = rows(*SEED)
    assert [(gb, got[gb]["profile"], got[gb]["people"], got[gb]["workers"], got[gb]["idle_mib"], got[gb]["verdict"]["idle"])
            for gb in (1, 2, 4, 8, 32)] == [
        (1, None, None, 0, 2836, "does-not-fit"), (2, "SMALL_VPS", "1-2", 1, 2836, "needs-swap"),
        (4, "MEDIUM_VPS", "3-5", 2, 3310, "tight"), (8, "LARGE_VPS", "10+", 6, 5150, "comfortable"),
        (32, "LARGE_VPS", "10+", 6, 5150, "comfortable")]
    assert [gb for gb in SIZES if got[gb]["smallest_comfortable"]] == [5]
    assert sizes(*SEED)["smallest_comfortable_mib"] == 5120


@pytest.mark.parametrize("args", [[], SEED, ["--cpus", "1"], ["--workers", "3"], ["--open-webui", "slim"], ["--redis", "no"],
                                  ["--swap", "none"], ["--overhead", "900"], ["--profile", "SMALL_VPS"]])
def test_a_row_is_the_plan_of_such_a_machine(args):
    """The same as a plan for a fresh machine of that size says, which vm-2g and its like are."""
    for name, gb in (("vm-1g", 1), ("vm-2g", 2), ("vm-4g", 4), ("vm-8g", 8), ("vm-16g", 16)):
        row = rows(*args)[gb]
        cores = [] if "--cpus" in args else ["--cpus", str(row["cpus"])]
        plan = json.loads(run("plan", "--json", "--sysroot", MACHINES / name, *cores, *args).stdout)
        idle = plan["totals"]["total_mib"] + plan["totals"]["optional_mib"]
        peak = plan["totals"]["peak_mib"] + plan["totals"]["optional_peak_mib"]
        assert (row["profile"], row["workers"], row["idle_mib"], row["peak_mib"], row["verdict"], row["fits"]) == (
            plan["profile"], plan["workers"], idle, peak, plan["verdict"], plan["fits"]), (name, args)


def test_more_ram_is_never_worse():
    order = ["comfortable", "tight", "needs-swap", "does-not-fit"]
    for args in ([], SEED, ["--workers", "4"], ["--cpus", "2"], ["--cost-model", "points-2025-11"]):
        got = [r for r in sizes(*args)["sizes"]]
        workers = [r["workers"] for r in got]
        assert workers == sorted(workers)
        if "--workers" in args:
            assert [order.index(r["verdict"]["idle"]) for r in got] == sorted((order.index(r["verdict"]["idle"]) for r in got), reverse=True)


def test_a_count_that_no_size_holds():
    document = sizes("--workers", "64", *SEED)
    assert document["smallest_comfortable_mib"] is None and not any(r["smallest_comfortable"] for r in document["sizes"])
    assert {r["workers"] for r in document["sizes"] if r["profile"]} == {64}
    assert "None of these sizes is comfortable." in run("sizes", "--workers", "64", *SEED).stdout


@pytest.mark.parametrize("language", [None, "de", "es"])
@pytest.mark.parametrize("args", [[], SEED, ["--workers", "64", *SEED], ["--limits", "off"], ["--open-webui", "slim"]])
def test_the_table_is_80_columns_wide(language, args):
    lines = run("sizes", *args, env=environment(LANGUAGE=language)).stdout.splitlines()
    assert max(map(len, lines)) <= 80, max(lines, key=len)
    # The columns stand under their heads.
    head, table = lines[0], lines[1:1 + len(SIZES)]
    assert len({line.index(" GB") for line in table}) == 1 and all(line[:2] in ("  ", "* ") for line in table)
    assert len([line for line in table if line[0] == "*"]) == (0 if "64" in args else 1) and head.startswith("  ")


def test_it_asks_nothing_of_this_machine(machine, tmp_path):
    """On any machine, with any stack and state, or with none: the same; nothing is written, and nobody need be root."""
    expected = run("sizes").stdout
    root = machine("busy-4g")
    assert run("apply", "--yes", "--workers", "3", "--sysroot", root).returncode in (0, 3)
    empty = tmp_path / "empty"
    empty.mkdir()
    before = sorted(str(p) for p in root.rglob("*"))
    for at in (["--sysroot", root], ["--sysroot", empty], ["--dir", "/nowhere/at/all"], ["--state", tmp_path / "none"]):
        assert run("sizes", *at).stdout == expected, at
    assert sorted(str(p) for p in root.rglob("*")) == before and not list(empty.iterdir())
    if os.geteuid() == 0:
        # Nobody's own directory, and no home.
        done = subprocess.run([VPSFIT, "sizes"], capture_output=True, text=True, env=environment(), cwd="/", timeout=60, check=False,
                              user=65534, group=65534, extra_groups=[])
        assert (done.returncode, done.stdout) == (0, expected), done.stderr


COMPOSE = """services:
  gateway:
    image: ghcr.io/berriai/litellm:v1.110.2
    command: ["--num_workers", "2", "--run_gunicorn"]
  db: {image: "postgres:16.16-bookworm"}
"""


def test_for_a_file_of_somebody_else(tmp_path, machine):
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE)
    got = rows("--compose", path)
    for gb, name in ((4, "vm-4g"), (8, "vm-8g")):
        root = machine(name)
        (root / "srv").mkdir(exist_ok=True)
        (root / "srv/compose.yaml").write_text(COMPOSE)
        plan = json.loads(run("plan", "--json", "--sysroot", root, "--compose", "/srv/compose.yaml", "--cpus", str(got[gb]["cpus"])).stdout)
        assert (got[gb]["workers"], got[gb]["verdict"]) == (plan["workers"], plan["verdict"])
    assert path.read_text() == COMPOSE and [p.name for p in tmp_path.iterdir() if p.is_file()] == ["compose.yaml"]


@pytest.mark.parametrize("text, words", [(None, "is not there"), ("services: {db: {image: postgres}}\n", "litellm"), ("a: [\n", "compose.yaml")])
def test_a_file_that_cannot_be_used_ends_with_2(tmp_path, text, words):
    path = tmp_path / "compose.yaml"
    if text is not None:
        path.write_text(text)
    done = run("sizes", "--compose", path)
    assert (done.returncode, done.stdout) == (2, "") and words in done.stderr.lower()


@pytest.mark.parametrize("args", [["--ram", "4G"], ["--yes"], ["--bind", "::1"], ["--dry-run"], ["--cost-model", "nonsense"], ["--profile", "NO"]])
def test_what_it_does_not_take(args):
    assert run("sizes", *args).returncode == 2


def test_without_limits_there_is_no_peak():
    for row in sizes("--limits", "off")["sizes"]:
        assert row["peak_mib"] is None and row["verdict"]["peak"] is None


def on(tmp_path, text, *args):
    path = tmp_path / "compose.yaml"
    path.write_text(text)
    return ["--compose", path, *args]


def test_what_nobody_knows_in_a_file_is_known_to_be_unknown(tmp_path):
    args = on(tmp_path, COMPOSE + "  own: {image: example.org/own/thing}\n  small: {build: ., mem_reservation: 1m}\n  bound: {build: ., mem_limit: 64m}\n")
    document = sizes(*args)
    assert document["not_counted"] == ["own", "small"] and document["smallest_comfortable_mib"] is None
    assert {row["workers"] for row in document["sizes"] if row["profile"]} <= {1, 2}
    assert all(row["verdict"]["idle"] != "comfortable" for row in document["sizes"])
    text = " ".join(run("sizes", *args).stdout.split())
    assert "Nobody knows what these take" in text and "than the file has: own, small." in text
    assert sizes(*on(tmp_path, COMPOSE))["not_counted"] == []


@pytest.mark.parametrize("limit", ["1900m", "${GB:-2}g"])
def test_a_limit_that_stays_bounds_every_size(tmp_path, limit):
    text = f"x-m: &m {limit}\nservices:\n  gateway:\n    image: ghcr.io/berriai/litellm:v1.89.0\n    mem_limit: *m\n"
    free = rows(*on(tmp_path, text.replace("*m", "3g")), *SEED)
    got = rows(*on(tmp_path, text), *SEED)
    assert free[8]["workers"] == 6 and got[8]["workers"] == 2 == got[32]["workers"]
    assert got[32]["peak_mib"] < free[32]["peak_mib"]


def test_people_follow_the_count():
    for args, people in ((["--workers", "1"], "1-2"), (["--workers", "3"], "3-5"), (["--workers", "6"], "10+")):
        assert {row["people"] for row in sizes(*args, *SEED)["sizes"] if row["profile"]} == {people}


def test_a_file_that_is_not_there(tmp_path):
    for path in ("/nonexist", tmp_path / "none/compose.yaml"):
        done = run("sizes", "--compose", path)
        assert (done.returncode, done.stdout) == (2, "") and f"{path}: error: is not there; no sizes were planned for it" in done.stderr
        assert "written" not in done.stderr


def test_the_readme_shows_what_it_prints():
    shown = (ROOT / "README.md").read_text().split("`vpsfit sizes` says")[1].split("```\n")[1]
    assert shown == run("sizes").stdout
