# SPDX-License-Identifier: MIT
"""Sequences of user actions that once ended in a false message or a dead end."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from conftest import MACHINES, VPSFIT, environment, run

FOREIGN = """services:
  litellm:
    image: ghcr.io/berriai/litellm:v1
    command: ["--num_workers", "2", "--run_gunicorn"]
"""


def foreign(root, text=FOREIGN):
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(text)
    return folder


def apply(root, *args, code=0):
    done = run("apply", "--yes", "--swap", "none", "--sysroot", root, *args)
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def state(root):
    return sorted((root / "var/lib/vpsfit").glob("*/history/*/state.json"))


@pytest.mark.parametrize("files", ["compose.yaml:./compose.yaml", "compose.yaml:compose.yaml", "compose.yaml:more.yaml:compose.yaml"])
def test_a_file_that_is_named_twice_is_edited_once(machine, files):
    root = machine("vm-8g")
    folder = foreign(root)
    (folder / "more.yaml").write_text("services: {litellm: {environment: {A: '1'}}}\n")
    (folder / ".env").write_text(f"COMPOSE_FILE={files}\n")
    done = apply(root, "--compose", "/srv/stack/compose.yaml")
    assert done.stdout.count("+++ ") == 1, done.stdout
    assert '"6"' in (folder / "compose.yaml").read_text()
    before = (folder / "compose.yaml").read_bytes()
    apply(root, "--compose", "/srv/stack/compose.yaml")
    assert (folder / "compose.yaml").read_bytes() == before


def test_two_names_of_one_file_are_told(machine):
    root = machine("vm-8g")
    folder = foreign(root)
    os.symlink("compose.yaml", folder / "compose.override.yaml")
    before = (folder / "compose.yaml").stat().st_mtime_ns
    done = apply(root, "--compose", "/srv/stack/compose.yaml", code=2)
    assert "compose.override.yaml: error: is another name of a file that Compose merges too" in done.stderr
    assert (folder / "compose.yaml").stat().st_mtime_ns == before


def test_an_apply_without_anything_to_write_is_remembered_all_the_same(machine):
    root = machine("vm-4g")
    foreign(root)
    at = ("--compose", "/srv/stack/compose.yaml")
    apply(root, *at)
    for entry in (root / "var/lib/vpsfit").iterdir():
        os.rename(entry, root / "srv" / entry.name)
    done = apply(root, *at)
    assert "none" in done.stdout and len(state(root)) == 1
    status = run("status", "--exit-code", "--sysroot", root, *at)
    assert status.returncode == 0 and "Nothing was applied" not in status.stdout
    apply(root, *at)
    assert len(state(root)) == 1, "and then there is nothing more to remember"


@pytest.mark.parametrize("flags", [["--workers", "2"], ["--profile", "MEDIUM_VPS", "--overhead", "700"], []])
def test_the_same_command_again_writes_no_byte(machine, flags):
    root = machine("vm-4g")
    apply(root, *flags)
    path = state(root)[0]
    document = json.loads(path.read_text())
    for answer in document["answers"].values():
        answer["since"] = "2026-01-01T00:00:00Z"
    path.write_text(json.dumps(document, indent=2) + "\n")
    before = path.read_bytes(), path.stat().st_mtime_ns
    apply(root, *flags)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("name", ["compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_a_renamed_stack_without_its_state_is_still_vpsfits(machine, name):
    root = machine("vm-4g")
    apply(root)
    folder = root / "opt/ai-gateway"
    secrets = (folder / ".env").read_text()
    (folder / "compose.yaml").rename(folder / name)
    for path in sorted((root / "var/lib/vpsfit").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert "its state is missing" in " ".join(run("status", "--sysroot", root).stdout.split())
    apply(root)
    assert not (folder / "compose.yaml").exists() and (folder / ".env").read_text() == secrets
    assert len(state(root)) == 1


def test_a_service_that_was_renamed_is_not_said_to_start_wrongly(machine):
    root = machine("vm-8g")
    apply(root)
    path = root / "opt/ai-gateway/compose.yaml"
    path.write_text(path.read_text().replace("\n  litellm:\n", "\n  llm-proxy:\n"))
    done = apply(root, "--workers", "4")
    assert "litellm is 'llm-proxy' here" in done.stderr and '"4" # vpsfit: workers' in path.read_text() and "--run_gunicorn" not in done.stderr


def test_an_override_that_says_the_same_in_other_words_is_no_difference(machine):
    root = machine("vm-4g")
    apply(root)
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    folder = root / "opt/ai-gateway"
    mib = plan["services"]["litellm"]["limit_mib"]
    (folder / "compose.override.yaml").write_text(
        f"services:\n  litellm:\n    deploy: {{resources: {{limits: {{memory: {mib * 1024}k}}}}}}\n")
    assert yaml.safe_load((folder / "compose.override.yaml").read_text())
    done = run("plan", "--sysroot", root)
    assert done.returncode == 0 and "the plan says" not in done.stderr, done.stderr


def test_quiet_says_errors_alone(machine):
    root = machine("vm-8g")
    foreign(root, FOREIGN.replace(', "--run_gunicorn"', ""))
    at = ("--compose", "/srv/stack/compose.yaml")
    assert "--run_gunicorn" in run("plan", "--sysroot", root, *at).stderr
    done = apply(root, "-q", *at)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_lost_env_of_an_adopted_stack_comes_back_whole(machine):
    root = machine("vm-8g")
    folder = foreign(root, """services:
  litellm:
    image: ghcr.io/berriai/litellm:v1
    command: ["--run_gunicorn"]
    environment: {NUM_WORKERS: "${W:-2}", KEY: "${SK}"}
    mem_limit: ${M:-1g}
""")
    (folder / ".env").write_text("# mine\nSK=sk-topsecret\nW=2\nM=1g\n")
    at = ("--compose", "/srv/stack/compose.yaml")
    apply(root, *at)
    written = (folder / ".env").read_text()
    assert "SK=sk-topsecret" in written and "W=6" in written
    for lost in ("gone", "empty"):
        (folder / ".env").unlink() if lost == "gone" else (folder / ".env").write_text("\n")
        done = apply(root, *at)
        assert "comes back from vpsfit's own copy" in done.stderr and "sk-topsecret" not in done.stdout + done.stderr
        assert (folder / ".env").read_text() == written
    apply(root, *at)


def test_the_difference_of_a_file_with_crlf_is_one_that_patch_takes(machine, tmp_path):
    root = machine("vm-4g")
    apply(root)
    path = root / "opt/ai-gateway/compose.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for part in ("proc", "sys"):
        shutil.rmtree(root / part)
        shutil.copytree(MACHINES / "vm-8g" / part, root / part, symlinks=True)
    done = subprocess.run([VPSFIT, "plan", "--swap", "none", "--sysroot", root], capture_output=True, check=True, env=environment())
    assert b"\\x0d" not in done.stdout
    work = tmp_path / "compose.yaml"
    shutil.copy(path, work)
    subprocess.run(["patch", "--binary", "--quiet", work], input=done.stdout[done.stdout.index(b"--- "):], check=True)
    apply(root)
    assert work.read_bytes() == path.read_bytes()
