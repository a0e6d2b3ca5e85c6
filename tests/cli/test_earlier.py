# SPDX-License-Identifier: MIT
"""What 0.1.0 wrote goes on with this version: stacks, states, applies that were cut off, administrators' files and answers."""

import json
import os
import re
import subprocess

import pytest
import yaml

from conftest import ROOT, VPSFIT, environment, run
from earlier import (MOUNT, NOTHING, OLD_START, PARENT, Case, call, only_told, recorded, secrets, stack_of, started_anew,
                     tree)

RECORDED = recorded()
WHOLE = [name.removeprefix("whole ") for name in RECORDED if name.startswith("whole ")]
CUT_OFF = [name for name in RECORDED if ": " in name]
# Every answer that an answers file of 0.1.0 could have, and what this version calls its value.
ANSWERS = {"profile": ("LARGE_VPS", "LARGE_VPS"), "workers": ("3", "3"), "swap": ("1G", "1024M"), "swap-file": ("/srv/swap", "/srv/swap"),
           "swappiness": ("10", "10"), "dir": ("/srv/gateway", "/srv/gateway"), "state": ("/srv/state", "/srv/state"),
           "bind": ("127.0.0.2", "127.0.0.2"), "port": ("9090", "9090"), "ram": ("8G", "8192M"), "cpus": ("4", "4"),
           "overhead": ("900M", "900M"), "cost-model": ("points-2025-11", "points-2025-11"), "keep-edits": ("true", "true"),
           "yes": ("true", "true"), "force": ("false", None)}
# What debian/vpsfit.templates of 0.1.0 asked for.
PRESEED = {"profile": "LARGE_VPS", "workers": "auto", "swap": "none", "dir": "/opt/ai-gateway", "bind": "127.0.0.2", "port": "9090",
           "answers": ""}


def whole(machine, name):
    """(the stack as Case, what is remembered of the applies that there were)"""
    found, more = RECORDED[f"whole {name}"]
    return Case(machine(more["machine"]), found), more["applies"]


def images(compose):
    return {name: s["image"] for name, s in yaml.safe_load(compose.read_text())["services"].items()}


def times(root):
    return {p: p.stat().st_mtime_ns for p in (root / "opt").rglob("*")}


def steps(name):
    """The stacks that the applies before the last one left, the newest first."""
    found = [k for k in RECORDED if k.startswith("step ") and k.endswith(f" of {name}")]
    return [RECORDED[k][0] for k in sorted(found, key=lambda k: int(k.split()[1]), reverse=True)]


@pytest.mark.parametrize("name", WHOLE)
def test_what_only_looks_sees_a_stack_of_its_own(machine, name):
    case, applies = whole(machine, name)
    assert not case.looks()
    status = case.call("status")
    assert "Machine   as it was then" in status.stdout and only_told(status.stderr)
    assert {line.split(": ")[1] for line in status.stdout.splitlines() if "/opt/ai-gateway/" in line and ": " in line} == {"as written", "there"}
    # What the package has newer waits for an apply, and no change of the machine is claimed.
    noticed = run("notice", "--sysroot", case.root).stdout
    assert noticed.startswith("vpsfit: an apply to the stack in /opt/ai-gateway would write: ") and "has changed" not in noticed
    shown = case.call("plan")
    assert only_told(shown.stderr) and "edited by hand" not in shown.stdout
    # What was asked for last holds, but for "auto" and where the gateway listens, which .env knows.
    answers = json.loads(case.call("plan", "--json").stdout)["answers"]
    asked = {a.removeprefix("--"): v for a, v in zip(applies[-1][::2], applies[-1][1::2]) if v != "auto"}
    said = {n: a["value"] for n, a in answers.items() if a["origin"] == "remembered"}
    sizes = {"2G": "2048M", "1G": "1024M"}
    assert said == {n: sizes.get(v, v) for n, v in asked.items() if n not in ("bind", "port")}
    assert all(answers[n]["since"] == "2026-11-24T00:00:00Z" for n in said)


