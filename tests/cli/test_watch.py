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
    assert "its first process was killed for lack of memory (exit code 137, 4 restarts)" in text
    assert "Since boot 3 processes were killed" in text


def test_worker_kills_are_said(v2):
    use_v2(v2, container(v2), kills=1)
    text = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "litellm: 1 of its processes was killed for lack of memory since it was started; Docker itself does not show" in text


def test_dockers_flag_is_raised_for_any_process(v2):
    """As Docker 20.10 records the kill of a process that `docker exec` started: the container runs on, and was never restarted."""
    use_v2(v2, container(v2, OOMKilled=True), kills=1)
    one, = look(v2)["services"]
    assert not one["first_process_killed"] and one["kills"] == 1
    text = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "1 of its processes was killed for lack of memory" in text and "first process" not in text


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


def process(root, pid, parent, pss, own, name="python3 (a) b"):
    put(root, f"/proc/{pid}/stat", f"{pid} ({name}) S {parent} 1 1 0\n")
    put(root, f"/proc/{pid}/smaps_rollup", f"0-1 ---p 00000000 00:00 0 [rollup]\nRss: {2 * pss} kB\nPss: {pss} kB\n"
        f"Shared_Clean: 9 kB\nPrivate_Clean: {own // 4} kB\nPrivate_Dirty: {own - own // 4} kB\n")


def test_what_each_worker_holds_is_told(v2):
    group = container(v2)
    use_v2(v2, group)
    put(v2, f"/sys/fs/cgroup{group}/cgroup.procs", "10\n11\n12\n13\n14\n")
    for pid, parent, pss, own in ((10, 1, 90000, 2048), (11, 10, 150000, 102400), (12, 10, 160000, 112640), (13, 10, 900000, 819200), (14, 11, 1000, 900)):
        process(v2, pid, parent, pss, own)
    (one,) = look(v2)["services"]
    assert one["split"] == {"workers": 3, "each_kib": 112640, "shared_kib": 1301000 - 3 * 112640}
    said = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "each of 3 workers holds 110 MiB of its own" in said and "one more takes about 110 MiB" in said
    # One that nobody may look into: then nothing is said of the rest.
    (v2 / "proc/12/smaps_rollup").unlink()
    assert look(v2)["services"][0]["split"] is None
    put(v2, f"/sys/fs/cgroup{group}/cgroup.procs", "10\n11\n")
    assert look(v2)["services"][0]["split"] is None


@pytest.mark.parametrize("how", ["flag", "answers"])
@pytest.mark.parametrize("word, code", [("on", 0), ("off", 0), ("yes", 2)])
def test_an_apply_that_is_to_be_watched(machine, tmp_path, how, word, code):
    root, asked = machine("vm-4g"), ["--watch", word]
    if how == "answers":
        (tmp_path / "answers.yaml").write_text(f"watch: '{word}'\n")
        asked = ["--answers", tmp_path / "answers.yaml"]
    done = run("apply", "--yes", "--swap", "none", "--cost-model", "seed-2025-11", *asked, "--sysroot", root)
    assert done.returncode == code, done.stderr
    assert (root / "opt/ai-gateway/compose.yaml").exists() == (code == 0)
    # The stack is written; only what is asked of a machine that does not run is not done, and it is said.
    assert ("sampler was left as it was: it is another machine's tree" in done.stderr) == (word == "on"), done.stderr
    assert (code == 0) or "on or off" in done.stderr
    # It is asked of this apply, not of those after it.
    again = run("apply", "--yes", "--cost-model", "seed-2025-11", "--sysroot", root)
    assert code != 0 or (again.returncode == 0 and "sampler" not in again.stderr)


def test_a_probe_is_refused_where_it_cannot_be(stack):
    root, _ = stack
    done = run("calibrate", "--probe", "--sysroot", root)
    assert done.returncode == 1 and "nothing was probed: it is another machine's tree" in done.stderr
    assert run("plan", "--probe").returncode == 2


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


NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def open_way(path):
    """So that another user reaches what lies in a test's directory."""
    for p in (path, *path.parents):
        if p.stat().st_uid == os.geteuid() and str(p).startswith("/tmp/"):
            p.chmod(p.stat().st_mode | 0o055)


