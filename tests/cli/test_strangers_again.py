# SPDX-License-Identifier: MIT
"""
Stacks of somebody else's, as they are found: Compose takes the file after it was edited, what is included counts, and no limit is written
for a count that nobody can tell.
"""

import json
import os
import subprocess

import pytest
import yaml

from conftest import run
from test_whole_machine import DIR, codes, plan  # noqa: F401

IMAGE = {"image": "ghcr.io/berriai/litellm:v1.110.2"}
TWO = {**IMAGE, "command": ["--config", "/app/config.yaml", "--num_workers", "2"]}


@pytest.fixture
def applied(machine, tmp_path):
    """Applies to files of somebody's, and returns what Compose makes of them."""
    def make(files, *answers):
        root = machine("vm-8g")
        stack = root / DIR.lstrip("/")
        stack.mkdir(parents=True)
        for name, text in files.items():
            (stack / name).write_text(text if isinstance(text, str) else yaml.safe_dump(json.loads(json.dumps(text)), sort_keys=False))
        done = run("apply", "--yes", "--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none", *answers)
        assert done.returncode == 0, done.stderr
        config = subprocess.run([os.environ["COMPOSE2"], "config", "--format", "json"], cwd=stack, capture_output=True, text=True, timeout=60)
        assert config.returncode == 0, config.stderr
        return json.loads(config.stdout)["services"]
    return make


def limit_of(service):
    below = service.get("deploy", {}).get("resources", {}).get("limits", {})
    return int(service.get("mem_limit") or below["memory"])


@pytest.mark.parametrize("caps", [
    {"cpus": 1.5}, {"pids_limit": 200}, {"cpus": "0.5", "pids_limit": 100}, {"cpus": 2, "mem_limit": "2g"},
    {"cpus": 2, "deploy": {"resources": {"reservations": {"cpus": "0.5"}}}},
    {"cpus": 2, "deploy": {"resources": {"limits": {"cpus": "2"}}}},
    {"cpus": 2, "deploy": {"replicas": 1}}, {"cpu_shares": 512, "cpuset": "0"}, {"pids_limit": 50, "mem_reservation": "512m"}])
def test_compose_takes_a_file_with_caps_of_another_kind(applied, caps):
    """Compose refuses "cpus" beside limits below deploy that do not repeat it."""
    after = applied({"compose.yaml": {"services": {"litellm": {**TWO, **caps}, "db": {"image": "postgres:16", **caps}}}}, "--workers", "2")
    assert limit_of(after["litellm"]) >= 1 << 30 and limit_of(after["db"]) > 0
    assert float(after["litellm"].get("cpus", 0)) == float(caps.get("cpus", 0)) or "cpus" not in caps


def test_compose_takes_caps_of_an_override(applied):
    after = applied({"compose.yaml": {"services": {"litellm": TWO}}, "compose.override.yaml": {"services": {"litellm": {"cpus": 1}}}},
                    "--workers", "2")
    assert limit_of(after["litellm"]) >= 1 << 30


OLLAMA = {"services": {"ollama": {"image": "ollama/ollama", "mem_limit": "4g"}}}


def including(plan, entry, files, **more):  # noqa: F811
    def put(tree):
        path = tree.root / DIR.lstrip("/") / "compose.yaml"
        path.write_text(yaml.safe_dump({"include": entry, **yaml.safe_load(path.read_text())}))
        for name, text in files.items():
            tree.put(f"{DIR}/{name}", text if isinstance(text, str) else yaml.safe_dump(text))
    return plan({"litellm": TWO}, prepare=put, **more)


@pytest.mark.parametrize("entry, files", [
    (["ollama.yaml"], {"ollama.yaml": OLLAMA}),
    (["./sub/compose.yaml"], {"sub/compose.yaml": OLLAMA}),
    ([{"path": "ai/ollama.yaml", "project_directory": "ai"}], {"ai/ollama.yaml": OLLAMA}),
    ([{"path": ["ollama.yaml", "more.yaml"]}], {"ollama.yaml": OLLAMA, "more.yaml": {"services": {"ollama": {"mem_limit": "4g"}}}}),
    (["a.yaml"], {"a.yaml": {"include": ["b.yaml", "a.yaml"]}, "b.yaml": {"include": ["a.yaml"], **OLLAMA}}),
    (["sub/compose.yaml"], {"sub/compose.yaml": {"services": {"ollama": {"image": "ollama/ollama", "mem_limit": "${MUCH}"}}}, "sub/.env": "MUCH=4g\n"}),
    (["ollama.yaml", "${NOTHING}"], {"ollama.yaml": OLLAMA})])
