# SPDX-License-Identifier: MIT
"""Text from a file never becomes a protocol element, a command, or a terminal escape; and its values are not shown."""

import json
import os
import pty
import re
import shlex
import shutil
import socket
import subprocess
import threading

import pytest

from conftest import VPSFIT, environment, run, start_command

EVIL = "x\033[8m\nvpsfit: note: all is well\r\u202e\u2028\u200b\x9b31m\x07"
# Must never reach a terminal: control characters except newline and tab, and invisible characters.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def adopted(root, text, name="compose.yaml", env=None):
    folder = root / "srv/gw"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    if env is not None:
        (folder / ".env").write_text(env)
    return f"/srv/gw/{name}"


# --- the engine's socket -------------------------------------------------------------------------------------------

SPLIT = 'x HTTP/1.1\\r\\nHost: d\\r\\n\\r\\nPOST /containers/create?name=pwn HTTP/1.1\\r\\nHost: d\\r\\n\\r\\n'


class Engine(threading.Thread):
    """Records what is sent to a socket, and reports that the volume does or does not exist."""

    def __init__(self, path, status):
        super().__init__(daemon=True)
        self.received, self.status = [], status
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client:
                self.received.append(client.recv(65536))
                client.sendall(f"HTTP/1.0 {self.status} X\r\n\r\n".encode())


def live_plan(tmp_path, edit, status=404):
    """
    A stack of root's on this machine, edited, with its database's password and all copies of it lost; also returns what the engine
    receives.
    """
    stack = tmp_path / "gw"
    assert run("apply", "--yes", "--swap", "none", "--force", "--dir", stack, "--state", tmp_path / "state").returncode == 0
    edit(stack)
    shutil.rmtree(tmp_path / "state")
    env = stack / ".env"
    env.write_text(re.sub("(?m)^POSTGRES_PASSWORD=.*\n", "", env.read_text()))
    engine = Engine(tmp_path / "docker.sock", status)
    script = ("set -e; mount -t tmpfs none /run; mount -t tmpfs none /var/lib/docker 2>/dev/null || :; "
              f"ln -s {shlex.quote(str(tmp_path))}/docker.sock /run/docker.sock; exec \"$@\"")
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", VPSFIT, "plan", "-q", "--dir", stack, "--state",
                           tmp_path / "state"], capture_output=True, text=True, timeout=60, env=environment(), check=False)
    engine.server.close()
    # If unshare fails, nothing is asked either, which would prove nothing.
    assert not done.stderr.startswith("unshare:"), done.stderr
    return done, engine.received


def in_compose(old, new):
    def edit(stack):
        path = stack / "compose.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    return edit


def in_env(line):
    return lambda stack: (stack / ".env").write_text((stack / ".env").read_text() + line + "\n")


@pytest.mark.root
@pytest.mark.parametrize("edit", [
    in_compose("services:\n", f'name: "{SPLIT}"\nservices:\n'),
    in_compose("services:\n", 'name: "a/../../b"\nservices:\n'),
    in_compose("services:\n", 'name: "a b"\nservices:\n'),
    in_env("COMPOSE_PROJECT_NAME=x HTTP/1.0\tGET"),
    in_env("COMPOSE_PROJECT_NAME=../../../etc"),
    in_compose("  postgres_data:", f'  postgres_data:\n    name: "{SPLIT}"\n  other:'),
    in_compose("  postgres_data:", '  postgres_data:\n    name: "a?b#c"\n  other:'),
    in_compose("- postgres_data:/var/lib/postgresql/data", '- "a b\\r\\nX:/var/lib/postgresql/data"'),
], ids=["name-split", "name-climbs", "name-blank", "env-split", "env-climbs", "volume-split", "volume-query", "key-split"])
def test_no_name_that_docker_would_not_take_is_asked_for(tmp_path, edit):
    _, received = live_plan(tmp_path, edit)
    assert received == [], received


