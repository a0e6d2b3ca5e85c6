# SPDX-License-Identifier: MIT
"""
--domain: a TLS proxy with certificates of its own, as an optional service. It is put in and taken out, alone listens for everybody, and
its ports and its name are looked at before anything is written. What is served over it is tested in tests/stack/test_tls.py.
"""

import json
import os
import re
import subprocess

import pytest
import yaml

from conftest import HANG, ROOT, VPSFIT, environment, run
from test_compose_set import COMPOSE1, COMPOSE2, config
from test_machines import four, listening
from test_optional import apply, new, plan, texts, times

NAME = "chat.example.org"
WITH = ("--domain", NAME)


def is_in(folder):
    """Checks that it is there completely or not at all."""
    project = yaml.safe_load((folder / "compose.yaml").read_text())
    there = "caddy" in project["services"]
    url = project["services"]["open-webui"]["environment"].get("WEBUI_URL")
    assert (url == "https://${GATEWAY_DOMAIN:?run vpsfit apply to make it}") == there == ("caddy_data" in project["volumes"])
    return there


def env(folder):
    return dict(re.findall(r"^(GATEWAY_\w+)=(.*)$", (folder / ".env").read_text(), re.M))


def codes(root, *args):
    return {w["code"]: w for w in plan(root, *args)["warnings"]}


@pytest.mark.parametrize("tool", [COMPOSE1, COMPOSE2], ids=["compose1", "compose2"])
def test_a_new_stack(machine, tool):
    root, folder = new(machine, *WITH)
    assert is_in(folder) and (folder / "caddy/Caddyfile").read_bytes() == (ROOT / "templates/caddy/Caddyfile").read_bytes()
    assert env(folder) == {"GATEWAY_BIND": "127.0.0.1", "GATEWAY_PORT": "8080", "GATEWAY_DOMAIN": NAME}
    project = config(folder, "compose.yaml", tool=tool)["services"]
    assert project["caddy"]["environment"]["GATEWAY_DOMAIN"] == NAME
    assert project["open-webui"]["environment"]["WEBUI_URL"] == f"https://{NAME}"
    # What it takes is in the plan, beside the founding figures' totals; it is not warned about like an open port without TLS.
    document = plan(root)
    assert document["services"]["caddy"]["expected_mib"] > 0 and document["answers"]["domain"]["origin"] == "remembered"
    assert not {"bind-public", "service-unmeasured", "published-taken"} & codes(root).keys()
    assert document["totals"]["optional_mib"] > plan(root, "--domain", "none")["totals"]["optional_mib"]
    before, when = texts(folder), times(folder)
    done = apply(root)
    assert (texts(folder), times(folder)) == (before, when)
    assert f"Open https://{NAME} in a browser" in " ".join(done.stdout.split()) and "ssh -L" not in done.stdout
    status = " ".join(run("status", "--sysroot", root).stdout.split())
    assert f"https://{NAME}" in status and "bind-public" not in status


@pytest.mark.parametrize("first", [[], ["--bind", "0.0.0.0", "--port", "80"], ["--bind", "10.0.0.5", "--port", "443"],
                                   ["--bind", "::1", "--port", "9090"], ["--redis", "no"]])
def test_in_and_out(machine, first):
    """The gateway behind it keeps to this machine, and leaves it its ports; the certificates' volume is nobody's to remove."""
    root, folder = new(machine, *first)
    before = texts(folder)
    done = apply(root, *WITH)
    here = env(folder)
    assert is_in(folder) and here["GATEWAY_DOMAIN"] == NAME
    assert here["GATEWAY_BIND"] in ("127.0.0.1", "[::1]") and here["GATEWAY_PORT"] == ("9090" if "9090" in first else "8080")
    assert "bind-public" not in done.stdout + done.stderr
    for line in (r"^\+ *caddy:", r"^\+ *WEBUI_URL", r"^\+GATEWAY_DOMAIN="):
        assert re.search(line, done.stdout, re.M), (line, done.stdout)
    apply(root, "--domain", "other.example.org")
    assert env(folder)["GATEWAY_DOMAIN"] == "other.example.org"
    done = apply(root, "--domain", "none")
    assert not is_in(folder) and "caddy is taken out" in done.stderr
    after = texts(folder)
    assert after.pop("compose.yaml") == before.pop("compose.yaml") and after.pop("caddy/Caddyfile")
    assert before.pop(".env") and after.pop(".env") and before == after
    assert "ssh -L" in done.stdout and f"https://{NAME}" not in done.stdout
    # Nobody asks for it again.
    assert "NAME" not in done.stdout and not is_in(folder)
    assert "as the plan wants it" in apply(root).stdout