@pytest.mark.parametrize("name", WHOLE)
def test_without_redis_only_the_start_changes(machine, name):
    """
    LiteLLM is started by the launcher, one worker without a parent; the file of 0.1.0 goes, the containers may do less, and nginx.conf
    is this version's. Nothing else changes, and but once.
    """
    case, _ = whole(machine, name)
    before, at = tree(case.root, "opt"), times(case.root)
    workers = json.loads(case.call("plan", "--json").stdout)["workers"]
    done = case.call("apply", "--yes", "--redis", "no")
    assert only_told(done.stderr)
    after = tree(case.root, "opt")
    compose, old, new = ("opt/ai-gateway/" + n for n in ("compose.yaml", "litellm/sitecustomize.py", "litellm/vpsfit_launch.py"))
    nginx = "opt/ai-gateway/nginx/nginx.conf"
    assert after[nginx] == (0o644, (ROOT / "templates/nginx/nginx.conf").read_text())
    assert after[compose][1] == started_anew(before[compose][1], workers)
    assert before.keys() - after.keys() == {old} and after.keys() - before.keys() == {new}
    assert after[new] == (0o644, (ROOT / "templates/litellm/vpsfit_launch.py").read_text())
    assert {k for k in before if before[k] != after.get(k)} == {compose, old, nginx}
    changed = {case.root / k for k in (compose, old, nginx, "opt/ai-gateway", "opt/ai-gateway/litellm", "opt/ai-gateway/nginx")}
    now = times(case.root)
    assert all(now[p] == t for p, t in at.items() if p not in changed)
    # Redis's answer is remembered: the next apply does not bring it either.
    at = times(case.root)
    assert NOTHING in case.call("apply", "--yes").stdout
    assert tree(case.root, "opt") == after and times(case.root) == at


