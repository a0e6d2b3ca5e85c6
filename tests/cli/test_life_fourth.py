# SPDX-License-Identifier: MIT
"""The life of a stack, fourth part: what a person edits, and what comes back of it. As in test_life.py."""

import os
import re
import shutil

import pytest
import yaml

from conftest import run
from life import DIR, STATE
from test_life import running


@pytest.fixture
def gateway(life):
    """A stack on a VPS of 4 GB."""
    life.on("vm-4g").apply()
    return life


# Overrides.

OVERRIDE = "services:\n  litellm:\n    deploy:\n      resources:\n        limits:\n          memory: 2500M\n"


def test_what_was_written_into_an_override_is_vpsfits(life):
    """Asked to, an apply took the limit there over: on a smaller machine it follows the plan."""
    life.on("vm-8g").apply()
    life.write("compose.override.yaml", OVERRIDE)
    life.do("plan", says="litellm limit stays 2500M")
    life.apply("--overwrite-edits")
    wrote = life.read("compose.override.yaml")
    assert "2500M" not in wrote
    life.do("plan --exit-code", never="By hand")
    life.resize("vm-4g").apply(never="stays")
    assert life.read("compose.override.yaml") != wrote
    limits = [yaml.safe_load(life.read("compose.override.yaml"))["services"]["litellm"]["deploy"]["resources"]["limits"]["memory"]]
    life.do("plan --exit-code --json")
    assert limits == ["1536M"] and yaml.safe_load(life.out)["fits"]
    # What a person writes there afterwards is theirs again, also where it is what vpsfit once wrote.
    life.edit("1536M", "2100M", "compose.override.yaml")
    life.apply(says="litellm limit stays 2100M")
    life.resize("vm-8g").apply(says="litellm limit stays 2100M")


def test_an_override_that_says_the_same_is_a_persons(life):
    life.on("vm-8g").apply()
    limit = yaml.safe_load(life.read())["services"]["litellm"]["deploy"]["resources"]["limits"]["memory"]
    life.write("compose.override.yaml", OVERRIDE.replace("2500M", limit))
    life.apply()
    life.resize("vm-4g").do("plan", says=f"litellm limit stays {limit}")


# Lost.

def test_files_that_come_back_without_what_a_person_wrote_are_named(gateway):
    """The second apply writes config.yaml, so that its history has the model there; nginx.conf is in no copy but the package's."""
    gateway.edit("model_list:\n", "model_list:\n  - model_name: own\n    litellm_params:\n      model: openai/own\n", "litellm/config.yaml")
    gateway.edit("worker_processes", "# mine\nworker_processes", "nginx/nginx.conf")
    config = gateway.read("litellm/config.yaml")
    gateway.edit("database_connection_pool_limit: 5", "database_connection_pool_limit: 6", "litellm/config.yaml")
    gateway.apply("--overwrite-edits")
    assert gateway.read("litellm/config.yaml") == config
    gateway.rm(DIR)
    gateway.at(DIR).mkdir()
    gateway.write("litellm/vpsfit_key.py", "")
    gateway.apply("--overwrite-edits", says=["litellm/config.yaml: warning: is gone, and comes back as vpsfit wrote it last",
                        "nginx/nginx.conf: warning: is gone, and comes back as the package has it", "is in no copy of vpsfit's"])
    assert gateway.read("litellm/config.yaml") == config and "# mine" not in gateway.read("nginx/nginx.conf")
    gateway.do("plan --exit-code", never="is gone")


# What is in use by the minute.

def test_a_limit_does_not_follow_every_mib(life):
    """nginx holds 5 MiB or 6: its limit, which follows in steps of 64, stays as it was written; a lasting change moves it."""
    life.on("vm-4g").do("apply --yes")

    def holds(mib, limit):
        running(life, 1500, litellm=(700, 1920, 2), open_webui=(700, 1280, 0), postgres=(100, 260, 0), nginx=(mib, limit, 0))

    holds(6, 50)
    life.do("plan --exit-code", never="50M -> ")
    holds(20, 50)
    life.do("apply --yes", says="50M -> 64M")
    for mib in (6, 5):
        holds(mib, 64)
        life.do("plan --exit-code", never="64M -> ")
        life.do("notice", never="would write")


# Two names.

def test_no_stale_copy_is_advised_before_a_live_file(gateway):
    """compose.yaml was fitted by its name, renamed and fitted under the new one: the old copy would go before it."""
    shutil.copytree(gateway.at(DIR), gateway.at("/srv/f"))
    gateway.rm(DIR)
    gateway.purge()
    gateway.apply("--compose", "/srv/f/compose.yaml")
    gateway.mv("/srv/f/compose.yaml", "/srv/f/docker-compose.yml")
    gateway.apply("--compose", "/srv/f/docker-compose.yml", "--workers", "3")
    gateway.do("notice", says=["/srv/f/compose.yaml is gone", "vpsfit forget --compose /srv/f/compose.yaml"], never=["cp ", ".after"])
    gateway.do("status --compose /srv/f/compose.yaml", never=["cp ", ".after"])
    gateway.do("apply --yes --compose /srv/f/compose.yaml", code=1, never=["cp ", ".after"])
    # Where nothing is under another name, the copy is the way back.
    gateway.rm("/srv/f/docker-compose.yml")
    gateway.do("notice", says="cp ")


