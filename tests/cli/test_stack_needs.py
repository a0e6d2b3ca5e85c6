# SPDX-License-Identifier: MIT
"""
What the settings of somebody else's stack make its services need: the database's buffers and connections, the workers' pool, what Open
WebUI runs itself. A limit must hold it, and of what nobody knows no limit is written.
"""

import pytest
import yaml

from test_whole_machine import ALONE, DIR, codes, plan, runs  # noqa: F401

LITELLM = {"image": "ghcr.io/berriai/litellm:v1.110.2", "command": ["--config", "/app/config.yaml", "--num_workers", "2"],
           "volumes": ["./config.yaml:/app/config.yaml:ro"], "environment": {"DATABASE_URL": "postgresql://u:p@db:5432/litellm"}}
POSTGRES = {"image": "postgres:16"}
CHAT = {"image": "ghcr.io/open-webui/open-webui:v0.12.4", "environment": {"RAG_EMBEDDING_ENGINE": "openai", "AUDIO_STT_ENGINE": "openai"}}
# Of a connection that an ORM uses, and of the server without any (profiles/README.md).
CONNECTION, SERVER = 6, 100
TWO = ["--workers", "2"]


def files(**texts):
    def put(tree):
        for name, text in texts.items():
            tree.put(f"{DIR}/{name.replace('__', '/').replace('_', '.')}", text)
    return put


def database(document):
    return document["services"]["postgres"]


@pytest.mark.parametrize("how", [
    {"command": "postgres -c shared_buffers=1GB -c max_connections=40 -c work_mem=64MB"},
    {"command": ["postgres", "-c", "shared_buffers=1GB"]},
    {"command": ["--shared-buffers=1048576kB"]},
    {"command": ["-c", "shared_buffers=131072"]},
    {"command": ["-B", "131072"]},
    {"command": "-c 'shared_buffers=1GB'"},
    {"command": "postgres -c shared_buffers=${PG_BUFFERS:-1GB}"},
    {"entrypoint": ["docker-entrypoint.sh", "postgres", "-c", "shared_buffers=1024MB"]},
    {"environment": {"POSTGRES_INITDB_ARGS": "-c shared_buffers=1GB"}},
    {"environment": ["POSTGRESQL_SHARED_BUFFERS=1GB"]},
    {"env_file": "pg.env"},
    {"command": "-c config_file=/etc/pg.conf", "volumes": ["./pg.conf:/etc/pg.conf:ro"]},
    {"volumes": [{"type": "bind", "source": "./pg.conf", "target": "/var/lib/postgresql/data/postgresql.conf"}]},
    {"volumes": ["./conf:/opt/bitnami/postgresql/conf"]},
    {"volumes": ["./data:/var/lib/postgresql/data"]}])
def test_the_databases_limit_holds_its_buffers(plan, how):
    put = files(pg_env="PG_SHARED_BUFFERS=1GB\n", pg_conf="# shared_buffers = 16MB\nshared_buffers = '1GB'\t# a quarter\n",
                conf__postgresql_conf="shared_buffers=1GB\n", data__postgresql_conf="shared_buffers = 128MB\n",
                data__postgresql_auto_conf="shared_buffers = '1GB'\n")
    usual, large = plan({"llm": LITELLM, "db": POSTGRES}, *TWO), plan({"llm": LITELLM, "db": {**POSTGRES, **how}}, *TWO, prepare=put)
    assert large["max_connections"] == 2 * 10 + 20
    assert database(large)["limit_mib"] >= 1024 + large["max_connections"] * CONNECTION + SERVER
    assert database(large)["expected_mib"] == database(usual)["expected_mib"] + 1024 - 128
    assert database(large)["limit_mib"] > database(large)["reservation_mib"] > 896
    assert any("shared_buffers" in w["text"] for w in large["warnings"] if w["code"] == "other-figures")


def test_usual_buffers_are_held_too(plan):
    """128 MiB where nothing says it, and vpsfit's own stack has 64."""
    small = plan({"llm": LITELLM, "db": {**POSTGRES, "command": ["-c", "shared_buffers=64MB"]}}, *TWO)
    assert database(plan({"llm": LITELLM, "db": POSTGRES}, *TWO))["limit_mib"] == database(small)["limit_mib"] + 64


