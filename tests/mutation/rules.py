#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Inverts and shifts every condition of a source file, one at a time; the unit tests must notice.

rules.py BUILD SOURCE TEST... BUILD is a debug build directory; SOURCE a file of the program (installer/core/advice.c); TEST the unit
tests that must fail (test_advice). Prints each change that no test noticed, and exits with 1 if there is one.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SWAPS = {"<=": [">", "<"], ">=": ["<", ">"], "<": [">=", "<="], ">": ["<=", ">="], "==": ["!="], "!=": ["=="],
         "&&": ["||"], "||": ["&&"]}
TOKEN = re.compile(r"(?<![-<>=!])(<=|>=|==|!=|&&|\|\||<(?![<=])|>(?![>=]))|(?<=[(\s|&])!(?=[a-z(])")


def blanked(text):
    """The same length, with comments, strings and preprocessor lines blanked."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|^#[^\n]*', blank, text, flags=re.S | re.M)


def mutants(text):
    for match in TOKEN.finditer(blanked(text)):
        for new in SWAPS.get(match.group(0), [""]):
            yield match.start(), match.group(0), new


# Loops and assertions are not rules.
def is_loop(text, at):
    start = text.rfind("\n", 0, at) + 1
    return text[start:at].lstrip().startswith(("for ", "_Static_assert"))


def compile_command(build, source):
    out = subprocess.run(["make", "-n", "-W", source, "VARIANT=debug", "V=1", f"{build}/obj/{source[:-2]}.o"],
                         capture_output=True, text=True, check=True).stdout
    return next(line for line in out.splitlines() if " -c " in line)


# A test that no longer ends has noticed too.
def notices(exe, env):
    try:
        return subprocess.run([exe], env=env, capture_output=True, timeout=60).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def main():
    build, source, tests = sys.argv[1], sys.argv[2], sys.argv[3:]
    text = Path(source).read_text()
    command = compile_command(build, source)
    target = f"{build}/obj/{source[:-2]}.o"
    env = dict(os.environ, VPSFIT_TESTS="tests", VPSFIT_ROOTS="build/roots")
    tried = survived = broken = 0
    with tempfile.TemporaryDirectory() as scratch:
        changed, obj = Path(scratch, Path(source).name), Path(scratch, "mutant.o")
        for at, old, new in mutants(text):
            if is_loop(text, at):
                continue
            changed.write_text(text[:at] + new + text[at + len(old):])
            line = command.replace(f" {source}", f" {changed}").replace(f"-o {target}", f"-o {obj}").replace("-MMD -MP", "")
            if subprocess.run(line + " -w", shell=True, capture_output=True).returncode != 0:
                broken += 1
                continue
            tried += 1
            noticed = False
            for test in tests:
                exe = Path(scratch, "test")
                link = ["gcc", "-o", exe, f"{build}/tests/{test}.o", obj, f"{build}/libvpsfit.a"]
                link += subprocess.run("pkg-config --libs yaml-0.1 blkid mount jansson libnewt slang", shell=True,
                                       capture_output=True, text=True, check=True).stdout.split() + ["-lcmocka"]
                subprocess.run(link, check=True)
                if notices(exe, env):
                    noticed = True
                    break
            if not noticed:
                survived += 1
                row = text.count("\n", 0, at) + 1
                print(f"{source}:{row}: '{old}' -> '{new}' was not noticed: {text.splitlines()[row - 1].strip()}")
    print(f"{source}: {tried} changes tried, {survived} not noticed ({broken} do not compile)")
    return 1 if survived or not tried else 0


if __name__ == "__main__":
    sys.exit(main())
