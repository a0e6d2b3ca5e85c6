# SPDX-License-Identifier: MIT
"""
The stack that vpsfit writes, run by a real engine; tests depend on their order. README.md tells what is real and what is a stand-in.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import time

import pytest

import engine
import load
from conftest import record
from engine import PATIENCE, SERVICES, Stack, docker, wait_for
from memory import UNLIMITED, mib, shared_and_private

MIB = 1 << 20
# Other programs on this machine must not affect the plan: hence --overhead.
COMMON = ("--swap", "none", "--overhead", "480", "--port", str(engine.PORT), "--cost-model")
FOUR = ("--ram", "4G", "--cpus", "2", *COMMON, engine.MEASURED)
# From tests/stack/limited.py, which runs inside LiteLLM.
LIMITED, EACH_MINUTE = "limited", 4
EIGHT = ("--ram", "8G", "--cpus", "4", *COMMON, engine.MEASURED)
SEED = ("--ram", "4G", "--cpus", "2", *COMMON, "seed-2025-11")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("stack") / "gateway", *FOUR)
    try:
        stack.up()
    except RuntimeError as error:
        raise AssertionError(f"{error}\n{stack.compose('logs', '--tail', 40)}") from None
    yield stack
    stack.destroy()


def spared(stack, services):
    """What must not change in unaffected services: container, process, restarts."""
    states = {s: stack.inspect(s) for s in services}
    return {s: (i["Id"], i["State"]["Pid"], i["RestartCount"]) for s, i in states.items()}


def expect_answers(stack):
    def answered():
        try:
            return stack.chat("plain").status == 200
        except (OSError, http.client.HTTPException):
            return False
    wait_for("an answer through nginx", answered)


def test_every_healthcheck_is_green_by_what_is_in_the_image(stack):
    for service in SERVICES:
        health = stack.inspect(service)["State"]["Health"]
        assert health["Status"] == "healthy", (service, health)
        assert health["Log"][-1]["ExitCode"] == 0, (service, health)
    # LiteLLM's images have neither: checks that need one would pass here and fail in reality.
    for tool in ("wget", "curl"):
        assert docker("exec", stack.container("litellm"), "sh", "-c", f"command -v {tool} || echo none").strip() == "none"


def test_the_plan_says_what_its_limits_hold_and_what_the_makers_advise(stack):
    texts = {w["code"]: w["text"] for w in stack.plan["warnings"]}
    assert "the limits hold the measured peak of starting" in texts["limits-hold-start"]
    assert "makers recommend 4096 MiB for each worker" in texts["below-official-floor"]


@pytest.mark.parametrize("service", SERVICES)
def test_limits_are_the_plans_in_docker_and_in_the_cgroup(stack, service):
    planned = stack.plan["services"][service]
    host = stack.inspect(service)["HostConfig"]
    cgroup = stack.cgroup(service)

    assert host["Memory"] == planned["limit_mib"] * MIB
    assert host["MemoryReservation"] == planned["reservation_mib"] * MIB
    assert host["MemorySwap"] == planned["limit_mib"] * MIB, "no swap was planned, so none is allowed"
    assert "limits-not-enforced" not in [w["code"] for w in stack.plan["warnings"]]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert cgroup.number("limit") == planned["limit_mib"] * MIB
    assert cgroup.number("reservation") == planned["reservation_mib"] * MIB
    assert cgroup.swap_allowance() == 0
    assert 0 < cgroup.number("current") < UNLIMITED
    assert cgroup.oom_kills() == 0, "killed while it started"


def test_as_many_litellm_processes_as_planned(stack):
    assert stack.plan["workers"] == 2
    assert len(stack.workers()) == 2
    # The health check is a separate process while it runs.
    running = [p for p in stack.cgroup("litellm").processes() if "/health/" not in p[1]]
    assert len(running) == 3, "two workers and their parent"
    record(stack)


def test_workers_share_their_memory_after_every_object_was_looked_at(stack):
    """A full collection in each worker writes to every object that is not frozen: then most of a worker's memory is private."""
    load.collect(stack, stack.plan["workers"])
    for pid, _, _ in stack.workers():
        shared, private = shared_and_private(pid)
        print(f"worker {pid}: {mib(shared):.0f} MiB shared, {mib(private):.0f} MiB its own")
        assert shared > 2 * private, (mib(shared), mib(private))


def test_a_completion_comes_through_nginx(stack):
    answer = stack.chat("plain")
    assert answer.status == 200
    assert b'"hello"' in answer.read()


def test_a_wrong_key_is_refused(stack):
    assert stack.ask("/v1/models", key=False).status == 401


def test_only_models_that_can_answer_are_offered(stack):
    """The provider stands in for OpenAI here; nobody gave a key for the others."""
    offered = {model["id"] for model in json.load(stack.ask("/v1/models"))["data"]}
    assert "text-embedding-3-small" in offered and not {name for name in offered if re.match("claude|gemini|mistral|openrouter|local", name)}


