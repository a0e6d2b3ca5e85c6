# SPDX-License-Identifier: MIT
"""
A database elsewhere, for one machine: asked for by an answers file or .env, never by a flag; out of the compose file as a block, back as one,
with whoever's lines are around it; nothing of it where others read; and nobody's stack is moved to another database unasked.
"""
import json
import os
import shutil

import pytest
import yaml

from conftest import ROOT, run
from test_compose_set import COMPOSE1, COMPOSE2, config
from test_stack import env_of

URL = "postgresql://gate:a-pass-word@db.example.net:5432/litellm?sslmode=require"
OURS = "postgresql://litellm:${POSTGRES_PASSWORD:?run vpsfit apply to make it}@postgres:5432/litellm"
THEIRS = "${DATABASE_URL:?write it into .env}"


class Stack:
    def __init__(self, place):
        self.dir, self.state, self.place = place / "stack", place / "state", place

    def answers(self, value):
        path = self.place / "answers.yaml"
        path.write_text(f"database-url: {value}\n")
        path.chmod(0o600)
        return ("--answers", path)

    def run(self, command, *more):
        # What runs beside the tests is no matter of theirs.
        usual = () if "--open-webui" in more else ("--open-webui", "full")
        return run(command, "--force", *usual, "--workers", "2", "--ram", "4G", "--cpus", "2", "--swap", "none", "--overhead", "480", "--dir", self.dir, "--state",
                   self.state, *more)

    def apply(self, *more, code=0):
        done = self.run("apply", "--yes", *more)
        assert done.returncode == code and "a-pass-word" not in done.stdout + done.stderr, done.stderr
        return done

    def plan(self, *more):
        return json.loads(self.run("plan", "--json", *more).stdout)

    @property
    def text(self):
        return (self.dir / "compose.yaml").read_text()

    @property
    def compose(self):
        return yaml.safe_load(self.text)

    def edit(self, *pairs):
        text = self.text
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        (self.dir / "compose.yaml").write_text(text)

    def env(self):
        return env_of(self.dir)


@pytest.fixture
def stack(tmp_path):
    return Stack(tmp_path)


@pytest.fixture
def own(stack):
    """One with a database of its own."""
    stack.apply()
    return stack


def is_elsewhere(stack):
    services = stack.compose["services"]
    assert "postgres" not in services and services["litellm"]["environment"]["DATABASE_URL"] == THEIRS
    assert "depends_on" not in services["litellm"] and stack.env()["DATABASE_URL"] == URL
    return True


def readable(place):
    """What others than the owner could read below the directory."""
    for base, _, names in os.walk(place):
        for name in names:
            path = os.path.join(base, name)
            if os.stat(path).st_mode & 0o077:
                with open(path, errors="replace") as file:
                    yield path, file.read()


def test_a_new_stack_has_none_of_its_own(stack):
    plan = stack.plan(*stack.answers(URL))
    assert plan["database"] == "elsewhere" and "postgres" not in plan["services"]
    usual = stack.plan()
    assert "database" not in usual
    cost = usual["services"]["postgres"]
    assert plan["totals"]["total_mib"] == usual["totals"]["total_mib"] - cost["expected_mib"]
    assert plan["max_connections"] == usual["max_connections"] == plan["workers"] * plan["pool_size"] + 20
    said = next(w["text"] for w in plan["warnings"] if w["code"] == "database-elsewhere")
    assert f"allow {plan['max_connections']} connections" in said and "'SHOW max_connections' in it tells" in said
    line = next(t.strip() for t in stack.run("plan", *stack.answers(URL)).stdout.splitlines() if t.strip().startswith("vpsfit apply"))
    assert f"--answers {stack.answers(URL)[1]}" in line, "what has no flag is said by naming the file"
    done = stack.apply(*stack.answers(URL))
    assert is_elsewhere(stack) and "POSTGRES_PASSWORD" not in stack.env()
    assert "database-moves" not in done.stderr and "is taken out" not in done.stderr
    assert "none: " in stack.run("plan").stdout.split("Changes")[1], "what was answered once holds, by .env"
    assert stack.plan()["database"] == "elsewhere"


@pytest.mark.parametrize("tool", [COMPOSE1, COMPOSE2], ids=["compose1", "compose2"])
def test_compose_takes_it(stack, tool):
    stack.apply(*stack.answers(URL))
    assert config(stack.dir, tool=tool)["services"]["litellm"]["environment"]["DATABASE_URL"] == URL


