# SPDX-License-Identifier: MIT
"""One look at the running stack, and the sampler: trees of version 1 and 2, what cannot be had, two samplers, alert.d."""

import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import time

import pytest
from conftest import VPSFIT, run

SAMPLER = pathlib.Path(VPSFIT).parent / "sampler"
ID = "a" * 64
MIB = 1 << 20
PLAN = """vpsfit-watch 1
dir /opt/ai-gateway
store {store}
root /var/lib/docker
cgroup-version 2
cgroup-mount /sys/fs/cgroup
cgroup-top /
host-kills 1
"""


def put(root, path, text):
    path = root / path.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def container(root, cid=ID, service="litellm", group=None, version=2, pid=4242, ours=True, **state):
    record = {"State": {"Running": True, "Pid": pid, "StartedAt": "2026-11-20T00:00:00Z", "OOMKilled": False, "ExitCode": 0, **state},
              "Config": {"Labels": {"com.docker.compose.service": service, "com.docker.compose.project.working_dir":
                                    "/opt/ai-gateway" if ours else "/srv/other"}},
              "Image": "sha256:" + "b" * 64, "Name": f"/gw-{service}-1", "RestartCount": state.pop("restarts", 0), "Args": ["--num_workers=2"]}
    put(root, f"/var/lib/docker/containers/{cid}/config.v2.json", json.dumps(record))
    group = group or f"/system.slice/docker-{cid}.scope"
    put(root, f"/proc/{pid}/cgroup", f"0::{group}\n" if version == 2 else f"5:memory:{group}\n0::/\n")
    return group


def use_v2(root, group, need=300, limit=1536, kills=0, **more):
    at = f"/sys/fs/cgroup{group}"
    put(root, f"{at}/memory.current", f"{(need + 50) * MIB}\n")
    put(root, f"{at}/memory.stat", f"anon {need * MIB}\ninactive_file {20 * MIB}\n")
    put(root, f"{at}/memory.events", f"low 0\nhigh 0\nmax 3\noom {kills}\noom_kill {kills}\n")
    put(root, f"{at}/memory.max", f"{limit * MIB}\n" if limit else "max\n")
    for name, text in more.items():
        put(root, f"{at}/memory.{name.replace('_', '.')}", text)


@pytest.fixture
def v2(machine):
    """A machine with control groups of version 2 and nothing running."""
    root = machine("vm-4g")
    put(root, "/sys/fs/cgroup/cgroup.controllers", "memory\n")
    put(root, "/proc/self/mountinfo", "30 24 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n")
    put(root, "/proc/vmstat", "nr_free_pages 1\npswpout 0\noom_kill 3\n")
    return root