def test_the_list_of_known_models_is_the_images(stack):
    """tests/cli/test_models.py looks the shipped names up in a copy of LiteLLM's own list."""
    known = json.loads((pathlib.Path(__file__).resolve().parents[1] / "cli/litellm_models.json").read_text())
    said = json.loads(docker("exec", stack.container("litellm"), "python3", "-c", f"""
import json, os, importlib.util
where = os.path.dirname(importlib.util.find_spec("litellm").origin)
models = json.load(open(where + "/model_prices_and_context_window_backup.json"))
print(json.dumps({{k if k.startswith(v["litellm_provider"] + "/") else v["litellm_provider"] + "/" + k: [v["mode"], v.get("deprecation_date")]
    for k, v in models.items() if v.get("litellm_provider") in {known["providers"]} and not k.startswith("ft:")
    and v.get("mode") in ("chat", "embedding", "audio_transcription")}}))"""))
    assert said == known["models"]


def test_a_stream_arrives_chunk_by_chunk(stack):
    """The provider sends a piece only after the previous one has arrived: any buffering stops the stream."""
    answer = stack.chat("lockstep", stream=True)
    assert answer.status == 200
    pieces = []
    for line in answer:
        found = re.search(rb"piece(\d)", line)
        if found:
            pieces.append(int(found.group(1)))
            next_please = http.client.HTTPConnection(stack.provider(), 9000, timeout=PATIENCE)
            next_please.request("POST", "/next", b"")
            next_please.getresponse().read()
    assert pieces == list(range(8))
    assert line.strip() == b"" or b"[DONE]" in line


def test_open_webui_answers_through_nginx(stack):
    answer = stack.ask("/", key=False)
    assert answer.status == 200
    assert answer.read()


def test_postgres_asks_for_the_secret_over_the_network(stack):
    def select(password):
        return docker("exec", "-e", f"PGPASSWORD={password}", stack.container("postgres"), "psql", "-h", "postgres", "-U", "litellm",
                      "-d", "litellm", "-Atc", "show max_connections", check=False).strip()
    assert select(stack.secret("POSTGRES_PASSWORD")) == str(stack.plan["max_connections"])
    assert select("wrong") == ""


def host_oom_kills():
    return int(re.search(r"^oom_kill (\d+)$", pathlib.Path("/proc/vmstat").read_text(), re.M).group(1))


def test_a_worker_that_eats_memory_is_killed_within_its_limit_and_comes_back(stack):
    neighbours = [s for s in SERVICES if s != "litellm"]
    before = spared(stack, neighbours)
    cgroup = stack.cgroup("litellm")
    workers = {p[0] for p in stack.workers()}
    container = stack.container("litellm")

    with pytest.raises((OSError, http.client.HTTPException, AssertionError)):
        assert stack.chat("eat").status < 500
    wait_for("the kill", cgroup.oom_kills)
    wait_for("a new worker", lambda: len({p[0] for p in stack.workers()} - workers) == cgroup.oom_kills()
             and len(stack.workers()) == 2)
    expect_answers(stack)

    # The kernel lets a process that it kills have a few pages more, to end with.
    assert cgroup.number("peak") <= (stack.plan["services"]["litellm"]["limit_mib"] + 1) * MIB
    assert stack.container("litellm") == container
    assert spared(stack, neighbours) == before
    assert all(stack.cgroup(s).oom_kills() == 0 for s in neighbours)


def psql(stack, statement):
    return docker("exec", stack.container("postgres"), "psql", "-U", "litellm", "-d", "litellm", "-Atc", statement).strip()


def test_down_and_up_keep_secrets_and_data(stack):
    psql(stack, "create table kept (what text); insert into kept values ('yes')")
    secrets = (stack.directory / ".env").read_bytes()
    page = stack.ask("/", key=False).read()
    stack.down()
    stack.up()
    assert (stack.directory / ".env").read_bytes() == secrets
    assert psql(stack, "select what from kept") == "yes"
    assert stack.ask("/", key=False).read() == page
    expect_answers(stack)


def limits(stack, service):
    host = stack.inspect(service)["HostConfig"]
    return host["Memory"], host["MemoryReservation"], host["MemorySwap"]


def test_a_rerun_for_8_gib_recreates_only_what_changed(stack):
    before = {s: (stack.container(s), limits(stack, s)) for s in SERVICES}
    stack.apply(*EIGHT)
    stack.up()
    assert stack.plan["workers"] == 6
    # Compose also recreates dependents: only nginx waits for a service, and not for these.
    same = [s for s in SERVICES if stack.container(s) == before[s][0]]
    assert same == ["open-webui", "nginx"]
    for service in SERVICES:
        planned = stack.plan["services"][service]
        assert limits(stack, service) == tuple(planned[k] * MIB for k in ("limit_mib", "reservation_mib", "limit_mib"))
    assert len(stack.workers()) == 6
    assert stack.cgroup("litellm").oom_kills() == 0, "killed while it started"
    assert psql(stack, "select what from kept") == "yes"
    assert psql(stack, "show max_connections") == str(stack.plan["max_connections"])
    expect_answers(stack)
    record(stack)


