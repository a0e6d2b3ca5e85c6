# SPDX-License-Identifier: MIT
"""German and Spanish on the command line: translated, aligned, within 80 columns; JSON and files stay English."""

import os
import pathlib
import pty
import re
import unicodedata

import pytest

from conftest import MACHINES, ROOT, VPSFIT, environment, run

LANGUAGES = sorted(path.stem for path in (ROOT / "wizard/po").glob("*.po"))
NAMES = sorted(p.name for p in MACHINES.iterdir() if p.is_dir() and not p.name.startswith("bad-"))
# Machines with the most different texts: swap, desktop, container, limits, existing stack, no engine.
TELLING = ["vm-2g", "vm-1g", "vm-4g-1core", "vm-512m", "vm-8g-desktop", "lxc-2g", "rootless-4g", "swap-4g", "zram-2g", "busy-4g"]
HEADINGS = {"de": ("Maschine", "Profil", "Kostenmodell", "erwartet", "Reserve", "mit Swap", "Summe", "Ruhe"),
            "es": ("Máquina", "Perfil", "Modelo de coste", "previsto", "reserva", "con swap", "total", "calma")}
ENGLISH = re.compile(r"(?<![-\w])(the|with|would|nothing|expected|unknown|worker|workers|cores?|usable|of)(?![-\w])")
# The cost model's own texts, from its file.
DATA = re.compile(r"LiteLLM 1\.110\.2, Open WebUI 0\.12\.4; 2 cores,")


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def speak(language, *args):
    return run(*args, env=environment(LANGUAGE=language))


def too_long(text):
    """Lines that could have been wrapped; an indent and one word, usually a path, may be longer."""
    return [line for line in text.splitlines() if columns(line) > 80 and " " in line.strip() and not line.startswith("    vpsfit ")]


def codes(plan):
    """The warning codes: in brackets at the end of each, before the changes."""
    return re.findall(r"\((\w+(?:-\w+)+|tight|zram|zswap)\)\n", re.sub(r"\n +", " ", plan.split("\n\n")[4] + "\n"))


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_keeps_its_shape(language, name):
    english = run("plan", "--sysroot", MACHINES / name)
    done = speak(language, "plan", "--sysroot", MACHINES / name)
    assert done.returncode == english.returncode
    assert all(heading in done.stdout for heading in HEADINGS[language])
    assert not too_long(done.stdout)
    # The budget's figures are in the same columns as in English.
    ends = [[m.end() for m in re.finditer(r"(?<= )\d+(?= |$)", line)][:4]
            for text in (english.stdout, done.stdout) for line in text.split("\n\n")[1].splitlines()[1:8]]
    assert len(ends) == 14 and ends[:7] == ends[7:]
    head = [re.split(r" {2,}", text.split("\n\n")[1].splitlines()[0]) for text in (english.stdout, done.stdout)]
    assert len(head[0]) == len(head[1]) == 5
    # The same warnings as in English, each with a text.
    assert codes(english.stdout) == codes(done.stdout)


@pytest.mark.parametrize("command", ["plan", "detect"])
@pytest.mark.parametrize("name", TELLING)
def test_no_english_is_left(language, name, command):
    done = speak(language, command, "--sysroot", MACHINES / name)
    left = [line for line in done.stdout.splitlines() if ENGLISH.search(DATA.sub("", line))]
    assert not left
    assert not too_long(done.stdout)


@pytest.mark.parametrize("name", TELLING)
def test_labels_end_before_their_column(language, name):
    """Every label is separated from its text by a blank."""
    for line in speak(language, "detect", "--sysroot", MACHINES / name).stdout.splitlines():
        assert len(line) <= 16 or line[15] == " ", line
    plan = speak(language, "plan", "--sysroot", MACHINES / name).stdout
    for line in plan.split("\n\n")[0].splitlines():
        assert line[15] == " ", line
    lines = plan.split("\n\n")[3].splitlines()
    column = next(len(line) - len(line.lstrip()) for line in lines if line.startswith(" "))
    assert column >= 10 and all(line[column - 1] == " " and line[column] != " " for line in lines)


@pytest.mark.parametrize("command", ["", "detect", "plan", "apply", "status", "rollback", "recover", "notice"])
def test_help(language, command):
    done = speak(language, *([command] if command else []), "--help")
    assert done.returncode == 0
    assert not too_long(done.stdout)
    assert not [line for line in done.stdout.splitlines() if ENGLISH.search(line)]


@pytest.mark.parametrize("args", [["plan", "--nonsense"], ["paln"], ["plan", "--workers", "0"], ["plan", "--answers", "/nowhere.yaml"],
                                  ["plan", "--profile", "SMAL_VPS"], ["apply"], ["plan", "--sysroot", "/nowhere/at/all"]])
def test_errors(language, args):
    english, done = run(*args), speak(language, *args)
    assert done.returncode == english.returncode != 0
    assert len(done.stderr.splitlines()) == len(english.stderr.splitlines())
    word = {"de": "Fehler: ", "es": "error: "}[language]
    assert word in done.stderr
    for ours, theirs in zip(done.stderr.splitlines(), english.stderr.splitlines(), strict=True):
        assert ours != theirs


