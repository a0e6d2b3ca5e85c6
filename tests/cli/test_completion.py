# SPDX-License-Identifier: MIT
"""Tab in real interactive shells: names of files, profiles and models stay single words, whatever they contain."""

import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from conftest import ROOT

COMPLETION = pathlib.Path(os.environ.get("VPSFIT_MANUAL", ROOT / "build" / "debug" / "manual")) / "vpsfit.bash"
END = "__end__"


class Bash:
    """bash -i on its own terminal; `vpsfit` writes its arguments, one per line, into the file `args`."""

    def __init__(self, directory, setup=""):
        self.directory = directory
        rc = directory.parent / "bashrc"
        rc.write_text(f"PS1='$ '\nbind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\n{setup}\n"
                      f"vpsfit() {{ printf '<%s>\\n' \"$@\" >{directory.parent}/args; }}\nsource {COMPLETION}\ncd {directory}\n"
                      f"echo {END[:2]}''{END[2:]}\n")
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve("/bin/bash", ["bash", "--noprofile", "--rcfile", str(rc), "-i"],
                      {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb", "LANG": "C.UTF-8", "HOME": str(directory.parent)})
        self.until(END)

    def until(self, text, patience=20):
        seen, end = "", time.monotonic() + patience
        while text not in seen:
            assert time.monotonic() < end, seen
            if select.select([self.fd], [], [], 0.2)[0]:
                seen += os.read(self.fd, 65536).decode(errors="replace")
        return seen

    def typed(self, line):
        """Types `line`, including its Tabs, and Enter; returns the arguments that vpsfit gets."""
        args = self.directory.parent / "args"
        args.unlink(missing_ok=True)
        for part in re.split("(\t)", line):
            os.write(self.fd, part.encode())
            time.sleep(0.15)
        os.write(self.fd, b"\n")
        time.sleep(0.1)
        os.write(self.fd, f"echo {END[:2]}''{END[2:]}\n".encode())
        self.until(END + "\r\n")
        return args.read_text() if args.exists() else None

    def end(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def bash(tmp_path):
    directory = tmp_path / "here"
    directory.mkdir()
    started = []

    def start(setup=""):
        started.append(Bash(directory, setup))
        return started[-1]
    yield start
    for one in started:
        one.end()


NAMES = ["a;touch pwned;.yaml", "a$(touch pwned).yaml", "a`touch pwned`.yaml", "a b  c.yaml", "a'b\"c.yaml", "a\nb.yaml",
         "a\\b.yaml", "a&touch pwned.yaml", "a|touch pwned", "a*.yaml", "a>pwned", "a#b", "a!b.yaml", "a{b,c}.yaml", "aäö.yaml"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("option, kind", [("--answers", "file"), ("--dir", "dir"), ("--compose", "file"), ("--sysroot", "dir")])
def test_a_file_name_is_one_word(bash, tmp_path, name, option, kind):
    path = tmp_path / "here" / name
    path.mkdir() if kind == "dir" else path.touch()
    got = bash().typed(f"vpsfit plan {option} a\t")
    assert not list(tmp_path.rglob("pwned"))
    assert got is not None and got.rstrip("\n").removesuffix("/>").removesuffix(">") == f"<plan>\n<{option}>\n<{name}", got


def test_several_are_told_apart_by_what_is_typed_next(bash, tmp_path):
    for name in ("one x.yaml", "one;y.yaml"):
        (tmp_path / "here" / name).touch()
    assert bash().typed("vpsfit plan --answers o\t\\;\t") == "<plan>\n<--answers>\n<one;y.yaml>\n"


def test_a_profile_is_a_name_or_nothing(bash, tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    for i, name in enumerate(("A$(touch pwned)", "A`touch pwned`", "A;touch pwned", "A B", "'A", "Aone")):
        (etc / f"{i}.yaml").write_text(f"kind: profile\nname: {name}\n")
    os.mkfifo(etc / "fifo.yaml")
    words = COMPLETION.read_text().replace("/etc/vpsfit/*.yaml", f"{etc}/*.yaml")
    assert str(etc) in words
    (tmp_path / "completion").write_text(words)
    shell = bash()
    shell.typed(f"source {tmp_path}/completion")
    assert shell.typed("vpsfit plan --profile A\t") == "<plan>\n<--profile>\n<Aone>\n"
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("line, wanted", [
    ("vpsfit rollb\t", "<rollback>"),
    ("vpsfit plan --overw\t", "<plan>\n<--overwrite-edits>"),
    ("vpsfit plan --swap no\t", "<plan>\n<--swap>\n<none>"),
    ("vpsfit plan --bind 0\t", "<plan>\n<--bind>\n<0.0.0.0>"),
    ("vpsfit plan --bind :\t", "<plan>\n<--bind>\n<::1>"),
    ("vpsfit plan --bind ::\t", "<plan>\n<--bind>\n<::1>"),
    ("vpsfit plan --bind=::\t", "<plan>\n<--bind=::1>"),
    ("vpsfit apply --dir plan --dry\t", "<apply>\n<--dir>\n<plan>\n<--dry-run>"),
    ("vpsfit apply --dir=plan --dry\t", "<apply>\n<--dir=plan>\n<--dry-run>"),
    ("vpsfit --dir plan rollb\t", "<--dir>\n<plan>\n<rollback>"),
    ("vpsfit he\t", "<help>"),
    ("vpsfit help rollb\t", "<help>\n<rollback>"),
])
def test_words_of_the_program_are_completed(bash, line, wanted):
    assert bash().typed(line).rstrip("\n") == wanted


def test_no_text_of_a_file_is_expanded():
    text = COMPLETION.read_text()
    assert "compgen -W" not in text and "eval" not in text
    assert subprocess.run(["bash", "-n", COMPLETION], check=False).returncode == 0


MANUAL = COMPLETION.parent
OTHERS = {
    "zsh": (["/usr/bin/zsh", "-d", "-i"], """PS1='$ '; unset zle_bracketed_paste; unsetopt beep; setopt no_prompt_sp
fpath=(FUNCTIONS $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=9999
vpsfit() { printf '<%s>\\n' "$@" >ARGS; : >DONE }
"""),
    "fish": (["/usr/bin/fish", "--no-config", "-i"], """function fish_prompt; echo '$ '; end; set -g fish_greeting; set -g fish_autosuggestion_enabled 0
source FUNCTIONS/vpsfit.fish
function vpsfit; printf '<%s>\\n' $argv >ARGS; : >DONE; end
"""),
}


class Other:
    """zsh or fish on its own terminal; `vpsfit` writes its arguments, one per line, into the file `args`."""

    def __init__(self, kind, directory, edit=lambda text: text):
        self.directory = directory
        (directory / "functions").mkdir()
        for name, source in (("_vpsfit", "vpsfit.zsh"), ("vpsfit.fish", "vpsfit.fish")):
            (directory / "functions" / name).write_text(edit((MANUAL / source).read_text()))
        command, setup = OTHERS[kind]
        setup = (setup.replace("FUNCTIONS", str(directory / "functions")).replace("ARGS", str(directory / "args"))
                 .replace("DONE", str(directory / "done")).replace(": >", "touch "))
        (directory / ".zshrc").write_text(setup)
        if kind == "fish":
            command = [*command, "-C", setup]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "xterm", "LANG": "C.UTF-8",
                                            "HOME": str(directory), "ZDOTDIR": str(directory), "XDG_RUNTIME_DIR": str(directory)})
        self.typed("vpsfit ready")

    def typed(self, line):
        """Types `line`, including its Tabs, and Enter; returns the arguments that vpsfit gets. A Ctrl-U takes away what it did not."""
        args, done = self.directory / "args", self.directory / "done"
        for path in (args, done):
            path.unlink(missing_ok=True)
        os.write(self.fd, b"\x15" + line.encode() + b"\n")
        end = time.monotonic() + 20
        seen = ""
        while not done.exists():
            assert time.monotonic() < end, seen
            if select.select([self.fd], [], [], 0.01)[0]:
                seen += os.read(self.fd, 65536).decode(errors="replace")
        return args.read_text()

    def end(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.fixture
def other(tmp_path):
    started = []

    def start(kind, edit=lambda text: text):
        started.append(Other(kind, tmp_path, edit))
        return started[-1]
    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("option, what", [("--answers", "file"), ("--dir", "dir")])
def test_a_file_name_is_one_word_in_any_shell(other, tmp_path, kind, option, what):
    shell = other(kind)
    for number, name in enumerate(NAMES):
        here = tmp_path / f"here{number}"
        here.mkdir()
        (here / name).mkdir() if what == "dir" else (here / name).touch()
        shell.typed(f"cd {here}; vpsfit there")
        got = shell.typed(f"vpsfit plan {option} a\t")
        assert not list(tmp_path.rglob("pwned")), name
        assert got.rstrip("\n").removesuffix("/>").removesuffix(">") == f"<plan>\n<{option}>\n<{name}", got


@pytest.mark.parametrize("kind", OTHERS)
def test_words_of_the_program_are_completed_in_any_shell(other, tmp_path, kind):
    etc = tmp_path / "etc"
    etc.mkdir()
    for i, name in enumerate(("A$(touch pwned)", "A`touch pwned`", "A;touch pwned", "A B", "'A", "Aone")):
        (etc / f"{i}.yaml").write_text(f"kind: profile\nname: {name}\n")
    shell = other(kind, lambda text: text.replace("/etc/vpsfit/*.yaml", f"{etc}/*.yaml"))
    for line, wanted in (("rollb\t", "<rollback>"), ("plan --overw\t", "<plan>\n<--overwrite-edits>"), ("plan --swap no\t", "<plan>\n<--swap>\n<none>"),
                         ("plan --bind 0\t", "<plan>\n<--bind>\n<0.0.0.0>"), ("plan --profile A\t", "<plan>\n<--profile>\n<Aone>"),
                         ("detect --overw\t", "<detect>\n<--overw>"), ("plan --bind ::\t", "<plan>\n<--bind>\n<::1>"),
                         ("apply --dir plan --dry\t", "<apply>\n<--dir>\n<plan>\n<--dry-run>"), ("he\t", "<help>"), ("help rollb\t", "<help>\n<rollback>"),
                          ("plan --swap=no\t", "<plan>\n<--swap=none>")):
        assert shell.typed(f"vpsfit {line}").rstrip("\n") == wanted, line
    assert not list(tmp_path.rglob("pwned"))
