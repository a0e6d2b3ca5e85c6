# SPDX-License-Identifier: MIT
"""Provider keys come from an answers file, go into .env, and appear nowhere else."""

import json
import os
import re

from conftest import run

OPENAI, ANTHROPIC = "sk-proj-0123456789abcdefOPENAI", "sk-ant-api03-0123456789ANTHROPIC"


def answers(tmp_path, text=f"openai-api-key: {OPENAI}\nanthropic-api-key: {ANTHROPIC}\nyes: true\n", mode=0o600):
    path = tmp_path / "answers.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def env_of(root):
    return (root / "opt/ai-gateway/.env").read_text()


def everything_written(root, but):
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if path.endswith(but) or os.path.islink(path):
                continue
            with open(path, "rb") as file:
                yield path, file.read()


def test_they_reach_env_and_nothing_else(machine, tmp_path):
    root = machine("vm-4g")
    path = answers(tmp_path)
    said = []
    for args in (["plan"], ["plan", "--json"], ["apply", "--dry-run"], ["apply"], ["status"], ["status", "--json"]):
        done = run(*args, "--answers", path, "--sysroot", root)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout + done.stderr)
    assert f"OPENAI_API_KEY={OPENAI}\n" in env_of(root) and f"ANTHROPIC_API_KEY={ANTHROPIC}\n" in env_of(root)
    assert not [text for text in said if OPENAI in text or ANTHROPIC in text]
    assert "OPENAI_API_KEY: set to the key that was given" in said[2]
    # The history has copies of .env in a directory that only its owner can enter; nothing else has the keys.
    for where, data in everything_written(root, (".env", ".after", ".before")):
        assert OPENAI.encode() not in data, where
    assert (root / "opt/ai-gateway/.env").stat().st_mode & 0o777 == 0o600


def test_what_is_no_key_is_not_called_one(machine, tmp_path):
    path = answers(tmp_path, "local-api-base: http://192.0.2.7/v1\nlocal-model: llama\nlocal-api-key: sk-mine\n")
    said = run("plan", "--answers", path, "--sysroot", machine("vm-4g")).stdout
    assert re.findall(r"(LOCAL_\w+): (.*)", said) == [("LOCAL_API_BASE", "set as it was given"), ("LOCAL_MODEL", "set as it was given"),
                                                      ("LOCAL_API_KEY", "set to the key that was given")]


def test_a_new_key_takes_the_old_ones_place_and_is_shown_as_a_change(machine, tmp_path):
    root = machine("vm-4g")
    assert run("apply", "--answers", answers(tmp_path), "--sysroot", root).returncode == 0
    before = env_of(root)
    path = answers(tmp_path, "openai-api-key: sk-new\n")
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0
    done = run("plan", "--exit-code", "--answers", path, "--sysroot", root)
    assert done.returncode == 6 and "OPENAI_API_KEY: set to the key that was given" in done.stdout
    assert run("apply", "--yes", "--answers", path, "--sysroot", root).returncode == 0
    assert env_of(root) == before.replace(OPENAI, "sk-new")
    assert run("plan", "--exit-code", "--answers", path, "--sysroot", root).returncode == 0


def test_no_flag_and_no_argument_list(machine):
    done = run("apply", "--yes", f"--openai-api-key={OPENAI}", "--sysroot", machine("vm-4g"))
    assert done.returncode == 2 and "answers file" in done.stderr and OPENAI not in done.stderr


def test_a_wrong_key_is_not_repeated(machine, tmp_path):
    root = machine("vm-4g")
    for text in (f"openai-api-key: '{OPENAI} $HOME'\n", f"openai-api-key: [{OPENAI}]\n", f"openai-api-key: '{OPENAI}\n",
                 f"openai-api-key: {OPENAI}\nopenai-api-key: {OPENAI}\n"):
        done = run("plan", "--answers", answers(tmp_path, text), "--sysroot", root)
        assert done.returncode == 2 and "answers.yaml:" in done.stderr
        assert OPENAI not in done.stdout + done.stderr, text


def test_a_file_that_others_can_read_is_warned_about(machine, tmp_path):
    root = machine("vm-4g")
    done = run("plan", "--answers", answers(tmp_path, mode=0o644), "--sysroot", root)
    assert done.returncode == 0 and "others on this machine can read it" in done.stderr
    done = run("plan", "--answers", answers(tmp_path, "yes: true\n", mode=0o644), "--sysroot", root)
    assert done.stderr == ""


def test_json_names_no_key(machine, tmp_path):
    document = json.loads(run("plan", "--json", "--answers", answers(tmp_path), "--sysroot", machine("vm-4g")).stdout)
    env = next(c for c in document["changes"] if c["path"].endswith("/.env"))
    assert re.search(r"^\+OPENAI_API_KEY=\(hidden\)$", env["diff"], re.M)