def test_a_rollback_takes_it_out(machine):
    root, folder = new(machine, "--bind", "0.0.0.0")
    before = texts(folder)
    apply(root, *WITH)
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert texts(folder) == before


def test_what_a_person_put_before_it_stays(machine):
    """Its Caddyfile is the administrator's, and so is another WEBUI_URL: then there is no TLS proxy of vpsfit's, and that is said."""
    root, folder = new(machine, *WITH)
    mine = folder / "caddy/Caddyfile"
    mine.write_text(mine.read_text() + "# mine\n")
    assert "as the plan wants it" in apply(root).stdout and mine.read_text().endswith("# mine\n")
    apply(root, "--domain", "none")
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace("      DATABASE_POOL_SIZE:", "      WEBUI_URL: https://mine.example.org\n      DATABASE_POOL_SIZE:"))
    before = texts(folder)
    done = apply(root, *WITH)
    assert "--domain none says" in done.stderr and "WEBUI_URL is there and is not vpsfit's" in done.stderr
    assert "caddy" not in yaml.safe_load(path.read_text())["services"] and texts(folder) == before
    assert f"Open https://{NAME}" not in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", ["foo", ".x.y", "x..y", "1.2.3.4", "-a.b", "a-.b", "http://a.b", "a.b:80", "a.b/", "*.a.b", "a_b.c", "ä.de", "",
                                  "a.b.", "::1", "a b.c", "a.b\n", f"{'a' * 64}.de", ".".join(["a" * 60] * 5), "a.123"])
def test_a_malformed_name_is_refused(machine, tmp_path, name):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root, "--domain", name).returncode == 2
    answers = tmp_path / "answers.yaml"
    answers.write_text(json.dumps({"domain": name}))
    assert run("apply", "--yes", "--sysroot", root, "--answers", answers).returncode == 2
    assert not (root / "opt/ai-gateway").exists()


@pytest.mark.parametrize("name, is_it", [("Chat.Example.ORG", NAME), ("xn--4ca.de", "xn--4ca.de"), ("a.b", "a.b"), ("1.de", "1.de"), (f"{'a' * 63}.de",) * 2])
def test_other_spellings(machine, tmp_path, name, is_it):
    root = machine("vm-4g")
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"domain: {name}\n")
    apply(root, "--answers", answers)
    assert env(root / "opt/ai-gateway")["GATEWAY_DOMAIN"] == is_it


@pytest.mark.parametrize("args, said", [
    (["--bind", "0.0.0.0"], "contradict each other"), (["--bind", "10.0.0.5"], "contradict each other"), (["--bind", "::"], "contradict each other"),
    (["--port", "80"], "belongs to the TLS proxy"), (["--port", "443"], "belongs to the TLS proxy")])
def test_contradictions(machine, args, said):
    root = machine("vm-4g")
    done = run("apply", "--yes", "--sysroot", root, *WITH, *args)
    assert done.returncode == 2 and said in done.stderr and not (root / "opt/ai-gateway").exists()
    # A name that is only remembered contradicts them too; the way out is said.
    apply(root, *WITH)
    done = run("apply", "--yes", "--sysroot", root, *args)
    assert done.returncode == 2 and said in done.stderr
    apply(root, "--domain", "none", *args)