def test_the_command_line_goes_before_the_file(plan):
    how = {"command": "postgres -c config_file=/pg.conf -c shared_buffers=256MB", "volumes": ["./pg.conf:/pg.conf"]}
    document = plan({"llm": LITELLM, "db": {**POSTGRES, **how}}, *TWO, prepare=files(pg_conf="shared_buffers = 2GB\n"))
    assert database(document)["expected_mib"] == database(plan({"llm": LITELLM, "db": POSTGRES}, *TWO))["expected_mib"] + 128


def test_a_config_with_its_text_in_the_file(plan):
    services = {"llm": LITELLM, "db": {**POSTGRES, "configs": [{"source": "pg", "target": "/etc/postgresql/postgresql.conf"}]}}

    def put(tree):
        path = tree.root / DIR.lstrip("/") / "compose.yaml"
        project = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**project, "configs": {"pg": {"content": "shared_buffers = 2GB\nmax_connections = 200\n"}}}))
    assert database(plan(services, *TWO, prepare=put))["limit_mib"] >= 2048 + 200 * CONNECTION + SERVER


def test_more_connections_than_the_pools_need_are_held(plan):
    some, many = (plan({"llm": LITELLM, "db": {**POSTGRES, "command": f"-c max_connections={n}"}}, *TWO) for n in (40, 300))
    assert database(many)["limit_mib"] >= database(some)["limit_mib"] + 260 * CONNECTION
    assert database(many)["expected_mib"] == database(some)["expected_mib"]
    assert not any(v["value"] == "postgres connections" for c in many["changes"] for v in c["values"])


@pytest.mark.parametrize("gateway, more, pool", [
    ({"command": ["--num_workers", "2"]}, {}, 10),
    ({}, {}, 10),
    ({}, {"config_yaml": "general_settings: {database_connection_pool_limit: 25}\n"}, 25),
    ({"command": "--config=/app/config.yaml --num_workers 2"}, {"config_yaml": "general_settings:\n  database_connection_pool_limit: 25\n"}, 25),
    ({"command": "--config /etc/llm/config.yaml", "volumes": ["./etc:/etc/llm"]},
     {"etc__config_yaml": "general_settings: {database_connection_pool_limit: 7}\n"}, 7),
    ({"command": ["-c", "config.yaml"], "working_dir": "/app"}, {"config_yaml": "general_settings: {database_connection_pool_limit: 3}\n"}, 3),
    ({"command": ["--num_workers", "2"], "environment": ["CONFIG_FILE_PATH=/app/config.yaml"]},
     {"config_yaml": "general_settings: {database_connection_pool_limit: 12}\n"}, 12),
    ({"environment": {"POOL": "8"}}, {"config_yaml": "general_settings: {database_connection_pool_limit: os.environ/POOL}\n"}, 8),
    ({"env_file": [{"path": "llm.env"}], "environment": []},
     {"config_yaml": "general_settings: {database_connection_pool_limit: os.environ/POOL}\n", "llm_env": "POOL=9\n"}, 9),
    ({}, {"config_yaml": "general_settings: {database_extra_connection_params: {connection_limit: 6}, database_connection_pool_limit: 30}\n"}, 6),
    # A file that is included replaces the settings as a whole, and may include others.
    ({"volumes": [".:/app"]}, {"config_yaml": "include: [more.yaml]\ngeneral_settings: {database_connection_pool_limit: 30}\n",
                               "more_yaml": "general_settings: {database_connection_pool_limit: 4}\n"}, 4),
    ({"volumes": [".:/app"]}, {"config_yaml": "include: [./sub/more.yaml]\ngeneral_settings: {database_connection_pool_limit: 30}\n",
                               "sub__more_yaml": "include: [last.yaml, last.yaml]\nmodel_list: []\n",
                               "sub__last_yaml": "include: [more.yaml]\ngeneral_settings: {}\n"}, 10),
    ({"volumes": [".:/app"]}, {"config_yaml": "include: [config.yaml, '', gone.yaml, 7]\ngeneral_settings: {database_connection_pool_limit: 5}\n"},
     5),
    ({"volumes": [".:/app"]}, {"config_yaml": "include: more.yaml\ngeneral_settings: {database_connection_pool_limit: 5}\n",
                               "more_yaml": "general_settings: {database_connection_pool_limit: 4}\n"}, 5),
    # What an address says is replaced by LiteLLM.
    ({"environment": {"DATABASE_URL": "postgresql://u:p@db/l?connection_limit=50"}}, {}, 10),
    ({}, {"config_yaml": "general_settings: [not, what, it, was]\n"}, 10)])
