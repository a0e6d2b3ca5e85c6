# SPDX-License-Identifier: MIT
"""Bounded load on the stack through nginx: a fixed number of requests, of concurrent streams, or of seconds."""
import concurrent.futures
import http.client
import itertools
import threading
import time

# A machine on which nothing is short, so that nothing is chosen by size.
ANSWERS = ("--ram", "16G", "--cpus", "8", "--swap", "none", "--overhead", "1200")
REQUESTS = 2000
AT_ONCE = 8
STREAMS = 50
CLIENTS = 16
# About 100,000 tokens, which LiteLLM counts.
LONG_PROMPT = "every good boy does fine " * 20000


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


def one(stack, stream):
    """Seconds to the first token (streamed) and to the end; None for an answer that failed."""
    begun = time.monotonic()
    first = None
    try:
        answer = stack.chat("plain", stream=stream)
        for line in answer:
            if first is None and b"piece" in line:
                first = time.monotonic() - begun
        return (first, time.monotonic() - begun) if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def without_pause(stack, seconds, stream):
    """CLIENTS clients without a pause for so many seconds."""
    end = time.monotonic() + seconds

    def client(_):
        answers = []
        while time.monotonic() < end:
            answers.append(one(stack, stream))
        return answers

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(itertools.chain.from_iterable(pool.map(client, range(CLIENTS))))
    good = [a for a in answers if a]
    firsts = [a[0] for a in good if a[0] is not None]
    return {"per_second": len(good) / (time.monotonic() - begun), "failed": len(answers) - len(good),
            "p50": percentile([a[1] for a in good], 0.5), "p95": percentile([a[1] for a in good], 0.95),
            "first_p50": percentile(firsts, 0.5), "first_p95": percentile(firsts, 0.95)}


def gently(stack, seconds, pause):
    """One person who asks, waits for the answer and then so many seconds; how long each answer took, infinity for one that failed."""
    end, took = time.monotonic() + seconds, []
    while time.monotonic() < end:
        answer = one(stack, False)
        took.append(answer[1] if answer else float("inf"))
        time.sleep(pause)
    return took


def beside_long_prompts(stack, seconds):
    """What one person's short questions take while somebody else sends one long prompt after the other."""
    over = threading.Event()

    def somebody_else():
        while not over.is_set():
            stack.ask("/v1/chat/completions", {"model": "plain", "messages": [{"role": "user", "content": LONG_PROMPT}]}).read()

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        other = pool.submit(somebody_else)
        took = gently(stack, seconds, 0.1)
        over.set()
        other.result()
    return {"p50": percentile(took, 0.5), "p95": percentile(took, 0.95), "worst": max(took), "asked": len(took)}
