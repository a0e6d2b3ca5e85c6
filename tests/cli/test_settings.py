# SPDX-License-Identifier: MIT
"""The written stack works: models that services ask one another for, the log of spending, the health check; and what older stacks are told."""

import http.server
import re
import subprocess
import threading

import pytest
import yaml

from conftest import ROOT, run
from earlier import NOTHING, TOLD, Case, only_told, recorded

TEMPLATES = ROOT / "templates"
SERVICES = yaml.safe_load((TEMPLATES / "compose.yaml").read_text())["services"]
CONFIG = yaml.safe_load((TEMPLATES / "litellm/config.yaml").read_text())
NAMES = {model["model_name"] for model in CONFIG["model_list"]}


def test_open_webui_asks_for_models_that_litellm_has():
    asked = SERVICES["open-webui"]["environment"]
    assert {asked["RAG_EMBEDDING_MODEL"], asked["AUDIO_STT_MODEL"]} <= NAMES


def test_the_log_of_spending_has_an_end():
    settings = CONFIG["general_settings"]
    assert settings["maximum_spend_logs_retention_period"] == "30d" and settings["maximum_spend_logs_retention_interval"] == "1d"
    assert settings["store_prompts_in_spend_logs"] is False


def test_a_worker_takes_no_more_than_it_holds():
    """More than the 50 streams that a stack is measured with, and what 5 MiB each come to fits above what one worker takes at rest."""
    most = CONFIG["general_settings"]["max_in_flight_requests_per_worker"]
    limit = int(SERVICES["litellm"]["deploy"]["resources"]["limits"]["memory"].removesuffix("M"))
    assert 50 < most and most * 5 <= limit - 930


def test_nobody_is_recycled():
    """A recycled worker cuts off streams, and with one worker the gateway stops answering until it is there again."""
    assert not [word for word in SERVICES["litellm"]["command"] if "max_requests" in word]


@pytest.mark.parametrize("status, healthy", [(200, True), (503, False), (None, False)])
def test_the_health_check_sees_readiness(status, healthy):
    """200 where the database answers, 503 where it or the worker's engine for it is dead; nobody listens while the database migrates."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    if status is None:
        server.shutdown()
        server.server_close()
    test = SERVICES["litellm"]["healthcheck"]["test"]
    assert test[:3] == ["CMD", "python3", "-c"] and ":4000/" in test[3]
    done = subprocess.run(["/usr/bin/python3", "-c", test[3].replace(":4000/", f":{port}/")], capture_output=True, timeout=60)
    assert (done.returncode == 0) == healthy
    assert asked == (["/health/readiness"] if status else [])
    if status:
        server.shutdown()
        server.server_close()


@pytest.fixture
def earlier_stack(machine):
    found, more = recorded()["whole 4-gib"]
    case = Case(machine(more["machine"]), found)
    case.call("apply", "--yes", "--redis", "no")
    return case


def told(case):
    return case.call("plan").stderr


def test_a_new_stack_is_told_nothing(stack):
    root, _ = stack
    assert run("plan", "--sysroot", root).stderr == ""


def test_a_stack_of_0_1_0_is_told_and_left(earlier_stack):
    """When requests are deleted, and what Open WebUI has in its database, is for a person to say."""
    case = earlier_stack
    folder = case.root / "opt/ai-gateway"
    assert only_told(told(case))
    text = told(case)
    for word in ("Admin Panel > Settings > Documents", "text-embedding-3-small", "Admin Panel > Settings > Audio", "whisper-1",
                 'maximum_spend_logs_retention_period: "30d"', "requests older than 30 days are then deleted"):
        assert word in text, word
    assert "maximum_spend_logs" not in (folder / "litellm/config.yaml").read_text()
    assert "RAG_EMBEDDING_MODEL" not in (folder / "compose.yaml").read_text()


def test_each_note_ends_when_its_line_is_there(earlier_stack):
    case = earlier_stack
    folder = case.root / "opt/ai-gateway"
    compose, config = folder / "compose.yaml", folder / "litellm/config.yaml"
    steps = [(compose, "      RAG_EMBEDDING_ENGINE:", '      RAG_EMBEDDING_MODEL: "text-embedding-3-small"\n'),
             (compose, "      AUDIO_STT_ENGINE:", '      AUDIO_STT_MODEL: "whisper-1"\n'),
             (config, "  proxy_batch_write_at:", '  maximum_spend_logs_retention_period: "90d"\n')]
    left = 4
    # That of the key ends with more than a line: tests/cli/test_webui_key.py.
    for path, before, line in steps:
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, line + before, 1))
        left -= 1
        notes = [n for n in told(case).splitlines() if n.startswith("vpsfit:")]
        assert len(notes) == left and all(any(t in n for t in TOLD) for n in notes)
    assert case.call("apply", "--yes").returncode == 0 and "90d" in config.read_text()


def test_a_configuration_of_ones_own_is_told_too_and_kept(earlier_stack):
    case = earlier_stack
    config = case.root / "opt/ai-gateway/litellm/config.yaml"
    config.write_text("# mine\n" + config.read_text().replace("claude-3-5-haiku-latest", "claude-haiku-5-5"))
    before = config.read_text()
    assert only_told(told(case))
    assert NOTHING in case.call("apply", "--yes").stdout and config.read_text() == before
    # One without any general settings lacks it as well; one that is empty is another matter.
    config.write_text("model_list: []\n")
    assert "the log of spending has no end" in told(case)


def test_somebody_elses_stack_is_told_nothing_of_it(machine):
    root = machine("vm-8g")
    place = root / "srv/ai"
    place.mkdir(parents=True)
    (place / "compose.yaml").write_text((ROOT / "tests/cli/0.1.0/stack/opt/ai-gateway/compose.yaml").read_text())
    done = run("plan", "--sysroot", root, "--compose", "/srv/ai/compose.yaml", "--workers", 2)
    assert not [t for t in TOLD if t in done.stderr]


@pytest.mark.parametrize("model", sorted(m["litellm_params"]["model"] for m in CONFIG["model_list"]))
def test_no_model_is_one_that_is_gone(model):
    """Retired by their providers, or about to be before this version is a quarter of a year old, but for the one that has no heir yet."""
    assert not re.search(r"claude-3|gpt-4|gpt-5-(mini|nano)|embedding-ada", model)
