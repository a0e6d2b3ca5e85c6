# SPDX-License-Identifier: MIT
"""A person who works with the real Open WebUI through nginx: signs up, chats, searches a document, has a sound written down."""
import io
import json
import urllib.error
import urllib.request
import uuid
import wave

import engine
from image_names import image_of
from provider import HEARD

# What the slim image keeps documents' vectors in: it has no vector store of its own.
VECTORS = {"VECTOR_DB": "pgvector", "PGVECTOR_DB_URL": "postgresql://litellm:${POSTGRES_PASSWORD}@postgres:5432/postgres",
           "PGVECTOR_CREATE_EXTENSION": "true", "PGVECTOR_POOL_SIZE": "3"}
PAGES = 240
CHATS = 40
DOCUMENTS = 5
SUBJECT = "The lighthouse keeper of Norderney counts herring gulls every Thursday."


def image(variant, **more):
    """Settings of the service that bring an image of Open WebUI, slim or full, and more of its environment."""
    settings = (VECTORS if variant == "slim" else {}) | more
    name = image_of("open-webui-slim" if variant == "slim" else "open-webui")
    return f"image: {name}\n    environment: {json.dumps({k: str(v) for k, v in settings.items()})}"


def sound():
    """A second of silence."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\0\0" * 16000)
    return held.getvalue()


class Person:
    def __init__(self, stack):
        self.stack = stack
        self.base = f"http://127.0.0.1:{engine.PORT}"
        self.token = None
        self.token = self.call("/api/v1/auths/signup", {"name": "a", "email": "a@example.org", "password": "Correct-horse-1"})["token"]

    def send(self, path, body=None, kind="application/json"):
        headers = {"Content-Type": kind} if body is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.base + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode(errors='replace')}") from None

    def call(self, path, document=None):
        return json.loads(self.send(path, None if document is None else json.dumps(document).encode()))

    def upload(self, path, name, kind, content):
        """Sends a file as a form does."""
        edge = uuid.uuid4().hex
        body = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n').encode()
        return json.loads(self.send(path, body + content + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"))

    def chat(self):
        return self.call("/api/chat/completions", {"model": "plain", "stream": False, "messages": [{"role": "user", "content": "hello"}]})

    def document(self, text, name="a.txt"):
        """Uploads a text and returns the name of what it can be found in."""
        return "file-" + self.upload("/api/v1/files/?process=true&process_in_background=false", name, "text/plain", text.encode())["id"]

    def find(self, collection, question):
        return self.call("/api/v1/retrieval/query/doc", {"collection_name": collection, "query": question, "k": 1})

    def transcribe(self):
        return self.upload("/api/v1/audio/transcriptions", "a.wav", "audio/wav", sound())["text"]

    def work(self):
        for path in ("/", "/api/config", "/health", "/manifest.json") * (PAGES // 4):
            self.send(path)
        self.call("/api/models")
        for _ in range(CHATS):
            self.chat()

    def documents(self):
        for i in range(DOCUMENTS):
            found = self.document(f"{SUBJECT}\n" + f"Line {i} of a long report.\n" * 400, f"{i}.txt")
            self.find(found, "herring gulls")
