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


def run_all(w, place, only, errors, afterwards, forget):
    """Runs the tests, or those that are named, each on an empty disk and a machine without swap. Returns the exit status."""
    for t in tests:
        if only and t.__name__ not in only:
            continue
        attempt(t, w, errors, afterwards)
        w.swap_off()
        forget(w)
        for p in w.path(place).iterdir():
            if p.name != "lost+found":
                p.unlink()
        w.fresh()
    print(f"{len(tests)} tried, {len(failed)} failed")
    return 1 if failed else 0
