# SPDX-License-Identifier: MIT
"""The models of a new stack: names that the pinned LiteLLM knows, of providers that have a key; and how keys get there."""

import json
import re

import pytest
import yaml

from conftest import ROOT, run
from test_sharing import litellm, result  # noqa: F401

TEMPLATE = ROOT / "templates/litellm/config.yaml"
CONFIG = yaml.safe_load(TEMPLATE.read_text())
KNOWN = json.loads((ROOT / "tests/cli/litellm_models.json").read_text())
VARIABLES = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "LOCAL_API_BASE", "LOCAL_MODEL",
             "LOCAL_API_KEY"]
ANSWERS = ["openai-api-key", "anthropic-api-key", "openrouter-api-key", "gemini-api-key", "mistral-api-key", "local-api-base", "local-model",
           "local-api-key"]
# OpenRouter's names are its own: LiteLLM has no list of them and passes them on. openrouter/auto is OpenRouter's own choice.
PASSED_ON = {"openrouter/openrouter/auto", "openrouter/*", "os.environ/LOCAL_MODEL"}


def named():
    return {m["litellm_params"]["model"] for m in CONFIG["model_list"]} - PASSED_ON


def test_the_list_is_of_the_pinned_release():
    images = (ROOT / "templates/images.yaml").read_text()
    assert re.search(rf"tag: v{re.escape(KNOWN['litellm'])}\b", images)


def test_every_name_is_known():
    assert named() and not named() - set(KNOWN["models"])


def test_a_name_that_ends_is_said_with_its_day():
    for name in named():
        ends = KNOWN["models"][name][1]
        assert ends is None or f"{name.split('/')[1]} on {ends}" in " ".join(TEMPLATE.read_text().replace("#", " ").split()), (name, ends)


def test_a_retired_name_would_be_noticed():
    assert "anthropic/claude-3-5-haiku-latest" not in KNOWN["models"] and KNOWN["models"]["openai/whisper-1"][1] == "2027-02-26"


def test_what_open_webui_asks_for_is_there():
    models = {m["model_name"]: m["litellm_params"]["model"] for m in CONFIG["model_list"]}
    assert KNOWN["models"][models["text-embedding-3-small"]][0] == "embedding"
    assert KNOWN["models"][models["whisper-1"]][0] == "audio_transcription"


def test_every_provider_gets_its_key():
    service = yaml.safe_load((ROOT / "templates/compose.yaml").read_text())["services"]["litellm"]["environment"]
    used = {v.removeprefix("os.environ/") for m in CONFIG["model_list"] for v in m["litellm_params"].values() if v.startswith("os.environ/")}
    lines = re.findall(r"^(\w+)=$", (ROOT / "templates/.env").read_text(), re.M)
    assert used == set(VARIABLES) == set(lines) and used <= set(service)


def offered(start, config, **env):
    empty = dict.fromkeys(VARIABLES, "") | {"LOCAL_API_KEY": "none"}
    code = "import yaml\nprint(*[m['model_name'] for m in yaml.safe_load(open(sys.argv[2]))['model_list']])"
    out, err, status = result(start(code, "--config", config, env=empty | env))
    assert status == 0, err
    return out.split()


@pytest.mark.parametrize("env, models", [
    ({}, []),
    ({"OPENAI_API_KEY": "x"}, ["gpt-5.4-mini", "gpt-6-sol", "text-embedding-3-small", "whisper-1"]),
    ({"ANTHROPIC_API_KEY": "x"}, ["claude-haiku", "claude-sonnet"]),
    ({"OPENROUTER_API_KEY": "x"}, ["openrouter-auto", "openrouter/*"]),
    ({"GEMINI_API_KEY": "x", "MISTRAL_API_KEY": "y"}, ["gemini-flash", "gemini-pro", "mistral-small", "mistral-large"]),
    ({"LOCAL_API_BASE": "http://192.0.2.1:11434/v1", "LOCAL_MODEL": "llama"}, ["local"]),
    ({"LOCAL_API_BASE": "http://192.0.2.1:11434/v1"}, []),
])
def test_only_models_with_a_key_are_offered(litellm, env, models):  # noqa: F811
    assert offered(litellm, TEMPLATE, **env) == models


