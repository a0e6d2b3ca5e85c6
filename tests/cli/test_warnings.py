# SPDX-License-Identifier: MIT
"""Whatever is said for people is in the JSON document too, each with a code that the manual has; and --quiet says nothing but errors."""

import json
import os
import re

import pytest

from conftest import MACHINES, ROOT, run
from test_compose_set import BASE, OVER, SIZE, lay_out

MANUAL = set(re.findall(r'^\s*\{"([a-z-]+)", SEV_', (ROOT / "installer/core/advice.c").read_text(), re.M)) | set(
    re.findall(r'^\s*\{"([a-z-]+)", SEV_', (ROOT / "installer/core/advice_notes.c").read_text(), re.M))
SAID = re.compile(r"^vpsfit: (?:(.*?): )?(warning|note): (.*)$")


def said(stderr):
    """(severity, file, text) of each message on standard error but for errors."""
    return [(m.group(2), m.group(1), m.group(3)) for m in map(SAID.match, stderr.splitlines()) if m]


def check(done, *codes):
    """All of it is in the document, with the codes expected, and every code is in the manual."""
    warnings = json.loads(done.stdout)["warnings"]
    assert {w["code"] for w in warnings} <= MANUAL, {w["code"] for w in warnings} - MANUAL
    assert "message" not in {w["code"] for w in warnings}, warnings
    messages = said(done.stderr)
    for severity, _, text in messages:
        found = [w for w in warnings if w["text"].endswith(text)]
        assert len(found) == 1, (text, warnings)
        assert found[0]["severity"] == {"note": "info"}.get(severity, severity)
    for code in codes:
        assert code in {w["code"] for w in warnings}, (code, done.stderr)
    return messages


def adopt(machine, text, more=None, *args, name="compose.yaml"):
    root, folder = lay_out(machine, {name: text, **(more or {})})
    return root, folder, ["--sysroot", root, "--compose", f"/srv/stack/{name}", *SIZE, *args]


