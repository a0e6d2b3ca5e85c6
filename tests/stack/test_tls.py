# SPDX-License-Identifier: MIT
"""
The gateway by its name: a real Caddy gets a certificate from Pebble, a certificate authority for tests, which proves the name on ports 80
and 443 of the stack as a public one does. HTTPS, streams and WebSockets through it, and what is believed of a request's address and
protocol. Pebble knows the name by Docker's own name server.
"""
import base64
import http.client
import json
import os
import re
import socket
import ssl
import subprocess

import pytest

import engine
from engine import PATIENCE, Stack, docker, image_of, wait_for
from test_stack import FOUR

NAME = "chat.example.test"
PEBBLE = """
  caddy:
    volumes: ["{folder}/pebble.pem:/pebble.pem:ro"]
    healthcheck: {{interval: 2s}}
    networks: {{gateway: {{aliases: [{name}]}}}}
  pebble:
    image: {image}
    entrypoint: ["pebble", "-config", "/pebble.json"]
    stop_signal: SIGKILL
    environment: {{PEBBLE_VA_NOSLEEP: "1"}}
    volumes: ["{folder}/pebble.json:/pebble.json:ro", "{folder}/pebble.pem:/pebble.pem:ro", "{folder}/pebble.key:/pebble.key:ro"]
    networks: [gateway]"""


def certificate(name, key, cert):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}", "-keyout", key, "-out", cert], check=True, capture_output=True, timeout=60)


def trust_pebble(caddyfile):
    caddyfile.write_text(caddyfile.read_text().replace(
        "\tadmin off\n", "\tadmin off\n\tacme_ca https://pebble:14000/dir\n\tacme_ca_root /pebble.pem\n"))


def root_of(container):
    """The authority's own certificate, as docker inspect shows its container: what a browser has for Let's Encrypt."""
    address = next(iter(container["NetworkSettings"]["Networks"].values()))["IPAddress"]
    link = http.client.HTTPSConnection(address, 15000, timeout=30, context=ssl._create_unverified_context())
    link.request("GET", "/roots/0")
    return link.getresponse().read().decode()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Pebble's own certificate and settings. It proves names on the ports that everybody uses."""
    folder = tmp_path_factory.mktemp("pebble")
    certificate("pebble", folder / "pebble.key", folder / "pebble.pem")
    (folder / "pebble.json").write_text(json.dumps({"pebble": {
        "listenAddress": "0.0.0.0:14000", "managementListenAddress": "0.0.0.0:15000", "certificate": "/pebble.pem", "privateKey": "/pebble.key",
        "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": False}}))
    return folder


@pytest.fixture(scope="module")
def stack(tmp_path_factory, authority):
    stack = Stack(tmp_path_factory.mktemp("tls") / "named", *FOUR, "--domain", NAME,
                  more=PEBBLE.format(folder=authority, name=NAME, image=image_of("caddy")))
    trust_pebble(stack.directory / "caddy/Caddyfile")
    try:
        stack.up()
    except RuntimeError as error:
        raise AssertionError(f"{error}\n{stack.compose('logs', '--tail', 40)}") from None
    yield stack
    stack.destroy()


@pytest.fixture(scope="module")
def trusted(stack, authority):
    """What a browser has: the authority's root, and nothing else."""
    context = ssl.create_default_context(cadata=root_of(stack.inspect("pebble")))

    def reached():
        try:
            return connect(context)
        except OSError:
            return None
    wait_for("the certificate", reached, 60).close()
    return context


def connect(context, name=NAME):
    return context.wrap_socket(socket.create_connection(("127.0.0.1", 443), timeout=60), server_hostname=name)


class Named(http.client.HTTPConnection):
    """HTTPS to the name, whatever this machine's name server says of it."""

    def __init__(self, context):
        super().__init__(NAME, timeout=60)
        self.context = context

    def connect(self):
        self.sock = connect(self.context)


def get(context, path, **headers):
    link = Named(context)
    link.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return link.getresponse()


def plainly(path, host="127.0.0.1", port=engine.PORT, **headers):
    link = http.client.HTTPConnection(host, port, timeout=60)
    link.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    return link.getresponse()


def test_the_certificate_is_of_the_name_and_of_the_authority(trusted):
    names = [v for k, v in connect(trusted).getpeercert()["subjectAltName"]]
    assert names == [NAME]
    with pytest.raises(ssl.SSLError):
        connect(ssl.create_default_context())


