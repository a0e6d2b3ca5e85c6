# SPDX-License-Identifier: MIT
"""A public address must not go unnoticed: a warning in plan and JSON, and the address in the final message."""

import json

import pytest

from conftest import run


def warnings(root, *args):
    document = json.loads(run("plan", "--json", *args, "--sysroot", root).stdout)
    return {w["code"]: w for w in document["warnings"]}


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "0:0:0:0:0:0:0:0", "192.168.1.7", "203.0.113.5", "2001:db8::1", "::ffff:10.0.0.1"])
def test_a_public_address_is_warned_about(machine, address):
    root = machine("vm-4g")
    warning = warnings(root, "--bind", address)["bind-public"]
    assert warning["severity"] == "warning"
    for word in ("TLS", "ufw", "administrator"):
        assert word in warning["text"]
    done = run("plan", "--bind", address, "--sysroot", root)
    assert "(bind-public)" in done.stdout and "[!] the gateway listens" in done.stdout


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "0:0::1", "::ffff:127.0.0.1", None])
def test_this_machine_alone_is_not(machine, address):
    assert "bind-public" not in warnings(machine("vm-4g"), *(["--bind", address] if address else []))


@pytest.mark.parametrize("args, said", [
    ([], "ssh -L 8080:127.0.0.1:8080 root@ADDRESS-OF-THIS-MACHINE"),
    (["--bind", "0.0.0.0", "--port", "80"], "Open http://ADDRESS-OF-THIS-MACHINE:80 in a browser; there is no TLS."),
    (["--bind", "2001:DB8::1"], "Open http://[2001:db8::1]:8080 in a browser; there is no TLS."),
])
def test_the_log_of_an_unattended_apply_says_where(machine, args, said):
    root = machine("vm-4g")
    done = run("apply", "--yes", *args, "--sysroot", root)
    assert done.returncode == 0 and said in " ".join(done.stdout.split()), done.stdout
    # A rerun without the flag shows the address in effect.
    done = run("apply", "--yes", "--workers", "1", "--sysroot", root)
    assert done.returncode == 0 and said in " ".join(done.stdout.split()), done.stdout


def codes(plan):
    return [w["code"] for w in json.loads(plan.stdout)["warnings"]].count("bind-public")


@pytest.mark.parametrize("line, public", [
    ("GATEWAY_BIND=0.0.0.0", True), ("GATEWAY_BIND=[::]", True), ("export GATEWAY_BIND = '0.0.0.0' # all", True), ('GATEWAY_BIND: "192.168.1.7"', True),
    ("GATEWAY_BIND=127.0.0.1\nGATEWAY_BIND=0.0.0.0", True), ("A=0.0.0.0\nGATEWAY_BIND=${A}", True), ("GATEWAY_BIND=0.0.0.0\nGATEWAY_BIND=127.0.0.1", False),
    ("# GATEWAY_BIND=0.0.0.0", False), ("GATEWAY_BIND=", False), ("GATEWAY_BIND=127.0.0.1", False), ("GATEWAY_BIND=127.9.9.9", False), ("GATEWAY_BIND=[::1]", False),
])
def test_an_address_in_env_is_told_in_every_run(stack, line, public):
    root, directory = stack
    env = directory / ".env"
    env.write_text(env.read_text().replace("GATEWAY_BIND=127.0.0.1", line))
    assert codes(run("plan", "--json", "--sysroot", root)) == public
    for command in (["plan"], ["apply", "--yes", "--workers", "1"], ["plan", "--exit-code"]):
        done = run(*command, "--sysroot", root)
        assert done.returncode == 0 and done.stderr.count("not for this machine alone") == public, done.stderr
    # The answer overrides the file where that may be overwritten, and is warned of once.
    assert codes(run("plan", "--json", "--overwrite-edits", "--bind", "0.0.0.0", "--sysroot", root)) == 1
    assert codes(run("plan", "--json", "--overwrite-edits", "--bind", "127.0.0.1", "--sysroot", root)) == 0


GATEWAY_PORTS = '"${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:80"'


@pytest.mark.parametrize("port, public", [
    ('"8080:80"', True), ("8080:80", True), ('"80"', True), ("80/tcp", True), ("8080-8081:80-81/tcp", True), ('"0.0.0.0:8080:80"', True),
    ('"[::]:8080:80"', True), ('":::8080:80"', True), ("{target: 80, published: 8080}", True), ("{target: 80, published: 8080, host_ip: '::'}", True),
    ("{target: 80, published: 8080, host_ip: 10.1.2.3}", True), ('"10.0.0.7::80"', True), ('"${GATEWAY_BIND:-127.0.0.1}:8080:80"', False),
    ('"127.0.0.1:8080:80"', False), ('"127.0.0.1::80/tcp"', False), ('"[::1]:8080:80"', False), ('"::1:8080:80"', False),
    ("{target: 80, published: 8080, host_ip: 127.0.0.1}", False),
])
@pytest.mark.parametrize("where", ["own", "override", "another service"])
def test_a_port_in_the_compose_files_is_told(stack, port, public, where):
    root, directory = stack
    compose = directory / "compose.yaml"
    text = compose.read_text()
    assert GATEWAY_PORTS in text
    if where == "own":
        compose.write_text(text.replace(GATEWAY_PORTS, port))
    else:
        service = "nginx" if where == "override" else "postgres"
        assert f"  {service}:" in text
        (directory / "compose.override.yaml").write_text(f"services:\n  {service}:\n    ports:\n      - {port}\n")
    plan = run("plan", "--json", "--sysroot", root)
    assert plan.returncode == 0 and codes(plan) == public, plan.stderr


def test_an_adopted_stack_listens_where_its_file_says(machine):
    root = machine("vm-4g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text("services:\n  litellm: {image: litellm, ports: ['4000:4000']}\n")
    assert codes(run("plan", "--json", "--compose", "/srv/compose.yaml", "--sysroot", root)) == 0
