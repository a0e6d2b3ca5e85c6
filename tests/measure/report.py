# SPDX-License-Identifier: MIT
"""Turns measured figures into a cost model file, and compares predictions with measurements. Sizes are MiB."""
import json
import math
import shutil
import statistics
import subprocess

import engine

# Factor on the highest observed peak, for what a few minutes cannot show.
HEADROOM = 1.25
# What a database adds: the query engine of each worker, and what the worker keeps for it. No package index has an engine. Measured on
# 2026-11-25 with LiteLLM 1.110.2 and one that was built for that alone: 52, 135 and 245 at one worker (without a parent), two and four
# after 500 requests, and the engines had 17, 6 and 10 more each after 2,500.
DATABASE = {1: 69, 2: 147, 4: 285}
# The same where it has just started.
DATABASE_IDLE = {1: 26, 2: 115, 4: 246}
# The same at the peak of a start with tables that are there already.
DATABASE_START = {1: 163, 2: 147, 4: 234}
# A first start migrates before it forks: one process, and so much more. The same measurement, 884 in all at its highest.
MIGRATION = 290
# Workers whose objects are not frozen, with their engines, and one unpaginated request for 2,500 rows of the spend log; the same.
UNFROZEN_WITH_DATABASE = {1: 1064, 2: 1510, 4: 2400}
ADMIN_REQUEST = 400
# What PostgreSQL keeps in its buffers of 64 MiB once LiteLLM has written to it: with the engine it had 96, 133 and 177 at one worker, two
# and four, and as many idle connections of an empty database have 55, 71 and 71 less.
BUFFERS = 60
# Redis with LiteLLM's connections (templates/services/redis.yaml); by itself it takes a third.
REDIS = 14
# Room of Open WebUI for a large document.
DOCUMENT = 256
# One worker with its database was OOM-killed at 1 GiB during migration, and survived at 1.5 GiB (several reports of 2026).
LEAST_LITELLM = 1536
SERVICES = ("litellm", "open-webui", "postgres", "nginx")


def median(values):
    """The median of figures, or of each figure in structures of one form; what differs in form is the first one's."""
    first = values[0]
    if isinstance(first, dict):
        return {k: median([v[k] for v in values if k in v]) for k in first}
    if isinstance(first, list):
        return [median(list(column)) for column in zip(*values)]
    return statistics.median(values) if isinstance(first, (int, float)) and not isinstance(first, bool) else first


def medians(result):
    """One row for each case, with the medians of its runs."""
    def merged(part, key):
        cases = {}
        for row in result.get(part, []):
            cases.setdefault(key and row[key], []).append(row)
        return [median(rows) for rows in cases.values()]
    return {**result, "litellm": merged("litellm", "workers"), "postgres": merged("postgres", "connections"),
            "redis": merged("redis", None), "open_webui": merged("open_webui", "variant")}


def up(value, step=1):
    return math.ceil(value / step) * step


def slope(points):
    """MiB per additional worker from two workers on; a single worker has a different process tree."""
    many = [p for p in points if p[0] >= 2]
    if len(many) < 2:
        return 0
    mean_w = sum(w for w, _ in many) / len(many)
    mean_m = sum(m for _, m in many) / len(many)
    return sum((w - mean_w) * (m - mean_m) for w, m in many) / sum((w - mean_w) ** 2 for w, _ in many)


def line_above(points, step=10):
    """The lowest line with no point above it, as (base, per worker)."""
    per_worker = up(slope(points), step)
    return up(max(0, max(m - per_worker * w for w, m in points)), step), per_worker


def line_below(points, step=10):
    """The highest line with no point below it; its base is not negative."""
    per_worker = max(0, math.floor(min([slope(points)] + [m / w for w, m in points]) / step) * step)
    return max(0, math.floor(min(m - per_worker * w for w, m in points) / step) * step), per_worker


def between(points, workers):
    """A figure known at some worker counts, at another one by the line through its neighbours."""
    known = sorted(points)
    low = max((w for w in known[:-1] if w <= workers), default=known[0])
    high = known[known.index(low) + 1]
    return points[low] + (points[high] - points[low]) * (workers - low) / (high - low)


def database(result, points, workers):
    """What a database adds to a figure of this result; nothing where it had one."""
    return 0 if result.get("query_engine") else between(points, workers)


def highest(row):
    return max(row["start_peak"], row["requests_peak"], row["streams_peak"], row["at_rest"]["unreclaimable"])


def unshared(row):
    """What the same workers take without shared memory; 0 if not measured."""
    other = row.get("otherwise", {}).get("unfrozen")
    return max(other["start_peak"], other["requests_peak"], other["at_rest"]["unreclaimable"]) if other else 0


