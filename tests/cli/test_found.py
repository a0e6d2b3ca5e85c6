# SPDX-License-Identifier: MIT
"""
Compose files in the styles of many people (tests/compose/found): which services are found, what decides the worker count and is changed,
how many copies there are. Whatever the file, Compose takes it afterwards as it did before, and nothing but owned values is another.
tests/compose/found/table.yaml has what is expected of each.
"""

import json
import os
import re
import subprocess

import pytest
import yaml

from conftest import ROOT, run
from test_adopt import COMPOSE2
from test_merge import DUMP, read_case
from test_rerun import on_terminal

FOUND = ROOT / "tests/compose/found"
TABLE = yaml.safe_load((FOUND / "table.yaml").read_text())
WRITTEN = [name for name, row in TABLE.items() if not row.get("code")]
COUNTED = [name for name in WRITTEN if TABLE[name]["where"] != "hand"]
# The figures are those of the founding model, which no measurement changes.
SIZE = ["--ram", "8G", "--cpus", "4", "--swap", "none", "--cost-model", "seed-2025-11"]


@pytest.fixture
def lay_out(machine):
    def write(name):
        root = machine("vm-4g")
        folder = root / "srv/stack"
        folder.mkdir(parents=True)
        read_case(FOUND / f"{name}.case", folder)
        extra = folder / "args"
        args = extra.read_text().split() if extra.exists() else []
        if extra.exists():
            extra.unlink()
        if "--compose" in args:
            args[args.index("--compose") + 1] = "/srv/stack/" + args[args.index("--compose") + 1]
        else:
            args += ["--compose", "/srv/stack/compose.yaml"]
        return root, folder, ["--sysroot", root, *args, *SIZE]
    return write


