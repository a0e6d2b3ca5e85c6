# SPDX-License-Identifier: MIT
"""
Open WebUI's own key in containers: the step that makes it known runs before Open WebUI at every start. LiteLLM is a stand-in of its
keys (key_stand_in.py), for there is no engine by which it reaches its database; all else is as it is written, with both of Compose's
versions.
"""
import json
import subprocess
import time

import pytest

from engine import HERE, PATIENCE, QUICK_LOOKS, docker, secret_of
from key_stand_in import digest
from test_stack import FOUR
from test_start import vpsfit

WAIT = 45
OVERRIDE = f"""services:
  litellm:
    entrypoint: ["python3", "/key_stand_in.py", "/keys"]
    volumes:
      - {HERE}/key_stand_in.py:/key_stand_in.py:ro
      - ./keys:/keys
    healthcheck: {{test: ["CMD", "true"], interval: 2s}}
  webui-key:
    environment: {{WAIT_SECONDS: "{WAIT}"}}
{QUICK_LOOKS}"""


class Place:
    def __init__(self, directory, compose):
        self.directory, self.tool = directory, compose
        self.keys = directory / "keys"
        self.here = ["--dir", directory, "--state", directory / ".vpsfit"]
        self.apply()
        self.keys.mkdir()
        (directory / "compose.override.yaml").write_text(OVERRIDE)

    def apply(self, *answers):
        return vpsfit("apply", "--yes", *self.here, *FOUR, "--redis", "no", *answers)

    def compose(self, *argv):
        return subprocess.run([*self.tool, *argv], capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.directory)

    def up(self):
        return self.compose("up", "-d")

    def told(self, words):
        """What the stand-in is to do from its next start on."""
        (self.keys / "words").write_text(words)
        self.compose("rm", "-s", "-f", "litellm")

    def known(self):
        return json.loads((self.keys / "keys.json").read_text())

    def secret(self, key):
        return secret_of(self.directory / ".env", key)

    def inspect(self, service):
        found = self.compose("ps", "-a", "-q", service) if "compose" in self.tool else self.compose("ps", "-q", service)
        return json.loads(docker("inspect", found.stdout.strip()))[0]

    def began(self, service):
        return self.inspect(service)["Id"], self.inspect(service)["State"]["StartedAt"]


TOOLS = {"compose2": ("docker", "compose"), "compose1": ("/usr/bin/docker-compose",)}


@pytest.fixture(scope="module", params=TOOLS)
def place(request, tmp_path_factory):
    made = Place(tmp_path_factory.mktemp(request.param) / "gateway", TOOLS[request.param])
    yield made
    made.compose("down", "--volumes", "--timeout", "1")


def test_a_first_start_from_nothing(place):
    done = place.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(place.known()) == {digest(place.secret("LITELLM_WEBUI_KEY"))}
    step, webui = place.inspect("webui-key"), place.inspect("open-webui")
    assert step["State"]["ExitCode"] == 0 and not step["State"]["OOMKilled"]
    assert step["HostConfig"]["Memory"] == 64 << 20 and step["HostConfig"]["ReadonlyRootfs"]
    assert webui["State"]["StartedAt"] > step["State"]["FinishedAt"]
    assert f"OPENAI_API_KEY={place.secret('LITELLM_WEBUI_KEY')}" in webui["Config"]["Env"]
    assert place.secret("LITELLM_MASTER_KEY") not in json.dumps(webui)
    said = place.compose("logs", "webui-key").stdout
    assert "is made known" in said
    assert not any(place.secret(key) in said + json.dumps([step["Args"], step["Path"]]) for key in ("LITELLM_WEBUI_KEY", "LITELLM_MASTER_KEY"))


def test_started_again_nothing_changes(place):
    known, before, step = place.known(), place.began("open-webui"), place.began("webui-key")
    done = place.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.known() == known and place.began("open-webui") == before and place.began("webui-key") != step
    assert "LiteLLM knows Open WebUI's key" in place.compose("logs", "webui-key").stdout


def test_a_change_of_workers_breaks_off_no_chat(place):
    before, litellm = place.began("open-webui"), place.began("litellm")
    done = place.apply("--workers", "1")
    assert done.returncode == 0, done.stderr
    done = place.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert place.began("litellm") != litellm and place.began("open-webui") == before


def test_a_changed_key_is_made_known_beside_the_old_one(place):
    env, known, new = place.directory / ".env", set(place.known()), "sk-" + "c" * 40
    env.write_text(env.read_text().replace(place.secret("LITELLM_WEBUI_KEY"), new))
    done = place.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(place.known()) == known | {digest(new)}
    assert f"OPENAI_API_KEY={new}" in place.inspect("open-webui")["Config"]["Env"]


def test_a_slow_litellm_is_waited_for(place):
    place.told("slow 6")
    done = place.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "waiting: LiteLLM is not ready" in place.compose("logs", "webui-key").stdout


def test_a_litellm_that_is_down_ends_it_in_time(place):
    place.told("down")
    before, began = place.began("open-webui"), time.monotonic()
    done = place.up()
    assert done.returncode != 0 and time.monotonic() - began < WAIT + 60
    assert place.began("open-webui") == before, "what runs goes on"


def test_apply_start_says_what_the_step_said(place):
    done = place.apply("--start", "--start-timeout", "100s")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "webui-key is ended" in done.stderr and "failed: LiteLLM does not answer" in done.stderr
    assert "docker compose logs litellm" in done.stderr and place.secret("LITELLM_WEBUI_KEY") not in done.stdout + done.stderr
    place.told("")
    done = place.apply("--start", "--start-timeout", "150s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "webui-key: done" in done.stdout and "The gateway answers" in done.stdout
    status = vpsfit("status", "--json", *place.here)
    assert "webui-key" not in status.stdout and json.loads(status.stdout)["warnings"] == []
