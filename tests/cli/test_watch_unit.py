# SPDX-License-Identifier: MIT
"""The unit that runs a stack's sampler: turned on, turned off, and going along with a stack that is moved."""

import subprocess

import pytest

from conftest import HANG, VPSFIT
from fake_systemd import FakeSystemd

APPLY = ["apply", "--yes", "--swap", "none", "--cost-model", "seed-2025-11", "--port", "8123"]
FOREIGN = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: [--num_workers, '2']\n"

pytestmark = pytest.mark.root


class World(FakeSystemd):
    def apply(self, *more, place=("--dir", "stack")):
        """What it says, without the paths of this test. It never fails for the sampler."""
        words = [str(self.at / word) if word in ("stack", "moved", "mine") or word.startswith(("a/", "b/")) else word for word in (*more, *place)]
        done = subprocess.run([*self.wrap, VPSFIT, *(APPLY if "--dir" in place else APPLY[:4]), *words], capture_output=True, text=True,
                              timeout=HANG, check=False)
        assert done.returncode == 0, done.stderr
        return " ".join(done.stderr.replace(str(self.at), "").split())

    def move(self):
        old = self.unit("stack")
        (self.at / "stack").rename(self.at / "moved")
        return old


MOVED = ("--moved-from", "stack", "--dir", "moved")


@pytest.fixture
def world(tmp_path):
    (tmp_path / "stack").mkdir()
    return World(tmp_path)


def test_an_apply_turns_the_sampler_on_and_off(world):
    for more in (["--watch", "on"], [], ["--watch", "off"], ["--watch", "off"]):
        world.apply("--quiet", *more)
    (store,) = world.state.iterdir()
    unit = f"vpsfit-watch@{store.name}.service"
    # The second apply only gives it the new plan; what is off already is left alone.
    assert world.told() == [f"enable --now {unit}", f"disable --now {unit}"] and not (store / "watch.plan").exists()


@pytest.mark.parametrize("how, word", [("no systemd", "no systemd or no unit"), ("elsewhere", "stacks in /var/lib/vpsfit alone"), ("fails", "failed")])
def test_a_sampler_that_cannot_be_turned_on_is_no_failed_apply(tmp_path, how, word):
    world = World(tmp_path, systemd=how != "no systemd")
    if how == "fails":
        world.fail()
    said = world.apply("--watch", "on", *(["--state", "mine"] if how == "elsewhere" else []))
    assert word in said and "is watched from now on" not in said, said
    assert (world.told() == []) == (how != "fails") and (tmp_path / "stack/compose.yaml").exists()
    # What the unit could not start is not taken for watched; where another init system runs it, it needs its plan.
    assert bool([*world.state.glob("*/watch.plan"), *tmp_path.glob("mine/**/watch.plan")]) == (how != "fails")


@pytest.mark.parametrize("how", ["said", "recognised"])
def test_the_sampler_goes_along_with_a_stack_that_is_moved(world, how):
    world.apply("--watch", "on")
    old, place = world.move(), MOVED if how == "said" else MOVED[2:]
    said = world.apply(place=place)
    new = world.unit("moved")
    assert f"{new} is on, and {old} is off" in said, said
    world.apply(place=place)
    # The old one first: two samplers do not write one ring. The third apply finds nothing to do.
    assert world.told() == [f"enable --now {old}", f"disable --now {old}", f"enable --now {new}"]
    plan = (world.state / new[len("vpsfit-watch@"):-len(".service")] / "watch.plan").read_text()
    assert f"{world.at}/moved" in plan and f"{world.at}/stack" not in plan


def test_the_sampler_goes_along_with_an_adopted_file_of_another_name(world):
    for name in ("a", "b"):
        (world.at / name).mkdir()
    (world.at / "a/compose.yaml").write_text(FOREIGN)
    world.apply("--watch", "on", place=("--compose", "a/compose.yaml"))
    old = world.unit("compose.yaml")
    (world.at / "a/compose.yaml").rename(world.at / "b/docker-compose.yml")
    world.apply(place=("--compose", "b/docker-compose.yml", "--moved-from", "a/compose.yaml"))
    assert world.told() == [f"enable --now {old}", f"disable --now {old}", f"enable --now {world.unit('docker-compose.yml')}"]


@pytest.mark.parametrize("how", ["never asked for", "turned off by hand"])
def test_a_sampler_that_was_not_on_is_not_turned_on_by_a_move(world, how):
    world.apply(*([] if how == "never asked for" else ["--watch", "on"]))
    before = world.told()
    if before:
        world.turned_off(world.unit("stack"))
    world.move()
    assert "sampler" not in world.apply(place=MOVED) and world.told() == before


def test_a_sampler_that_cannot_go_along_is_no_failed_apply(world):
    world.apply("--watch", "on")
    old = world.move()
    world.fail()
    said = world.apply(place=MOVED)
    assert "disable --now' failed" in said and "goes along" not in said
    assert world.told()[1:] == [f"disable --now {old}", f"enable --now {world.unit('moved')}"]


def test_whoever_has_another_init_run_it_is_told_of_the_new_place(tmp_path):
    world = World(tmp_path, systemd=False)
    world.apply("--watch", "on")
    world.move()
    said = world.apply(place=MOVED)
    assert "no systemd or no unit" in said and "/vpsfit/moved-" in said and "/vpsfit/stack-" not in said, said