def test_its_address_is_where_nobody_else_reads(own, tmp_path):
    own.apply(*own.answers(URL))
    shown = own.run("plan", *own.answers(URL.replace("a-pass-word", "a-pass-word-2"))).stdout
    shown += own.run("plan", "--json", *own.answers(URL.replace("a-pass-word", "a-pass-word-2"))).stdout
    shown += run("status", "--dir", own.dir, "--state", own.state).stdout
    assert "DATABASE_URL" in shown and "a-pass-word" not in shown
    assert not [path for path, text in readable(tmp_path) if "a-pass-word" in text and "answers" not in path]


def test_a_stack_with_its_own_is_moved_and_told_of_its_data(own):
    before = own.text
    done = own.apply(*own.answers(URL))
    assert is_elsewhere(own) and own.env()["POSTGRES_PASSWORD"], "it is needed again when the database comes back"
    said = " ".join(done.stderr.split())
    assert "stay behind in postgres_data" in said and "nothing deleted" in said and "pg_dump" in said and "LITELLM_SALT_KEY stays" in said
    assert "postgres_data" in own.compose["volumes"]
    done = own.apply(*own.answers("none"))
    assert "comes back into the stack" in done.stderr and "nothing of it is copied" in done.stderr
    after = own.compose
    assert after["services"] == yaml.safe_load(before)["services"] and own.env()["DATABASE_URL"] == URL
    assert "database-url-unread" in [w["code"] for w in own.plan()["warnings"]]


def test_a_rollback_brings_it_back(own):
    before = own.text, (own.dir / ".env").read_text()
    own.apply(*own.answers(URL))
    assert run("rollback", "--yes", "--dir", own.dir, "--state", own.state).returncode == 0
    assert (own.text, (own.dir / ".env").read_text()) == before


def test_what_a_person_wrote_around_it_stays(own):
    own.edit(("\n  postgres:\n", "\n  # the old one\n  postgres: # ours\n"), ("      postgres:\n", "      postgres: # first\n"),
             ("@postgres:5432/litellm\"", "@postgres:5432/litellm\" # the way there"))
    own.apply(*own.answers(URL))
    assert is_elsewhere(own) and all(word in own.text for word in ("# the old one", "# ours", "# first", "# the way there"))


def test_others_that_are_waited_for_stay(own):
    own.edit(("        condition: service_healthy\n", "        condition: service_healthy\n      redis:\n        condition: service_started\n"))
    own.apply(*own.answers(URL))
    assert own.compose["services"]["litellm"]["depends_on"] == {"redis": {"condition": "service_started"}}
    own.apply(*own.answers("none"))
    assert set(own.compose["services"]["litellm"]["depends_on"]) == {"redis", "postgres"}


PGADMIN = "  admin:\n    image: dpage/pgadmin4\n    {}\n\nnetworks:\n"
IN_THE_WAY = {
    "its settings": ("services/postgres", [("work_mem=4MB", "work_mem=8MB")]),
    "the address": ("DATABASE_URL of litellm was edited", [("5432/litellm\"", "5432/litellm?x=1\"")]),
    "who uses it": ("'admin' uses it too", [("networks:\n  gateway:\n    driver", PGADMIN.format(
        "environment: {PG: 'postgres://u@postgres/x'}") + "  gateway:\n    driver")]),
    "who waits for it": ("'admin' needs it", [("networks:\n  gateway:\n    driver", PGADMIN.format(
        "depends_on: [postgres]") + "  gateway:\n    driver")]),
    "another name": ("it is called 'db' here", [("\n  postgres:\n", "\n  db:\n"), ("@postgres:", "@db:"), ("      postgres:\n", "      db:\n")]),
    "another image": ("services/postgres", [("image: postgres:16", "image: postgres:17")]),
}


@pytest.mark.parametrize("what", IN_THE_WAY)
def test_what_stands_in_the_way_is_named_and_nothing_written(own, what):
    why, pairs = IN_THE_WAY[what]
    own.edit(*pairs)
    before = own.text, (own.dir / ".env").read_text()
    done = own.apply("--keep-edits", *own.answers(URL), code=1)
    assert why in done.stderr and "do it by hand" in done.stderr and (own.text, (own.dir / ".env").read_text()) == before


@pytest.mark.parametrize("text", ["services: {postgres: {shm_size: 1g}}\n", "services: {litellm: {environment: {DATABASE_URL: x}}}\n"])
def test_another_file_in_the_way(own, text):
    (own.dir / "compose.override.yaml").write_text(text)
    done = own.apply(*own.answers(URL), code=1)
    assert "too; nothing was written" in done.stderr


