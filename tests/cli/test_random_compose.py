# SPDX-License-Identifier: MIT
"""
Random (seeded) compose files: flow and block style, comments, trailing commas, anchors, shared variables, env files, environments as
lists and mappings. Each is applied, or refused and left alone. If Compose accepted it before, it accepts the result, with only owned
values of fitted services changed; a second run has nothing to do; values of other entries are never shown. VPSFIT_RANDOM_COMPOSE=N
tests N files instead of 60, VPSFIT_RANDOM_SEED=S changes the seed.
"""

import json
import os
import random
import re
import subprocess

import pytest
import yaml

from conftest import run
from test_adopt import COMPOSE2, FILE, contents, without_owned

COUNT = int(os.environ.get("VPSFIT_RANDOM_COMPOSE", "60"))
SEED = int(os.environ.get("VPSFIT_RANDOM_SEED", "1"))
FITTED = {"litellm": "ghcr.io/berriai/litellm:main-stable", "webui": "ghcr.io/open-webui/open-webui:main", "db": "postgres:16"}
OTHERS = ("worker", "cache")
ENV = {"MEM": "2g", "W": "3", "GB": "2", "NUM_WORKERS": "4", "OTHER": "1g"}
SECRET = "sk-never-shown"


class Raw(str):
    """Written verbatim: an alias, or something with an anchor."""


class Maker:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines = []

    def maybe(self, chance):
        return self.r.random() < chance

    def size(self):
        return self.r.choice(["1g", "2048M", "512m", "3856M", "${MEM:-1g}", "${MEM}", "$MEM", "${OTHER:-2g}", "${GB:-2}g", "1.5G"])

    def count(self):
        return self.r.choice(["2", "3", "6", "${W:-2}", "$W", "${NUM_WORKERS:-1}"])

    def environment(self, fitted):
        """A list or mapping, with or without the worker count."""
        count = self.r.choice([None, "", "=", "=" + self.count(), "=" + self.count()]) if fitted or self.maybe(0.4) else None
        entries = ["A=1", f"KEY={SECRET}", "B=x ${W:-2} y", "MY_NUM_WORKERS=9", "PASSED"]
        entries = self.r.sample(entries, self.r.randint(1, 4))
        if self.maybe(0.5):
            if count is not None:
                entries.insert(self.r.randint(0, len(entries)), "NUM_WORKERS" + count)
            return entries
        pairs = [(e.partition("=")[0], e.partition("=")[2] if "=" in e else None) for e in entries]
        if count is not None:
            pairs.insert(self.r.randint(0, len(pairs)), ("NUM_WORKERS", count[1:] or None))
        return dict(pairs)

    def command(self):
        words = ["--config", "/app/config.yaml", "--port", "4000"]
        if self.maybe(0.5):
            count = self.count()
            words[2:2] = self.r.choice([["--num_workers", count], ["--num_workers=" + count]])
        return words if self.maybe(0.5) else " ".join(words)

    def memory(self, service):
        """One style per file, as Compose requires; sometimes none, or an empty block."""
        kind = self.r.choice(["old", "new", "none", "empty", "alias"])
        if kind == "old":
            service["mem_limit"] = self.size()
            if self.maybe(0.4):
                service["memswap_limit"] = service["mem_limit"] if self.maybe(0.5) else "9g"
        elif kind == "new":
            limits = {"memory": self.size()}
            if self.maybe(0.4):
                limits["cpus"] = "2"
            service["deploy"] = {"resources": {"limits": limits}}
            if self.maybe(0.3):
                service["deploy"]["resources"]["reservations"] = {"memory": "256M"}
        elif kind == "empty":
            service["deploy"] = self.r.choice([{}, None, {"resources": {}}, {"resources": {"limits": {}}}])
        elif self.maybe(0.4) and kind == "alias":
            service["deploy"] = Raw("*deploy")

    def service(self, name):
        service = {"image": FITTED.get(name, "busybox:1")}
        if name == "litellm" or self.maybe(0.6):
            service["environment"] = Raw("*env") if self.maybe(0.1) else self.environment(name == "litellm")
        if name == "litellm" and self.maybe(0.5):
            service["command"] = self.command()
        if name == "db" and self.maybe(0.5):
            service["command"] = ["postgres", "-c", f"max_connections={self.r.choice(['40', '200', '${W:-3}0'])}"]
        self.memory(service)
        if self.maybe(0.3):
            service["labels"] = {"a.b": self.r.choice(["x", "${MEM}m", "$$MEM", "${W}"])}
        if self.maybe(0.25):
            service["env_file"] = self.r.choice([".env", "litellm.env", ["litellm.env"]])
        keys = list(service)
        self.r.shuffle(keys)
        return {k: service[k] for k in keys}

    def scalar(self, value, flow):
        if isinstance(value, Raw):
            return str(value)
        if value is None:
            return "" if not flow and self.maybe(0.7) else "null"
        plain = re.fullmatch(r"[A-Za-z/$-][\w./:=$-]*|\$\{[^{} ]*\}[a-z]?", value) and not (flow and "{" in value)
        how = self.r.choice(["plain", "double", "single"])
        if how == "plain" and plain:
            return value
        return f"'{value}'" if how == "single" else f'"{value}"'

    def comment(self):
        return self.r.choice(["", "", "", " # a, b}", " # NUM_WORKERS=9"])

    def gap(self, indent):
        return self.r.choice(["", " ", "\n" + " " * indent, " # c, ]\n" + " " * indent])

    def flow(self, value, indent):
        if not isinstance(value, (dict, list)):
            return self.scalar(value, True)
        inner = [(f'"{k}": ' if self.maybe(0.3) else f"{k}: ") + self.flow(v, indent + 2) for k, v in value.items()] \
            if isinstance(value, dict) else [self.flow(v, indent + 2) for v in value]
        text = ",".join(self.gap(indent) + i for i in inner) + ("," if inner and self.maybe(0.4) else "") + self.gap(indent)
        return "{" + text + "}" if isinstance(value, dict) else "[" + text + "]"

    def block(self, value, indent):
        """The text after a key or dash, with its newline."""
        if not isinstance(value, (dict, list)) or not value or self.maybe(0.2):
            text = self.flow(value, indent + 2) if value or value in ({}, []) else self.scalar(value, False)
            return (" " + text if text else "") + self.comment() + "\n"
        text = self.comment() + "\n"
        for item in value:
            pad = " " * indent
            if self.maybe(0.1):
                text += pad + "# - NUM_WORKERS\n"
            if isinstance(value, dict):
                text += f"{pad}{item}:" + self.block(value[item], indent + self.r.choice([2, 2, 4]))
            else:
                text += f"{pad}-" + self.block(item, indent + 2)
        return text

    def file(self):
        names = ["litellm"] + [n for n in ("webui", "db", *OTHERS) if self.maybe(0.6)]
        self.r.shuffle(names)
        text = f"x-env: &env\n  A: \"1\"\n  KEY: {SECRET}\nx-deploy: &deploy {{resources: {{limits: {{memory: 2G}}}}}}\n"
        text += "services:" + "".join(self.block({n: self.service(n) for n in names}, 2))
        if self.maybe(0.3):
            text = text.rstrip("\n")
        return text.replace("\n", "\r\n") if self.maybe(0.1) else text

    def env_files(self):
        chosen = [k for k in ENV if k == "W" or self.maybe(0.5)]
        env = "".join(f"{k}={ENV[k]}\n" for k in chosen) + ("TOTAL=${MEM}\n" if self.maybe(0.1) else "")
        return {".env": env, "litellm.env": f"TOKEN={SECRET}\n" + ("NUM_WORKERS=2\n" if self.maybe(0.5) else "")}


