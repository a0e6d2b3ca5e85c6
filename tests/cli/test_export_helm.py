# SPDX-License-Identifier: MIT
"""Values for Helm's charts: the plan's figures, keys that the charts know, secrets by name only."""
import json
import os
import stat
import subprocess

import pytest
import yaml

from conftest import run

TWO = ("--node", "a=8G,4", "--node", "b=8G,4")
# The keys that the charts have (LiteLLM 1.1, Open WebUI 16.0, CloudNativePG's cluster, Valkey's), as far as they are used here. An entry that
# ends with a dot may hold anything.
CHARTS = {
    "litellm": {"fullnameOverride", "replicaCount", "numWorkers", "image.repository", "image.tag", "image.pullPolicy", "resources.",
                "topologySpreadConstraints.", "strategy.", "autoscaling.enabled", "keda.enabled", "environmentSecrets.",
                "masterkeySecretName", "masterkeySecretKey", "logLevel", "podAnnotations.", "envVars.", "extraEnvVars.", "proxyConfigMap.create",
                "proxyConfigMap.name", "proxyConfigMap.key", "db.useExisting", "db.deployStandalone", "redis.enabled", "migrationJob.enabled",
                "migrationJob.resources.", "migrationJob.hooks.argocd.enabled", "migrationJob.hooks.helm.enabled"},
    "open-webui": {"fullnameOverride", "replicaCount", "image.repository", "image.tag", "resources.", "websocket.manager",
                   "websocket.redis.enabled", "ollama.enabled", "pipelines.enabled", "tika.enabled", "persistence.enabled",
                   "persistence.size", "openaiBaseApiUrl", "openaiApiKeyExistingSecret", "openaiApiKeyExistingSecretKey", "extraEnvFrom.",
                   "extraEnvVars.", "livenessProbe.", "startupProbe.", "podAnnotations."},
    "postgres": {"fullnameOverride", "cluster.instances", "cluster.imageName", "cluster.storage.size", "cluster.resources.",
                 "cluster.postgresql.parameters.", "cluster.initdb.", "cluster.services."},
    "redis": {"fullnameOverride", "image.repository", "image.tag", "resources.", "auth.enabled", "auth.usersExistingSecret", "auth.aclUsers.",
              "dataStorage.enabled", "valkeyConfig"},
}


@pytest.fixture
def export(tmp_path):
    def go(*args, nodes=TWO):
        out = tmp_path / "out"
        done = run("export", "--format", "helm", *nodes, "--dir", tmp_path / "stack", "--output", out, *args)
        assert done.returncode == 0, done.stderr
        return out
    return go


def values(out):
    return {p.stem: yaml.safe_load(p.read_text()) for p in out.glob("*.yaml")}


def paths(tree, before=""):
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from paths(value, f"{before}{key}.")
        else:
            yield before + key


def test_every_key_is_one_of_the_charts(export):
    found = values(export())
    assert set(found) == set(CHARTS)
    for chart, tree in found.items():
        for path in paths(tree):
            assert path in CHARTS[chart] or any(path.startswith(k[:-1]) for k in CHARTS[chart] if k.endswith(".")), (chart, path)


def test_requests_and_limits_add_up_to_the_plan(export):
    out = export()
    plan, found = json.loads((out / "plan.json").read_text()), values(out)
    sums = {"requests": 0, "limits": 0}
    for tree in found.values():
        copies = tree.get("replicaCount") or tree.get("cluster", {}).get("instances", 1)
        resources = tree.get("resources") or tree["cluster"]["resources"]
        for kind in sums:
            sums[kind] += copies * int(resources[kind]["memory"].removesuffix("Mi"))
    assert sums == {"requests": plan["totals"]["reservation_mib"], "limits": plan["totals"]["limit_mib"]}
    assert found["litellm"]["replicaCount"] * found["litellm"]["numWorkers"] == plan["totals"]["workers"]
    assert found["postgres"]["cluster"]["postgresql"]["parameters"]["max_connections"] == str(plan["totals"]["connections"])
    assert found["redis"]["valkeyConfig"].count("maxmemory 38mb") == 1