def test_the_pool_is_the_files_own(plan, gateway, more, pool):
    document = plan({"llm": {**LITELLM, **gateway}, "db": POSTGRES}, "--workers", "4", prepare=files(**more))
    assert document["pool_size"] == pool
    assert document["max_connections"] == 4 * pool + 20


def test_each_copy_of_the_gateway_has_its_pool(plan):
    one = {"llm": LITELLM, "db": {**POSTGRES, "command": ["-c", "max_connections=30"]}}
    copies = {**one, "llm": {**LITELLM, "deploy": {"replicas": 3}}}
    second = {**one, "canary": LITELLM}
    assert plan(one, *TWO)["max_connections"] == 2 * 10 + 20
    assert plan(copies, *TWO)["max_connections"] == 3 * 2 * 10 + 20
    document = plan(second, *TWO, "--service", "litellm=llm")
    assert document["max_connections"] == 2 * 2 * 10 + 20
    assert "2 x 2 workers x 10 connections + 20" in str(document["changes"]) or document["by_hand"]


@pytest.mark.parametrize("user, connections", [
    ({"environment": {"DATABASE_URL": "postgresql://u:p@db:5432/chat"}}, 15),
    ({"environment": ["DB_POSTGRESDB_HOST=db", "DB_POSTGRESDB_POOL_SIZE=4"]}, 4),
    ({"environment": {"DATABASE_URL": "postgresql://u:p@pg.lan/x?connection_limit=9"}, "scale": 2}, 18),
    ({"env_file": "user.env"}, 30),
    ({"environment": {"POSTGRES_DB": "db", "THEIRS": "mydb:5432", "DB_HOST": "db2"}}, 0),
    ({"environment": {"DATABASE_URL": "postgresql://u:p@db:5432/x"}, "profiles": ["extra"]}, 0)])
def test_everybody_at_the_database_counts(plan, user, connections):
    put = files(user_env="DATABASE_URL=postgresql://u:p@database/x\nDATABASE_POOL_SIZE=20\nDATABASE_POOL_MAX_OVERFLOW=10\n")
    db = {**POSTGRES, "hostname": "pg.lan", "networks": {"default": {"aliases": ["database"]}}}
    document = plan({"llm": LITELLM, "db": db, "user": {"image": "example.org/own/user:1", "mem_limit": "100m", **user}}, *TWO, prepare=put)
    assert document["max_connections"] == 2 * 10 + 20 + connections


def test_the_chat_at_the_same_database_counts_with_all_its_processes(plan):
    chat = {**CHAT, "environment": {**CHAT["environment"], "DATABASE_URL": "postgresql://u:p@db/chat", "DATABASE_POOL_SIZE": "6",
                                    "UVICORN_WORKERS": "3"}}
    assert plan({"llm": LITELLM, "db": POSTGRES, "chat": chat}, *TWO)["max_connections"] == 2 * 10 + 20 + 18


def test_an_own_stack_keeps_its_figures(machine):
    import json
    from conftest import run
    document = json.loads(run("plan", "--json", "--sysroot", machine("vm-8g"), "--swap", "none", "--workers", "2").stdout)
    assert (document["pool_size"], document["max_connections"]) == (5, 30)


def chat_of(document):
    return document["services"]["open-webui"]


def with_chat(plan, *answers, environment=None, prepare=None, **more):
    chat = {**CHAT, **more, "environment": {**CHAT["environment"], **(environment or {})}}
    return plan({"llm": LITELLM, "chat": chat}, *TWO, *answers, prepare=prepare)