def test_a_persons_own_models_stay(litellm, tmp_path):  # noqa: F811
    """No key, a key in the file, a variable that is nowhere (it may come from a vault), and things that are no models."""
    path = tmp_path / "config.yaml"
    path.write_text("model_list:\n"
                    "- {model_name: a, litellm_params: {model: ollama/llama, api_base: http://192.0.2.1}}\n"
                    "- {model_name: b, litellm_params: {model: openai/x, api_key: sk-1}}\n"
                    "- {model_name: c, litellm_params: {model: azure/x, api_key: os.environ/AZURE_API_KEY}}\n"
                    "- {model_name: d, litellm_params: {model: openai/x, api_key: os.environ/OPENAI_API_KEY}}\n"
                    "- {model_name: e}\n- {model_name: f, litellm_params: [x]}\n")
    assert offered(litellm, path) == ["a", "b", "c", "e", "f"]


def test_all_answers_reach_env(machine, tmp_path):
    values = [f"key-{i}" for i in range(5)] + ["http://192.0.2.10:11434/v1", "llama3.3:70b", "key-local"]
    path = tmp_path / "answers.yaml"
    path.write_text("".join(f"{a}: {v}\n" for a, v in zip(ANSWERS, values)))
    path.chmod(0o600)
    root = machine("vm-4g")
    done = run("apply", "--yes", "--answers", path, "--sysroot", root)
    assert done.returncode == 0 and "key-" not in done.stdout + done.stderr
    assert "Put the key" not in done.stdout and "provider-key-unread" not in done.stdout
    env = (root / "opt/ai-gateway/.env").read_text()
    for variable, value in zip(VARIABLES, values):
        assert f"\n{variable}={value}\n" in env
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0


@pytest.mark.parametrize("value", ["192.0.2.10:11434", "ftp://192.0.2.10", "http://", "http:///v1", "https://a b"])
def test_an_address_that_is_none(tmp_path, value):
    path = tmp_path / "answers.yaml"
    path.write_text(f"local-api-base: '{value}'\n")
    done = run("plan", "--answers", path)
    assert done.returncode == 2 and "local-api-base" in done.stderr


@pytest.mark.parametrize("env, asked", [("", True), ("LOCAL_API_BASE=http://192.0.2.1/v1\n", False), ("GEMINI_API_KEY='x'\n", False),
                                        ("# GEMINI_API_KEY=x\nMISTRAL_API_KEY=\n", True)])
def test_the_step_of_the_key(stack, env, asked):
    path = stack[1] / ".env"
    path.write_text(re.sub(r"^\w+_API_(KEY|BASE)=\n", "", path.read_text(), flags=re.M) + env)
    assert ("Put the key of a provider" in run("status", "--sysroot", stack[0]).stdout) == asked


def test_a_stack_that_does_not_pass_a_key_on_is_told(stack):
    """As a stack of 0.1.0, which knew two providers."""
    compose, env = stack[1] / "compose.yaml", stack[1] / ".env"
    compose.write_text("".join(line for line in compose.read_text().splitlines(True) if "GEMINI" not in line))
    assert "provider-key-unread" not in run("plan", "--sysroot", stack[0]).stdout
    env.write_text(env.read_text().replace("GEMINI_API_KEY=", "GEMINI_API_KEY=x"))
    said = run("plan", "--sysroot", stack[0])
    assert "GEMINI_API_KEY is there, and no compose file reads it" in said.stdout + said.stderr
    compose.write_text(compose.read_text().replace("      LITELLM_MODE:", "      GEMINI_API_KEY: ${GEMINI_API_KEY}\n      LITELLM_MODE:"))
    said = run("plan", "--sysroot", stack[0])
    assert "no compose file reads it" not in said.stdout + said.stderr
