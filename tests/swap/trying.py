# SPDX-License-Identifier: MIT
"""A list of tests and their assertions; the file that makes their world runs them."""

tests, failed = [], []


def test(function):
    tests.append(function)
    return function


def expect(truth, what=""):
    if not truth:
        raise AssertionError(what)


def equal(have, want):
    expect(have == want, f"{have!r}, wanted {want!r}")


def attempt(function, w, errors, afterwards):
    """Runs one test and the check that follows each test, and prints the result."""
    name = function.__name__.replace("_", " ")
    try:
        function(w)
        afterwards(w)
        print(f"ok   {name}", flush=True)
    except (AssertionError, RuntimeError, FileNotFoundError, *errors) as e:
        failed.append(function.__name__)
        print(f"FAIL {name} (line {e.__traceback__.tb_next.tb_lineno}): {e}", flush=True)
