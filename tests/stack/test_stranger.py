# SPDX-License-Identifier: MIT
"""
A stack that somebody else wrote, on a real engine, with a program beside LiteLLM that holds memory: planned while it runs, the program is
in the sum; after the apply and a new start nobody is killed. STACK_LAYOUT says where the engine keeps its containers and their groups.
"""
import json
import os
import pathlib

import pytest

from engine import PATIENCE, docker, run, wait_for
from image_names import image_of
from memory import Cgroup, mib

PROJECT = pathlib.Path(__file__).resolve().parents[2]
VPSFIT = os.environ.get("VPSFIT", str(PROJECT / "build/vpsfit"))
HELD_MIB = 700
EATER = "example.org/stranger/eater:1"
HOLD = f"import time; held = bytearray(b'x') * ({HELD_MIB} << 20); print('held', flush=True); time.sleep(1e6)"
HEALTHY = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:4000/health/liveliness', timeout=4)"
# Another style than vpsfit's own, without any limit; the parent of the workers waits for them as long as a busy machine takes.
COMPOSE = f"""# Our gateway
x-restart: &restart {{restart: unless-stopped}}
services:
  proxy:
    <<: *restart
    image: {image_of("litellm")}
    command: ["--config", "/app/config.yaml", "--port", "4000", "--timeout_worker_healthcheck", "{PATIENCE}", "--num_workers", "2"]
    volumes: ["./config.yaml:/app/config.yaml:ro"]
    environment: [LITELLM_MASTER_KEY=sk-of-nobody, LITELLM_LOCAL_MODEL_COST_MAP=True]
    healthcheck: {{test: ["CMD", "python3", "-c", "{HEALTHY}"], interval: 2s, timeout: 5s, retries: 200}}
  eater: # what else we run here
    <<: *restart
    image: {EATER}
    entrypoint: ["python3", "-c", "{HOLD}"]
    stop_signal: SIGKILL
"""
CONFIG = """model_list:
  - {model_name: plain, litellm_params: {model: openai/plain, api_key: none, api_base: 'http://127.0.0.1:9/v1'}}
"""
MACHINE = ("--ram", "4G", "--cpus", "2", "--swap", "none", "--overhead", "480")


class Stranger:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        (self.directory / "compose.yaml").write_text(COMPOSE)
        (self.directory / "config.yaml").write_text(CONFIG)

    def compose(self, *argv, **more):
        return docker("compose", "-f", self.directory / "compose.yaml", *argv, **more)

    def up(self):
        self.compose("up", "-d", "--wait", "--wait-timeout", PATIENCE, timeout=PATIENCE + 60)
        wait_for("the eater", lambda: "held" in self.compose("logs", "eater"))

    def vpsfit(self, *argv):
        return run(VPSFIT, *argv, "--compose", self.directory / "compose.yaml", "--state", self.directory / ".vpsfit", *MACHINE)

    def plan(self):
        return json.loads(self.vpsfit("plan", "--json"))

    def states(self):
        ids = self.compose("ps", "-a", "-q", "--no-trunc").split()
        return {i["Config"]["Labels"]["com.docker.compose.service"]: i for i in json.loads(docker("inspect", *ids))}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    docker("tag", image_of("litellm"), EATER)
    stack = Stranger(tmp_path_factory.mktemp("stranger") / "stack")
    try:
        stack.up()
    except RuntimeError as error:
        raise AssertionError(f"{error}\n{stack.compose('logs', '--tail', 40)}") from None
    yield stack
    stack.compose("down", "--timeout", 5)


def test_the_eater_is_in_the_sum(stranger):
    plan, group = stranger.plan(), Cgroup(stranger.states()["eater"]["Id"])
    row, held = plan["services"]["eater"], mib(group.working_set())
    assert held > HELD_MIB and row["source"] == "measured"
    assert abs(row["expected_mib"] - held) <= 0.02 * held
    rest = plan["totals"]["total_mib"] + plan["totals"]["others_mib"]
    assert plan["totals"]["idle_mib"] == rest + row["expected_mib"]
    assert not {"services-not-counted", "containers-not-counted"} & {w["code"] for w in plan["warnings"]}
    # Each worker imports for itself here: there is room for as many as run, beside what the eater holds, and for no more.
    assert plan["workers"] < 3 and plan["totals"]["idle_mib"] <= 4096


def test_it_is_no_part_of_the_systems_figure(stranger):
    machine = json.loads(run(VPSFIT, "detect", "--json", "--compose", stranger.directory / "compose.yaml"))
    eater, = [c for c in machine["containers"] if c["name"] == stranger.states()["eater"]["Name"].lstrip("/")]
    assert eater["of_this_stack"] and eater["use_mib"] > HELD_MIB
    assert machine["ram"]["containers_mib"] >= eater["use_mib"]


def test_after_the_apply_nobody_is_killed_when_it_starts(stranger):
    before = (stranger.directory / "compose.yaml").read_text()
    stranger.vpsfit("apply", "--yes")
    after = (stranger.directory / "compose.yaml").read_text()
    assert after != before and "# what else we run here" in after
    stranger.up()
    states, planned = stranger.states(), stranger.plan()["services"]
    limit = states["proxy"]["HostConfig"]["Memory"] >> 20
    assert limit == planned["litellm"]["limit_mib"] > 0 and states["eater"]["HostConfig"]["Memory"] == 0
    for name, state in states.items():
        group = Cgroup(state["Id"])
        assert (state["State"]["Status"], state["State"]["OOMKilled"], state["RestartCount"]) == ("running", False, 0), name
        assert group.oom_kills() == 0, name
    assert mib(Cgroup(states["proxy"]["Id"]).number("peak")) <= limit
    stranger.vpsfit("apply", "--yes")
    assert (stranger.directory / "compose.yaml").read_text() == after
