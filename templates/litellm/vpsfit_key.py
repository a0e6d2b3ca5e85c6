"""
Makes Open WebUI's key known to LiteLLM, so that Open WebUI need not have the master key. compose.yaml runs this file at every
'docker compose up', before Open WebUI; it ends when that is done, and does nothing where the key is known already. The file is
vpsfit's: a newer version replaces it, unless it was edited.

The key comes from .env, where vpsfit has made it. It may ask models, and may neither make keys nor see or change settings. A new value
in .env is made known beside the old one: Open WebUI keeps the key that it was first started with in its own database, and would stand
without one. The old one works until somebody deletes it in LiteLLM's admin page. A key that was blocked or deleted there stays so.

It ends with 0 where Open WebUI can start, with 1 where it would have no key that works. Nothing that it prints holds a key.
"""
import hashlib
import http.client
import json
import os
import signal
import sys
import time
from urllib.parse import urlsplit

BETWEEN = 3  # seconds between two attempts
WORD_EVERY = 30  # seconds between two words of what is waited for
ANSWER_WITHIN = 15
MOST = 1 << 20  # bytes of an answer
REFUSALS = 5  # in a row, before it is believed: LiteLLM may be one of before a change of its key
SHORTEST = 16  # as LiteLLM has it
SECRETS = []


class GiveUp(Exception):
    """What is wrong, and what to do."""


class NotYet(Exception):
    """What is waited for."""


def say(text):
    for secret in SECRETS:
        text = text.replace(secret, "(hidden)")
    print(text, flush=True)


def ask(base, method, path, key=None, document=None):
    """Returns status and document of an answer. No proxy and no redirect comes between: a key is sent to nobody else."""
    place = urlsplit(base)
    link = http.client.HTTPConnection(place.hostname, place.port or 80, timeout=ANSWER_WITHIN)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = None
    if document is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(document)
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        text = answer.read(MOST)
    except (OSError, http.client.HTTPException) as error:
        raise NotYet(f"LiteLLM does not answer ({type(error).__name__})") from None
    finally:
        link.close()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return answer.status, found if isinstance(found, dict) else {}


def reason(document):
    """What LiteLLM says of an error, as one printable line."""
    said = document.get("error", document.get("detail", ""))
    if isinstance(said, dict):
        said = said.get("message", said.get("error", ""))
    return "".join(c if c.isprintable() else " " for c in str(said))[:300]


def wait_for_database(base):
    status, document = ask(base, "GET", "/health/readiness")
    if status != 200:
        raise NotYet(f"LiteLLM is not ready (it answers {status})")
    if document.get("db") == "Not connected":
        raise GiveUp("LiteLLM runs without a database, and then it knows no key but the master key: put its value into .env as "
                      "LITELLM_WEBUI_KEY too, and start again")


def state_of(base, master, key):
    """What LiteLLM knows of the key; None: nothing."""
    # By its digest, as LiteLLM stores it: paths are written into logs.
    digest = hashlib.sha256(key.encode()).hexdigest()
    status, document = ask(base, "GET", f"/key/info?key={digest}", master)
    if status == 404:
        return None
    if status in (401, 403):
        raise PermissionError
    info = document.get("info")
    if status != 200 or not isinstance(info, dict):
        raise NotYet(f"LiteLLM cannot look the key up (it answers {status})")
    if info.get("blocked"):
        return "revoked"
    return str(info.get("status") or "active")


def make_known(base, master, key):
    digest = hashlib.sha256(key.encode()).hexdigest()
    # No alias may be there twice, and a new value comes beside the old one.
    status, document = ask(base, "POST", "/key/generate", master, {
        "key": key, "key_alias": f"open-webui-{digest[:8]}", "key_type": "llm_api", "metadata": {"made_by": "vpsfit"}})
    if status == 200:
        return
    if status in (401, 403) and not reason(document):
        raise PermissionError
    if status == 429 or status >= 500:
        raise NotYet(f"LiteLLM cannot take the key (it answers {status})")
    raise GiveUp(f"LiteLLM does not take Open WebUI's key (it answers {status}): {reason(document)}")


def attempt(base, master, key):
    wait_for_database(base)
    state = state_of(base, master, key)
    if state is None:
        make_known(base, master, key)
        if state_of(base, master, key) is None:
            raise NotYet("LiteLLM has taken the key and does not know it")
        say("Open WebUI's key is made known to LiteLLM. If it is a new one: put it in at Open WebUI, Admin Panel > Settings > "
            "Connections, and delete the old one in LiteLLM's admin page, Virtual Keys.")
    elif state == "active":
        say("LiteLLM knows Open WebUI's key.")
    else:
        say(f"LiteLLM has Open WebUI's key as {state}, which somebody said in its admin page: models are refused to Open WebUI. For a "
            "new key take the line LITELLM_WEBUI_KEY out of .env, run 'vpsfit apply', and put the new one in at Open WebUI, Admin "
            "Panel > Settings > Connections.")


def until_done(base, master, key, patience):
    end = time.monotonic() + patience
    refused, next_word = 0, 0.0
    while True:
        try:
            return attempt(base, master, key)
        except PermissionError:
            refused += 1
            waiting = "LiteLLM does not take LITELLM_MASTER_KEY"
            if refused == REFUSALS:
                raise GiveUp("LiteLLM does not take LITELLM_MASTER_KEY as it is in .env: it runs with another one. Start it anew: "
                              "docker compose up -d --force-recreate litellm") from None
        except NotYet as error:
            refused, waiting = 0, str(error)
        now = time.monotonic()
        if now + BETWEEN > end:
            raise GiveUp(f"{waiting}; waited {int(patience)} s. Open WebUI is not started, for it would have no key. LiteLLM's own "
                          "log says more: docker compose logs litellm")
        if now >= next_word:
            say(f"waiting: {waiting}")
            next_word = now + WORD_EVERY
        time.sleep(BETWEEN)


def too_long(*_):
    raise GiveUp("LiteLLM's answer does not end")


def main():
    base = os.environ.get("LITELLM_URL", "http://litellm:4000")
    master, key = os.environ.get("LITELLM_MASTER_KEY", ""), os.environ.get("LITELLM_WEBUI_KEY", "")
    patience = float(os.environ.get("WAIT_SECONDS", "720"))
    SECRETS.extend(secret for secret in (master, key) if len(secret) >= 8)
    if key == master:
        say("LITELLM_WEBUI_KEY is the master key: Open WebUI uses that, and LiteLLM is told nothing.")
        return
    if not key.startswith("sk-") or len(key) < SHORTEST:
        raise GiveUp(f"LITELLM_WEBUI_KEY in .env is no key that LiteLLM takes: it begins with sk- and has {SHORTEST} characters or more")
    # Whatever hangs, it ends. The first process of a container is ended by no signal that it does not handle.
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(int(patience) + 60)
    until_done(base, master, key, patience)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except GiveUp as error:
        say(f"failed: {error}")
        sys.exit(1)
