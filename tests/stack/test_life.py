# SPDX-License-Identifier: MIT
"""
The life of a stack under a real engine: moved while it runs, taken back, renamed, down-sized, restored without its state, and beside a
second one. The programs are stand-ins (stand.c) under the template's image names; what counts is what Compose makes of the files: the
same containers, the same volumes, and limits as written.
"""
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

import pytest

from engine import PATIENCE, docker, run
from image_names import image_of

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
VPSFIT = os.environ.get("VPSFIT", str(PROJECT / "build/vpsfit"))
MACHINE = ("--ram", "8G", "--cpus", "2", "--swap", "none", "--overhead", "480", "--cost-model", "seed-2025-11")
# Health checks are the stack's own but more frequent, because each service waits for another.
QUICK = "services:\n" + "".join(f"  {s}: {{healthcheck: {{interval: 1s}}}}\n" for s in ("litellm", "open-webui", "postgres", "nginx"))


@pytest.fixture(scope="module", autouse=True)
def images(tmp_path_factory):
    """One image for all: every name in it is the same program."""
    made = tmp_path_factory.mktemp("image")
    subprocess.run(["cc", "-static", "-O2", "-o", made / "stand", HERE / "stand.c"], check=True)
    with tarfile.open(made / "image.tar", "w") as tar:
        tar.add(made / "stand", "bin/stand")
        for name in ("sh", "python3"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "stand"
            tar.addfile(link, io.BytesIO())
    docker("import", "-c", "ENTRYPOINT [\"/bin/stand\"]", "-c", "ENV PATH=/bin", made / "image.tar", "stand")
    for name in ("litellm", "open-webui", "open-webui-slim", "postgres", "postgres-vectors", "nginx"):
        docker("tag", "stand", image_of(name))


class Life:
    def __init__(self, top):
        self.top = top
        self.dir = top / "ai-gateway"

    def vpsfit(self, line, *more, code=0, directory=None):
        done = subprocess.run([VPSFIT, *line.split(), "--dir", directory or self.dir, "--state", self.top / "state", *more], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.out, self.said = done.stdout, done.stdout + done.stderr
        assert done.returncode == code, (line, done.returncode, self.said)
        return self.said

    def apply(self, *more, directory=None):
        return self.vpsfit("apply --yes", *MACHINE, *more, directory=directory)

    def plan(self, directory=None):
        self.vpsfit("plan --json", *MACHINE, directory=directory)
        return json.loads(self.out)

    def start(self):
        """Runs the command that was printed."""
        command = re.findall(r"^ {8}(cd .* up -d.*)$", self.said, re.M)[0]
        subprocess.run(["sh", "-ec", command], check=True, capture_output=True, timeout=PATIENCE)
        return command

    def quick(self, directory=None):
        (directory or self.dir).joinpath("compose.override.yaml").write_text(QUICK)


def containers():
    """Service, project and id of all that runs."""
    rows = docker("ps", "--no-trunc", "--format", "{{.Label \"com.docker.compose.service\"}} {{.Label \"com.docker.compose.project\"}} {{.ID}}")
    return {tuple(row.split()[:2]): row.split()[2] for row in rows.splitlines()}


def volumes():
    return set(docker("volume", "ls", "-q").split())


def started_workers():
    words = json.loads(docker("inspect", containers()["litellm", "ai-gateway"]))[0]["Args"]
    return words[words.index("--num_workers") + 1]


@pytest.fixture
def life(tmp_path):
    made = Life(tmp_path)
    image = image_of("litellm")
    made.apply("--workers", "2")
    redis = re.search(r"image: (\S*valkey\S*|\S*redis\S*)", (made.dir / "compose.yaml").read_text())[1]
    docker("tag", "stand", redis)
    made.quick()
    made.start()
    assert len(containers()) == 5, (image, docker("ps", "-a"))
    yield made
    for row in docker("ps", "-a", "-q").split():
        docker("rm", "-f", row)
    docker("network", "prune", "-f")
    for name in volumes():
        docker("volume", "rm", "-f", name)


def test_moved_while_it_runs_and_taken_back(life):
    before, kept = containers(), volumes()
    new = life.top / "gateway"
    life.dir.rename(new)
    life.dir, old = new, life.dir
    assert life.plan()["totals"]["others_mib"] == 0, "its own containers are its own before the move is applied"
    life.apply("--moved-from", str(old))
    life.start()
    assert set(containers()) == set(before) and volumes() == kept, "no second stack, no new volumes"
    life.vpsfit("rollback --yes")
    life.vpsfit("status")
    subprocess.run(["docker", "compose", "up", "-d"], cwd=new, check=True, capture_output=True, timeout=PATIENCE)
    assert set(containers()) == set(before) and volumes() == kept, "the rollback left the project's name"


def test_a_lost_name_is_repaired_before_it_hurts(life):
    kept = volumes()
    new = life.top / "gateway"
    life.dir.rename(new)
    life.dir, old = new, life.dir
    life.apply("--moved-from", str(old))
    env = new / ".env"
    env.write_text(env.read_text().replace("COMPOSE_PROJECT_NAME=ai-gateway\n", ""))
    life.apply()
    life.start()
    assert volumes() == kept and len(containers()) == 5


def test_down_sized_while_it_runs(life):
    life.apply("--workers", "1")
    assert started_workers() == "2", "a container keeps what it was started with"
    life.vpsfit("status --exit-code", code=6)
    assert "not in effect yet" in life.said
    life.start()
    assert started_workers() == "1"
    assert "redis" not in {service for service, _ in containers()}, "the printed command takes away what went out of the file"
    life.vpsfit("status")
    assert "not in effect yet" not in life.said


def test_a_renamed_service_leaves_no_orphan(life):
    path = life.dir / "compose.yaml"
    path.write_text(re.sub(r"(?m)^(  |      )nginx:$", r"\1web:", path.read_text()))
    life.dir.joinpath("compose.override.yaml").write_text(QUICK.replace("nginx", "web"))
    life.apply()
    life.start()
    assert {service for service, _ in containers()} == {"litellm", "open-webui", "postgres", "web", "redis"}


def test_restored_without_its_state(life):
    before, kept = containers(), volumes()
    shutil.rmtree(life.top / "state")
    life.apply("--workers", "2")
    assert "is taken up again" in " ".join(life.said.split())
    life.start()
    assert containers() == before and volumes() == kept, "not one container is made anew"


def test_two_stacks(life):
    first = containers()
    two = life.top / "two"
    life.apply("--workers", "1", "--redis", "no", "--port", "8081", directory=two)
    life.quick(two)
    life.start()
    both = containers()
    assert {k: both[k] for k in first} == first and {p for _, p in both} == {"ai-gateway", "two"} and len(both) == 9
    assert life.plan(two)["totals"]["others_mib"] > 0 and life.plan()["totals"]["others_mib"] > 0
    run("docker", "compose", "down", cwd=two)
    assert containers() == first
