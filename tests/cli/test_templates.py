# SPDX-License-Identifier: MIT
"""The written stack avoids the sixteen known mistakes; each has a test."""

import json
import os
import re
import subprocess

import pytest
import yaml

from conftest import MACHINES, ROOT, run


@pytest.fixture(params=["vm-2g", "vm-8g"])
def written(request, machine):
    root = machine(request.param)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    directory = root / "opt/ai-gateway"
    compose = yaml.safe_load((directory / "compose.yaml").read_text())
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    return directory, compose["services"], plan


# What does its work at every start and ends.
HELPERS = {"webui-key"}


def test_template_is_a_compose_file_itself(tmp_path):
    for name in ("compose.yaml", ".env"):
        (tmp_path / name).write_text((ROOT / "templates" / name).read_text())
    for tool in ("/usr/bin/docker-compose", os.environ["COMPOSE2"]):
        done = subprocess.run([tool, "-f", tmp_path / "compose.yaml", "config"], cwd=tmp_path, capture_output=True,
                              text=True, env={"PATH": "/usr/bin:/bin", "HOME": "/root"})
        assert done.returncode == 0, done.stderr


def test_template_has_the_seeds_two_workers():
    services = yaml.safe_load((ROOT / "templates/compose.yaml").read_text())["services"]
    memory = {name: [s["deploy"]["resources"][kind]["memory"] for kind in ("reservations", "limits")]
              for name, s in services.items() if name not in HELPERS}
    assert memory == {"litellm": ["1228M", "1536M"], "open-webui": ["600M", "800M"], "postgres": ["100M", "200M"],
                      "nginx": ["50M", "100M"]}


# Tools in each image that a healthcheck may use.
INSIDE = {"litellm": {"python3"}, "open-webui": {"curl"}, "postgres": {"pg_isready"}, "nginx": {"wget"}, "redis": {"valkey-cli"}}


def test_01_healthchecks_run_what_is_inside_the_image(written):
    _, services, _ = written
    for name, service in services.items():
        if name in HELPERS:
            assert "healthcheck" not in service
            continue
        test = service["healthcheck"]["test"]
        program = test[1].split()[0]
        assert program in INSIDE[name], (name, test)


def test_02_restart(written):
    _, services, _ = written
    assert {name: s["restart"] for name, s in services.items()} == {
        name: "no" if name in HELPERS else "unless-stopped" for name in services}


def test_03_04_secrets_reach_the_services_that_need_them(written):
    _, services, _ = written
    assert "WEBUI_SECRET_KEY" in services["open-webui"]["environment"]
    for key in ("LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "DATABASE_URL"):
        assert key in services["litellm"]["environment"]
    assert "POSTGRES_PASSWORD" in services["postgres"]["environment"]


def test_05_no_debugging(written):
    directory, services, _ = written
    assert not [word for word in services["litellm"]["command"] if "debug" in word]
    assert "debug" not in (directory / "nginx/nginx.conf").read_text()


def test_06_budget_is_no_general_setting(written):
    directory, _, _ = written
    assert "max_budget" not in yaml.safe_load((directory / "litellm/config.yaml").read_text())["general_settings"]


def test_07_tags_are_pinned(written):
    _, services, _ = written
    for name, service in services.items():
        assert re.search(r":v?\d+\.\d+[\w.-]*$", service["image"]), (name, service["image"])


def test_08_limits_follow_the_workers(machine):
    def limit(workers):
        plan = json.loads(run("plan", "--json", "--workers", workers, "--cost-model", "seed-2025-11",
                              "--sysroot", MACHINES / "vm-16g").stdout)
        return plan["services"]["litellm"]["limit_mib"], plan["services"]["postgres"]["limit_mib"]
    seen = [limit(workers) for workers in (1, 2, 4, 6, 12)]
    assert seen == sorted(seen) and seen[1] == (1536, 200) and seen[3][0] > 3080


def test_09_order_waits_for_health(written):
    _, services, _ = written
    # LiteLLM works without Redis, each worker by itself, and must not be replaced with it.
    order = {name: services[name].get("depends_on", {}) for name in services if name != "redis" or services[name].get("depends_on")}
    assert {name: list(order[name]) for name in order} == {
        "litellm": ["postgres"], "open-webui": ["webui-key"], "postgres": [], "nginx": ["open-webui"], "webui-key": []}
    conditions = {on: d["condition"] for waits in order.values() for on, d in waits.items()}
    assert conditions == {"postgres": "service_healthy", "open-webui": "service_healthy", "webui-key": "service_completed_successfully"}


def test_10_a_cold_start_is_waited_for(written):
    _, services, _ = written
    for name in ("litellm", "open-webui"):
        assert int(services[name]["healthcheck"]["start_period"].removesuffix("s")) >= 300


def test_11_open_webui_has_a_small_pool(written):
    _, services, _ = written
    env = services["open-webui"]["environment"]
    assert int(env["DATABASE_POOL_SIZE"]) <= 16
    assert env["DATABASE_SQLITE_PRAGMA_MMAP_SIZE"] == "0"
    assert env["RAG_EMBEDDING_ENGINE"] == "openai" and env["AUDIO_STT_ENGINE"] == "openai"


def test_12_nginx_streams_with_small_buffers(written):
    directory, _, _ = written
    text = re.sub(r"#.*", "", (directory / "nginx/nginx.conf").read_text())
    assert re.findall(r"proxy_buffering\s+(\w+);", text) == ["off"]
    assert re.findall(r"client_body_buffer_size\s+(\w+);", text) == ["128k"]
    gzip_types = re.search(r"gzip_types([^;]*);", text).group(1)
    assert "json" not in gzip_types and "event-stream" not in gzip_types


def test_13_a_rerun_keeps_the_profile_that_the_machine_has(written):
    directory, _, plan = written
    before = (directory / "compose.yaml").read_bytes()
    root = directory.parent.parent
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert (directory / "compose.yaml").read_bytes() == before


def test_14_the_machine_is_looked_at(written):
    _, _, plan = written
    machine = plan["machine"]
    assert machine["ram"]["effective_mib"] and machine["cpus"]["effective"] and "active_mib" in machine["swap"]
    assert machine["engine"] and machine["disk"]


def test_15_reservations_are_called_what_they_are(written):
    directory, _, _ = written
    for line in (directory / "compose.yaml").read_text().splitlines():
        if "vpsfit: kept" in line:
            assert "under pressure, as far as there is room" in line


def test_16_pool_and_connections_follow_the_workers(written):
    directory, services, plan = written
    pool = yaml.safe_load((directory / "litellm/config.yaml").read_text())["general_settings"]
    setting = [w for w in services["postgres"]["command"] if w.startswith("max_connections=")]
    assert int(setting[0].split("=")[1]) >= plan["workers"] * pool["database_connection_pool_limit"] + 10


def test_everybody_has_a_limit_and_bounded_logs(written):
    _, services, _ = written
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"]["memory"]
        assert service["logging"]["options"]["max-size"]


def test_only_nginx_is_reachable_and_on_loopback(written):
    _, services, _ = written
    assert [name for name, s in services.items() if "ports" in s] == ["nginx"]
    assert services["nginx"]["ports"] == ["${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:80"]
