# SPDX-License-Identifier: MIT
"""
A service is data, and data may be wrong: what is wrong in a service's file, or in its block, is said with file and line before anything
is written. A sixth service is two files.
"""

import json
import pathlib
import re
import subprocess

import pytest

import conftest
from conftest import ROOT
from test_compose_set import COMPOSE1, COMPOSE2, config

SERVICE = """kind: service
name: searxng
title: "web search for the chat"
order: 60
images: [searxng]
part: none
swap: share
optional: {from_workers: 1}
costs:
  expected: 150
  reservation: 150
  limit: 256
secrets:
  - {key: SEARXNG_SECRET, in_database: false}
"""
BLOCK = """services:
  open-webui:
    environment:
      ENABLE_WEB_SEARCH: "true"
  searxng:
    image: searxng/searxng:2026.11.1
    environment:
      SEARXNG_SECRET: "${SEARXNG_SECRET:?run vpsfit apply to make it}"
    networks:
      - gateway
    volumes:
      - searxng-cache:/var/cache/searxng
volumes:
  searxng-cache: {}
"""


@pytest.fixture
def package(own_package):
    """A package of one's own: (its services, a function that writes the sixth)."""
    services = own_package / "templates/services"

    def write(service=SERVICE, block=BLOCK):
        (services / "searxng.yaml").write_text(service)
        if block is not None:
            (services / "searxng.compose.yaml").write_text(block)
    return services, write


def apply(root, *args):
    return conftest.run("apply", "--yes", "--sysroot", root, "--swap", "none", *args)


def test_a_sixth_service_is_two_files(machine, package):
    _, write = package
    write()
    root = machine("vm-8g")
    done = apply(root, "--workers", "1")
    assert done.returncode == 0, done.stderr
    folder = root / "opt/ai-gateway"
    for tool in (COMPOSE1, COMPOSE2):
        made = config(folder, tool=tool)["services"]["searxng"]
        assert re.fullmatch("[0-9a-f]{64}", made["environment"]["SEARXNG_SECRET"])
    limits = yaml_limits(folder)
    assert limits == "256M"
    plan = json.loads(conftest.run("plan", "--json", "--sysroot", root).stdout)
    assert plan["services"]["searxng"]["limit_mib"] == 256 and plan["totals"]["optional_mib"] == 150
    assert any(w["code"] == "service-unmeasured" and "searxng" in w["text"] for w in plan["warnings"])
    assert "searxng" in conftest.run("plan", "--sysroot", root).stdout
    before = (folder / "compose.yaml").read_bytes()
    assert apply(root).returncode == 0 and (folder / "compose.yaml").read_bytes() == before


def yaml_limits(folder):
    text = (folder / "compose.yaml").read_text()
    return re.search(r"  searxng:\n(?:    .*\n)*?.*limits:\n +memory: \"(\w+)\"", text).group(1)


def owned(text):
    return SERVICE + "owned:\n  - " + text + "\n"


@pytest.mark.parametrize("text, where, said", [
    (SERVICE.replace("from_workers: 1", "from_workers: 65"), 8, "at most 64 workers"),
    (SERVICE.replace("SEARXNG_SECRET", "REDIS_PASSWORD"), 14, "REDIS_PASSWORD is a secret already"),
    (SERVICE + "  - {key: SEARXNG_SECRET, in_database: false}\n", 15, "SEARXNG_SECRET is a secret already"),
    (SERVICE.replace("SEARXNG_SECRET", "1-A"), 14, "not a variable's name"),
    (SERVICE.replace("SEARXNG_SECRET,", 'SEARXNG_SECRET, prefix: "a b",'), 14, "'prefix'"),
    (SERVICE + "".join(f"  - {{key: S{i}, in_database: false}}\n" for i in range(9)), 22, "more than 14 secrets"),
    (owned("{value: text, below: hostname, text: a, missing: add}") +
     "  - {value: text, below: hostname, text: b, missing: add}\n", 17, "an owned value already"),
    (owned("{value: text, file: litellm/config.yaml, below: litellm_settings/cache, text: 'true', missing: leave}"), 16,
     "an owned value already"),
    (owned("{value: text, below: memswap_limit, text: 5M, missing: add}"), 16, "of every service anyhow"),
    (owned("{value: text, below: 'a//b', text: a, missing: add}"), 16, "'below'"),
    (owned("{value: text, below: '/', text: a, missing: add}"), 16, "'below'"),
    (owned("{value: text, below: a, text: '$HOME', missing: add}"), 16, "'text'"),
    (owned("{value: text, below: a, text: 'a\"b', missing: add}"), 16, "'text'"),
    (owned("{value: text, below: command, word: --x, text: a, missing: add}"), 16, "'word'"),
    (owned("{value: text, file: none.yaml, below: a, text: a, missing: add}"), None, "none.yaml"),
    (SERVICE + "files:\n  - {name: ../x}\n", 16, "below the stack's directory"),
    (SERVICE + "files:\n  - {name: ./.env}\n", 16, "below the stack's directory"),
    (SERVICE + "files:\n  - {name: .env}\n", 16, ".env is a file of the stack already"),
    (SERVICE + "files:\n  - {name: compose.yaml}\n", 16, "compose.yaml is a file of the stack already"),
    (SERVICE + "files:\n  - {name: nginx/nginx.conf}\n", 16, "nginx/nginx.conf is a file of the stack already"),
    (SERVICE + "files:\n" + "".join(f"  - {{name: f{i}}}\n" for i in range(14)), 26, "more than 14 files"),
])
def test_a_faulty_file_is_told_with_its_line(machine, package, text, where, said):
    services, write = package
    write(text)
    root = machine("vm-8g")
    done = apply(root)
    line = f":{where}:" if where else ":"
    assert done.returncode == 2 and f"{services}/searxng.yaml{line}" in done.stderr and said in done.stderr, done.stderr
    assert not (root / "opt/ai-gateway").exists()


