# SPDX-License-Identifier: MIT
"""Only owned values are changed, shown or remembered: secrets, removed services, and states that record too much."""

import json
import re
import subprocess

import pytest
import yaml

from conftest import ROOT, run
from test_adopt import COMPOSE2, EDIT, FILE, arguments, contents, place
from test_rerun import on_terminal

# The figures here are those of the founding model, which no measurement changes.
ARGS = ["--ram", "8G", "--cpus", "4", "--swap", "none", "--cost-model", "seed-2025-11"]


def state_of(root):
    newest = sorted((root / "var/lib/vpsfit").glob("*/history/*/state.json"))
    return (newest[-1], json.loads(newest[-1].read_text())) if newest else (None, {"values": {}})


def values_of(root):
    return {key.partition(":")[2]: value for key, value in state_of(root)[1]["values"].items()}


@pytest.mark.parametrize("case", [c for c in EDIT if "withheld" in (c / "before.yaml").read_text()], ids=lambda p: p.name)
def test_no_other_entry_is_shown(machine, case):
    root, _ = place(machine, case)
    args = ["--sysroot", root, "--compose", FILE, *arguments(case)]
    for done in (run("plan", *args), run("plan", "--json", *args), run("apply", "--yes", *args), run("plan", *args)):
        assert done.returncode == 0 and "withheld" not in done.stdout + done.stderr


