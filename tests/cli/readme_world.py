# SPDX-License-Identifier: MIT
"""
A world for the README's commands: a tree of a 4 GB VPS with a stack, and stand-ins for the programs that only a real machine has. They
take what is there and refuse what is not: a service that compose.yaml lacks, a file that is missing, a target that the Makefile has not.
"""
import os
import subprocess
import sys

from conftest import ROOT, VPSFIT, environment

PLACES = ("/opt", "/root/", "/srv/")

VPSFIT_THERE = """#!/bin/bash
# Paths are the tree's here, and vpsfit's own below --sysroot. There is no engine to start: tests/stack does that.
arguments=()
for one; do [ "$one" = --start ] || arguments+=("${{one#{root}}}"); done
exec {vpsfit} "${{arguments[@]}}" --sysroot {root}
"""

DOCKER = """#!{python}
import os, sys, yaml
SUBS = {{"ps", "logs", "stop", "start", "restart", "up", "down", "exec", "pull"}}
def refuse(why):
    sys.exit(f"docker: {{why}}: {{sys.argv[1:]}}")
def compose(sub, *rest):
    if sub not in SUBS:
        refuse("no such command of compose")
    services = yaml.safe_load(open("compose.yaml"))["services"]
    words = [w for i, w in enumerate(rest) if not w.startswith("-") and rest[i - 1] != "--tail"]
    for name in words[:1] if sub == "exec" else words:
        if name not in services:
            refuse(f"no such service: {{name}}")
    if sub == "ps" and "-q" in rest:
        print("\\n".join(words or services))
    if sub == "exec":
        command(words[0], list(rest)[list(rest).index(words[0]) + 1:])
def command(service, words):
    program = words[0]
    if (service, program) not in {{("postgres", "pg_dump"), ("postgres", "psql"), ("postgres", "pg_isready"), ("litellm", "python3")}}:
        refuse("no such program in the image")
    if program == "pg_dump":
        print("-- dump of", words[-1])
    if program == "psql" and not sys.stdin.read().startswith("-- dump of " + words[-1]):
        refuse("another dump")
    if program == "python3":
        compile(words[-1], "README.md", "exec")
def copy(source, target):
    for one in (source, target):
        if ":" in one and not one.startswith("open-webui:/app/backend/data"):
            refuse("no such place")
    if ":" in source:
        os.makedirs(target)
        open(target + "/webui.db", "w").close()
    elif not os.path.exists(source.removesuffix(".") + "webui.db"):
        refuse("nothing to copy")
def main(first, *rest):
    if first == "compose":
        compose(*rest)
    elif first == "cp":
        copy(*rest)
    elif (first, *rest[:1]) not in {{("stats", "--no-stream"), ("inspect", "--format"), ("image", "prune"), ("system", "df")}}:
        refuse("no such command")
main(*sys.argv[1:])
"""

MAKE = """#!/bin/sh
grep -q "^$1:" {source}/Makefile
"""

GIT = """#!/bin/sh
[ "$1" = clone ] && mkdir "$3"
"""

QUIET = ("apt-get", "ssh", "scp", "vmstat", "free", "df")


class World:
    def __init__(self, root, home):
        self.root, self.home = root, home
        self.programs = home / "bin"
        self.programs.mkdir()
        values = {"root": root, "vpsfit": VPSFIT, "python": sys.executable, "source": ROOT}
        for name, text in (("vpsfit", VPSFIT_THERE), ("docker", DOCKER)):
            self.program(name, text.format(**values))
        self.program("make", MAKE.format(**values))
        self.program("git", GIT)
        for name in QUIET:
            self.program(name, "#!/bin/sh\n")
        self.program("journalctl", "#!/bin/sh\necho 'Memory cgroup out of memory: Killed process 1'\n")

    def program(self, name, text):
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(self, script):
        for place in PLACES:
            script = script.replace(f" {place}", f" {self.root}{place}").replace(f">{place}", f">{self.root}{place}")
            script = script.replace(f"<{place}", f"<{self.root}{place}")
        (self.root / "root").mkdir(exist_ok=True)
        env = environment()
        env["PATH"] = f"{self.programs}:{env['PATH']}"
        env["PYTHONPATH"] = os.pathsep.join(sys.path)
        return subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, env=env, cwd=self.home,
                              stdin=subprocess.DEVNULL)
