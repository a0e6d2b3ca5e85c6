# SPDX-License-Identifier: MIT
"""The baseline in Python: reads the same profiles, cost models and /proc/meminfo, and adds up a plan."""

import json
import pathlib
import sys

import yaml

data = pathlib.Path(sys.argv[1])
files = [yaml.safe_load(p.read_text()) for p in sorted(data.glob("profiles/*.yaml"))]
profiles = [f for f in files if f["kind"] == "profile"]
model = next(f for f in files if f["kind"] == "cost-model" and f["name"] == "seed-2025-11")
with open("/proc/meminfo") as meminfo:
    total = next(int(line.split()[1]) // 1024 for line in meminfo if line.startswith("MemTotal:"))


def mib(value):
    if isinstance(value, str):
        return int(float(value[:-1]) * (1024 if value.endswith("G") else 1))
    return value


profile = max((p for p in profiles if mib(p["target_ram_mib"]) <= total * 1.12), key=lambda p: p["workers"])
expected = {}
for name, service in model["services"].items():
    figure = service["expected"]
    if isinstance(figure, dict):
        figure = mib(figure["base_mib"]) + mib(figure["per_worker_mib"]) * profile["workers"]
    expected[name] = mib(figure)
print(json.dumps({"profile": profile["name"], "services": expected, "total": sum(expected.values())}))