def test_each_process_of_the_chat_counts(plan):
    one, four = with_chat(plan), with_chat(plan, environment={"UVICORN_WORKERS": "4"})
    for key in ("expected_mib", "limit_mib", "reservation_mib"):
        assert chat_of(four)[key] == 4 * chat_of(one)[key]
    assert "several processes" in str(four["warnings"])
    assert with_chat(plan, environment={"UVICORN_WORKERS": "1"})["services"] == one["services"]
    assert with_chat(plan, env_file="chat.env", prepare=files(chat_env="UVICORN_WORKERS=4\n"))["services"] == four["services"]


@pytest.mark.parametrize("environment, env_file", [
    ({"RAG_EMBEDDING_ENGINE": ""}, ""), ({"RAG_EMBEDDING_ENGINE": None}, ""), ({"RAG_EMBEDDING_ENGINE": "${ENGINE:-}"}, "")])
def test_an_empty_engine_is_one_of_its_own(plan, environment, env_file):
    own, elsewhere = with_chat(plan, environment=environment), with_chat(plan)
    assert chat_of(own)["expected_mib"] >= chat_of(elsewhere)["expected_mib"] + 400


@pytest.mark.parametrize("engine", ["openai", "ollama", "azure_openai"])
@pytest.mark.parametrize("where", ["environment", "env_file", "passed"])
def test_an_engine_elsewhere_is_found_wherever_it_is_set(plan, engine, where):
    chat = {"image": CHAT["image"], "environment": ["AUDIO_STT_ENGINE=openai"]}
    chat["environment"] += {"environment": [f"RAG_EMBEDDING_ENGINE={engine}"], "passed": ["RAG_EMBEDDING_ENGINE"]}.get(where, [])
    if where == "env_file":
        chat["env_file"] = ["chat.env"]
    text = f"RAG_EMBEDDING_ENGINE={engine}\n"
    put = {"environment": None, "env_file": files(chat_env=text), "passed": lambda tree: tree.put(f"{DIR}/.env", text)}[where]
    document = plan({"llm": LITELLM, "chat": chat}, *TWO, prepare=put)
    assert chat_of(document) == chat_of(with_chat(plan))


def test_speech_of_its_own_is_in_the_limit(plan):
    own, elsewhere = with_chat(plan, environment={"AUDIO_STT_ENGINE": ""}), with_chat(plan)
    assert chat_of(own)["limit_mib"] == chat_of(elsewhere)["limit_mib"] + 500
    assert chat_of(own)["expected_mib"] == chat_of(elsewhere)["expected_mib"]


UNKNOWN = [{"image": "ghcr.io/open-webui/open-webui:ollama"}, {"image": "ghcr.io/open-webui/open-webui:v0.12.4-ollama"},
           {"image": "ghcr.io/open-webui/open-webui:cuda"}, {"image": "openwebui/open-webui:v0.11.0-cuda"},
           {"environment": {"RAG_RERANKING_MODEL": "BAAI/bge-reranker-v2-m3"}},
           {"environment": {"RAG_EMBEDDING_ENGINE": "", "RAG_EMBEDDING_MODEL": "BAAI/bge-m3"}},
           {"environment": {"AUDIO_STT_ENGINE": "", "WHISPER_MODEL": "large-v3"}}]


@pytest.mark.parametrize("how", UNKNOWN)
def test_of_what_nobody_knows_no_limit_is_written(plan, how):
    document = with_chat(plan, **how)
    row = chat_of(document)
    assert (row["limit_mib"], row["reservation_mib"], row["memswap_mib"]) == (None, None, None)
    assert not any("open-webui" in v["value"] for c in document["changes"] for v in c["values"])
    assert any(w["code"] == "services-not-counted" and "open-webui" in w["text"] for w in document["warnings"])
    assert document["verdict"]["idle"] == "tight" and document["verdict"]["peak"] in ("tight", "does-not-fit")


