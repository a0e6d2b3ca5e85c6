# SPDX-License-Identifier: MIT
"""
A local model provider: the part of OpenAI's API that LiteLLM needs for chat completions, embeddings and transcriptions. Streams CHUNKS pieces of text. With model
"lockstep" it sends the next piece only after POST /next confirms the last one: any buffering on the way stops the stream. Models "slow"
and "long" pause between pieces.
"""
import hashlib
import http.server
import json
import re
import threading
import time

CHUNKS = 8
PAUSES = {"slow": 0.25, "long": 1.0}
PATIENCE = 30
DIMENSIONS = 1536
HEARD = "what was spoken"
arrived = threading.Semaphore(0)


def chunk(delta, finish=None):
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def embedding(text):
    """Words fall into places: texts that share words are near to each other."""
    vector = [0.0] * DIMENSIONS
    for word in str(text).lower().split():
        vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % DIMENSIONS] += 1.0
    length = sum(v * v for v in vector) ** 0.5 or 1.0
    return [v / length for v in vector]


def embeddings(asked):
    texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
    return {"object": "list", "model": asked["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1},
            "data": [{"object": "embedding", "index": i, "embedding": embedding(t)} for i, t in enumerate(texts)]}


def read(messages):
    """For model "reads", word by word: the sentence in the messages that has most of the question's words, and is not the question."""
    texts = [m["content"] if isinstance(m["content"], str) else " ".join(p.get("text", "") for p in m["content"]) for m in messages]
    question = set(re.findall(r"\w+", texts[-1].lower().rsplit("\n", 1)[-1]))
    sentences = [s for s in re.findall(r"[A-Z][^.?!<>\n]*\.", "\n".join(texts))]
    best = max(sentences, key=lambda s: len(question & set(re.findall(r"\w+", s.lower()))), default="Nothing was given to me.")
    return re.findall(r"\S+\s*", best)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_event(self, text):
        data = f"data: {text}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def stream(self, asked):
        model = asked["model"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for i, piece in enumerate(read(asked["messages"]) if model == "reads" else [f"piece{i} " for i in range(CHUNKS)]):
            self.send_event(json.dumps(chunk({"role": "assistant", "content": piece})))
            if model == "lockstep" and not arrived.acquire(timeout=PATIENCE):
                self.close_connection = True
                return
            time.sleep(PAUSES.get(model, 0))
        self.send_event(json.dumps(chunk({}, "stop")))
        self.send_event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/next":
            arrived.release()
            return self.reply({})
        if self.path.endswith("/audio/transcriptions"):
            return self.reply({"text": HEARD})
        asked = json.loads(body)
        if self.path.endswith("/embeddings"):
            return self.reply(embeddings(asked))
        if asked.get("stream"):
            return self.stream(asked)
        return self.reply({"id": "c", "object": "chat.completion", "created": 1, "model": "m",
                           "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"},
                                        "finish_reason": "stop"}],
                           "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})

    def do_GET(self):
        self.reply({})

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


if __name__ == "__main__":
    Server(("0.0.0.0", 9000), Handler).serve_forever()
