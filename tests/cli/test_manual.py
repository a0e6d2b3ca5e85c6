# SPDX-License-Identifier: MIT
"""The manual agrees with the program, and every example in it works. Pages: $VPSFIT_MANUAL, as built."""

import json
import os
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import MACHINES, ROOT, environment, run

PAGES = pathlib.Path(os.environ.get("VPSFIT_MANUAL", ROOT / "build" / "debug" / "manual"))


def page(name):
    return (PAGES / name).read_text()


def plain(roff):
    return roff.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "").replace("\\e", "\\")


def examples(name):
    return [plain(part.split("\n.EE\n")[0]) for part in page(name).split("\n.EX\n")[1:]]


def items(name, section):
    """The heads of a section's list."""
    text = page(name).split(f"\n.SH {section}\n")[1].split("\n.SH ")[0]
    return [plain(head) for head in re.findall(r"^\.TP\n(.*)$", text, re.M)]


def commands(example):
    return [shlex.split(line)[1:] for line in example.splitlines()]


def write_example(root, number, text):
    """Where the page says that it is: a usual cost under the name of its image, everything else under any."""
    folder, name = root / "etc/vpsfit", str(number)
    if text.startswith("kind: usual-cost"):
        folder, name = folder / "catalogue", re.search(r"^name: (.*)$", text, re.M).group(1)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text + "\n")


@pytest.mark.parametrize("name", ["vpsfit.8", "vpsfit-profile.5", "vpsfit-answers.5"])
def test_every_example_works(name, machine, tmp_path):
    root, ran = machine("vm-4g"), 0
    for number, example in enumerate(examples(name)):
        if example.startswith("kind:"):
            write_example(root, number, example)
        elif not example.startswith("vpsfit "):
            (tmp_path / "answers.yaml").write_text(example + "\n")
        else:
            for args in commands(example):
                done = run(*args, "--sysroot", root, cwd=tmp_path)
                assert done.returncode == 0, (args, done.stdout, done.stderr)
                ran += 1
    assert ran >= 2


def test_the_quiet_example_ends_with_six_where_there_is_something_to_do(machine):
    example = next(e for e in examples("vpsfit.8") if "--exit-code" in e)
    assert run(*commands(example)[0], "--sysroot", machine("vm-4g")).returncode == 6


def test_the_profile_and_the_cost_model_are_used(machine):
    root = machine("vm-4g")
    for number, example in enumerate(e for e in examples("vpsfit-profile.5") if e.startswith("kind:")):
        write_example(root, number, example)
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--profile", "THREE_GIG",
                          "--cost-model", "measured-here").stdout)
    assert (plan["profile"], plan["workers"]) == ("THREE_GIG", 1)
    assert plan["services"]["litellm"]["expected_mib"] == 430


def test_every_option_and_command_is_there():
    said = run("--help").stdout
    shown = {word for head in items("vpsfit.8", "OPTIONS") for word in re.findall(r"--[a-z-]+", head)}
    assert shown == set(re.findall(r"^ +(?:-[a-zA-Z], )?(--[a-z-]+)", said, re.M)) and len(shown) > 20
    assert items("vpsfit.8", "COMMANDS") == re.findall(r"^  (vpsfit(?: [a-z]+)?)  ", said, re.M)
    assert items("vpsfit.8", "EXIT STATUS") == [str(code) for code in range(9)]


def test_every_warning_of_the_golden_plans_is_there():
    shown = {head.split()[0]: head.split()[1] for head in items("vpsfit.8", "WARNINGS")}
    said = {}
    for path in (ROOT / "tests" / "golden").glob("*.plan.json"):
        said.update({w["code"]: w["severity"] for w in json.loads(path.read_text())["warnings"]})
    assert len(said) > 10 and said.items() <= shown.items()


def test_every_key_of_the_answers_is_taken_and_no_other(tmp_path):
    keys = {head.split()[0] for head in items("vpsfit-answers.5", "KEYS")}
    answers = tmp_path / "answers.yaml"
    for name in re.findall(r"--([a-z-]+)", run("--help").stdout):
        answers.write_text(f"{name}: []\n")
        refused = run("plan", "--answers", answers, "--sysroot", MACHINES / "vm-4g").stderr
        assert ("unknown key" in refused) == (name not in keys), (name, refused)
        assert ("wants a single value" in refused) == (name in keys), (name, refused)
    assert len(keys) > 10


def test_the_keys_are_those_of_the_readme_of_the_profiles():
    text = (ROOT / "profiles" / "README.md").read_text()
    named = set(re.findall(r"[a-z_-]+", " ".join(re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.S)))))
    for head in items("vpsfit-profile.5", "PROFILE") + items("vpsfit-profile.5", "COST MODEL"):
        assert head.split()[0] in named, head


@pytest.mark.parametrize("name", ["vpsfit.8", "vpsfit-profile.5", "vpsfit-answers.5"])
def test_the_pages_are_clean_roff(name):
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", PAGES / name], capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (0, "")


def complete(*words):
    script = (f"source {shlex.quote(str(PAGES / 'vpsfit.bash'))}; COMP_WORDS=({shlex.join(words)}); "
              f"COMP_CWORD={len(words) - 1}; _vpsfit; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True, cwd="/",
                          env=environment())
    assert done.stderr == ""
    return set(done.stdout.split())


def test_completion():
    assert complete("vpsfit", "ro") == {"rollback"}
    assert {"detect", "plan", "apply", "status", "recover"} <= complete("vpsfit", "")
    assert complete("vpsfit", "apply", "--dry") == {"--dry-run"}
    assert complete("vpsfit", "plan", "--dry") == set()
    # Idle swap partitions of this machine are offered as well.
    swap = complete("vpsfit", "plan", "--swap", "")
    assert {"auto", "none"} <= swap and all(word.startswith("/dev/") for word in swap - {"auto", "none"})
    assert complete("vpsfit", "plan", "--swap", "=", "n") == {"none"}
    assert complete("vpsfit", "plan", "--profile", "a") == {"auto"}
    assert complete("vpsfit", "plan", "--dir", "/et") == {"/etc"}
    assert complete("vpsfit", "plan", "--answers", "/etc/pass") >= {"/etc/passwd"}