def lines_of(text):
    return [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize("name", WHOLE)
def test_redis_is_a_change_that_is_shown_and_rolled_back(machine, name):
    case, applies = whole(machine, name)
    before = tree(case.root, "opt")
    several = json.loads(case.call("plan", "--json").stdout)["workers"] > 1
    gone = lines_of(OLD_START + MOUNT % (("sitecustomize.py",) * 2) + ("" if several else PARENT))
    shown, done = case.call("plan").stdout, case.call("apply", "--yes")
    assert only_told(done.stderr)
    for text in (shown, done.stdout):
        assert bool(re.search(r"^\+ *redis:", text, re.M)) == bool(re.search(r"^\+ *REDIS_HOST", text, re.M)) == several
        text = text[:text.index("--- /opt/ai-gateway/nginx/nginx.conf")] + re.split(r"(?m)^--- (?!.*nginx\.conf)", text[text.index(
            "--- /opt/ai-gateway/nginx/nginx.conf"):], maxsplit=1)[1]
        assert [line[1:].strip() for line in re.findall(r"^-(?!--).*", text, re.M)] == [
            *lines_of(before["opt/ai-gateway/litellm/sitecustomize.py"][1]),
            *(line for line in lines_of(before["opt/ai-gateway/compose.yaml"][1]) if line in gone)]
    after = tree(case.root, "opt")
    for path, (mode, text) in before.items():
        if path.endswith(("sitecustomize.py", "nginx.conf")):
            continue
        lines = iter((after[path][1] or "").splitlines())
        assert after[path][0] == mode and all(line in lines for line in (text or "").splitlines() if line.strip() not in gone), path
    case.keeps()
    assert NOTHING in case.call("apply", "--yes").stdout and tree(case.root, "opt") == after
    for stack in [before, *steps(name)]:
        if len(applies) > 5 and stack == steps(name)[-3]:
            break
        assert case.call("rollback", "--yes").returncode == 0
        assert stack_of(tree(case.root, "opt")) == stack_of(stack)
        case.keeps()


@pytest.mark.parametrize("name", ["4-gib", "8-gib-everything"])
def test_back_to_before_the_first_apply_keeps_the_secrets(machine, name):
    case, _ = whole(machine, name)
    case.call("apply", "--yes")
    case.had |= secrets(case.root)
    for _ in range(2):
        case.call("rollback", "--yes")
    assert not (case.root / "opt/ai-gateway/compose.yaml").exists()
    case.keeps()
    # And forward again, with the same secrets.
    case.call("apply", "--yes", "--workers", "2")
    assert case.had <= {(k, v) for k, v in re.findall(r"^(\w+)=(.*)$", (case.root / "opt/ai-gateway/.env").read_text(), re.M)}


@pytest.mark.parametrize("name", WHOLE)
def test_its_images_stay_and_are_told_of(machine, name):
    case, _ = whole(machine, name)
    compose = case.root / "opt/ai-gateway/compose.yaml"
    before = images(compose)
    said = {w["code"]: w["text"] for w in json.loads(case.call("plan", "--json").stdout)["warnings"]}
    assert "litellm v1.89.0" in said["image-old"] and "open-webui v0.11.3" in said["image-old"] and "postgres 16.9" in said["image-old"]
    assert "(image-old)" in case.call("status").stdout
    case.call("apply", "--yes")
    assert before.items() <= images(compose).items()


@pytest.mark.parametrize("name", ["4-gib", "8-gib-everything"])
def test_its_images_are_moved_where_that_is_asked_for(machine, name):
    case, _ = whole(machine, name)
    compose = case.root / "opt/ai-gateway/compose.yaml"
    case.call("apply", "--yes")
    text, before = compose.read_text(), images(compose)
    compose.write_text(text.replace("    restart: unless-stopped\n", "    restart: unless-stopped # mine\n", 1))
    edited = tree(case.root, "opt")
    done = case.call("apply", "--yes", "--images", "new")
    after = images(compose)
    assert "by hand" not in done.stderr and "(images-move)" in done.stdout
    assert {n: i for n, i in after.items() if before[n] == i}.keys() <= {"redis"}
    assert after["postgres"].startswith("postgres:16.") and after["postgres"].endswith("-bookworm")
    assert "# mine" in compose.read_text()
    case.keeps()
    assert "image-old" not in case.call("plan").stdout and NOTHING in case.call("apply", "--yes").stdout
    assert "data does not" in case.call("rollback", "--yes").stdout
    assert tree(case.root, "opt") == edited
    case.keeps()


def test_more_workers_are_no_conflict_and_an_edit_is_one(machine):
    case, _ = whole(machine, "4-gib-workers-2")
    compose = case.root / "opt/ai-gateway/compose.yaml"
    text = compose.read_text()
    assert only_told(case.call("apply", "--yes", "--dry-run", "--workers", "4").stderr)
    compose.write_text(re.sub(r'memory: "\d+M" # vpsfit: hard limit', 'memory: "1234M" # vpsfit: hard limit', text, count=1))
    edited = tree(case.root)
    assert "by hand" in case.call("apply", "--yes", "--workers", "4", codes=(5,)).stderr
    assert tree(case.root) == edited
    case.call("apply", "--yes", "--workers", "4", "--keep-edits")
    assert '"1234M"' in compose.read_text() and yaml.safe_load(compose.read_text())["services"]["redis"]
    case.keeps()


@pytest.mark.parametrize("name", [k.removeprefix("beside ") for k in RECORDED if k.startswith("beside ")])
def test_what_holds_in_a_later_file_is_no_edit(machine, name):
    """0.1.0 looked at one file of somebody else's stack: what Compose merges over it held all the time, and goes on holding."""
    args = ["--compose", "/srv/stack/compose.yaml", "--ram", "8G", "--cpus", "4"]
    case = Case(machine("vm-4g"), RECORDED[f"beside {name}"][0], args)
    folder = case.root / "srv/stack"
    before = tree(folder, ".")
    later = [p for p in before if p.endswith(".yaml") and p != "compose.yaml"]
    assert later
    assert run("apply", "--dry-run", "--yes", *args, "--sysroot", case.root).returncode == 0
    done = case.call("apply", "--yes")
    assert "edited by hand: kept" in done.stdout and "it stays as it is" in done.stderr
    after = tree(folder, ".")
    assert all(after[p] == before[p] for p in later)
    # It is known from now on: nothing to do, nor with another number of workers, nor on the machine as it is.
    for _ in range(2):
        assert NOTHING in case.call("apply", "--yes").stdout
    case.call("apply", "--yes", "--workers", "4")
    case.args = args[:2]
    case.call("apply", "--yes", "--workers", "2")
    assert all(tree(folder, ".")[p] == before[p] for p in later)
    # And it can be asked for.
    case.call("apply", "--yes", "--overwrite-edits")
    assert any(tree(folder, ".")[p] != before[p] for p in later)
    # A change that somebody makes now is one.
    for p in later:
        (folder / p).write_text(before[p][1])
    assert "by hand" in case.call("apply", "--yes", codes=(5,)).stderr


# FULL=1 make check-faults tries all places; a sample of them is recorded.

@pytest.mark.parametrize("way", Case.WAYS)
@pytest.mark.parametrize("name", CUT_OFF)
def test_an_apply_that_was_cut_off(machine, name, way):
    found, more = RECORDED[name]
    scenario = name.split(":")[0]
    before, after = (stack_of(RECORDED[f"{when} {scenario}"][0]) for when in ("before", "after"))
    case = Case(machine("vm-4g"), found, more["args"], before, after, more["edited"])
    case.WAYS[way](case)


def test_the_sample_has_applies_that_were_cut_off(machine):
    """Most of it: one or two of each scenario were killed before the journal was there, or after it was gone."""
    count = 0
    for name in CUT_OFF:
        found, _ = RECORDED[name]
        count += any("/tx" in path for path in found)
    assert len(CUT_OFF) > 25 and count > len(CUT_OFF) / 2


def figures(plan):
    return {name: {key: value for key, value in row.items() if key != "from"} for name, row in plan["services"].items()}


@pytest.mark.parametrize("folder", ["etc/vpsfit", "etc/vpsfit/profiles"])
@pytest.mark.parametrize("model", ["cost-model", "cost-model-points-2025-11", "cost-model-measured-2026-11"])
def test_an_administrators_model_lacks_redis_and_is_told(machine, model, folder):
    root = machine("vm-8g")
    text = (ROOT / "tests/cli/0.1.0" / f"{model}.yaml").read_text()
    name = re.search(r"^name: (.*)$", text, re.M).group(1)
    (root / folder).mkdir(parents=True)
    (root / folder / "ours.yaml").write_text(text.replace(f"name: {name}", "name: ours"))
    args = ["--sysroot", root, "--swap", "none", "--workers", "4"]
    made, shipped = (json.loads(run("plan", "--json", *args, "--cost-model", m).stdout) for m in ("ours", name))
    assert [w["text"] for w in made["warnings"] if w["code"] == "service-unmeasured"] and figures(made) == figures(shipped)
    assert (made["totals"], made["verdict"]) == (shipped["totals"], shipped["verdict"])
    call(root, "apply", "--yes", *args[2:], "--cost-model", "ours")
    assert NOTHING in call(root, "apply", "--yes").stdout
    said = call(root, "plan", "--json", "--redis", "no").stdout
    assert "service-unmeasured" not in said


def test_an_administrators_profile(machine):
    root = machine("vm-8g")
    (root / "etc/vpsfit/profiles").mkdir(parents=True)
    (root / "etc/vpsfit/profiles/ours.yaml").write_text(
        '# As one of 0.1.0\'s.\nkind: profile\nname: OURS\ntitle: "Three workers"\nrole: server\nworkers: 3\ntarget_ram_mib: 6G\n'
        "min_disk_mib: 20480\n")
    made = json.loads(call(root, "plan", "--json", "--profile", "OURS").stdout)
    assert (made["profile"], made["workers"]) == ("OURS", 3) and "redis" in made["services"]


def test_an_answers_file(machine, tmp_path):
    root, file = machine("vm-8g"), tmp_path / "answers.yaml"
    keys = "openai-api-key: sk-of-theirs\nanthropic-api-key: sk-ant-of-theirs\n"
    file.write_text("".join(f"{name}: {value}\n" for name, (value, _) in ANSWERS.items()) + keys)
    file.chmod(0o600)
    answers = json.loads(call(root, "plan", "--json", "--answers", file).stdout)["answers"]
    for name, (_, value) in ANSWERS.items():
        if value is not None and name in answers:
            assert answers[name] == {"value": value, "origin": "file"}, name
    assert {"profile", "workers", "swap", "overhead", "dir", "bind", "port"} <= set(answers)
    done = call(root, "apply", "--answers", file)
    assert done.stderr == ""
    env = (root / "srv/gateway/.env").read_text()
    assert all(line in env for line in ("GATEWAY_PORT=9090", "GATEWAY_BIND=127.0.0.2", "OPENAI_API_KEY=sk-of-theirs"))
    assert yaml.safe_load((root / "srv/gateway/compose.yaml").read_text())["services"]["redis"]
    assert NOTHING in call(root, "apply", "--answers", file).stdout


def test_an_answers_file_with_somebody_elses_stack(machine, tmp_path):
    root, file = machine("vm-8g"), tmp_path / "answers.yaml"
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text("services:\n  ai:\n    image: ours/litellm-of-ours\n    command: [--num_workers, '2']\n")
    file.write_text("compose: /srv/stack/compose.yaml\nservice: litellm=ai\nworkers: 4\noverwrite-edits: true\nswap: none\nyes: yes\n")
    call(root, "apply", "--answers", file)
    assert yaml.safe_load((folder / "compose.yaml").read_text())["services"]["ai"]["command"][1] == "4"


def test_a_preseed(machine, tmp_path):
    """The package's own script with the answers that one of 0.1.0 was preseeded with; debconf is a stand-in."""
    templates = (ROOT / "debian/vpsfit.templates").read_text()
    kinds = dict(re.findall(r"^Template: vpsfit/(\S+)\nType: (\S+)$", templates, re.M))
    assert kinds == {"apply": "boolean", "watch": "string", **{name: "string" for name in PRESEED}}
    root = machine("vm-8g")
    debconf = "db_get() { case $1 in vpsfit/apply) RET=true;; %s *) return 10;; esac; }\ndb_stop() { :; }\ndb_fset() { :; }\ndb_fget() { RET=false; }\n" % " ".join(
        f"vpsfit/{name}) RET='{value}';;" for name, value in PRESEED.items())
    script = (ROOT / "debian/vpsfit.postinst").read_text().replace(". /usr/share/debconf/confmodule\n", debconf)
    assert debconf in script
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/vpsfit").write_text(f'#!/bin/sh\nexec {VPSFIT} "$@" --sysroot {root}\n')
    (tmp_path / "bin/vpsfit").chmod(0o755)
    env = environment()
    env["PATH"] = f"{tmp_path}/bin:{env['PATH']}"
    done = subprocess.run(["sh", "-c", script, "postinst", "configure", ""], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0 and "exit code" not in done.stderr, done.stderr
    env = (root / "opt/ai-gateway/.env").read_text()
    assert "GATEWAY_PORT=9090" in env and "GATEWAY_BIND=127.0.0.2" in env
    assert os.path.exists(root / "opt/ai-gateway/compose.yaml")
