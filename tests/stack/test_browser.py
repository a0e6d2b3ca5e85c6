# SPDX-License-Identifier: MIT
"""
What a person sees in a browser: Debian's Chromium and the real Open WebUI behind the stack's nginx. Signs up as the first account, sends a
message and sees the answer grow, uploads a document and asks about it, logs in again after a restart. FULL=1 only. Screenshots are in
STACK_OUT/screenshots; tests depend on their order.
"""
import os
import pathlib
import time

import pytest

import engine
import webui
from browser import Browser
from engine import Stack, wait_for
from test_stack import FOUR

ADDRESS = f"http://127.0.0.1:{engine.PORT}"
QUESTION = "Who counts herring gulls?"
# Beside a browser the checks themselves take their time.
PATIENT = "".join(f"\n  {service}:\n    healthcheck: {{timeout: 60s, retries: 30, start_period: 600s}}" for service in ("litellm", "open-webui"))
SHOTS = pathlib.Path(os.environ.get("STACK_OUT", ".")) / "screenshots"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("browser") / "gateway", "--open-webui", os.environ.get("BROWSER_WEBUI", "slim"), "--workers", "1", *FOUR,
                  more=PATIENT)
    try:
        stack.up()
        yield stack
    finally:
        stack.destroy()


@pytest.fixture(scope="module")
def browser(stack, tmp_path_factory):
    SHOTS.mkdir(exist_ok=True)
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.shot(SHOTS / "last.png")
    browser.close()


def leave_the_news(browser):
    """After the first login a list of what is new lies over the page."""
    browser.wait_for("#chat-input")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if "let's go" in browser.text().lower():
            browser.press("Okay, Let's Go!")
            return
        time.sleep(0.2)


def ask(browser, text):
    browser.type("#chat-input", text)
    browser.enter()


def answers(browser):
    """What the page shows below the questions, one text for each."""
    return browser.js("[...document.querySelectorAll('.chat-assistant')].map(e => e.innerText)") or []


def test_1_the_first_account_is_the_administrator(browser):
    browser.go(ADDRESS)
    browser.until("a form or a button to it", lambda: browser.has("input[type=email]") or "get started" in browser.text().lower())
    if not browser.has("input[type=email]"):
        browser.press("Get started")
    browser.wait_for("input[type=password]")
    browser.type("input[autocomplete=name]", "Ann")
    browser.type("input[type=email]", webui.WHO["email"])
    browser.type("input[type=password]", webui.WHO["password"])
    browser.shot(SHOTS / "1-sign-up.png")
    browser.press("Create Admin Account")
    leave_the_news(browser)
    role = "fetch('/api/v1/auths/', {headers: {Authorization: 'Bearer ' + localStorage.token}}).then(a => a.json()).then(a => a.role)"
    assert browser.js(role) == "admin"


def test_2_an_answer_grows_while_it_comes(browser):
    """The provider pauses a second between the pieces: who sees them all at once has a proxy that buffers."""
    browser.go(f"{ADDRESS}/?models=long")
    browser.wait_for("#chat-input")
    browser.see("long")
    ask(browser, "Hello, who is there?")
    seen = set()

    def is_whole():
        said = "".join(answers(browser)[-1:])
        seen.add(said.count("piece"))
        return "piece7" in said
    browser.until("the whole answer", is_whole)
    assert len(seen - {0, 8}) >= 2, seen
    browser.shot(SHOTS / "2-chat.png")


def test_3_a_document_is_asked_about(browser, tmp_path):
    path = tmp_path / "gulls.txt"
    path.write_text(f"{webui.SUBJECT}\nBread is baked on Mondays.\n")
    browser.go(f"{ADDRESS}/?models=reads")
    browser.wait_for("#chat-input")
    browser.see("reads")
    browser.give_file("input[type=file]", path)
    browser.see("gulls.txt")
    browser.until("the file's end of work", lambda: browser.js(
        "fetch('/api/v1/files/', {headers: {Authorization: 'Bearer ' + localStorage.token}}).then(a => a.json())"
        ".then(a => (a.items || a).some(f => f.filename === 'gulls.txt' && (f.data || {}).status === 'completed'))"))
    ask(browser, QUESTION)
    browser.until("an answer from the document", lambda: webui.SUBJECT in "".join(answers(browser)[-1:]))
    browser.shot(SHOTS / "3-document.png")


def test_4_after_a_restart_everything_is_there(stack, browser):
    stack.compose("restart", "open-webui")
    wait_for("Open WebUI", lambda: stack.inspect("open-webui")["State"]["Health"]["Status"] == "healthy")
    browser.js("localStorage.clear()")
    browser.do("Network.clearBrowserCookies")
    browser.go(f"{ADDRESS}/auth")
    browser.type("input[type=email]", webui.WHO["email"])
    browser.type("input[type=password]", webui.WHO["password"])
    browser.shot(SHOTS / "4-sign-in.png")
    browser.press("Sign in")
    leave_the_news(browser)
    assert len(browser.js("fetch('/api/v1/chats/', {headers: {Authorization: 'Bearer ' + localStorage.token}}).then(a => a.json())")) == 2
    browser.shot(SHOTS / "5-after-a-restart.png")


def test_5_nobody_was_killed_meanwhile(stack):
    assert all(stack.cgroup(service).oom_kills() == 0 for service in engine.SERVICES)
