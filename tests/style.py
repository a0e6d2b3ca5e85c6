#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Proves the style that a machine can see: style.py. What clang-format leaves alone is looked at here: comments and strings stay within
the line, and every file says under which license it is. Ends with 1 where something is wrong, with file and line.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = 120
LICENSE = "SPDX-License-Identifier: MIT"
# Not templates/: what is in there is written into other people's stacks, byte for byte.
ROOMS = (".ci", "debian", "installer", "wizard", "tests")
# A stack that 0.1.0 wrote: its state has a hash of each file.
AS_IT_WAS = "tests/cli/0.1.0/"


def sources():
    """The project's own files of code: C, and what a line says that it runs or that make reads."""
    for path in sorted(ROOT.glob("*")) + sorted(path for room in ROOMS for path in ROOT.glob(f"{room}/**/*")):
        name = str(path.relative_to(ROOT))
        if path.is_file() and not path.is_symlink() and not name.startswith(AS_IT_WAS):
            if path.suffix in {".c", ".h", ".py"} or path.name == "Makefile" or path.read_bytes()[:2] == b"#!":
                yield name, path.read_text(errors="replace").split("\n")


def faults(name, lines):
    if not any(LICENSE in line for line in lines[:2]):
        yield f"{name}:1: add '{LICENSE}' as the first comment"
    if name.endswith((".c", ".h")):
        for number, line in enumerate(lines, 1):
            # A text for people is not broken where a translator would read two.
            if len(line.expandtabs(8)) > COLUMNS and not re.search(r'^\s*[^/*].*"', line):
                yield f"{name}:{number}: longer than {COLUMNS} columns"


def main():
    files = list(sources())
    found = [fault for name, lines in files for fault in faults(name, lines)]
    print("\n".join(found) if found else f"style: {len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
