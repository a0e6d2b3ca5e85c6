# SPDX-License-Identifier: MIT
"""The catalogue of usual costs (templates/catalogue): its files as data, and that none is opened without need."""

import re
import shutil
import subprocess

import pytest
import yaml

from conftest import ROOT, VPSFIT, run

FILES = sorted((ROOT / "templates/catalogue").glob("*"))
# What public compose files have beside LiteLLM and Open WebUI.
WANTED = {"ollama", "redis", "valkey", "redis-stack", "qdrant", "chroma", "pgvector", "weaviate", "milvus", "etcd", "minio", "langfuse",
          "langfuse-worker", "clickhouse-server", "searxng", "tika", "docling-serve", "n8n", "caddy", "traefik", "nginx-proxy-manager",
          "prometheus", "grafana", "node-exporter", "cadvisor", "uptime-kuma", "watchtower", "portainer-ce", "speaches",
          "faster-whisper-server", "openedai-speech", "kokoro-fastapi-cpu", "mcpo", "pipelines", "librechat", "mongo", "meilisearch",
          "mariadb", "mysql", "elasticsearch", "rabbitmq", "server", "keycloak", "dify-api", "flowise", "vllm-openai", "localai",
          "postgres-exporter", "adminer", "pgadmin4", "cloudflared", "tailscale", "nextcloud", "pgbouncer", "dozzle", "redis_exporter",
          "redisinsight", "crowdsec", "netdata", "loki", "promtail", "alloy", "phoenix", "anythingllm", "perplexica", "comfyui",
          "text-generation-inference", "llama.cpp", "studio", "gotrue", "postgrest", "realtime", "storage-api", "imgproxy", "postgres-meta",
          "edge-runtime", "logflare", "vector", "supavisor", "kong", "dify-web", "dify-sandbox", "dify-plugin-daemon"}


def entry(path):
    return yaml.safe_load(path.read_text())


def test_what_people_run_is_there():
    assert {path.stem for path in FILES} >= WANTED
    assert len([path for path in FILES if "idle_mib" in entry(path)]) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file(path):
    """tests/unit/test_usual.c reads each with the program's own reader; this is what a reader cannot tell."""
    cost = entry(path)
    assert path.name == cost["name"] + ".yaml" == path.name.lower() and cost["kind"] == "usual-cost"
    assert {image.rsplit("/")[-1] for image in cost["images"]} == {cost["name"]}
    assert len(cost["images"]) == len(set(cost["images"]))
    # Docker Hub's own name is left out, as the program does.
    assert not any(image.startswith(("docker.io/", "library/")) for image in cost["images"])
    if "same_as" in cost:
        assert "idle_mib" in (other := entry(path.parent / f"{cost['same_as']}.yaml")) or "depends_on" in other or "unknown" in other
    elif "idle_mib" in cost or "floor_mib" in cost:
        # A figure can be looked up or repeated: where, and when.
        assert re.search(r"#\d+|PSS|documentation|\.ya?ml", cost["source"]) and re.search(r"20[12]\d-[01]\d", cost["source"]), cost["source"]
        assert not cost["source"].lower().startswith("http")
    else:
        assert cost.get("unknown") or cost.get("depends_on")


def opened(tmp_path, *args):
    """The files that a run opens or looks at."""
    log = tmp_path / "log"
    program = VPSFIT.replace("/san/", "/debug/")
    subprocess.run(["strace", "-f", "-o", log, "-e", "trace=%file", program, *args], capture_output=True, check=True, timeout=60)
    return log.read_text()


@pytest.mark.parametrize("more", [[], ["--redis", "yes"], ["--workers", "4"]])
def test_a_plan_for_its_own_stack_opens_none(machine, tmp_path, more):
    log = opened(tmp_path, "plan", "--sysroot", machine("vm-4g"), *more)
    assert "templates/services/redis.yaml" in log and "templates/catalogue" not in log and "vpsfit/catalogue" not in log


def test_the_administrators_folder_is_no_folder_of_profiles(machine):
    """What lies in it for images that no stack has is not looked at, whatever it is."""
    root = machine("vm-4g")
    (root / "etc/vpsfit/catalogue").mkdir(parents=True)
    (root / "etc/vpsfit/catalogue/nobody.yaml").write_text("kind: [")
    done = run("plan", "--sysroot", root)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_usual_cost_among_the_profiles(machine):
    root = machine("vm-4g")
    (root / "etc/vpsfit").mkdir(exist_ok=True)
    shutil.copy(ROOT / "templates/catalogue/redis.yaml", root / "etc/vpsfit")
    done = run("plan", "--sysroot", root)
    assert done.returncode == 2 and "usual costs have a folder of their own" in done.stderr, done.stderr
    assert "/etc/vpsfit/redis.yaml:" in done.stderr and "/etc/vpsfit/catalogue" in done.stderr
