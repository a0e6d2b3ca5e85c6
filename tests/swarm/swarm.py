# SPDX-License-Identifier: MIT
"""
Nodes of a swarm on one machine: each is a network namespace of its own on one bridge, with an engine of its own in it. Needs what
with-swarm sets up. The images are the trees of tests/stack: what is large in them is mounted, so that no engine copies it.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import yaml

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "stack"))

from image_names import image_of  # noqa: E402

OUT = pathlib.Path(os.environ.get("SWARM_OUT", "."))
WORK = pathlib.Path(os.environ.get("SWARM_WORK", "."))
LOGS = PROJECT / "build/swarm"
CGROUP = os.environ.get("SWARM_CGROUP", "")
VPSFIT = os.environ.get("VPSFIT", str(PROJECT / "build/vpsfit"))
PATIENCE = 300
BEGUN = time.monotonic()
NETWORK = "10.77.0"
# The entry points of the real images, which the export names, beside what stands for them in the trees.
STARTS = {"docker-entrypoint.sh": "#!/bin/sh\nexec docker-entrypoint \"$@\"\n",
          "start.sh": "#!/bin/sh\nexec docker-entrypoint\n"}
TREES = ("litellm", "postgres", "nginx", "redis", "open-webui")
MOUNTED = {"litellm": ("/usr", "/opt/venv"), "open-webui": ("/usr",), "postgres": ("/usr",), "nginx": ("/usr",), "redis": ("/usr",)}


def run(*argv, check=True, timeout=PATIENCE, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_for(what, condition, patience=PATIENCE):
    """Waits until the condition is true; returns its value and the seconds that it took."""
    begun = time.monotonic()
    while time.monotonic() < begun + patience:
        value = condition()
        if value:
            return value, time.monotonic() - begun
        time.sleep(0.5)
    raise AssertionError(f"waited {patience} s in vain for {what}")


def say(text):
    """Where it is: setting a swarm up takes a while."""
    print(f"{time.monotonic() - BEGUN:5.0f} s  {text}", file=sys.stderr, flush=True)


def make_bridge():
    LOGS.mkdir(parents=True, exist_ok=True)
    run("ip", "link", "add", "swarm0", "type", "bridge")
    run("ip", "address", "add", f"{NETWORK}.1/24", "dev", "swarm0")
    run("ip", "link", "set", "swarm0", "up")


def image_archive(tree):
    """What of a tree is not mounted, as an archive: a few megabytes."""
    root, archive = WORK / f"image-{tree}", WORK / f"{tree}.tar"
    source = OUT / "trees" / tree
    root.mkdir()
    for entry in source.iterdir():
        if entry.is_symlink():
            os.symlink(os.readlink(entry), root / entry.name)
        elif entry.name in ("etc", "root"):
            shutil.copytree(entry, root / entry.name, symlinks=True)
        elif entry.is_dir():
            (root / entry.name).mkdir()
    for name in ("tmp", "run", "var/tmp", "var/lib/postgresql/data", "var/lib/nginx", "var/log/nginx", "opt/venv", "opt/vpsfit",
                 "app/backend", "test/bin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "run/postgresql"):
        (root / name).mkdir(exist_ok=True)
        (root / name).chmod(0o1777)
    (root / "var/run").symlink_to("/run")
    for name, text in STARTS.items():
        for place in ("test/bin", "app/backend"):
            path = root / place / name
            path.write_text(text)
            path.chmod(0o755)
    run("tar", "-C", root, "-cf", archive, ".")
    shutil.rmtree(root)
    return archive


class Node:
    """One engine with its network."""

    def __init__(self, name, number):
        self.name, self.address = name, f"{NETWORK}.{number + 1}"
        self.directory = WORK / name
        self.directory.mkdir()
        self.socket = f"unix://{self.directory}/docker.sock"
        self.cgroup = f"{CGROUP}-{name}"
        run("ip", "netns", "add", name)
        run("ip", "link", "add", f"v{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", f"v{name}", "master", "swarm0", "up")
        for words in (("link", "set", "lo", "up"), ("address", "add", f"{self.address}/24", "dev", "eth0"), ("link", "set", "eth0", "up"),
                      ("route", "add", "default", "via", f"{NETWORK}.1")):
            run("ip", "-n", name, *words)
        self.start()

    def start(self):
        script = f"""
            mount -t proc proc /proc
            mount -t tmpfs tmpfs /etc/docker 2>/dev/null || true
            hostname {self.name}
            exec dockerd --iptables=false --ip6tables=false --ip-masq=false --host {self.socket} --data-root {self.directory}/data \\
                --exec-root {self.directory}/exec --pidfile {self.directory}/dockerd.pid --exec-opt native.cgroupdriver=cgroupfs \\
                --cgroup-parent /{self.cgroup}"""
        with open(LOGS / f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.name}", "unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child",
                 "--propagation", "private", "bash", "-euc", script], stdout=log, stderr=log)
        wait_for(f"the engine of {self.name}", lambda: self.docker("version", check=False, timeout=20).count("Version") > 1, 60)

    def log(self):
        return (LOGS / f"{self.name}.log").read_text()[-3000:]

    def docker(self, *argv, **more):
        return run("docker", "--host", self.socket, *argv, env={**os.environ, "DOCKER_CONFIG": str(WORK)}, **more)

    def import_images(self, archives):
        for tree, archive in archives.items():
            changes = ["ENV PATH=/test/bin:/opt/venv/bin:/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/sbin:/usr/bin:/bin"]
            if tree == "litellm":
                changes += ["WORKDIR /app", 'ENTRYPOINT ["docker-entrypoint"]']
            elif tree == "open-webui":
                changes += ["WORKDIR /app/backend"]
            elif tree == "nginx":
                changes += ['ENTRYPOINT ["docker-entrypoint"]', 'CMD ["nginx", "-g", "daemon off;"]']
            self.docker("import", *(f"--change={c}" for c in changes), archive, image_of(tree))

    def containers(self):
        """Containers of tasks that run here: service, id."""
        rows = self.docker("ps", "--no-trunc", "--format", '{{.Label "com.docker.swarm.service.name"}} {{.ID}}').split("\n")
        return [tuple(r.split()) for r in rows if len(r.split()) == 2]

    def limit_mib(self, container):
        v2 = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
        place = pathlib.Path("/sys/fs/cgroup", "" if v2 else "memory", self.cgroup, container)
        return int((place / ("memory.max" if v2 else "memory.limit_in_bytes")).read_text()) / (1 << 20)

    def kill(self):
        """As a machine that loses its power: the first process of its namespace, and with it all others."""
        child = int(run("pgrep", "-P", str(self.process.pid)).split()[0])
        os.kill(child, signal.SIGKILL)
        self.process.wait(20)
        run("ip", "link", "set", f"v{self.name}", "down")


class Swarm:
    """Engines joined to one swarm; the first is the manager."""

    def __init__(self, names):
        make_bridge()
        archives = {tree: image_archive(tree) for tree in TREES}
        say("images are packed")
        self.nodes = {}
        for number, name in enumerate(names, 1):
            self.nodes[name] = node = Node(name, number)
            say(f"{name} runs")
            node.import_images(archives)
            say(f"{name} has the images")
        self.manager = self.nodes[names[0]]
        self.manager.docker("swarm", "init", "--advertise-addr", self.manager.address)
        token = self.manager.docker("swarm", "join-token", "--quiet", "worker").strip()
        for node in list(self.nodes.values())[1:]:
            node.docker("swarm", "join", "--token", token, "--advertise-addr", node.address, f"{self.manager.address}:2377")
            say(f"{node.name} has joined")

    def tasks(self, stack):
        """Tasks that should run: service -> list of (node, state)."""
        rows = self.manager.docker("stack", "ps", "--no-trunc", "--filter", "desired-state=running", "--format",
                                   "{{.Name}}\t{{.Node}}\t{{.CurrentState}}", stack).strip().split("\n")
        found = {}
        for row in (r.split("\t") for r in rows if r):
            found.setdefault(row[0].split(".")[0].removeprefix(stack + "_"), []).append((row[1], row[2].split()[0]))
        return found


def mounts(tree):
    return [{"type": "bind", "source": f"{OUT}/trees/{tree}{place}", "target": place, "read_only": True} for place in MOUNTED[tree]]


def with_stand_ins(stack, limited):
    """
    The exported stack with what the tests need: the trees mounted, a provider, and checks that come sooner. There is no query engine in
    the trees, so LiteLLM runs without its database there, and nothing brings tables up to date.
    """
    document = yaml.safe_load(stack)
    for name, service in document["services"].items():
        tree = "litellm" if name.startswith("litellm") or name == "webui-key" else name
        service.setdefault("volumes", []).extend(mounts(tree))
        if "healthcheck" in service:
            service["healthcheck"].update(interval="3s", timeout="30s", retries=20)
        # Without a database LiteLLM knows no key but the master key.
        if name == "webui-key":
            service["entrypoint"] = ["true"]
        if name.startswith("litellm"):
            entry = service["entrypoint"]
            service["entrypoint"] = ["true"] if name.endswith("tables") else [*entry[:2], "env", "-u", "DATABASE_URL", *entry[2:]]
            service["environment"].update(STORE_MODEL_IN_DB="False", OPENAI_API_BASE="http://provider:9000/v1", OPENAI_API_KEY="none")
            service["volumes"].append({"type": "bind", "source": str(limited), "target": "/app/limited.py", "read_only": True})
    document["services"]["provider"] = {
        "image": image_of("litellm"), "entrypoint": ["python3", "/provider.py"], "networks": ["gateway"],
        "volumes": [*mounts("litellm"), {"type": "bind", "source": str(HERE.parent / "stack/provider.py"), "target": "/provider.py"}],
        "deploy": {"endpoint_mode": "dnsrr", "placement": {"constraints": ["node.role == manager"]}}}
    return json.dumps(document)
