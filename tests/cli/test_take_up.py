# SPDX-License-Identifier: MIT
"""vpsfit recognises its own stack after a purge, on another machine, or under another directory name; and no foreign one."""

import json
import os
import re
import shutil

import pytest

from conftest import run
from test_exit_codes import tree
from test_secrets import apply, secrets_of


def forget(root):
    shutil.rmtree(root / "var/lib/vpsfit")


def moved(machine, root, bigger):
    """Copies only the stack directory to another machine."""
    other = machine(bigger)
    shutil.copytree(root / "opt", other / "opt")
    return other


def test_after_a_purge_nothing_but_the_memory_is_new(stack):
    root, directory = stack
    before = tree(root / "opt")
    forget(root)
    told = "has a stack that vpsfit wrote, and its state is missing"
    for command in ("status", "notice"):
        done = run(command, "--sysroot", root)
        assert done.returncode == 0 and told in " ".join(done.stdout.split())
    assert json.loads(run("status", "--json", "--sysroot", root).stdout)["without_state"] == "/opt/ai-gateway"
    assert run("notice", "--exit-code", "--quiet", "--sysroot", root).returncode == 6
    done = run("plan", "--exit-code", "--sysroot", root)
    assert done.returncode == 6 and "take up" in done.stdout and "/opt/ai-gateway" in done.stdout
    done = apply(root)
    assert "taken up again" in done.stderr
    assert tree(root / "opt") == before
    assert "as written" in run("status", "--sysroot", root).stdout
    assert run("notice", "--exit-code", "--sysroot", root).returncode == 0
    again = tree(root)
    apply(root)
    assert tree(root) == again


def test_on_a_larger_machine_it_is_fitted_and_keeps_its_secrets(machine, stack):
    root = moved(machine, stack[0], "vm-8g")
    before = (root / "opt/ai-gateway/.env").read_text()
    done = apply(root)
    assert "edited by hand" not in done.stdout
    assert re.search(r'"6" # vpsfit: workers', (root / "opt/ai-gateway/compose.yaml").read_text())
    assert (root / "opt/ai-gateway/.env").read_text() == before
    # A rollback restores what was found, which is still recognised.
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert re.search(r'"2" # vpsfit: workers', (root / "opt/ai-gateway/compose.yaml").read_text())
    apply(root)


def test_without_its_env_it_stops(machine, stack):
    root = moved(machine, stack[0], "vm-8g")
    (root / "opt/ai-gateway/.env").unlink()
    before = tree(root)
    done = apply(root, code=1)
    assert "LITELLM_SALT_KEY is missing" in done.stderr and tree(root) == before


def test_env_alone_is_enough_for_the_secrets(machine, stack):
    root = machine("vm-8g")
    (root / "opt/ai-gateway").mkdir(parents=True)
    shutil.copy2(stack[1] / ".env", root / "opt/ai-gateway/.env")
    apply(root)
    assert (root / "opt/ai-gateway/.env").read_text() == (stack[1] / ".env").read_text()
    assert (root / "opt/ai-gateway/compose.yaml").exists()


def test_an_edit_by_hand_is_told_by_its_missing_comment(machine, stack):
    root = moved(machine, stack[0], "vm-8g")
    compose = root / "opt/ai-gateway/compose.yaml"
    text = re.sub(r'"\d+M" # vpsfit: hard limit.*', '"1111M"', compose.read_text(), count=1)
    compose.write_text(text)
    before = tree(root)
    assert "1111M" in apply(root, code=5).stderr
    assert tree(root) == before
    apply(root, "--keep-edits")
    assert '"1111M"' in compose.read_text()


@pytest.mark.parametrize("head", ["compose.yaml", ".env"])
def test_one_of_the_two_heads_may_be_gone(stack, head):
    root, directory = stack
    path = directory / head
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("# ")))
    forget(root)
    apply(root)


def test_an_env_of_an_earlier_version_is_recognised_by_its_head(stack):
    root, directory = stack
    env, compose = directory / ".env", directory / "compose.yaml"
    env.write_text(env.read_text().replace("makes the stack's secrets once", "makes the four secrets once"))
    assert "four secrets" in env.read_text()
    compose.unlink()
    forget(root)
    apply(root)
    assert compose.exists()


FOREIGN = "services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1\n    command: [\"--num_workers\", \"1\"]\n"


