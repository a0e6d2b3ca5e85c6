# SPDX-License-Identifier: MIT
"""
A stack whose Open WebUI was first started by the version that 0.1.0 wrote, with the settings that 0.1.0 wrote: today's version goes on
with its volume, and what is in its database goes before what is in its environment. FULL=1 only. Tests depend on their order.
"""
import json
import re
import subprocess

import pytest

import engine
import webui
from engine import Stack
from image_names import image_of
from provider import HEARD
from test_stack import FOUR

# What today's stack has in Open WebUI's environment, and 0.1.0's had not: without them it asks LiteLLM for models that it does not have.
LINES = {"rag.embedding_model": 'RAG_EMBEDDING_MODEL: "text-embedding-3-small"', "audio.stt.model": 'AUDIO_STT_MODEL: "whisper-1"'}
BY_ITSELF = {"rag.embedding_model": "sentence-transformers/all-MiniLM-L6-v2", "audio.stt.model": ""}
QUESTION = "Who counts herring gulls?"
WAYS = {"full": ("--images", "new"), "slim": ("--open-webui", "slim")}


class Earlier(Stack):
    """A stack with Open WebUI as 0.1.0 wrote it: its image, and neither of the lines."""

    def __init__(self, directory):
        super().__init__(directory, "--open-webui", "full", *FOUR)
        self.file = self.directory / "compose.yaml"
        self.replace(image_of("open-webui"), image_of("open-webui-earlier"))
        for line in LINES.values():
            self.replace(f"      {line}\n", "")

    def replace(self, old, new):
        text = self.file.read_text()
        assert text.count(old) == 1, old
        self.file.write_text(text.replace(old, new))

    def add_lines(self):
        """As the person does who was told of them."""
        for line in LINES.values():
            engine_line = re.sub("_MODEL: .*", "_ENGINE:", line)
            self.replace(f"      {engine_line}", f"      {line}\n      {engine_line}")

    def told(self):
        return subprocess.run([engine.VPSFIT, "plan", "--dir", self.directory, "--state", self.directory / ".vpsfit"],
                              capture_output=True, text=True, timeout=engine.PATIENCE).stderr

    def killed(self):
        return sum(self.cgroup(service).oom_kills() for service in engine.SERVICES)


@pytest.fixture(scope="module", params=WAYS)
def stack(request, tmp_path_factory):
    stack = Earlier(tmp_path_factory.mktemp(f"earlier-{request.param}") / "gateway")
    try:
        stack.up()
        stack.person = webui.Person(stack)
        stack.person.chat()
        stack.chat_id = stack.person.keep_chat("from the older version")
        stack.before, stack.killed_before, stack.told_before = webui.kept(stack), stack.killed(), stack.told()
        stack.apply(*WAYS[request.param], *FOUR)
        stack.variant = request.param
        stack.without_lines = stack.file.read_text()
        stack.add_lines()
        stack.up()
        yield stack
    finally:
        stack.destroy()


def test_the_older_version_asked_for_models_of_its_own(stack):
    assert {key: stack.before[key] for key in LINES} == BY_ITSELF
    for key, line in LINES.items():
        assert line.split('"')[1] in stack.told_before, key


def test_todays_version_runs(stack):
    assert stack.inspect("open-webui")["Config"]["Image"] == image_of("open-webui" + ("-slim" if stack.variant == "slim" else ""))
    assert stack.inspect("open-webui")["State"]["Health"]["Status"] == "healthy"
    environment = stack.inspect("open-webui")["Config"]["Env"]
    for line in LINES.values():
        assert line.replace(": ", "=").replace('"', "") in environment
        assert line not in stack.without_lines, "vpsfit adds nothing that would change nothing"


def test_the_account_is_there_and_chats(stack):
    stack.person.sign_in()
    assert stack.person.chat()["choices"][0]["message"]["content"] == "hello"
    assert stack.person.call(f"/api/v1/chats/{stack.chat_id}")["chat"]["title"] == "from the older version"


def test_what_the_older_version_kept_holds(stack):
    now = webui.kept(stack)
    assert {key: now[key] for key in LINES} == BY_ITSELF
    assert {key: (value, now.get(key)) for key, value in stack.before.items() if now.get(key) != value} == {}


def test_documents_and_speech_fail_until_the_models_are_chosen(stack):
    """As the notes say: the lines in the environment end the notes and nothing else. Nothing but the two choices makes both work."""
    assert "in Open WebUI" not in stack.told()
    person = stack.person
    with pytest.raises(AssertionError, match="/retrieval/query/doc|/files/") as document:
        person.find(person.document(webui.SUBJECT), QUESTION)
    with pytest.raises(AssertionError, match="/audio/transcriptions") as speech:
        person.transcribe()
    print(document.value, speech.value)
    person.choose_embedding("text-embedding-3-small")
    person.choose_speech("whisper-1")
    now = webui.kept(stack)
    assert all(line.endswith(json.dumps(now[key])) for key, line in LINES.items())
    assert webui.SUBJECT in person.find(person.document(webui.SUBJECT + " So it is."), QUESTION)["documents"][0][0]
    assert person.transcribe() == HEARD


def test_what_was_chosen_outlives_another_start(stack):
    stack.compose("restart", "open-webui")
    stack.up()
    stack.person.sign_in()
    found = stack.person.find(stack.person.document(webui.SUBJECT + " So it still is."), QUESTION)
    assert webui.SUBJECT in found["documents"][0][0]


def test_nobody_was_killed(stack):
    assert stack.killed_before == 0 and stack.killed() == 0
