# SPDX-License-Identifier: MIT
"""German and Spanish: everything translated, nothing too long for its place, and a complete run in each."""

import os
import re
import subprocess
import unicodedata

import pytest

import ways
from shared import ROOT

LANGUAGES = sorted(path.stem for path in (ROOT / "wizard/po").glob("*.po"))
# Maximum widths at 80 columns; texts not listed wrap or scroll.
WIDEST = {"idle": 5, "peak": 5, "expected": 9, "limit": 9, "system": 13, "total": 13, "Workers (+/-)": 20,
          "Directory": 20, "Address": 20, "Port": 20, "Domain": 20, "Reached": 13, "Key for OpenRouter": 20,
          "Own server": 20, "Its model": 20, "Its key": 20, "Own size": 20,
          " F1 help  Esc leave  PgDn more": 39, " F1 help | Esc leave | Tab next part | Enter goes on": 79,
          " F1 help | Esc leave | Tab next part | Page Up, Page Down: there is more text": 79,
          "Next": 16, "Back": 16, "Leave": 16, "Write": 16, "Finish": 16, "Stay": 16, "Close": 16, "Go on": 16,
          "Choose again": 24, "Go on all the same": 30, "Please make this window larger.": 39,
          # The command line's tables: the budget, then the labels of `detect` and of a plan's head.
          "reserved": 9, "with swap": 11, "Docker engine": 17, "Changes": 9, "Machine": 15, "Profile": 15, "Cost model": 15,
          **dict.fromkeys(["  nominal", "  usable", "  effective", "  available", "  in use now", "  gateway", "  online",
                           "  affinity", "  cpuset", "  quota", "  on disk", "  active", "  not in use", "  zram", "  zswap",
                           "  vpsfit's", "  distribution", "  footprint", "  virtual", "  kernel", "  Docker", "  Compose",
                           "  rootless", "  memory limits", "  stack", "  swap file"], 15)}


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def entries(language):
    """msgid and msgstr of a catalogue, for entries on one line."""
    text = subprocess.run(["msgcat", "--no-wrap", ROOT / "wizard/po" / f"{language}.po"], capture_output=True, text=True,
                          check=True).stdout
    return dict(re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', text, re.M))


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("po") / "vpsfit.pot"
    sources = sorted(str(p.relative_to(ROOT)) for top in ("wizard", "installer") for p in ROOT.glob(f"{top}/**/*.[ch]"))
    subprocess.run(["make", "--silent", "build/service-texts.c"], cwd=ROOT, check=True)
    sources.append("build/service-texts.c")
    subprocess.run(["xgettext", "--language=C", "--from-code=UTF-8", "-k_", "-kN_", "-kQ_:1,2", "--omit-header", "-o", path,
                    *sources], cwd=ROOT, check=True)
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated(language, template):
    po = ROOT / "wizard/po" / f"{language}.po"
    done = subprocess.run(["msgcmp", po, template], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + "'make po' takes new texts into the catalogues"
    said = subprocess.run(["msgfmt", "--check-format", "--statistics", "-o", "/dev/null", po], capture_output=True, text=True,
                          check=True, env={**os.environ, "LC_ALL": "C"}).stderr
    assert "fuzzy" not in said and "untranslated" not in said
    assert "#~" not in po.read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_too_long(language):
    found = entries(language)
    assert not set(WIDEST) - set(found)
    assert not {key: found[key] for key, most in WIDEST.items() if columns(found[key]) > most}
    # These are padded by printf, which counts bytes.
    assert all(found[key].isascii() for key in ("expected", "limit", "system", "total"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [(80, 24), (40, 16)])
def test_the_way_through(terminal, machine, language, size):
    text = entries(language)
    root = machine("vm-2g")
    t = terminal(size).start("--cost-model", "seed-2025-11", "--sysroot", root, LANGUAGE=language)
    for title in ("This machine", "Profile"):
        t.see(text[title])
        t.golden(f"{language}-{title.lower().replace(' ', '-')}")
        t.keys("Enter").gone(f"{text[title]} ├")
    t.see(f"{text['Open WebUI']} ├")
    t.golden(f"{language}-image")
    t.press(text["Next"]).gone(f"{text['Open WebUI']} ├")
    t.see("├")
    t.press(text["Go on"]).see(f"{text['Swap']} ├")
    t.golden(f"{language}-swap")
    t.keys("Enter").see(text["The gateway"])
    t.golden(f"{language}-gateway")
    t.press(text["Next"]).see(text["Models"])
    t.golden(f"{language}-models")
    t.press(text["Next"]).see(text["Review"])
    t.golden(f"{language}-review")
    ways.write(t, text["Write"], text["Read on"]).see(text["Done"])
    t.press(text["Finish"])
    t.ended(0)
    assert len(ways.written(root)) == 6


def test_another_language_and_none(terminal, machine):
    t = terminal().start("--sysroot", machine("vm-2g"), LANGUAGE="xx")
    ways.machine_screen(t)
