# SPDX-License-Identifier: MIT
"""
A stack whose real Open WebUI was first started with LiteLLM's master key, as 0.1.0 wrote it and as today's version would: it keeps that
key in its own database, whatever its environment says afterwards. The test reads that database, and does as vpsfit says. FULL=1 only.
LiteLLM is a stand-in of its HTTP interface (key_stand_in.py), which notes by which key it is asked, for there is no engine by which it
reaches its database. Tests depend on their order.
"""
import json
import re

import pytest

import webui
from before_the_key import taken_back
from image_names import image_of
from test_start import vpsfit
from test_webui_key import Place

KEPT = {"openai.api_keys", "rag.openai.api_key", "audio.stt.openai.api_key"}
FIRST = {"0.1.0's": ("full", "open-webui-earlier"), "today's": ("slim", "open-webui-slim")}


class Earlier(Place):
    """Open WebUI as it was then, with what vpsfit says of it; `follow` does as the person does who reads that."""

    def __init__(self, directory, variant, image):
        self.variant = variant
        super().__init__(directory, ("docker", "compose"))
        self.file = directory / "compose.yaml"
        written = image_of("open-webui-slim" if variant == "slim" else "open-webui")
        self.file.write_text(self.file.read_text().replace(f"image: {written}\n", f"image: {image_of(image)}\n"))
        self.today = self.file.read_text()
        taken_back(directory)
        # The stand-in waits for no key where no step makes one known.
        override = directory / "compose.override.yaml"
        self.later = override.read_text()
        override.write_text(re.sub(r"  webui-key:\n.*\n", "", self.later))

    def apply(self, *answers):
        return super().apply(*(answers or ("--open-webui", self.variant)))

    def told(self):
        return " ".join(vpsfit("plan", *self.here).stderr.split())

    def follow(self):
        """The service, depends_on and the three lines from the templates; applied, and started."""
        self.file.write_text(self.today)
        (self.directory / "compose.override.yaml").write_text(self.later)
        done = self.apply("--open-webui", "slim")
        assert done.returncode == 0, done.stderr
        done = self.up()
        assert done.returncode == 0, done.stdout + done.stderr

    def container(self, service):
        return self.inspect(service)["Id"]

    def environment(self, key):
        return [line.split("=", 1)[1] for line in self.inspect("open-webui")["Config"]["Env"] if line.startswith(key + "=")]

    def kept(self):
        """Which settings in Open WebUI's database have one of the two keys, and which."""
        keys = {"master": self.secret("LITELLM_MASTER_KEY")}
        if "LITELLM_WEBUI_KEY=" in (self.directory / ".env").read_text():
            keys["own"] = self.secret("LITELLM_WEBUI_KEY")
        found = {name: [which for which, key in keys.items() if key in json.dumps(value)] for name, value in webui.kept(self).items()}
        return {name: which for name, which in found.items() if which}

    def uses(self):
        """Who asked the models since the last look: (path, "admin" for the master key or "key")."""
        file = self.keys / "uses"
        lines = file.read_text().splitlines() if file.exists() else ()
        file.write_text("")
        return {tuple(line.split()) for line in lines}

    def ready(self):
        self.compose("up", "-d", "--wait", "open-webui", "nginx")

    def chats(self):
        """By which key it asks for a chat, as the page does: the models first."""
        assert "plain" in [model["id"] for model in self.person.call("/api/models")["data"]], self.compose("logs", "--tail", "40").stdout
        self.uses()
        assert self.person.chat()["choices"][0]["message"]["content"] == "hello"
        return {role for path, role in self.uses() if path == "/v1/chat/completions"}


@pytest.fixture(scope="module", params=FIRST)
def place(request, tmp_path_factory):
    made = Earlier(tmp_path_factory.mktemp(f"key-{FIRST[request.param][1]}") / "gateway", *FIRST[request.param])
    try:
        done = made.up()
        assert done.returncode == 0, done.stdout + done.stderr
        made.ready()
        made.person = webui.Person(made)
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "1")


def test_the_master_key_stands_in_its_database(place):
    assert place.chats() == {"admin"}
    assert place.environment("OPENAI_API_KEY") == [place.secret("LITELLM_MASTER_KEY")]
    kept = place.kept()
    assert kept["openai.api_keys"] == ["master"] and set(kept) <= KEPT, kept


def test_it_is_told_what_that_means_and_where_to_replace_it(place):
    said = place.told()
    assert "has LiteLLM's master key, with which everything in LiteLLM can be changed" in said
    assert "put the value of LITELLM_WEBUI_KEY" in said and "Admin Panel > Settings > Connections" in said
    assert "Documents and Audio" in said


def test_a_key_of_its_own_in_the_environment_changes_nothing_there(place):
    place.follow()
    place.ready()
    assert place.environment("OPENAI_API_KEY") == [place.secret("LITELLM_WEBUI_KEY")]
    assert "is made known" in place.compose("logs", "webui-key").stdout
    assert "Admin Panel > Settings > Connections" in " ".join(re.sub(r"^.*?\| ", "", place.compose("logs", "webui-key").stdout, flags=re.M).split())
    assert set(place.kept()["openai.api_keys"]) == {"master"}
    place.person.sign_in()
    assert place.chats() == {"admin"}


def test_put_in_where_it_is_said_it_is_the_one_that_is_used(place):
    """Connections, Documents and Audio, by the requests that these pages send."""
    own = place.secret("LITELLM_WEBUI_KEY")
    place.person.connect(own)
    place.person.choose_embedding("text-embedding-3-small", own)
    place.person.choose_speech("whisper-1", own)
    assert {which for keys in place.kept().values() for which in keys} == {"own"}, place.kept()
    assert place.kept()["openai.api_keys"] == ["own"]
    assert place.chats() == {"key"}


def test_nothing_asks_with_the_master_key_any_more(place):
    """Neither after another start, nor where documents and speech go."""
    place.compose("restart", "open-webui")
    place.ready()
    place.person.sign_in()
    place.uses()
    assert place.chats() == {"key"}
    place.person.document(webui.SUBJECT)
    assert place.person.transcribe() == webui.HEARD
    assert place.uses() == {("/v1/embeddings", "key"), ("/v1/audio/transcriptions", "key")}
    assert "master key" not in place.told()
