# SPDX-License-Identifier: MIT
"""
Who uses what now: containers in every layout of Docker, the engine's own daemons, and what remains for the system. Each is counted once;
what cannot be told is unknown, never 0.
"""

import json
import shutil

import pytest

from conftest import run

OURS = "/opt/ai-gateway"
TOTAL_KB = 4021024
MIB = 1048576


class Tree:
    """A machine's tree with an engine; paths are as the machine sees them."""

    def __init__(self, root):
        self.root = root
        self.pids = 4100

    def put(self, path, text):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return self

    def meminfo(self, used, more="", total_kb=TOTAL_KB):
        return self.put("/proc/meminfo", f"MemTotal: {total_kb} kB\nMemFree: 1 kB\nMemAvailable: {total_kb - used * 1024} kB\n{more}")

    def process(self, comm, group="/system.slice/docker.service", v1=False, cmdline=None, uid=0, status="", nspid=""):
        self.pids += 1
        base = f"/proc/{self.pids}"
        self.put(f"{base}/comm", comm + "\n").put(f"{base}/cgroup", f"7:memory:{group}\n0::/\n" if v1 else f"0::{group}\n")
        self.put(f"{base}/status", f"Name:\t{comm}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n{nspid}{status}")
        self.put(f"{base}/cmdline", "\0".join(cmdline or [comm]) + "\0")
        return self.pids

    def group(self, directory, mib, inactive=0, active=0, swap=0, v1=False):
        names = ("memory.usage_in_bytes", "total_") if v1 else ("memory.current", "")
        self.put(f"{directory}/{names[0]}", f"{mib * MIB}\n")
        stat = f"anon {(mib - inactive - active) * MIB}\n{names[1]}inactive_file {inactive * MIB}\n{names[1]}active_file {active * MIB}\n"
        if v1:
            stat += f"total_swap {swap * MIB}\n"
        else:
            self.put(f"{directory}/memory.swap.current", f"{swap * MIB}\n")
        return self.put(f"{directory}/memory.stat", stat)

    def record(self, container, name, data_root="/var/lib/docker", pid=0, running=True, image="image:1", labels=None, limit=None, started=None):
        """What the engine keeps of a container."""
        config = {"ID": container, "Name": "/" + name, "Config": {"Image": image, "Labels": labels or {}},
                  "State": {"Running": running, "Pid": pid, **({"StartedAt": started} if started else {})}}
        self.put(f"{data_root}/containers/{container}/config.v2.json", json.dumps(config))
        if limit is not None:
            self.put(f"{data_root}/containers/{container}/hostconfig.json", json.dumps({"Memory": limit * MIB}))
        return container


def compose(directory=OURS, project="ai-gateway", service="litellm"):
    label = "com.docker.compose.project"
    return {label: project, "com.docker.compose.service": service, label + ".working_dir": directory}


@pytest.fixture
def tree(machine):
    def make(name="vm-4g"):
        return Tree(machine(name))
    return make


def detect(t, code=0):
    done = run("detect", "--json", "--sysroot", t.root)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def by_name(document):
    return {c["name"]: c for c in document["containers"]}


def a_gateway(t, group, data_root="/var/lib/docker", v1=False, live=True, uid=0, used=2300):
    """A gateway (1205 + 602 MiB) and somebody else's container (150 MiB); group(id) is the path of a container's control group."""
    t.meminfo(used)
    mount = "/sys/fs/cgroup/memory" if v1 else "/sys/fs/cgroup"
    for char, name, mib, inactive, labels in (("a", "litellm", 1305, 100, compose()), ("b", "web", 640, 38, compose(service="open-webui")),
                                              ("c", "other", 150, 0, compose("/srv/other", "other", "redis"))):
        container = char * 64
        t.group(mount + group(container), mib, inactive, v1=v1)
        pid = t.process("python", group(container), v1, uid=uid) if live else 4000
        t.record(container, name, data_root, pid, labels=labels)


def check_gateway(document):
    ram = document["ram"]
    assert ram["gateway_mib"] == 1205 + 602
    assert ram["containers_mib"] == 1205 + 602 + 150
    assert ram["in_use_mib"] == 2300 - 1205 - 602 - 150
    assert {n: (c["use_mib"], c["of_this_stack"]) for n, c in by_name(document).items()} == {
        "litellm": (1205, True), "web": (602, True), "other": (150, False)}


