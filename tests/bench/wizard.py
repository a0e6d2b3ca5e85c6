"""
How quick the wizard is on a terminal, beside whiptail showing a message box in the same run: wizard.py VPSFIT. From start to the first
complete screen, and from a key to the redrawn gauge (whiptail: to the next button). Complete means that nothing more comes.
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
    """When the last byte came that belongs to what `mark` (drawn last) is part of."""
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
    box = ["/usr/bin/whiptail", "--msgbox", "The gateway is going to be fitted to this machine.", "20", "76"]
    yesno = ["/usr/bin/whiptail", "--yesno", "Which size is the gateway to have?", "20", "76"]
    rows = {"first screen": [[], []], "key to gauge": [[], []]}
    for _ in range(ROUNDS):
        rows["first screen"][0].append(first_screen(wizard, b"F1 help"))
        rows["first screen"][1].append(first_screen(box, b"Ok"))
        rows["key to gauge"][0].append(key(wizard, [(None, b"F1 help"), (b"\r", b"more text")], b"+", b"as asked for"))
        rows["key to gauge"][1].append(key(yesno, [(None, b"No")], b"\t", b"\x1b["))
    print(f"{'':<16}{'vpsfit ms':>11}{'whiptail ms':>13}{'ratio':>8}")
    for name, (ours, theirs) in rows.items():
        a, b = statistics.median(ours) * 1e3, statistics.median(theirs) * 1e3
        print(f"{name:<16}{a:>11.2f}{b:>13.2f}{a / b:>8.2f}")
    print("aim: ratio of no more than 1.5")


main(sys.argv[1])
