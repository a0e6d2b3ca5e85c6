# SPDX-License-Identifier: MIT
"""
A property over generated stacks: one service more never raises the count of workers, and never improves the idle verdict, nor for the same
count that of the peak. Where `auto` takes a worker away for it, the gateway is a smaller one, and every container at its limit may fit that
did not: the verdict is still no better than that of the stack without the service and with as few workers, and never comfortable. For the
same count a service never lowers a sum, and neither does one that nobody knows, for which workers are not raised; and the sums are those
of the rows.
VPSFIT_STACKS=N makes N stacks, VPSFIT_STACKS_SEED=S other ones.
"""

import json
import os
import random

import pytest
import yaml

from conftest import run

COUNT = int(os.environ.get("VPSFIT_STACKS", "40"))
SEED = int(os.environ.get("VPSFIT_STACKS_SEED", "24"))
FILE = "srv/stack/compose.yaml"
VERDICTS = ["comfortable", "tight", "needs-swap", "does-not-fit"]
LITELLM = {"image": "ghcr.io/berriai/litellm:v1.110.2"}
SHARING = {**LITELLM, "entrypoint": ["python3", "/opt/vpsfit/vpsfit_launch.py"], "command": ["--run_gunicorn", "--num_workers", "2"]}
KNOWN = ["redis:7", "qdrant/qdrant:v1.9", "postgres:16", "minio/minio", "searxng/searxng", "caddy:2"]
UNKNOWN = ["example.org/own/mystery:1", "example.org/own/thing", "ollama/ollama", None]


def gateway(r):
    return dict(r.choice([LITELLM, SHARING, {**LITELLM, "command": ["--num_workers", "2"]}, {**LITELLM, "environment": {"NUM_WORKERS": "4"}}]))


def neighbour(r):
    image = r.choice(KNOWN + UNKNOWN * 2)
    service = {"image": image} if image else {"build": "."}
    size = r.choice(["1m", "6m", "64m", "300m", "2g", "5g"])
    how = r.random()
    if how < 0.2:
        service["mem_limit"] = size
    elif how < 0.5:
        service["mem_reservation"] = size
    elif how < 0.6:
        service["deploy"] = {"resources": {"reservations": {"memory": size}}}
    if r.random() < 0.2 and "deploy" not in service:
        service["scale"] = r.choice([0, 2, 3])
    if r.random() < 0.1:
        service["profiles"] = ["extra"]
    return service


def rows_of(plan):
    rows = list(plan["services"].values())
    mine = [row for row in rows if row["planned"]]
    return (sum(row["expected_mib"] * row["copies"] for row in mine), sum(row["limit_mib"] * row["copies"] for row in mine),
            sum((row["expected_mib"] or 0) * row["copies"] for row in rows if not row["planned"]),
            sum(max(row["limit_mib"] or 0, row["expected_mib"] or 0) * row["copies"] for row in rows if not row["planned"]))


def peak(totals):
    return totals["peak_mib"] + totals["beside_peak_mib"] + totals["others_peak_mib"] + totals["set_aside_peak_mib"]


def check_sums(plan):
    t = plan["totals"]
    mine, limits, beside, beside_most = rows_of(plan)
    base = t["engine_mib"] + t["system_mib"]
    assert (t["total_mib"], t["peak_mib"], t["beside_mib"], t["beside_peak_mib"]) == (mine + base, limits + base, beside, beside_most)
    assert t["idle_mib"] == t["total_mib"] + t["beside_mib"] + t["others_mib"] + t["set_aside_mib"]
    unsure = [row for row in plan["services"].values() if row["source"] == "unknown"]
    if unsure:
        assert plan["verdict"]["idle"] != "comfortable"


def worse_or_equal(plan, than, which):
    return VERDICTS.index(plan["verdict"][which]) >= VERDICTS.index(than["verdict"][which])


def is_unknown(plan, name):
    """The new service has no figure, or none but a reservation."""
    return plan["services"].get(name, {"source": None})["source"] in ("unknown", "reservation")


@pytest.mark.parametrize("asked", [[], ["--workers", "3"]], ids=["auto", "asked"])
@pytest.mark.parametrize("seed", range(COUNT))
def test_one_service_more(machine, seed, asked):
    r = random.Random(f"{SEED}/{seed}")
    root = machine(r.choice(["vm-4g", "vm-8g", "vm-8g", "vm-16g"]))
    (root / FILE).parent.mkdir(parents=True)
    services = {"litellm": gateway(r)}

    def plan(*more):
        (root / FILE).write_text(yaml.safe_dump({"services": services}, sort_keys=False))
        done = run("plan", "--json", "--sysroot", root, "--compose", "/" + FILE, "--service", "litellm=litellm",
                   "--service", "postgres=none", *swap, *asked, *more)
        assert done.returncode in (0, 3), done.stderr
        return json.loads(done.stdout)
    swap = r.choice([["--swap", "none"], []])
    before = plan()
    check_sums(before)
    for i in range(r.randint(1, 4)):
        name = f"s{i}"
        one, services[name] = dict(services), neighbour(r)
        after = plan()
        check_sums(after)
        assert after["workers"] <= before["workers"], services
        assert worse_or_equal(after, before, "idle"), services
        if after["workers"] == before["workers"]:
            assert worse_or_equal(after, before, "peak"), services
        elif not worse_or_equal(after, before, "peak"):
            services, both = one, services
            assert worse_or_equal(after, plan("--workers", str(after["workers"])), "peak"), both
            assert after["verdict"]["peak"] != "comfortable", both
            services = both
        # An applied count may be lowered until the rest fits: that is a smaller stack. What nobody knows makes it no smaller.
        if after["workers"] == before["workers"] or is_unknown(after, name) and after["totals"]["beside_mib"] == before["totals"]["beside_mib"]:
            assert after["totals"]["idle_mib"] >= before["totals"]["idle_mib"], services
            assert peak(after["totals"]) >= peak(before["totals"]), services
        before = after
