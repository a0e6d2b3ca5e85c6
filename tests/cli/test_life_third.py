# SPDX-License-Identifier: MIT
"""The life of a stack, third part: slips that look like nothing at first. The style and the machine are those of test_life.py."""

import shutil

import pytest

from life import DIR, STATE

SALT, PASSWORD = "LITELLM_SALT_KEY", "POSTGRES_PASSWORD"
OTHER = "/opt/new"
THEIRS = """\
services:
  litellm:
    image: ghcr.io/berriai/litellm:main-stable
    command: ["--config", "/app/config.yaml", "--num_workers", "2"]
    deploy:
      resources:
        limits:
          memory: "3G"
"""


@pytest.fixture
def gateway(life):
    """A stack on a VPS of 4 GB."""
    life.on("vm-4g").apply()
    return life


def without(text, key):
    return "".join(line for line in text.splitlines(True) if not line.startswith(key + "="))


# A secret that the database was made with.

@pytest.mark.parametrize("key", [SALT, PASSWORD])
def test_a_wrong_secret_is_told_until_it_is_right(gateway, key):
    right = gateway.secrets()[key]
    gateway.edit(right, "sk-wrong", ".env")
    gateway.apply(says=f"{key} is another one than before")
    for command in ("plan", "status", "notice"):
        gateway.do(command, says=[f"{key} is another one than before", "kept.env, the oldest first"], never=["sk-wrong", right])
    assert f'"code":"secret-changed"' in gateway.do("notice --json").out.replace(": ", ":")
    gateway.edit("sk-wrong", right, ".env")
    gateway.apply(never=f"{key} is another")
    gateway.do("status", never=f"{key} is another")
    gateway.edit(right, "sk-wrong", ".env")
    gateway.apply(says=f"{key} is another one than before")


@pytest.mark.parametrize("key", [SALT, PASSWORD])
def test_of_several_secrets_that_come_back_it_is_told(gateway, key):
    right = gateway.secrets()[key]
    gateway.edit(right, "sk-wrong", ".env")
    gateway.apply()
    gateway.write(".env", without(gateway.read(".env"), key))
    for command in ("status", "plan", "apply --yes"):
        gateway.do(command, says=[f"{key}: several are kept, and the last comes back", "the oldest first"], never=["sk-wrong", right])
    assert gateway.secrets()[key] == "sk-wrong"
    gateway.rm(f"{DIR}/.env")
    gateway.apply(says=f"{key}: several are kept, and the last comes back")
    gateway.do("status", says=f"{key} is another one than before")


def test_a_secret_that_the_database_took_is_right_when_it_is_said(gateway):
    gateway.edit(gateway.secrets()[PASSWORD], "sk-taken", ".env")
    gateway.apply(says="copy the new line to the top of that file")
    kept = gateway.stores()[0] / "kept.env"
    kept.write_text(f"{PASSWORD}=sk-taken\n" + kept.read_text())
    gateway.do("status", never="is another one")
    gateway.apply("--port", "8090", never="is another one")
    gateway.do("status", never="is another one")


# What was asked for.

def test_what_was_asked_for_outlives_every_rollback(life):
    life.on("vm-4g").apply("--limits", "off", "--workers", "1", "--redis", "no")
    asked = life.read()
    for port in range(8091, 8097):
        life.apply("--port", str(port))
    for port in range(8095, 8090, -1):
        life.do("rollback --yes")
        assert f"{port}" in life.read(".env")
    before = life.files()
    for more in ("--dry-run", "--yes"):
        life.do(f"rollback {more}", code=1, says=["the oldest apply that is remembered", "nothing was changed", "N.before"])
    assert life.files() == before
    life.apply()
    assert life.read() == asked and "redis" not in life.services()
    assert "nothing is remembered" not in life.do("status").said


def test_the_first_apply_is_still_taken_back(gateway):
    for port in range(8091, 8096):
        gateway.apply("--port", str(port))
    for _ in range(5):
        gateway.do("rollback --yes")
    gateway.do("rollback --yes", says="everything is as it was before the first apply")
    assert not gateway.at(DIR).exists()


# What was kept by hand.

KEPT = "# vpsfit: kept as it was edited by hand"


def test_what_is_kept_by_hand_is_known_without_the_state(gateway):
    gateway.edit('memory: "1536M"', 'memory: "1800M"')
    gateway.apply("--keep-edits")
    assert f'memory: "1800M" {KEPT}' in gateway.read()
    gateway.purge()
    kept = gateway.read()
    gateway.apply(code=5, says="was edited by hand")
    assert gateway.read() == kept
    gateway.apply("--keep-edits")
    assert f'memory: "1800M" {KEPT}' in gateway.read()
    gateway.apply()
    assert f'memory: "1800M" {KEPT}' in gateway.read()
    gateway.purge()
    gateway.apply("--overwrite-edits")
    assert 'memory: "1800M"' not in gateway.read() and KEPT not in gateway.read()


def test_what_is_kept_by_hand_is_no_limit_of_vpsfits(gateway):
    gateway.edit('memory: "1536M"', 'memory: "1800M"')
    gateway.apply("--keep-edits")
    gateway.purge()
    gateway.apply("--limits", "off", "--keep-edits")
    assert 'memory: "1800M"' in gateway.read()


def test_what_is_kept_by_hand_in_somebody_elses_file_is_known_without_the_state(life):
    life.on("vm-4g")
    life.write("stack.yaml", THEIRS, "/srv/chat")
    said = ("--compose", "/srv/chat/stack.yaml")
    life.apply(*said)
    limit = next(line for line in life.read("stack.yaml", "/srv/chat").splitlines() if "memory:" in line)
    life.edit(limit, '          memory: "1999M" # vpsfit: for', "stack.yaml", "/srv/chat")
    life.apply(*said, "--keep-edits")
    assert KEPT in life.read("stack.yaml", "/srv/chat")
    life.purge()
    kept = life.read("stack.yaml", "/srv/chat")
    life.apply(*said, code=5)
    assert life.read("stack.yaml", "/srv/chat") == kept


