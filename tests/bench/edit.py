# SPDX-License-Identifier: MIT
"""
Measures reruns: a no-op apply against a plan, and edits of compose files with 10 to 1,000 services, the largest about 1 MiB. usage:
edit.py VPSFIT MACHINE-TREE. Prints medians and ratios; only asserts that each run succeeds.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VPSFIT, MACHINE = map(os.path.abspath, sys.argv[1:3])
RUNS = 15


def run(*args):
    """Returns seconds and peak KiB of one run; time(1) in between excludes this program's own memory."""
    with tempfile.NamedTemporaryFile("r") as report:
        begun = time.perf_counter()
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", report.name, VPSFIT, *args], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return time.perf_counter() - begun, int(report.read())


def medians(times, before=None):
    figures = []
    for _ in range(times):
        if before:
            before[0]()
        figures.append(run(*before[1] if before else ()))
    return [statistics.median(column) for column in zip(*figures)]


def compose(services):
    """A file with services of a realistic length, about 1 KiB each."""
    parts = ["services:\n", "  litellm:\n    image: ghcr.io/berriai/litellm:main\n    command: --num_workers 2\n",
             "  db:\n    image: postgres:16\n", "  ui:\n    image: ghcr.io/open-webui/open-webui:main\n",
             "  web:\n    image: nginx:1\n"]
    for n in range(services - 4):
        parts.append(f"  app{n}:\n    image: example/app:{n}\n    # what it is for, and who asks\n    environment:\n"
                     + "".join(f"      SETTING_{k}: \"value {k} of service {n}\"\n" for k in range(20))
                     + "    deploy: {resources: {limits: {memory: 64M}}}\n")
    return "".join(parts)


with tempfile.TemporaryDirectory() as base:
    root = os.path.join(base, "root")
    shutil.copytree(MACHINE, root, symlinks=True)
    run("apply", "--yes", "--quiet", "--sysroot", root)
    plan = medians(RUNS * 3, (lambda: None, ["plan", "--quiet", "--sysroot", root]))
    again = medians(RUNS * 3, (lambda: None, ["apply", "--yes", "--quiet", "--sysroot", root]))
    print(f"plan         {plan[0] * 1e3:8.2f} ms {plan[1] / 1024:7.1f} MiB")
    print(f"no-op apply  {again[0] * 1e3:8.2f} ms {again[1] / 1024:7.1f} MiB   {again[0] / plan[0]:.2f} x plan")
    stack = pathlib.Path(root, "srv/stack")
    stack.mkdir(parents=True)
    print(f"\n{'services':>8}{'KiB':>8}{'ms':>9}{'MiB':>8}{'us/service':>12}{'KiB/service':>13}")
    base_ms = base_kib = 0.0
    for services in (10, 30, 100, 300, 1000):
        text = compose(services)

        def fresh():
            shutil.rmtree(os.path.join(root, "var/lib/vpsfit"))
            (stack / "compose.yaml").write_text(text)

        seconds, kib = medians(RUNS, (fresh, ["apply", "--yes", "--quiet", "--sysroot", root, "--compose", "/srv/stack/compose.yaml"]))
        base_ms, base_kib = base_ms or seconds, base_kib or kib
        print(f"{services:>8}{len(text) // 1024:>8}{seconds * 1e3:>9.2f}{kib / 1024:>8.1f}"
              f"{(seconds - plan[0]) / services * 1e6:>12.1f}{(kib - plan[1]) / services:>13.1f}")
    print("aim: the last two columns do not grow with the number of services")