def test_what_is_included_counts(plan, entry, files):  # noqa: F811
    alone, both = plan({"litellm": TWO}), including(plan, entry, files)
    assert both["services"]["ollama"]["expected_mib"] == 4096
    assert both["workers"] < alone["workers"] and both["totals"]["idle_mib"] > alone["totals"]["idle_mib"]
    assert both["totals"]["idle_mib"] >= 4096 and "included-files" in codes(both)


@pytest.mark.parametrize("entry, name", [(["gone.yaml"], "gone.yaml"), (["https://user:hush@example.org/stack.git"], "include"),
                                         (["broken.yaml"], "broken.yaml"), ([{"path": "oci://example.org/x"}], "include")])
def test_what_is_included_and_cannot_be_read_may_hold_anything(plan, entry, name):  # noqa: F811
    document = including(plan, entry, {"broken.yaml": "services: [\n"})
    assert document["services"][name]["expected_mib"] is None
    assert "services-not-counted" in codes(document) and document["verdict"]["idle"] == "tight"
    assert "hush" not in json.dumps(document)


GATEWAY = {**TWO, "image": "${LITELLM}", "volumes": ["./config.yaml:/app/config.yaml"], "env_file": "gw.env"}
DATABASE = {"image": "postgres:16", "command": "postgres -c max_connections=60"}
POOL_25 = "general_settings:\n  database_connection_pool_limit: 25\n"
BESIDE = {"config.yaml": POOL_25, "gw.env": "DATABASE_URL=postgresql://u:hush@db:5432/l\n", ".env": "LITELLM=ghcr.io/berriai/litellm:v1.0.0\n"}


@pytest.fixture
def with_gateway_included(machine):
    """A stack whose compose file includes the gateway's, in a folder of its own or not; runs a command on it."""
    def make(services, entry, files, where):
        root = machine("vm-8g")
        stack = root / DIR.lstrip("/")
        (stack / where).mkdir(parents=True)
        for name, text in {"compose.yaml": {"include": entry, **services}, ".env": f"LITELLM={IMAGE['image']}\n",
                           **{f"{where}/{n}" if where else n: t for n, t in files.items()}}.items():
            (stack / name).write_text(text if isinstance(text, str) else yaml.safe_dump(text, sort_keys=False))
        before = {path: path.read_bytes() for path in stack.rglob("*") if path.is_file()}
        return lambda command, *args: run(command, *args, "--sysroot", root, "--compose", f"{DIR}/compose.yaml", "--swap", "none"), stack, before
    return make


@pytest.mark.parametrize("services, where", [({"services": {"db": DATABASE}}, "gw"), ({"services": {"db": DATABASE}}, ""), ({}, "gw"),
                                             ({"services": {}}, "")])
