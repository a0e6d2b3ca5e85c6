# SPDX-License-Identifier: MIT
"""`vpsfit notice` is silent until the machine changes, then prints a few lines for each stack; it changes nothing."""

import json
import os
import shlex
import shutil
import subprocess

import pytest
import yaml

from conftest import MACHINES, ROOT, VPSFIT, environment, run


def resized(machine, root, bigger):
    """The same disk in another machine."""
    other = machine(bigger)
    for part in ("opt", "var/lib/vpsfit"):
        (other / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(root / part, other / part, dirs_exist_ok=True)
    return other


def tree(root):
    return subprocess.run(["find", ".", "-printf", "%p %T@ %m\n"], cwd=root, capture_output=True, text=True,
                          check=True).stdout


def test_silent_where_nothing_changed_or_nothing_was_applied(machine, stack):
    for root in (stack[0], machine("vm-2g")):
        done = run("notice", "--exit-code", "--sysroot", root)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_says_what_changed_and_changes_nothing(machine, stack):
    root = resized(machine, stack[0], "vm-8g")
    before = tree(root)
    done = run("notice", "--sysroot", root)
    text = " ".join(done.stdout.split())
    assert done.returncode == 0 and done.stderr == ""
    assert "MEDIUM_VPS -> LARGE_VPS" in text and "was 4 GB" in text and "/opt/ai-gateway" in text
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert run("notice", "--exit-code", "--quiet", "--sysroot", root).returncode == 6
    assert tree(root) == before


def test_every_stack_is_looked_at(machine, stack):
    assert run("apply", "--yes", "--dir", "/srv/two", "--sysroot", stack[0]).returncode == 0
    root = resized(machine, stack[0], "vm-2g")
    said = run("notice", "--sysroot", root).stdout
    assert "/opt/ai-gateway" in said and "/srv/two" in said


@pytest.mark.parametrize("dir", ["/srv/.gw", "/srv/..gw", "/srv/...gw"])
def test_a_stack_with_a_hidden_name_is_looked_at(machine, stack, dir):
    assert run("apply", "--yes", "--dir", dir, "--sysroot", stack[0]).returncode == 0
    root = resized(machine, stack[0], "vm-2g")
    (root / "var/lib/vpsfit/.notes").write_text("mine\n")
    (root / "var/lib/vpsfit/.trash").mkdir(mode=0o777)
    done = run("notice", "--sysroot", root)
    assert done.returncode == 0 and "/opt/ai-gateway" in done.stdout and dir in done.stdout and done.stderr == "", done.stderr


def test_gone_after_the_next_apply(machine, stack):
    root = resized(machine, stack[0], "vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert run("notice", "--sysroot", root).stdout == ""


def test_a_corrupt_state_is_named_and_the_others_are_looked_at(machine, stack):
    assert run("apply", "--yes", "--dir", "/srv/two", "--sysroot", stack[0]).returncode == 0
    root = resized(machine, stack[0], "vm-8g")
    state = next((root / "var/lib/vpsfit").glob("ai-gateway-*/history/*/state.json"))
    state.write_text("{")
    done = run("notice", "--sysroot", root)
    assert done.returncode == 1 and "/srv/two" in done.stdout and "state.json" in done.stderr


def machine_of(root, other):
    """Replaces the tree's kernel data with another machine's."""
    for part in ("proc", "sys"):
        shutil.rmtree(root / part)
        subprocess.run(["cp", "-a", other / part, root / part], check=True)


def state_of(root):
    return sorted((root / "var/lib/vpsfit").glob("*/history/*/state.json"))


@pytest.mark.parametrize("before, after, args", [
    ("vm-8g", "vm-16g", []),
    ("vm-4g", "vm-8g", ["--profile", "MEDIUM_VPS", "--workers", "2", "--swap", "none"]),
    ("vm-8g", "vm-16g", ["--profile", "LARGE_VPS", "--swap", "none"]),
])
def test_where_nothing_changes_nothing_is_promised_and_an_apply_takes_note(machine, before, after, args):
    root = machine(before)
    assert run("apply", "--yes", *args, "--sysroot", root).returncode == 0
    machine_of(root, MACHINES / after)
    if run("plan", "--exit-code", "--sysroot", root).returncode == 6:
        pytest.fail("the case changes values")
    said = run("notice", "--exit-code", "--sysroot", root)
    text = " ".join(said.stdout.split())
    assert said.returncode == 0 and "fits as it is" in text and "records the change" in text and "would change" not in text
    stacks = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in (root / "opt/ai-gateway").rglob("*") if p.is_file()}
    entries = state_of(root)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert state_of(root) == entries, "the history grew"
    assert stacks == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in stacks}
    for _ in range(2):
        before_run = tree(root)
        done = run("notice", "--exit-code", "--sysroot", root)
        assert (done.returncode, done.stdout) == (0, "")
        assert run("apply", "--yes", "--sysroot", root).returncode == 0
        assert tree(root) == before_run, "a second apply wrote something"
    assert "as it was then" in run("status", "--sysroot", root).stdout
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0