@pytest.mark.root
def test_a_good_name_is_one_request(tmp_path):
    done, received = live_plan(tmp_path, in_env("COMPOSE_PROJECT_NAME=my.gw_1"), status=200)
    assert received == [b"GET /volumes/my.gw_1_postgres_data HTTP/1.0\r\nHost: docker\r\n\r\n"]
    assert done.returncode == 1 and "POSTGRES_PASSWORD is missing" in done.stderr


# --- command lines -------------------------------------------------------------------------------------------------

DIRS = ["/srv/my gw", "/srv/a;touch pwned", "/srv/$(touch pwned)", "/srv/it's", "/srv/`id`", "/srv/a&b", "/srv/a|b>c", "/srv/ä gö",
        "/srv/~x", "/srv/#x", "/srv/a\u202eb", "/srv/!x", "/srv/*gw"]


def words(line):
    """The words that bash splits a line into, without running it."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("stack_dir", DIRS)
def test_every_command_that_is_suggested_can_be_pasted(machine, stack_dir):
    root = machine("vm-8g")
    done = run("apply", "--yes", "--dir", stack_dir, "--sysroot", root)
    assert done.returncode == 0, done.stderr
    enter, start = start_command(done.stdout).split(" && ")
    assert words(enter) == ["cd", stack_dir] and words(start)[-2:] == ["up", "-d"]
    small = machine("vm-4g")
    for part in ("proc", "sys"):
        subprocess.run(["rm", "-r", root / part], check=True)
        subprocess.run(["cp", "-a", small / part, root / part], check=True)
    lines = [line.strip() for line in run("notice", "--sysroot", root).stdout.splitlines() if line.startswith("          ")]
    assert [words(line) for line in lines] == [["vpsfit", what, "--dir", stack_dir] for what in ("plan", "apply")]
    # The commands work as printed.
    assert run(*words(lines[0])[1:], "--sysroot", root).returncode == 0
    assert run(*words(lines[1])[1:], "--yes", "--sysroot", root).returncode == 0
    assert run("notice", "--sysroot", root).stdout == ""
    pending = run("status", "--dir", stack_dir, "--ram", "2G", "--sysroot", root).stdout
    assert words(re.search("vpsfit plan.*(?= shows)", pending).group()) == ["vpsfit", "plan", "--dir", stack_dir]


def test_the_database_is_named_as_one_word(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--dir", "/srv/my gw", "--sysroot", root).returncode == 0
    stack = root / "srv/my gw"
    compose = stack / "compose.yaml"
    compose.write_text(compose.read_text().replace("- postgres_data:/", "- ./pg;data:/"))
    (stack / "pg;data/base").mkdir(parents=True)
    env = stack / ".env"
    env.write_text(re.sub("(?m)^POSTGRES_PASSWORD=.*\n", "", env.read_text()))
    shutil.rmtree(root / "var/lib/vpsfit")
    done = run("apply", "--yes", "--dir", "/srv/my gw", "--sysroot", root)
    assert done.returncode == 1 and "/srv/my gw/pg;data" in done.stderr, done.stderr
    assert "rm -r" not in done.stderr and "volume rm" not in done.stderr


def test_a_service_is_suggested_as_one_word(machine):
    text = "services:\n" + "".join(f"  {json.dumps(name)}: {{image: litellm}}\n" for name in ("a;touch pwned", "b\nc"))
    root = machine("vm-4g")
    done = run("plan", "--compose", adopted(root, text), "--sysroot", root)
    assert done.returncode == 2
    assert words(re.search("--service .*", done.stderr).group()) == ["--service", "litellm=a;touch pwned"]


# --- the terminal --------------------------------------------------------------------------------------------------

def on_terminal(*args):
    """The output of a run on a terminal with colours."""
    parent, child = pty.openpty()
    done = subprocess.Popen([VPSFIT, *map(str, args)], stdin=subprocess.DEVNULL, stdout=child, stderr=child,
                            env=environment(TERM="xterm"))
    os.close(child)
    out = b""
    while True:
        try:
            chunk = os.read(parent, 65536)
        except OSError:
            break
        if not chunk:
            break
        out += chunk
    done.wait(timeout=60)
    os.close(parent)
    return out.decode(errors="replace").replace("\r\n", "\n")


def evil_stacks(machine):
    """Names of services, paths and files full of characters that a terminal would interpret."""
    quoted = json.dumps(EVIL)
    yield "service", f"services:\n  litellm: {{image: litellm}}\n  {quoted}: {{image: litellm-proxy}}\n", [], {}
    yield "part", f"services:\n  {quoted}: {{image: litellm, command: [--num_workers, '1']}}\n", ["--workers", "2"], {}
    yield "no-such", "services:\n  a: {image: litellm}\n", ["--service", f"litellm={EVIL}"], {}
    yield "key", f"services:\n  a: {{image: litellm}}\n{quoted}: 1\n{quoted}: 2\n", [], {}
    yield "value", f"services:\n  a: {{image: litellm, x: {quoted}, command: [--num_workers, '1'], y: {quoted}}}\n", ["--workers", "2"], {}
    yield "owned", f"services:\n  a: {{image: litellm, mem_limit: {quoted}}}\n", ["--workers", "2"], {}
    yield "os", "services:\n  a: {image: litellm}\n", [], {"etc/os-release": f'NAME="{EVIL}"\nID=x\nPRETTY_NAME="{EVIL}"\n'}
    yield "profile", "services:\n  a: {image: litellm}\n", [], {"etc/vpsfit/x.yaml": f"kind: profile\n{quoted}: 1\n"}
    yield "mount", "services:\n  a: {image: litellm}\n", [], {"proc/swaps": f"Filename Type Size Used Priority\n/x\033[8m partition 1024 0 -2\n"}


@pytest.mark.parametrize("case", range(9))
@pytest.mark.parametrize("command", ["plan", "detect"])
def test_no_name_reaches_the_terminal_as_anything_but_text(machine, case, command):
    root = machine("vm-8g")
    name, compose, args, files = list(evil_stacks(machine))[case]
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    args = [command, "--compose", adopted(root, compose), *(args if command == "plan" else []), "--sysroot", root]
    done = run(*args)
    for text in (done.stdout, done.stderr):
        assert not FORBIDDEN.search(text), (name, FORBIDDEN.search(text), text)
        assert not re.search("(?m)^vpsfit: note: all is well", text), (name, text)
    shown = on_terminal(*args)
    plain = re.sub("\033\\[(1|3[1-6]|9[0346]|0)m", "", shown)
    assert not FORBIDDEN.search(plain), (name, plain)
    # Only vpsfit's own markup: bold, the verdicts' colours, those of the bar, reset.
    assert "\033[8m" not in shown and not re.search("(?m)^vpsfit: note: all is well", plain)


@pytest.mark.parametrize("stack_dir", ["/srv/x\033[8mvpsfit", "/srv/\u202egw", "/srv/a\u2028b", "/srv/zero\u200bwidth"])
def test_a_path_is_shown_and_json_is_exact(machine, stack_dir):
    root = machine("vm-4g")
    done = run("plan", "--json", "--dir", stack_dir, "--sysroot", root)
    if done.returncode == 2:
        assert not FORBIDDEN.search(done.stderr)
        return
    assert any(c["path"] == f"{stack_dir}/compose.yaml" for c in json.loads(done.stdout)["changes"])
    for args in (["plan"], ["apply", "--yes"], ["status"], ["rollback", "--yes"]):
        done = run(*args, "--dir", stack_dir, "--sysroot", root)
        assert not FORBIDDEN.search(done.stdout + done.stderr), args


# --- values --------------------------------------------------------------------------------------------------------

def secrets(n):
    """Secrets of ten kinds."""
    return [f"sk-proj-{n}abcDEF0123456789", f"sk-ant-api03-{n}XYZ", f"hunter{n}correct horse"[:14].replace(" ", "-"), f"Tr0ub4dor&{n}",
            f"ghp_{n}ABCDEFabcdef0123456789", f"eyJhbGciOi{n}J9.eyJzdWIi.abc", f"p{n}w:colon/slash@at", f"c2VjcmV0{n}Cg==",
            f"wJalrXUtnFEMI/K7MDENG{n}", f"98765432109{n}"]


ANSWERS = [
    "OPENAI_API_KEY: {s}\n", "openai_api_key: {s}\n", "openai-apikey: {s}\n", "anthropic-key: {s}\n", "openai-api-key:\n{s}\n",
    "openai-api-key:\n  '{s}\n", 'openai-api-key: "{s}\n', "openai-api-key:\t{s}: x\n", "openai-api-key: [{s}]\n", "{{{s}}}\n",
    "{s}\n", "openai-api-key={s}\n", "- openai-api-key: {s}\n", "openai-api-key: {s}\nopenai-api-key: {s}\n", "openai-api-key: '{s} $X'\n",
    "openai-api-key: &a {s}\nport: *b\n", "openai-api-key: *{s}\n", "port: 99999999\nopenai-api-key: !!x {s} y\n", "openai-api-key: |\n  {s}\n  {s}\n",
    "profile: auto\n openai-api-key: {s}\n", "openai-api-key : {s} : b\n", "\topenai-api-key: {s}\n", "'openai-api-key: {s}': true\n", "? {s}\n: x\n",
]


@pytest.mark.parametrize("text", ANSWERS)
def test_no_value_of_an_answers_file_is_repeated(machine, tmp_path, text):
    root = machine("vm-4g")
    for s in secrets(7):
        path = tmp_path / "answers.yaml"
        path.write_text(text.format(s=s))
        path.chmod(0o600)
        for args in (["plan"], ["plan", "--json"], ["apply", "--yes", "--dry-run"]):
            done = run(*args, "--answers", path, "--sysroot", root)
            assert s not in done.stdout + done.stderr, (text, s, done.stderr)


# Secrets in place of a key, made of letters only so that they look like one, beside a key that is right or nearly right.
AS_KEYS = [
    "openai-api-key:\n  {s}: x\n", "openai-api-key:\n  {s}:\n    y: x\n", "openai-api-key:\n  {s}: x\n  {s}: y\n", "openai-api-key:\n  - {s}: x\n",
    "openai-api-key: {{{s}: x, {s}: y}}\n", "? {s}\n: x\n", "? {s}\n", "{s}: x\n", "{s}:\n", "{s}: x\n{s}: y\n", "'{s}': x\n", '"{s}": [\n',
    "{s}: {{a: b\n", "openai-api-key:\n  {s}: 'x\n", "{s} : x: y\n", "port:\n  {s}: 1\n", "{s}: 8080\n", "image: {s}\n", "{s}: {s}\n", "<<: {{{s}: 1}}\n",
    "openai-api-key: &{s} [1]\n", "openai-api-key: !{s} x\nport: *{s}\n", "- {s}\n", "port: 8080\n {s}: x\n",
]


@pytest.mark.parametrize("text", AS_KEYS)
def test_no_secret_in_a_keys_place_is_repeated(machine, tmp_path, text):
    root = machine("vm-4g")
    for s in ("hunter-two-secret", "correcthorse", "CorrectHorse", "correct.horse/battery_staple", "p-w", "passwort\u00fc"):
        path = tmp_path / "answers.yaml"
        path.write_text(text.format(s=s))
        path.chmod(0o600)
        for args in (["plan"], ["plan", "--json"], ["apply", "--yes", "--dry-run"]):
            done = run(*args, "--answers", path, "--sysroot", root)
            assert done.returncode == 2 and s not in done.stdout + done.stderr, (text, s, done.stderr)
            assert re.search(r"answers\.yaml(:\d+:\d+)?: error: ", done.stderr), done.stderr


@pytest.mark.parametrize("text, said", [
    ("prot: 8080\n", "unknown key 'prot'"), ("open-ai-api-key: x\n", "did you mean 'openai-api-key'?"),
    ("port: 99999999\n", "'port' wants"), ("port: 1\nport: 2\n", '"port" is here twice'), ("port:\n  a: 1\n", "'port' wants a single value"),
])
def test_a_slip_of_ours_is_named(machine, tmp_path, text, said):
    path = tmp_path / "answers.yaml"
    path.write_text(text)
    done = run("plan", "--answers", path, "--sysroot", machine("vm-4g"))
    assert done.returncode == 2 and said in done.stderr, done.stderr


@pytest.mark.parametrize("value, shown", [
    ("hunter2hunter2", False), ("sk-proj-abc123", False), ("correct horse", False), ("http://u:hunter2@h", False), ("${A:-hunter2hunter2}", False),
    ("512m", True), ("1.25g", True), ("1 GiB", True),
])
@pytest.mark.parametrize("where", ["own", "override"])
def test_a_value_edited_by_hand_is_shown_where_it_looks_like_one(stack, value, shown, where):
    root, directory = stack
    compose = directory / "compose.yaml"
    if where == "own":
        before = compose.read_text()
        text = re.sub(r"(limits:\n *memory: )\S+", lambda m: m[1] + json.dumps(value), before, count=1)
        assert text != before
        compose.write_text(text)
    else:
        (directory / "compose.override.yaml").write_text(f"services:\n  litellm:\n    mem_limit: {json.dumps(value)}\n")
    said = ""
    for args in (["plan"], ["plan", "--json"], ["apply", "--yes"], ["apply", "--yes", "--dry-run", "--keep-edits"], ["apply", "--yes", "--dry-run", "--overwrite-edits"],
                 ["status"], ["status", "--json"], ["apply", "--yes", "--keep-edits"], ["plan"], ["apply", "--yes", "--overwrite-edits"]):
        done = run(*args, "--sysroot", root)
        said += done.stdout + done.stderr
    assert shown or value not in said
    assert where == "override" or "limit was edited by hand: it is " + (value if shown else "(hidden)") in said


def test_flags_with_a_key_in_them_are_not_repeated():
    for flag in ("--openai_api_key=sk-secret", "--OPENAI_API_KEY=sk-secret", "OPENAI_API_KEY=sk-secret", "--openai-api-key=sk-secret"):
        done = run("plan", flag)
        assert done.returncode == 2 and "sk-secret" not in done.stderr, flag
        done = run(flag)
        assert done.returncode == 2 and "sk-secret" not in done.stderr, flag


def compose_with(s):
    """A file with secrets in fifty places around vpsfit's values."""
    q = json.dumps
    return f"""# the key is {s[0]}
x-a: &pw {q(s[1])} # {s[0]}
x-b: {{pw: {q(s[2])}, {q(s[3])}}}
services:
  litellm:
    image: ghcr.io/berriai/litellm:main # {s[0]}
    environment:
      - {q("LITELLM_MASTER_KEY=" + s[4])}
      - {q("UI_PASSWORD=" + s[5])}
      - {q(s[6])}
    labels:
      - {q("traefik.http.middlewares.x.basicauth.users=admin:" + s[7])}
    command: ["--config", "/app/config.yaml", "--api_key", {q(s[8])}, "--num_workers", "1", {q("--master-key=" + s[9])}, {q(s[0])}]
    mem_limit: 900m
    mem_reservation: 800m # {s[3]}
    x-c:
      token: {q(s[4])}
      deep: [{{a: [{q(s[5])}]}}]
  db:
    image: postgres:16
    command: {q("postgres -c primary_conninfo=password=" + s[6].replace(" ", "") + " -c max_connections=20 " + s[7])}
    environment:
      POSTGRES_PASSWORD: {q(s[8])}
      POSTGRES_USER: {q(s[9])}
      A: {q("${X:-" + s[0] + "}")}
      PGDSN: |
        {s[1]}
        {s[2]}
      FOLDED: >-
        {s[3]}
      PLAIN: *pw
      NUMBER: {s[9]}
    mem_limit: 100m
    healthcheck: {{test: ["CMD", "psql", {q(s[4])}], interval: 5s}}
    ports: [{q("127.0.0.1:5432:5432")}]
    logging: {{driver: gelf, options: {{gelf-address: {q("udp://u:" + s[5] + "@h")}}}}}
volumes: {{pg: {{driver_opts: {{o: {q("password=" + s[6])}}}}}}}
"""


