# SPDX-License-Identifier: MIT
"""LiteLLM's health check says how much memory the container has, and never fails for it."""

import builtins
import io
import urllib.request

import pytest
import yaml

from conftest import ROOT

CHECK = yaml.safe_load((ROOT / "templates/compose.yaml").read_text())["services"]["litellm"]["healthcheck"]["test"]
V1 = {"memory/memory.usage_in_bytes": "734003200\n", "memory/memory.limit_in_bytes": "1073741824\n"}


@pytest.mark.parametrize("files, said", [
    ({"memory.current": "734003200\n", "memory.max": "1073741824\n"}, "memory: 700 of 1024 MiB\n"),
    ({"memory.current": "734003200\n", "memory.max": "max\n"}, "memory: 700 of max MiB\n"),
    (V1, "memory: 700 of 1024 MiB\n"),
    ({}, ""),
    ({"memory.current": "734003200\n"}, ""),
    ({"memory.current": "\n", "memory.max": "\n"}, ""),
    ({"memory.current": "garbage", "memory.max": "garbage"}, ""),
])
@pytest.mark.parametrize("answers", [True, False])
def test_says_the_memory_and_fails_only_for_the_answer(monkeypatch, capsys, files, said, answers):
    asked = []

    def opened(path, *args, **kwargs):
        name = str(path).removeprefix("/sys/fs/cgroup/")
        if name not in files:
            raise FileNotFoundError(path)
        return io.StringIO(files[name])

    def urlopen(url, timeout):
        asked.append((url, timeout))
        if not answers:
            raise OSError("HTTP Error 503")

    assert CHECK[:3] == ["CMD", "python3", "-c"]
    monkeypatch.setattr(builtins, "open", opened)
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    try:
        exec(compile(CHECK[3], "check", "exec"), {})
        assert answers
    except OSError:
        assert not answers
    assert asked == [("http://127.0.0.1:4000/health/readiness", 8)]
    assert capsys.readouterr().out == said
