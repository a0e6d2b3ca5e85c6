# SPDX-License-Identifier: MIT
"""The README shows what the program prints."""

import json
import re
import subprocess

import pytest

from conftest import MACHINES, ROOT, run
from readme_world import World

README = (ROOT / "README.md").read_text()


def test_the_example_is_real():
    shown = README.split("begins like this:\n\n```\n")[1].split("```")[0]
    said = run("plan", "--sysroot", MACHINES / "vm-4g").stdout
    head, tail = shown.split("Next size", 1)
    assert said.startswith(head)
    assert "\nNext size" + tail in said


def test_every_flag_is_there():
    flags = set(re.findall(r"(--[a-z-]+)", run("--help").stdout)) - {"--help", "--version"}
    assert flags and not [f for f in flags if not re.search(re.escape(f) + r"(?![a-z-])", README)]


def test_every_command_is_there():
    commands = re.findall(r"^  (vpsfit(?: [a-z]+)?)  ", run("--help").stdout, re.M)
    assert len(commands) >= 4 and not [c for c in commands if f"| `{c}` |" not in README]


def test_the_answers_file_is_taken(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text(README.split("An answers file has")[1].split("```yaml\n")[1].split("```")[0])
    assert run("plan", "--answers", path, "--sysroot", MACHINES / "vm-4g").returncode == 0


def test_exit_codes_are_there():
    for code in range(7):
        assert f"\n| {code} | " in README


def test_the_table_of_profiles_is_what_is_planned():
    rows = {m[1]: m for m in re.finditer(r"^\| `(\w+)` \|.*\| (\d+) \| (\d+)[^|]* \| (\d+) \|$", README, re.M)}
    trees = {"SMALL_VPS": "vm-2g", "MEDIUM_VPS": "vm-4g", "DESKTOP": "vm-8g-desktop", "LARGE_VPS": "vm-8g"}
    assert set(rows) == set(trees)
    for name, tree in trees.items():
        # The system's figure of its class, whatever that tree uses now.
        overhead = ("--overhead", "1200") if name == "DESKTOP" else ()
        plan = json.loads(run("plan", "--json", "--sysroot", MACHINES / tree, *overhead).stdout)
        beside = sum(plan["services"][s]["expected_mib"] for s in plan["services"] if s == "redis")
        at_most = sum(plan["services"][s]["limit_mib"] for s in plan["services"] if s == "redis")
        assert plan["profile"] == name
        said = (plan["workers"], plan["totals"]["total_mib"] + beside, plan["totals"]["peak_mib"] + at_most)
        assert tuple(map(int, rows[name].groups()[1:])) == said, name
        # Which system is counted is said.
        system = plan["totals"]["system_mib"]
        assert (f"in the row `DESKTOP` with {system} MiB" if name == "DESKTOP" else f"with {system} MiB for a typical system") in README, name
    assert f"{1200 - system} less" in " ".join(README.split())


FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)
SCRIPTS = [text for kind, text in FENCED if kind == "sh"]


def test_the_engines_packages_are_those_that_the_program_names():
    """In the way with a compiler: what is typed on Debian, and the one word that is another on Ubuntu."""
    table = (ROOT / "installer/core/packages.c").read_text()
    names = {who: re.search(rf'{{"{who}", "apt install docker.io ([\w-]+)"', table)[1] for who in ("debian", "ubuntu")}
    way = README[README.index("**Without a repository**"):README.index("### 2.")]
    assert re.search(rf"apt-get install .* docker.io {names['debian']}\n", way)
    assert f"On Ubuntu write `{names['ubuntu']}` in place of `{names['debian']}`" in " ".join(way.split())


def test_commands_are_marked_as_such():
    """What is not marked is shown, or run by tests/package (the repository), tests/bare-debian (make run, make check), tests/package/test_static.py."""
    shown = [text for kind, text in FENCED if not kind and "install.sh" not in text and re.search(r"^(docker|vpsfit|cd|sed|tar|ssh) ", text, re.M)]
    assert not shown and len(SCRIPTS) >= 15


@pytest.fixture
def there(stack, tmp_path):
    (tmp_path / "home").mkdir()
    return World(stack[0], tmp_path / "home")


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.split("\n")[0][:40] for s in SCRIPTS])
def test_every_command_works(there, script):
    if "/root/gateway-backup" in script and "mkdir" not in script:
        made = there.run(next(s for s in SCRIPTS if "mkdir -p /root/gateway-backup" in s))
        assert made.returncode == 0, made.stderr
    if "/srv/ai" in script:
        (there.root / "srv/ai").mkdir(parents=True)
        (there.root / "srv/ai/docker-compose.yml").write_text((there.root / "opt/ai-gateway/compose.yaml").read_text())
    done = there.run(script)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("wrong", ["docker compose logs webui", "docker compose resart litellm", "make instal", "vpsfit apply --yes --imgs new"])
def test_a_wrong_command_does_not(there, wrong):
    assert there.run(f"cd /opt/ai-gateway\n{wrong}\n").returncode != 0


def test_a_restored_stack_has_its_secrets(there):
    backup, restore = (next(s for s in SCRIPTS if s.startswith(first)) for first in ("umask 077", "tar -C /opt -xf"))
    secrets = (there.root / "opt/ai-gateway/.env").read_text()
    assert there.run(backup).returncode == 0
    subprocess.run(["rm", "-r", there.root / "opt/ai-gateway", there.root / "var/lib/vpsfit"], check=True)
    done = there.run(restore)
    assert done.returncode == 0, done.stderr
    assert (there.root / "opt/ai-gateway/.env").read_text() == secrets


def test_every_link_into_the_page_has_a_target():
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", README, re.M)}
    assert not [a for a in re.findall(r"\]\(#([^)]*)\)", README) if a not in anchors]
