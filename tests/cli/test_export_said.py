# SPDX-License-Identifier: MIT
"""What an export and a plan of nodes say: how people come in, what is left out, what is open to everybody, what has no effect."""
import json
import re
import subprocess
import urllib.parse

import pytest
import yaml

from conftest import run

TWO = ("--node", "a=8G,4", "--node", "b=8G,4")


@pytest.fixture
def stack(tmp_path):
    done = run("apply", "--yes", "--force", "--ram", "8G", "--cpus", "4", "--swap", "none", "--dir", tmp_path / "stack", "--state", tmp_path / "state")
    assert done.returncode == 0, done.stderr
    return tmp_path / "stack"


def export(tmp_path, *args, form="swarm", code=0):
    out = tmp_path / f"out-{form}"
    done = run("export", "--format", form, *TWO, "--dir", tmp_path / "stack", "--output", out, *args)
    assert done.returncode == code, done.stderr
    return out, done


def one_line(text):
    return " ".join(text.split())


def test_how_people_come_in_is_said(tmp_path):
    out, done = export(tmp_path)
    command = "docker service update --publish-add published=8080,target=80,mode=host stack_nginx"
    for text in (done.stdout, (out / "plan.txt").read_text(), (out / "deploy.sh").read_text()):
        assert command in text and "No port is published" in text
    assert "ssh -L 8080:127.0.0.1:8080" in done.stdout and "joins the network stack_gateway and leads to nginx:80" in one_line(done.stdout)
    subprocess.run(["sh", "-n", out / "deploy.sh"], check=True)
    out, done = export(tmp_path, "--bind", "0.0.0.0", "--port", "8443")
    for text in (done.stdout, (out / "plan.txt").read_text()):
        assert "nginx answers on port 8443 of the node that it runs on" in one_line(text)
    assert "publish-add" not in (out / "deploy.sh").read_text() + (out / "plan.txt").read_text()


def test_where_the_volumes_are_is_said(tmp_path):
    out, done = export(tmp_path)
    for text in (done.stdout, (out / "plan.txt").read_text()):
        assert re.search(r"Volumes: open-webui on [ab], postgres on [ab]\. A later export", one_line(text))
        assert "vpsfit.postgres=true on another node" in one_line(text)
    answers = tmp_path / "answers.yaml"
    answers.write_text("database-url: postgresql://u:p-w@db.example.net/litellm\n")
    text = one_line(export(tmp_path, "--answers", answers)[1].stdout)
    assert re.search(r"Volumes: open-webui on [ab]\. A later export", text) and "vpsfit.open-webui=true on another node" in text


@pytest.mark.parametrize("form", ["swarm", "helm"])
def test_a_port_alone_is_not_passed_over(tmp_path, form):
    out, done = export(tmp_path, "--port", "9000", form=form, code=2)
    assert "--port without --bind publishes nothing" in done.stderr and not out.exists()


def test_a_cluster_decides_and_that_is_said(tmp_path):
    out, done = export(tmp_path, form="helm")
    for text in (done.stdout, (out / "plan.txt").read_text()):
        assert "The cluster decides what runs on which node" in one_line(text) and "port-forward service/open-webui 8080:80" in text
        assert "Docker Swarm" not in text and "Volumes:" not in text


OVER = """services:
  litellm:
    environment: ["X=y", "MY_TOKEN=${MY_TOKEN}", LITELLM_LOG=INFO]
    volumes: [./more/extra.yaml:/app/extra.yaml:ro]
  postgres: {command: !override [postgres, -c, max_connections=99], labels: {a: b}}
  search: {image: searxng/searxng}
"""


@pytest.mark.parametrize("how", ["found", "named"])
def test_what_compose_merges_is_merged(tmp_path, stack, how):
    """An override holds here and there alike; what it makes secret is one."""
    name = "compose.override.yaml" if how == "found" else "more.yaml"
    (stack / name).write_text(OVER)
    (stack / "more").mkdir()
    (stack / "more/extra.yaml").write_text("extra: 1\n")
    with open(stack / ".env", "a") as env:
        env.write("MY_TOKEN='to$ken-1'\n" + ("COMPOSE_FILE=compose.yaml:more.yaml\n" if how == "named" else ""))
    out, done = export(tmp_path)
    services = yaml.safe_load((out / "stack.yaml").read_text())["services"]
    litellm = next(s for n, s in services.items() if n.startswith("litellm-w"))
    assert litellm["environment"]["X"] == "y" and litellm["environment"]["LITELLM_LOG"] == "INFO"
    assert "MY_TOKEN" in [s["target"] for s in litellm["secrets"]] and "MY_TOKEN=to$ken-1\n" in (out / ".env").read_text()
    assert "/app/extra.yaml" in [c["target"] for c in litellm["configs"]] and (out / "more/extra.yaml").read_text() == "extra: 1\n"
    plan = json.loads((out / "plan.json").read_text())
    assert services["postgres"]["command"] == ["postgres", "-c", f"max_connections={plan['totals']['connections']}"]
    assert services["postgres"]["labels"] == {"a": "b"} and "search is no service of vpsfit's own" in done.stderr
    assert "to$ken" not in "".join((out / n).read_text() for n in ("stack.yaml", "deploy.sh", "plan.json", "plan.txt")) + done.stdout
    values = yaml.safe_load((export(tmp_path, form="helm")[0] / "litellm.yaml").read_text())
    assert values["envVars"]["X"] == "y" and "MY_TOKEN" not in values["envVars"]