@pytest.mark.parametrize("text", [
    FOREIGN,
    FOREIGN + '    mem_limit: "1G" # vpsfit: hard limit\n',
    "# fitted to this machine by vpsfit, I wish\n" + FOREIGN,
    FOREIGN + "    environment:\n" + "".join(f"      A{i}: b # vpsfit: x\n" for i in range(9)),
    FOREIGN + '    labels:\n      note: "fitted to this machine by vpsfit"\n' + "".join(f"      a{i}: b # vpsfit: x\n" for i in range(9)),
], ids=["plain", "one comment", "a head alone", "comments alone", "a head that is no comment"])
def test_somebody_elses_stays_somebody_elses(machine, text):
    root = machine("vm-4g")
    (root / "opt/ai-gateway").mkdir(parents=True)
    (root / "opt/ai-gateway/compose.yaml").write_text(text)
    before = tree(root)
    done = apply(root, code=1)
    assert "was not written by vpsfit" in done.stderr and "move it away" not in done.stderr
    assert "its state is missing" not in run("status", "--sysroot", root).stdout
    assert tree(root) == before


def test_an_adopted_file_is_not_taken_for_its_own(machine):
    root = machine("vm-4g")
    directory = root / "opt/ai-gateway"
    directory.mkdir(parents=True)
    (directory / "compose.yaml").write_text(FOREIGN + "  open-webui:\n    image: ghcr.io/open-webui/open-webui:v0\n  db:\n    image: postgres:16\n")
    apply(root, "--compose", "/opt/ai-gateway/compose.yaml")
    assert (directory / "compose.yaml").read_text().count("# vpsfit: ") > 3
    assert "was not written by vpsfit" in apply(root, code=1).stderr
    forget(root)
    assert "was not written by vpsfit" in apply(root, code=1).stderr


@pytest.mark.parametrize("names", [["lost+found"], [".git", ".gitignore", ".gitattributes"]], ids=["a file system", "version control"])
def test_a_directory_with_nothing_of_anybodys_is_empty(machine, names):
    root = machine("vm-4g")
    for name in names:
        (root / "opt/ai-gateway" / name).mkdir(parents=True)
    apply(root)
    for name in names:
        assert (root / "opt/ai-gateway" / name).is_dir()
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert sorted(os.listdir(root / "opt/ai-gateway")) == sorted(names)


@pytest.mark.parametrize("first, second", [("/opt/ai-gateway", "/srv/gw"), ("/srv/gw", "/opt/ai-gateway")], ids=["link first", "link second"])
@pytest.mark.parametrize("target", ["/srv/gw", "../srv/gw"], ids=["absolute", "relative"])
def test_a_link_and_where_it_leads_are_one_stack(machine, first, second, target):
    root = machine("vm-4g")
    (root / "srv/gw").mkdir(parents=True)
    (root / "opt").mkdir(exist_ok=True)
    (root / "opt/ai-gateway").symlink_to(target)
    apply(root, "--dir", first)
    before = tree(root)
    assert run("plan", "--exit-code", "--dir", second, "--sysroot", root).returncode == 0
    apply(root, "--dir", second)
    assert tree(root) == before
    assert first in run("status", "--dir", second, "--sysroot", root).stdout
    apply(root, "--dir", second, "--ram", "8G")
    assert len(list((root / "var/lib/vpsfit").iterdir())) == 1
    assert run("rollback", "--yes", "--dir", second, "--sysroot", root).returncode == 0
    assert run("plan", "--exit-code", "--dir", first, "--sysroot", root).returncode == 0


@pytest.mark.parametrize("text, says", [
    ('{"schema": "vpsfit.state/9"}', "a newer vpsfit wrote it"), ("{", ".damaged"), ('{"schema": "other"}', ".damaged"),
])
def test_a_state_that_cannot_be_used_says_what_to_do(stack, text, says):
    root, directory = stack
    env = (directory / ".env").read_text()
    state = next((root / "var/lib/vpsfit").glob("*/history/000001/state.json"))
    state.write_text(text)
    done = apply(root, code=1)
    assert says in done.stderr and "move it away" not in done.stderr
    if says == ".damaged":
        # The advice works without losing anything.
        state.parent.rename(f"{state.parent}.damaged")
        apply(root)
        assert (directory / ".env").read_text() == env
        assert run("plan", "--exit-code", "--sysroot", root).returncode == 0


def test_kept_secrets_outlive_the_state_and_the_stack(stack):
    """A purge leaves only kept.env."""
    root, directory = stack
    env = (directory / ".env").read_text()
    store = next((root / "var/lib/vpsfit").iterdir())
    shutil.rmtree(store / "history")
    shutil.rmtree(directory)
    apply(root)
    assert secrets_of((directory / ".env").read_text()) == secrets_of(env)