def test_never_in_somebody_elses_file(machine):
    root = machine("vm-4g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    text = "services:\n  llm:\n    image: ghcr.io/berriai/litellm:v1.110.2\n"
    (folder / "compose.yaml").write_text(text)
    done = run("apply", "--yes", "--sysroot", root, "--compose", "/srv/stack/compose.yaml", *WITH)
    assert done.returncode == 2 and "--domain is for vpsfit's own stack" in done.stderr
    assert (folder / "compose.yaml").read_text() == text


@pytest.mark.parametrize("address, port, taken", [
    ("0.0.0.0", 80, True), ("0.0.0.0", 443, True), ("::", 443, True), ("127.0.0.1", 80, True), ("10.0.0.5", 443, True), ("::1", 80, True),
    ("0.0.0.0", 8443, False), ("0.0.0.0", 8081, False)])
def test_ports_that_are_taken(tmp_path, address, port, taken):
    tree = listening(four(tmp_path), (address, port))
    # Planned all the same, so that it can be looked at; and without a name nobody needs them.
    assert ("published-taken" in codes(tree.root, *WITH)) == taken and "published-taken" not in codes(tree.root)
    done = run("apply", "--yes", "--sysroot", tree.root, *WITH)
    assert done.returncode == (2 if taken else 0), done.stderr
    assert (f"port {port}, which caddy needs, is taken by another program" in done.stderr) == taken
    assert os.path.exists(f"{tree.root}/opt/ai-gateway") != taken
    assert run("apply", "--yes", "--sysroot", tree.root).returncode == 0


def alone(*command, hosts="", stdin=subprocess.DEVNULL):
    """Runs vpsfit on this machine in a network and a file system of its own: only the names in `hosts` are known, and nobody answers."""
    script = ('ip link set lo up; ip link add eth9 type veth peer name eth8; ip link set eth8 up; ip addr add 192.0.2.10/24 dev eth9; ip addr add 2001:db8::10/64 dev eth9 nodad; '
              'ip link set eth9 up; ip route add default dev eth9; printf "%s" "$0" >/run/h; mount --bind /run/h /etc/hosts; '
              'printf "nameserver 127.0.0.1\\n" >/run/r; mount --bind /run/r /etc/resolv.conf; mount -t tmpfs none /opt; mount -t tmpfs none /var/lib/vpsfit 2>/dev/null; '
              'exec "$@"')
    return subprocess.run(["unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", "mount -t tmpfs none /run; " + script,
                           hosts, *map(str, command)], stdin=stdin, capture_output=True, text=True, timeout=HANG, env=environment(), check=False)


@pytest.mark.root
@pytest.mark.parametrize("hosts, code, step", [
    (f"192.0.2.10 {NAME}\n", None, None), (f"2001:db8::10 {NAME}\n", None, None), (f"203.0.113.9 {NAME}\n192.0.2.10 {NAME}\n", None, None),
    (f"203.0.113.9 {NAME}\n", "domain-elsewhere", f"{NAME}. A 192.0.2.10"), (f"127.0.0.1 {NAME}\n", "domain-elsewhere", f"{NAME}. A 192.0.2.10"),
])
def test_where_the_name_leads(tmp_path, hosts, code, step):
    here = ["--state", tmp_path / "state", "--dir", tmp_path / "named", "--swap", "none", "--force", *WITH]
    done = alone(VPSFIT, "plan", "--json", *here, hosts=hosts)
    found = {w["code"]: w["text"] for w in json.loads(done.stdout)["warnings"] if w["code"].startswith("domain-")}
    assert set(found) == ({code} if code else set()), done.stdout
    if code:
        assert hosts.split()[0] in found[code]
    done = alone(VPSFIT, "apply", "--yes", *here, hosts=hosts)
    assert done.returncode == 0, done.stderr
    assert (step is None) == (f"{NAME}. A" not in done.stdout) and (step or "") in done.stdout
    # A login waits for nobody.
    assert "domain-" not in alone(VPSFIT, "status", "--state", tmp_path / "state", "--dir", tmp_path / "named", hosts="").stdout


@pytest.mark.root
def test_a_name_server_that_does_not_answer_holds_nobody_up(tmp_path):
    import time
    began = time.monotonic()
    silent = "import socket,subprocess,sys\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 53))\nsys.exit(subprocess.run(sys.argv[1:]).returncode)"
    done = alone("/usr/bin/python3", "-c", silent, VPSFIT, "plan", "--json", "--state", tmp_path / "state", "--dir", tmp_path / "named", *WITH)
    assert 4 < time.monotonic() - began < 9
    assert "domain-unknown" in done.stdout and done.returncode in (0, 3)


@pytest.mark.root
def test_the_program_that_has_the_port_is_named(tmp_path):
    listener = ("import socket,subprocess,sys\ns = socket.socket()\ns.bind(('0.0.0.0', 443))\ns.listen()\n"
                "sys.exit(subprocess.run(sys.argv[1:]).returncode)")
    done = alone("/usr/bin/python3", "-c", listener, VPSFIT, "apply", "--yes", "--state", tmp_path / "state", "--dir", tmp_path / "named",
                 "--swap", "none", "--force", *WITH, hosts=f"192.0.2.10 {NAME}\n")
    assert done.returncode == 2 and "port 443, which caddy needs, is taken by python3" in done.stderr, done.stderr
    assert not (tmp_path / "named").exists()