def test_what_cannot_be_taken_along_is_said_or_refused(tmp_path, stack):
    over = stack / "compose.override.yaml"
    over.write_text("services:\n  litellm: {env_file: x.env, shm_size: 1g}\n")
    (stack / "x.env").write_text("A=b\n")
    done = export(tmp_path)[1]
    assert "litellm: 'env_file' was left out" in done.stderr and "litellm: 'shm_size' was left out" in done.stderr
    over.write_text("services:\n  nginx: {image: !reset null, build: ./nginx}\n")
    done = export(tmp_path, code=1)[1]
    assert "nginx has no image, and is built here" in done.stderr
    over.write_text("include: [other.yaml]\n")
    (stack / "other.yaml").write_text("services: {a: {image: b}}\n")
    assert "includes or extends a file" in export(tmp_path, code=1)[1].stderr


@pytest.mark.parametrize("line,told", [
    ("      api_key: sk-this-is-a-real-one-1234", True), ("      api_key: abcdefghijkl", True),
    ("  alerting_args: {slack_token: xoxb-11-22}", True), ("  database_url: postgresql://u:pa55word@h/d", True),
    ("  other: [sk-abcdefgh1234]", True), ("      api_key: os.environ/OPENAI_API_KEY", False), ("  max_tokens: 4096", False),
    ("  api_key: none", False)])
def test_a_secret_in_a_configuration_is_named_by_its_line(tmp_path, stack, line, told):
    config = stack / "litellm/config.yaml"
    had = config.read_text()
    before = "" if line.startswith("   ") else "x_settings:\n"
    block = f"x_first:\n    y:\n{line}\n" if line.startswith("   ") else f"{before}{line}\n"
    config.write_text(had + block)
    number = (had + block).splitlines().index(line) + 1
    for form in ("swarm", "helm"):
        done = export(tmp_path, form=form)[1]
        assert (f"{config}:{number}: warning: this looks like a secret" in done.stderr) == told, done.stderr
        assert done.stderr.count("looks like a secret") == told
        for value in ("real-one", "abcdefgh", "xoxb", "pa55word"):
            assert value not in done.stderr


@pytest.mark.parametrize("password", ["p@ss/word", "a:b#c?d", "plain-one", "x%40y"])
def test_a_password_is_one_part_of_an_address(tmp_path, stack, password):
    env = stack / ".env"
    env.write_text(re.sub(r"(?m)^POSTGRES_PASSWORD=.*$", f"POSTGRES_PASSWORD='{password}'", env.read_text()))
    secrets = dict(line.split("=", 1) for line in (export(tmp_path)[0] / ".env").read_text().splitlines() if line[:1] != "#")
    assert secrets["POSTGRES_PASSWORD"] == password
    url = urllib.parse.urlsplit(secrets["DATABASE_URL"])
    assert (url.hostname, url.port, url.path) == ("postgres", 5432, "/litellm")
    assert urllib.parse.unquote(url.password) == urllib.parse.unquote(password)


@pytest.mark.parametrize("args,name", [(("--ram", "8G"), "ram"), (("--profile", "small"), "profile"), (("--limits", "off"), "limits"),
                                       (("--swap", "2G"), "swap"), (("--cpus", "4"), "cpus")])
def test_an_answer_for_one_machine_is_not_passed_over(args, name):
    done = run("plan", *TWO, *args)
    assert done.returncode == 0 and f"--{name} is for one machine" in done.stderr
    assert json.loads(run("plan", "--json", *TWO).stdout)["fits"] and "for one machine" not in run("plan", *TWO, "--limits", "on").stderr


def test_a_name_that_is_there_twice_is_said_as_such():
    done = run("plan", *TWO, "--node", "a=2G,1")
    assert done.returncode == 2 and "there is a --node of this one already" in done.stderr
    done = run("plan", *TWO, "--node", "aa=2G,x")
    assert done.returncode == 2 and "already" not in done.stderr


def test_nothing_is_said_that_is_for_an_apply(tmp_path, stack):
    for code, more in ((0, ()), (5, ("# mine\n",))):
        for text in more:
            path = tmp_path / "out-swarm/stack.yaml"
            path.write_text(path.read_text() + text)
        done = export(tmp_path, "--redis", "no", "--workers", "1", code=code)[1]
        assert "remove-orphans" not in done.stderr and "taken out" not in done.stderr


def test_no_variable_of_the_shell_gets_into_an_empty_one(tmp_path):
    """'docker stack deploy' fills an empty variable from its own environment, and a service shows it to everybody."""
    out, _ = export(tmp_path)
    services = yaml.safe_load((out / "stack.yaml").read_text())["services"].values()
    empty = {k for s in services for k, v in (s.get("environment") or {}).items() if v == ""}
    assert {"OPENAI_API_KEY", "LOCAL_API_BASE"} <= empty
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\n[ \"$1 $2\" != 'stack deploy' ] || env >{tmp_path}/seen\n[ \"$1\" != secret ] || cat >/dev/null\n")
    docker.chmod(0o755)
    subprocess.run(["sh", out / "deploy.sh"], check=True, stdin=subprocess.DEVNULL,
                   env={"PATH": f"{docker.parent}:/usr/bin:/bin", "KEPT": "x", **{k: "from-the-shell" for k in empty}})
    seen = (tmp_path / "seen").read_text()
    assert "KEPT=x" in seen and "from-the-shell" not in seen


def test_a_tls_proxy_that_stays_behind_is_named(tmp_path):
    run("apply", "--yes", "--force", "--ram", "8G", "--cpus", "4", "--swap", "none", "--domain", "gw.example.net", "--dir", tmp_path / "stack",
        "--state", tmp_path / "state")
    out, done = export(tmp_path)
    assert "caddy is for one machine (--domain) and was left out" in done.stderr
    assert "caddy" not in yaml.safe_load((out / "stack.yaml").read_text())["services"]