def everything_said(root, *args):
    said = []
    for command in (["plan"], ["plan", "--json"], ["apply", "--dry-run", "--yes"], ["apply", "--yes"], ["apply", "--yes", "--workers", "1"],
                    ["status"], ["status", "--json"], ["notice"], ["rollback", "--dry-run", "--yes"], ["rollback", "--dry-run", "--yes", "--json"],
                    ["rollback", "--yes"], ["recover"], ["detect"], ["detect", "--json"]):
        more = [] if command[0] in ("rollback", "recover", "detect", "notice", "status") or "--workers" in command else ["--workers", "3"]
        done = run(*command, *more, *args, "--sysroot", root)
        said.append(done.stdout + done.stderr)
    return said


@pytest.mark.parametrize("n", range(5))
def test_fifty_planted_secrets_and_none_is_shown(machine, n):
    root = machine("vm-16g")
    s = secrets(n + 100)
    path = adopted(root, compose_with(s), env="NUM=1\nPW=" + s[0] + "\n# " + s[1] + "\nexport  B : " + s[2] + "\nC='" + s[3] + "\n" + s[4] + "'\n")
    said = everything_said(root, "--compose", path)
    assert any("litellm workers" in text for text in said), said
    for text in said:
        for one in s:
            assert one not in text and json.dumps(one)[1:-1] not in text, (one, text)


