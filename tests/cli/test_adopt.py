# SPDX-License-Identifier: MIT
"""
Compose files that somebody else wrote. Each folder of tests/compose/edit has one as it was (before.yaml, env.before/), the expected
result (after.yaml, env.after/), byte for byte, and what only a person can change (by_hand.txt). Each of tests/compose/refused has one
that must not be touched, and the message (expected.err). UPDATE=1 writes the expectations; review the diff before you commit it.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import DOCKER_COMPOSE_IS_1, MACHINES, ROOT, run
from test_rerun import on_terminal

EDIT = sorted(p for p in (ROOT / "tests/compose/edit").iterdir() if p.is_dir())
REFUSED = sorted(p for p in (ROOT / "tests/compose/refused").iterdir() if p.is_dir())
COMPOSE2 = os.environ.get("COMPOSE2", str(ROOT / "build/compose2/usr/libexec/docker/cli-plugins/docker-compose"))
FILE = "/srv/stack/compose.yaml"
OWNED = {"mem_limit", "mem_reservation", "memswap_limit"}
FOREIGN = re.compile("busybox|redis|ollama")


def arguments(case):
    path = case / "args"
    # What an edit does to a file does not depend on the figures: those of the founding model never change.
    return [*(path.read_text().split() if path.exists() else "--ram 8G --cpus 4 --swap none".split()), "--cost-model", "seed-2025-11"]


def place(machine, case):
    root = machine("vm-4g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    shutil.copyfile(case / "before.yaml", folder / "compose.yaml")
    if (case / "env.before").is_dir():
        shutil.copytree(case / "env.before", folder, dirs_exist_ok=True)
    return root, folder


def contents(folder):
    return {p.name: (p.read_bytes(), p.stat().st_mode, p.stat().st_uid, p.stat().st_mtime_ns) for p in folder.iterdir()}


def expect(path, data):
    if os.environ.get("UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    assert path.read_bytes() == data


def by_hand(root, *args):
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--compose", FILE, *args).stdout)
    return "".join(f"{m['value']}: {m['why']}\n{m['lines']}\n" for m in plan["by_hand"])


@pytest.mark.parametrize("case", EDIT, ids=lambda p: p.name)
def test_edit(machine, case):
    root, folder = place(machine, case)
    command = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *arguments(case)]
    before = contents(folder)
    expect(case / "by_hand.txt", by_hand(root, *arguments(case)).encode())
    done = run(*command)
    assert done.returncode == 0, done.stderr
    after = contents(folder)
    expect(case / "after.yaml", after["compose.yaml"][0])
    for name in after.keys() - {"compose.yaml"}:
        expect(case / "env.after" / name, after[name][0])
    # A second edit changes no byte and no timestamp.
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert contents(folder) == after
    undone = run("rollback", "--yes", "--sysroot", root, "--compose", FILE)
    assert undone.returncode == 0, undone.stderr
    assert {n: c[:3] for n, c in contents(folder).items()} == {n: c[:3] for n, c in before.items()}


@pytest.mark.parametrize("case", REFUSED, ids=lambda p: p.name)
def test_refused(machine, case):
    root, folder = place(machine, case)
    before = contents(folder)
    done = run("apply", "--yes", "--sysroot", root, "--compose", FILE, *arguments(case))
    expect(case / "expected.err", f"{done.returncode}\n{done.stderr}".encode())
    assert done.returncode == 2 and "error: " in done.stderr
    assert contents(folder) == before


def without_owned(node):
    """A composed project without what vpsfit owns; services without a part stay complete."""
    for service in node["services"].values():
        if FOREIGN.search(service.get("image", "")):
            continue
        for key in OWNED:
            service.pop(key, None)
        for kind in ("limits", "reservations"):
            resources = (service.get("deploy") or {}).get("resources") or {}
            (resources.get(kind) or {}).pop("memory", None)
            if not resources.get(kind):
                resources.pop(kind, None)
        if "resources" in (service.get("deploy") or {}) and not service["deploy"]["resources"]:
            del service["deploy"]["resources"]
        if not service.get("deploy") or service["deploy"] == {"placement": {}}:
            service.pop("deploy", None)
        environment = service.get("environment") or {}
        environment.pop("NUM_WORKERS", None)
        if not environment:
            service.pop("environment", None)
        for key in ("command", "entrypoint"):
            command = service.get(key)
            text = " ".join(command) if isinstance(command, list) else command or ""
            service[key] = re.sub(r"(num_workers[ =]+|max_connections=)\S+", r"\1N", text)
    node.pop("version", None)
    return node


def composed(tool, folder, file):
    done = subprocess.run([*tool, "-f", str(folder / file), "config"], capture_output=True, text=True, cwd=folder,
                          env={"PATH": "/usr/bin:/bin", "CONNECTIONS": "50", "LANG": "C.UTF-8"})
    return yaml.safe_load(done.stdout) if done.returncode == 0 else None


@pytest.mark.parametrize("tool", [["docker-compose"], [COMPOSE2]], ids=["compose1", "compose2"])
@pytest.mark.parametrize("case", EDIT, ids=lambda p: p.name)
def test_both_composes_take_it(case, tool, tmp_path):
    """
    Compose's view of the file before and after differs in owned values only. A case with compose2_only has features that Compose 1
    lacks.
    """
    made = {}
    expected = tool == [COMPOSE2] or not DOCKER_COMPOSE_IS_1 or not (case / "compose2_only").exists()
    for side in ("before", "after"):
        folder = tmp_path / side / "stack"
        folder.mkdir(parents=True)
        shutil.copyfile(case / f"{side}.yaml", folder / "compose.yaml")
        for name in ("env.before", f"env.{side}"):
            if (case / name).is_dir():
                shutil.copytree(case / name, folder, dirs_exist_ok=True)
        (folder / "webui").mkdir()
        made[side] = composed(tool, folder, "compose.yaml")
        assert (made[side] is not None) == expected
    if not expected:
        return
    made = {side: without_owned(made[side]) for side in made}
    text = {side: json.dumps(made[side], sort_keys=True, default=str).replace(f"/{side}/", "/") for side in made}
    assert text["before"] == text["after"]


def test_several_candidates_are_asked_about(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/chosen")
    code, out = on_terminal(["n\n", "y\n", "y\n"], "apply", "--sysroot", root, "--compose", FILE, "--ram", "8G", "--cpus", "4",
                            "--swap", "none", "--cost-model", "seed-2025-11")
    assert code == 0 and "is the service 'litellm-a' the litellm of this stack? [y/N]" in out
    assert (folder / "compose.yaml").read_bytes() == (ROOT / "tests/compose/edit/chosen/after.yaml").read_bytes()
    # The choice is remembered.
    assert run("apply", "--yes", "--sysroot", root, "--compose", FILE, "--ram", "6G", "--swap", "none").returncode == 0


def test_an_edit_by_hand_is_a_conflict(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/interpolation")
    args = ["--sysroot", root, "--compose", FILE, "--ram", "8G", "--cpus", "4", "--swap", "none"]
    assert run("apply", "--yes", *args).returncode == 0
    env = folder / ".env"
    env.write_text(env.read_text().replace('WORKERS="6"', 'WORKERS="4" # four'))
    before = contents(folder)
    done = run("apply", "--yes", *args)
    assert done.returncode == 5 and "litellm workers was edited by hand: it is 4, vpsfit would write 6" in done.stderr
    assert contents(folder) == before
    # What is kept is kept, and the sizes are made for it.
    assert run("apply", "--yes", "--keep-edits", *args).returncode == 0
    assert 'WORKERS="4" # four' in env.read_text() and contents(folder)["compose.yaml"] != before["compose.yaml"]
    kept = contents(folder)
    assert run("apply", "--yes", *args).returncode == 0
    assert contents(folder) == kept
    assert run("apply", "--yes", "--overwrite-edits", *args).returncode == 0
    assert 'WORKERS="6" # four' in env.read_text() and contents(folder)["compose.yaml"][0] == before["compose.yaml"][0]


def test_a_value_taken_out_by_hand_is_a_conflict(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    args = ["--sysroot", root, "--compose", FILE, "--ram", "8G", "--cpus", "4", "--swap", "none"]
    assert run("apply", "--yes", *args).returncode == 0
    compose = folder / "compose.yaml"
    compose.write_text(re.sub(r"    memswap_limit:.*\n", "", compose.read_text()))
    before = contents(folder)
    assert run("apply", "--yes", *args).returncode == 5
    assert run("apply", "--yes", "--keep-edits", *args).returncode == 0
    assert run("apply", "--yes", *args).returncode == 0
    assert contents(folder) == before
    assert run("apply", "--yes", "--overwrite-edits", *args).returncode == 0
    assert "memswap_limit:" in compose.read_text()


@pytest.mark.parametrize("edit, kept", [
    (('"1536M"', '"700M"'), {"limit": 700, "reservation": 700, "memswap": 700}),
    (('"1536M"', '"3G"'), {"limit": 3072, "reservation": 1228, "memswap": 3072}),
    (('"1228M"', '"2000M"'), {"limit": 2000, "reservation": 2000, "memswap": 2000}),
], ids=["limit-down", "limit-up", "reservation-up"])
def test_what_depends_on_a_kept_size_follows(machine, edit, kept):
    """The engine refuses a reservation above its limit, and memory with swap below it."""
    root = machine("vm-4g")
    args = ["apply", "--yes", "--sysroot", root, "--swap", "none", "--cost-model", "seed-2025-11"]
    assert run(*args).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace(*edit, 1))
    assert run(*args, "--keep-edits").returncode == 0
    litellm = yaml.safe_load(compose.read_text())["services"]["litellm"]
    mib = {"limit": litellm["deploy"]["resources"]["limits"]["memory"],
           "reservation": litellm["deploy"]["resources"]["reservations"]["memory"], "memswap": litellm["memswap_limit"]}
    assert {k: int(v[:-1]) * (1024 if v[-1] == "G" else 1) for k, v in mib.items()} == kept
    before = compose.read_bytes()
    assert run(*args).returncode == 0
    assert compose.read_bytes() == before


@pytest.mark.parametrize("env_there", [True, False])
def test_a_variable_in_a_stack_of_ones_own(machine, env_there):
    root = machine("vm-4g")
    args = ["apply", "--yes", "--sysroot", root, "--swap", "none"]
    assert run(*args).returncode == 0
    folder = root / "opt/ai-gateway"
    compose = folder / "compose.yaml"
    compose.write_text(compose.read_text().replace('- "2" # vpsfit: workers', '- "${WORKERS:-2}" # vpsfit: workers'))
    before = compose.read_bytes()
    if not env_there:
        (folder / ".env").unlink()
    assert run(*args).returncode == 0
    assert compose.read_bytes() == before and "WORKERS" not in (folder / ".env").read_text()
    assert run(*args, "--ram", "8G", "--cpus", "4").returncode == 0
    env = (folder / ".env").read_text()
    assert "\nWORKERS=6\n" in env and "${WORKERS:-2}" in compose.read_text()
    assert re.search(r"^POSTGRES_PASSWORD=[0-9a-f]{64}$", env, re.M)


@pytest.mark.parametrize("flag, workers, told", [("", 2, True), ("--run_gunicorn", 2, False), ("", 1, False)])
def test_workers_that_share_nothing_are_told_of(machine, flag, workers, told):
    root, folder = place(machine, ROOT / "tests/compose/edit/command-string")
    compose = folder / "compose.yaml"
    compose.write_text(compose.read_text().replace("--num_workers 2", f"--num_workers 2 {flag}"))
    done = run("plan", "--sysroot", root, "--compose", FILE, "--workers", workers)
    assert done.returncode == 0 and ("without --run_gunicorn" in done.stderr) == told


def test_no_secret_is_shown(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/interpolation")
    (folder / "compose.yaml").write_text("""services:
  litellm:
    image: litellm
    environment:
      LITELLM_MASTER_KEY: sk-hidden-1
      DATABASE_URL: postgres://u:hidden-2@db/x
      # OPENAI_API_KEY: sk-hidden-3
      "AZURE_TOKEN": 'hidden-4'
      PUBLIC_URL: https://seen-5.example
    command: --num_workers 2
