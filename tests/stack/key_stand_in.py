# SPDX-License-Identifier: MIT
"""
Stands for LiteLLM where its keys are concerned: no package index has the engine by which it reaches its database. Paths, status codes
and the order of its checks are those of LiteLLM 1.110 (proxy/management_endpoints/key_management_endpoints.py, health_endpoints, auth).
It answers models' routes too, in one way whatever is asked, and notes by which key each was asked. What it is to do otherwise is told by a file of words: "slow SECONDS", "down", "unready", "no-database", "no-custom-keys", "broken",
"hang", "garbage".
"""
import hashlib
import http.server
import json
import os
import pathlib
import sys
import threading
import time


HELLO = {"id": "c", "object": "chat.completion", "created": 1, "model": "plain", "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
         "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}]}
MODELS = {"/v1/models": {"object": "list", "data": [{"id": "plain", "object": "model"}]}, "/v1/chat/completions": HELLO,
          "/v1/audio/transcriptions": {"text": "what was spoken"}}


def embedded(body):
    """A vector for each text."""
    texts = json.loads(body)["input"]
    return {"object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}, "data": [
        {"object": "embedding", "index": i, "embedding": [1.0] + [0.0] * 1535} for i in range(1 if isinstance(texts, str) else len(texts))]}


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest()


class Keys:
    """The table of keys. It outlives the process where it has a file."""

    def __init__(self, master, place=None, words=""):
        self.master, self.place, self.words, self.began = master, place, words, time.monotonic()
        self.rows = json.loads(place.read_text()) if place and place.exists() else {}
        self.asked = []

    def used(self, path, role):
        """Notes in a file who asked for something of the models: "path role" on a line."""
        if self.place:
            with open(self.place.with_name("uses"), "a", encoding="utf-8") as file:
                file.write(f"{path} {role}\n")

    def store(self):
        if self.place:
            self.place.write_text(json.dumps(self.rows))

    def told(self, word):
        return word in self.words.split()

    def waits(self):
        words = self.words.split()
        return "slow" in words and time.monotonic() - self.began < float(words[words.index("slow") + 1])

    def readiness(self):
        if self.told("unready") or self.waits():
            return 503, {"status": "unhealthy", "db": "disconnected"}
        return 200, {"status": "healthy", "db": "Not connected" if self.told("no-database") else "connected"}

    def role(self, key):
        """"admin" for the master key, "key" for one that is known and may be used, None."""
        if key == self.master:
            return "admin"
        row = self.rows.get(digest(key))
        return "key" if row and not row.get("blocked") and not row.get("deleted_at") else None

    def info(self, token):
        if self.told("no-database") or self.told("broken"):
            return 500, proxy_error("Internal server error from /key/info. Details are in the proxy server logs.", 500)
        row = self.rows.get(token)
        if row is None:
            return 404, proxy_error("Key not found in database", 404)
        state = "deleted" if row.get("deleted_at") else "revoked" if row.get("blocked") else "active"
        return 200, {"key": token, "info": {**row, "status": state}}

    def generate(self, wanted):
        if self.told("no-database"):
            return 500, proxy_error("{'error': 'DB not connected.'}", 500)
        live = [row for row in self.rows.values() if not row.get("deleted_at")]
        if wanted.get("key_alias") in [row["key_alias"] for row in live]:
            return 400, proxy_error(f"Key with alias '{wanted['key_alias']}' already exists. Unique key aliases across all keys are "
                                    "required.", 400)
        if self.told("no-custom-keys"):
            return 403, proxy_error("{'error': 'Custom API key values are disabled by your administrator. Keys must be "
                                    "auto-generated.'}", 403)
        key = wanted["key"]
        if not key.startswith("sk-"):
            return 400, proxy_error(f"Invalid key format. LiteLLM Virtual Key must start with 'sk-'. Received: {key[:4]}****", 400)
        if len(key) < 16:
            return 400, proxy_error("Invalid key format. LiteLLM Virtual Key must be at least 16 characters long.", 400)
        if digest(key) in self.rows:
            return 500, proxy_error("{'error': 'Internal Server Error.'}", 500)
        routes = {"llm_api": ["llm_api_routes"]}.get(wanted.get("key_type"), [])
        self.rows[digest(key)] = {"key_alias": wanted.get("key_alias"), "allowed_routes": routes, "key_type": wanted.get("key_type")}
        self.store()
        return 200, {"key": key, "token": digest(key), "key_alias": wanted.get("key_alias")}


def proxy_error(message, code):
    return {"error": {"message": message, "type": "bad_request_error", "param": None, "code": str(code)}}


class Handler(http.server.BaseHTTPRequestHandler):
    keys = None

    def log_message(self, *_):
        pass

    def answer(self, status, document):
        body = b"<html>no json" if self.keys.told("garbage") else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def settle(self, body):
        keys, path = self.keys, self.path
        keys.asked.append(path)
        if keys.told("down"):
            self.close_connection = True
            return None
        if keys.told("hang"):
            time.sleep(60)
        if path == "/health/readiness":
            return keys.readiness()
        role = keys.role(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if role is None:
            return 401, proxy_error("Authentication Error, Invalid proxy server token passed. Received API Key = sk-...abcd", 401)
        if path in MODELS or path == "/v1/embeddings":
            keys.used(path, role)
            return 200, MODELS[path] if path in MODELS else embedded(body)
        # Routes of management are no routes of a key that is for models.
        if role != "admin":
            return 403, proxy_error("Virtual key is not allowed to call this route.", 403)
        if path.startswith("/key/info?key="):
            return keys.info(path.split("=", 1)[1])
        return keys.generate(json.loads(body)) if path == "/key/generate" else (404, {"detail": "Not Found"})

    def do_GET(self):
        done = self.settle(b"")
        if done:
            self.answer(*done)

    def do_POST(self):
        done = self.settle(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if done:
            self.answer(*done)


def serve(keys, address, port):
    server = http.server.ThreadingHTTPServer((address, port), type("Bound", (Handler,), {"keys": keys}))
    # Whoever asked may have given up.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    data = pathlib.Path(sys.argv[1])
    words = data / "words"
    kept = Keys(os.environ["LITELLM_MASTER_KEY"], data / "keys.json", words.read_text() if words.exists() else "")
    serve(kept, "0.0.0.0", 4000)
    threading.Event().wait()