def look(root, *more):
    done = run("watch", "--json", "--sysroot", root, *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_sample(v2):
    use_v2(v2, container(v2, OOMKilled=True, ExitCode=137, restarts=4), need=300, kills=2, peak=f"{700 * MIB}\n",
           swap_current=f"{5 * MIB}\n", pressure="some avg10=1.00 avg60=2.00 avg300=3.00 total=1\nfull avg10=0 avg60=0.50 avg300=0 total=1\n")
    doc = look(v2)
    assert doc["schema"] == "vpsfit.watch/1" and doc["machine"]["kills"] == 3
    one, = doc["services"]
    assert one["need_kib"] == 300 << 10 and one["working_set_kib"] == 330 << 10 and one["limit_kib"] == 1536 << 10
    assert one["peak_kib"] == 700 << 10 and one["swap_kib"] == 5 << 10 and one["kills"] == 2 and one["restarts"] == 4
    assert one["pressure_percent_x100"]["full_avg60"] == 50 and one["first_process_killed"] and one["workers"] == 2
    text = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "its first process was killed for want of memory (exit code 137, 4 restarts)" in text
    assert "Since boot 3 processes were killed" in text


def test_worker_kills_are_said(v2):
    use_v2(v2, container(v2), kills=1)
    text = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "litellm: 1 of its processes was killed for want of memory since it was started; Docker itself does not show" in text


def test_version_1(machine):
    root = machine("vm-4g")
    put(root, "/proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
    group = container(root, version=1, group=f"/docker/{ID}")
    at = f"/sys/fs/cgroup/memory{group}"
    put(root, f"{at}/memory.usage_in_bytes", f"{400 * MIB}\n")
    put(root, f"{at}/memory.stat", f"hierarchical_memory_limit {800 * MIB}\ntotal_rss {350 * MIB}\ntotal_inactive_file 0\ntotal_swap 0\n")
    put(root, f"{at}/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n")
    one, = look(root)["services"]
    assert (one["need_kib"], one["limit_kib"], one["kills"]) == (350 << 10, 800 << 10, 5)
    assert one["pressure_percent_x100"]["full_avg60"] is None and one["peak_kib"] is None


@pytest.mark.parametrize("broken", [
    {"current": "-1\n"}, {"stat": ""}, {"stat": "anon\n"}, {"max": "18446744073709551615\n"}, {"events": "oom_kill -7\n"},
    {"peak": "9" * 40}, {"stat": "anon 99999999999999999999999\n"}, {"current": "\xff\xfe"}])
def test_broken_files(v2, broken):
    use_v2(v2, container(v2), **broken)
    one, = look(v2)["services"]
    assert one["state"] == "running"
    assert all(one[k] is None or one[k] >= 0 for k in ("need_kib", "working_set_kib", "limit_kib", "kills", "peak_kib"))
    assert run("watch", "--sysroot", v2).returncode == 0


def test_a_number_that_was_used_again(v2):
    """The process of the record is of another group by now: it isn't this container's."""
    container(v2)
    put(v2, "/proc/4242/cgroup", "0::/system.slice/cron.service\n")
    use_v2(v2, "/system.slice/cron.service")
    one, = look(v2)["services"]
    assert one["state"] == "between-starts" and one["need_kib"] is None


def test_others_are_apart(v2):
    use_v2(v2, container(v2))
    use_v2(v2, container(v2, cid="c" * 64, service="blog", pid=5, ours=False))
    doc = look(v2)
    assert [s["service"] for s in doc["services"]] == ["litellm"] and [s["service"] for s in doc["others"]] == ["blog"]


def test_what_cannot_be_had_is_said(machine):
    done = run("watch", "--sysroot", machine("vm-4g"))
    assert "There is no engine here" in done.stdout and "No container of the stack" in done.stdout


def test_names_are_data(v2):
    use_v2(v2, container(v2, service="\x1b[31mred\n"))
    done = run("watch", "--sysroot", v2)
    assert "\x1b" not in done.stdout and done.returncode == 0
    assert look(v2)["services"][0]["service"] == "?[31mred?"


def test_enable_needs_the_machine_itself(stack):
    root, _ = stack
    done = run("watch", "--enable", "--sysroot", root)
    assert done.returncode == 1 and "another machine's tree" in done.stderr
    assert run("watch", "--enable", "--disable").returncode == 2


class Sampler:
    def __init__(self, root, tmp_path):
        self.store, self.run_dir, self.root = tmp_path / "store", tmp_path / "run", root
        self.alerts = tmp_path / "alert.d"
        self.store.mkdir()
        (tmp_path / "plan").write_text(PLAN.format(store=self.store))
        self.args = [SAMPLER, "--sysroot", root, "--run", self.run_dir, "--alerts", self.alerts, "--textfile", tmp_path / "text",
                     "--interval", "1", "--every", "1", "--apart", "0", tmp_path / "plan"]

    def begin(self, *more):
        return subprocess.Popen([*map(str, self.args), *more], stderr=subprocess.PIPE, text=True)

    def once(self):
        return subprocess.run([*map(str, self.args), "--once"], capture_output=True, text=True, timeout=30)

    def samples(self):
        data = (self.store / "ring").read_bytes()
        return sum(data[at:at + 4] == b"s\x52\x76\x53" for at in range(64, 4096, 32))


@pytest.fixture
def sampler(v2, tmp_path):
    use_v2(v2, container(v2))
    return Sampler(v2, tmp_path)


def test_one_sample_into_the_ring(sampler):
    assert sampler.once().returncode == 0 and sampler.samples() == 1
    assert (sampler.store / "ring").stat().st_size == 2 * MIB
    line = (sampler.store / "ring.services").read_text().splitlines()[1]
    assert line.endswith(f"0 2 {1536 * 1024} {'b' * 23} litellm")
    assert sampler.once().returncode == 0 and sampler.samples() == 2


def test_two_samplers(sampler):
    first = sampler.begin()
    try:
        for _ in range(100):
            if (sampler.store / "ring").exists():
                break
            time.sleep(0.05)
        second = sampler.once()
        assert second.returncode == 0
    finally:
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0


def test_a_kill_is_told_to_alert_d(sampler, v2, tmp_path):
    sampler.alerts.mkdir()
    told, bad = tmp_path / "told", sampler.alerts / "writable"
    (sampler.alerts / "mail").write_text(f"#!/bin/sh\necho \"$VPSFIT_WHAT $VPSFIT_SERVICE $VPSFIT_STATE $VPSFIT_LIMIT\" >>{told}\n")
    bad.write_text(f"#!/bin/sh\necho bad >>{told}\n")
    (sampler.alerts / "backup~").write_text(f"#!/bin/sh\necho backup >>{told}\n")
    for f in sampler.alerts.iterdir():
        f.chmod(0o755)
    bad.chmod(0o777)
    os.chmod(sampler.alerts, 0o755)
    running = sampler.begin()
    try:
        time.sleep(0.3)
        use_v2(v2, f"/system.slice/docker-{ID}.scope", kills=1)
        put(v2, "/proc/vmstat", "pswpout 0\noom_kill 4\n")
        for _ in range(100):
            if told.exists():
                break
            time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(10)
    assert told.read_text() == "kill litellm begins 1536 MiB\n"


def test_text_file_for_node_exporter(sampler, tmp_path):
    (tmp_path / "text").mkdir()
    assert sampler.once().returncode == 0
    text = (tmp_path / "text/vpsfit.prom").read_text()
    assert f'vpsfit_need_bytes{{service="litellm"}} {300 * MIB}\n' in text and text.endswith("\n")
    assert oct((tmp_path / "text/vpsfit.prom").stat().st_mode & 0o777) == "0o644"


def test_another_machines_ring_is_set_aside(sampler, v2):
    sampler.once()
    put(v2, "/etc/machine-id", "f" * 32 + "\n")
    assert sampler.once().returncode == 0 and sampler.samples() == 1
    assert (sampler.store / "ring.set-aside.1").exists()


def test_containers_that_vanish_and_come_back(sampler, v2):
    """Also cut off in the middle: the record is there without its group, the group without its files."""
    running = sampler.begin()
    at, group = v2 / f"var/lib/docker/containers/{ID}", v2 / f"sys/fs/cgroup/system.slice/docker-{ID}.scope"
    try:
        for broken in (lambda: shutil.rmtree(group), lambda: group.mkdir(), lambda: shutil.rmtree(at), lambda: at.mkdir(),
                       lambda: (at / "config.v2.json").write_text("{\"State\":"), lambda: use_v2(v2, container(v2), need=310)):
            time.sleep(0.35)
            broken()
        time.sleep(2.2)
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
    data = (sampler.store / "ring").read_bytes()
    assert struct.pack("<I", 310 << 10) in data and struct.pack("<I", 300 << 10) in data


def test_a_plan_that_is_none(sampler, tmp_path):
    (tmp_path / "plan").write_text("something else\n")
    done = sampler.once()
    assert done.returncode == 1 and "plan:1:" in done.stderr


@pytest.mark.parametrize("args", [[], ["--interval", "0", "x"], ["--interval"], ["a", "b"], ["--what", "x"]])
def test_usage(args):
    done = subprocess.run([SAMPLER, *args], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2 and "usage:" in done.stderr


@pytest.mark.parametrize("running, gone", [(["litellm"], True), (["litellm", "postgres"], False), (["postgres"], False), ([], False)])
def test_status_says_that_the_database_is_gone(machine, running, gone):
    """The gateway's container stays green for a while; no engine is asked."""
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    for i, service in enumerate(running):
        cid = str(i + 1) * 64
        use_v2(root, container(root, cid=cid, service=service, pid=4242 + i))
    done = run("status", "--sysroot", root)
    assert ("postgres does not run" in " ".join(done.stdout.split())) == gone, done.stdout
    document = json.loads(run("status", "--sysroot", root, "--json").stdout)
    assert any("postgres does not run" in text for text in document.get("watched", [])) == gone