@pytest.mark.parametrize("how", UNKNOWN)
@pytest.mark.parametrize("limit", [{"deploy": {"resources": {"limits": {"memory": "6G"}}}}, {"mem_limit": "6144m"}])
def test_a_limit_that_is_there_says_it_and_stays(plan, how, limit):
    document = with_chat(plan, "--ram", "16G", **{**how, **limit})
    row = chat_of(document)
    assert (row["limit_mib"], row["expected_mib"], row["source"]) == (6144, 6144, "limit")
    assert not {"services-not-counted", "limit-lowered"} & codes(document)
    assert not any(v["value"] == "open-webui limit" for c in document["changes"] for v in c["values"])


def test_the_use_of_one_that_runs_counts(plan):
    def busy(tree):
        tree.meminfo(6000, total_kb=8142848)
        runs(tree, "b", "chat", 4700)
    document = with_chat(plan, prepare=busy, image="ghcr.io/open-webui/open-webui:ollama")
    assert (chat_of(document)["expected_mib"], chat_of(document)["limit_mib"], chat_of(document)["source"]) == (4700, None, "measured")


@pytest.mark.parametrize("environment", [
    {"RAG_RERANKING_MODEL": "jina-reranker", "RAG_RERANKING_ENGINE": "external"}, {"RAG_RERANKING_MODEL": ""},
    {"RAG_EMBEDDING_MODEL": "text-embedding-3-small"}, {"WHISPER_MODEL": "large-v3"}])
def test_a_model_elsewhere_costs_nothing_here(plan, environment):
    assert chat_of(with_chat(plan, environment=environment)) == chat_of(with_chat(plan))


@pytest.mark.parametrize("tag, slim", [("v0.12.4-slim", True), ("main-slim", True), ("slim", True), ("dev-slim", True), ("v0.6.5-slim", False),
                                       ("main", False), ("dev", False), ("latest", False)])
def test_slim_is_planned_as_slim_where_it_is(plan, tag, slim):
    chat = {"image": f"ghcr.io/open-webui/open-webui:{tag}"}
    row = chat_of(plan({"llm": LITELLM, "chat": chat}, *TWO, "--cost-model", "measured-2026-11b"))
    assert (row["expected_mib"] < 400 and row["limit_mib"] < 700) == slim
    assert (row["expected_mib"] > 1300 and row["limit_mib"] > 2000) == (not slim)


def test_a_rolling_slim_of_before_shows_by_its_use(plan):
    def runs_old(tree):
        tree.meminfo(2500, total_kb=8142848)
        runs(tree, "b", "chat", 1100)
    chat = {"image": "ghcr.io/open-webui/open-webui:main-slim"}
    row = chat_of(plan({"llm": LITELLM, "chat": chat}, *TWO, "--cost-model", "measured-2026-11b", prepare=runs_old))
    assert row["limit_mib"] >= 1280


@pytest.mark.parametrize("how, top, volume, below", [
    ({"volumes": ["pg:/var/lib/postgresql/data"]}, {"pg": None}, "stack_pg", ""),
    ({"volumes": [{"type": "volume", "source": "pg", "target": "/var/lib/postgresql/data"}]}, {"pg": {"name": "chosen"}}, "chosen", ""),
    ({"volumes": ["pg:/var/lib/postgresql/data"]}, {"pg": {"external": True}}, "pg", ""),
    ({"volumes": ["pg:/var/lib/postgresql"], "image": "postgres:18"}, {"pg": {}}, "stack_pg", "18/docker/"),
    ({"volumes": ["pg:/data"], "environment": {"PGDATA": "/data/in/it"}}, {"pg": {}}, "stack_pg", "in/it/")])
@pytest.mark.parametrize("root", ["/var/lib/docker", "/mnt/engine"])
def test_what_alter_system_left_in_a_volume_counts(plan, how, top, volume, below, root):
    """ALTER SYSTEM writes postgresql.auto.conf into the data, which goes before postgresql.conf."""
    def put(tree):
        path = tree.root / DIR.lstrip("/") / "compose.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "volumes": top}))
        tree.put("/etc/docker/daemon.json", '{"data-root": "%s"}' % root)
        tree.put(f"{root}/volumes/{volume}/_data/{below}postgresql.conf", "shared_buffers = 128MB\n")
        tree.put(f"{root}/volumes/{volume}/_data/{below}postgresql.auto.conf", "# Do not edit\nshared_buffers = '1GB'\n")
    usual = plan({"llm": LITELLM, "db": POSTGRES}, *TWO)
    large = plan({"llm": LITELLM, "db": {**POSTGRES, **how}}, *TWO, prepare=put)
    assert database(large)["expected_mib"] == database(usual)["expected_mib"] + 1024 - 128
    assert database(large)["limit_mib"] >= 1024 + 40 * CONNECTION + SERVER