CASES = {
    "service-note": (BASE, {}),
    "override": (BASE, {"compose.override.yaml": "services: {}\n", "docker-compose.override.yml": "services: {}\n"}),
    "included-files": ("include: [other.yaml]\n" + BASE, {"other.yaml": "services: {}\n"}),
    "swarm-settings": (BASE.replace("    command: [\"--c", "    deploy: {mode: replicated}\n    command: [\"--c"), {}),
    "file-unknown": (BASE + "  x: {extends: {file: /srv/none.yaml, service: y}}\n", {}),
    "by-hand": (BASE.replace("  litellm:\n", "  litellm:\n    deploy: *d\n").replace(
        "services:", "x-d: &d {resources: {limits: {memory: 1g}}}\nservices:"), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_found_in_a_compose_file(machine, case):
    root, _, args = adopt(machine, *CASES[case])
    done = run("plan", "--json", *args)
    assert done.returncode in (0, 2), done.stderr
    if done.returncode == 0:
        messages = check(done, *([] if case == "override" else [case]))
        assert messages or case == "by-hand"


def test_the_run_gunicorn_note_is_there(machine):
    """Those who run it unattended must see that each worker loads the program for itself."""
    root, _, args = adopt(machine, BASE)
    for command in (["plan"], ["apply", "--yes"], ["apply", "--yes", "--dry-run"]):
        document = json.loads(run(*command, "--json", *args).stdout)
        note = next(w for w in document["warnings"] if w["code"] == "service-note")
        assert note["severity"] == "warning" and "--run_gunicorn" in note["text"] and "share it at their start" in note["hint"]


def test_with_a_flag_in_the_command_there_is_no_note(machine):
    root, _, args = adopt(machine, BASE.replace('"--num_workers"', '"--run_gunicorn", "--num_workers"'))
    assert "service-note" not in [w["code"] for w in json.loads(run("plan", "--json", *args).stdout)["warnings"]]


@pytest.fixture
def own(machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    return root, root / "opt/ai-gateway"


def test_of_an_override(own):
    root, folder = own
    (folder / "compose.override.yaml").write_text(OVER + "    mem_limit: 1g\n")
    assert check(run("plan", "--json", "--sysroot", root), "override-holds")


def test_of_a_taken_up_stack_and_its_env(own):
    root, folder = own
    os.rename(root / "var/lib/vpsfit", root / "var/lib/else")
    os.chmod(folder / ".env", 0o644)
    assert check(run("plan", "--json", "--sysroot", root), "taken-up")


def test_of_a_missing_env(own):
    root, folder = own
    (folder / ".env").unlink()
    assert check(run("plan", "--json", "--sysroot", root), "env-restored")
    done = run("apply", "--yes", "--json", "--sysroot", root)
    assert done.returncode == 0 and check(done, "env-restored")


def test_of_an_optional_service(own):
    root, folder = own
    assert check(run("plan", "--json", "--redis", "no", "--sysroot", root), "optional-service-out")


def test_of_a_public_port(own):
    """Given once, not twice."""
    root, folder = own
    (folder / ".env").write_text((folder / ".env").read_text().replace("GATEWAY_BIND=127.0.0.1", "GATEWAY_BIND=0.0.0.0"))
    assert check(run("plan", "--json", "--sysroot", root), "bind-public")


def test_of_an_answers_file(machine, tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text("openai-api-key: sk-1\n")
    file.chmod(0o644)
    assert check(run("plan", "--json", "--sysroot", machine("vm-4g"), "--answers", file), "private-answers")


def test_of_an_apply_that_was_cut_off(own):
    root, folder = own
    store = next((root / "var/lib/vpsfit").glob("ai-gateway-*"))
    entry = max((store / "history").iterdir())
    (store / "tx").mkdir()
    for path in entry.rglob("*"):
        if path.is_file():
            (store / "tx" / path.relative_to(entry)).parent.mkdir(parents=True, exist_ok=True)
            (store / "tx" / path.relative_to(entry)).write_bytes(path.read_bytes())
    done = run("plan", "--json", "--sysroot", root)
    assert "cut-off" in {w["code"] for w in json.loads(done.stdout)["warnings"]}


@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"], ["status"], ["plan", "--json"], ["apply", "--yes", "--json"]])
@pytest.mark.parametrize("case", ["service-note", "included-files", "swarm-settings", "by-hand"])
def test_quiet_says_nothing_but_errors(machine, command, case):
    root, _, args = adopt(machine, *CASES[case])
    done = run(*command, "--quiet", *args)
    assert done.returncode in (0, 2)
    if done.returncode == 0:
        assert done.stderr == "" and ("--json" in command or done.stdout == "")


def test_quiet_says_errors(machine):
    root = machine("vm-1g")
    for command in (["plan"], ["apply", "--yes"]):
        done = run(*command, "--quiet", "--sysroot", root)
        assert done.returncode == 3 and done.stdout == ""
        assert [line for line in done.stderr.splitlines() if line.startswith("vpsfit: ")] == [
            "vpsfit: error: the stack does not fit this machine; nothing was written",
            *(["vpsfit: /opt/ai-gateway: the apply ended with exit code 3: it does not fit"] if command[0] == "apply" else [])]


def test_a_file_without_litellm_ends_with_2_wherever_it_is(machine):
    """Not with 3: what is wrong with the file is no matter of the machine's size."""
    for name in ("vm-1g", "vm-2g", "vm-8g"):
        root = machine(name)
        (root / "srv").mkdir(exist_ok=True)
        (root / "srv/compose.yaml").write_text("services: {db: {image: postgres}}\n")
        done = run("plan", "--sysroot", root, "--compose", "/srv/compose.yaml", "--cost-model", "seed-2025-11", "--swap", "none")
        assert done.returncode == 2 and "litellm" in done.stderr


def test_no_message_is_without_a_code():
    """A new warning needs a code: diag_note gives it. Those with a row among the change set's notes have it there."""
    found = []
    for path in sorted((ROOT / "installer").rglob("*.c")):
        text = path.read_text()
        for m in re.finditer(r"diag_add\(\s*[^,;]*,\s*(SEV_WARNING|SEV_INFO)", text):
            if "->notes[" not in text[m.start():m.start() + 700]:
                found.append(f"{path.name}:{text.count(chr(10), 0, m.start()) + 1}")
    assert not found
    for path in sorted((ROOT / "installer").rglob("*.c")):
        for code in re.findall(r'diag_note\([^,;]*,\s*"([a-z-]+)"', path.read_text()):
            assert code in MANUAL, (path.name, code)


def test_every_note_of_the_manual_is_given_somewhere():
    given = "".join(p.read_text() for p in (ROOT / "installer").rglob("*.c") if p.name != "advice_notes.c")
    notes = re.findall(r'^\s*\{"([a-z-]+)", SEV_', (ROOT / "installer/core/advice_notes.c").read_text(), re.M)
    assert len(notes) > 15 and not [code for code in notes if f'"{code}"' not in given]
    assert MACHINES.exists()