def test_a_browser_that_comes_without_tls_is_sent_on(stack, trusted):
    answer = plainly("/some/page?x=1", port=80, Host=NAME)
    assert answer.status == 308 and answer.getheader("Location") == f"https://{NAME}/some/page?x=1"


def test_the_page_comes_and_a_chat_is_answered(stack, trusted):
    assert get(trusted, "/").read().startswith(b"stand-in")
    link = Named(trusted)
    link.request("POST", "/v1/chat/completions", json.dumps({"model": "plain", "messages": [{"role": "user", "content": "hello"}]}),
                 {"Authorization": f"Bearer {stack.secret('LITELLM_MASTER_KEY')}", "Content-Type": "application/json"})
    answer = link.getresponse()
    assert answer.status == 200 and b'"hello"' in answer.read()


def test_a_stream_arrives_chunk_by_chunk(stack, trusted):
    """The provider sends a piece only after the previous one has arrived: any buffering stops the stream."""
    link = Named(trusted)
    link.request("POST", "/v1/chat/completions",
                 json.dumps({"model": "lockstep", "stream": True, "messages": [{"role": "user", "content": "hello"}]}),
                 {"Authorization": f"Bearer {stack.secret('LITELLM_MASTER_KEY')}", "Content-Type": "application/json"})
    pieces = []
    for line in link.getresponse():
        found = re.search(rb"piece(\d)", line)
        if found:
            pieces.append(int(found.group(1)))
            next_please = http.client.HTTPConnection(stack.provider(), 9000, timeout=PATIENCE)
            next_please.request("POST", "/next", b"")
            next_please.getresponse().read()
    assert pieces == list(range(8))


def test_a_websocket_goes_both_ways(trusted):
    link = connect(trusted)
    key = base64.b64encode(os.urandom(16)).decode()
    link.sendall(f"GET /ws/socket.io/?transport=websocket HTTP/1.1\r\nHost: {NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    stream = link.makefile("rb")
    assert b" 101 " in stream.readline()
    while stream.readline().strip():
        pass
    for text in (b"one", b"two"):
        mask = os.urandom(4)
        link.sendall(bytes((0x81, 0x80 | len(text))) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(text)))
        assert stream.read(2 + len(text)) == bytes((0x81, len(text))) + text
    link.close()


FORGED = {"X_Forwarded_For": "6.6.6.6", "X_Forwarded_Proto": "gopher", "X_Forwarded_Host": "evil.example.org", "X_Real_IP": "6.6.6.6",
          "Forwarded": "for=6.6.6.6;proto=gopher", "X_Forwarded_Prefix": "/evil", "X_Forwarded_Port": "1", "X_Original_URL": "/evil"}


def test_what_a_client_says_of_itself_is_not_believed(stack, trusted):
    for headers in ({}, FORGED):
        seen = json.load(get(trusted, "/headers", **headers))
        assert seen["x-forwarded-proto"] == "https" and seen["host"] == seen["x-forwarded-host"] == NAME
        assert seen["url"] == f"https://{NAME}"
        assert re.fullmatch(r"[0-9.]+", seen["x-forwarded-for"]) and seen["x-real-ip"] == seen["x-forwarded-for"]
        assert "6.6.6.6" not in json.dumps(seen) and "evil" not in json.dumps(seen) and "gopher" not in json.dumps(seen)


def test_somebody_elses_proxy_on_this_machine_is_believed(stack):
    """The port listens for this machine alone. The last address is the one that the proxy saw itself."""
    seen = json.load(plainly("/headers", X_Forwarded_For="6.6.6.6, 203.0.113.7", X_Forwarded_Proto="https", Host="other.example.org"))
    assert seen["x-forwarded-for"] == seen["x-real-ip"] == "203.0.113.7" and seen["x-forwarded-proto"] == "https"
    assert seen["host"] == "other.example.org"
    # A tunnel says nothing of itself.
    assert json.load(plainly("/headers"))["x-forwarded-proto"] == "http"


@pytest.mark.parametrize("path, arrives", [
    ("/anthropic/../v1/models", "/v1/models"), ("/ui%2f..%2fv1/models", "/v1/models"), ("/key/generate/%2e%2e/%2e%2e/v1/models", "/v1/models"),
    ("//v1//models", "/v1/models")])
def test_litellm_gets_the_path_that_was_looked_at(stack, path, arrives):
    """Where the path that arrives is not the one that was sent, LiteLLM answers it as that."""
    assert stack.ask(path).status == stack.ask(arrives).status == 200
    assert stack.ask(path, key=False).status == 401