OTHER = BLOCK[BLOCK.index("  open-webui"):BLOCK.index("  searxng:")]


@pytest.mark.parametrize("block, where, said", [
    ("", "", "has no service 'searxng'"),
    ("- a\n", "", "has no service 'searxng'"),
    ("services: a\n", "", "has no service 'searxng'"),
    ("services: {searxng: {image: a}}\n", "", "has no service 'searxng'"),
    ("services:\n" + OTHER, "", "has no service 'searxng'"),
    ("services:\n  searxng:\n", ":2:3", "each on a line of its own"),
    ("services:\n  searxng: {image: a}\n", ":2:3", "each on a line of its own"),
    ("services:\n  searxng:\n    restart: always\n", ":2:3", "neither an image nor a build"),
    (BLOCK.replace("volumes:\n  searxng", "  second:\n    image: b\nvolumes:\n  searxng"), ":14:5", "of another service"),
    (BLOCK.replace("    environment:\n      ENABLE", "    user: root\n    environment:\n      ENABLE"), ":3:5", "of another service"),
    (BLOCK.replace('      ENABLE_WEB_SEARCH: "true"', "      - ENABLE_WEB_SEARCH=true"), ":3:5", "of another service"),
    (BLOCK.replace("  searxng-cache: {}", "  - searxng-cache"), ":13:1", "a mapping"),
    (BLOCK.replace('      ENABLE_WEB_SEARCH: "true"\n', "".join(f"      A{i}: b\n" for i in range(40))), ":1:1", "fewer"),
    ("services:\n\t- [", ":2:1", "error"),
    (None, "", "No such file"),
])
def test_a_faulty_block_is_told_with_its_line(machine, package, block, where, said):
    services, write = package
    write(block=block)
    root = machine("vm-8g")
    done = apply(root)
    assert done.returncode == 1 and f"{services}/searxng.compose.yaml{where}" in done.stderr and said in done.stderr, done.stderr
    assert not (root / "opt/ai-gateway").exists()


def test_a_name_that_is_another_option_asks_for_nothing(machine, package):
    """--port is no question whether there is to be a service 'port'."""
    services, _ = package
    (services / "port.yaml").write_text(SERVICE.replace("name: searxng", "name: port"))
    (services / "port.compose.yaml").write_text(BLOCK.replace("  searxng:\n", "  port:\n"))
    root = machine("vm-8g")
    done = apply(root, "--port", "81")
    assert done.returncode == 0, done.stderr
    assert "port" in config(root / "opt/ai-gateway", tool=COMPOSE2)["services"]
    # An odd number is none of the answers, and an even one neither.
    assert "\n  port:\n" in pathlib.Path(root / "opt/ai-gateway/compose.yaml").read_text()


@pytest.mark.parametrize("folder", ["etc/vpsfit", "etc/vpsfit/profiles"])
@pytest.mark.parametrize("text", [SERVICE, re.sub("optional.*\n", "", SERVICE)], ids=["optional", "always"])
def test_a_service_is_the_packages(machine, folder, text):
    """It would bring no block, and count in every plan."""
    root = machine("vm-8g")
    path = root / folder / "mine.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    done = conftest.run("plan", "--sysroot", root)
    assert done.returncode == 2 and f"/{folder}/mine.yaml: error: is a service" in done.stderr
    path.write_text(text.replace("searxng", "redis"))
    assert conftest.run("plan", "--sysroot", root).returncode == 2


def test_no_more_than_fits(package, machine):
    """A placeholder never stands for a secret, however many there are."""
    _, write = package
    write(SERVICE + "".join(f"  - {{key: S{i}, in_database: false}}\n" for i in range(6)))
    root = machine("vm-8g")
    done = apply(root, "--workers", "2")
    assert done.returncode == 0, done.stderr
    env = (root / "opt/ai-gateway/.env").read_text()
    assert "made-by" not in env and len(re.findall("^S[0-5]=[0-9a-f]{64}$", env, re.M)) == 6
    assert subprocess.run([COMPOSE2, "config", "-q"], cwd=root / "opt/ai-gateway", check=False).returncode == 0