def test_by_hand_it_is_the_same(own):
    """What the message says, done: from then on the stack is one without."""
    text = own.text
    own.apply(*own.answers(URL))
    by_hand = own.text
    run("rollback", "--yes", "--dir", own.dir, "--state", own.state)
    assert own.text == text
    (own.dir / "compose.yaml").write_text(by_hand.replace("    # The image has neither", "    # mine\n    # The image has neither"))
    with open(own.dir / ".env", "a") as env:
        env.write(f"DATABASE_URL={URL}\n")
    own.apply()
    assert is_elsewhere(own) and "# mine" in own.text


def test_no_line_of_env_moves_a_stack(own):
    with open(own.dir / ".env", "a") as env:
        env.write(f"DATABASE_URL={URL}\n")
    done = own.apply()
    assert "postgres" in own.compose["services"] and "which stays in use" in done.stderr


def test_env_alone_says_it_for_a_new_stack(own):
    with open(own.dir / ".env", "a") as env:
        env.write(f"DATABASE_URL={URL}\n")
    (own.dir / "compose.yaml").unlink()
    shutil.rmtree(own.state)
    own.apply()
    assert is_elsewhere(own)


def test_a_line_that_is_lost_comes_back_or_is_asked_for(own):
    own.apply(*own.answers(URL))
    env = own.dir / ".env"
    env.write_text("".join(line for line in env.read_text().splitlines(True) if "DATABASE_URL" not in line))
    assert "DATABASE_URL: put back" in own.apply().stdout and is_elsewhere(own)
    env.write_text("".join(line for line in env.read_text().splitlines(True) if "DATABASE_URL" not in line))
    shutil.rmtree(own.state)
    done = own.apply(code=1)
    assert "DATABASE_URL is missing, no copy of it is kept" in done.stderr and "none for a database" in " ".join(done.stderr.split())


def test_the_slim_image_keeps_its_documents_there(stack):
    done = stack.apply("--open-webui", "slim", *stack.answers(URL), code=2)
    assert "keeps its documents in vpsfit's own database" in done.stderr
    stack.apply("--open-webui", "slim")
    done = stack.apply(*stack.answers(URL), code=1)
    assert "'open-webui' uses it too" in done.stderr
    small = json.loads(run("plan", "--json", "--force", "--ram", "2G", "--cpus", "1", "--dir", stack.place / "new", "--state", stack.place / "s2",
                           *stack.answers(URL)).stdout)
    assert not [w for w in small["warnings"] if w["code"].startswith("smaller")], "none is offered, and none chosen"


def test_it_is_no_flag_and_not_for_somebody_elses_file(stack):
    for words in ([f"--database-url={URL}"], ["--database-url", URL]):
        done = run("apply", *words)
        assert done.returncode == 2 and "put 'database-url' into an answers file" in done.stderr and "a-pass" not in done.stderr
    theirs = stack.place / "theirs.yaml"
    theirs.write_text("services: {litellm: {image: ghcr.io/berriai/litellm:v1.110.2}}\n")
    done = run("plan", "--compose", theirs, *stack.answers(URL))
    assert done.returncode == 2 and "takes no database-url with --compose" in done.stderr and "a-pass" not in done.stderr


def test_a_stack_of_010_moves_too(tmp_path):
    stack = Stack(tmp_path)
    shutil.copytree(ROOT / "tests/cli/0.1.0/stack/opt/ai-gateway", stack.dir)
    stack.apply("--open-webui", "full")
    stack.apply(*stack.answers(URL))
    assert is_elsewhere(stack)


def test_sizes_and_an_export_know_it(stack):
    rows = [json.loads(run("sizes", "--json", *more).stdout)["sizes"][2]["idle_mib"] for more in ((), stack.answers(URL))]
    assert rows[1] < rows[0]
    stack.apply(*stack.answers(URL))
    out = stack.place / "out"
    done = run("export", "--format", "swarm", "--node", "a=8G,4", "--dir", stack.dir, "--output", out)
    assert done.returncode == 0 and "a-pass" not in done.stdout + done.stderr, done.stderr
    assert "postgres" not in yaml.safe_load((out / "stack.yaml").read_text())["services"] and f"DATABASE_URL={URL}\n" in (out / ".env").read_text()


def test_without_limits_and_state_it_is_still_known(stack):
    stack.apply("--limits", "off", *stack.answers(URL))
    shutil.rmtree(stack.state)
    stack.apply("--limits", "off")
    assert is_elsewhere(stack)
