# SPDX-License-Identifier: MIT
"""The exported stack on a real swarm of three engines. Tests depend on their order."""
import http.client
import json
import subprocess
import threading
import time

import pytest

import swarm
from swarm import HERE, PATIENCE, VPSFIT, WORK, Swarm, run, wait_for

NAMES = ("n1", "n2", "n3")
PORT = 8080
STACK = "gateway"
LIMITED, EACH_MINUTE = "limited", 4
# The first has room for what stays and for nothing else: what may move is on the others.
NODES = """nodes:
  - {name: n1, ram: 1800M, usable: 1706M, cpus: 1, labels: {vpsfit.postgres: "true", vpsfit.open-webui: "true"}}
  - {name: n2, ram: 3G, cpus: 1}
  - {name: n3, ram: 3G, cpus: 1}
"""


def export(*more):
    return run(VPSFIT, "export", "--format", "swarm", "--nodes", WORK / "nodes.yaml", "--workers", "1", "--dir", WORK / STACK,
               "--output", WORK / "export", "--bind", "0.0.0.0", "--port", PORT, *more)


@pytest.fixture(scope="module")
def gateway():
    """The swarm with the exported stack in it, started."""
    (WORK / "nodes.yaml").write_text(NODES)
    run(VPSFIT, "apply", "--yes", "--quiet", "--force", "--ram", "4G", "--cpus", "2", "--swap", "none", "--overhead", "480", "--dir", WORK / STACK,
        "--state", WORK / "state")
    config = WORK / STACK / "litellm/config.yaml"
    text = config.read_text().replace("model_list:\n", "model_list:\n  - {model_name: plain, litellm_params: {model: openai/plain, "
                                      "api_key: none, api_base: 'http://provider:9000/v1'}}\n")
    config.write_text(text.replace("general_settings:\n", "general_settings:\n  custom_auth: limited.check\n"))
    export()
    (WORK / "export/test.json").write_text(
        swarm.with_stand_ins((WORK / "export/stack.yaml").read_text(), HERE.parent / "stack/limited.py"))
    one = Swarm(NAMES)
    deploy(one)
    yield one


