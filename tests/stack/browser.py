# SPDX-License-Identifier: MIT
"""Debian's Chromium without a screen, driven by its own protocol (Chrome DevTools Protocol). Needs the packages chromium and python3-websocket."""
import base64
import http.client
import json
import os
import subprocess

import websocket

from engine import wait_for

PATIENCE = int(os.environ.get("STACK_PATIENCE", "90"))
PORT = 9222


class Browser:
    """One window with one page. Everything waits, and gives up after PATIENCE seconds with what the page shows."""

    def __init__(self, folder, size=(1280, 800)):
        self.program = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--lang=en-US",
             "--hide-scrollbars", f"--window-size={size[0]},{size[1]}", f"--remote-debugging-port={PORT}", "--remote-allow-origins=*",
             f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.asked = 0
        self.link = websocket.create_connection(self.until("a page", self.page), timeout=PATIENCE)
        for domain in ("Page", "Runtime", "DOM"):
            self.do(f"{domain}.enable")
        self.do("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)

    def close(self):
        self.program.kill()
        self.program.wait(PATIENCE)

    @staticmethod
    def page():
        try:
            link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            link.request("GET", "/json/list")
            pages = [p for p in json.load(link.getresponse()) if p["type"] == "page"]
        except OSError:
            return None
        return pages[0]["webSocketDebuggerUrl"] if pages else None

    def until(self, what, condition, patience=PATIENCE):
        try:
            return wait_for(what, condition, patience)
        except AssertionError as error:
            raise AssertionError(f"{error}; the page shows:\n{self.text() if hasattr(self, 'link') else ''}") from None

    def do(self, method, **parameters):
        self.asked += 1
        self.link.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.link.recv())
            if answer.get("id") == self.asked:
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def js(self, expression):
        """The value of an expression in the page; None where the page is just being replaced."""
        return self.do("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get("value")

    def text(self):
        return self.js("document.body ? document.body.innerText : ''") or ""

    def go(self, address):
        self.do("Page.navigate", url=address)

    def see(self, text):
        """Case is left out: a style may have changed it."""
        self.until(repr(text), lambda: text.lower() in self.text().lower())

    def has(self, selector):
        return self.js(f"!!document.querySelector({json.dumps(selector)})")

    def wait_for(self, selector):
        self.until(selector, lambda: self.has(selector))

    def press(self, text):
        """Clicks the button or link that says the text."""
        wanted = json.dumps(text.lower())
        self.until(f"a button {text!r}", lambda: self.js(
            "(() => { const all = [...document.querySelectorAll('button, a, [role=button]')].filter(b => b.offsetParent !== null && "
            f"(b.innerText.trim().toLowerCase() === {wanted} || (b.getAttribute('aria-label') || '').toLowerCase() === {wanted}));"
            "if (all.length) all[0].click(); return all.length > 0; })()"))

    def type(self, selector, text):
        self.wait_for(selector)
        self.js(f"document.querySelector({json.dumps(selector)}).focus()")
        self.do("Input.insertText", text=text)

    def enter(self):
        for kind in ("keyDown", "keyUp"):
            self.do("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r" if kind == "keyDown" else "")

    def give_file(self, selector, path):
        root = self.do("DOM.getDocument")["root"]["nodeId"]
        node = self.do("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.do("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def shot(self, path):
        path.write_bytes(base64.b64decode(self.do("Page.captureScreenshot", format="png")["data"]))