def first_start(result, row):
    """The peak of a first start: of the migration, or of all workers after it, whichever is higher."""
    alone = min(r["start_peak"] for r in result["litellm"])
    return max(alone + MIGRATION, row["start_peak"] + database(result, DATABASE_START, row["workers"]))


def least_limit(result, row):
    """The highest use that was seen and a quarter more; never under a first start, nor unfrozen workers and an administrator's request."""
    added = database(result, DATABASE, row["workers"])
    return max((highest(row) + added) * HEADROOM, first_start(result, row), unshared(row) + added,
               between(UNFROZEN_WITH_DATABASE, row["workers"]) + ADMIN_REQUEST)


def litellm_points(result):
    """
    A model's expected use: at rest after work, once Python has collected garbage. A gateway is in this state most of the time; right
    after start it takes less, because workers still share all that they have not written to.
    """
    return [(r["workers"], r["at_rest"]["working_set"] + database(result, DATABASE, r["workers"])) for r in result["litellm"]]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def postgres_points(result):
    pool = result["pool_per_worker"]
    buffers = 0 if result.get("query_engine") else BUFFERS
    return [(r["connections"] // pool, r["working_set"] + buffers) for r in result["postgres"] if r["connections"] % pool == 0]


def table(points, source):
    return "\n".join(f'      - {{workers: {w:.0f}, mib: {up(m)}, source: "{source}"}}' for w, m in points)


def webui_rows(result):
    """Open WebUI's figures by variant."""
    return {r["variant"]: r for r in result.get("open_webui", [])}


def webui_lines(row):
    """A service's keys for one image of Open WebUI."""
    peak = max(row["start_peak"], row["work_peak"], row["at_rest"]["unreclaimable"])
    floor = min(row["idle"]["unreclaimable"], row["at_rest"]["unreclaimable"])
    # The file pages of a program are read again and again where there is no room for them; and a document is held several times
    # while it is read.
    return {"expected": up(max(row["idle"]["working_set"], row["at_rest"]["working_set"]), 5), "reservation": math.floor(floor / 10) * 10,
            "limit": up(max(peak * HEADROOM, row["at_rest"]["working_set"]) + DOCUMENT, 20), "start_peak": up(row["start_peak"])}


def webui_text(result):
    rows = {v: webui_lines(r) for v, r in webui_rows(result).items()}
    lines = [f"    {k}: {v}" for k, v in rows.get("full", rows.get("slim", {})).items()]
    if "slim" in rows:
        lines += ["    variants:", "      slim: {" + ", ".join(f"{k}: {v}" for k, v in rows["slim"].items()) + "}"]
    return "\n".join(lines)


def line_of(image):
    """The minor line in an image's tag: 1.110 of v1.110.2, 16 of 16.16-bookworm."""
    parts = image.rsplit(":", 1)[1].lstrip("v").split("-")[0].split(".")
    return ".".join(parts[:1] if "postgres" in image else parts[:2])


def redis_text(result):
    if not result.get("redis"):
        return ""
    row = result["redis"][0]
    return f"""  redis:
    # {row['idle']['working_set']:.0f} when it is started and {row['counters']['working_set']:.0f} with 10,000 counters, by itself.
    expected: {max(REDIS, up(row['counters']['working_set']))}
    reservation: 16
    limit: 64
"""


def write_model(result, path):
    """Writes the cost model; profiles/README.md has the schema."""
    rows = result["litellm"]
    rest = litellm_points(result)
    kept_base, kept = line_below(rest)
    limit_base, limit = line_above([(r["workers"], least_limit(result, r)) for r in rows])
    start_base, start = line_above([(r["workers"], first_start(result, r)) for r in rows])
    connections = postgres_points(result)
    base, per_worker = line_above(connections, 5)
    nginx_idle = max(r["others_idle"]["nginx"]["working_set"] for r in rows)
    nginx_peak = max(r["nginx_streams_peak"] for r in rows)
    docker = mean(sum(r["engine"].values()) for r in rows)
    tag = {s: i.rsplit(":", 1)[1] for s, i in result["images"].items()}
    engine_there = "with" if result.get("query_engine") else "without"
    images = ", ".join(f'{s}: "{line_of(i)}"' for s, i in result["images"].items())
    path.write_text(f"""\
# Measured by `make measure`; how, and what these figures leave out, is in tests/measure/README.md.
kind: cost-model
name: {result["name"]}
images: {{{images}}}
date: "{result["date"]}"
source: "make measure: working set of each container's cgroup, at rest after work; LiteLLM {tag["litellm"]} {engine_there} its database engine"
measured_on: "{result["machine"]}; LiteLLM {tag["litellm"]}, Open WebUI {tag["open-webui"]}"

services:
  litellm:
    # One worker has no parent. Measured {engine_there} a database engine: {", ".join(f"{r['at_rest']['working_set']:.0f}" for r in rows)} at rest, to which a database adds
    # {", ".join(f"{database(result, DATABASE, r['workers']):.0f}" for r in rows)} (2026-11-25, with an engine built for that alone).
    table:
{table(rest, "at rest after work, " + tag["litellm"] + ", and its database engine")}
    # Just started: {", ".join(f"{r['idle']['working_set']:.0f}" for r in rows)}.
    # Beyond the last point.
    expected: {{base_mib: {up(max(0, rest[-1][1] - slope(rest) * rest[-1][0]))}, per_worker_mib: {up(slope(rest))}}}
    reservation: {{base_mib: {kept_base}, per_worker_mib: {kept}}}
    # The highest of start, requests, streams and rest, and a quarter more. Never under a first start with its migration, nor under
    # what workers take that nothing keeps from copying what they share, with one administrator's request for the whole spend log.
    limit: {{base_mib: {limit_base}, per_worker_mib: {limit}, at_least_mib: {LEAST_LITELLM}}}
    # A first start: {MIGRATION} more than one process while the tables are made.
    start_peak: {{base_mib: {start_base}, per_worker_mib: {start}}}
  open-webui:
{webui_text(result)}
  postgres:
    table:
{table(connections, "each connection an ORM's, 80 prepared statements, and filled buffers")}
    expected: {{base_mib: {base}, per_worker_mib: {per_worker}}}
    reservation: {{base_mib: {up(base + 30, 10)}, per_worker_mib: {per_worker}}}
    # The buffers of 64 MiB fill up with the data, and a migration takes its share.
    limit: {{base_mib: {up((base + 64) * HEADROOM, 10)}, per_worker_mib: {up(per_worker * HEADROOM, 10)}}}
  nginx:
    expected: {up(nginx_idle)}
    reservation: {up(max(10, nginx_idle * 2), 10)}
    # Each stream may hold 128 KiB of a body, and files that it serves count as well.
    limit: {up(max(50, nginx_peak * 2), 50)}
{redis_text(result)}
# dockerd, containerd, a shim for each container, docker-proxy: proportional set sizes.
engine_mib: {up(docker)}
# A fresh Debian 12 cloud image had 229 MiB in use; 5.78 GiB in all less 3.3 available less 1.82 in containers leaves about 0.66 GiB
# of the founding analysis's machine, the engine's daemons included.
system_mib:
  lightweight: 230
  typical: 480
  desktop: 1200

pool_per_worker: {result["pool_per_worker"]}
reserve_connections: 20

official_worker_mib: 4096
official_source: "LiteLLM documentation, production page, since 2026-08-04: 4Gi per worker is a floor"
""")


def predicted(workers, model, program=engine.VPSFIT):
    """The plan's figures for each service with a model, from the program itself."""
    done = subprocess.run([program, "plan", "--json", "--force", "--ram", "64G", "--cpus", "32", "--swap", "none", "--overhead",
                           "1200", "--workers", str(workers), "--cost-model", model, "--dir", "/nonexistent/gateway"],
                          capture_output=True, text=True, check=False, timeout=60)
    plan = json.loads(done.stdout)
    return {s: plan["services"][s] for s in SERVICES} | {"engine": plan["totals"]["engine_mib"]}


def measured(result, row, when="at_rest"):
    """
    Each service's working set: LiteLLM's after start ("idle") or after work ("at_rest"), with what a database adds; the others' do not
    depend on LiteLLM's work.
    """
    figures = {s: v["working_set"] for s, v in row["others_idle"].items()}
    figures["litellm"] = row[when]["working_set"] + database(result, DATABASE if when == "at_rest" else DATABASE_IDLE, row["workers"])
    webui = webui_rows(result).get("full")
    if webui:
        figures["open-webui"] = webui[when]["working_set"]
    elif not result.get("webui_real"):
        del figures["open-webui"]
    if result.get("postgres"):
        figures["postgres"] = dict(postgres_points(result))[row["workers"]]
    else:
        del figures["postgres"]  # a different figure without LiteLLM's connections
    figures["engine"] = sum(row["engine"].values())
    return figures


def error(predicted_mib, measured_mib):
    return (predicted_mib - measured_mib) / measured_mib * 100


def with_model(directory, model):
    """A copy of the program with the shipped profiles and another model."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for folder in ("profiles", "templates"):
        shutil.copytree(engine.PROJECT / folder, directory / folder)
    # Read last, it overrides a shipped one of the same name.
    shutil.copy(model, directory / "profiles/just-measured.yaml")
    return shutil.copy(engine.VPSFIT, directory / "vpsfit")


def compare_line(workers, name, idle, rest, costs):
    cells = "".join(f"{cost:>9}{error(cost, idle):>+7.0f} %{error(cost, rest):>+6.0f} %" for cost in costs)
    print(f"{workers:>7} {name:<12}{idle:>8.0f}{rest:>8.0f}{cells}")


def compare(result, models, program=engine.VPSFIT):
    """Prints expected use per worker count, service and model against measurements after start and at rest after work."""
    print("\nExpected against measured, MiB. A model's expected use is that at rest after work; its error against just started, against at rest")
    print(f"{'':>7} {'':<12}{'just':>8}{'at':>8}" + "".join(f"{m:>26}" for m in models))
    print(f"{'workers':>7} {'service':<12}{'started':>8}{'rest':>8}" + f"{'expected':>9}{'started':>9}{'rest':>8}" * len(models))
    for row in result["litellm"]:
        idle, rest = measured(result, row, "idle"), measured(result, row)
        plans = [predicted(row["workers"], m, program) for m in models]
        costs = {s: [p[s] if s == "engine" else p[s]["expected_mib"] for p in plans] for s in rest}
        for service in rest:
            compare_line(row["workers"], service, idle[service], rest[service], costs[service])
        compare_line(row["workers"], "total", sum(idle.values()), sum(rest.values()), [sum(column) for column in zip(*costs.values())])


def limits(result, models, program=engine.VPSFIT):
    """Prints whether LiteLLM's limit holds the observed peaks."""
    print(f"\nLiteLLM's limit against its peaks, MiB\n{'workers':>7}{'start':>8}{'requests':>10}{'streams':>9}{'rest':>7}{'unfrozen':>10}{'first':>8}"
          + "".join(f"{m:>26}" for m in models))
    for row in result["litellm"]:
        cells = ""
        for model in models:
            limit = predicted(row["workers"], model, program)["litellm"]["limit_mib"]
            cells += f"{limit:>17}{'holds' if limit >= max(highest(row), unshared(row), first_start(result, row)) else 'KILLED':>9}"
        print(f"{row['workers']:>7}{row['start_peak']:>8.0f}{row['requests_peak']:>10.0f}{row['streams_peak']:>9.0f}"
              f"{row['at_rest']['unreclaimable']:>7.0f}{unshared(row):>10.0f}{first_start(result, row):>8.0f}{cells}")


WAYS = {"unfrozen": "objects not frozen", "spawned": "without --run_gunicorn", "parent": "forked from a parent"}


def ways(result):
    """Prints other ways to start LiteLLM beside the one that is written."""
    print(f"\nLiteLLM started in other ways, MiB\n{'workers':>7}{'start':>8}{'idle':>7}{'2000 rq':>9}{'at rest':>9}")
    for row in result["litellm"]:
        for name, r in {"as written": row, **{WAYS[k]: v for k, v in row.get("otherwise", {}).items() if v}}.items():
            print(f"{row['workers']:>7}{r['start_peak']:>8.0f}{r['idle']['working_set']:>7.0f}{r['after_requests']['working_set']:>9.0f}"
                  f"{r['at_rest']['working_set']:>9.0f}   {name}")


def details(result):
    print(f"\nLiteLLM in detail, MiB\n{'workers':>7}{'idle':>7}{'start':>7}{'2000 rq':>9}{'50 str.':>9}{'at rest':>9}"
          "   PSS just started / at rest: base + each worker")
    for r in result["litellm"]:
        split = [f"{s['base']:.0f} + {' '.join(f'{w:.0f}' for w in s['workers']) or '-'}" for s in (r["idle_split"], r["after_split"])]
        print(f"{r['workers']:>7}{r['idle']['working_set']:>7.0f}{r['start_peak']:>7.0f}{r['after_requests']['working_set']:>9.0f}"
              f"{r['streams_peak']:>9.0f}{r['at_rest']['working_set']:>9.0f}   {split[0]} / {split[1]}  ({r['answered']} answered, {r['streamed']} streamed)")
    print("\nPostgreSQL by connections, MiB: " + ", ".join(f"{r['connections']}: {r['working_set']:.0f}" for r in result["postgres"]))
    print("Engine, MiB: " + ", ".join(f"{k} {v:.0f}" for k, v in result["litellm"][0]["engine"].items()))
    for variant, r in webui_rows(result).items():
        print(f"Open WebUI {variant}, MiB: start-up peak {r['start_peak']:.0f}; just started, after chats, after documents "
              + ", ".join(f"{r[k]['working_set']:.0f} ({r[k]['unreclaimable']:.0f} not reclaimable)" for k in ("idle", "after_chats", "at_rest"))
              + f"; peak {r['work_peak']:.0f}; PostgreSQL beside it {r['postgres']['working_set']:.0f}")


def print_all(result, out, model):
    """Prints all tables, with the shipped models and the one just written."""
    models = ["seed-2025-11", "points-2025-11", result["name"]]
    program = with_model(out / "program", model)
    details(result)
    ways(result)
    compare(result, models, program)
    limits(result, models, program)