def test_errors_in_files(language, tmp_path):
    answers = tmp_path / "answers.yaml"
    answers.write_text("prfile: SMALL_VPS\nworkers: many\nport: {a: b}\n")
    english, done = run("plan", "--answers", answers), speak(language, "plan", "--answers", answers)
    assert done.returncode == english.returncode == 2
    said = [line for line in done.stderr.splitlines() if str(answers) in line]
    assert len(said) == 3 and not set(said) & set(english.stderr.splitlines())


def test_decimals_have_a_point_as_in_every_size(language):
    """The program writes '3.5 GB' in every language; a comma beside it would be a second sign for the same."""
    catalogue = (ROOT / f"wizard/po/{language}.po").read_text()
    assert not [line for line in re.findall(r"(?m)^msgstr.*", catalogue) if re.search(r"[0-9d],(?:[0-9]|%lld)", line)]


def test_status_and_rollback(language, stack):
    root, directory = stack
    done = speak(language, "status", "--sysroot", root)
    assert done.returncode == 0 and not too_long(done.stdout)
    assert not [line for line in done.stdout.splitlines() if ENGLISH.search(line)]
    compose = directory / "compose.yaml"
    compose.write_text(re.sub(r'memory: "\d+M"', 'memory: "1700M"', compose.read_text(), count=1))
    done = speak(language, "rollback", "--dry-run", "--sysroot", root)
    assert done.returncode == run("rollback", "--dry-run", "--sysroot", root).returncode
    done = speak(language, "rollback", "--yes", "--overwrite-edits", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stdout.splitlines() if ENGLISH.search(line) and not line.startswith(("+", "-", " "))]


@pytest.mark.parametrize("command", ["plan", "detect", "status"])
@pytest.mark.parametrize("name", TELLING)
def test_json_stays_english(language, name, command):
    """Also if --json is abbreviated, as getopt allows."""
    english = run(command, "--json", "--sysroot", MACHINES / name)
    for option in ("--json", "--js"):
        done = speak(language, command, option, "--sysroot", MACHINES / name)
        assert done.stdout == english.stdout and english.stdout.startswith("{")
        assert done.returncode == english.returncode


def answered(root, language, letter):
    """Answers an apply's question on a terminal with one letter; returns the screen and the exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(VPSFIT, [VPSFIT, "apply", "--sysroot", str(root)], environment(LANGUAGE=language, TERM="dumb"))
    shown, asked = b"", False
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
        if b"/N] " in shown and not asked:
            asked = True
            os.write(terminal, letter.encode() + b"\n")
    os.close(terminal)
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("language, letter, prompt, code", [
    ("C", "y", "[y/N]", 0), ("C", "j", "[y/N]", 1), ("de", "j", "[j/N]", 0), ("de", "J", "[j/N]", 0), ("de", "y", "[j/N]", 0),
    ("de", "n", "[j/N]", 1), ("es", "s", "[s/N]", 0), ("es", "n", "[s/N]", 1), ("es", "j", "[s/N]", 1)])
def test_yes_is_said_in_the_language(machine, language, letter, prompt, code):
    root = machine("vm-4g")
    shown, ended = answered(root, language, letter)
    assert prompt in shown and ended == code
    assert (root / "opt/ai-gateway/compose.yaml").exists() == (code == 0)


# What differs between runs in any language: times and random values.
CHANCE = re.compile(rb'("(?:time|since)": ")[^"]*|((?:KEY|PASSWORD)=)[^\n]*|(\n# )\d{4}-\d\d-\d\dT[\d:]+Z(?=\n)')


def written(root, host):
    found = {}
    for folder, _, files in os.walk(root):
        for name in files:
            path = pathlib.Path(folder, name)
            if not path.is_symlink():
                text = CHANCE.sub(lambda m: (m[1] or m[2] or m[3]), path.read_bytes()).replace(str(host).encode(), b"HOST")
                found[str(path.relative_to(root))] = text
    return found


def apply_twice(language, root):
    """A first apply, a manual edit that is kept, and an upgrade: produces every comment that vpsfit writes."""
    env = environment(LANGUAGE=language)
    done = [run("apply", "--yes", "--swappiness", "20", "--sysroot", root, env=env)]
    compose = root / "opt/ai-gateway/compose.yaml"
    text, changed = re.subn(r"(limits:\n\s+memory: )\"?\d+M\"?", r'\g<1>"1777M"', compose.read_text(), count=1)
    assert changed == 1
    compose.write_text(text)
    done.append(run("apply", "--yes", "--keep-edits", "--ram", "8G", "--cpus", "4", "--workers", "3", "--profile", "LARGE_VPS",
                    "--sysroot", root, env=env))
    assert [d.returncode for d in done] == [0, 0], [d.stderr for d in done]
    return done


@pytest.mark.parametrize("name", ["vm-2g", "vm-4g-1core", "vm-4g"])
def test_files_are_the_same_in_every_language(language, name, tmp_path, machine):
    english, other = machine(name), tmp_path / "other" / name
    other.parent.mkdir()
    os.rename(english, other)
    english = machine(name)
    said = apply_twice("C", english), apply_twice(language, other)
    assert said[0][0].stdout != said[1][0].stdout
    first, second = written(english, english), written(other, other)
    assert b"# vpsfit: workers, " in first["opt/ai-gateway/compose.yaml"]
    assert sorted(first) == sorted(second)
    assert not [path for path in first if first[path] != second[path]]