# Compose's name for it.

def volumes(life, project, *names):
    for name in names or ("postgres_data", "open_webui_data"):
        life.write("PG_VERSION", "16", f"/var/lib/docker/volumes/{project}_{name}/_data")


def test_a_name_in_the_file_is_told_where_the_data_has_the_old_one(gateway):
    volumes(gateway, "ai-gateway")
    gateway.write("compose.yaml", "name: mygw\n" + gateway.read())
    said = "Compose names this stack 'mygw' now, and named it 'ai-gateway'"
    for command in ("plan", "status", "apply --yes", "status"):
        gateway.do(command, says=[said, "COMPOSE_PROJECT_NAME=ai-gateway in .env keeps the name"])
    gateway.write(".env", gateway.read(".env") + "COMPOSE_PROJECT_NAME=ai-gateway\n")
    gateway.do("status", never="Compose names this stack")


def test_a_name_in_the_file_from_the_start_is_not_told(life):
    life.on("vm-4g").apply()
    life.write("compose.yaml", "name: mygw\n" + life.read())
    volumes(life, "mygw")
    life.apply(never="Compose names this stack")
    life.do("status", never="Compose names this stack")


def test_a_name_in_somebody_elses_file_is_told(life):
    life.on("vm-4g")
    life.write("stack.yaml", THEIRS + """\
  db:
    image: postgres:16
    volumes: ["data:/var/lib/postgresql/data"]
volumes:
  data: {}
""", "/srv/chat")
    volumes(life, "chat", "data")
    said = ("--compose", "/srv/chat/stack.yaml")
    life.apply(*said)
    life.write("stack.yaml", "name: mine\n" + life.read("stack.yaml", "/srv/chat"), "/srv/chat")
    for _ in range(2):
        life.apply(*said, says="Compose names this stack 'mine' now, and named it 'chat'")


# A careful move: copied, applied, and only then removed.

def copied(life):
    volumes(life, "ai-gateway")
    shutil.copytree(life.at(DIR), life.at(OTHER))
    return life.apply("--dir", OTHER, "--port", "8099", says=[f"has the same secrets as the stack in {DIR}", "which are empty",
                      f"'vpsfit apply --dir {OTHER} --moved-from {DIR}'"], never="what was remembered of it is gone")


def test_a_copy_takes_the_name_along_when_the_old_one_is_gone(gateway):
    copied(gateway)
    said = ("--dir", OTHER, "--moved-from", DIR)
    gateway.apply(*said, code=2)
    gateway.rm(DIR)
    gateway.apply(*said, says="COMPOSE_PROJECT_NAME=ai-gateway keeps the name")
    assert "COMPOSE_PROJECT_NAME=ai-gateway\n" in gateway.read(".env", OTHER) and "8099" in gateway.read(".env", OTHER)
    gateway.do("notice", never="gone")
    gateway.apply(*said)
    gateway.do(f"plan --exit-code --dir {OTHER}", never="empty")
    secrets = gateway.secrets(OTHER)
    gateway.do(f"rollback --yes --dir {OTHER}")
    assert gateway.secrets(OTHER) == secrets


@pytest.mark.parametrize("begun", ["postgres_data", "open_webui_data"])
def test_a_copy_that_was_begun_loses_nothing(gateway, begun):
    copied(gateway)
    gateway.rm(DIR)
    volumes(gateway, "new", begun)
    before = gateway.files()
    gateway.apply("--dir", OTHER, "--moved-from", DIR, code=1, says=["was started as 'new'", f"vpsfit forget --dir {DIR}"])
    assert gateway.files() == before


def test_another_stack_takes_no_name_along(gateway):
    gateway.apply("--dir", OTHER, "--port", "8099")
    gateway.rm(DIR)
    gateway.apply("--dir", OTHER, "--moved-from", DIR, code=2, says="has a state of its own already")
    assert "COMPOSE_PROJECT_NAME" not in gateway.read(".env", OTHER)


def test_secrets_of_an_earlier_stack_are_no_measure_of_one_that_is_moved_there(gateway):
    gateway.apply("--dir", OTHER, "--port", "8099")
    gateway.rm(OTHER)
    gateway.do(f"forget --yes --dir {OTHER}")
    gateway.mv(DIR, OTHER)
    gateway.apply("--dir", OTHER, "--moved-from", DIR, never="is another one")
    gateway.do(f"status --dir {OTHER}", never="is another one")


# Keys of providers.

def test_a_providers_key_that_an_older_env_lost_is_told(gateway):
    older = gateway.read(".env")
    gateway.edit("OPENAI_API_KEY=", "OPENAI_API_KEY=sk-mykey", ".env")
    gateway.apply(never="had a value before")
    for text in (older, without(older, "OPENAI_API_KEY")):
        gateway.write(".env", text)
        for command in ("status", "plan", "apply --yes", "status"):
            gateway.do(command, says=["had a value before, and has none now: OPENAI_API_KEY", "kept.env"], never="sk-mykey")
            assert gateway.said.count("had a value before") == 1
        assert gateway.read(".env") == text, "nobody puts it back but a person"
    assert "OPENAI_API_KEY=sk-mykey" in (gateway.stores()[0] / "kept.env").read_text()
    gateway.write(".env", older.replace("OPENAI_API_KEY=", "# OPENAI_API_KEY="))
    gateway.do("status", never="had a value before")