def test_a_note_is_not_taken_by_halves(machine):
    root = machine("vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    machine_of(root, MACHINES / "vm-16g")
    state = state_of(root)[0]
    before = state.read_text()
    for dry in (["plan"], ["apply", "--dry-run"], ["status"], ["notice"]):
        run(*dry, "--sysroot", root)
        assert state.read_text() == before, dry
    assert state.stat().st_mode & 0o777 == 0o600
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert state.read_text() != before and state.stat().st_mode & 0o777 == 0o600
    assert not [p for p in state.parent.iterdir() if p.name.startswith(".")]


def test_what_was_asked_for_is_remembered_though_nothing_changed(machine, stack):
    root, _ = stack
    assert run("apply", "--yes", "--workers", "2", "--sysroot", root).returncode == 0
    assert json.loads(state_of(root)[-1].read_text())["answers"]["workers"]["value"] == "2"
    machine_of(root, MACHINES / "vm-8g")
    assert "2 -> 2 workers" in " ".join(run("notice", "--sysroot", root).stdout.split())


def test_what_does_not_fit_is_said(machine, stack):
    root = resized(machine, stack[0], "vm-1g")
    done = run("notice", "--exit-code", "--sysroot", root)
    text = " ".join(done.stdout.split())
    assert done.returncode == 3 and "does not fit" in text and "vpsfit apply" not in text and "vpsfit plan" in text
    assert run("apply", "--yes", "--sysroot", root).returncode == 3
    assert run("notice", "--sysroot", root).returncode == 0


def commands_of(text):
    return [shlex.split(line) for line in text.splitlines() if line.startswith("          ")]


@pytest.mark.parametrize("compose", ["/srv/stacks/gw/compose.yaml", "/srv/my gw/docker-compose.yml", "/opt/x/it's;.yaml"])
def test_the_commands_work_for_an_adopted_stack(machine, compose):
    root = machine("vm-4g")
    file = root / compose[1:]
    file.parent.mkdir(parents=True)
    shutil.copy(ROOT / "templates/compose.yaml", file)
    (file.parent / ".env").write_text("NUM=1\n")
    assert run("apply", "--yes", "--workers", "1", "--workers", "auto", "--compose", compose, "--ram", "2G", "--force", "--sysroot", root).returncode == 0
    plan, apply = commands_of(run("notice", "--sysroot", root).stdout)
    assert plan == ["vpsfit", "plan", "--compose", compose] and apply == ["vpsfit", "apply", "--compose", compose]
    assert run(*plan[1:], "--exit-code", "--sysroot", root).returncode == 6
    assert run(*apply[1:], "--yes", "--sysroot", root).returncode == 0
    assert run("notice", "--sysroot", root).stdout == ""
    assert not (root / "opt/ai-gateway").exists()


def test_the_state_directory_is_named_where_it_was(machine):
    root = machine("vm-4g")
    args = ["--state", "/srv/state dir", "--sysroot", root]
    assert run("apply", "--yes", "--dir", "/srv/two", *args).returncode == 0
    machine_of(root, MACHINES / "vm-8g")
    plan, _ = commands_of(run("notice", *args).stdout)
    assert plan == ["vpsfit", "plan", "--dir", "/srv/two", "--state", "/srv/state dir"]
    assert run(*plan[1:], "--exit-code", "--sysroot", root).returncode == 6


def test_a_stack_that_is_gone_promises_nothing(machine, stack):
    root, directory = stack
    (directory / "compose.yaml").write_text("services: [\n")
    machine_of(root, MACHINES / "vm-8g")
    done = run("notice", "--exit-code", "--sysroot", root)
    assert done.returncode == 1 and "vpsfit plan" in done.stdout and "vpsfit apply" not in done.stdout


@pytest.mark.parametrize("before, after, ups", [("vm-4g", "vm-8g", 1), ("vm-8g", "vm-16g", 0), ("vm-4g", "vm-4g", 0), ("vm-4g", "vm-1g", 0)])
def test_the_per_boot_example_does_what_is_to_do_once(machine, tmp_path, before, after, ups):
    cloud = yaml.safe_load((ROOT / "templates/cloud-init/per-boot-apply.yaml").read_text())
    script = next(f["content"] for f in cloud["write_files"] if "per-boot" in f["path"])
    root = machine(before)
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    if before != after:
        machine_of(root, MACHINES / after)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "vpsfit").write_text(f'#!/bin/sh\nexec {VPSFIT} "$@" --sysroot {shlex.quote(str(root))}\n')
    (tools / "docker").write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/docker\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    codes = []
    for _ in range(3):
        done = subprocess.run(["sh", "-c", script.replace("/opt/ai-gateway", f"{root}/opt/ai-gateway")], capture_output=True, text=True,
                              timeout=120, check=False, env=environment(PATH=f"{tools}:{os.environ['PATH']}"))
        codes.append(done.returncode)
    calls = (tmp_path / "docker").read_text() if (tmp_path / "docker").exists() else ""
    assert calls.count("compose up -d") == ups, calls
    assert codes == ([3, 3, 3] if after == "vm-1g" else [0, 0, 0])
    assert (run("notice", "--sysroot", root).stdout == "") == (after != "vm-1g")


def test_a_program_reads_the_same(machine, stack):
    """--json is one document, also where there is nothing to say."""
    nothing = json.loads(run("notice", "--json", "--sysroot", stack[0]).stdout)
    assert nothing == {"schema": "vpsfit.notice/1", "pending": False, "fits": True, "notices": []}
    root = resized(machine, stack[0], "vm-8g")
    text = " ".join(run("notice", "--sysroot", root).stdout.split())
    told = json.loads(run("notice", "--json", "--sysroot", root).stdout)
    assert told["pending"] and [n["code"] for n in told["notices"]] == ["machine-changed"]
    assert told["notices"][0]["text"] in text and told["notices"][0]["stack"] == "/opt/ai-gateway"
    assert told["notices"][0]["commands"] == ["vpsfit plan", "vpsfit apply"]
    shutil.rmtree(root / "opt/ai-gateway")
    assert [n["code"] for n in json.loads(run("notice", "--json", "--sysroot", root).stdout)["notices"]] == ["gone"]


def test_recover_is_read_by_a_program_too(machine):
    assert json.loads(run("recover", "--json", "--sysroot", machine("vm-2g")).stdout) == {"schema": "vpsfit.recover/1", "finished": 0}