def deploy(one):
    """deploy.sh as it was written, but with the stand-ins and without a registry. What the engine says against it is an error."""
    script = (WORK / "export/deploy.sh").read_text()
    changed = script.replace("--compose-file stack.yaml", "--resolve-image never --compose-file test.json")
    assert changed != script
    (WORK / "export/deploy-test.sh").write_text(changed)
    done = subprocess.run(["sh", WORK / "export/deploy-test.sh"], capture_output=True, text=True, timeout=PATIENCE,
                          env={"DOCKER_HOST": one.manager.socket, "DOCKER_CONFIG": str(WORK), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    assert done.returncode == 0 and not done.stderr, (done.stdout, done.stderr)


def plan():
    return json.loads((WORK / "export/plan.json").read_text())


def planned_limits():
    """Service of the stack file -> MiB."""
    limits = {}
    for node in plan()["nodes"]:
        for name, service in node["services"].items():
            limits[f"{name}-w{service['workers']}" if "workers" in service else name] = service["limit_mib"]
    return limits


def secret(key):
    return next(line.partition("=")[2] for line in (WORK / "export/.env").read_text().splitlines() if line.startswith(key + "="))


def ask(address, path="/v1/chat/completions", key=None, timeout=60):
    """The status of a completion through nginx on a node."""
    link = http.client.HTTPConnection(address, PORT, timeout=timeout)
    body = json.dumps({"model": "plain", "messages": [{"role": "user", "content": "hello"}]})
    link.request("POST", path, body, {"Authorization": f"Bearer {key or secret('LITELLM_MASTER_KEY')}", "Content-Type": "application/json"})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def nginx_address(one):
    """The address of the node that nginx runs on; None while it runs nowhere."""
    for node, state in one.tasks(STACK).get("nginx", []):
        if state == "Running":
            return one.nodes[node].address
    return None


def answers(one, key=None):
    address = nginx_address(one)
    try:
        return bool(address) and ask(address, key=key, timeout=20) == 200
    except (OSError, http.client.HTTPException):
        return False


def all_run(one):
    tasks = one.tasks(STACK)
    wanted = {**{s: 1 for s in planned_limits()}, "litellm-w1": plan()["totals"]["copies"]}
    return all([t[1] for t in tasks.get(s, [])] == ["Running"] * n for s, n in wanted.items())


def test_every_task_has_the_plans_limit(gateway):
    try:
        wait_for("all tasks", lambda: all_run(gateway))
    except AssertionError as error:
        ps = gateway.manager.docker("stack", "ps", "--no-trunc", STACK)
        raise AssertionError(f"{error}\n{ps}") from None
    limits, seen = planned_limits(), {}
    print(f"\n{'node':<6}{'task':<22}{'plan MiB':>10}{'cgroup MiB':>12}")
    for node in gateway.nodes.values():
        for service, container in node.containers():
            name = service.removeprefix(STACK + "_")
            if name not in limits:
                continue
            is_mib = node.limit_mib(container)
            print(f"{node.name:<6}{name:<22}{limits[name]:>10}{is_mib:>12.0f}")
            assert is_mib == limits[name], name
            seen[name] = seen.get(name, 0) + 1
    assert seen == {**{s: 1 for s in limits}, "litellm-w1": plan()["totals"]["copies"]}


def test_tasks_are_where_the_plan_has_them(gateway):
    tasks = gateway.tasks(STACK)
    for node in plan()["nodes"]:
        for name, service in node["services"].items():
            if "workers" in service:
                assert node["name"] in [t[0] for t in tasks["litellm-w1"]]
            elif not service["stand_by"] and name in ("postgres", "open-webui"):
                assert [t[0] for t in tasks[name]] == [node["name"]]
    allowed = {name: [n["name"] for n in plan()["nodes"] if name in n["services"]] for name in ("nginx", "redis")}
    assert all(tasks[name][0][0] in allowed[name] for name in allowed), (tasks, allowed)


def test_a_completion_comes_through_it(gateway):
    wait_for("an answer through nginx", lambda: answers(gateway), 120)


def test_the_manager_is_asked_for_its_nodes(gateway):
    said = run(VPSFIT, "plan", "--node", "ask", "--json", env={"DOCKER_HOST": gateway.manager.socket, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    nodes = json.loads(said)["nodes"]
    assert sorted(n["name"] for n in nodes) == list(NAMES)
    assert [n["name"] for n in nodes if n["labels"].get("vpsfit.postgres") == "true"] == ["n1"]


def test_no_secret_is_in_what_the_engine_shows(gateway):
    services = gateway.manager.docker("service", "ls", "--quiet").split()
    shown = gateway.manager.docker("service", "inspect", *services)
    text = (WORK / "export/stack.yaml").read_text() + (WORK / "export/deploy.sh").read_text() + (WORK / "export/plan.json").read_text()
    for line in (WORK / "export/.env").read_text().splitlines():
        key, _, value = line.partition("=")
        # "none" is what the compose file itself says where there is no key of an own server.
        if not line.startswith("#") and value != "none":
            assert value not in shown and value not in text, key


def test_two_copies_count_one_limit_together(gateway):
    address = nginx_address(gateway)
    codes = [ask(address, key=LIMITED) for _ in range(20)]
    assert set(codes) <= {200, 429}, codes
    assert codes.count(200) == EACH_MINUTE, codes


def test_a_rolling_update_loses_no_request(gateway):
    """Each request is made twice at most: the second time half a second later."""
    failed, done, stop = [], [], threading.Event()
    address = nginx_address(gateway)

    def once():
        try:
            return ask(address, timeout=60)
        except (OSError, http.client.HTTPException) as error:
            return repr(error)

    def work():
        while not stop.is_set():
            first = once()
            if first != 200:
                time.sleep(0.5)
                second = once()
                if second != 200:
                    failed.append((first, second))
            done.append(first)
            time.sleep(0.1)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        gateway.manager.docker("service", "update", "--force", "--detach=false", "--quiet", f"{STACK}_litellm-w1", timeout=PATIENCE * 2)
    finally:
        stop.set()
        worker.join(150)
    print(f"\n{len(done)} requests during the update, {len([d for d in done if d != 200])} of them made twice, {len(failed)} failed")
    assert len(done) > 20 and not failed, failed


def test_a_node_is_lost_and_what_the_plan_says_moves(gateway):
    here = {service: node for service, tasks in gateway.tasks(STACK).items() for node, _ in tasks if service in ("nginx", "redis")}
    lost = here["nginx"]
    rest = next(n["name"] for n in plan()["nodes"] if "nginx" in n["services"] and n["name"] != lost)
    gateway.nodes[lost].kill()

    def moved():
        tasks = gateway.tasks(STACK)
        return all(("Running" in [s for n, s in tasks.get(name, []) if n == rest]) for name in here if here[name] == lost)
    _, seconds = wait_for("what moves", moved, 60)
    print(f"\n{lost} killed; {', '.join(s for s in here if here[s] == lost)} placed anew on {rest} after {seconds:.0f} s")
    wait_for("an answer from what is left", lambda: answers(gateway), 60)
