#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Inverts and shifts every condition of the warnings' rules, one at a time; the unit tests must notice.

rules.py [--every N] [--jobs N] BUILD [SOURCE...] BUILD is a debug build directory; SOURCE some of the files in RULES, all of them by
default. --every takes one change of N, others on each day, so that N days try them all. Prints each change that no test noticed and
equivalent.txt does not name, and exits with 1 if there is one.
"""
import argparse
import concurrent.futures
import datetime
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# The files whose conditions decide whether a warning is given, and the unit tests that must notice a change in them.
RULES = {f"installer/core/{name}.c": tests for name, *tests in (
    ["advice", "test_advice", "test_advice_parts", "test_planner"],
    ["advice_beside", "test_advice", "test_advice_parts", "test_beside"],
    ["advice_images", "test_advice", "test_images"],
    ["advice_machine", "test_advice", "test_advice_parts", "test_planner"],
    ["advice_needs", "test_advice", "test_advice_parts", "test_needs"],
    ["advice_size", "test_advice", "test_planner"],
    ["advice_smaller", "test_advice", "test_variants"],
    ["advice_start", "test_advice", "test_variants", "test_planner"],
    ["advice_workers", "test_advice", "test_advice_parts", "test_planner"],
    ["most_workers", "test_most_workers"],
    ["needs", "test_advice", "test_needs", "test_planner"],
    ["outlook", "test_advice", "test_outlook", "test_planner"],
    ["reach", "test_reach"],
    ["variants", "test_advice", "test_variants", "test_planner"],
    ["workers", "test_advice", "test_advice_parts", "test_planner"])}
LIBRARIES = "yaml-0.1 blkid mount jansson libnewt slang"
# FILE | old | new | nth such token of the line | the line | why nobody can tell the difference
EQUIVALENT = Path(__file__).with_name("equivalent.txt")

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


def place(text, at, old, new, source):
    """What equivalent.txt names a change by: it stays when lines are added above."""
    start = text.rfind("\n", 0, at) + 1
    line = text[start:text.index("\n", at)]
    nth = sum(1 for found in TOKEN.finditer(line) if found.start() < at - start and found.group(0) == old) + 1
    return Path(source).name, old, new, str(nth), line.strip()


def equivalent():
    rows = (line.rstrip("\n").split(" | ") for line in EQUIVALENT.open() if line.strip() and not line.startswith("#"))
    return {tuple(row[:5]) for row in rows}


class File:
    """One source file, and what makes a test of a changed one."""

    def __init__(self, build, source, libraries):
        self.build, self.source, self.libraries = build, source, libraries
        self.text = Path(source).read_text()
        self.command = compile_command(build, source)
        self.changes = [c for c in mutants(self.text) if not is_loop(self.text, c[0])]

    def verdict(self, change, env):
        """None: does not compile; else whether a test noticed."""
        at, old, new = change
        target = f"{self.build}/obj/{self.source[:-2]}.o"
        with tempfile.TemporaryDirectory() as scratch:
            changed, obj, exe = Path(scratch, Path(self.source).name), Path(scratch, "mutant.o"), Path(scratch, "test")
            changed.write_text(self.text[:at] + new + self.text[at + len(old):])
            line = self.command.replace(f" {self.source}", f" {changed}").replace(f"-o {target}", f"-o {obj}").replace("-MMD -MP", "")
            if subprocess.run(line + " -w", shell=True, capture_output=True).returncode != 0:
                return None
            for test in RULES[self.source]:
                link = ["gcc", "-o", exe, f"{self.build}/tests/{test}.o", obj, f"{self.build}/libvpsfit.a", *self.libraries, "-lcmocka"]
                subprocess.run(link, check=True)
                if notices(exe, env):
                    return True
        return False


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--every", type=int, default=1)
    args.add_argument("--jobs", type=int, default=os.cpu_count())
    args.add_argument("build")
    args.add_argument("sources", nargs="*", default=list(RULES))
    args = args.parse_args()
    libraries = subprocess.run(["pkg-config", "--libs", *LIBRARIES.split()], capture_output=True, text=True, check=True).stdout.split()
    env = dict(os.environ, VPSFIT_TESTS="tests", VPSFIT_ROOTS="build/roots")
    named, bad = equivalent(), False
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for source in args.sources or RULES:
            file = File(args.build, source, libraries)
            taken = [c for c in file.changes[datetime.date.today().toordinal() % args.every::args.every]
                     if place(file.text, *c, source) not in named]
            verdicts = list(pool.map(lambda c, f=file: f.verdict(c, env), taken))
            for change in (c for c, noticed in zip(taken, verdicts) if noticed is False):
                print(f"{source}:{file.text.count(chr(10), 0, change[0]) + 1}: not noticed:", " | ".join(place(file.text, *change, source)))
            print(f"{source}: {len(verdicts) - verdicts.count(None)} changes tried, {verdicts.count(False)} not noticed "
                  f"({verdicts.count(None)} do not compile)", flush=True)
            bad |= False in verdicts or not file.changes
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
