# SPDX-License-Identifier: MIT
"""What is left to do after an apply, on machines in different states: each step is there where it is needed, and only there."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, VPSFIT, environment, run

sys.path.insert(0, str(ROOT / "tests/roots"))
from make_roots import lxc  # noqa: E402
from test_machines import PODMAN, V1, four, listening, snap  # noqa: E402

DAILY = ["running", "logs", "stop"]
KEY = "sk-" + "0123456789" * 2


def apply(root, *args):
    done = run("apply", "--yes", "--json", "--sysroot", root, "--swap", "none", "--force", *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["next_steps"]


def status(root, *args):
    done = run("status", "--json", "--sysroot", root, *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["next_steps"]


def codes(steps):
    return [s["code"] for s in steps if not s["daily"]]


def command(steps, code):
    return next(s["command"] for s in steps if s["code"] == code)


def set_env(root, key, value):
    path = root / "opt/ai-gateway/.env"
    lines = [f"{key}={value}" if line.startswith(key + "=") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("tree, expected", [
    ("vm-4g", ["install-engine", "provider-key", "start", "tunnel", "open"]),
    ("debian-minimal-2g", ["install-engine", "provider-key", "start", "tunnel", "open"]),
    ("alpine-2g", ["install-engine", "provider-key", "start", "tunnel", "open"]),
    # Docker without Compose, whose gateway runs: the running containers take over what was written.
    ("gateway-running-4g", ["install-compose", "provider-key", "take-over", "tunnel", "open"]),
])
def test_the_steps_that_a_machine_needs(machine, tree, expected):
    root = machine(tree)
    steps = apply(root)
    assert codes(steps) == expected
    assert [s["code"] for s in steps if s["daily"]] == DAILY
    assert all(s["text"] for s in steps) and all(s["command"] for s in steps if s["daily"])


def test_a_key_of_any_provider_is_a_key(machine):
    root = machine("vm-4g")
    apply(root)
    assert "provider-key" in codes(status(root))
    for line in ("OPENAI_API_KEY=", "OPENAI_API_KEY=''", 'ANTHROPIC_API_KEY=""', "# MISTRAL_API_KEY=" + KEY):
        env = root / "opt/ai-gateway/.env"
        before = env.read_text()
        env.write_text(before + line + "\n")
        assert "provider-key" in codes(status(root)), line
        env.write_text(before)
    for line in ("MISTRAL_API_KEY=" + KEY, f'OPENROUTER_API_KEY="{KEY}"'):
        env.write_text(before + line + "\n")
        assert "provider-key" not in codes(status(root)), line
        env.write_text(before)
    set_env(root, "OPENAI_API_KEY", KEY)
    assert "provider-key" not in codes(status(root))
    assert KEY not in json.dumps(status(root))


def test_a_server_of_ones_own_needs_no_key(machine):
    root = machine("vm-4g")
    apply(root)
    config = root / "opt/ai-gateway/litellm/config.yaml"
    text = config.read_text()
    config.write_text(text.replace("model_list:\n", "model_list:\n  # api_base: http://10.0.0.2:11434\n"))
    assert "provider-key" in codes(status(root))
    config.write_text(text.replace("model_list:\n", "model_list:\n  - model_name: mine\n    litellm_params: {model: openai/mine, "
                                                    "api_base: http://10.0.0.2:11434}\n"))
    assert "provider-key" not in codes(status(root))


@pytest.mark.parametrize("lines, step", [
    ("LOCAL_API_BASE=http://192.0.2.7:11434/v1\n", "local-model"), ("LOCAL_API_BASE=http://192.0.2.7/v1\nLOCAL_MODEL=\"\"\n", "local-model"),
    ("LOCAL_API_BASE=http://192.0.2.7:11434/v1\nLOCAL_MODEL=llama\n", None), ("LOCAL_MODEL=llama\n", "provider-key"),
    ("LOCAL_API_KEY=" + KEY + "\n", "provider-key"), ("OPENAI_API_KEY=sk-...\n", "provider-key"), ("ANTHROPIC_API_KEY='sk-ant-...'\n", "provider-key"),
    ("LOCAL_API_BASE=http://192.0.2.7/v1\nOPENAI_API_KEY=" + KEY + "\n", None)])
def test_a_step_where_no_model_can_answer(machine, lines, step):
    root = machine("vm-4g")
    apply(root)
    env = root / "opt/ai-gateway/.env"
    env.write_text(env.read_text() + lines)
    assert [c for c in codes(status(root)) if c in ("provider-key", "local-model")] == ([step] if step else [])


def test_who_names_the_model_in_the_settings_needs_no_variable(machine):
    root = machine("vm-4g")
    apply(root)
    config, env = root / "opt/ai-gateway/litellm/config.yaml", root / "opt/ai-gateway/.env"
    config.write_text(config.read_text().replace("os.environ/LOCAL_MODEL", "llama"))
    env.write_text(env.read_text() + "LOCAL_API_BASE=http://192.0.2.7/v1\n")
    assert "local-model" not in codes(status(root))


@pytest.mark.parametrize("base, told", [("http://localhost:11434", True), ("http://127.0.0.1:11434/v1", True), ("http://0.0.0.0:1", True),
                                        ("http://192.0.2.7/v1", False), ("http://localhost.example.org", False)])
def test_an_address_that_is_the_container_itself(machine, tmp_path, base, told):
    root, answers = machine("vm-4g"), tmp_path / "answers.yaml"
    answers.write_text(f"local-api-base: '{base}'\nlocal-model: llama\n")
    answers.chmod(0o600)
    done = run("apply", "--yes", "--sysroot", root, "--answers", answers)
    assert done.returncode == 0 and ("the container of litellm itself" in " ".join(done.stderr.split())) == told
    assert ("local-is-container" in run("plan", "--json", "--sysroot", root).stdout) == told


def test_a_key_given_as_an_answer_needs_no_step(machine, tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"openai-api-key: {KEY}\n")
    answers.chmod(0o600)
    assert "provider-key" not in codes(apply(machine("vm-4g"), "--answers", answers))


@pytest.mark.parametrize("bind, first, needle", [
    ("127.0.0.1", "tunnel", "ssh -L 9000:127.0.0.1:9000 "),
    ("::1", "tunnel", "ssh -L 9000:[::1]:9000 "),
    ("0.0.0.0", "open", "http://ADDRESS-OF-THIS-MACHINE:9000"),
    ("192.0.2.7", "open", "http://192.0.2.7:9000"),
    ("2001:db8::7", "open", "http://[2001:db8::7]:9000"),
])
def test_the_way_to_the_page_follows_the_address(machine, bind, first, needle):
    steps = apply(machine("vm-4g"), "--bind", bind, "--port", "9000")
    assert codes(steps)[3] == first
    assert needle in (command(steps, first) or "") + steps[3]["text"]
    assert "becomes the administrator" in steps[-4]["text"]


@pytest.mark.parametrize("port, there", [("80", "8080"), ("1023", "8080"), ("1024", "1024")])
def test_a_tunnel_begins_where_anybody_may_listen(machine, port, there):
    steps = apply(machine("vm-4g"), "--port", port)
    assert command(steps, "tunnel").startswith(f"ssh -L {there}:127.0.0.1:{port} ")
    assert any(f"http://localhost:{there} " in s["text"] for s in steps)


def test_an_edited_port_is_the_one_that_is_named(machine):
    root = machine("vm-4g")
    apply(root)
    set_env(root, "GATEWAY_PORT", "8443")
    assert command(status(root), "tunnel").startswith("ssh -L 8443:127.0.0.1:8443 ")


def test_a_stack_of_somebody_elses_has_no_page_that_is_known(machine):
    root = machine("vm-4g")
    folder = root / "srv/ai"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text("services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.110.2\n")
    done = run("apply", "--yes", "--json", "--sysroot", root, "--swap", "none", "--force", "--compose", "/srv/ai/compose.yaml")
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["next_steps"]
    assert codes(steps) == ["install-engine", "start"]
    assert command(steps, "start") == "cd /srv/ai && docker-compose up -d"


def test_the_same_block_in_every_place(machine):
    root = machine("vm-4g")
    first = run("apply", "--yes", "--sysroot", root, "--swap", "none").stdout
    again = run("apply", "--yes", "--sysroot", root, "--swap", "none").stdout
    look = run("status", "--sysroot", root).stdout
    block = first.split("What to do now:\n\n")[1]
    assert "Done. What to do now:" in first and "There was nothing to change. What to do now:" in again
    assert again.split("What to do now:\n\n")[1] == block and look.endswith(block)
    assert max(map(len, block.splitlines())) <= 80


def test_nothing_is_said_where_nothing_is_to_be_said(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--quiet", "--sysroot", root, "--swap", "none").stdout == ""
    assert "next_steps" not in json.loads(run("plan", "--json", "--sysroot", root).stdout)


def tree_of(root):
    return {p.relative_to(root) for p in pathlib.Path(root).rglob("*")}


def test_start_is_for_this_machine_and_refused_before_anything_is_written(machine):
    root = machine("vm-4g")
    before = tree_of(root)
    done = run("apply", "--yes", "--start", "--sysroot", root, "--swap", "none")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "--start starts the stack of this machine" in done.stderr and "nothing was written" in done.stderr
    assert tree_of(root) == before


@pytest.mark.parametrize("value", ["", "0", "0s", "-1", "25h", "1d", "15 m", "m", "1.5h", "99999999999999999999s"])
def test_a_time_that_is_none_is_refused(machine, value):
    done = run("apply", "--yes", "--start", "--start-timeout", value, "--sysroot", machine("vm-4g"))
    assert done.returncode == 2
    assert "a time from 1s to 24h, such as 900s, 15m or 1h" in done.stderr


@pytest.mark.parametrize("value", ["1", "90s", "15m", "24h"])
def test_times_are_taken(machine, value):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--start-timeout", value, "--sysroot", root, "--swap", "none").returncode == 0
    shutil.rmtree(root / "opt/ai-gateway")


def with_docker(tmp_path, version="5:28.0.0", **kwargs):
    return four(tmp_path, **kwargs).docker("docker-ce", version, compose=("docker-compose-plugin", "2.33.0"))


TO_CHAT = ["provider-key", "start", "tunnel", "open"]


# Machines as people rent them, and what is left to do on each.
@pytest.mark.parametrize("make, args, expected, says", [
    (lambda p: four(p), [], ["install-engine", *TO_CHAT], "apt install docker.io docker-compose"),
    (lambda p: lxc(p, "machine", 4021024), [], ["install-engine", *TO_CHAT], None),
    (lambda p: with_docker(p), [], TO_CHAT, "docker compose up -d"),
    (lambda p: four(p).docker("docker-ce", "5:28.0.0"), [], ["install-compose", *TO_CHAT], "docker-compose-plugin"),
    (lambda p: four(p).put("/usr/bin/docker", PODMAN), [], ["install-engine", *TO_CHAT], None),
    (lambda p: snap(p), [], ["provider-key", "engine-confined", "start", "tunnel", "open"], "--dir /home/NAME/ai-gateway"),
    (lambda p: snap(p), ["--dir", "/home/ann/ai-gateway"], TO_CHAT, "cd /home/ann/ai-gateway"),
    (lambda p: with_docker(p, "20.10.5"), [], ["provider-key", "engine-too-old", "start", "tunnel", "open"], "20.10.10"),
    (lambda p: listening(with_docker(p), ("0.0.0.0", 8080)), [], ["provider-key", "port-taken", "start", "tunnel", "open"], "port 8080 is taken"),
    (lambda p: listening(with_docker(p), ("0.0.0.0", 8080)), ["--port", "9000"], TO_CHAT, "ssh -L 9000:127.0.0.1:9000"),
    (lambda p: with_docker(p).put("/proc/cpuinfo", f"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: QEMU\nflags\t\t: {V1}\n\n"), [], ["provider-key", "cpu-too-old", "start", "tunnel", "open"], "x86-64-v2"),
    (lambda p: with_docker(p), ["--bind", "0.0.0.0"], ["provider-key", "start", "open"], "there is no TLS"),
    (lambda p: with_docker(p), ["--domain", "chat.example.org"], ["provider-key", "start", "open"], "https://chat.example.org"),
], ids=["bare", "container", "docker", "no-compose", "podman", "snap", "snap-at-home", "old-docker", "port-taken", "other-port", "old-cpu", "public",
        "domain"])
def test_what_is_left_on_a_machine(tmp_path, make, args, expected, says):
    root = make(tmp_path).root
    steps = apply(root, *args)
    assert codes(steps) == expected
    assert not says or any(says in s["text"] + " " + (s["command"] or "") for s in steps)


@pytest.mark.parametrize("tree, expected", [
    ("rootless-4g", ["install-compose", *TO_CHAT]), ("ubuntu-4g-snapd", ["install-engine", *TO_CHAT]),
    ("arm64-4g", ["install-engine", *TO_CHAT])])
def test_what_is_left_in_a_tree(machine, tree, expected):
    assert codes(apply(machine(tree))) == expected


def test_who_logs_in_is_who_used_sudo(tmp_path):
    done = subprocess.run([VPSFIT, "apply", "--yes", "--json", "--swap", "none", "--force", "--dir", tmp_path / "gw", "--state", tmp_path / "state"],
                          capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=environment(SUDO_USER="nobody"), check=False)
    assert done.returncode == 0, done.stderr
    who = "nobody" if os.geteuid() == 0 else __import__("pwd").getpwuid(os.getuid()).pw_name
    assert f" {who}@" in command(json.loads(done.stdout)["next_steps"], "tunnel")