def composed(folder, *files):
    named = [a for f in files for a in ("-f", f)]
    done = subprocess.run([COMPOSE2, *named, "--profile", "*", "config"], capture_output=True, text=True, cwd=folder, timeout=120, check=False,
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def as_list(value):
    return value.split() if isinstance(value, str) else list(value or [])


def flags(service):
    """Entry point and command, and the flag of whatever is started."""
    entrypoint, command = as_list(service.get("entrypoint")), as_list(service.get("command"))
    word = "--workers" if "uvicorn" in entrypoint + command else "--num_workers"
    return {"entrypoint": "\n".join(entrypoint), "command": "\n".join(command)}, word


def count(service):
    """What LiteLLM would start, as its own command line reads it: Compose has put the env files into the environment."""
    text, word = flags(service)
    shell = re.match(r"\S*sh\n-c\n", text["entrypoint"])
    start = text["entrypoint"] if shell and word in text["entrypoint"] else "\n".join(text.values())
    said = re.findall(word + r"[=\s]+(\d+)", start)
    environment = service.get("environment") or {}
    return int(said[-1] if said else environment.get("NUM_WORKERS") or environment.get("DEFAULT_NUM_WORKERS_LITELLM_PROXY") or 1)


def without_owned(project, fitted):
    for service in project["services"].values():
        # Compose writes the one as the other where there is a `deploy`.
        if "scale" in service:
            service.setdefault("deploy", {}).setdefault("replicas", service.pop("scale"))
    for name in fitted:
        service = project["services"][name]
        for key in ("mem_limit", "mem_reservation", "memswap_limit"):
            service.pop(key, None)
        resources = service.get("deploy", {}).get("resources", {})
        for kind in ("limits", "reservations"):
            resources.get(kind, {}).pop("memory", None)
            if not resources.get(kind, True):
                del resources[kind]
        if "deploy" in service and not resources:
            service["deploy"].pop("resources", None)
        if not service.get("deploy"):
            service.pop("deploy", None)
        environment = service.get("environment") or {}
        for key in ("NUM_WORKERS", "DEFAULT_NUM_WORKERS_LITELLM_PROXY"):
            environment.pop(key, None)
        if not environment:
            service.pop("environment", None)
        text, word = flags(service)
        for key in text:
            # The variable that stands for the count may be empty.
            service[key] = re.sub(rf"{word}(=|\s+|$)\d*\s*", f"{word} N ", re.sub(r"max_connections=\d+", "", text[key]))
    return project


def sizes(service):
    resources = (service.get("deploy") or {}).get("resources") or {}
    return [service.get("mem_limit"), service.get("mem_reservation"), service.get("memswap_limit"),
            (resources.get("limits") or {}).get("memory"), (resources.get("reservations") or {}).get("memory")]


def by_hand(root, args):
    plan = json.loads(run("plan", "--json", *args).stdout)
    return {m["value"]: m["lines"] for m in plan["by_hand"]}


def texts(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def gateway(row):
    return row["fitted"][0]


def test_the_table_has_every_file():
    assert {p.stem for p in FOUND.glob("*.case")} == TABLE.keys() and len(TABLE) >= 50


@pytest.mark.parametrize("name", WRITTEN)
def test_the_right_services_are_fitted_and_nothing_else_changes(lay_out, name):
    row = TABLE[name]
    root, folder, args = lay_out(name)
    before, files = composed(folder), texts(folder)
    done = run("apply", "--yes", *args)
    assert done.returncode == 0, (done.stderr, done.stdout)
    after, hand = composed(folder), by_hand(root, args)
    changed = {s for s in after["services"] if sizes(after["services"][s]) != sizes(before["services"][s])}
    # A line of PostgreSQL's own configuration names no service.
    told = {s for lines in hand.values() if "services:" in lines for s in yaml.safe_load(lines)["services"]}
    assert changed | told == set(row["fitted"])
    assert without_owned(after, row["fitted"]) == without_owned(before, row["fitted"])
    assert re.search(row.get("says", ""), done.stderr + done.stdout)
    # A second run has nothing to do, and a rollback leaves every file as it was.
    written = texts(folder)
    again = run("apply", "--yes", *args)
    assert again.returncode == 0 and texts(folder) == written, again.stderr
    assert run("rollback", "--yes", *args[:2], *args[args.index("--compose"):][:2]).returncode == 0
    assert texts(folder) == files


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("workers", [1, 6, 13])
def test_the_count_is_changed_where_it_acts(lay_out, name, workers):
    row = TABLE[name]
    root, folder, args = lay_out(name)
    was = composed(folder)["services"][gateway(row)]
    assert count(was) == row["before"]
    files = texts(folder)
    done = run("apply", "--yes", "--force", "--workers", workers, *args)
    assert done.returncode == 0, (done.stderr, done.stdout)
    now = composed(folder)["services"][gateway(row)]
    hand = by_hand(root, ["--workers", workers, *args])
    if row["where"] == "hand":
        assert count(now) == row["before"] and ("litellm workers" in hand or workers == 1 == row["before"])
        return
    assert count(now) == workers and "litellm workers" not in hand
    if workers == row["before"]:
        return
    if row["where"] in ("command", "entrypoint"):
        assert flags(now)[0][row["where"]] != flags(was)[0][row["where"]]
    elif row["where"] != "environment":
        assert texts(folder)[row["where"]] != files[row["where"]]
    else:
        assert now["environment"] != was.get("environment") or row["before"] == workers
        assert {n for n in files if not n.endswith("yaml") and texts(folder)[n] != files[n]} == set()


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if row.get("code")])
def test_what_is_refused(lay_out, name):
    root, folder, args = lay_out(name)
    files = texts(folder)
    # On a machine that is too small for anything it is the file that is wrong all the same.
    for ram in ("8G", "1G"):
        done = run("apply", "--yes", *args, "--ram", ram)
        assert done.returncode == TABLE[name]["code"] and TABLE[name]["says"] in done.stderr, done.stderr
        assert "nothing was written" in done.stderr and texts(folder) == files and not (root / "var/lib/vpsfit").exists()


def postgres_of(root, args):
    return json.loads(run("plan", "--json", *args).stdout)["answers"]["service"]


