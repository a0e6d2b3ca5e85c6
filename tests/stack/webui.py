# SPDX-License-Identifier: MIT
"""A person who works with the real Open WebUI through nginx: signs up, chats, searches a document, has a sound written down."""
import io
import json
import urllib.error
import urllib.request
import uuid
import wave

import engine
from engine import docker
from image_names import image_of
from provider import HEARD

# What the slim image keeps documents' vectors in: it has no vector store of its own.
VECTORS = {"VECTOR_DB": "pgvector", "PGVECTOR_DB_URL": "postgresql://litellm:${POSTGRES_PASSWORD}@postgres:5432/postgres",
           "PGVECTOR_CREATE_EXTENSION": "true", "PGVECTOR_POOL_SIZE": "3"}
PAGES = 240
CHATS = 40
DOCUMENTS = 5
SUBJECT = "The lighthouse keeper of Norderney counts herring gulls every Thursday."
WHO = {"email": "a@example.org", "password": "Correct-horse-1"}

# What Open WebUI keeps of its settings: they count from the second start on, whatever its environment says. Since 0.10 each is a row
# of its own; before that there was one row with a tree of those that somebody had changed.
SETTINGS = """
import json, sqlite3
def flat(tree, above=""):
    for key, value in tree.items():
        yield from flat(value, above + key + ".") if isinstance(value, dict) else [(above + key, value)]
database = sqlite3.connect("/app/backend/data/webui.db")
if [row for row in database.execute("pragma table_info(config)") if row[1] == "data"]:
    rows = database.execute("select data from config order by id desc limit 1").fetchall()
    print(json.dumps(dict(flat(json.loads(rows[0][0]))) if rows else {}))
else:
    rows = database.execute("select key, value from config")
    # SQLite keeps a number as a number, also in a column of JSON.
    print(json.dumps({key: json.loads(value) if isinstance(value, str) else value for key, value in rows}))
"""


def image(variant, **more):
    """Settings of the service that bring an image of Open WebUI, slim or full, and more of its environment."""
    settings = (VECTORS if variant == "slim" else {}) | more
    name = image_of("open-webui-slim" if variant == "slim" else "open-webui")
    return f"image: {name}\n    environment: {json.dumps({k: str(v) for k, v in settings.items()})}"


def kept(stack):
    """The settings in Open WebUI's database, by names with dots."""
    return json.loads(docker("exec", stack.container("open-webui"), "/opt/venv/bin/python3", "-c", SETTINGS))


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
        self.token = self.call("/api/v1/auths/signup", {"name": "a"} | WHO)["token"]

    def sign_in(self):
        """Again, with the password."""
        self.token = None
        self.token = self.call("/api/v1/auths/signin", WHO)["token"]

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

    def keep_chat(self, title):
        """As the page does after an answer; returns what the chat is found by."""
        chat = {"title": title, "models": ["plain"], "messages": [], "history": {"messages": {}}}
        return self.call("/api/v1/chats/new", {"chat": chat})["id"]

    def connect(self, key):
        """Admin Panel > Settings > Connections: the key of the one connection."""
        settings = self.call("/openai/config")
        assert len(settings["OPENAI_API_KEYS"]) == 1, settings
        self.call("/openai/config/update", settings | {"OPENAI_API_KEYS": [key]})

    def choose_embedding(self, model, key=None):
        """Admin Panel > Settings > Documents, Embedding Model; with the key below its engine."""
        settings = self.call("/api/v1/retrieval/embedding") | {"RAG_EMBEDDING_MODEL": model}
        if key:
            settings["openai_config"]["key"] = key
        self.call("/api/v1/retrieval/embedding/update", settings)

    def choose_speech(self, model, key=None):
        """Admin Panel > Settings > Audio, STT Model; with its key."""
        settings = self.call("/api/v1/audio/config")
        settings["stt"]["MODEL"] = model
        if key:
            settings["stt"]["OPENAI_API_KEY"] = key
        self.call("/api/v1/audio/config/update", settings)

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