def v1_mounts(t):
    shutil.rmtree(t.root / "sys/fs/cgroup")
    t.put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n").put("/proc/self/cgroup", "7:memory:/user.slice\n")


def systemd(container):
    return f"/system.slice/docker-{container}.scope"


def cgroupfs(container):
    return f"/docker/{container}"


def parent(container):
    return f"/anchors.slice/anchors-deep.slice/docker-{container}.scope"


def parent_of_cgroupfs(container):
    return f"/anchors/{container}"


def rootless(container):
    return f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{container}.scope"


@pytest.mark.parametrize("v1", [False, True], ids=["v2", "v1"])
@pytest.mark.parametrize("live", [True, False], ids=["processes", "dump"])
@pytest.mark.parametrize("group", [systemd, cgroupfs, parent, parent_of_cgroupfs])
def test_every_driver_and_parent(tree, group, v1, live):
    t = tree()
    if v1:
        v1_mounts(t)
    a_gateway(t, group, v1=v1, live=live)
    check_gateway(detect(t))


def test_data_root_of_the_configuration(tree):
    t = tree().put("/etc/docker/daemon.json", '{"data-root": "/mnt/data/docker"}')
    a_gateway(t, systemd, "/mnt/data/docker")
    document = detect(t)
    check_gateway(document)
    assert document["engine"]["data_root"] == "/mnt/data/docker"
    assert document["engine"]["data_root_source"] == "/etc/docker/daemon.json"
    assert document["disk"]["images"]["path"] == "/mnt/data/docker"


def test_data_root_of_the_command_line(tree):
    t = tree()
    t.process("dockerd", cmdline=["/usr/bin/dockerd", "--data-root=/data/d", "-H", "fd://"])
    a_gateway(t, systemd, "/data/d")
    document = detect(t)
    check_gateway(document)
    assert document["engine"]["data_root"] == "/data/d"


def test_a_private_engine_is_not_the_stacks(tree):
    """Its containers count; where the stack's images go is another matter."""
    t = tree()
    t.process("dockerd", cmdline=["dockerd", "--data-root", "/tmp/d", "-H", "unix:///tmp/d.sock"])
    a_gateway(t, systemd, "/tmp/d")
    document = detect(t)
    check_gateway(document)
    assert document["engine"]["data_root"] == "/var/lib/docker"


def test_user_namespace(tree):
    t = tree()
    a_gateway(t, systemd, "/var/lib/docker/165536.165536")
    check_gateway(detect(t))


def test_snap(tree):
    t = tree().put("/snap/docker/3377/meta/snap.yaml", "name: docker\n")
    a_gateway(t, systemd, "/var/snap/docker/common/var-lib-docker")
    document = detect(t)
    check_gateway(document)
    assert document["engine"]["data_root"] == "/var/snap/docker/common/var-lib-docker"
    shutil.rmtree(t.root / "var/snap")
    assert detect(t)["engine"]["data_root"] == "/var/snap/docker/common/var-lib-docker", "it will be there once it has started"


@pytest.mark.parametrize("live", [True, False])
def test_rootless(tree, live):
    t = tree().put("/etc/passwd", "root:x:0:0::/root:/bin/sh\nai:x:1000:1000::/home/ai:/bin/sh\n").put("/run/user/1000/docker.sock", "")
    a_gateway(t, rootless, "/home/ai/.local/share/docker", live=live, uid=1000)
    document = detect(t)
    check_gateway(document)
    assert document["engine"]["data_root"] == "/home/ai/.local/share/docker"


def test_rootless_with_a_namespace_of_processes(tree):
    """The number in the record is another process's here; the group is found by the container's id."""
    t = tree().put("/etc/passwd", "ai:x:1000:1000::/home/ai:/bin/sh\n").put("/run/user/1000/docker.sock", "")
    a_gateway(t, rootless, "/home/ai/.local/share/docker", live=False)
    t.put("/proc/4000/cgroup", "0::/system.slice/cron.service\n")
    check_gateway(detect(t))