def composed(tool, folder):
    done = subprocess.run([*tool, "-f", str(folder / "compose.yaml"), "config"], capture_output=True, text=True, cwd=folder, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    return yaml.safe_load(done.stdout) if done.returncode == 0 else None


def split(project):
    """What must stay: fitted services without owned values, and everything else."""
    fitted = {name: service for name, service in project["services"].items() if name in FITTED}
    others = {name: service for name, service in project["services"].items() if name not in FITTED}
    # Only LiteLLM's worker count is owned.
    kept = {name: (service.get("environment") or {}).get("NUM_WORKERS") for name, service in fitted.items() if name != "litellm"}
    rest = {key: value for key, value in project.items() if key not in ("services", "version")}
    return json.dumps([without_owned({"services": fitted}), others, kept, rest], sort_keys=True, default=str)


@pytest.mark.parametrize("seed", range(SEED * 1000, SEED * 1000 + COUNT))
def test_a_random_file(machine, seed):
    maker = Maker(seed)
    root = machine("vm-4g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    text = maker.file()
    (folder / "compose.yaml").write_bytes(text.encode())
    for name, env in maker.env_files().items():
        (folder / name).write_text(env)
    command = ["apply", "--yes", "--sysroot", root, "--compose", FILE, "--ram", "8G", "--cpus", "4", "--swap", "none"]
    tools = [[COMPOSE2]] + ([["docker-compose"]] if seed % 4 == 0 else [])
    before = [composed(tool, folder) for tool in tools]
    there = contents(folder)
    done = run(*command)
    assert SECRET not in done.stdout.partition("\n--- ")[0] + done.stderr
    assert done.returncode in (0, 2), (text, done.stderr)
    if done.returncode == 2:
        assert contents(folder) == there
        # Only what YAML does not allow is refused.
        assert before[0] is None, (text, done.stderr)
        return
    after = contents(folder)
    again = run(*command)
    assert again.returncode == 0, (text, again.stderr)
    assert contents(folder) == after, text
    for tool, was in zip(tools, before):
        if was is not None:
            project = composed(tool, folder)
            assert project is not None, (text, (folder / "compose.yaml").read_text())
            assert split(project) == split(was), (text, (folder / "compose.yaml").read_text())
