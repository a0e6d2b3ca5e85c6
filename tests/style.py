#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Checks the style that clang-format leaves alone: comments and strings must fit the line, and every file must name its license. Exits
with 1 on a fault, with file and line.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = 120
LICENSE = "SPDX-License-Identifier: MIT"
# Without templates/, which is written into people's stacks byte for byte.
ROOMS = (".ci", "debian", "installer", "wizard", "tests")
# What version 0.1.0 wrote is kept as it wrote it.
RECORDED = "tests/cli/0.1.0/"


def sources():
    """The project's own code: C, Python, Makefile, and scripts with a #! line."""
    for path in sorted(ROOT.glob("*")) + sorted(path for room in ROOMS for path in ROOT.glob(f"{room}/**/*")):
        name = str(path.relative_to(ROOT))
        if path.is_file() and not path.is_symlink() and not name.startswith(RECORDED):
            if path.suffix in {".c", ".h", ".py"} or path.name == "Makefile" or path.read_bytes()[:2] == b"#!":
                yield name, path.read_text(errors="replace").split("\n")


def faults(name, lines):
    if not any(LICENSE in line for line in lines[:2]):
        yield f"{name}:1: add '{LICENSE}' as the first comment"
    if name.endswith((".c", ".h")):
        for number, line in enumerate(lines, 1):
            # Text for people is not split, so that translators get it whole.
            if len(line.expandtabs(8)) > COLUMNS and not re.search(r'^\s*[^/*].*"', line):
                yield f"{name}:{number}: longer than {COLUMNS} columns"


def main():
    files = list(sources())
    found = [fault for name, lines in files for fault in faults(name, lines)]
    print("\n".join(found) if found else f"style: {len(files)} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