@pytest.mark.parametrize("path, webui", [
    ("/v1/../key/generate", True), ("/v1/%2e%2e/ui", True), ("/key/generate", True), ("/v1/key/generate", False), ("/v1/mcp/server", False),
    ("/v1/models/..%2f..%2fkey/info", True), ("/v1%2fmodels/.%2e/%2e./key/list", True), ("/ws/../v1/key/info", False), ("/v1/", False),
    ("/v1/models%0d%0aX-Evil:1", False)])
def test_what_manages_litellm_is_not_reachable(stack, path, webui):
    answer = stack.ask(path)
    text = answer.read()
    assert (answer.status == 200 and text.startswith(b"stand-in")) if webui else (answer.status == 404 and b"is not open here" in text)


@pytest.mark.parametrize("path", ["/v1/models/%252e%252e/%252e%252e/key/list", "/v1/models/..;/..;/key/list"])
def test_what_is_encoded_twice_is_decoded_once(stack, path):
    """LiteLLM gets it, and knows no such path: with the master key it would answer 200 at /key/list."""
    assert stack.ask(path).status == 404


def test_a_websocket_opens_nothing_else(stack):
    for path in ("/v1/../key/list", "/v1/key/list", "/v1/models/%2e%2e/%2e%2e/ui"):
        link = http.client.HTTPConnection("127.0.0.1", engine.PORT, timeout=60)
        link.request("GET", path, headers={"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                                           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
                                           "Authorization": f"Bearer {stack.secret('LITELLM_MASTER_KEY')}"})
        answer = link.getresponse()
        assert answer.status != 101 and (answer.status == 404 or answer.read().startswith(b"stand-in")), path


def test_but_from_the_machine_itself_at_the_containers_address(stack):
    """As README.md says it."""
    address = docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", stack.container("litellm")).strip()
    answer = plainly("/ui/", host=address, port=4000)
    assert answer.status in (200, 302, 303, 307) or b"<html" in answer.read().lower()
    link = http.client.HTTPConnection(address, 4000, timeout=60)
    link.request("GET", "/health/readiness")
    assert link.getresponse().status == 200


def test_the_containers_may_do_no_more_than_they_need(stack):
    for service in (*engine.SERVICES, "caddy", "redis"):
        host = stack.inspect(service)["HostConfig"]
        assert host["SecurityOpt"] == ["no-new-privileges:true"] and host["CapDrop"] == ["ALL"], service
        assert host["ReadonlyRootfs"] == (service in ("nginx", "caddy", "redis")), service
        pid = stack.inspect(service)["State"]["Pid"]
        status = open(f"/proc/{pid}/status", encoding="ascii").read()
        assert re.search(r"^NoNewPrivs:\t1$", status, re.M), service
        # No SYS_ADMIN, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, KILL, SETPCAP, SETFCAP.
        bounding = int(re.search(r"^CapBnd:\t(\w+)$", status, re.M).group(1), 16)
        assert not bounding & sum(1 << n for n in (5, 8, 13, 18, 21, 27, 29, 31)), (service, hex(bounding))


def test_another_address_ends_the_belief(stack):
    """The port is open to everybody then, so that anybody may have said it. Caddy's ports are looked at in the end, for they stay."""
    env = stack.directory / ".env"
    was = env.read_text()
    env.write_text(was.replace("GATEWAY_BIND=127.0.0.1", "GATEWAY_BIND=0.0.0.0"))
    try:
        stack.up("nginx")
        seen = json.load(plainly("/headers", **FORGED))
        assert seen["x-forwarded-proto"] == "http" and "6.6.6.6" not in json.dumps(seen) and "evil" not in json.dumps(seen)
    finally:
        env.write_text(was)
        stack.up("nginx")


def test_a_second_start_needs_no_second_certificate(stack, trusted):
    """What it got is in its volume, which outlives the container and the service's lines."""
    def serial():
        return ssl.PEM_cert_to_DER_cert(ssl.DER_cert_to_PEM_cert(connect(trusted).getpeercert(True)))
    before = serial()
    stack.remove("caddy")
    stack.vpsfit("apply", "--yes", "--domain", "none")
    assert "caddy" not in (stack.directory / "compose.yaml").read_text()
    assert f"{stack.directory.name}_caddy_data" in docker("volume", "ls", "--quiet").split()
    stack.vpsfit("apply", "--yes", "--domain", NAME)
    stack.up("caddy", "pebble")
    assert wait_for("the page", lambda: serial() == before, 30)