def test_a_variable_that_holds_something_else_is_not_shown(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/interpolation")
    (folder / ".env").write_text("WORKERS=hidden-1\nLITELLM_MEM=hidden-2\n")
    args = ["--sysroot", root, "--compose", FILE, *ARGS]
    for done in (run("plan", *args), run("apply", "--yes", *args)):
        # The diff below shows the lines themselves, unless their names suggest secrets.
        assert done.returncode == 0 and "withheld" not in done.stdout.partition("\n--- ")[0] + done.stderr
        assert "(hidden) -> 6" in done.stdout and "hidden-" not in done.stdout + done.stderr
    assert (folder / ".env").read_text() == "WORKERS=6\nLITELLM_MEM=3856M\n"


def taken(folder):
    for tool in (["docker-compose"], [COMPOSE2]):
        done = subprocess.run([*tool, "-f", str(folder / "compose.yaml"), "config"], capture_output=True, text=True, cwd=folder,
                              env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, timeout=60)
        assert done.returncode == 0, done.stderr


def without(text, *names):
    """The compose file without any trace of these services."""
    project = yaml.safe_load(text)
    for name in names:
        del project["services"][name]
    for service in project["services"].values():
        for name in names:
            (service.get("depends_on") or {}).pop(name, None)
        if not service.get("depends_on", True):
            del service["depends_on"]
    return yaml.safe_dump(project, sort_keys=False)


def renamed(text, *names):
    project = yaml.safe_load(text)
    for service in project["services"].values():
        for name in names:
            if name in (service.get("depends_on") or {}):
                service["depends_on"]["my-" + name] = service["depends_on"].pop(name)
    project["services"] = {("my-" if n in names else "") + n: s for n, s in project["services"].items()}
    return yaml.safe_dump(project, sort_keys=False)


@pytest.mark.parametrize("edit, names", [
    (without, ["postgres"]), (renamed, ["litellm", "postgres"]), (renamed, ["litellm", "open-webui", "postgres", "nginx"]),
    (without, ["nginx"]),
], ids=["database-out", "two-renamed", "all-renamed", "nginx-out"])
@pytest.mark.parametrize("flag", [None, "--overwrite-edits", "--keep-edits"])
def test_a_service_that_is_gone_is_not_made_anew(stack, edit, names, flag):
    root, folder = stack
    compose = folder / "compose.yaml"
    compose.write_text(edit(compose.read_text(), *names))
    taken(folder)
    services = list(yaml.safe_load(compose.read_text())["services"])
    done = run("apply", "--yes", "--sysroot", root, *ARGS, *([flag] if flag else []))
    assert done.returncode == 0 and "by hand" not in done.stderr, done.stderr
    for name in names:
        assert (f"{name} is 'my-{name}' here" if edit is renamed else f"{name} is not in the file any more: it is not counted") in done.stderr
    after = yaml.safe_load(compose.read_text())["services"]
    assert list(after) == services
    assert all("image" in service or "build" in service for service in after.values())
    taken(folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert run("apply", "--yes", "--sysroot", root, *ARGS).returncode == 0
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_services_that_are_no_services(machine):
    """Nothing is inserted above a service, whatever is in its place."""
    for text in ("services:\n  litellm:\n", "services: {litellm: }\n", "services:\n  litellm: text\n", "services:\n  litellm: []\n"):
        root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
        (folder / "compose.yaml").write_text(text)
        done = run("apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS)
        assert done.returncode in (0, 2)
        assert (folder / "compose.yaml").read_text() == text
        subprocess.run(["rm", "-r", str(root)], check=True)


@pytest.mark.parametrize("name", ["limit-together", "variable-nested", "tag-reset", "tag-reset-below", "extends", "shared", "anchors",
                                  "deploy-null", "one-variable-three"])
def test_only_what_was_written_is_remembered(machine, name):
    """A state of 0.1.0, which also recorded values that it never wrote, causes no conflict."""
    case = ROOT / "tests/compose/edit" / (name if name != "shared" else "environment-alias")
    root, folder = place(machine, case)
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    (folder / "compose.yaml").write_bytes((case / "before.yaml").read_bytes().replace(b"services:", b"# mine\nservices:", 1))
    assert run(*args, "--workers", "2").returncode == 0
    assert run(*args).returncode == 0
    after = contents(folder)
    values = values_of(root)
    text = "".join(p.read_text() for p in folder.iterdir())
    for key, value in values.items():
        assert value["written"] and value["written"] in text, key
    path, state = state_of(root)
    if not path:
        return
    for size in ("mem_limit", "mem_reservation", "memswap_limit", "deploy/resources/limits/memory", "deploy/resources/reservations/memory",
                 "--num_workers"):
        state["values"].setdefault(f"compose.yaml:services/litellm/{size}", {"written": "3856M" if "num" not in size else "6"})
    path.write_text(json.dumps(state))
    done = run(*args)
    assert done.returncode == 0, done.stderr
    assert contents(folder) == after


def test_what_went_through_one_variable_is_no_edit(machine):
    """0.1.0 put three values into one variable: the last one won, but all three were recorded."""
    case = ROOT / "tests/compose/edit/one-variable-three"
    root, folder = place(machine, case)
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    assert run(*args).returncode == 0
    after = (folder / "compose.yaml").read_text()
    through_variable = re.sub(r"mem_limit: \S+", "mem_limit: ${MEM:-1g}", after)
    (folder / "compose.yaml").write_text(through_variable)
    (folder / ".env").write_text("MEM=628M\n")
    done = run(*args)
    assert done.returncode == 0, done.stderr
    assert '"3856M"' in (folder / "compose.yaml").read_text() and (folder / ".env").read_text() == "MEM=628M\n"
    # A number that vpsfit cannot have written is an edit.
    (folder / "compose.yaml").write_text(through_variable)
    (folder / ".env").write_text("MEM=333M\n")
    assert run(*args).returncode == 5


def test_one_worker_that_nothing_speaks_of(machine):
    """0.1.0 recorded a count of 1 that it did not write, because 1 is the default."""
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    (folder / "compose.yaml").write_text("services:\n  litellm:\n    image: litellm\n")
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, "--ram", "8G", "--swap", "none", "--cost-model", "seed-2025-11"]
    assert run(*args, "--workers", "1").returncode == 0
    assert "services/litellm/--num_workers" not in values_of(root)
    path, state = state_of(root)
    state["values"]["compose.yaml:services/litellm/--num_workers"] = {"written": "1"}
    path.write_text(json.dumps(state))
    (folder / "compose.yaml").write_text((folder / "compose.yaml").read_text() + "# a word of mine\n")
    done = run(*args, "--workers", "4")
    assert done.returncode == 0, done.stderr
    assert 'NUM_WORKERS: "4"' in (folder / "compose.yaml").read_text()


def test_a_conflict_in_an_env_file_that_is_gone_is_told(machine):
    """An exit with 5 says which value, also where no file has a line of it any more."""
    root, folder = place(machine, ROOT / "tests/compose/edit/bare-entry-first")
    text = (ROOT / "tests/compose/edit/bare-entry-first/before.yaml").read_text()
    (folder / "compose.yaml").write_text(text)
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    assert run(*args, "--workers", "6").returncode == 0
    assert (folder / ".env").read_text() == "NUM_WORKERS=6\n"
    path, _ = state_of(root)
    # No copy either, as where 0.1.0 wrote the number into the entry that stood below this one.
    for copy in [folder / ".env", path.parent.parent.parent / "kept.env", *path.parent.glob("[0-9]*")]:
        copy.unlink(missing_ok=True)
    done = run(*args, "--workers", "4")
    assert done.returncode == 5 and "litellm workers was taken out by hand, vpsfit would write 4" in done.stderr, done.stdout
    assert not (folder / ".env").exists()
    kept = run(*args, "--workers", "4", "--keep-edits")
    assert kept.returncode == 0 and not (folder / ".env").exists(), kept.stderr
    assert run(*args, "--workers", "4", "--overwrite-edits").returncode == 0
    assert (folder / ".env").read_text() == "NUM_WORKERS=4\n"


@pytest.mark.parametrize("there, later", [("3856m", "--workers"), ("3948544k", "--workers"), ("4043309056", "--workers")])
def test_another_spelling_is_no_edit(machine, there, later):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    compose = folder / "compose.yaml"
    compose.write_text(f"services:\n  litellm:\n    image: litellm\n    command: --num_workers 6\n    mem_limit: {there}\n")
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    assert run(*args).returncode == 0
    assert values_of(root)["services/litellm/mem_limit"]["written"] == there
    path, state = state_of(root)
    state["values"]["compose.yaml:services/litellm/mem_limit"]["written"] = "3856M"
    path.write_text(json.dumps(state))
    compose.write_text("# mine\n" + compose.read_text())
    assert run(*args, later, "2").returncode == 0
    # A person's change is an edit.
    compose.write_text(compose.read_text().replace("mem_limit: 1536M", "mem_limit: 1500M"))
    assert run(*args, later, "4").returncode == 5


def test_larger_connections_were_never_ours(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    compose = folder / "compose.yaml"
    compose.write_text("services:\n  litellm:\n    image: litellm\n  db:\n    image: postgres:16\n    command: -c max_connections=65\n")
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    assert run(*args, "--workers", "4").returncode == 0
    assert "max_connections=65" in compose.read_text()
    path, state = state_of(root)
    state["values"]["compose.yaml:services/db/command/max_connections"] = {"written": "60"}
    path.write_text(json.dumps(state))
    compose.write_text("# mine\n" + compose.read_text())
    done = run(*args, "--workers", "6")
    assert done.returncode == 0, done.stderr
    assert "max_connections=80" in compose.read_text()


def test_what_is_kept_is_not_remembered_as_written(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    args = ["apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS]
    assert run(*args, "--workers", "2").returncode == 0
    compose = folder / "compose.yaml"
    assert "1536M" in compose.read_text()
    compose.write_text(compose.read_text().replace("1536M", "1700M"))
    assert run(*args, "--keep-edits").returncode == 0
    sizes = [v for k, v in values_of(root).items() if "kept" in v]
    assert sizes and all(v["kept"] == "1700M" and v["written"] == "1536M" for v in sizes)
    before = contents(folder)
    assert run(*args).returncode == 0 and contents(folder) == before


def test_a_value_that_was_taken_out_is_called_so(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    args = ["--sysroot", root, "--compose", FILE, *ARGS]
    assert run("apply", "--yes", *args).returncode == 0
    compose = folder / "compose.yaml"
    compose.write_text("".join(line for line in compose.read_text().splitlines(True) if "memswap_limit" not in line))
    done = run("apply", "--yes", *args)
    assert done.returncode == 5 and "it is ," not in done.stderr
    assert "litellm memory and swap was taken out by hand, vpsfit would write 3856M; nothing was written" in done.stderr
    code, out = on_terminal(["n\n", "y\n"], "apply", *args)
    assert "was taken out by hand. Write " in out and "it is ." not in out


def test_an_unknown_part_of_a_limit_keeps_its_twin(machine):
    """mem_limit and deploy change together or not at all: Compose refuses different values."""
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    text = ("services:\n  litellm:\n    image: litellm\n    mem_limit: ${GB:-3}g\n    deploy: {resources: {limits: {memory: 3g}}}\n"
            "    command: --num_workers 6\n")
    (folder / "compose.yaml").write_text(text)
    done = run("apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS)
    assert done.returncode == 0
    after = (folder / "compose.yaml").read_text()
    assert "mem_limit: ${GB:-3}g\n" in after and "limits: {memory: 3g}" in after
    assert "litellm limit is left as it is: mem_limit must say the same, and cannot be changed" in done.stdout


def test_memory_and_swap_that_is_kept_bounds_the_limit(machine):
    root, folder = place(machine, ROOT / "tests/compose/edit/two-spaces")
    (folder / "compose.yaml").write_text("x: &s 2g\nservices:\n  litellm:\n    image: litellm\n    mem_limit: 1g\n"
                                         "    memswap_limit: *s\n    command: --num_workers 6\n")
    done = run("apply", "--yes", "--sysroot", root, "--compose", FILE, *ARGS, "--workers", "6")
    assert done.returncode == 0
    litellm = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["litellm"]
    assert litellm["mem_limit"] == "2048M" and litellm["mem_reservation"] == "2048M"