def test_a_compose_file_that_only_compose_file_names(gateway):
    """It is not missed under its old name; where the line is lost, no old copy takes its place, and it is named."""
    gateway.mv(f"{DIR}/compose.yaml", f"{DIR}/gateway.yaml")
    gateway.write(".env", gateway.read(".env") + "COMPOSE_FILE=gateway.yaml\n")
    gateway.do("apply --yes", "--cost-model", "seed-2025-11")
    gateway.do("notice --exit-code", never="vpsfit")
    gateway.edit("services:\n", "# mine\nservices:\n", "gateway.yaml")
    gateway.edit("COMPOSE_FILE=gateway.yaml\n", "", ".env")
    before = gateway.files()
    for line, code in (("plan", 1), ("apply --yes", 1)):
        gateway.do(line, code=code, says=["gateway.yaml: error: is a compose file of this stack", "COMPOSE_FILE=gateway.yaml"])
    gateway.do("notice", says="gateway.yaml")
    assert gateway.files() == before
    gateway.mv(f"{DIR}/gateway.yaml", f"{DIR}/compose.yaml")
    gateway.apply()
    assert "# mine" in gateway.read()


# A service that was edited.

def test_an_edited_redis_counts_as_long_as_it_stays(gateway):
    """`--redis no` leaves a block with somebody's line in it: it runs on, so the sums have it, and --overwrite-edits takes it out."""
    gateway.edit("\n  redis:\n", "\n  redis:\n    labels: [mine]\n")
    for line in ("plan", "apply --yes"):
        gateway.do(line, "--redis", "no", says=["redis is not taken out: it was edited by hand (services/redis)", "it is counted",
                                              "--overwrite-edits takes it out"])
        assert re.search(r"(?m)^redis +\d+", gateway.out)
    assert "  redis:" in gateway.read()
    gateway.services()
    gateway.do("apply --yes --redis no --overwrite-edits", says="redis is taken out")
    assert not re.search("(?m)^  redis:", gateway.read()) and not re.search(r"(?m)^redis +\d+", gateway.out)
    gateway.services()
    gateway.do("plan --exit-code", never="redis is")


# Small things that were said.

def test_a_stack_that_was_taken_up_has_nothing_to_hide(gateway):
    """config.yaml is 0644, as vpsfit writes it: .env alone has secrets."""
    gateway.edit("model_list:\n", "# mine\nmodel_list:\n", "litellm/config.yaml")
    gateway.purge()
    gateway.apply()
    gateway.do("status", never="others can read it")
    os.chmod(gateway.at(DIR) / ".env", 0o644)
    gateway.do("status", says=".env: others can read it")


def test_a_compose_file_from_before_the_domain(gateway):
    before = gateway.read()
    gateway.apply("--domain", "a.example.org")
    gateway.write("compose.yaml", before)
    gateway.do("plan", says="'vpsfit apply --domain a.example.org' puts the service in again that does", never="into the ports")
    gateway.apply("--domain", "a.example.org")
    assert "caddy" in gateway.services()
    gateway.do("plan --exit-code", never="has no effect")


def test_a_second_move_is_one_thing(gateway):
    gateway.mv(DIR, "/srv/a")
    gateway.do("notice")
    gateway.obey("--yes")
    gateway.mv("/srv/a", "/srv/b")
    gateway.do("notice", says=["the stack in /srv/a is gone", "--dir /srv/b --moved-from /srv/a"], never="its state is missing")
    assert len(gateway.commands()) == 1


# Taken back, with edits.

def test_a_rollback_that_keeps_all_uses_up_nothing(gateway):
    """Only compose.yaml was written, and a line in it is somebody's: the answer that was given stays remembered."""
    gateway.apply("--workers", "3")
    gateway.edit("services:\n", "# mine\nservices:\n")
    before = gateway.files()
    gateway.do("rollback --yes", code=5, says=["--keep-edits leaves this file as it is", "keeps a copy"])
    gateway.do("rollback --yes --keep-edits", code=5, says=["nothing to go back to", "compose.yaml", "edited by hand"], never="Done")
    gateway.do("rollback --dry-run --keep-edits", code=5, says="nothing to go back to")
    assert gateway.files() == before
    gateway.do("plan --exit-code", says="Remembered workers 3")


def test_a_rollback_keeps_a_copy_of_what_it_overwrites(gateway):
    gateway.apply("--workers", "3")
    gateway.edit("services:\n", "# mine\nservices:\n")
    edited = gateway.read()
    gateway.do("rollback --yes --overwrite-edits", says=f"keep /{STATE}/{gateway.stores()[0].name}/kept/")
    assert "# mine" not in gateway.read()
    copies = list(gateway.stores()[0].glob("kept/*/compose.yaml"))
    assert [p.read_text() for p in copies] == [edited] and copies[0].stat().st_mode & 0o777 == 0o600
    # Also where the whole stack goes.
    gateway.edit("services:\n", "# more\nservices:\n")
    gateway.write(".env", gateway.read(".env") + "MINE=1\n")
    gateway.do("rollback --yes --overwrite-edits --json")
    kept = yaml.safe_load(gateway.out)["edits_kept"]
    assert not gateway.at().exists() and "# more" in gateway.read("compose.yaml", kept) and "MINE=1" in gateway.read(".env", kept)
