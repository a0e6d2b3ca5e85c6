# SPDX-License-Identifier: MIT
"""What an export for Docker Swarm writes: the stack file as a swarm takes it, no secret in it, and nobody's file written over."""
import json
import os
import re
import stat
import subprocess

import pytest
import yaml

from conftest import ROOT, run

TWO = ("--node", "a=4G,2", "--node", "b=8G,4")


class Export:
    def __init__(self, place):
        self.dir, self.out = place / "stack", place / "out"

    def run(self, *args, nodes=TWO):
        return run("export", "--format", "swarm", *nodes, "--dir", self.dir, "--output", self.out, *args)

    def write(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, done.stderr
        return self

    def text(self, name):
        return (self.out / name).read_text()

    @property
    def stack(self):
        return yaml.safe_load(self.text("stack.yaml"))

    @property
    def plan(self):
        return json.loads(self.text("plan.json"))

    def secrets(self):
        return dict(line.split("=", 1) for line in self.text(".env").splitlines() if line and not line.startswith("#"))


@pytest.fixture
def export(tmp_path):
    return Export(tmp_path)


def sizes(service):
    resources = service["deploy"]["resources"]
    return tuple(int(resources[kind]["memory"].rstrip("M")) for kind in ("limits", "reservations"))


def test_limits_and_reservations_are_the_plans(export):
    stack, plan = export.write().stack, export.plan
    limits = reserved = 0
    for node in plan["nodes"]:
        for name, planned in node["services"].items():
            written = stack["services"][f"{name}-w{planned['workers']}" if "workers" in planned else name]
            assert sizes(written) == (planned["limit_mib"], planned["reservation_mib"]), name
            if not planned["stand_by"]:
                limits += planned["limit_mib"]
                reserved += planned["reservation_mib"]
    assert (limits, reserved) == (plan["totals"]["limit_mib"], plan["totals"]["reservation_mib"])
    copies = sum(s["deploy"]["replicas"] for n, s in stack["services"].items() if re.search(r"-w\d+$", n))
    assert copies == plan["totals"]["copies"]


def test_what_follows_from_the_plan(export):
    stack, plan = export.write().stack, export.plan
    assert f"max_connections={plan['totals']['connections']}" in stack["services"]["postgres"]["command"]
    for name, service in stack["services"].items():
        found = re.search(r"-w(\d+)$", name)
        if not found:
            continue
        words = service["command"]
        assert words[words.index("--num_workers") + 1] == found.group(1)
        assert ("--run_gunicorn" in words) == (int(found.group(1)) > 1)
        assert service["environment"]["DISABLE_SCHEMA_UPDATE"] == "true"
        assert service["networks"]["gateway"]["aliases"] == ["litellm"]
        assert service["deploy"]["placement"]["constraints"] == [f"node.labels.vpsfit.workers == {found.group(1)}"]
    tables = stack["services"]["litellm-tables"]
    assert "--skip_server_startup" in tables["command"] and "DISABLE_SCHEMA_UPDATE" not in tables["environment"]
    assert tables["deploy"]["restart_policy"]["condition"] == "on-failure"


def test_no_key_that_a_swarm_refuses_or_ignores(export):
    for name, service in export.write().stack["services"].items():
        assert not set(service) & {"memswap_limit", "depends_on", "restart", "container_name", "mem_limit", "build"}, name
        assert service["deploy"]["endpoint_mode"] == "dnsrr" and service["deploy"]["restart_policy"]["delay"] == "5s"
        assert not [v for v in service.get("volumes", []) if isinstance(v, str) and v.startswith((".", "/"))], name
        assert "max_attempts" not in service["deploy"]["restart_policy"]
    assert export.stack["networks"]["gateway"] == {"driver": "overlay", "attachable": False}


def test_the_stay_at_homes_stop_first_and_stand_once(export):
    services = export.write().stack["services"]
    for name in ("postgres", "open-webui"):
        assert services[name]["deploy"]["replicas"] == 1
        assert services[name]["deploy"]["update_config"]["order"] == "stop-first"
        assert services[name]["deploy"]["placement"]["constraints"] == [f"node.labels.vpsfit.{name} == true"]


def test_start_first_only_where_every_node_of_a_size_has_room(export):
    export.write("--workers", "1", nodes=("--node", "a=16G,4", "--node", "b=16G,4"))
    assert {n["update"] for n in export.plan["nodes"]} == {"start-first"}
    deploy = export.stack["services"]["litellm-w1"]["deploy"]
    assert deploy["update_config"]["order"] == "start-first" and deploy["placement"]["max_replicas_per_node"] == 2
    export.write("--workers", "1", nodes=("--node", "a=16G,4", "--node", "b=3G,4"))
    deploy = export.stack["services"]["litellm-w1"]["deploy"]
    assert deploy["update_config"]["order"] == "stop-first" and deploy["placement"]["max_replicas_per_node"] == 1


def test_nothing_is_published_unless_it_was_asked_for(export):
    assert not [n for n, s in export.write().stack["services"].items() if "ports" in s]
    services = export.write("--bind", "0.0.0.0", "--port", "8443").stack["services"]
    assert {n: s["ports"] for n, s in services.items() if "ports" in s} == {
        "nginx": [{"target": 80, "published": 8443, "protocol": "tcp", "mode": "host"}]}
    done = export.run("--bind", "127.0.0.1")
    assert done.returncode == 2 and "on every address of a node, or none" in done.stderr


def test_secrets_are_in_one_file_alone(export):
    export.write()
    # A key that is none, of a server that wants none, is no secret.
    values = {key: value for key, value in export.secrets().items() if value != "none"}
    assert {"LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "POSTGRES_PASSWORD", "WEBUI_SECRET_KEY", "REDIS_PASSWORD", "DATABASE_URL"} <= set(values)
    assert values["DATABASE_URL"] == f"postgresql://litellm:{values['POSTGRES_PASSWORD']}@postgres:5432/litellm"
    assert stat.S_IMODE(os.stat(export.out / ".env").st_mode) == 0o600
    for path in export.out.rglob("*"):
        if path.is_file() and path.name != ".env":
            # "none" is what a server without a key is given.
            for key, value in ((k, v) for k, v in values.items() if v != "none"):
                assert value not in path.read_text(), (path, key)
    done = export.run("--json", "--overwrite-edits")
    assert not [v for v in values.values() if v in done.stdout + done.stderr]
    document = json.loads(done.stdout)
    assert document["schema"] == "vpsfit.export/1" and "stack.yaml" in document["files"] and document["changed_files"] == 0


def test_every_secret_of_the_file_is_made_by_the_script_and_mounted(export):
    export.write()
    stack, script = export.stack, export.text("deploy.sh")
    for key, secret in stack["secrets"].items():
        assert secret["external"] and f"secret {secret['name']} {key}\n" in script
        assert len(secret["name"]) <= 64
    mounted = {m["source"] for s in stack["services"].values() for m in s.get("secrets", [])}
    assert mounted == set(stack["secrets"])
    for name, service in stack["services"].items():
        if "secrets" in service:
            assert service["entrypoint"][:2] == ["sh", "/opt/vpsfit/with_secrets.sh"] and len(service["entrypoint"]) > 2, name
    assert [m["target"] for m in stack["services"]["open-webui"]["secrets"] if m["source"] == "LITELLM_WEBUI_KEY"]


def test_configurations_are_named_by_what_is_in_them(export):
    was = export.write().stack["configs"]
    for name in was:
        assert (export.out / was[name]["file"]).is_file() and len(was[name]["name"]) <= 64
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", export.dir.parent / "state")
    config = export.dir / "litellm/config.yaml"
    config.write_text(config.read_text().replace("num_retries: 2", "num_retries: 3"))
    done = export.run()
    assert done.returncode == 0, done.stderr
    now = export.stack["configs"]
    changed = [n for n in was if was[n]["name"].split("_")[-1] != now[n]["name"].split("_")[-1]]
    assert changed == ["litellm-config-yaml"]
    assert "num_retries: 3" in export.text("litellm/config.yaml")


def test_a_stack_that_is_there_comes_along_with_its_secrets_and_edits(export, tmp_path):
    done = run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    assert done.returncode == 0, done.stderr
    env = (export.dir / ".env").read_text()
    (export.dir / ".env").write_text(env.replace("OPENAI_API_KEY=", "OPENAI_API_KEY=sk-of-mine-123"))
    compose = export.dir / "compose.yaml"
    compose.write_text(compose.read_text().replace('LITELLM_LOG: "ERROR"', 'LITELLM_LOG: "INFO"\n      MY_TOKEN: "a-token-of-mine"'))
    before = {p: p.read_bytes() for p in export.dir.rglob("*") if p.is_file()}
    export.write()
    assert {p: p.read_bytes() for p in export.dir.rglob("*") if p.is_file()} == before, "the stack itself is left alone"
    for key in ("LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "POSTGRES_PASSWORD", "WEBUI_SECRET_KEY"):
        assert export.secrets()[key] == re.search(rf"^{key}=(.*)$", env, re.M).group(1)
    assert export.secrets()["OPENAI_API_KEY"] == "sk-of-mine-123" and export.secrets()["MY_TOKEN"] == "a-token-of-mine"
    assert "a-token-of-mine" not in export.text("stack.yaml") and "sk-of-mine-123" not in export.text("stack.yaml")
    copy = next(s for n, s in export.stack["services"].items() if re.search(r"-w\d+$", n))
    assert copy["environment"]["LITELLM_LOG"] == "INFO"
    # Where Compose keeps the volumes: an old machine that becomes a node goes on with its data.
    assert "docker stack deploy --prune --compose-file stack.yaml stack\n" in export.text("deploy.sh")


def test_a_stack_without_its_secrets_gets_no_new_ones(export, tmp_path):
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    (export.dir / ".env").unlink()
    done = export.run()
    assert done.returncode == 1 and ".env" in done.stderr and not export.out.exists()


def test_again_changes_nothing_and_keeps_the_secrets(export):
    export.write()
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in export.out.rglob("*") if p.is_file()}
    assert "nothing has changed" in export.write().run().stdout
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in export.out.rglob("*") if p.is_file()} == before
    was = export.secrets()
    export.write(nodes=("--node", "a=4G,2", "--node", "b=8G,4", "--node", "c=8G,4"))
    assert export.secrets() == was


@pytest.mark.parametrize("name", ["stack.yaml", "deploy.sh", ".env", "litellm/config.yaml"])
def test_a_file_that_is_not_an_exports_is_left(export, name):
    """Somebody else's before the first export, and one that was edited after it."""
    path = export.out / name
    path.parent.mkdir(parents=True)
    path.write_text("mine: 1\n")
    done = export.run()
    assert done.returncode == 5 and str(path) in done.stderr and "--overwrite-edits" in done.stderr
    assert [p for p in export.out.rglob("*") if p.is_file()] == [path] and path.read_text() == "mine: 1\n"
    export.write("--overwrite-edits")
    assert path.read_text() != "mine: 1\n"
    path.write_text(path.read_text() + "# mine\n")
    assert export.run().returncode == 5 and path.read_text().endswith("# mine\n")


@pytest.mark.parametrize("way", ["said", "by a link", "where it is"])
@pytest.mark.parametrize("more", [(), ("--overwrite-edits",)])
def test_the_stacks_own_directory_is_no_place_for_an_export(export, tmp_path, way, more):
    """Its .env has the name of the export's, and would lose what the export has no use for."""
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    had = {p: p.read_bytes() for p in export.dir.rglob("*") if p.is_file()}
    (tmp_path / "link").symlink_to(export.dir)
    out = {"said": export.dir, "by a link": tmp_path / "link", "where it is": "."}[way]
    done = run("export", "--format", "swarm", *TWO, "--dir", export.dir, "--output", out, *more, cwd=export.dir)
    assert done.returncode == 2 and "is the directory of the stack itself" in done.stderr, done.stderr
    assert {p: p.read_bytes() for p in export.dir.rglob("*") if p.is_file()} == had


def test_no_link_of_somebody_elses_is_written_through(export, tmp_path):
    export.out.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("untouched\n")
    (export.out / "stack.yaml").symlink_to(victim)
    done = export.run("--overwrite-edits")
    assert victim.read_text() == "untouched\n"
    assert done.returncode == 1 or not (export.out / "stack.yaml").is_symlink()


def test_a_place_that_cannot_be_written_changes_nothing(export, tmp_path):
    export.out.mkdir()
    (export.out / "nginx").write_text("a file where a directory would be\n")
    done = export.run()
    assert done.returncode == 1 and "nothing was written" in done.stderr
    assert [p.name for p in export.out.iterdir()] == ["nginx"]


def test_what_is_missing_is_said(export):
    for args, text in (((), "export needs a format"), (("--format", "swarm"), "export needs the nodes"),
                       (("--format", "k8s", *TWO), "--format k8s is not valid")):
        done = run("export", *args, "--dir", export.dir)
        assert done.returncode == 2 and text in done.stderr, done.stderr
    done = export.run(nodes=("--node", "a=1G,1"))
    assert done.returncode == 3 and not export.out.exists()


def test_the_slim_image_and_no_counters(export):
    export.write("--open-webui", "slim", "--redis", "no")
    services = export.stack["services"]
    assert services["open-webui"]["image"].endswith("-slim") and "redis" not in services
    assert sizes(services["open-webui"])[0] == 640 and "REDIS_PASSWORD" not in export.secrets()


def test_the_script_is_a_shell_script_and_labels_every_node(export):
    export.write()
    subprocess.run(["sh", "-n", export.out / "deploy.sh"], check=True)
    script = export.text("deploy.sh")
    for node in export.plan["nodes"]:
        line = re.search(rf"^docker node update (.*) {node['name']} ", script, re.M).group(1)
        assert f"vpsfit.workers={node['workers']}" in line
        for name in ("postgres", "open-webui", "nginx", "redis"):
            assert f"vpsfit.{name}={'true' if name in node['services'] else 'false'}" in line


def test_the_script_that_makes_variables_of_secrets(tmp_path):
    """Each file becomes a variable, to its last byte; the program is started with its words."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    values = {"PLAIN": "abc", "WITH_NEWLINE": "abc\n", "ODD": "a b'c\"d$e`f\\g", "EMPTY": ""}
    for name, value in values.items():
        (secrets / name).write_text(value)
    script = (ROOT / "templates/swarm/with_secrets.sh").read_text()
    assert script.count("/run/secrets/*") == 1
    done = subprocess.run(["sh", "-c", script.replace("/run/secrets/*", f"{secrets}/*"), "sh", "env"], capture_output=True, text=True,
                          check=True, env={"PATH": "/usr/bin:/bin"})
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert {k: said.get(k, "") for k in values} == {k: v.rstrip("\n") for k, v in values.items()}


ELSEWHERE = "postgresql://gateway:a-pass-word@db.example.net:5432/litellm?sslmode=require"


def test_a_database_elsewhere(export, tmp_path):
    """Not in the stack and not counted; its connections are planned, and its address is a secret."""
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"database-url: {ELSEWHERE}\n")
    answers.chmod(0o600)
    with_own = export.write().plan
    export.write("--answers", answers)
    plan, stack = export.plan, export.stack
    assert plan["database"] == "elsewhere" and "postgres" not in stack["services"] and "postgres_data" not in stack["volumes"]
    assert not [n for n in plan["nodes"] if "postgres" in n["services"]]
    assert plan["totals"]["connections"] == 5 * plan["totals"]["workers"] + 20
    assert plan["totals"]["workers"] >= with_own["totals"]["workers"]
    assert export.secrets()["DATABASE_URL"] == ELSEWHERE and "POSTGRES_PASSWORD" not in stack["secrets"]
    assert "a-pass-word" not in export.text("stack.yaml") + export.text("deploy.sh") + export.text("plan.txt")
    text = " ".join(export.text("plan.txt").split())
    assert "what the database elsewhere has to allow. 'SHOW max_connections' in it tells how many it allows" in text
    assert "SHOW max_connections" not in run("plan", *TWO).stdout


def test_a_database_elsewhere_by_the_stacks_env(export, tmp_path):
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    with open(export.dir / ".env", "a") as env:
        env.write(f"DATABASE_URL={ELSEWHERE}\n")
    export.write()
    assert export.plan["database"] == "elsewhere" and export.secrets()["DATABASE_URL"] == ELSEWHERE
    document = json.loads(run("plan", "--json", *TWO, "--dir", export.dir).stdout)
    assert document["database"] == "elsewhere"


@pytest.mark.parametrize("value", ["mysql://a@b/c", "postgresql://", "postgresql://a b@c/d", "'postgresql://a:$x@c/d'", "[a]"])
def test_an_address_that_is_none_is_refused_and_not_shown(export, tmp_path, value):
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"database-url: {value}\n")
    done = export.run("--answers", answers)
    assert done.returncode == 2 and "answers.yaml:1:15" in done.stderr and "database-url" in done.stderr
    assert "mysql" not in done.stderr and "$x" not in done.stderr


def test_a_database_is_no_flag_and_not_for_documents(export, tmp_path):
    done = run("export", f"--database-url={ELSEWHERE}")
    assert done.returncode == 2 and "put 'database-url' into an answers file" in done.stderr and "a-pass" not in done.stderr
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"database-url: {ELSEWHERE}\n")
    done = export.run("--answers", answers, "--open-webui", "slim")
    assert done.returncode == 2 and "keeps its documents in vpsfit's own database" in done.stderr


def test_text_of_the_compose_file_is_text(export, tmp_path):
    """What somebody put into the file becomes neither a command nor another key."""
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    compose = export.dir / "compose.yaml"
    odd = "a: b # {c}\n\"d\" $HOME"
    compose.write_text(compose.read_text().replace('LITELLM_LOG: "ERROR"', f"LITELLM_LOG: {json.dumps(odd.replace('$', '$$'))}"))
    export.write()
    copy = next(s for n, s in export.stack["services"].items() if re.search(r"-w\d+$", n))
    assert copy["environment"]["LITELLM_LOG"] == odd.replace("$", "$$"), "doubled, as docker stack deploy wants it"
    compose.write_text(compose.read_text().replace("LITELLM_LOG:", '"MY_KEY; reboot": "x"\n      LITELLM_LOG:'))
    done = export.run()
    assert done.returncode == 1 and "is not a variable's name" in done.stderr


def test_what_a_swarm_takes_otherwise_or_not_at_all(export, tmp_path):
    """Keys that a stack has and a swarm warns of are left out; memory for files is a mount there."""
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    compose = export.dir / "compose.yaml"
    text = compose.read_text()
    for key in ("security_opt", "tmpfs"):
        text = re.sub(rf"^    {key}: .*\n", "", text, flags=re.M)
    compose.write_text(text.replace("  nginx:\n", '  nginx:\n    security_opt: ["no-new-privileges:true"]\n    shm_size: 64m\n'
                                                   '    tmpfs: ["/tmp:size=16m", "/var/cache/nginx"]\n'))
    nginx = export.write().stack["services"]["nginx"]
    assert not set(nginx) & {"security_opt", "tmpfs", "shm_size"}
    assert nginx["volumes"] == [{"type": "tmpfs", "target": "/tmp", "tmpfs": {"size": 16 << 20}}, {"type": "tmpfs", "target": "/var/cache/nginx"}]
    assert set(export.stack["volumes"]) == {"open_webui_data", "postgres_data"}


# What version 3.8 of the format has for a service; a swarm refuses a file with any other key.
KEYS = {"cap_add", "cap_drop", "command", "configs", "credential_spec", "deploy", "dns", "dns_search", "entrypoint", "environment", "extra_hosts",
        "healthcheck", "hostname", "image", "init", "isolation", "labels", "logging", "networks", "ports", "read_only", "secrets", "stdin_open",
        "stop_grace_period", "stop_signal", "sysctls", "tty", "ulimits", "user", "volumes", "working_dir"}
OTHERS = {"gpus": "all", "cpu_shares": 3, "cpuset": "0", "group_add": ["mail"], "oom_score_adj": 10, "pids_limit": 100, "platform": "linux/amd64",
          "runtime": "runc", "secrets": ["mine"], "configs": ["mine"], "storage_opt": {"size": "1G"}, "mem_swappiness": 10, "annotations": {"a": "b"},
          "post_start": [{"command": ["x"]}], "volumes_from": ["redis"]}


def test_keys_that_no_swarm_knows_are_left_out_and_named(export, tmp_path):
    """One of them in the file, and nothing of it is deployed."""
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    mine = {**OTHERS, "ulimits": {"nofile": 1024}, "labels": {"a": "b"}, "x-mine": 1}
    lines = "".join(f"    {k}: {json.dumps(v)}\n" for k, v in mine.items())
    text = (export.dir / "compose.yaml").read_text().replace("  nginx:\n", "  nginx:\n" + lines)
    text = text.replace("      start_period: 120s\n", "      start_period: 120s\n      start_interval: 2s\n")
    (export.dir / "compose.yaml").write_text(text)
    done = export.run()
    assert done.returncode == 0, done.stderr
    for service in export.stack["services"].values():
        assert set(service) <= KEYS | {"x-mine"} and "start_interval" not in service.get("healthcheck", {})
    nginx = export.stack["services"]["nginx"]
    assert nginx["ulimits"] == {"nofile": 1024} and nginx["labels"] == {"a": "b"} and "mine" not in json.dumps(nginx["configs"])
    assert [k for k in OTHERS if f"nginx: '{k}' was left out" not in done.stderr] == []


def test_volumes_in_the_long_form_and_of_another_name_are_the_same_ones(export, tmp_path):
    """A database without its volume would begin anew in its container."""
    run("apply", "--yes", "--force", "--ram", "4G", "--swap", "none", "--dir", export.dir, "--state", tmp_path / "state")
    compose = export.dir / "compose.yaml"
    text = compose.read_text()
    nginx = text.index("\n  nginx:\n")
    text = text[:nginx] + re.sub(r"    (networks:\n      - gateway)\n", "    \\1\n      - proxies\n", text[nginx:], count=1)
    for old, new in (("- postgres_data:/var/lib/postgresql/data", "- {type: volume, source: postgres_data, target: /var/lib/postgresql/data}"),
                     ("- ./nginx/nginx.conf:/etc/nginx/nginx.conf:ro",
                      "- {type: bind, source: ./nginx/nginx.conf, target: /etc/nginx/nginx.conf, read_only: true}"),
                     ("\nnetworks:\n  gateway:", "\nnetworks:\n  proxies: {external: true}\n  gateway:"),
                     ("\n  postgres_data:\n", "\n  postgres_data: {external: true, name: an.old-one}\n"),
                     ("\n  open_webui_data:\n", "\n  open_webui_data: {driver_opts: {type: nfs}}\n")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    compose.write_text(re.sub(r"(\n  nginx:\n(?:.*\n)*?        limits:\n)", "\\1          cpus: \"0.5\"\n", text, count=1))
    done = export.run()
    assert done.returncode == 0, done.stderr
    services = export.stack["services"]
    assert services["postgres"]["volumes"] == ["postgres_data:/var/lib/postgresql/data"]
    assert export.stack["volumes"] == {"postgres_data": {"external": True, "name": "an.old-one"}, "open_webui_data": {"driver_opts": {"type": "nfs"}}}
    assert [c["target"] for c in services["nginx"]["configs"]] == ["/etc/nginx/nginx.conf"] and (export.out / "nginx/nginx.conf").exists()
    assert services["nginx"]["deploy"]["resources"]["limits"]["cpus"] == "0.5"
    assert "nginx: 'networks' was left out" in done.stderr and "postgres: 'networks'" not in done.stderr


def test_a_name_that_is_too_long_for_a_swarm_is_refused(export, tmp_path):
    """Docker takes 63 characters of stack and service, and would deploy half of it."""
    for length, code in ((48, 0), (49, 1)):
        export.dir, export.out = tmp_path / ("s" * length), tmp_path / f"out-{length}"
        done = export.run()
        assert done.returncode == code, done.stderr
        assert export.out.exists() == (code == 0)
    assert "is too long for a swarm" in done.stderr and "COMPOSE_PROJECT_NAME" in done.stderr
    assert all(len(f"{'s' * 48}_{name}") <= 63 for name in yaml.safe_load((tmp_path / "out-48/stack.yaml").read_text())["services"])
