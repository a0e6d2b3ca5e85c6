# SPDX-License-Identifier: MIT
"""After the tests, prints the cost models' predictions for the tested stacks and what those really took."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "measure"), str(HERE.parent / "tools")]

import engine
import load
import report
import sampling

RESULT = {"litellm": [], "query_engine": bool(engine.QUERY_ENGINE)}


def record(stack):
    """Records a stack's figures after start and at rest after work, for the table."""
    idle = sampling.now(stack.cgroup("litellm"))
    load.collect(stack, stack.plan["workers"])
    RESULT["webui_real"] = b"stand-in" not in stack.ask("/", key=False).read()
    RESULT["litellm"].append({
        "workers": stack.plan["workers"], "idle": idle, "at_rest": sampling.settled(stack.cgroup("litellm")),
        "others_idle": {s: sampling.now(stack.cgroup(s)) for s in engine.SERVICES if s != "litellm"},
        "engine": sampling.sum_pss(engine.engine_processes())})


def pytest_terminal_summary():
    print(f"\n{engine.about_the_database()}")
    if RESULT["litellm"]:
        report.compare(RESULT, ["seed-2025-11", "points-2025-11", engine.MEASURED])
