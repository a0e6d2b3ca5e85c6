# SPDX-License-Identifier: MIT
"""
Any life of a stack: random sequences of apply, edit, resize, rollback, rename, move, restore. After each step Compose takes the file, no
secret is lost, and the same command again has nothing to do. The seed is fixed; LIFE_SEED and LIFE_COUNT change it.
"""

import os
import random
import re
import shutil

import pytest

from life import DIR, Life
from test_life import renamed

SEED = int(os.environ.get("LIFE_SEED", "1611"))
COUNT = int(os.environ.get("LIFE_COUNT", "12"))
STEPS = 7
MACHINES = ["vm-2g", "vm-4g", "vm-8g", "vm-16g", "vm-4g-1core", "vm-8g-2core"]


class Story:
    """The stack, where it is now and what it is called there."""

    def __init__(self, life, seed):
        self.life, self.r = life, random.Random(seed)
        self.dir, self.told = DIR, []
        self.saved = None
        life.on(self.r.choice(MACHINES))
        life.apply()
        self.secrets = life.secrets()

    def tell(self, text):
        self.told.append(text)

    def resize(self):
        machine = self.r.choice(MACHINES)
        self.tell(f"resize {machine}")
        self.life.resize(machine)

    def edit(self):
        """Somebody's number in place of one of vpsfit's."""
        text = self.life.read(directory=self.dir)
        places = list(re.finditer(r'"(\d+)(M?)" # vpsfit', text))
        if not places:
            return
        place = self.r.choice(places)
        number = max(1, int(place[1]) * self.r.choice([2, 3]) // 2)
        self.tell(f"edit {place[0]} to {number}")
        self.life.write("compose.yaml", text[:place.start(1)] + str(number) + text[place.end(1):], self.dir)

    def comment(self):
        self.tell("comment")
        self.life.write("compose.yaml", self.life.read(directory=self.dir) + "# mine\n", self.dir)

    def rename(self):
        pair = self.r.choice([("litellm", "llm-proxy"), ("postgres", "db"), ("open-webui", "chat")])
        self.tell(f"rename {pair}")
        self.life.write("compose.yaml", renamed(self.life.read(directory=self.dir), pair), self.dir)

    def move(self):
        new = self.r.choice([d for d in (DIR, "/opt/stacks/ai-gateway", "/srv/gw") if d != self.dir])
        self.tell(f"move to {new}")
        if self.life.at(new).exists():
            shutil.rmtree(self.life.at(new))
        self.life.mv(self.dir, new)
        old, self.dir = self.dir, new
        self.run("apply", "--yes", "--keep-edits", "--dir", new, "--moved-from", old)

    def save(self):
        self.tell("backup")
        self.saved = self.life.tmp / "saved"
        shutil.rmtree(self.saved, ignore_errors=True)
        shutil.copytree(self.life.at(self.dir), self.saved)

    def restore(self):
        if not self.saved:
            return
        self.tell("restore")
        shutil.rmtree(self.life.at(self.dir))
        shutil.copytree(self.saved, self.life.at(self.dir))

    def lose_state(self):
        self.tell("purge")
        self.life.purge()

    def run(self, *args):
        from conftest import run
        done = run(*args, "--cost-model", "seed-2025-11", "--sysroot", self.life.root) if args[0] == "apply" else run(
            *args, "--sysroot", self.life.root)
        self.tell(f"{' '.join(args)} -> {done.returncode}")
        return done

    def apply(self):
        policy = self.r.choice([[], ["--keep-edits"], ["--overwrite-edits"]])
        done = self.run("apply", "--yes", "--force", *policy, "--dir", self.dir)
        assert done.returncode in (0, 5), done.stderr
        if done.returncode == 0:
            before = self.life.files()
            again = self.run("apply", "--yes", "--force", *policy, "--dir", self.dir, "--exit-code")
            assert again.returncode == 0, again.stdout
            assert self.life.files() == before, "the same command again wrote something"

    def rollback(self):
        if len(list(self.life.root.glob("var/lib/vpsfit/*/history/*"))) < 2:
            return
        done = self.run("rollback", "--yes", "--overwrite-edits", "--dir", self.dir)
        assert done.returncode == 0, done.stderr

    def check(self):
        self.life.services(self.dir)
        kept = "".join(p.read_text() for p in [self.life.at(self.dir) / ".env", *self.life.root.glob("var/lib/vpsfit/*/kept.env")] if p.exists())
        for key, value in self.secrets.items():
            if value:
                assert f"{key}={value}" in kept, key
        for key, value in self.life.secrets(self.dir).items():
            assert value == self.secrets.get(key, value) or not value, key
            if value:
                self.secrets.setdefault(key, value)


@pytest.mark.parametrize("seed", range(SEED, SEED + COUNT))
def test_any_life(tmp_path, seed):
    story = Story(Life(tmp_path), seed)
    steps = [story.resize, story.edit, story.comment, story.rename, story.move, story.save, story.restore, story.lose_state, story.rollback,
             story.apply, story.apply, story.apply]
    try:
        for _ in range(STEPS):
            story.r.choice(steps)()
            story.check()
        story.apply()
        story.check()
    except AssertionError:
        print("\n".join(story.told))
        raise