def test_one_worker_and_a_container_that_dies_comes_back(stack):
    stack.apply("--workers", "1", *FOUR)
    stack.up()
    assert len(stack.workers()) == 1
    # It has nobody to share memory with, so it is started without a parent.
    running = [p for p in stack.cgroup("litellm").processes() if "/health/" not in p[1]]
    assert len(running) == 1, running
    record(stack)
    before = spared(stack, ["open-webui", "postgres", "nginx"])
    os.kill(stack.inspect("litellm")["State"]["Pid"], signal.SIGKILL)
    wait_for("the restart", lambda: stack.inspect("litellm")["RestartCount"] == 1)
    expect_answers(stack)
    assert spared(stack, ["open-webui", "postgres", "nginx"]) == before


def test_a_launcher_that_is_lost_is_told_and_written_again(stack):
    """Docker creates a directory in its place; vpsfit reports it, and writes the file again once it is gone."""
    launcher = stack.directory / "litellm/vpsfit_launch.py"
    launcher.unlink()
    stack.compose("up", "-d", "--no-deps", "--force-recreate", "litellm")
    assert launcher.is_dir()
    with pytest.raises(RuntimeError, match="vpsfit_launch.py: error: cannot be read: it is not a regular file; nothing was written"):
        stack.vpsfit("apply", "--yes", "--workers", "1", *FOUR)
    # Each of its starts makes the directory again.
    stack.compose("stop", "litellm")
    launcher.rmdir()
    stack.apply("--workers", "1", *FOUR)
    assert launcher.is_file()
    stack.up("--no-deps", "--force-recreate", "litellm")
    expect_answers(stack)


def limited(directory, *answers):
    """A stack of two workers with one key that has a limit per minute."""
    stack = Stack(directory, "--workers", "2", *answers, *FOUR, more=f"""
  litellm:
    volumes: ["{engine.HERE}/limited.py:/app/limited.py:ro"]""")
    settings = stack.directory / "litellm/config.yaml"
    settings.write_text(settings.read_text().replace("general_settings:\n", "general_settings:\n  custom_auth: limited.check\n"))
    return stack


@pytest.fixture
def room(stack):
    """Port and memory suffice for one stack only: stops the common one, which keeps its data."""
    stack.compose("down")


def answers_in_a_minute(stack, count):
    """
    How many of `count` sequential requests are answered instead of refused (429). The one-minute window opens with a key's first
    request, so waiting for the stack uses another key. Each request uses a new connection, so that both workers get some.
    """
    stack.up()
    expect_answers(stack)
    codes = [stack.chat("plain", key=LIMITED).status for _ in range(count)]
    assert set(codes) <= {200, 429}, codes
    return codes.count(200)


def test_two_workers_count_one_limit_together(room, tmp_path):
    stack = limited(tmp_path / "together")
    try:
        assert "redis" in stack.plan["services"]
        assert answers_in_a_minute(stack, 40) == EACH_MINUTE
        health = stack.inspect("redis")["State"]["Health"]
        assert health["Status"] == "healthy", health
        # The secret is on no command line.
        assert not [line for _, line, *_ in stack.cgroup("redis").processes() if stack.secret("REDIS_PASSWORD") in line]
        assert stack.inspect("redis")["HostConfig"]["Memory"] == stack.plan["services"]["redis"]["limit_mib"] * MIB
        # LiteLLM works without it, each worker by itself.
        docker("stop", "--time", "5", stack.container("redis"))
        expect_answers(stack)
    finally:
        stack.destroy()


def test_without_it_each_counts_for_itself(room, tmp_path):
    stack = limited(tmp_path / "apart", "--redis", "no")
    try:
        assert "redis" not in stack.plan["services"]
        assert EACH_MINUTE < answers_in_a_minute(stack, 40) <= 2 * EACH_MINUTE
    finally:
        stack.destroy()


def was_killed(stack):
    """Whether the kernel killed a process of LiteLLM's container, or all of it: then its cgroup may be briefly gone."""
    state = stack.inspect("litellm")
    if state["RestartCount"] or state["State"]["OOMKilled"]:
        return True
    try:
        return stack.cgroup("litellm").oom_kills()
    except FileNotFoundError:
        return False


def test_without_shared_memory_the_seeds_limit_is_too_low(tmp_path):
    """Why workers are forked: 1.5 GiB do not hold a parent and two workers that each import the database's client."""
    stack = Stack(tmp_path / "spawned", *SEED, more=f"\n  litellm:\n    {engine.command(2)}")
    try:
        assert (stack.plan["workers"], stack.plan["services"]["litellm"]["limit_mib"]) == (2, 1536)
        stack.compose("up", "-d", "--no-deps", "litellm")
        wait_for("a kill", lambda: was_killed(stack))
    finally:
        stack.destroy()
