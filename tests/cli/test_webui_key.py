# SPDX-License-Identifier: MIT
"""
Open WebUI's own key: what makes it known to LiteLLM before Open WebUI starts, against a stand-in of LiteLLM's interface; and what of it
stands in the files. tests/stack/test_webui_key.py has the same in containers.
"""
import importlib.util
import json
import os
import re
import subprocess
import sys
import time

import pytest
import yaml

from before_the_key import taken_back
from conftest import ROOT, run

FILE = ROOT / "templates/litellm/vpsfit_key.py"
MASTER, KEY, OTHER = "sk-master-" + "m" * 30, "sk-webui-" + "w" * 30, "sk-other-" + "o" * 30


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stand_in = load("key_stand_in", ROOT / "tests/stack/key_stand_in.py")


class Gateway:
    def __init__(self, monkeypatch, capsys):
        self.keys = stand_in.Keys(MASTER)
        self.server = stand_in.serve(self.keys, "127.0.0.1", 0)
        self.monkeypatch, self.capsys = monkeypatch, capsys

    def up(self, key=KEY, master=MASTER, wait=3):
        """As 'docker compose up' does. Returns the exit status and what was printed."""
        step = load("vpsfit_key", FILE)
        self.monkeypatch.setattr(step, "BETWEEN", 0.02)
        self.monkeypatch.setattr(step, "ANSWER_WITHIN", 0.5)
        for name, value in {"LITELLM_URL": f"http://127.0.0.1:{self.server.server_port}", "LITELLM_MASTER_KEY": master,
                            "LITELLM_WEBUI_KEY": key, "WAIT_SECONDS": str(wait)}.items():
            self.monkeypatch.setenv(name, value)
        status = 0
        try:
            step.main()
        except step.GiveUp as error:
            step.say(f"failed: {error}")
            status = 1
        finally:
            step.signal.alarm(0)
        said = self.capsys.readouterr().out
        assert MASTER not in said and KEY not in said and OTHER not in said
        return status, said


@pytest.fixture
def gateway(monkeypatch, capsys):
    made = Gateway(monkeypatch, capsys)
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_first_start_makes_it_known_for_models_only(gateway):
    status, said = gateway.up()
    assert status == 0 and "is made known" in said
    [row] = gateway.keys.rows.values()
    assert row["allowed_routes"] == ["llm_api_routes"] and row["key_alias"].startswith("open-webui-")
    assert gateway.keys.role(KEY) == "key"


def test_no_path_has_the_key_in_it(gateway):
    gateway.up()
    assert len(gateway.keys.asked) == 4 and not any(KEY in path for path in gateway.keys.asked)


def test_again_nothing_is_done(gateway):
    gateway.up()
    rows = json.dumps(gateway.keys.rows)
    status, said = gateway.up()
    assert status == 0 and "LiteLLM knows Open WebUI's key" in said and json.dumps(gateway.keys.rows) == rows
    assert gateway.keys.asked.count("/key/generate") == 1


def test_a_changed_key_comes_beside_the_old_one(gateway):
    """Open WebUI goes on with the one in its database until somebody puts in the new one there."""
    gateway.up()
    status, said = gateway.up(OTHER)
    assert status == 0 and "Admin Panel > Settings > Connections" in said
    assert gateway.keys.role(KEY) == gateway.keys.role(OTHER) == "key"


@pytest.mark.parametrize("mark, state", [({"blocked": True}, "revoked"), ({"deleted_at": "2026-11-26"}, "deleted")])
def test_what_an_administrator_took_back_is_not_brought_back(gateway, mark, state):
    gateway.up()
    gateway.keys.rows[stand_in.digest(KEY)].update(mark)
    status, said = gateway.up()
    assert status == 0 and f"as {state}" in said and gateway.keys.role(KEY) is None


def test_a_slow_litellm_is_waited_for(gateway):
    gateway.keys.words, gateway.keys.began = "slow 0.4", time.monotonic()
    status, said = gateway.up()
    assert status == 0 and "waiting: LiteLLM is not ready (it answers 503)" in said and said.count("waiting") == 1


@pytest.mark.parametrize("words, why", [
    ("unready", "LiteLLM is not ready (it answers 503)"), ("broken", "LiteLLM cannot look the key up (it answers 500)"),
    ("down", "LiteLLM does not answer"), ("hang", "LiteLLM does not answer"), ("garbage", "LiteLLM cannot look the key up (it answers 404)")])
def test_what_does_not_answer_is_given_up_in_time(gateway, words, why):
    gateway.keys.words = words
    began = time.monotonic()
    status, said = gateway.up(wait=0.6)
    assert status == 1 and time.monotonic() - began < 3
    if words == "garbage":
        assert "failed: " in said
    else:
        assert f"failed: {why}" in said and "docker compose logs litellm" in said


def test_nobody_listens(gateway):
    gateway.server.shutdown()
    gateway.server.server_close()
    status, said = gateway.up(wait=0.3)
    assert status == 1 and "does not answer (ConnectionRefusedError)" in said


def test_another_master_key_is_said_soon(gateway):
    status, said = gateway.up(master="sk-another-" + "x" * 20, wait=30)
    assert status == 1 and "does not take LITELLM_MASTER_KEY" in said and "--force-recreate litellm" in said


