# SPDX-License-Identifier: MIT
"""
An hour of work on the stack that vpsfit writes, at its own limits: 50 streams at all times, questions, pages and documents in Open WebUI,
and with QUERY_ENGINE the administrator's request for the whole spend log, which costs LiteLLM more memory than anything else. FULL=1
only. STACK_HOUR=SECONDS makes it shorter while one works on it.
"""
import concurrent.futures
import os
import threading
import time

import pytest

import engine
import load
import webui
from engine import SERVICES, Stack
from memory import mib
from test_stack import FOUR

SECONDS = float(os.environ.get("STACK_HOUR", "3600"))
BETWEEN = 30
UPLOADS = 600
# A stream may be cut by the clock of the machine, not by the stack.
MAY_FAIL = 0.001


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("hour") / "gateway", *FOUR)
    try:
        stack.up()
        yield stack
    finally:
        stack.destroy()


class Work:
    """What several people do at once, until the end; counts what went well and what did not."""

    def __init__(self, stack):
        self.stack, self.end = stack, time.monotonic() + SECONDS
        self.lock, self.good, self.bad, self.errors = threading.Lock(), 0, 0, []

    def count(self, good, what):
        with self.lock:
            self.good += good
            self.bad += not good
            if not good:
                self.errors.append(what)

    def stream(self):
        while time.monotonic() < self.end:
            self.count(load.one_stream(self.stack), "a stream")

    def ask(self):
        while time.monotonic() < self.end:
            self.count(load.one(self.stack, False) is not None, "a question")
            time.sleep(0.2)

    def browse(self):
        """Chats all the time, and five documents each ten minutes: each stays in Open WebUI's memory (profiles/README.md)."""
        person, uploaded = webui.Person(self.stack), float("-inf")
        while time.monotonic() < self.end:
            person.work()
            if time.monotonic() - uploaded > UPLOADS:
                person.documents()
                uploaded = time.monotonic()
            time.sleep(BETWEEN)

    def administer(self):
        while engine.QUERY_ENGINE and time.monotonic() < self.end:
            self.count(self.stack.ask("/spend/logs?summarize=false").status == 200, "the spend log")
            time.sleep(BETWEEN)

    def all(self):
        with concurrent.futures.ThreadPoolExecutor(load.STREAMS + 3) as pool:
            people = [pool.submit(self.stream) for _ in range(load.STREAMS)]
            people += [pool.submit(one) for one in (self.ask, self.browse, self.administer)]
            for one in people:
                one.result()


def test_an_hour_of_work_kills_nobody(stack):
    restarts = {s: stack.inspect(s)["RestartCount"] for s in SERVICES}
    work = Work(stack)
    work.all()
    for service in SERVICES:
        cgroup = stack.cgroup(service)
        print(f"{service}: {mib(cgroup.unreclaimable()):.0f} MiB, peak {mib(cgroup.number('peak')):.0f} of {mib(cgroup.number('limit')):.0f}")
    print(f"{work.good} answers, {work.bad} failed {work.errors[:3]}; {engine.about_the_database()}")
    assert {s: stack.inspect(s)["RestartCount"] for s in SERVICES} == restarts
    assert all(stack.cgroup(s).oom_kills() == 0 for s in SERVICES)
    assert work.good > 50 and work.bad <= work.good * MAY_FAIL, work.errors[:10]
