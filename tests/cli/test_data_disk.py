# SPDX-License-Identifier: MIT
"""Where the engine keeps images and data, on the running machine: its disk, what is there already, and who may look. Each in mounts of its own."""

import json
import shlex
import subprocess

import pytest

from conftest import VPSFIT, environment

# Each world has mounts of its own.
pytestmark = pytest.mark.root
NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups "
NAMES = "ghcr.io/berriai/litellm ghcr.io/open-webui/open-webui docker.io/library/postgres docker.io/library/nginx".split()
META = "io.containerd.metadata.v1.bolt"


def world(setup, *args, as_who=""):
    """vpsfit --json where /opt, /var/lib and /etc/docker are of this test alone; /var/lib has 700 MiB, /opt 40 GiB, /mnt what the setup mounts."""
    script = ("set -e; mount -t tmpfs -o size=40g none /opt; mount -t tmpfs -o size=700m none /var/lib; mkdir -p /var/lib/dpkg /etc/docker; "
              f"mount -t tmpfs none /etc/docker; mount -t tmpfs none /mnt; mount -t tmpfs none /run; {setup}; "
              f"exec {as_who}{shlex.join([VPSFIT, *args, '--json'])}")
    done = subprocess.run(["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "sh", "-c", script], capture_output=True, text=True, timeout=120,
                          env=environment(), stdin=subprocess.DEVNULL, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def disk_low(plan):
    return [w["text"] for w in plan["warnings"] if w["code"] == "disk-low"]


@pytest.mark.parametrize("setup, low", [
    ("true", "/var/lib/docker"),
    ("mkdir /mnt/d; mount -t tmpfs -o size=40g none /mnt/d; echo '{\"data-root\": \"/mnt/d\"}' >/etc/docker/daemon.json", None),
    ("mkdir /opt/d /mnt/d; mount -t tmpfs -o size=300m none /mnt/d; echo '{\"data-root\": \"/mnt/d\"}' >/etc/docker/daemon.json", "/mnt/d"),
    ("mkdir /opt/d; echo '{\"data-root\": \"/opt/d\"}' >/etc/docker/daemon.json; mkdir /opt/gw; mount -t tmpfs -o size=300m none /opt/gw", None),
    ("mkdir /opt/d; echo '{\"data-root\": \"/opt/d\"}' >/etc/docker/daemon.json; mkdir /opt/gw; mount -t tmpfs -o size=20m none /opt/gw", "/opt/gw")])
def test_room_is_asked_where_it_is_needed(setup, low):
    text = disk_low(world(setup, "plan", "--dir", "/opt/gw", "--swap", "none", "--ram", "4G"))
    assert len(text) == (low is not None)
    assert low is None or f"are free for {low};" in text[0]


def has(names, store):
    place = {"docker": "/var/lib/docker/image/overlay2", "containerd": f"/var/lib/containerd/{META}"}[store]
    file = {"docker": "repositories.json", "containerd": "meta.db"}[store]
    # In the middle of other bytes, across the end of a piece that is read at once.
    filler = "head -c 65530 /dev/zero; " if store == "containerd" else ""
    between = "; head -c 200 /dev/zero; " if filler else "; echo; "
    listed = between.join(f"printf %s {n}:1" for n in names) or "true"
    config = "echo '{\"features\": {\"containerd-snapshotter\": true}}' >/etc/docker/daemon.json; " if store == "containerd" else ""
    return f"{config}mkdir -p {place}; {{ {filler}{listed}; }} >{place}/{file}"


@pytest.mark.parametrize("store", ["docker", "containerd"])
@pytest.mark.parametrize("names, wants", [(NAMES, False), (NAMES[:3], True), ([], True)])
def test_images_that_are_there_need_no_room(store, names, wants):
    document = world(has(names, store), "plan", "--swap-file", "/var/lib/swapfile", "--ram", "4G")["machine"]
    assert document["engine"]["image_store"] == ("/var/lib/docker" if store == "docker" else "/var/lib/containerd")
    assert document["disk"]["swap_file"]["wants_images"] is wants


def test_images_elsewhere_take_nothing_from_the_swap_file():
    machine = world("true", "plan", "--swap-file", "/opt/swapfile", "--ram", "4G")["machine"]
    assert machine["disk"]["swap_file"]["wants_images"] is False


@pytest.mark.parametrize("who, known", [("", True), (NOBODY, False)])
def test_who_may_not_look_is_told(who, known):
    document = world("mkdir -p -m 0700 /var/lib/docker/containers; chmod 0700 /var/lib/docker", "detect", as_who=who)
    ram = document["ram"]
    assert (ram["containers_mib"] is not None) is known and (ram["gateway_mib"] is not None) is known
    if not known:
        assert ram["sources"]["containers_mib"]["source"] == "/var/lib/docker/containers"
        assert "run as root" in ram["sources"]["containers_mib"]["why"]
