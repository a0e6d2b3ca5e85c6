# SPDX-License-Identifier: MIT
"""
Properties of an apply over generated compose files: without changes it is the identity, it is idempotent, only owned values differ, and
a rollback restores every byte, mode and owner. The seed is fixed to make failures reproducible; PROPERTY_SEED and PROPERTY_COUNT change
it.
"""

import copy
import difflib
import os
import random
import re

import pytest
import yaml

from conftest import run

SEED = int(os.environ.get("PROPERTY_SEED", "20261"))
COUNT = int(os.environ.get("PROPERTY_COUNT", "40"))
FILE = "/srv/stack/compose.yaml"
OWNED = {"mem_limit", "mem_reservation", "memswap_limit"}


class Writer:
    """Writes a compose file in a random style."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.step = self.r.choice([2, 2, 3, 4, 8])
        self.newline = self.r.choice(["\n", "\n", "\n", "\r\n"])
        self.dash = self.r.choice([0, self.step])
        self.style = self.r.choice(["deploy", "deploy", "mem_limit", "none"])

    def maybe(self, text, chance=0.4):
        return text if self.r.random() < chance else ""

    def comment(self):
        return self.maybe(self.r.choice([" # mine", "   # grün ✓", " #", "\t# tab", " # a: b, [c]"]), 0.3)

    def quoted(self, text):
        return self.r.choice([f'"{text}"', f"'{text}'"])

    def scalar(self, text):
        return self.r.choice([text, text, f'"{text}"', f"'{text}'"])

    def line(self, indent, text):
        blank = self.maybe(self.newline, 0.1) + self.maybe(" " * indent + "# between" + self.newline, 0.1)
        return blank + " " * indent + text + self.comment().replace("\t", " " if ":" in text else " ") + self.newline

    def command(self, indent, words):
        kind = self.r.choice(["flow", "block", "string", "folded"])
        if kind == "flow":
            return self.line(indent, "command: [" + ", ".join(self.quoted(w) for w in words) + "]")
        if kind == "block":
            return self.line(indent, "command:") + "".join(self.line(indent + self.dash, "- " + self.quoted(w)) for w in words)
        if kind == "string":
            return self.line(indent, "command: " + " ".join(words))
        return (" " * indent + "command: >-" + self.newline
                + "".join(" " * (indent + self.step) + w + self.newline for w in words))

    def limits(self, indent):
        s = self.step
        size = self.r.choice(["512M", "1g", "1.5G", "2048m", "1073741824"])
        if self.style == "mem_limit":
            return self.line(indent, "mem_limit: " + self.scalar(size))
        if self.style == "none" or self.r.random() < 0.3:
            return ""
        if self.r.random() < 0.3:
            return self.line(indent, "deploy: {resources: {limits: {memory: " + self.scalar(size) + ", cpus: '2'}}}")
        return (self.line(indent, "deploy:") + self.line(indent + s, "resources:") + self.line(indent + 2 * s, "limits:")
                + self.line(indent + 3 * s, "memory: " + self.scalar(size)))

    def workers(self):
        n = str(self.r.randint(1, 9))
        return self.r.choice([["--num_workers", n], ["--num_workers=" + n], [], ["--port", "4000", "--num_workers", n]])

    def environment(self, indent):
        n = str(self.r.randint(1, 9))
        pairs = [("LITELLM_LOG", "ERROR"), *([("NUM_WORKERS", n)] if self.r.random() < 0.4 else [])]
        self.r.shuffle(pairs)
        kind = self.r.choice(["map", "list", "none"])
        if kind == "map":
            return self.line(indent, "environment:") + "".join(
                self.line(indent + self.step, f"{k}: {self.quoted(v)}") for k, v in pairs)
        if kind == "list":
            return self.line(indent, "environment:") + "".join(
                self.line(indent + self.dash, "- " + self.scalar(f"{k}={v}")) for k, v in pairs)
        return ""

    def service(self, name, image, words=None):
        parts = ["image: " + self.scalar(image), *([words] if words is not None else []), "limits", "restart: always", "environment"]
        self.r.shuffle(parts)
        out = self.line(self.step, self.scalar(name) + ":")
        for part in parts:
            if part == "limits":
                out += self.limits(2 * self.step)
            elif part == "environment":
                out += self.environment(2 * self.step) if "litellm" in image else ""
            elif isinstance(part, list):
                out += self.command(2 * self.step, part) if part else ""
            else:
                out += self.line(2 * self.step, part)
        return out + self.maybe(self.newline)

    def file(self):
        services = [("gw", "ghcr.io/berriai/litellm:main", self.workers()), ("ui", "ghcr.io/open-webui/open-webui:main", None),
                    ("db", "postgres:16", self.r.choice([None, ["postgres", "-c", "max_connections=20"]])),
                    ("web", "nginx:1", None), ("cache", "redis:7", None)]
        services = [s for s in services if s[0] == "gw" or self.r.random() < 0.7]
        self.r.shuffle(services)
        out = self.maybe("# A stack." + self.newline) + self.maybe("x-note: {a: [1, 2]}" + self.newline)
        out += self.line(0, "services:") + "".join(self.service(*s) for s in services)
        out += self.maybe("volumes:" + self.newline + "  data: {}" + self.newline)
        text = self.maybe("\ufeff", 0.1) + out
        return (text.rstrip("\r\n") if self.r.random() < 0.2 else text).encode()


def without_owned(tree):
    tree = copy.deepcopy(tree)
    for service in tree["services"].values():
        for key in OWNED:
            service.pop(key, None)
        deploy = service.get("deploy", {})
        for kind in ("limits", "reservations"):
            deploy.get("resources", {}).get(kind, {}).pop("memory", None)
            if not deploy.get("resources", {}).get(kind, True):
                del deploy["resources"][kind]
        if not deploy.get("resources", True):
            del deploy["resources"]
        if not service.get("deploy", True):
            del service["deploy"]
        environment = service.get("environment")
        if isinstance(environment, list):
            service["environment"] = [e for e in environment if not e.startswith("NUM_WORKERS=")]
        elif environment:
            environment.pop("NUM_WORKERS", None)
        if not service.get("environment", True):
            del service["environment"]
        command = service.get("command")
        words = command.split() if isinstance(command, str) else [w for c in command or [] for w in c.split("=")]
        words = [w for c in words for w in c.split("=")]
        service["command"] = ["N" if i and words[i - 1] in ("--num_workers", "max_connections") else w for i, w in enumerate(words)]
    return tree


MAY_CHANGE = re.compile(rb"memory|mem_|memswap|workers|NUM_WORKERS|max_connections|^[\s\"'-]*\d+[\"']?\s*(#.*)?$")


def only_owned_lines_changed(before, after):
    """All other lines are still there, in order, byte for byte."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, from_, to, _, _ in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            for line in old[from_:to]:
                last = line is old[-1] and not line.endswith(b"\n")
                assert MAY_CHANGE.search(line) or last, line


