#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Prints the image under whose name a tree of build-images is imported, as vpsfit writes it. Trees of a variant are named with it:
open-webui-slim, postgres-vectors. open-webui-earlier has the tag that 0.1.0 wrote. Argument: a tree's name.
"""
import pathlib
import re
import sys

import yaml

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "templates"
# Trees that differ in what is in them and not in their image.
SAME = {"open-webui-full": "open-webui"}


def rows():
    """The rows of images.yaml; none where there is no such file yet."""
    path = TEMPLATES / "images.yaml"
    return yaml.safe_load(path.read_text())["images"] if path.exists() else []


def written(service):
    """The image in the service's own template."""
    for path in (TEMPLATES / "compose.yaml", *sorted(TEMPLATES.glob("services/*.compose.yaml"))):
        found = re.search(rf"^  {service}:\n(?:(?:    .*)?\n)*?    image: (\S+)", path.read_text(), re.M)
        if found:
            return found.group(1)
    raise SystemExit(f"image_names: no image of {service} in the templates")


def image_of(tree):
    name = SAME.get(tree, tree)
    for row in rows():
        if name == row["service"] + (f"-{row['variant']}" if row.get("variant") else ""):
            return f"{row['image']}:{row['tag']}"
        if name == row["service"] + "-earlier" and row.get("earlier"):
            return f"{row['image']}:{row['earlier'][0]}"
    service, _, variant = name.partition("-") if not name.startswith("open-webui") else ("open-webui", "", name[11:])
    return written(service) + (f"-{variant}" if variant else "")


if __name__ == "__main__":
    print(image_of(sys.argv[1]))