def test_the_workers_are_those_that_the_cores_carry_and_share_nothing(export):
    """The chart starts LiteLLM without what lets workers share their memory, so the figures are those of workers alone."""
    out = export(nodes=("--node", "a=32G,2", "--node", "b=4G,8"))
    plan = json.loads((out / "plan.json").read_text())
    count = values(out)["litellm"]["numWorkers"]
    assert {n["workers"] for n in plan["nodes"]} <= {0, count}
    for node in plan["nodes"]:
        assert node["workers"] <= 2 * node["cpus"]
        for name, sizes in node["services"].items():
            if name == "litellm" and count > 1:
                assert sizes["limit_mib"] == max(1536, 750 + 784 * count)


def test_secrets_are_by_name_only(export):
    out = export()
    texts = "".join(p.read_text() for p in out.rglob("*") if p.is_file() and p.suffix != ".env")
    for name in ("litellm", "open-webui", "postgres", "redis"):
        path = out / f"{name}.env"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        for line in path.read_text().splitlines():
            key, _, value = line.partition("=")
            assert key == "username" or value not in texts, key
    litellm = dict(line.split("=", 1) for line in (out / "litellm.env").read_text().splitlines())
    postgres = dict(line.split("=", 1) for line in (out / "postgres.env").read_text().splitlines())
    assert litellm["DATABASE_URL"] == f"postgresql://{postgres['username']}:{postgres['password']}@postgres:5432/litellm"
    assert "LITELLM_MASTER_KEY" in litellm and "LITELLM_SALT_KEY" in litellm
    webui = dict(line.split("=", 1) for line in (out / "open-webui.env").read_text().splitlines())
    assert webui["OPENAI_API_KEY"] == litellm["LITELLM_WEBUI_KEY"] != litellm["LITELLM_MASTER_KEY"] and "WEBUI_SECRET_KEY" in webui


def test_again_keeps_the_secrets(export):
    out = export()
    was = {p.name: p.read_text() for p in out.glob("*.env")}
    assert {p.name: p.read_text() for p in export(nodes=(*TWO, "--node", "c=8G,4")).glob("*.env")} == was


def settings(out):
    return {name: values(out)[name]["podAnnotations"]["vpsfit/settings"] for name in ("litellm", "open-webui")}


def test_what_a_value_names_only_is_read_anew_where_it_changes(export, tmp_path):
    """Helm starts nothing anew for a secret or a configuration of another content: a value has to change with it."""
    stack = tmp_path / "stack"
    run("apply", "--yes", "--force", "--ram", "8G", "--cpus", "4", "--swap", "none", "--dir", stack, "--state", tmp_path / "state")
    first = settings(export())
    assert settings(export()) == first
    config = stack / "litellm/config.yaml"
    config.write_text(config.read_text() + "# one more line\n")
    second = settings(export())
    assert second["litellm"] != first["litellm"] and second["open-webui"] == first["open-webui"]
    env = stack / ".env"
    env.write_text(env.read_text().replace("OPENAI_API_KEY=", "OPENAI_API_KEY=sk-of-a-provider-1", 1))
    third = settings(export())
    assert third["litellm"] not in (first["litellm"], second["litellm"]) and third["open-webui"] == first["open-webui"]


def test_a_database_elsewhere(export, tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text("database-url: postgresql://u:p-w@db.example.net/litellm\n")
    answers.chmod(0o600)
    out = export("--answers", answers)
    assert not (out / "postgres.yaml").exists() and "DATABASE_URL=postgresql://u:p-w@db.example.net/litellm\n" in (out / "litellm.env").read_text()


def test_an_ingress_is_the_clusters(tmp_path, export):
    out = export()
    assert "nginx" not in values(out) and not [n for n in json.loads((out / "plan.json").read_text())["nodes"] if "nginx" in n["services"]]
    done = run("export", "--format", "helm", *TWO, "--dir", tmp_path / "stack", "--output", out, "--bind", "0.0.0.0")
    assert done.returncode == 2 and "ingress" in done.stderr


def test_the_commands_are_a_shell_script(export):
    subprocess.run(["sh", "-n", export() / "commands.sh"], check=True)