def test_two_engines(tree):
    t = tree().put("/etc/passwd", "ai:x:1000:1000::/home/ai:/bin/sh\n")
    a_gateway(t, systemd)
    t.group("/sys/fs/cgroup" + rootless("d" * 64), 70)
    t.record("d" * 64, "mine", "/home/ai/.local/share/docker", t.process("sh", rootless("d" * 64), uid=1000))
    document = detect(t)
    assert document["ram"]["containers_mib"] == 1205 + 602 + 150 + 70
    assert document["ram"]["in_use_mib"] == 2300 - 1205 - 602 - 150 - 70
    assert by_name(document)["mine"]["use_mib"] == 70


def test_one_container_in_two_roots_counts_once(tree):
    """A data root that moved, with the old place copied or linked."""
    t = tree().put("/etc/docker/daemon.json", '{"data-root": "/mnt/data/docker"}')
    a_gateway(t, systemd, "/mnt/data/docker")
    t.process("dockerd", cmdline=["dockerd", "--data-root", "/mnt/data/again"])
    (t.root / "mnt/data/again").symlink_to("docker")
    check_gateway(detect(t))


def test_mountinfo_names_the_mount(tree):
    t = tree()
    shutil.rmtree(t.root / "sys/fs/cgroup")
    t.put("/proc/self/mountinfo", "25 1 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs ro\n"
          "29 25 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
          "30 25 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n31 25 0:27 / /odd\\040place rw - cgroup cgroup rw,memory\n")
    a_gateway(t, systemd, v1=True)
    shutil.move(t.root / "sys/fs/cgroup/memory", t.root / "odd place")
    check_gateway(detect(t))


