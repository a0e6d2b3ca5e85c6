# SPDX-License-Identifier: MIT
"""Stacks of somebody else's, as they are found, third part: what no edit reaches is told and planned with, and comments stay where they belong."""

import json
import os
import subprocess

import pytest
import yaml

from conftest import run
from test_strangers_again import limit_of
from test_whole_machine import DIR

IMAGE = "ghcr.io/berriai/litellm:v1.110.2"
COMMON = {"image": IMAGE, "environment": {"DATABASE_URL": "postgresql://u:p@db/l", "NUM_WORKERS": "4"}, "mem_limit": "1g"}
DB = {"image": "postgres:16"}


class Stack:
    """A stack of somebody's on a machine: what vpsfit says of it, and what Compose makes of it."""

    def __init__(self, root, files):
        self.root, self.path = root, root / DIR.lstrip("/")
        self.path.mkdir(parents=True)
        for name, text in files.items():
            (self.path / name).parent.mkdir(exist_ok=True)
            (self.path / name).write_text(text if isinstance(text, str) else yaml.safe_dump(json.loads(json.dumps(text)), sort_keys=False))

    def do(self, *args):
        return run(*args, "--sysroot", self.root, "--compose", f"{DIR}/compose.yaml")

    def plan(self, *args):
        done = self.do("plan", "--json", *args)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def apply(self, *args):
        done = self.do("apply", "--yes", *args)
        assert done.returncode == 0, done.stderr
        return done

    def config(self):
        done = subprocess.run([os.environ["COMPOSE2"], "config", "--format", "json"], cwd=self.path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["services"]

    def text(self, name="compose.yaml"):
        return (self.path / name).read_text()

    def paste(self, document, name="compose.yaml"):
        """Writes the lines that are told into a file, over what it has."""
        tree = yaml.safe_load(self.text(name))
        for told in document["by_hand"]:
            merge(tree, yaml.safe_load(told["lines"]))
        (self.path / name).write_text(yaml.safe_dump(tree, sort_keys=False))


def merge(tree, other):
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            merge(tree[key], value)
        else:
            tree[key] = value


@pytest.fixture
def stack_of(machine):
    def make(files, name="vm-4g"):
        return Stack(machine(name), files)
    return make


def told(document):
    return {m["value"]: m for m in document["by_hand"]}


@pytest.mark.parametrize("name", ["litellm", "gw"])
@pytest.mark.parametrize("file", ["common.yml", "parts/common.yml"])
def test_what_is_extended_from_another_file_stays_and_is_told(stack_of, file, name):
    stack = stack_of({"compose.yaml": {"services": {"litellm": {"extends": {"file": file, "service": name}}, "db": DB}},
                      file: {"services": {name: COMMON}}})
    before, document = stack.text(file), stack.plan()
    row = document["services"]["litellm"]
    # Four stay, and so does their limit: the rest is planned with them.
    assert row["limit_mib"] == 1024 and row["planned_limit_mib"] > 3000 and row["expected_mib"] > 2000
    # Lines are of one plan: that of the four, unless another count is asked for.
    assert "litellm limit" in told(document) and "litellm workers" not in told(document)
    document = stack.plan("--workers", "2")
    assert {"litellm workers", "litellm limit"} <= set(told(document))
    assert "extends another" in told(document)["litellm limit"]["why"]
    stack.apply()
    assert stack.text(file) == before
    after = stack.config()["litellm"]
    assert after["environment"]["NUM_WORKERS"] == "4" and limit_of(after) == 1 << 30
    assert told(stack.plan("--workers", "2")).keys() == told(document).keys()
    # What is told acts where it is written.
    stack.paste(document)
    after = stack.config()["litellm"]
    assert after["environment"]["NUM_WORKERS"] == "2" and 1 << 30 < limit_of(after) < 3 << 30


def test_a_file_that_is_merged_and_extended_is_edited_where_it_acts(stack_of):
    stack = stack_of({"compose.yaml": {"services": {"litellm": COMMON, "db": DB}},
                      "compose.override.yaml": {"services": {"litellm": {"extends": {"file": "compose.yaml", "service": "litellm"}}}}})
    document = stack.plan()
    stack.apply()
    after = stack.config()["litellm"]
    assert not document["by_hand"] and int(after["environment"]["NUM_WORKERS"]) == document["workers"] == 2
    assert limit_of(after) == document["services"]["litellm"]["limit_mib"] << 20


RESET = "services: {litellm: {ports: !override ['4001:4000'], environment: !reset {}}}\n"


@pytest.mark.parametrize("environment", [{"DATABASE_URL": "postgresql://u:p@db/l"}, {"NUM_WORKERS": "3"}, ["NUM_WORKERS=3"], None])
@pytest.mark.parametrize("reset", [RESET, RESET.replace("!reset {}", "!override {A: b}"), RESET.replace("{}", "null")])
def test_no_count_is_written_below_what_a_later_file_takes_away(stack_of, environment, reset):
    gateway = {"image": IMAGE, **({"environment": environment} if environment else {})}
    stack = stack_of({"compose.yaml": {"services": {"litellm": gateway, "db": DB}}, "compose.override.yaml": reset})
    document = stack.plan()
    assert "litellm workers" in told(document)
    stack.apply()
    assert yaml.safe_load(stack.text())["services"]["litellm"].get("environment") == environment
    assert stack.text("compose.override.yaml") == reset
    assert "NUM_WORKERS" not in stack.config()["litellm"].get("environment", {})
    assert "litellm limit" not in told(document) and limit_of(stack.config()["litellm"]) > 1 << 30


@pytest.mark.parametrize("taken", ["environment: !reset {}", "environment: !reset null", "environment: {NUM_WORKERS: !reset null}"])
def test_what_a_later_file_takes_away_is_told_of_that_file(stack_of, taken):
    """The lines act there, and nowhere else."""
    stack = stack_of({"compose.yaml": {"services": {"litellm": COMMON, "db": DB}},
                      "compose.override.yaml": f"services: {{litellm: {{{taken}, memswap_limit: !reset null}}}}\n"})
    document = stack.plan()
    assert {m["path"] for m in document["by_hand"]} == {f"{DIR}/compose.override.yaml"}
    assert set(told(document)) == {"litellm workers", "litellm memory and swap"}
    (stack.path / "compose.override.yaml").write_text("{}\n")
    stack.paste(document, "compose.override.yaml")
    assert stack.config()["litellm"]["environment"]["NUM_WORKERS"] == "2" and stack.config()["litellm"]["memswap_limit"]
    assert stack.plan()["by_hand"] == []


def test_no_word_is_written_into_a_command_that_a_later_file_takes_away(stack_of):
    stack = stack_of({"compose.yaml": {"services": {"litellm": COMMON, "db": {**DB, "command": ["-c", "max_connections=20"]}}},
                      "compose.override.yaml": "services: {db: {command: !reset null}}\n"})
    stack.apply()
    assert yaml.safe_load(stack.text())["services"]["db"]["command"] == ["-c", "max_connections=20"]


def test_a_count_of_an_env_file_is_written_there_if_the_environment_is_taken_away(stack_of):
    gateway = {"image": IMAGE, "environment": {"A": "b"}, "env_file": "gw.env"}
    stack = stack_of({"compose.yaml": {"services": {"litellm": gateway, "db": DB}}, "compose.override.yaml": RESET, "gw.env": "NUM_WORKERS=1\n"})
    stack.apply()
    assert stack.config()["litellm"]["environment"]["NUM_WORKERS"] == "2"


COMMENTED = {
    "as deep as the entries": ["    environment:", "      - A=b", "      # - LITELLM_LOG=DEBUG", "      # - STORE_MODEL_IN_DB=True"],
    "deeper": ["    environment:", "      - A=b", "        # - LITELLM_LOG=DEBUG"],
    "of a mapping": ["    environment:", "      A: b", "      # LITELLM_LOG: DEBUG"],
    "of a list without indentation": ["    environment:", "    - A=b", "    # - LITELLM_LOG=DEBUG", "    #- B=c"],
    "of more than a line": ["    volumes:", "    - x:/y", "    # - type: bind", "    #   source: /s", "    #   target: /t"],
    "at the start of the line": ["    environment:", "      - A=b", "#      - LITELLM_LOG=DEBUG", "#      - B=c"],
    "at the start, without indentation": ["    environment:", "    - A=b", "#    - LITELLM_LOG=DEBUG"],
    "behind an empty line": ["    environment:", "      - A=b", "", "      # - LITELLM_LOG=DEBUG"],
}


def uncommented(line):
    return line.replace("# " if line[0] == " " and "# " in line else "#", "", 1)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("case", COMMENTED)
def test_what_is_commented_out_stays_below_what_it_belongs_to(stack_of, case, last, end):
    lines = ["services:", "  litellm:", f"    image: {IMAGE}", *COMMENTED[case], "volumes: {x: {}}"]
    if not last:
        lines[-1:-1] = ["  db:", "    image: postgres:16"]
    stack = stack_of({"compose.yaml": ""})
    (stack.path / "compose.yaml").write_bytes("".join(line + end for line in lines).encode())
    stack.apply("--workers", "1")
    after = (stack.path / "compose.yaml").read_bytes().decode()
    before, kept = stack.config()["litellm"], iter(after.split(end))
    # Every line is there, in its order, and nothing comes between those of the block.
    assert all(line in kept for line in lines)
    first = after.index(COMMENTED[case][0])
    assert after[first:].startswith(end.join(COMMENTED[case]) + end) and "memory:" in after[first:]
    for line in COMMENTED[case]:
        if "#" in line:
            after = after.replace(line, uncommented(line))
    (stack.path / "compose.yaml").write_bytes(after.encode())
    if case != "deeper":
        now = stack.config()["litellm"]
        assert limit_of(now) == limit_of(before) and now != before


def test_comments_of_the_service_itself_come_after_what_is_put_in(stack_of):
    """Those beside its keys, and what is commented out behind it."""
    text = f"services:\n  litellm:\n    image: {IMAGE}\n    environment:\n      A: b\n    # of the service\n      # deeper\n\n  # of db\n  db: {{image: 'postgres:16'}}\n"
    stack = stack_of({"compose.yaml": text})
    stack.apply()
    after = stack.text()
    assert after.index("memswap_limit") < after.index("# of the service") and "# of the service\n      # deeper\n\n  # of db\n  db:" in after


SHELLS = [{"entrypoint": 'sh -c "litellm --config /app/c.yaml --num_workers $$(nproc)"'},
          {"entrypoint": '/bin/bash -lc\n  "exec litellm --num_workers $$(nproc)"\n'},
          {"entrypoint": ["sh", "-c", "litellm --num_workers $$(nproc)"]}]


@pytest.mark.parametrize("how", SHELLS)
def test_a_flag_of_a_script_is_told_inside_the_script(stack_of, how):
    document = stack_of({"compose.yaml": {"services": {"litellm": {"image": IMAGE, **how}, "db": DB}}}).plan()
    start = yaml.safe_load(told(document)["litellm workers"]["lines"])["services"]["litellm"]["entrypoint"]
    assert len(start) == 3 and start[0].endswith("sh") and start[1] in ("-c", "-lc") and start[2] == "... --num_workers 2 ..."


def test_a_flag_of_a_script_in_the_command_is_told_inside_it(stack_of):
    how = {"entrypoint": ["sh", "-c"], "command": ["litellm --num_workers $$(nproc)"]}
    lines = told(stack_of({"compose.yaml": {"services": {"litellm": {"image": IMAGE, **how}, "db": DB}}}).plan())["litellm workers"]["lines"]
    assert yaml.safe_load(lines)["services"]["litellm"] == {"command": ["... --num_workers 2 ..."]}


@pytest.mark.parametrize("how", SHELLS)
def test_nothing_is_lowered_that_nobody_can_lower(stack_of, how):
    services = {"litellm": {"image": IMAGE, **how}, "db": DB, "ui": {"image": "ghcr.io/open-webui/open-webui:v0.12.4"}}
    stack = stack_of({"compose.yaml": {"services": services}})
    said, document = stack.do("plan").stdout, stack.plan()
    assert "lowered from" not in said and "workers-lowered" not in {w["code"] for w in document["warnings"]}
    assert "nobody can tell how many it starts" in " ".join(said.split()) and "services-not-counted" in said
    services["litellm"] = {"image": IMAGE}
    (stack.path / "compose.yaml").write_text(yaml.safe_dump({"services": services}))
    assert "lowered from" in stack.do("plan").stdout


def database_of(stack, host, **others):
    """The database's row for a gateway that reaches it by this name, beside others with these variables."""
    gateway = {"image": IMAGE, "environment": {"DATABASE_URL": f"postgresql://u:p@{host}:5432/l"}}
    beside = {name: {"image": "example.org/own/thing:1", "mem_limit": "50m", "environment": variables} for name, variables in others.items()}
    (stack.path / "compose.yaml").write_text(yaml.safe_dump({"services": {"litellm": gateway, "db": DB, **beside}}))
    return stack.plan()["services"]["postgres"]


@pytest.mark.parametrize("how", [{"PGHOST": "tasks.db"}, {"DATABASE_URL": "postgres://a:b@tasks.db/x"}, {"URL": "http://tasks.db:80"}])
def test_a_swarms_name_of_a_service_is_the_service(stack_of, how):
    """Its database is planned, and so is what another one takes of it."""
    stack = stack_of({}, "vm-8g")
    assert database_of(stack, "tasks.db") == database_of(stack, "db")
    more = database_of(stack, "tasks.db", app={**how, "DB_POOL_SIZE": "80"})
    assert more["planned"] and more["limit_mib"] > database_of(stack, "db")["limit_mib"]
    assert database_of(stack, "db", app={"PGHOST": "mytasks.db", "DB_POOL_SIZE": "80"}) == database_of(stack, "db")


def test_no_most_is_told_where_there_is_no_limit(stack_of):
    ui = {"image": "ghcr.io/open-webui/open-webui:v0.12.4", "command": ["bash", "start.sh"], "environment": {"UVICORN_WORKERS": 4, "WHISPER_MODEL": "large-v3"}}
    said = stack_of({"compose.yaml": {"services": {"litellm": {"image": IMAGE}, "db": DB, "ui": ui}}}, "vm-8g").do("plan").stdout
    assert "several processes" in said and "at most 0" not in said
