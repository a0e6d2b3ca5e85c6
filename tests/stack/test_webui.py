# SPDX-License-Identifier: MIT
"""
The real Open WebUI, in both of its images, in the stack that vpsfit writes: what people do besides chatting. FULL=1 only, for it takes
gigabytes of packages.
"""
import json

import pytest

import engine
import webui
from engine import Stack
from test_stack import FOUR

@pytest.fixture(scope="module", params=("slim", "full"))
def stack(request, tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp(request.param) / "gateway", "--open-webui", request.param, *FOUR)
    try:
        stack.up()
        yield stack
    finally:
        stack.destroy()


@pytest.fixture(scope="module")
def person(stack):
    return webui.Person(stack)


def test_a_chat_is_answered_by_the_gateway(person):
    assert person.chat()["choices"][0]["message"]["content"] == "hello"


def test_a_document_is_uploaded_and_found(person):
    found = person.find(person.document(webui.SUBJECT), "Who counts herring gulls?")
    assert webui.SUBJECT in found["documents"][0][0], found


def test_a_document_that_says_nothing_of_it_is_another(person):
    """Each document is searched by itself: what is found is not just the last that was uploaded."""
    other = person.document("Bread is baked on Mondays.", "other.txt")
    assert webui.SUBJECT not in json.dumps(person.find(other, "Who counts herring gulls?"))


def test_a_sound_is_written_down(person):
    assert person.transcribe() == webui.HEARD


def test_what_open_webui_asks_for_is_what_litellm_has(stack, person):
    kept = webui.kept(stack)
    offered = {model["id"] for model in json.load(stack.ask("/v1/models"))["data"]}
    assert {kept["rag.embedding_model"], kept["audio.stt.model"]} <= offered, (kept["rag.embedding_model"], kept["audio.stt.model"])


def test_nobody_was_killed_meanwhile(stack, person):
    assert all(stack.cgroup(service).oom_kills() == 0 for service in engine.SERVICES)
