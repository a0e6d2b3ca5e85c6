# SPDX-License-Identifier: MIT
"""A second export into the same directory: data stays where it is, secrets are the same, and nothing of the first one is left to mislead."""
import os
import re
import resource
import signal
import subprocess

import pytest
import yaml

from conftest import run


class Again:
    def __init__(self, place):
        self.place, self.out = place, place / "out"

    def run(self, *args, form="swarm", out=None, **more):
        words = [w for a in args for w in (("--node", a) if isinstance(a, str) and re.match(r"[a-z]+=", a) else (a,))]
        return run("export", "--format", form, *words, "--dir", self.place / "stack", "--output", out or self.out, **more)

    def write(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, done.stderr
        return done

    def home(self, service):
        lines = re.findall(r"^docker node update (.*) (\S+) >/dev/null$", (self.out / "deploy.sh").read_text(), re.M)
        return [name for words, name in lines if f"vpsfit.{service}=true" in words]

    def secrets(self):
        return {p.name: p.read_text() for p in self.out.glob("*.env")} | {p.name: p.read_text() for p in self.out.glob(".env")}


@pytest.fixture
def again(tmp_path):
    return Again(tmp_path)


@pytest.fixture
def elsewhere(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text("database-url: postgresql://u:p-w@db.example.net/litellm\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("later", [("a=16G,4", "c=8G,4"), ("n=32G,8", "c=8G,4", "a=4G,2"), ("c=8G,4", "a=32G,8"), ("c=8G,4",)])
def test_data_stays_where_the_last_export_had_it(again, later):
    again.write("a=4G,2", "c=8G,4")
    assert again.home("postgres") == again.home("open-webui") == ["c"]
    again.write(*later)
    assert again.home("postgres") == again.home("open-webui") == ["c"]
    # And for as long as that goes on.
    again.write("c=8G,4", "m=64G,8")
    assert again.home("postgres") == ["c"]


def test_a_node_with_data_is_not_left_out_unsaid(again):
    again.write("a=4G,2", "c=8G,4")
    before = {p: p.read_bytes() for p in again.out.rglob("*") if p.is_file()}
    done = again.run("a=16G,4", "d=8G,4")
    assert done.returncode == 2 and "postgres has its volume on c" in done.stderr and "vpsfit.postgres=true" in done.stderr
    assert {p: p.read_bytes() for p in again.out.rglob("*") if p.is_file()} == before
    # The way that it names.
    done = again.write("a=16G,4,vpsfit.postgres=true,vpsfit.open-webui=true", "d=8G,4")
    assert again.home("postgres") == ["a"] and "its volume stays on c" in done.stderr
    # From now on it is there.
    again.write("a=16G,4", "d=64G,8")
    assert again.home("postgres") == ["a"]


def test_a_database_that_comes_back_finds_its_volume_and_its_password(again, elsewhere):
    again.write("a=4G,2", "c=8G,4")
    was = re.search(r"^POSTGRES_PASSWORD=.*$", (again.out / ".env").read_text(), re.M).group()
    again.write("--answers", elsewhere, "a=16G,4", "c=8G,4")
    assert again.home("postgres") == [] and "POSTGRES_PASSWORD" not in (again.out / "stack.yaml").read_text()
    again.write("a=16G,4", "c=8G,4")
    assert again.home("postgres") == ["c"] and was in (again.out / ".env").read_text()


@pytest.mark.parametrize("form,name", [("swarm", ".env"), ("helm", "litellm.env"), ("helm", "postgres.env")])
def test_secrets_that_are_gone_are_not_made_anew_unsaid(again, form, name):
    again.write("a=8G,4", "b=8G,4", form=form)
    was = again.secrets()
    (again.out / name).unlink()
    done = again.run("a=8G,4", "b=8G,4", form=form)
    assert done.returncode == 1 and f"{again.out}/{name}" in done.stderr and "--force" in done.stderr
    assert not (again.out / name).exists()
    assert again.run("--overwrite-edits", "a=8G,4", "b=8G,4", form=form).returncode == 1
    (again.out / name).write_text(was[name])
    (again.out / name).chmod(0o600)
    again.write("a=8G,4", "b=8G,4", form=form)
    assert again.secrets() == was
    (again.out / name).unlink()
    done = again.write("--force", "a=8G,4", "b=8G,4", form=form)
    assert (again.out / name).exists() and "secrets that it alone had are new" in done.stderr


def test_files_that_are_no_longer_wanted_go_and_the_commands_name_what_they_take(again, elsewhere):
    again.write("a=8G,2", "b=8G,2", form="helm")
    was = again.secrets()
    (again.out / "redis.yaml").write_text((again.out / "redis.yaml").read_text() + "# mine\n")
    done = again.write("a=8G,2", "--redis", "no", "--answers", elsewhere, form="helm")
    assert not (again.out / "postgres.yaml").exists() and f"{again.out}/postgres.yaml: note: was of the last export" in done.stderr
    assert (again.out / "redis.yaml").read_text().endswith("# mine\n") and "stays because it was edited" in done.stderr
    commands = (again.out / "commands.sh").read_text()
    assert "for file in litellm.env open-webui.env; do" in commands
    assert "--values postgres.yaml" not in commands and "--values redis.yaml" not in commands and "*.env" not in commands
    subprocess.run(["sh", "-n", again.out / "commands.sh"], check=True)
    # No secret goes with them: the database may come back.
    (again.out / "redis.yaml").unlink()
    again.write("a=8G,2", "b=8G,2", form="helm")
    assert again.secrets()["postgres.env"] == was["postgres.env"]
    assert "--values postgres.yaml" in (again.out / "commands.sh").read_text()


@pytest.mark.parametrize("first,second", [("swarm", "helm"), ("helm", "swarm")])
def test_one_directory_is_for_one_engine(again, first, second):
    again.write("a=8G,4", "b=8G,4", form=first)
    before = {p: p.read_bytes() for p in again.out.rglob("*") if p.is_file()}
    for more in ((), ("--overwrite-edits",), ("--force",)):
        done = again.run("a=8G,4", "b=8G,4", *more, form=second)
        assert done.returncode == 2 and f"has an export for {first}" in done.stderr and "--output" in done.stderr
    assert {p: p.read_bytes() for p in again.out.rglob("*") if p.is_file()} == before


def test_a_node_that_is_left_out_loses_its_labels(again, tmp_path):
    again.write("a=4G,2", "b=4G,2", "c=8G,4")
    again.write("a=4G,2", "c=8G,4")
    again.write("a=4G,2", "c=8G,4")
    log = tmp_path / "log"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >>{log}\ncase "$*" in *--label-rm*) exit 1;; esac\ncat >/dev/null </dev/null\n')
    docker.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["sh", again.out / "deploy.sh"], check=True, env=env)
    said = log.read_text().splitlines()
    for label in ("workers", "tables", "postgres", "open-webui", "nginx", "redis"):
        assert f"node update --label-rm vpsfit.{label} b" in said
    assert not [s for s in said if "--label-rm" in s and not s.endswith(" b")]


def test_the_script_stops_first_where_a_secret_is_nowhere(again, tmp_path):
    again.write("a=4G,2", "c=8G,4")
    log = tmp_path / "log"
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >>{log}\n[ "$2" != inspect ]\n')
    docker.chmod(0o755)
    (again.out / ".env").unlink()
    done = subprocess.run(["sh", again.out / "deploy.sh"], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 1 and "put .env back" in done.stderr
    assert [line.split()[:2] for line in log.read_text().splitlines()] == [["secret", "inspect"]]


@pytest.mark.parametrize("size", [0, 300])
def test_nothing_written_means_no_directory_either(again, size):
    """A disk that is full, played by a limit on what a file may hold."""
    def full():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = again.run("a=4G,2", "c=8G,4", out=again.place / "x/y/out", preexec_fn=full, restore_signals=False)
    assert done.returncode == 1 and "nothing was written" in done.stderr
    assert not (again.place / "x").exists()


def test_the_list_of_an_earlier_version_goes_on(again):
    again.write("a=4G,2", "c=8G,4")
    path = again.out / ".vpsfit-export"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if re.match("[0-9a-f]{16} ", line)))
    again.write("a=4G,2", "c=8G,4")
    assert "place postgres c" in path.read_text() and yaml.safe_load((again.out / "stack.yaml").read_text())
    assert os.stat(path).st_mode & 0o777 == 0o600
