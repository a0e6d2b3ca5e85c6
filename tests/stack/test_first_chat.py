# SPDX-License-Identifier: MIT
"""
From a bare Debian 12 to an answered chat over HTTPS, with README.md's commands alone. The machine is a tree of debootstrap's with what
`make repo` makes on a server of its own, Debian's mirror in a folder, and the engine of with-engine. What is not the machine's own is set
up before, as on a stage: names in /etc/hosts for DNS, a provider of models, an authority for certificates (Pebble). Every command and what
it said is in STACK_OUT/first-chat.log, and printed.
"""
import functools
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import ssl
import subprocess
import threading

import pytest

from engine import PATIENCE, PROJECT, PROVIDER, QUERY_ENGINE, docker, use_master_key, wait_for
from image_names import image_of
from test_tls import PEBBLE, authority, certificate, root_of, trust_pebble  # noqa: F401

README = (PROJECT / "README.md").read_text()
NAME = "chat.example.org"
OUT = pathlib.Path(os.environ.get("STACK_OUT", "."))
VERSION = re.search(r"^VERSION := (.*)$", (PROJECT / "Makefile").read_text(), re.M).group(1)
DEB = PROJECT / f"dist/vpsfit_{VERSION}_amd64.deb"
# The one sentence of the README that changes its commands here: Debian 12's own Compose is an older program.
SAID = "Where Compose is Debian 12's own package, write `docker-compose` in place of\n`docker compose`"


def blocks(heading, kind="sh"):
    """The commands below a heading of the README, up to the next of the same rank."""
    rank = heading.split(" ")[0]
    part = README.split(f"\n{heading}\n")[1].split(f"\n{rank} ")[0]
    assert SAID in README
    return [text.replace("docker compose", "docker-compose") for text in re.findall(rf"^```{kind}\n(.*?)^```$", part, re.M | re.S)]


