# SPDX-License-Identifier: MIT
"""
`vpsfit apply --start` on a real engine: it starts what it wrote, waits until the page comes, and says what is wrong where it does not.
Compose's plugin lies where Docker's own packages put it, in a mount namespace of each call's own.
"""
import json
import subprocess
import time

import pytest

from engine import PATIENCE, PROJECT, VPSFIT, Stack, docker, image_of
from test_stack import FOUR

PLUGIN = PROJECT / "build/compose2/usr/libexec/docker/cli-plugins/docker-compose"
HIDE = ('mount -t tmpfs none /usr/local/lib && mkdir -p /usr/local/lib/docker/cli-plugins && '
        'ln -s "$0" /usr/local/lib/docker/cli-plugins/docker-compose && exec "$@"')


def vpsfit(*argv):
    argv = ["unshare", "--mount", "sh", "-c", HIDE, PLUGIN, VPSFIT, *argv]
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=PATIENCE, check=False)


class Place:
    """A directory with the answers that go with it."""

    def __init__(self, stack):
        self.directory = stack.directory
        # The provider of models, and no database where there is no engine for it: in the file that Compose reads beside the first.
        (self.directory / "provider.yaml").rename(self.directory / "compose.override.yaml")
        self.here = ["--dir", self.directory, "--state", self.directory / ".vpsfit"]

    def apply(self, *answers):
        return vpsfit("apply", "--yes", *self.here, *answers)

    def status(self):
        return json.loads(vpsfit("status", "--json", *self.here).stdout)

    def remove(self):
        docker("compose", "--project-directory", self.directory, "down", "--volumes", "--timeout", "2", timeout=PATIENCE)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    place = Place(Stack(tmp_path_factory.mktemp("start") / "first-chat", *FOUR))
    yield place
    place.remove()


def test_it_starts_and_says_that_it_answers(own):
    done = own.apply("--start", "--start-timeout", "200s")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gateway answers, after" in done.stdout
    assert "open-webui: healthy" in done.stdout and "litellm: healthy" in done.stdout
    # Started is no step any more; to create the account still is.
    codes = [step["code"] for step in own.status()["next_steps"]]
    assert "start" not in codes and "take-over" not in codes and "tunnel" in codes
    assert "up -d" not in done.stdout.split("What to do now")[1]
    assert "becomes the administrator" in done.stdout


def test_again_it_is_started_already(own):
    began = time.monotonic()
    done = own.apply("--start")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The gateway answers, after" in done.stdout and time.monotonic() - began < PATIENCE


STRANGER = """services:
  litellm:
    image: {image}
    entrypoint: ["sh", "-c", "{command}"]
    deploy: {{resources: {{limits: {{memory: 64M}}}}}}
"""


@pytest.fixture
def stranger(tmp_path):
    """Somebody else's stack of one container that runs a command."""
    made = []

    def make(command, image=None):
        (tmp_path / "theirs").mkdir()
        compose = tmp_path / "theirs/compose.yaml"
        compose.write_text(STRANGER.format(image=image or image_of("nginx"), command=command))
        (tmp_path / "theirs/.env").write_text("SOME_PASSWORD=correct-horse-battery\n")
        made.append(compose)
        return vpsfit("apply", "--yes", "--compose", compose, "--state", tmp_path / "state", "--swap", "none", "--force", "--keep-edits",
                      "--service", "litellm=litellm", "--service", "postgres=none", "--service", "open-webui=none", "--service", "nginx=none", "--limits", "off",
                      "--start", "--start-timeout", "20s")

    yield make
    for compose in made:
        docker("compose", "-f", compose, "down", "--timeout", "1")


def test_a_container_that_wants_too_much_memory_is_named_as_such(stranger):
    done = stranger("tail /dev/zero")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "litellm was ended for lack of memory: it needed more than its limit" in done.stderr


def test_a_secret_that_a_container_prints_is_not_shown(stranger):
    done = stranger("echo the password is correct-horse-battery; exit 3")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "the password is (hidden)" in done.stderr and "correct-horse" not in done.stdout + done.stderr


def test_what_compose_refuses_is_told_in_its_own_words(stranger):
    done = stranger("true", image="localhost:9/no/such:image")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "Compose did not start it" in done.stderr and "localhost:9" in done.stderr


def test_a_container_that_ends_after_a_moment_is_not_called_well(stranger):
    done = stranger("sleep 4; exit 5")
    assert done.returncode == 8, done.stdout + done.stderr
    assert "litellm is ended" in done.stderr


def test_a_container_that_ended_well_is_well(stranger):
    done = stranger("echo done")
    assert done.returncode == 0, done.stdout + done.stderr
