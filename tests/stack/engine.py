# SPDX-License-Identifier: MIT
"""Docker and Compose for the tests of the running stack, and the stack itself. Needs the environment set up by with-engine."""
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

from image_names import image_of
from memory import Cgroup

PROJECT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
VPSFIT = PROJECT / "build/vpsfit"
SERVICES = ("litellm", "open-webui", "postgres", "nginx")
PORT = 8080
# The shipped model measured with the images of templates/compose.yaml.
MEASURED = "measured-2026-11b"
# Seconds; a busy machine needs more.
PATIENCE = int(os.environ.get("STACK_PATIENCE", "240"))

# The path of a real query engine of Prisma 5.17.0; no package index has one.
QUERY_ENGINE = os.environ.get("QUERY_ENGINE", "")

ENGINE_VOLUME = f"\n      - {QUERY_ENGINE}:/opt/query-engine:ro" if QUERY_ENGINE else ""
# There is no engine for migrations beside it, so the tables come from the migrations' own text.
MIGRATIONS = "cat /opt/venv/lib/python3*/site-packages/litellm_proxy_extras/migrations/*/migration.sql"
# Without an engine the proxy ends at once if it has a database: then it runs without keys of its own and without a spend log.
DATABASE = """
      PRISMA_QUERY_ENGINE_BINARY: /opt/query-engine
      DISABLE_SCHEMA_UPDATE: "true\"""" if QUERY_ENGINE else """
      DATABASE_URL: !reset null
      STORE_MODEL_IN_DB: !reset null"""

# The model provider is a fifth service, in a second file for Compose. Health checks are the stack's own but more frequent, because each
# service waits for another.
QUICK_LOOKS = "".join(f"  {service}:\n    healthcheck: {{interval: 2s}}\n" for service in ("open-webui", "postgres", "nginx"))
PROVIDER = f"""
services:
  litellm:
    volumes:
      - {HERE}/eater.py:/app/eater.py:ro{ENGINE_VOLUME}
    environment:
      # Where what is written asks OpenAI: embeddings and speech.
      OPENAI_API_KEY: none
      OPENAI_API_BASE: http://provider:9000/v1{DATABASE}
    healthcheck: {{interval: 3s}}
{QUICK_LOOKS}  provider:
    image: %s
    entrypoint: ["python3", "/provider.py"]
    stop_signal: SIGKILL
    volumes: ["{HERE}/provider.py:/provider.py:ro"]
    networks: [gateway]
"""
# For measuring: limits must not interfere.
UNLIMITED = "".join(f"""
  {s}:
    deploy: {{resources: {{limits: {{memory: 12288M}}}}}}
    memswap_limit: 12288M""" for s in SERVICES)


def unlimited_but(service, setting):
    """UNLIMITED plus a setting for one service."""
    return UNLIMITED.replace(f"\n  {service}:", f"\n  {service}:\n    {setting}") if setting else UNLIMITED


def command(workers, *flags):
    """
    Another command for LiteLLM. Without --run_gunicorn each worker imports everything itself. Their parent polls them and replaces one
    that does not answer within 5 seconds: on a busy machine none would ever finish its imports.
    """
    words = ("--config", "/app/config.yaml", "--host", "0.0.0.0", "--port", "4000", "--timeout_worker_healthcheck", PATIENCE,
             "--num_workers", workers, *flags)
    return f"{UNFROZEN}\n    command: {json.dumps([str(w) for w in words])}"


def with_parent(workers):
    """One worker is written without a parent: this gives it one, forked like several."""
    return command(workers, "--run_gunicorn").replace(UNFROZEN, LAUNCHED)


# The program without the launcher that freezes objects before the workers are forked.
UNFROZEN = 'entrypoint: ["litellm"]'
LAUNCHED = 'entrypoint: ["python3", "/opt/vpsfit/vpsfit_launch.py"]'
MODELS = ("plain", "lockstep", "slow", "long", "reads", "eat", "collect")