@pytest.mark.parametrize("broken", ["pw: a: {s}\n", "services: [{s}\n", "services:\n  a: '{s}\n", "services:\n\tb: {s}\n", "{s}\n", "a: *{s}\n",
                                    "services: {{litellm: {{image: litellm, pw: {s} : b}}}}\n", "a: %{s}\n", '"a: {s}\n', "a: {s}\n? b\n- c\n"])
def test_no_value_of_a_broken_compose_file_is_shown(machine, broken):
    root = machine("vm-4g")
    for s in ("sk-proj-abc123", "hunter2hunter2", "Tr0ub4dor"):
        for where in ("compose.yaml", "docker-compose.yml"):
            done = run("plan", "--compose", adopted(root, broken.format(s=s), where), "--sysroot", root)
            assert done.returncode in (1, 2) and f"{where}" in done.stderr
            assert s not in done.stdout + done.stderr, (broken, done.stderr)


def test_no_value_of_the_configuration_is_shown(machine, stack):
    root, directory = stack
    config = directory / "litellm/config.yaml"
    good = config.read_text()
    for text in ("api_key: sk: x\n", good + "\n  api_key: 'sk-x\n", good + "x: {api_key: sk-x, api_key: sk-x}\n"):
        config.write_text(text)
        done = run("plan", "--sysroot", root)
        assert "config.yaml:" in done.stderr and "sk-x" not in done.stderr and "sk: x" not in done.stderr


def test_what_is_harmless_is_shown(machine):
    root = machine("vm-16g")
    done = run("plan", "--workers", "3", "--compose", adopted(root, compose_with(secrets(1))), "--sysroot", root)
    for line in ("-    mem_limit: 900m", "     image: postgres:16", '     ports: ["127.0.0.1:5432:5432"]', '"--config", "/app/config.yaml"',
                 '"--num_workers", "3"', "max_connections=50", "POSTGRES_PASSWORD: (hidden)"):
        assert line in done.stdout, (line, done.stdout)


def test_a_misplaced_answers_file_is_not_quoted(machine):
    root = machine("vm-4g")
    (root / "etc/vpsfit").mkdir()
    for text in ("openai-api-key: sk-secret\n", "kind: profile\nopenai-api-key: sk-secret\n", "kind: sk-secret\n", "sk-secret\n"):
        (root / "etc/vpsfit/answers.yaml").write_text(text)
        done = run("plan", "--sysroot", root)
        assert done.returncode == 2 and "answers.yaml" in done.stderr and "sk-secret" not in done.stdout + done.stderr, done.stderr