def test_a_gateway_that_is_included_is_planned_and_its_file_is_told(with_gateway_included, services, where):
    files = {"gw.yaml": {"services": {"gateway": GATEWAY, **({} if services.get("services") else {"db": DATABASE})}}, **BESIDE}
    if not where:
        del files[".env"]
    do, stack, before = with_gateway_included(services, [f"{where or '.'}/gw.yaml"], files, where)
    done = do("plan", "--json")
    assert done.returncode == 0, done.stderr
    document, path = json.loads(done.stdout), f"{DIR}/{where}/gw.yaml".replace("//", "/")
    # Its pool is that of the configuration beside it; .env of the stack goes before its own.
    assert document["workers"] == (6 if services.get("services") else 2)
    assert document["services"]["litellm"]["planned"] and document["services"]["litellm"]["expected_mib"] > 600
    assert not any(w["code"] == "image-old" for w in document["warnings"])
    told = {v["value"]: v for v in document["by_hand"] if v["path"] == path}
    assert {"litellm limit", "litellm reservation"} <= set(told) and f"{DIR}/compose.yaml includes this file" in told["litellm limit"]["why"]
    limit = yaml.safe_load(told["litellm limit"]["lines"])["services"]["gateway"]["deploy"]["resources"]["limits"]["memory"]
    assert int(limit[:-1]) > document["services"]["litellm"]["expected_mib"] and "hush" not in done.stdout + done.stderr
    done = do("apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert path in done.stdout and path in done.stderr
    assert {p for p in before if p.read_bytes() != before[p]} <= ({stack / "compose.yaml"} if services.get("services") else set())
    assert do("plan", "--exit-code").returncode == 0
    config = subprocess.run([os.environ["COMPOSE2"], "config", "-q"], cwd=stack, capture_output=True, text=True, timeout=60)
    assert config.returncode == 0, config.stderr


def test_a_gateway_of_the_file_itself_goes_before_an_included_one(with_gateway_included):
    do, *_ = with_gateway_included({"services": {"litellm": TWO}}, ["gw/gw.yaml"], {"gw.yaml": {"services": {"other": IMAGE}}}, "gw")
    document = json.loads(do("plan", "--json").stdout)
    assert document["services"]["other"]["planned"] is False and not document["by_hand"]
    assert json.loads(do("plan", "--json", "--workers", "3").stdout)["workers"] == 3


def test_two_gateways_that_are_included_are_asked_about(with_gateway_included):
    both = {"gw.yaml": {"services": {"one": IMAGE}}, "more.yaml": {"services": {"two": IMAGE}}}
    do, *_ = with_gateway_included({}, ["gw/gw.yaml", "gw/more.yaml"], both, "gw")
    done = do("plan")
    assert done.returncode == 2 and "one, two" in done.stderr
    assert json.loads(do("plan", "--json", "--service", "litellm=two").stdout)["services"]["one"]["planned"] is False


HIDDEN = [{"entrypoint": ["sh", "-c", "litellm --config /c.yaml --num_workers $$(nproc)"]},
          {"entrypoint": ["/bin/bash", "-lc", "exec litellm --num_workers $$UNSET"]},
          {"entrypoint": ["/start.sh"]}]
TOLD = [({"entrypoint": ["sh", "-c", "litellm --num_workers $$W"], "environment": {"W": "12"}}, 12),
        ({"entrypoint": ["sh", "-c", "litellm --num_workers $${W:-9}"]}, 9),
        ({"entrypoint": ["sh", "-c", "litellm --num_workers=$${W}"], "environment": ["W=8"]}, 8),
        ({"entrypoint": "gunicorn litellm.proxy.proxy_server:app -w12 -k uvicorn.workers.UvicornWorker"}, 12)]


@pytest.mark.parametrize("how", HIDDEN)
def test_no_limit_for_a_count_that_nobody_can_tell(plan, how):  # noqa: F811
    document = plan({"litellm": {**IMAGE, **how}})
    row = document["services"]["litellm"]
    assert (row["limit_mib"], row["reservation_mib"], row["memswap_mib"]) == (None, None, None)
    assert "services-not-counted" in codes(document) and document["verdict"] == {"idle": "tight", "peak": "tight"}
    assert document["by_hand"]


@pytest.mark.parametrize("how", HIDDEN)
def test_who_asks_for_a_count_does_not_tell_what_a_script_starts(plan, how):  # noqa: F811
    document = plan({"litellm": {**IMAGE, **how}}, "--workers", "6", code=0)
    assert document["services"]["litellm"]["limit_mib"] is None and "services-not-counted" in codes(document)
    assert document["verdict"]["idle"] == "tight" and document["by_hand"]


@pytest.mark.parametrize("how", HIDDEN)
@pytest.mark.parametrize("asked", [(), ("--workers", "6"), ("--workers", "1")])
@pytest.mark.parametrize("limit", [2048, 6144])
def test_a_limit_for_a_count_that_nobody_can_tell_is_what_counts_and_stays(plan, how, asked, limit):  # noqa: F811
    document = plan({"litellm": {**IMAGE, **how, "mem_limit": f"{limit}m"}}, *asked, code=0)
    row = document["services"]["litellm"]
    assert (row["expected_mib"], row["limit_mib"], row["source"]) == (limit, limit, "limit")
    assert "planned_limit_mib" not in row and "limit-lowered" not in codes(document)


@pytest.mark.parametrize("how, workers", TOLD)
def test_a_limit_holds_the_count_that_only_a_person_can_change(plan, how, workers):  # noqa: F811
    limit = plan({"litellm": {**IMAGE, **how}})["services"]["litellm"]["limit_mib"]
    assert limit == plan({"litellm": TWO}, "--workers", str(workers))["services"]["litellm"]["limit_mib"]


@pytest.mark.parametrize("server", [["hypercorn", "litellm.proxy.proxy_server:app", "-w", "12"],
                                    ["granian", "--workers", "12", "litellm.proxy.proxy_server:app"]])
def test_every_server_has_its_flag(applied, server):
    after = applied({"compose.yaml": {"services": {"litellm": {**IMAGE, "entrypoint": server}}}}, "--workers", "3")
    assert "3" in after["litellm"]["entrypoint"] and "12" not in after["litellm"]["entrypoint"]


def lines_of(document, value):
    return next(m["lines"] for m in document["by_hand"] if m["value"] == value)


def test_lines_to_paste_lose_nothing(plan):  # noqa: F811
    """Below a merge key, in a shell's script, and where there is no command yet."""
    def merged(tree):
        tree.put(f"{DIR}/compose.yaml", "x-l: &l\n  image: ghcr.io/berriai/litellm:v1.110.2\n  environment:\n    NUM_WORKERS: \"3\"\n"
                 "    DATABASE_URL: postgresql://a:b@db/x\n  deploy:\n    replicas: 1\n    resources: {limits: {memory: 1G}}\n"
                 "services:\n  litellm:\n    <<: *l\n  db: {image: 'postgres:16'}\n")
    document = plan({}, "--workers", "6", prepare=merged)
    assert 'deploy: # with what "<<: *l" brings into it, which this replaces' in lines_of(document, "litellm limit")
    script = plan({"litellm": {**IMAGE, **HIDDEN[1]}}, "--workers", "6")
    assert lines_of(script, "litellm workers").endswith('entrypoint: [/bin/bash, -lc, "... --num_workers 6 ..."]')
    assert lines_of(plan({"litellm": TWO, "db": {"image": "postgres:16"}}, "--workers", "6", "--service", "postgres=db", prepare=pool_of_25),
                    "postgres connections").endswith("command: [-c, max_connections=170]")


def pool_of_25(tree):
    path = tree.root / DIR.lstrip("/") / "compose.yaml"
    project = yaml.safe_load(path.read_text())
    project["services"]["litellm"]["volumes"] = ["./config.yaml:/app/config.yaml"]
    path.write_text(yaml.safe_dump(project))
    tree.put(f"{DIR}/config.yaml", "general_settings: {database_connection_pool_limit: 25}\n")


def test_a_limit_that_stays_bounds_the_count_without_limits_too(plan):  # noqa: F811
    document = plan({"litellm": {**TWO, "mem_limit": "2g"}}, "--limits", "off")
    assert document["workers"] == 1 and "workers-bounded" in codes(document)
    assert plan({"litellm": {**TWO, "mem_limit": "7g"}}, "--limits", "off")["workers"] > 2


@pytest.mark.parametrize("how, counts", [
    ({"entrypoint": ["python", "/backup.py"], "restart": "always"}, None),
    ({"entrypoint": ["/bin/sh", "-c", "cp /defaults/config.yaml /app/config.yaml"], "restart": "no"}, False),
    ({"entrypoint": ["prisma", "db", "push"], "deploy": {"restart_policy": {"condition": "none"}}}, False),
    ({"entrypoint": ["python", "-m", "litellm.proxy.proxy_cli"]}, True), ({}, True)])
def test_a_helper_with_the_gateways_image_is_no_gateway(plan, how, counts):  # noqa: F811
    services = plan({"litellm": TWO, "litellm-helper": {**IMAGE, **how}}, "--workers", "2")["services"]
    if counts is False:
        assert "litellm-helper" not in services
    else:
        assert (services["litellm-helper"]["expected_mib"] is not None) == bool(counts)