def test_a_volume_whose_name_is_none_is_not_looked_for(plan):
    """A name of a file is no path."""
    def put(tree):
        path = tree.root / DIR.lstrip("/") / "compose.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "volumes": {"pg": {"name": "../../../../secret"}}}))
        tree.put("/secret/_data/postgresql.auto.conf", "shared_buffers = '1GB'\n")
    usual = plan({"llm": LITELLM, "db": POSTGRES}, *TWO)
    large = plan({"llm": LITELLM, "db": {**POSTGRES, "volumes": ["pg:/var/lib/postgresql/data"]}}, *TWO, prepare=put)
    assert database(large) == database(usual)


def test_a_timescale_chooses_its_buffers_itself(plan):
    image = {"image": "timescale/timescaledb:2.17.0-pg16"}
    assert database(plan({"llm": LITELLM, "db": image}, *TWO))["limit_mib"] is None
    said = plan({"llm": LITELLM, "db": {**image, "command": "postgres -c shared_buffers=512MB"}}, *TWO)
    assert database(said)["limit_mib"] >= 512 + 40 * CONNECTION + SERVER
    assert database(plan({"llm": LITELLM, "db": {**image, "environment": ["NO_TS_TUNE=true"]}}, *TWO))["limit_mib"] is not None


def test_the_handed_case_of_a_pool_that_nobody_sets(plan):
    services = {"litellm": {"image": "ghcr.io/berriai/litellm:v1.89.0", "command": ["--num_workers", "2"]},
                "db": {**POSTGRES, "command": ["-c", "max_connections=40"]}}
    document = plan(services, "--cpus", "4")
    assert document["max_connections"] >= document["workers"] * 10 > 50



SECOND = {"image": LITELLM["image"], "environment": LITELLM["environment"]}


@pytest.mark.parametrize("how,workers", [
    ({"command": ["--config", "/app/config.yaml", "--num_workers", "3"]}, 3),
    ({"command": "--config /app/config.yaml --num_workers=3"}, 3),
    ({"environment": {**LITELLM["environment"], "NUM_WORKERS": "3"}}, 3),
    ({"env_file": "second.env"}, 3),
    ({"environment": {**LITELLM["environment"], "DEFAULT_NUM_WORKERS_LITELLM_PROXY": "${HOW_MANY:-3}"}}, 3),
    ({"entrypoint": ["litellm", "--num_workers", "3"]}, 3),
    ({"entrypoint": ["gunicorn", "-w", "3", "litellm.proxy.proxy_server:app"]}, 3),
    ({}, 1)])
def test_a_second_gateway_counts_with_its_own_workers(plan, how, workers):
    services = {"litellm": LITELLM, "second": {**SECOND, **how}, "db": POSTGRES}
    one, four = (plan(services, "--workers", n, prepare=files(second_env="NUM_WORKERS=3\n")) for n in "14")
    alone = plan({"litellm": LITELLM, "db": POSTGRES}, "--workers", str(workers))
    assert one["services"]["second"]["expected_mib"] == four["services"]["second"]["expected_mib"] == alone["services"]["litellm"]["expected_mib"]
    assert four["max_connections"] - one["max_connections"] == 3 * 10
    assert one["max_connections"] == 10 + workers * 10 + 20


@pytest.mark.parametrize("how", [{"entrypoint": ["/start.sh"]}, {"build": "."},
                                 {"command": ["--num_workers", "many"]}])
def test_one_whose_workers_nobody_can_tell_counts_with_the_planned_ones(plan, how):
    services = {"litellm": LITELLM, "second": {**SECOND, **how}, "db": POSTGRES}
    one, four = (plan(services, "--workers", n) for n in "14")
    assert four["services"]["second"]["expected_mib"] > one["services"]["second"]["expected_mib"]