def run(*argv, check=True, timeout=PATIENCE, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def docker(*argv, **more):
    return run("docker", *argv, **more)


def secret_of(env, key):
    return re.search(rf"^{key}=(.*)$", env.read_text(), re.M).group(1)


def use_master_key(env):
    """As the step says that makes Open WebUI's key known, where LiteLLM has no database: it knows no other key."""
    env.write_text(re.sub(r"^LITELLM_WEBUI_KEY=.*$", f"LITELLM_WEBUI_KEY={secret_of(env, 'LITELLM_MASTER_KEY')}", env.read_text(), flags=re.M))


def wait_for(what, condition, patience=PATIENCE):
    """Waits until the condition is true and returns its value; gives up after `patience` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.25)
    raise AssertionError(f"waited {patience} s in vain for {what}")


def parent(pid):
    """The parent of a process; 0 if it is gone."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Stack:
    """What `vpsfit apply` writes into an empty directory, started with Compose."""

    def __init__(self, directory, *answers, more=""):
        """`more`: further service settings, for Compose's second file."""
        self.directory = pathlib.Path(directory)
        self.apply(*answers)
        self.add_models()
        (self.directory / "provider.yaml").write_text(PROVIDER % image_of("litellm"))
        self.files = ["-f", self.directory / "compose.yaml", "-f", self.directory / "provider.yaml"]
        if more:
            self.change(more)
            self.files += ["-f", self.directory / "more.yaml"]

    def change(self, more):
        """Replaces the additional settings; takes effect at the next call of Compose."""
        (self.directory / "more.yaml").write_text("services:" + more + "\n")

    def vpsfit(self, command, *answers):
        return run(VPSFIT, command, *answers, "--dir", self.directory, "--state", self.directory / ".vpsfit")

    def apply(self, *answers):
        """Applies; keeps the plan for comparison."""
        self.plan = json.loads(self.vpsfit("plan", "--json", *answers))
        said = self.vpsfit("apply", "--yes", *answers)
        if not QUERY_ENGINE:
            use_master_key(self.directory / ".env")
        return said

    def add_models(self):
        """Like a user, in the configuration file, which belongs to the user after the first apply."""
        config = self.directory / "litellm/config.yaml"
        lines = "".join(f"  - {{model_name: {m}, litellm_params: {{model: openai/{m}, api_key: none, "
                        f"api_base: 'http://provider:9000/v1'}}}}\n" for m in MODELS)
        text = config.read_text().replace("model_list:\n", "model_list:\n" + lines)
        config.write_text(text.replace("litellm_settings:\n", "litellm_settings:\n  callbacks: eater.instance\n"))

    def compose(self, *argv, **more):
        return docker("compose", *self.files, *argv, **more)

    def make_tables(self):
        """What a first start with a migration engine does; once for each volume."""
        self.compose("up", "-d", "--wait", "--wait-timeout", PATIENCE, "postgres", timeout=PATIENCE + 60)
        psql = ("docker", "exec", "-i", self.container("postgres"), "psql", "-q", "-U", "litellm", "-d", "litellm")
        if not run(*psql, "-Atc", "select 1 from pg_tables where tablename = 'LiteLLM_SpendLogs'").strip():
            run(*psql, input=docker("run", "--rm", "--entrypoint", "sh", image_of("litellm"), "-c", MIGRATIONS))

    def up(self, *more):
        if QUERY_ENGINE:
            self.make_tables()
        self.compose("up", "-d", "--wait", "--wait-timeout", PATIENCE, *more, timeout=PATIENCE + 60)

    def remove(self, service, *more):
        """Removes a service's container, and with --volumes what it kept, so that the next start is a first one."""
        self.compose("rm", "--stop", "--force", service)
        if "--volumes" in more:
            volume = {"open-webui": "open_webui_data", "postgres": "postgres_data"}[service]
            docker("volume", "rm", "--force", f"{self.directory.name}_{volume}")

    def down(self, *more):
        self.compose("down", *more)

    def destroy(self):
        self.down("--volumes", "--timeout", 5)
        shutil.rmtree(self.directory)

    def container(self, service):
        return self.compose("ps", "-a", "-q", "--no-trunc", service).strip()

    def inspect(self, service):
        return json.loads(docker("inspect", self.container(service)))[0]

    def cgroup(self, service):
        return Cgroup(self.container(service))

    def secret(self, key):
        return secret_of(self.directory / ".env", key)

    def workers(self):
        """The processes that answer requests: children of the container's first process, or itself where it has no workers."""
        state = self.inspect("litellm")
        first = state["State"]["Pid"]
        if "--run_gunicorn" not in state["Args"] and state["Args"][state["Args"].index("--num_workers") + 1] == "1":
            return [p for p in self.cgroup("litellm").processes() if p[0] == first]
        return [p for p in self.cgroup("litellm").processes() if parent(p[0]) == first and "resource_tracker" not in p[1]]

    def ask(self, path, document=None, port=PORT, host="127.0.0.1", key=True):
        """Sends a request through nginx with the master key, another key or none; returns the response, still unread."""
        link = http.client.HTTPConnection(host, port, timeout=60)
        headers = {"Authorization": f"Bearer {self.secret('LITELLM_MASTER_KEY') if key is True else key}"} if key else {}
        body = None
        if document is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(document)
        link.request("POST" if body else "GET", path, body, headers)
        return link.getresponse()

    def chat(self, model, stream=False, key=True):
        return self.ask("/v1/chat/completions",
                        {"model": model, "stream": stream, "messages": [{"role": "user", "content": "hello"}]}, key=key)

    def provider(self):
        """The provider's address, reachable from the host."""
        networks = self.inspect("provider")["NetworkSettings"]["Networks"]
        return next(iter(networks.values()))["IPAddress"]


def about_the_database():
    """What a reader of figures has to know, in a sentence."""
    if QUERY_ENGINE:
        return f"LiteLLM runs with its database, by the query engine {QUERY_ENGINE}."
    return "QUERY_ENGINE is not set and no package index has a query engine: LiteLLM runs without its database here."


def engine_processes():
    """(pid, command line) of dockerd and its helpers, without the containers' own processes."""
    rows = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                line = pathlib.Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")[0].decode()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if re.search(r"(^|/)(dockerd|containerd|containerd-shim[^/]*|docker-proxy)$", line):
                rows.append((int(name), os.path.basename(line)))
    return rows
