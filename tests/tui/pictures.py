# SPDX-License-Identifier: MIT
"""
Pictures of the wizard's screens for the README: pictures.py DIRECTORY. Runs the wizard in tmux on a fresh 2 GB VPS, dumps each screen
with its colours, and draws the dump.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from conftest import Terminal  # noqa: E402
from shared import MACHINES  # noqa: E402
import ways  # noqa: E402

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
WIDTH, HEIGHT = 8, 17
NORMAL = ["#000000", "#b02020", "#208020", "#a06010", "#204a9e", "#902090", "#208080", "#d0d0d0"]
BRIGHT = ["#606060", "#ff5050", "#50e050", "#ffe060", "#6080ff", "#ff60ff", "#60ffff", "#ffffff"]


def of_256(n):
    """xterm's colour number n."""
    if n < 16:
        return (NORMAL + BRIGHT)[n]
    if n >= 232:
        return "#" + f"{8 + 10 * (n - 232):02x}" * 3
    steps = [0, 95, 135, 175, 215, 255]
    n -= 16
    return "#%02x%02x%02x" % (steps[n // 36], steps[n // 6 % 6], steps[n % 6])


def colours(codes, now):
    fg, bg, swap = now
    codes = list(codes)
    while codes:
        code = codes.pop(0)
        if code in (38, 48) and codes[:1] == [5]:
            fg, bg = (of_256(codes[1]), bg) if code == 38 else (fg, of_256(codes[1]))
            del codes[:2]
        elif code == 0:
            fg, bg, swap = NORMAL[7], NORMAL[0], False
        elif code == 7:
            swap = True
        elif code == 27:
            swap = False
        elif 30 <= code <= 37:
            fg = NORMAL[code - 30]
        elif 40 <= code <= 47:
            bg = NORMAL[code - 40]
        elif 90 <= code <= 97:
            fg = BRIGHT[code - 90]
        elif 100 <= code <= 107:
            bg = BRIGHT[code - 100]
        elif code == 39:
            fg = NORMAL[7]
        elif code == 49:
            bg = NORMAL[0]
    return fg, bg, swap


def draw(dump, size, path):
    image = Image.new("RGB", (size[0] * WIDTH, size[1] * HEIGHT), NORMAL[0])
    pen, font = ImageDraw.Draw(image), ImageFont.truetype(FONT, 13)
    now, edge = (NORMAL[7], NORMAL[0], False), of_256(24) if "8;5;24" in dump else NORMAL[4]
    for y, line in enumerate(dump.split("\n")[:size[1]]):
        x = 0
        # Cells erased with a background colour are not in the dump: use the colour at the screen's edge.
        pen.rectangle([0, y * HEIGHT, size[0] * WIDTH, (y + 1) * HEIGHT], fill=edge)
        for part in re.split(r"(\x1b\[[0-9;]*m|[\x0e\x0f])", line):
            if part.startswith("\x1b["):
                now = colours([int(code or 0) for code in part[2:-1].split(";")], now)
                continue
            for char in part.strip("\x0e\x0f"):
                fg, bg = (now[1], now[0]) if now[2] else now[:2]
                pen.rectangle([x * WIDTH, y * HEIGHT, (x + 1) * WIDTH, (y + 1) * HEIGHT], fill=bg)
                pen.text((x * WIDTH, y * HEIGHT + 1), char, font=font, fill=fg)
                x += 1
    image.quantize(32).save(path, optimize=True)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        root = pathlib.Path(tmp) / "machine"
        subprocess.run(["cp", "-a", MACHINES / "vm-2g", root], check=True)
        t = Terminal(pathlib.Path(tmp)).start("--cost-model", "seed-2025-11", "--sysroot", root, term="xterm-256color", wrap=ways.slowed("renameat", 9))

        def shot(name):
            draw(t.tmux("capture-pane", "-p", "-e", "-N"), t.size, folder / f"{name}.png")
        ways.machine_screen(t)
        shot("1-machine")
        ways.to_profile(t)
        shot("2-profile")
        t.keys("Enter").see("Which image of Open WebUI")
        t.press("Next").see("Tight: part of it will be in swap")
        shot("3-fit")
        t.press("Go on").see("How much swap")
        shot("4-swap")
        t.keys("Enter").see("Where should the gateway")
        shot("5-gateway")
        t.press("Next").see("Which providers")
        t.type("sk-not-shown")
        t.keys("Enter").see("************")
        shot("6-models")
        t.press("Next").see("Review")
        shot("7-review")
        t.press("Write").see("Writing")
        shot("8-writing")
        t.see("Done")
        shot("9-done")
        t.stop()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