@pytest.mark.parametrize("way", ["missing", "file", pytest.param("nobody", marks=pytest.mark.root)])
def test_a_sampler_that_can_keep_nothing_says_so_and_fails(sampler, tmp_path, way):
    args = [*map(str, sampler.args), "--once"]
    if way == "missing":
        sampler.store.rmdir()
    if way == "file":
        sampler.store.rmdir()
        sampler.store.write_text("")
    if way == "nobody":
        # A copy, for the build lies where nobody may go.
        shutil.copy(SAMPLER, tmp_path / "sampler")
        args = [*NOBODY, str(tmp_path / "sampler"), *args[1:]]
        open_way(tmp_path)
    done = subprocess.run(args, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1, done.stderr
    assert str(sampler.store) in done.stderr and "nothing is watched" in done.stderr and len(done.stderr.splitlines()) == 1
    assert ("run it as root" in done.stderr) == (way == "nobody")


@pytest.mark.root
@pytest.mark.parametrize("way", ["full", "read-only"])
def test_a_disk_that_takes_no_sample(sampler, tmp_path, way):
    size = "64k" if way == "full" else "8m"
    if way == "read-only":
        assert sampler.once().returncode == 0
    script = f"mount -t tmpfs -o size={size} none {sampler.store} && "
    script += "mount -o remount,ro none {0} && ".format(sampler.store) if way == "read-only" else ""
    args = " ".join(f"'{a}'" for a in [*sampler.args, "--once"])
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script + args], capture_output=True, text=True,
                          timeout=30)
    assert done.returncode == 1 and str(sampler.store) in done.stderr, done.stderr
    assert ("No space left" if way == "full" else "Read-only") in done.stderr and len(done.stderr.splitlines()) == 1


def message(sampler, *lines):
    spool = sampler.run_dir / "messages"
    spool.mkdir(parents=True, exist_ok=True)
    (spool / "000000000001-000000001-000000").write_text("VPSFIT_WHAT=kill\nVPSFIT_SERVICE=litellm\n" + "".join(lines))
    return spool


def alert_programs(sampler, **programs):
    sampler.alerts.mkdir()
    sampler.alerts.chmod(0o755)
    for name, text in programs.items():
        (sampler.alerts / name).write_text(f"#!/bin/sh\n{text}\n")
        (sampler.alerts / name).chmod(0o755)


def deliver(sampler):
    return subprocess.Popen([SAMPLER, "--deliver", "--run", sampler.run_dir, "--alerts", sampler.alerts, "--apart", "0"],
                            stderr=subprocess.PIPE, text=True)


def wait_until(what):
    for _ in range(200):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


@pytest.mark.parametrize("stubborn", ["", "trap '' TERM;"])
def test_term_ends_the_program_and_keeps_the_message_for_those_after_it(sampler, tmp_path, stubborn):
    told = tmp_path / "told"
    alert_programs(sampler, a_first=f"echo first >>{told}", b_slow=f"{stubborn} echo $$ >>{told}.pid; [ -e {told}.quick ] || sleep 8; echo slow >>{told}",
                   c_last=f"echo last $VPSFIT_SERVICE >>{told}")
    spool = message(sampler)
    running = deliver(sampler)
    wait_until(lambda: (tmp_path / "told.pid").exists())
    began = time.monotonic()
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 0 and time.monotonic() - began < 4
    pid = int((tmp_path / "told.pid").read_text().split()[0])
    wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists())
    assert told.read_text() == "first\n" and len(list(spool.iterdir())) == 1
    (tmp_path / "told.quick").touch()
    assert deliver(sampler).wait(10) == 0
    assert told.read_text() == "first\nslow\nlast litellm\n" and not list(spool.iterdir())


def test_term_while_it_waits_between_two_messages_loses_none(sampler, tmp_path):
    alert_programs(sampler, mail=f"echo x >>{tmp_path}/told")
    spool = message(sampler)
    (sampler.run_dir / "messages.last").touch()
    running = subprocess.Popen([SAMPLER, "--deliver", "--run", sampler.run_dir, "--alerts", sampler.alerts, "--apart", "60"])
    time.sleep(0.3)
    running.send_signal(signal.SIGTERM)
    assert running.wait(5) == 0 and len(list(spool.iterdir())) == 1 and not (tmp_path / "told").exists()


def kills_told(sampler, v2, kills):
    """A kill while a sampler of its own watches; returns what waits in the spool afterwards."""
    use_v2(v2, f"/system.slice/docker-{ID}.scope", kills=kills - 1)
    put(v2, "/proc/vmstat", f"pswpout 0\noom_kill {3 + kills - 1}\n")
    running = sampler.begin("--spool-only")
    try:
        wait_until(lambda: (sampler.store / "ring").exists())
        time.sleep(0.3)
        use_v2(v2, f"/system.slice/docker-{ID}.scope", kills=kills)
        put(v2, "/proc/vmstat", f"pswpout 0\noom_kill {3 + kills}\n")
        time.sleep(1.3)
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0
    return sorted((sampler.run_dir / "messages").iterdir())


