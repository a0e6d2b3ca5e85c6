# SPDX-License-Identifier: MIT
"""Without a memory controller for the engine: what vpsfit reports, and what the engine does."""
import json

import pytest

from engine import Stack, docker


@pytest.fixture
def stack(tmp_path):
    stack = Stack(tmp_path / "gateway", "--ram", "4G", "--cpus", "2", "--swap", "none", "--overhead", "1200")
    yield stack
    stack.destroy()


def test_the_warning_matches_what_the_engine_does(stack):
    warning = [w["text"] for w in stack.plan["warnings"] if w["code"] == "limits-not-enforced"]
    assert len(warning) == 1
    assert "memory controller" in warning[0]
    assert json.loads(docker("info", "-f", "{{json .MemoryLimit}}")) is False

    stack.compose("up", "-d", "--no-deps", "--wait", "nginx")
    assert stack.plan["services"]["nginx"]["limit_mib"] > 0
    assert stack.inspect("nginx")["HostConfig"]["Memory"] == 0, "the engine enforced a limit after all"
