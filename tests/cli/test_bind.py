"""An address that others reach is no word left out: a warning in plan and JSON, and what was written says where."""

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
    ([], "127.0.0.1, port 8080, without TLS: http://127.0.0.1:8080"),
    (["--bind", "0.0.0.0", "--port", "80"], "0.0.0.0, port 80, without TLS: http://ADDRESS-OF-THIS-MACHINE:80"),
    (["--bind", "2001:DB8::1"], "[2001:db8::1], port 8080, without TLS: http://[2001:db8::1]:8080"),
])
def test_the_log_of_an_unattended_apply_says_where(machine, args, said):
    root = machine("vm-4g")
    done = run("apply", "--yes", *args, "--sysroot", root)
    assert done.returncode == 0 and said in done.stdout, done.stdout
    # A rerun that leaves the address out says the one that holds.
    done = run("apply", "--yes", "--workers", "1", "--sysroot", root)
    assert done.returncode == 0 and said in done.stdout, done.stdout