def serve(port, folder, certificate=None):
    """A web server for a folder, on the loopback address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.func.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def mount(*argv):
    subprocess.run(["mount", *map(str, argv)], check=True)


class Vps:
    """A bare Debian 12, and a person on it."""

    def __init__(self, root):
        self.root = root
        self.log = []
        root.mkdir()
        # Without the nodes in /dev, whose contents have no end.
        subprocess.run(["bash", "-c", "tar -C \"$0\" --exclude='./dev/*' --exclude=./srv/mirror -c . | tar -C \"$1\" -x", OUT / "bare", root],
                       check=True, timeout=120)
        for kind in ("proc", "sys", "dev"):
            mount("--rbind", f"/{kind}", root / kind)
        # Nobody loses power here.
        (root / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
        (root / "etc/apt/sources.list").write_text("deb [trusted=yes] http://deb.debian.org/debian ./\n")
        (root / "etc/hosts").write_text(f"127.0.0.1 localhost deb.debian.org apt.example.org {NAME}\n")
        # The engine's socket is where everybody looks for it, its data where its own flags say.
        socket = pathlib.Path(os.environ["DOCKER_HOST"].removeprefix("unix://"))
        (root / "run/docker.sock").touch()
        mount("--bind", socket, root / "run/docker.sock")
        self.engine = root / str(socket.parent).lstrip("/")
        self.engine.mkdir(parents=True)
        mount("--bind", socket.parent, self.engine)
        # The engine looks for what it mounts into containers where it itself is.
        mount("--bind", root / "opt", "/opt")

    def close(self):
        subprocess.run(["umount", "/opt"], check=True)
        subprocess.run(["umount", "--recursive", "--lazy", *(self.root / k for k in ("proc", "sys", "dev"))], check=True)
        subprocess.run(["umount", self.root / "run/docker.sock", self.engine], check=True)
        shutil.rmtree(self.root)

    def note(self, text):
        self.log.append(f"    # {text}\n")

    def type(self, script):
        """Types the lines as a person does, one shell for all of them; the log has what they said."""
        self.log += [f"root@vps:~# {line}\n" for line in script.strip().split("\n")]
        done = subprocess.run(
            # One core, as the VPS has that most people rent: that is one worker of LiteLLM, which starts sooner than four.
            ["taskset", "-c", "0", "chroot", self.root, "/usr/bin/env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
             "TERM=xterm", "DEBIAN_FRONTEND=noninteractive", "LANG=C.UTF-8", "bash", "-euo", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE, check=False)
        self.log += [done.stdout, "\n"]
        assert done.returncode == 0, self.told()
        return done.stdout

    def told(self):
        """apt's and dpkg's line for each package are left out."""
        text = re.sub(r"(?m)^(Selecting|Preparing|Unpacking|Setting up|Get:|Hit:|Ign:|Fetched|Reading package|Reading state|Building dependency|Creating (?:group|user)|Running in chroot|Initializing|Adding group|Done\.$|debconf: delaying|Selected|\(Reading|Processing|Created symlink|invoke-rc.d|update-alternatives).*\n",
                      "", "".join(self.log))
        text = re.sub(r"\n(\s*\n)+", "\n\n", text)
        return re.sub(r"(?m)^(The following NEW packages.*|Suggested packages:|Recommended packages:|The following additional.*)\n(  .*\n)+", "", text)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """What `make repo` makes, and the certificate of its server."""
    folder = tmp_path_factory.mktemp("apt")
    subprocess.run([PROJECT / "tests/package/make-repo", folder / "www/vpsfit", DEB], check=True, timeout=60,
                   env={**os.environ, "URL": "https://apt.example.org/vpsfit"})
    certificate("apt.example.org", folder / "key.pem", folder / "cert.pem")
    return folder


@pytest.fixture(scope="module")
def vps(tmp_path_factory, repository):
    (repository / "debian").mkdir()
    os.symlink(OUT / "bare/srv/mirror", repository / "debian/debian")
    servers = [serve(80, repository / "debian"), serve(443, repository / "www", (repository / "cert.pem", repository / "key.pem"))]
    vps = Vps(tmp_path_factory.mktemp("vps") / "root")
    for place in ("usr/local/share/ca-certificates/apt.crt", "etc/ssl/certs/ca-certificates.crt"):
        with open(vps.root / place, "a", encoding="ascii") as file:
            file.write((repository / "cert.pem").read_text())
    vps.servers = servers
    yield vps
    (OUT / "first-chat.log").write_text(vps.told())
    docker("compose", "--project-directory", vps.root / "opt/ai-gateway", "-p", "ai-gateway", "down", "--volumes", "--timeout", "2",
           timeout=PATIENCE)
    vps.close()


def test_1_install_vpsfit(vps):
    assert not (vps.root / "usr/bin/docker").exists()
    vps.note("A bare Debian 12 (debootstrap --variant=minbase), and README.md")
    vps.type(re.search(r"`(apt-get install -y curl ca-certificates)`", README).group(1).replace("apt-get", "apt-get update -q && apt-get -q"))
    said = vps.type(blocks("### 1. Install vpsfit", "")[0])
    assert "Cost model" in said and (vps.root / "usr/bin/docker").exists() and (vps.root / "usr/bin/docker-compose").exists()
    for server in vps.servers:
        server.shutdown()
        server.server_close()


def test_2_write_the_configuration(vps):
    said = vps.type(blocks("### 2. Write the configuration")[0])
    assert "What to do now" in said and (vps.root / "opt/ai-gateway/compose.yaml").exists()


def test_3_put_in_a_key_and_start(vps):
    vps.note("The stage: a provider of models in place of OpenAI, health checks that are looked at more often")
    override = (PROVIDER % image_of("litellm")).replace("!reset null", "null")
    (vps.root / "opt/ai-gateway/compose.override.yaml").write_text(override)
    eater = pathlib.Path(__file__).parent
    assert str(eater) in override
    if not QUERY_ENGINE:
        use_master_key(vps.root / "opt/ai-gateway/.env")
    typed = blocks("### 3. Put in a key, and start")[0]
    assert "sk-..." in typed
    said = vps.type(typed.replace("sk-...", "sk-of-a-provider-0123456789"))
    assert "The gateway answers, after" in said
    assert "Put the key of a provider" not in said.split("The gateway answers")[1]


def test_4_it_answers_on_the_machine_itself(vps):
    answer = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
    answer.request("GET", "/")
    assert answer.getresponse().status == 200
    assert "ssh -L 8080:127.0.0.1:8080 root@" in vps.told()


def test_5_a_name_and_https(vps, authority):  # noqa: F811
    vps.note("The stage: an authority for certificates (Pebble) in place of Let's Encrypt, on the stack's network")
    override = vps.root / "opt/ai-gateway/compose.override.yaml"
    first = blocks("## TLS")[0]
    vps.type(first.split("\n")[0])
    override.write_text(override.read_text() + PEBBLE.format(folder=authority, name=NAME, image=image_of("caddy")).lstrip("\n") + "\n")
    trust_pebble(vps.root / "opt/ai-gateway/caddy/Caddyfile")
    vps.type("\n".join(first.split("\n")[1:]))


def pebbles_root():
    """The authority's own certificate: what a browser has for Let's Encrypt."""
    name = docker("ps", "--filter", "label=com.docker.compose.service=pebble", "--format", "{{.Names}}").strip()
    return root_of(json.loads(docker("inspect", name))[0])


def ask(vps, path, document=None):
    """As a program on somebody's computer, whose name server knows the name."""
    asked = f"curl -sS --fail --cacert /root/authority.pem https://{NAME}{path}"
    if document:
        asked += (" -H \"Authorization: Bearer $(sed -n 's/^LITELLM_MASTER_KEY=//p' /opt/ai-gateway/.env)\""
                  f" -H 'Content-Type: application/json' -d '{json.dumps(document)}'")
    return vps.type(asked)


def test_6_a_chat_is_answered_over_https(vps, capsys):
    (vps.root / "root/authority.pem").write_text(wait_for("the authority", pebbles_root, 30))

    def has_certificate():
        done = subprocess.run(["chroot", vps.root, "curl", "-sS", "--fail", "-o", "/dev/null", "--cacert", "/root/authority.pem", f"https://{NAME}/"],
                              capture_output=True, timeout=30, check=False)
        return done.returncode == 0
    wait_for("the certificate", has_certificate, 60)
    vps.note("From here on as somebody's program that knows the name; the authority's certificate is what a computer has for Let's Encrypt")
    assert ask(vps, "/").startswith("stand-in")
    models = re.findall(r"model_name: (\S+)", (vps.root / "opt/ai-gateway/litellm/config.yaml").read_text())
    question = {"model": models[0], "messages": [{"role": "user", "content": "Hello, who is there?"}]}
    answer = json.loads(ask(vps, "/v1/chat/completions", question))
    assert answer["choices"][0]["message"]["content"] == "hello"
    pieces = re.findall(r'"content":"(piece\d) "', ask(vps, "/v1/chat/completions", question | {"stream": True}))
    assert pieces == [f"piece{i}" for i in range(8)]
    said = vps.type("vpsfit status")
    assert f"https://{NAME}" in said and "Start it" not in said
    with capsys.disabled():
        print(f"\n{vps.told()}")
