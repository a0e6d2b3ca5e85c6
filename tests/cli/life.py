# SPDX-License-Identifier: MIT
"""
A machine that changes under a stack, for stories of months: `life.on("vm-4g")` is the machine, `life.do(...)` a step with what must be
said and its exit code, the rest is what people and time do between the steps. Paths are those of the machine.
"""

import os
import pathlib
import shlex
import shutil
import subprocess

import yaml

from conftest import MACHINES, run

DIR = "/opt/ai-gateway"
STATE = "var/lib/vpsfit"
MODEL = ["--cost-model", "seed-2025-11"]
COMPOSE2 = os.environ.get("COMPOSE2", "")


def flat(text):
    return " ".join(text.split())


class Life:
    def __init__(self, tmp_path):
        self.tmp = tmp_path
        self.root = None
        self.said = ""

    # The machine and what happens to it.

    def on(self, machine):
        self.root = self.tmp / "machine"
        subprocess.run(["cp", "-a", MACHINES / machine, self.root], check=True)
        return self

    def resize(self, machine):
        """The same disk on another machine: what runs on it is started anew, so that no container runs."""
        for part in ("proc", "sys", "run"):
            shutil.rmtree(self.root / part, ignore_errors=True)
            if (MACHINES / machine / part).exists():
                subprocess.run(["cp", "-a", MACHINES / machine / part, self.root / part], check=True)
        return self

    def at(self, path=DIR):
        return self.root / path.lstrip("/")

    def mv(self, old, new):
        self.at(new).parent.mkdir(parents=True, exist_ok=True)
        self.at(old).rename(self.at(new))

    def rm(self, path):
        target = self.at(path)
        shutil.rmtree(target) if target.is_dir() and not target.is_symlink() else target.unlink()

    def read(self, name="compose.yaml", directory=DIR):
        return (self.at(directory) / name).read_text()

    def write(self, name, text, directory=DIR):
        path = self.at(directory) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, old, new, name="compose.yaml", directory=DIR):
        """Somebody's editor; it must find what it replaces."""
        text = self.read(name, directory)
        assert old in text, f"{old!r} is not in {name}:\n{text}"
        self.write(name, text.replace(old, new), directory)

    def stores(self):
        return sorted(p for p in (self.root / STATE).iterdir() if p.is_dir()) if (self.root / STATE).exists() else []

    def purge(self):
        shutil.rmtree(self.root / STATE, ignore_errors=True)

    # The program.

    def do(self, line, *more, code=0, says=(), never=()):
        """One command as it is typed; `says` and `never` are looked for in both outputs, without line ends."""
        done = run(*shlex.split(line), *more, "--sysroot", self.root)
        self.said = flat(done.stdout + "\n" + done.stderr)
        self.out, self.err = done.stdout, done.stderr
        assert done.returncode == code, (line, done.returncode, done.stdout[-1500:], done.stderr)
        for text in [says] if isinstance(says, str) else says:
            assert flat(text) in self.said, f"{line}: {text!r} is not said:\n{done.stdout}\n{done.stderr}"
        for text in [never] if isinstance(never, str) else never:
            assert flat(text) not in self.said, f"{line}: {text!r} is said:\n{done.stdout}\n{done.stderr}"
        return self

    def apply(self, *more, **kwargs):
        return self.do("apply --yes", *MODEL, *more, **kwargs)

    def commands(self):
        """Commands that were printed on lines of their own, as somebody would paste them."""
        return [line.strip() for line in (self.out + "\n" + self.err).splitlines() if line.strip().startswith("vpsfit ")]

    def obey(self, *more, **kwargs):
        """Types the last command that was printed."""
        return self.do(self.commands()[-1].removeprefix("vpsfit "), *more, **kwargs)

    # What is on disk.

    def files(self, *skip):
        """Every file of the machine's disk with its bytes, without what a kernel makes."""
        found = {}
        for top in ("opt", "srv", "home", "etc", "var", "root"):
            for folder, _, names in os.walk(self.root / top):
                for name in names:
                    path = pathlib.Path(folder) / name
                    if not any(str(path.relative_to(self.root)).startswith(s) for s in skip):
                        found[str(path.relative_to(self.root))] = os.readlink(path) if path.is_symlink() else path.read_bytes()
        return found

    def secrets(self, directory=DIR):
        lines = self.read(".env", directory).splitlines()
        return {k: v for k, _, v in (l.partition("=") for l in lines) if "KEY" in k or "PASSWORD" in k}

    def services(self, directory=DIR, name="compose.yaml"):
        """What Compose 2 makes of the stack: it must take it."""
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nowhere"}
        done = subprocess.run([COMPOSE2, "-f", str(self.at(directory) / name), "config"], capture_output=True, text=True, env=env,
                              cwd=self.at(directory), check=False, timeout=60)
        assert done.returncode == 0, (done.stderr, self.read(name, directory))
        return yaml.safe_load(done.stdout)["services"]