def test_mount_of_a_part_of_the_tree(tree):
    """In a container the mount's root is the container's own group."""
    t = tree()
    t.put("/proc/self/mountinfo", "30 25 0:26 /lxc/c1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    t.meminfo(600).group("/sys/fs/cgroup" + systemd("a" * 64), 200)
    t.record("a" * 64, "in", pid=t.process("sh", "/lxc/c1" + systemd("a" * 64)))
    assert by_name(detect(t))["in"]["use_mib"] == 200


def test_a_container_with_groups_of_its_own(tree):
    """With systemd in the container, its process is in a group further down; the container's own has the sum."""
    t = tree().meminfo(600).group("/sys/fs/cgroup" + systemd("a" * 64), 200).group(
        "/sys/fs/cgroup" + systemd("a" * 64) + "/init.scope", 5)
    t.record("a" * 64, "init", pid=t.process("systemd", systemd("a" * 64) + "/init.scope"))
    assert by_name(detect(t))["init"]["use_mib"] == 200


def test_a_reused_process_is_not_the_container(tree):
    t = tree().meminfo(900).group("/sys/fs/cgroup/system.slice/postgresql.service", 500)
    t.record("a" * 64, "gone", pid=t.process("postgres", "/system.slice/postgresql.service"), labels=compose())
    document = detect(t)
    assert document["containers"] == []
    assert document["ram"]["gateway_mib"] == 0 and document["ram"]["containers_mib"] == 0
    assert document["ram"]["in_use_mib"] == 900


def test_a_stopped_container_uses_nothing(tree):
    t = tree().meminfo(900)
    t.record("a" * 64, "stopped", running=False)
    document = detect(t)
    assert document["containers"] == [] and document["ram"]["containers_mib"] == 0


def test_a_container_between_two_starts_is_unknown(tree):
    t = tree().meminfo(900).group("/sys/fs/cgroup" + systemd("b" * 64), 100)
    t.record("a" * 64, "crashing", pid=0, labels=compose())
    t.record("b" * 64, "well", pid=t.process("sh", systemd("b" * 64)))
    ram = detect(t)["ram"]
    assert ram["containers_mib"] is None and ram["gateway_mib"] is None
    assert "crashing" in ram["sources"]["containers_mib"]["why"]
    assert ram["in_use_mib"] == 800
    assert "cannot be told" in ram["sources"]["in_use_mib"]["why"]
    assert "unknown" in run("detect", "--sysroot", t.root).stdout


def test_without_the_memory_controller_use_is_unknown(tree):
    t = tree().meminfo(900).put("/sys/fs/cgroup" + systemd("a" * 64) + "/cgroup.procs", "1\n")
    t.record("a" * 64, "on-a-pi", pid=t.process("sh", systemd("a" * 64)))
    document = detect(t)
    assert by_name(document)["on-a-pi"]["use_mib"] is None
    assert document["ram"]["containers_mib"] is None
    assert document["ram"]["in_use_mib"] == 900


@pytest.mark.parametrize("evidence", ["process", "unit", "socket"])
def test_an_engine_whose_data_root_nothing_names(tree, evidence):
    t = tree().meminfo(900)
    if evidence == "process":
        t.process("dockerd", status="VmRSS: 10240 kB\n")
    elif evidence == "unit":
        t.group("/sys/fs/cgroup/system.slice/docker.service", 10)
    else:
        t.put("/run/docker.sock", "")
    ram = detect(t)["ram"]
    assert ram["containers_mib"] is None and ram["gateway_mib"] is None
    assert "data root" in ram["sources"]["containers_mib"]["why"]
    assert ram["daemons_mib"] == (None if evidence == "socket" else 10)


def test_no_engine(tree):
    ram = detect(tree().meminfo(900))["ram"]
    assert ram["containers_mib"] == ram["gateway_mib"] == ram["daemons_mib"] == 0
    assert ram["in_use_mib"] == 900
    assert ram["sources"]["containers_mib"]["confidence"] == "exact"


@pytest.mark.parametrize("broken", ["", "{", "[]", "\0", "nul", "{\"State\": 7}"])
def test_a_record_that_cannot_be_read(tree, broken):
    t = tree().meminfo(900).put(f"/var/lib/docker/containers/{'a' * 64}/config.v2.json", broken)
    document = detect(t)
    assert document["containers"] == []
    assert document["ram"]["containers_mib"] == (0 if broken.startswith("{\"") else None)


def test_lies_of_a_rootless_engine_are_bounded(tree):
    """Another user's records: nothing below the root is left, no text reaches the terminal as it is, one container counts once."""
    t = tree().put("/etc/passwd", "eve:x:1001:1001::/home/eve:/bin/sh\n").meminfo(900)
    root = "/home/eve/.local/share/docker"
    t.group("/sys/fs/cgroup" + systemd("a" * 64), 100)
    t.record("a" * 64, "real", pid=t.process("sh", systemd("a" * 64)))
    t.record("a" * 64, "again", root, t.pids)
    t.record("b" * 64, "other-process", root, t.process("postgres", "/system.slice/postgresql.service"))
    t.record("c" * 64, "\x1b[2Jx" * 100, root, t.process("sh", rootless("c" * 64)), image="\x1b]0;t\x07")
    t.group("/sys/fs/cgroup" + rootless("c" * 64), 7)
    (t.root / f"home/eve/.local/share/docker/containers/{'d' * 64}").mkdir()
    (t.root / f"home/eve/.local/share/docker/containers/{'d' * 64}/config.v2.json").symlink_to("/../../../etc/shadow")
    document = detect(t)
    assert sorted(c["use_mib"] for c in document["containers"]) == [7, 100]
    text = run("detect", "--sysroot", t.root).stdout
    assert not [c for c in text if ord(c) < 32 and c != "\n"]


def test_roots_own_record_counts_before_a_users(tree):
    """A user's engine is found first, by its process, and claims root's container for the stack."""
    t = tree().meminfo(900).group("/sys/fs/cgroup" + systemd("a" * 64), 100)
    t.process("dockerd", rootless("e" * 64)[:40], cmdline=["dockerd", "--data-root", "/home/eve/d"], uid=1001)
    pid = t.process("sh", systemd("a" * 64))
    t.record("a" * 64, "stolen", "/home/eve/d", pid, labels=compose())
    t.record("a" * 64, "real", pid=pid)
    document = detect(t)
    assert [(c["name"], c["of_this_stack"]) for c in document["containers"]] == [("real", False)]


def test_names_labels_and_limits(tree):
    t = tree().meminfo(6000, total_kb=8143656)
    for char, name, labels, limit in (("a", "ollama", compose(service="ollama"), 5120), ("b", "bare", None, 0), ("c", "no-hostconfig", None, None)):
        t.group("/sys/fs/cgroup" + systemd(char * 64), 50)
        t.record(char * 64, name, pid=t.process("sh", systemd(char * 64)), labels=labels, limit=limit, image="ollama/ollama:0.5")
    document = detect(t)
    assert [c["name"] for c in document["containers"]] == ["bare", "no-hostconfig", "ollama"]
    ollama = by_name(document)["ollama"]
    assert (ollama["project"], ollama["service"], ollama["working_dir"]) == ("ai-gateway", "ollama", OURS)
    assert ollama["limit_mib"] == 5120 and ollama["image"] == "ollama/ollama:0.5"
    assert by_name(document)["bare"]["limit_mib"] == 0 and by_name(document)["bare"]["project"] is None
    text = run("detect", "--sysroot", t.root).stdout
    assert "ollama (ai-gateway/ollama), ollama/ollama:0.5, limit 5120 MiB" in " ".join(text.split())


@pytest.mark.parametrize("directory, project, ours", [
    (OURS, "renamed", True), (OURS + "/", "renamed", True), ("/srv/link", "linked", True), ("/srv/moved", "ai-gateway", True),
    ("/srv/other", "other", False), (OURS + "2", "ai-gateway2", False)])
def test_what_belongs_to_the_stack(tree, directory, project, ours):
    t = tree().meminfo(900).group("/sys/fs/cgroup" + systemd("a" * 64), 100)
    (t.root / "opt/ai-gateway").mkdir(parents=True)
    (t.root / "srv").mkdir()
    (t.root / "srv/link").symlink_to("../opt/ai-gateway")
    t.record("a" * 64, "x", pid=t.process("sh", systemd("a" * 64)), labels=compose(directory, project))
    document = detect(t)
    assert document["ram"]["gateway_mib"] == (100 if ours else 0)
    assert document["ram"]["in_use_mib"] == 800


def test_the_projects_name_is_compose_s(tree):
    """COMPOSE_PROJECT_NAME of .env before the directory's name; a file with a name of its own is told by its directory alone."""
    t = tree().meminfo(900).group("/sys/fs/cgroup" + systemd("a" * 64), 100).put(OURS + "/.env", "COMPOSE_PROJECT_NAME=other\n")
    t.record("a" * 64, "x", pid=t.process("sh", systemd("a" * 64)), labels=compose("/srv/x", "other"))
    assert detect(t)["ram"]["gateway_mib"] == 100
    t.put(OURS + "/.env", "")
    assert detect(t)["ram"]["gateway_mib"] == 0
    t.record("a" * 64, "x", pid=t.pids, labels=compose("/srv/x", "ai-gateway"))
    assert detect(t)["ram"]["gateway_mib"] == 100
    t.put(OURS + "/compose.yaml", "name: mine\nservices: {}\n")
    assert detect(t)["ram"]["gateway_mib"] == 0


# The engine's own processes.

def daemons(t):
    t.process("dockerd", status="VmRSS: 99999 kB\nRssAnon: 40960 kB\nRssFile: 50000 kB\nRssShmem: 0 kB\n")
    t.process("containerd", "/system.slice/containerd.service", status="VmRSS: 99999 kB\nRssAnon: 20480 kB\nRssShmem: 1024 kB\n")
    t.process("containerd-shim", "/system.slice/containerd.service", status="VmRSS: 5120 kB\n")
    t.process("docker-proxy", status="VmRSS: 2048 kB\n")


def test_daemons_are_counted_once(tree):
    t = tree()
    a_gateway(t, systemd)
    daemons(t)
    document = detect(t)
    assert document["ram"]["daemons_mib"] == 40 + 21 + 5 + 2
    assert document["ram"]["in_use_mib"] == 2300 - 1205 - 602 - 150 - 68
    assert "68 of the engine's daemons" in document["ram"]["sources"]["in_use_mib"]["why"]


def test_an_engine_inside_a_container_is_the_containers(tree):
    t = tree()
    a_gateway(t, systemd)
    daemons(t)
    t.process("dockerd", systemd("c" * 64) + "/init", status="VmRSS: 999999 kB\n")
    t.process("containerd", "/lxc.payload.c1", status="VmRSS: 999999 kB\n", nspid="NSpid:\t77\t12\n")
    assert detect(t)["ram"]["daemons_mib"] == 68


def test_containerd_without_docker_is_the_systems(tree):
    t = tree().meminfo(900)
    t.process("containerd", "/system.slice/k3s.service", status="VmRSS: 102400 kB\n")
    ram = detect(t)["ram"]
    assert ram["daemons_mib"] == 0 and ram["in_use_mib"] == 900


def test_daemons_of_a_dump_by_their_units(tree):
    t = tree()
    a_gateway(t, systemd, live=False)
    t.group("/sys/fs/cgroup/system.slice/docker.service", 90, 20, 10).group("/sys/fs/cgroup/system.slice/containerd.service", 40)
    assert detect(t)["ram"]["daemons_mib"] == 60 + 40


def test_daemons_that_are_not_seen_are_unknown(tree):
    t = tree()
    a_gateway(t, systemd, live=False)
    assert detect(t)["ram"]["daemons_mib"] is None


# What remains.

def test_active_page_cache_is_not_taken_off_twice(tree):
    """MemAvailable has it already."""
    t = tree().meminfo(1500).group("/sys/fs/cgroup" + systemd("a" * 64), 1000, active=600)
    t.record("a" * 64, "database", pid=t.process("postgres", systemd("a" * 64)))
    document = detect(t)
    assert by_name(document)["database"]["use_mib"] == 1000 and by_name(document)["database"]["cache_mib"] == 600
    assert document["ram"]["in_use_mib"] == 1500 - 400


ARCSTATS = "9 1 0x01 147 39984 8423526421 1712345678901\nname                            type data\nhits 4 9\n" \
           "c 4 5368709120\nc_min                           4    {least}\nc_max 4 9\nsize                            4    {size}\nhdr_size 4 1\n"


@pytest.mark.parametrize("size, least, arc", [(4096, 256, 3840), (256, 256, 0), (100, 256, 0), (99999, 0, 5200)])
def test_zfs_cache(tree, size, least, arc):
    t = tree("vm-8g").meminfo(5200, total_kb=8143656).put(
        "/proc/spl/kstat/zfs/arcstats", ARCSTATS.format(size=size * MIB, least=least * MIB))
    ram = detect(t)["ram"]
    assert ram["arc_mib"] == arc and ram["in_use_mib"] == 5200 - arc
    assert ("ZFS cache" in run("detect", "--sysroot", t.root).stdout) == (arc > 0)


@pytest.mark.parametrize("broken", ["", "size\n", "size 4\nc_min 4 1\n", "size 4 x\nc_min 4 y\n", "size 4 99999999999999999999999\nc_min 4 1\n"])
def test_zfs_cache_that_cannot_be_read(tree, broken):
    t = tree().meminfo(900).put("/proc/spl/kstat/zfs/arcstats", broken)
    assert detect(t)["ram"]["in_use_mib"] == 900


def test_a_container_leaves_the_hosts_cache_alone(tree):
    t = tree("lxc-2g").meminfo(900, total_kb=2097152).put(
        "/proc/spl/kstat/zfs/arcstats", ARCSTATS.format(size=800 * MIB, least=0))
    assert detect(t)["ram"]["in_use_mib"] == 900


@pytest.mark.parametrize("lines, mib", [
    ("HugePages_Total: 1024\nHugePages_Free: 1000\nHugepagesize: 2048 kB\n", 2048), ("HugePages_Total: 0\nHugepagesize: 2048 kB\n", 0),
    ("HugePages_Total: 2\nHugepagesize: 1048576 kB\nHugetlb: 2113536 kB\n", 2064), ("HugePages_Total: 18446744073709551615\nHugepagesize: 2048 kB\n", 0)])
def test_huge_pages_are_named(tree, lines, mib):
    t = tree().meminfo(2300, lines)
    ram = detect(t)["ram"]
    assert ram["huge_pages_mib"] == mib and ram["in_use_mib"] == 2300
    assert ("huge pages" in run("detect", "--sysroot", t.root).stdout) == (mib > 0)


# Limits of one's own.

def limited(t, mib=300, inactive=100, limit=2048):
    t.meminfo(3000, total_kb=8143656)
    return t.put("/proc/self/cgroup", "0::/app.slice\n").put("/sys/fs/cgroup/app.slice/memory.max", f"{limit * MIB}\n").group(
        "/sys/fs/cgroup/app.slice", mib, inactive)


def test_a_limited_group_counts_its_own_use(tree):
    ram = detect(limited(tree("vm-8g")))["ram"]
    assert ram["effective_mib"] == 2048 and ram["in_use_mib"] == 200
    assert ram["sources"]["in_use_mib"]["source"] == "/sys/fs/cgroup/app.slice/memory.current"


def test_what_lies_outside_the_limit_is_not_taken_off(tree):
    t = limited(tree("vm-8g"), 900, 0)
    for char, group in (("a", systemd), ("b", lambda c: "/app.slice" + cgroupfs(c))):
        t.group("/sys/fs/cgroup" + group(char * 64), 150)
        t.record(char * 64, char, pid=t.process("sh", group(char * 64)))
    daemons(t)
    document = detect(t)
    assert document["ram"]["in_use_mib"] == 900 - 150
    assert document["ram"]["containers_mib"] == 300 and document["ram"]["daemons_mib"] == 0


def test_a_limited_group_without_a_figure_is_unknown(tree):
    t = limited(tree("vm-8g"))
    (t.root / "sys/fs/cgroup/app.slice/memory.current").unlink()
    assert detect(t)["ram"]["in_use_mib"] is None


def test_a_limit_above_the_machine_is_none(tree):
    ram = detect(limited(tree("vm-8g"), limit=9000))["ram"]
    assert ram["in_use_mib"] == 3000


@pytest.mark.parametrize("high, most, effective, named", [(2048, "max", 2048, "memory.high"), (4096, 3072 * MIB, 3072, "memory.max"),
                                                          ("max", 3072 * MIB, 3072, "memory.max"), ("max", "max", 7952, "meminfo")])
def test_memory_high_is_a_limit(tree, high, most, effective, named):
    t = tree("vm-8g").put("/proc/self/cgroup", "0::/user.slice/s.scope\n")
    t.put("/sys/fs/cgroup/user.slice/memory.high", f"{high if high == 'max' else high * MIB}\n")
    t.put("/sys/fs/cgroup/user.slice/memory.max", f"{most}\n").group("/sys/fs/cgroup/user.slice", 100)
    ram = detect(t)["ram"]
    assert ram["effective_mib"] == effective and named in ram["sources"]["effective_mib"]["source"]
    assert ("slowed down" in str(ram["sources"]["effective_mib"]["why"])) == (named == "memory.high")


@pytest.mark.parametrize("stat, effective", [("hierarchical_memory_limit 2147483648\n", 2048),
                                             ("hierarchical_memory_limit 9223372036854771712\n", 7952), ("x 1\n", 7952)])
def test_a_limit_above_what_version_1_shows(tree, stat, effective):
    t = tree("vm-8g")
    v1_mounts(t)
    t.put("/proc/self/cgroup", "7:memory:/\n").put("/sys/fs/cgroup/memory/memory.stat", stat + "total_inactive_file 0\n")
    t.put("/sys/fs/cgroup/memory/memory.usage_in_bytes", f"{100 * MIB}\n")
    assert detect(t)["ram"]["effective_mib"] == effective


# Swap.

def swapping(t, used, kind="partition", name="/dev/vda2", more=""):
    return t.put("/proc/swaps", f"Filename Type Size Used Priority\n{name} {kind} 2097148 {used * 1024} -2\n{more}")


def test_what_is_in_swap_is_told_apart(tree):
    t = swapping(tree().meminfo(1500, "SwapCached: 51200 kB\n"), 900)
    t.group("/sys/fs/cgroup" + systemd("a" * 64), 100, swap=300)
    t.record("a" * 64, "swapped", pid=t.process("sh", systemd("a" * 64)))
    document = detect(t)
    assert document["swap"]["used_mib"] == 900 and document["swap"]["containers_mib"] == 300
    assert document["swap"]["system_mib"] == 900 - 300 - 50
    assert by_name(document)["swapped"]["swap_mib"] == 300
    text = run("detect", "--sysroot", t.root).stdout
    assert "300 MiB in swap" in " ".join(text.split())


def test_the_systems_swap_counts_in_the_plan(tree):
    def system(t):
        return json.loads(run("plan", "--json", "--sysroot", t.root).stdout)["totals"]["system_mib"]
    assert system(swapping(tree().meminfo(1500), 900)) == 2400
    assert system(swapping(tree("vm-2g").meminfo(1500, total_kb=2026024), 0)) == 1500


def test_swap_that_cannot_be_told_apart_is_unknown(tree):
    t = swapping(tree().meminfo(1500), 900)
    v1_mounts(t)
    t.group("/sys/fs/cgroup/memory" + systemd("a" * 64), 100, v1=True).put(
        "/sys/fs/cgroup/memory" + systemd("a" * 64) + "/memory.stat", "total_inactive_file 0\n")
    t.record("a" * 64, "x", pid=t.process("sh", systemd("a" * 64), True))
    swap = detect(t)["swap"]
    assert swap["used_mib"] == 900 and swap["containers_mib"] is None and swap["system_mib"] is None
    assert "x" in swap["sources"]["containers_mib"]["why"]


def test_zram_is_in_ram_already(tree):
    t = swapping(tree().meminfo(1500), 400, name="/dev/zram0", more="/dev/vda2 partition 2097148 102400 -3\n")
    assert detect(t)["swap"]["system_mib"] == 100


# The plan.

def test_a_rerun_does_not_count_the_stack_twice(tree):
    t = tree()
    a_gateway(t, systemd)
    totals = json.loads(run("plan", "--json", "--sysroot", t.root).stdout)["totals"]
    t2 = Tree(t.root)
    shutil.rmtree(t.root / "var/lib/docker")
    t2.meminfo(2300 - 1205 - 602 - 150)
    alone = json.loads(run("plan", "--json", "--sysroot", t.root).stdout)["totals"]
    assert totals["others_mib"] == 150 and alone["others_mib"] == 0
    assert totals["system_mib"] == alone["system_mib"] and totals["idle_mib"] == alone["idle_mib"] + 150


def test_other_peoples_containers_count(tree):
    t = tree()
    t.meminfo(2300).group("/sys/fs/cgroup" + systemd("a" * 64), 2000)
    t.record("a" * 64, "theirs", pid=t.process("sh", systemd("a" * 64)))
    document = detect(t)
    assert document["ram"]["in_use_mib"] == 300
    totals = json.loads(run("plan", "--json", "--sysroot", t.root).stdout)["totals"]
    assert totals["others_mib"] == 2000
    assert totals["idle_mib"] == totals["total_mib"] + totals["optional_mib"] + 2000


def test_unknown_containers_are_an_assumption(tree):
    t = tree().put("/run/docker.sock", "")
    assert any("containers" in a for a in json.loads(run("plan", "--json", "--sysroot", t.root).stdout)["assumptions"])
    assert not any("containers" in a for a in json.loads(run("plan", "--json", "--sysroot", tree("vm-8g").root).stdout)["assumptions"])


# Where the images go.

@pytest.mark.parametrize("files, version, store", [
    ({}, "20.10.24+dfsg1-1", "/var/lib/docker"),
    ({}, "5:28.5.1-1~debian.12~bookworm", "/var/lib/docker"),
    ({}, "5:29.0.1-1~debian.12~bookworm", "/var/lib/containerd"),
    ({"/var/lib/docker/image/overlay2/repositories.json": "{}"}, "5:29.0.1-1", "/var/lib/docker"),
    ({"/etc/docker/daemon.json": '{"features": {"containerd-snapshotter": true}}'}, "5:27.0.0-1", "/var/lib/containerd"),
    ({"/etc/docker/daemon.json": '{"features": {"containerd-snapshotter": false}}'}, "5:29.0.1-1", "/var/lib/docker"),
    ({"/etc/containerd/config.toml": 'version = 2\nroot = "/mnt/c"\n'}, "5:29.0.1-1", "/mnt/c"),
    ({"/etc/docker/daemon.json": '{"data-root": "/mnt/d"}'}, "5:29.0.1-1", "/var/lib/containerd"),
    ({"/var/lib/docker/containerd/daemon/x": ""}, "5:29.0.1-1", "/var/lib/docker/containerd")])
def test_where_the_images_go(tree, files, version, store):
    t = tree().put("/usr/bin/docker", "").put("/var/lib/dpkg/info/docker-ce.list", "")
    t.put("/var/lib/dpkg/status", f"Package: docker-ce\nStatus: install ok installed\nVersion: {version}\n\n")
    for path, text in files.items():
        t.put(path, text)
    document = detect(t)
    assert document["engine"]["image_store"] == store
    assert document["disk"]["images"]["path"] == store