@pytest.mark.parametrize("damage", ["", "boot", "bytes", "link"])
def test_what_was_told_is_kept_over_a_restart_within_one_boot(sampler, v2, damage):
    put(v2, "/proc/sys/kernel/random/boot_id", "a\n")
    assert len(kills_told(sampler, v2, 1)) == 1
    kept = next(sampler.run_dir.glob("alerts-*"))
    assert kept.stat().st_mode & 0o777 == 0o600 and kept.stat().st_size < 128 << 10
    if damage == "boot":
        put(v2, "/proc/sys/kernel/random/boot_id", "b\n")
    if damage == "bytes":
        kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    if damage == "link":
        kept.rename(kept.with_name("elsewhere"))
        kept.symlink_to("elsewhere")
    # It goes on: the same alert is not told as a new one. Where nothing can be taken over, it is.
    assert len(kills_told(sampler, v2, 2)) == (2 if damage else 1)


def test_the_machines_own_pressure_and_no_guess_at_whose_kills(v2):
    put(v2, "/proc/pressure/memory", "some avg10=0.00 avg60=12.30 avg300=0.00 total=1\nfull avg10=0.00 avg60=4.50 avg300=0.00 total=1\n")
    use_v2(v2, container(v2))
    said = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "waited for memory 12.3 % of the time, and all of them at once 4.5 %" in said and "The others were" in said
    (v2 / f"var/lib/docker/containers/{ID}/config.v2.json").write_text("{")
    said = " ".join(run("watch", "--sysroot", v2).stdout.split())
    assert "whose they were cannot be told" in said and "The others were" not in said


@pytest.mark.root
def test_as_nobody_it_claims_nothing(v2, tmp_path):
    shutil.copy(os.environ["VPSFIT"], tmp_path / "vpsfit")
    use_v2(v2, container(v2))
    (v2 / "var/lib/docker/containers").chmod(0o700)
    open_way(tmp_path)
    open_way(v2)
    done = subprocess.run([*NOBODY, tmp_path / "vpsfit", "watch", "--sysroot", v2], capture_output=True, text=True, timeout=30)
    said = " ".join(done.stdout.split())
    assert done.returncode == 0 and "run it as root" in said, done
    assert "No container of the stack" not in said and "The others were" not in said and "cannot be seen" in said


@pytest.mark.parametrize("group", [None, f"/docker/{ID}"])
@pytest.mark.parametrize("version", [1, 2])
def test_as_nobody_it_shows_what_the_kernel_shows_everybody(machine, tmp_path, group, version):
    root = machine("vm-4g")
    for name in ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/unified"):
        shutil.rmtree(root / name.lstrip("/"), ignore_errors=True)
    at = container(root, group=group, version=version)
    mount = "/sys/fs/cgroup" if version == 2 else "/sys/fs/cgroup/memory"
    if version == 2:
        use_v2(root, at, kills=2)
        put(root, "/sys/fs/cgroup/cgroup.controllers", "memory\n")
    else:
        shutil.rmtree(root / "sys/fs/cgroup/cgroup.controllers", ignore_errors=True)
        put(root, f"{mount}{at}/memory.usage_in_bytes", f"{350 * MIB}\n")
        put(root, f"{mount}{at}/memory.stat", f"hierarchical_memory_limit {1536 * MIB}\ntotal_rss {300 * MIB}\ntotal_inactive_file {20 * MIB}\n")
    put(root, "/proc/self/mountinfo", f"30 20 0:26 / {mount} rw - {'cgroup2 cgroup2 rw' if version == 2 else 'cgroup cgroup rw,memory'}\n")
    put(root, f"{mount}{at}/cgroup.procs", "4242\n4243\n")
    put(root, "/proc/4242/comm", "python3\n")
    # Neither of these is a container's group.
    put(root, f"{mount}/system.slice/docker-{'a' * 63}.scope/memory.current", "1\n")
    put(root, f"{mount}/system.slice/docker.service/memory.current", "1\n")
    (root / "var/lib/docker/containers").chmod(0o700)
    shutil.copy(os.environ["VPSFIT"], tmp_path / "vpsfit")
    open_way(tmp_path)
    open_way(root)
    done = subprocess.run([*NOBODY, tmp_path / "vpsfit", "watch", "--json", "--sysroot", root], capture_output=True, text=True, timeout=30)
    document = json.loads(done.stdout)
    assert document["services"] == [] and any("run it as root" in lack for lack in document["lacks"])
    (one,) = document["others"]
    assert one["name"] == f"python3 {'a' * 12}" and one["need_kib"] == 300 * 1024 and one["limit_kib"] == 1536 * 1024, one
    assert one["restarts"] is None and one["service"] is None
    said = " ".join(subprocess.run([*NOBODY, tmp_path / "vpsfit", "watch", "--sysroot", root], capture_output=True, text=True, timeout=30).stdout.split())
    assert "which of them are the stack's only root may see" in said and "python3 aaa" in said


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
