# SPDX-License-Identifier: MIT
"""
Real engines in the layouts that people have: what vpsfit says of their containers, held against the kernel's own figures. Wants root and
docker.io; each engine has a mount namespace, a socket and a data root of its own.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
VPSFIT = os.environ.get("VPSFIT", str(PROJECT / "build/vpsfit"))
PATIENCE = 60
HELD_MIB = 200
HOG = f"""#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {{ char *p = malloc({HELD_MIB}u << 20); memset(p, 1, {HELD_MIB}u << 20); write(1, "held\\n", 5); for (;;) pause(); return *p; }}
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """A tar of one static program that holds HELD_MIB."""
    base = tmp_path_factory.mktemp("hog")
    (base / "hog.c").write_text(HOG)
    subprocess.run(["gcc", "-static", "-O0", "-o", base / "hog", base / "hog.c"], check=True, timeout=PATIENCE)
    subprocess.run(["tar", "-C", base, "-cf", base / "image.tar", "hog"], check=True, timeout=PATIENCE)
    return base / "image.tar"


class Engine:
    def __init__(self, flags=(), daemon_json=None, data_root=None):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="vpsfit-engine.", dir="/var/tmp"))
        (self.work / "root").mkdir()
        (self.work / "etc").mkdir()
        if daemon_json is not None:
            (self.work / "etc/daemon.json").write_text(json.dumps(daemon_json).replace("WORK", str(self.work)))
        flags = [f.replace("WORK", str(self.work)) for f in flags]
        self.data_root = (data_root or "/var/lib/docker").replace("WORK", str(self.work))
        # Only here /var/lib/docker and /etc/docker are this engine's.
        os.makedirs("/var/lib/docker", exist_ok=True)
        os.makedirs("/etc/docker", exist_ok=True)
        hide = f"mount --bind {self.work}/root /var/lib/docker && mount --bind {self.work}/etc /etc/docker && exec \"$@\""
        self.log = open(self.work / "log", "w", encoding="utf-8")
        self.socket = f"unix://{self.work}/docker.sock"
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh", "dockerd", "--iptables=false", "--ip6tables=false",
             "--bridge=none", "--host", self.socket, "--exec-root", self.work / "exec", "--pidfile", self.work / "pid", *flags],
            stdout=self.log, stderr=self.log)

    def docker(self, *argv):
        done = subprocess.run(["docker", "--host", self.socket, *map(str, argv)], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr + (self.work / "log").read_text()[-3000:]
        return done.stdout.strip()

    def start(self, image):
        end = time.monotonic() + PATIENCE
        while subprocess.run(["docker", "--host", self.socket, "version"], capture_output=True, timeout=PATIENCE, check=False).returncode:
            assert time.monotonic() < end and self.process.poll() is None, (self.work / "log").read_text()[-3000:]
            time.sleep(0.2)
        self.docker("import", image, "hog:1")
        self.id = self.docker("run", "--detach", "--name", "eater", "--network", "none", "--memory", "300m", "--label",
                              "com.docker.compose.project.working_dir=/opt/ai-gateway", "hog:1", "/hog")
        while "held" not in self.docker("logs", "eater"):
            assert time.monotonic() < end
            time.sleep(0.1)

    def detect(self):
        done = subprocess.run(["nsenter", "--mount", "-t", str(self.process.pid), VPSFIT, "detect", "--json"], capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def group_mib(self):
        """The kernel's own figure, found by the group's name."""
        for usage in ("memory.current", "memory.usage_in_bytes"):
            for path in pathlib.Path("/sys/fs/cgroup").glob(f"**/*{self.id}*/{usage}"):
                return int(path.read_text()) / 1048576
        raise AssertionError("no control group of the container")

    def stop(self):
        subprocess.run(["docker", "--host", self.socket, "rm", "--force", "eater"], capture_output=True, timeout=PATIENCE, check=False)
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)


LAYOUTS = {
    "default": {},
    "cgroup-parent": {"flags": ["--cgroup-parent", "/vpsfit-anchors/deep"]},
    "data-root-flag": {"flags": ["--data-root", "WORK/moved"], "data_root": "WORK/moved"},
    "data-root-file": {"daemon_json": {"data-root": "WORK/elsewhere", "cgroup-parent": "/vpsfit-both"}, "data_root": "WORK/elsewhere"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_eater_is_told_to_two_percent(layout, image):
    engine = Engine(**LAYOUTS[layout])
    try:
        engine.start(image)
        document = engine.detect()
        eater, = [c for c in document["containers"] if c["id"] == engine.id]
        assert eater["name"] == "eater" and eater["limit_mib"] == 300 and eater["of_this_stack"]
        assert abs(eater["use_mib"] - engine.group_mib()) <= 0.02 * engine.group_mib()
        assert eater["use_mib"] >= HELD_MIB
        assert document["ram"]["gateway_mib"] >= eater["use_mib"]
        assert document["ram"]["containers_mib"] >= eater["use_mib"]
        assert document["ram"]["daemons_mib"] > 0
        # A socket of its own is not the one that the stack would be started with; a configuration is.
        if layout != "data-root-flag":
            assert document["engine"]["data_root"] == engine.data_root
    finally:
        engine.stop()
