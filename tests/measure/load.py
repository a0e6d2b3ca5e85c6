# SPDX-License-Identifier: MIT
"""Bounded load on the stack through nginx: so many requests, so many streams at once, and then it ends."""
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
    """Completions that are not streamed; returns how many were answered with 200."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(status == 200 for status in pool.map(lambda _: one_request(stack), range(count)))


def collect(stack, workers):
    """Has every worker look through all its objects: more requests than workers, for one cannot be chosen."""
    for _ in range(workers * 8):
        stack.chat("collect").read()


def one_stream(stack):
    try:
        answer = stack.chat("long", stream=True)
        return answer.status == 200 and b"[DONE]" in answer.read()
    except (OSError, http.client.HTTPException):
        return False


def streams(stack, count=STREAMS):
    """Streams that are all open at once, of about eight seconds each; returns how many came to their end."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return sum(pool.map(lambda _: one_stream(stack), range(count)))
