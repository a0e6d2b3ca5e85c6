# SPDX-License-Identifier: MIT
"""Shared by the cases: a case's machines and observations, and the checks made on every machine."""

import contextlib
import re

from vm import Vps, section, show, user_data

STACK = "/opt/ai-gateway"

FIRST_BOOT = "code=0; cloud-init status --wait >/dev/null || code=$?\n" + \
    show("status", "echo $code; cloud-init status --long") + \
    show("log", "cat /var/log/cloud-init-output.log")

LOOK = show("compose", f"cat {STACK}/compose.yaml") + \
    show("env", f"stat -c %a {STACK}/.env; grep -v ^REDIS_PASSWORD= {STACK}/.env | sha256sum; grep -c ^REDIS_PASSWORD= {STACK}/.env") + \
    show("swaps", "cat /proc/swaps") + \
    show("left", f"ls -d {STACK} {STACK}/* /swapfile /var/lib/vpsfit /etc/systemd/system/*.swap 2>/dev/null")


class Chain:
    """Consecutive cases that share machines, which end with the chain."""

    def __init__(self, www, port, key):
        self.www, self.port, self.key = www, port, key
        self.stack = contextlib.ExitStack()
        self.disk = None

    def vps(self, name, example=None, image="minimal", kept=None):
        """A machine that cloud-init sets up by an example, or, without one, somebody."""
        made = Vps(name, user_data(example, self.port, self.key) if example else None, image, kept)
        self.stack.callback(made.close)
        return made


class Case:
    """One case of a chain, and its observations."""

    def __init__(self, name, chain):
        self.name, self.chain, self.saw = name, chain, []

    def vps(self, example=None, image="minimal"):
        return self.chain.vps(self.name, example, image)

    def note(self, text):
        self.saw.append(text)


def workers(text):
    found = re.search(r'--num_workers[",\s-]+(\d+)', section(text, "compose"))
    assert found, section(text, "compose")
    return int(found.group(1))


def well(text):
    assert section(text, "status").startswith("0\n") and "status: done" in section(text, "status"), \
        section(text, "status") + section(text, "log")


def one_line(text):
    return " ".join(text.split())


def plain_log(text):
    """cloud-init-output.log must be readable: no escapes, no control characters, our lines at most 120 columns."""
    log = section(text, "log")
    assert "\033" not in log and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", log), log
    ours = log[log.index("Machine   "):] if "Machine   " in log else ""
    assert all(len(line) <= 120 for line in ours.splitlines() if not re.match(r"Get:|Cloud-init|20\d\d-", line)), ours
    return log


def swap_is_active(text, name="/swapfile "):
    """MiB of the only active area."""
    swaps = section(text, "swaps").splitlines()[1:]
    assert len(swaps) == 1 and swaps[0].startswith(name) and " file " in re.sub(r"\s+", " ", swaps[0]), swaps
    return (int(swaps[0].split()[2]) + 4) // 1024  # the header page is not counted
