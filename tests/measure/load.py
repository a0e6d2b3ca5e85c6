# SPDX-License-Identifier: MIT
"""Bounded load on the stack through nginx: a fixed number of requests and of concurrent streams."""
import concurrent.futures
import http.client

REQUESTS = 2000
AT_ONCE = 8
STREAMS = 50


def one_request(stack):
    answer = stack.chat("plain")
    answer.read()
    return answer.status


def requests(stack, count=REQUESTS):
    """Completions without streaming; returns how many got 200."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(status == 200 for status in pool.map(lambda _: one_request(stack), range(count)))


def collect(stack, workers):
    """Makes every worker collect garbage; many requests, because a worker cannot be selected."""
    for _ in range(workers * 8):
        stack.chat("collect").read()


def one_stream(stack):
    try:
        answer = stack.chat("long", stream=True)
        return answer.status == 200 and b"[DONE]" in answer.read()
    except (OSError, http.client.HTTPException):
        return False


def streams(stack, count=STREAMS):
    """Concurrent streams of about eight seconds each; returns how many were complete."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return sum(pool.map(lambda _: one_stream(stack), range(count)))