def test_none_of_them_by_flag_and_remembered(lay_out):
    root, folder, args = lay_out("database-not-said")
    assert run("apply", "--yes", *args, "--service", "postgres=none").returncode == 0
    text = (folder / "compose.yaml").read_text()
    said = postgres_of(root, args)
    assert (said["value"], said["origin"]) == ("postgres=none", "remembered")
    assert run("apply", "--yes", *args).returncode == 0 and (folder / "compose.yaml").read_text() == text
    assert text.count("memory:") == 2
    # One of them after all.
    assert run("apply", "--yes", *args, "--service", "postgres=second").returncode == 0
    project = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert "deploy" in project["second"] and "deploy" not in project["first"]


def test_none_of_them_by_answers_file(lay_out):
    root, folder, args = lay_out("database-not-said")
    answers = root / "answers.yaml"
    answers.write_text("service: postgres=none\n")
    assert run("apply", "--yes", *args, "--answers", answers).returncode == 0
    answers.write_text("service: litellm=none\n")
    done = run("plan", *args, "--answers", answers)
    assert done.returncode == 2 and "leaves nothing to fit" in done.stderr


def test_none_of_them_on_a_terminal(lay_out):
    root, folder, args = lay_out("database-not-said")
    code, out = on_terminal(["n\n", "n\n", "y\n"], "apply", *args)
    assert code == 0 and "is the service 'first' the postgres of this stack?" in out
    project = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert [s for s in project if "deploy" in project[s]] == ["litellm"]


def test_the_workers_part_is_somebodys(lay_out):
    root, folder, args = lay_out("twice")
    code, out = on_terminal(["n\n", "n\n"], "apply", *args)
    assert code == 2 and "more than one service could be litellm" in out


def test_one_that_is_there_may_be_none_too(lay_out):
    root, folder, args = lay_out("alias-image")
    assert run("apply", "--yes", *args, "--service", "postgres=none").returncode == 0
    project = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert "deploy" in project["proxy"] and "deploy" not in project["store"]


@pytest.mark.parametrize("name", TABLE)
def test_copies_and_what_ends(name, tmp_path):
    row = TABLE[name]
    folder = tmp_path / "stack"
    folder.mkdir()
    read_case(FOUND / f"{name}.case", folder)
    if not (folder / "compose.yaml").exists():
        return
    done = subprocess.run([DUMP, folder, "--stack"], capture_output=True, text=True, timeout=60, check=False,
                          env={"PATH": "/usr/bin:/bin", **{k: v for k, v in os.environ.items() if "SAN_OPTIONS" in k}})
    assert done.returncode == 0, done.stderr
    stack = {line[0]: dict(zip(("copies", "active", "ends", "limit", "reservation", "image"), line[1:]))
             for line in (text.split("\t") for text in done.stdout.splitlines())}
    theirs = composed(folder)["services"]
    assert stack.keys() == theirs.keys()
    for service, seen in stack.items():
        assert int(seen["copies"]) == row.get("copies", {}).get(service, 1), service
        assert (seen["ends"] == "ends") == (service in row.get("ends", [])), service
        assert (seen["active"] == "off") == (service in row.get("off", [])), service
        assert seen["image"] == theirs[service].get("image", "-"), service
        limit, reservation, _, limit_new, reservation_new = sizes(theirs[service])
        assert int(seen["limit"]) == int(limit or limit_new or 0) // 1048576, service
        assert int(seen["reservation"]) == int(reservation or reservation_new or 0) // 1048576, service


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if "needs" in row])
def test_what_its_settings_need(lay_out, name):
    needs = TABLE[name]["needs"]
    root, folder, args = lay_out(name)
    plan = json.loads(run("plan", "--json", "--force", "--workers", 6, *args).stdout)
    services = plan["services"]
    assert plan["pool_size"] == needs.get("pool", 10)
    assert plan["max_connections"] == needs.get("connections", 6 * plan["pool_size"] + 20)
    for service, limit in needs.get("at_least", {}).items():
        assert services[service]["limit_mib"] >= limit, service
    for service, (least, most) in needs.get("expected", {}).items():
        assert least <= services[service]["expected_mib"] <= most, service
    assert {s for s, row in services.items() if row["planned"] and row["limit_mib"] is None} == set(needs.get("open", []))
    assert any(w["code"] == "services-not-counted" for w in plan["warnings"]) == bool(needs.get("open"))
    assert not any(w["code"] == "limit-lowered" for w in plan["warnings"])