def listing(folder):
    return {p.name: (p.read_bytes(), p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in folder.iterdir()}


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_properties(machine, seed):
    root = machine("vm-4g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_bytes(Writer(seed).file())
    args = ["--sysroot", root, "--compose", FILE, "--swap", "none"]
    first = listing(folder)
    assert run("apply", "--yes", "--force", "--workers", "6", *args, "--ram", "8G", "--cpus", "4").returncode == 0
    eight = listing(folder)
    assert run("apply", "--yes", "--force", "--workers", "6", *args, "--ram", "8G", "--cpus", "4").returncode == 0
    assert listing(folder) == eight
    assert run("apply", "--yes", "--force", "--workers", "1", *args).returncode == 0
    only_owned_lines_changed(first["compose.yaml"][0], eight["compose.yaml"][0])
    trees = [yaml.safe_load(files["compose.yaml"][0]) for files in (first, eight, listing(folder))]
    assert without_owned(trees[0]) == without_owned(trees[1]) == without_owned(trees[2])
    gw = trees[1]["services"]["gw"]
    assert "6" in str(gw.get("command")) + str(gw.get("environment"))
    assert run("rollback", "--yes", *args[:4]).returncode == 0
    assert listing(folder) == eight
    assert run("rollback", "--yes", *args[:4]).returncode == 0
    assert listing(folder) == first