def test_without_a_database_the_master_key_stays(gateway):
    gateway.keys.words = "no-database"
    status, said = gateway.up()
    assert status == 1 and "without a database" in said and "LITELLM_WEBUI_KEY" in said
    status, said = gateway.up(key=MASTER)
    assert status == 0 and "is the master key" in said


def test_what_litellm_forbids_is_told_in_its_words(gateway):
    gateway.keys.words = "no-custom-keys"
    status, said = gateway.up()
    assert status == 1 and "Custom API key values are disabled by your administrator" in said


@pytest.mark.parametrize("key", ["", "sk-short", "made-by-vpsfit-apply", "KEY-" + "x" * 40])
def test_what_is_no_key_is_not_sent(gateway, key):
    status, said = gateway.up(key=key)
    assert status == 1 and "is no key that LiteLLM takes" in said and gateway.keys.asked == []


def test_as_the_container_runs_it(gateway):
    """By itself, with nothing in its arguments; a proxy that the environment names gets nothing."""
    entry = yaml.safe_load((ROOT / "templates/compose.yaml").read_text())["services"]["webui-key"]["entrypoint"]
    done = subprocess.run([sys.executable, *entry[1:-1], FILE], capture_output=True, text=True, timeout=20, env={
        "LITELLM_URL": f"http://127.0.0.1:{gateway.server.server_port}", "LITELLM_MASTER_KEY": MASTER, "LITELLM_WEBUI_KEY": KEY,
        "WAIT_SECONDS": "5", "http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"})
    assert done.returncode == 0 and "is made known" in done.stdout and done.stderr == ""


@pytest.fixture
def written(machine):
    root = machine("vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    return root


def services(root):
    return yaml.safe_load((root / "opt/ai-gateway/compose.yaml").read_text())["services"]


def key_of(root):
    return re.search(r"^LITELLM_WEBUI_KEY=(.*)$", (root / "opt/ai-gateway/.env").read_text(), re.M)


def test_the_master_key_is_where_keys_are_made_and_nowhere_else(written):
    text = {name: json.dumps(s) for name, s in services(written).items()}
    assert {name for name, t in text.items() if "${LITELLM_MASTER_KEY" in t} == {"litellm", "webui-key"}
    assert {name for name, t in text.items() if "${LITELLM_WEBUI_KEY" in t} == {"open-webui", "webui-key"}
    assert re.fullmatch("sk-[0-9a-f]{64}", key_of(written).group(1))
    assert os.stat(written / "opt/ai-gateway/.env").st_mode & 0o777 == 0o600


def test_it_is_kept_and_comes_back(written):
    first, env = key_of(written).group(1), written / "opt/ai-gateway/.env"
    assert run("apply", "--yes", "--sysroot", written, "--workers", "1").returncode == 0
    assert key_of(written).group(1) == first
    env.write_text(re.sub(r"^LITELLM_WEBUI_KEY=.*\n", "", env.read_text(), flags=re.M))
    assert "lacks a secret" in run("status", "--sysroot", written).stdout
    assert run("apply", "--yes", "--sysroot", written).returncode == 0
    assert key_of(written).group(1) == first


def test_the_step_is_in_no_sum(written):
    plan = json.loads(run("plan", "--json", "--sysroot", written).stdout)
    assert "webui-key" not in json.dumps({k: v for k, v in plan.items() if k not in ("changes",)})
    assert plan["totals"]["beside_mib"] == 0 and plan["changes"] == []


def earlier(root):
    taken_back(root / "opt/ai-gateway")


def test_a_stack_from_before_is_told_and_left(written):
    earlier(written)
    before = {p: p.read_bytes() for p in (written / "opt/ai-gateway").rglob("*") if p.is_file()}
    done = run("apply", "--yes", "--sysroot", written)
    assert done.returncode == 0
    said = re.sub(r"\s+", " ", done.stderr)
    assert "has LiteLLM's master key" in said and "Admin Panel > Settings > Connections" in said
    assert {p: p.read_bytes() for p in (written / "opt/ai-gateway").rglob("*") if p.is_file()} == before
    assert "lacks a secret" not in run("status", "--sysroot", written).stdout


def test_who_follows_the_words_gets_key_and_file_and_no_more_words(written):
    now = (written / "opt/ai-gateway/compose.yaml").read_bytes()
    earlier(written)
    assert run("apply", "--yes", "--sysroot", written).returncode == 0
    (written / "opt/ai-gateway/compose.yaml").write_bytes(now)
    done = run("apply", "--yes", "--sysroot", written)
    assert done.returncode == 0 and "master key" not in done.stderr, done.stderr
    assert key_of(written) and (written / "opt/ai-gateway/litellm/vpsfit_key.py").is_file()


def test_a_stack_without_a_database_is_told(written):
    (written / "opt/ai-gateway/compose.override.yaml").write_text("services:\n  litellm:\n    environment:\n      DATABASE_URL: !reset null\n")
    said = re.sub(r"\s+", " ", run("plan", "--sysroot", written).stderr)
    assert "has no database" in said and "LITELLM_WEBUI_KEY= in .env" in said


def test_new_images_move_it_too(written):
    compose = written / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace("litellm:v1.110.2", "litellm:v1.89.0"))
    assert run("apply", "--yes", "--sysroot", written, "--images", "new").returncode == 0
    assert services(written)["webui-key"]["image"] == services(written)["litellm"]["image"] == "ghcr.io/berriai/litellm:v1.110.2"
