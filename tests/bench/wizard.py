# SPDX-License-Identifier: MIT
"""
Measures the wizard on a terminal against whiptail showing a message box in the same run: wizard.py VPSFIT. Times the start to the first
complete screen, and a key to the redrawn gauge; complete means that no more output follows. The goal is relative to the message box;
also prints whiptail's smallest redraw (a button), which plans nothing and draws one line.
"""

import os
import pty
import select
import signal
import statistics
import struct
import sys
import time
import fcntl
import termios

ROUNDS = 40
ENV = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"}


def spawn(argv):
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, ENV)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return pid, fd


def until(fd, mark):
    """Returns the time of the last byte of the output that ends with `mark`."""
    seen, when = b"", time.perf_counter()
    while mark not in seen or select.select([fd], [], [], 0.03)[0]:
        if not select.select([fd], [], [], 20)[0]:
            raise SystemExit(f"bench: {mark!r} never came: {seen!r}")
        seen += os.read(fd, 65536)
        when = time.perf_counter()
    return when


def end(pid, fd):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)


def first_screen(argv, mark):
    start = time.perf_counter()
    pid, fd = spawn(argv)
    took = until(fd, mark) - start
    end(pid, fd)
    return took


def key(argv, to_page, pressed, mark):
    pid, fd = spawn(argv)
    for sent, seen in to_page:
        if sent:
            os.write(fd, sent)
        until(fd, seen)
    start = time.perf_counter()
    os.write(fd, pressed)
    took = until(fd, mark) - start
    end(pid, fd)
    return took


def main(vpsfit):
    wizard = [vpsfit]
    box = ["/usr/bin/whiptail", "--msgbox", "vpsfit sets up your own AI gateway, a chat page and an API, so that it fits this machine. Nothing is changed until you press Write at the end.", "20", "76"]
    yesno = ["/usr/bin/whiptail", "--yesno", "Choose a size for your gateway:", "20", "76"]
    times = {name: [] for name in ("first screen", "key to gauge", "message box", "button")}
    for _ in range(ROUNDS):
        times["first screen"].append(first_screen(wizard, b"F1 help"))
        times["message box"].append(first_screen(box, b"Ok"))
        times["key to gauge"].append(key(wizard, [(None, b"F1 help"), (b"\r", b"more text")], b"+", b"as asked for"))
        times["button"].append(key(yesno, [(None, b"No")], b"\t", b"\x1b["))
    took = {name: statistics.median(one) * 1e3 for name, one in times.items()}
    print(f"{'':<16}{'vpsfit ms':>11}{'whiptail ms':>13}{'ratio':>8}")
    for ours, theirs in (("first screen", "message box"), ("key to gauge", "message box"), ("key to gauge", "button")):
        print(f"{ours:<16}{took[ours]:>11.2f}{took[theirs]:>13.2f}{took[ours] / took[theirs]:>8.2f}  (whiptail: {theirs})")
    print("aim: no more than 1.5 times the message box")


main(sys.argv[1])