""")
    args = ["--sysroot", root, "--compose", FILE, "--ram", "8G"]
    for done in (run("plan", *args), run("plan", "--json", *args), run("apply", "--yes", *args), run("rollback", "--yes", *args[:4])):
        assert done.returncode == 0
        assert "hidden-" not in done.stdout and "not-yours" not in done.stdout and "seen-5" in done.stdout


@pytest.mark.parametrize("args, said", [
    (["--dir", "/srv"], "contradict"), (["--service", "litellm"], "PART=NAME"), (["--service", "cache=x"], "no part 'cache'"),
    (["--service", "litellm=nobody"], "no service 'nobody'"), (["--service", "litellm=a/b"], "PART=NAME"),
])
def test_bad_arguments(machine, args, said):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    before = contents(folder)
    done = run("apply", "--yes", "--sysroot", root, "--compose", FILE, *args)
    assert done.returncode == 2 and said in done.stderr
    assert contents(folder) == before


def test_a_file_that_is_not_there(machine):
    root = machine("vm-4g")
    done = run("apply", "--yes", "--sysroot", root, "--compose", FILE)
    assert done.returncode == 2 and "is not there" in done.stderr
    assert not (root / "srv").exists()


def test_every_case_is_looked_at():
    assert len(EDIT) >= 25 and len(REFUSED) >= 6 and MACHINES.exists()
