# SPDX-License-Identifier: MIT
"""
All texts that a person reads, on one page: texts.py POT OUTPUT. POT is what xgettext makes of the sources, with locations. Read the page
whole after a change of many texts: what is wrong first, then why, then what to do, in the words of the rest.
"""

import ast
import collections
import pathlib
import re
import sys


def entries(text):
    """(file, texts) of each entry: the singular, and the plural where there is one."""
    for block in text.split("\n\n"):
        places = re.findall(r"^#: (.*)$", block, re.M)
        texts = ["".join(ast.literal_eval(line) for line in re.findall(r'"(?:[^"\\]|\\.)*"', value))
                 for value in re.findall(r'^msgid(?:_plural)? ((?:"(?:[^"\\]|\\.)*"\n?)+)', block, re.M)]
        if places and texts:
            yield places[0].split()[0].rsplit(":", 1)[0], texts


def main(pot, output):
    pages = collections.defaultdict(list)
    for where, texts in entries(pot.read_text()):
        pages[where].append(" / ".join(text.replace("\n", "\\n") for text in texts))
    lines = [f"# What vpsfit says: {sum(map(len, pages.values()))} texts"]
    for where in sorted(pages):
        lines += ["", f"## {where}", *(f"- {text}" for text in pages[where])]
    output.write_text("\n".join(lines) + "\n")
    print(output)


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
