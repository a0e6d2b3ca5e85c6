# SPDX-License-Identifier: MIT
"""What apply writes is accepted by both versions of Compose, explained, and kept by reruns."""

import json
import os
import re
import stat
import subprocess

import pytest
import yaml

from conftest import MACHINES, run

COMPOSE1 = "/usr/bin/docker-compose"
COMPOSE2 = os.environ.get("COMPOSE2", "")
NAMES = sorted(p.name for p in MACHINES.iterdir() if p.is_dir() and not p.name.startswith("bad-"))
SECRETS = ["LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "POSTGRES_PASSWORD", "WEBUI_SECRET_KEY"]


def env_of(directory):
    lines = (directory / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def config(tool, directory):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/root"}
    return subprocess.run([tool, "-f", directory / "compose.yaml", "config"], cwd=directory, env=env,
                          capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_plan_is_accepted_by_both_composes(name, machine):
    root = machine(name)
    assert run("apply", "--yes", "--force", "--sysroot", root).returncode == 0
    directory = root / "opt/ai-gateway"
    for tool in (COMPOSE1, COMPOSE2):
        done = config(tool, directory)
        assert done.returncode == 0, (tool, done.stderr)
        command = yaml.safe_load((directory / "compose.yaml").read_text())["services"]["litellm"]["command"]
        several = command[command.index("--num_workers") + 1] != "1"
        assert yaml.safe_load(done.stdout)["services"].keys() == {
            "litellm", "open-webui", "postgres", "nginx", "webui-key", *(["redis"] if several else [])}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_what_was_planned(name, machine):
    root = machine(name)
    plan = json.loads(run("plan", "--json", "--force", "--sysroot", root).stdout)
    assert run("apply", "--yes", "--force", "--sysroot", root).returncode == 0
    directory = root / "opt/ai-gateway"
    services = yaml.safe_load((directory / "compose.yaml").read_text())["services"]
    for service, planned in plan["services"].items():
        resources = services[service]["deploy"]["resources"]
        assert resources["limits"]["memory"] == f"{planned['limit_mib']}M"
        assert resources["reservations"]["memory"] == f"{planned['reservation_mib']}M"
        assert services[service]["memswap_limit"] == f"{planned['memswap_mib']}M"
    command = services["litellm"]["command"]
    assert command[command.index("--num_workers") + 1] == str(plan["workers"] or 1)
    assert f"max_connections={plan['max_connections']}" in services["postgres"]["command"]
    litellm = yaml.safe_load((directory / "litellm/config.yaml").read_text())
    assert litellm["general_settings"]["database_connection_pool_limit"] == plan["pool_size"]


def test_every_sizing_value_is_explained(stack):
    root, directory = stack
    text = (directory / "compose.yaml").read_text()
    helper = text.index("  webui-key:\n    image:")
    assert "# it " in text[helper:text.index("memswap_limit", helper)], "which no profile sizes"
    for line in (text[:helper] + text[text.index("\nnetworks:", helper):]).splitlines():
        if re.match(r"\s*(memory|memswap_limit): ", line):
            assert "# vpsfit: " in line, line
    assert json.loads(run("plan", "--json", "--sysroot", root).stdout)["cost_model"] in text


def test_env_is_private_and_secrets_are_made(stack):
    _, directory = stack
    st = (directory / ".env").stat()
    assert stat.S_IMODE(st.st_mode) == 0o600
    env = env_of(directory)
    for key in SECRETS:
        assert re.fullmatch(r"(sk-)?[0-9a-f]{64}", env[key]), key
    assert env["LITELLM_MASTER_KEY"].startswith("sk-")
    assert len({env[key] for key in SECRETS}) == 4


def test_no_secret_leaves_private_files(vpsfit, stack):
    """Secrets are only in .env and in the copies for rollback, both private to the owner, and are never printed."""
    root, directory = stack
    secrets = [env_of(directory)[key] for key in SECRETS]
    seen = "".join(vpsfit(*args, "--sysroot", root).stdout for args in (
        ["plan", "--json"], ["plan"], ["plan", "--port", "9090"], ["plan", "--json", "--port", "9090"], ["status"],
        ["status", "--json"], ["rollback", "--dry-run"], ["rollback", "--dry-run", "--json"]))
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
            text = path.read_bytes().decode("latin-1")
            if any(secret in text for secret in secrets):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            else:
                seen += text
    assert "9090" in seen
    for secret in secrets:
        assert secret not in seen
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o700 for p in (root / "var/lib/vpsfit").iterdir())


def test_two_stacks_have_different_secrets(machine):
    seen = set()
    for name in ("vm-2g", "vm-4g"):
        root = machine(name)
        assert run("apply", "--yes", "--sysroot", root).returncode == 0
        seen |= {env_of(root / "opt/ai-gateway")[key] for key in SECRETS}
    assert len(seen) == 8


def test_rerun_keeps_secrets_and_fills_empty_ones(vpsfit, stack):
    root, directory = stack
    env = directory / ".env"
    before = env_of(directory)
    env.write_text(env.read_text().replace(before["WEBUI_SECRET_KEY"], "") + "MINE=kept # really\n")
    assert vpsfit("apply", "--yes", "--sysroot", root).returncode == 0
    after = env_of(directory)
    assert after["MINE"] == "kept # really"
    assert re.fullmatch(r"[0-9a-f]{64}", after["WEBUI_SECRET_KEY"])
    for key in SECRETS[:3]:
        assert after[key] == before[key]
    assert stat.S_IMODE(env.stat().st_mode) == 0o600


def test_upgrade_changes_owned_values_alone(vpsfit, stack):
    """A RAM upgrade after a manual edit elsewhere in the file: the edit stays byte for byte."""
    root, directory = stack
    compose = directory / "compose.yaml"
    mine = compose.read_bytes().replace(b"services:", b"# my own remark: gr\xc3\xbc\xc3\x9fe\nservices:", 1)
    compose.write_bytes(mine)
    assert vpsfit("apply", "--yes", "--sysroot", root, "--ram", "8G", "--cpus", "4").returncode == 0
    now = compose.read_bytes()
    changed = [(a, b) for a, b in zip(mine.splitlines(), now.splitlines()) if a != b]
    assert len(mine.splitlines()) == len(now.splitlines())
    assert changed and all(b"# vpsfit:" in b for _, b in changed)
    assert b'"6" # vpsfit:' in now


def test_bind_and_port_go_to_env(vpsfit, stack):
    root, directory = stack
    before = env_of(directory)
    assert vpsfit("apply", "--yes", "--bind", "::1", "--port", "8443", "--sysroot", root).returncode == 0
    after = env_of(directory)
    assert (after["GATEWAY_BIND"], after["GATEWAY_PORT"]) == ("[::1]", "8443")
    assert after["LITELLM_MASTER_KEY"] == before["LITELLM_MASTER_KEY"]
    assert vpsfit("apply", "--yes", "--sysroot", root).returncode == 0
    assert env_of(directory) == after


def test_lost_compose_file_is_written_again(vpsfit, stack):
    root, directory = stack
    before = (directory / "compose.yaml").read_bytes()
    (directory / "compose.yaml").unlink()
    assert vpsfit("apply", "--yes", "--sysroot", root).returncode == 0
    assert (directory / "compose.yaml").read_bytes() == before


def test_nothing_outside_is_written(machine):
    root = machine("vm-4g")
    before = {p for p in root.rglob("*")}
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    new = {str(p.relative_to(root)) for p in root.rglob("*")} - {str(p.relative_to(root)) for p in before}
    assert all(p.split("/")[0] in ("opt", "var") for p in new)
    assert all(p.startswith(("opt/ai-gateway", "var/lib/vpsfit")) for p in new if p.count("/") > 1)


@pytest.mark.parametrize("text, words", [
    (b"profile: SMALL_VPS\nprofile: auto\n", ":2:1: error"),
    (b"profil: auto\n", "did you mean 'profile'?"),
    (b"workers: [1]\n", "single value"),
    (b"workers: many\n", "'workers' wants"),
    (b"yes: perhaps\n", "true or false"),
    (b"json: true\n", "unknown key"),
    (b"- workers\n", "mapping"),
    (b"workers: 1\n---\nworkers: 2\n", "document"),
    (b"workers: \xff\n", ":1:"),
])
def test_bad_answers(vpsfit, tmp_path, text, words):
    path = tmp_path / "answers.yaml"
    path.write_bytes(text)
    done = vpsfit("plan", "--answers", path, "--sysroot", MACHINES / "vm-4g")
    assert done.returncode == 2
    assert words in done.stderr and str(path) in done.stderr


def test_answers_and_flags(vpsfit, tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text("profile: SMALL_VPS\nworkers: 3\nswap: 2G\nforce: true\n")
    plan = json.loads(vpsfit("plan", "--json", "--answers", path, "--sysroot", MACHINES / "vm-4g").stdout)
    assert (plan["profile"], plan["workers"], plan["swap"]["size_mib"]) == ("SMALL_VPS", 3, 2048)
    plan = json.loads(vpsfit("plan", "--json", "--answers", path, "--workers", "2", "--sysroot",
                             MACHINES / "vm-4g").stdout)
    assert plan["workers"] == 2


def test_administrators_own_profile(vpsfit, machine):
    root = machine("vm-4g")
    own = root / "etc" / "vpsfit"
    own.mkdir(parents=True, exist_ok=True)
    (own / "mine.yaml").write_text("kind: profile\nname: MINE\ntitle: mine\nrole: server\nworkers: 3\n"
                                   "target_ram_mib: 4G\nmin_disk_mib: 1024\n")
    assert json.loads(vpsfit("plan", "--json", "--sysroot", root).stdout)["profile"] == "MINE"
    (own / "mine.yaml").write_text("kind: profile\nname: MINE\ntitle: mine\nrole: server\nworker: 3\n"
                                   "target_ram_mib: 4G\nmin_disk_mib: 1024\n")
    done = vpsfit("plan", "--sysroot", root)
    assert done.returncode == 2
    assert "/etc/vpsfit/mine.yaml:5:1: error" in done.stderr
    assert "did you mean 'workers'?" in done.stderr and "^" in done.stderr
