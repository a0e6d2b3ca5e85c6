# SPDX-License-Identifier: MIT
"""
The place and ownership of swap: other users' files and directories, and such a user racing root for the names. Nothing here turns swap
on: strace intercepts swapon. usage: place.py VPSFIT [TEST...]; ROUNDS=N races less often than 200 times.
"""

import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

from trying import attempt, equal, expect, failed, test, tests
from world import PROJECT, World, in_own_namespace, sh

NOBODY = 65534
PLACE = None
ATTACKER = None
ROUNDS = int(os.environ.get("ROUNDS", 200))
# The kernel never gets the call; its arguments are in the log.
REFUSED = ["strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", "/tmp/swapon.log", "-e", "trace=swapon", "-e", "inject=swapon:error=EPERM"]


def apply(w, swap_file, *args):
    return w.run("apply", "--yes", "--swap", "64M", "--swap-file", swap_file, *args, prefix=REFUSED)


def asked_for(w):
    """The arguments of swapon."""
    log = w.path("/tmp/swapon.log")
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    return re.findall(r'swapon\("([^"]*)"', text)


def directory(w, name, owner=0, mode=0o755):
    path = w.path(PLACE) / name
    path.mkdir()
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    return f"{PLACE}/{name}"


def swap_area(w, path, owner=0, mode=0o600):
    """A file with vpsfit's label, which anybody can make."""
    host = w.path(path)
    with open(host, "wb") as f:
        f.write(bytes(64 << 20))
    sh("mkswap", "-q", "-L", "vpsfit", host)
    os.chmod(host, mode)
    os.chown(host, owner, owner)
    return host


def refused_before_anything(w, swap_file, why):
    before = sorted(w.path(PLACE).rglob("*"))
    for command in ("plan", "apply"):
        args = [command, "--swap", "64M", "--swap-file", swap_file] + (["--yes"] if command == "apply" else [])
        done = w.run(*args, prefix=REFUSED)
        equal((done.returncode, done.stdout), (2, ""))
        said = re.sub(r"\s+", " ", done.stderr)
        expect(why in said and "--swap-file" in said and "nothing was written" in said, said)
    equal((asked_for(w), sorted(w.path(PLACE).rglob("*"))), ([], before))
    expect(not w.path("/opt/ai-gateway").exists() and not w.path("/var/lib/vpsfit").exists())
    # Swap that nobody asked for is skipped.
    done = w.run("apply", "--yes", "--force", "--ram", "2G", "--overhead", "1200", prefix=REFUSED)
    equal(done.returncode in (0, 1, 3), True)


@test
def a_label_is_no_proof(w):
    place = directory(w, "tmp", mode=0o1777)
    theirs = swap_area(w, f"{place}/swap", NOBODY, 0o644)
    refused_before_anything(w, f"{place}/swap", f"{place}/swap belongs to another user (65534)")
    expect(theirs.stat().st_uid == NOBODY)


@test
def nor_is_a_label_in_a_directory_of_roots(w):
    """Owned by somebody else, readable by others, or with a second name: none is used, and none is ever removed."""
    for name, owner, mode, links in (("theirs", NOBODY, 0o600, 1), ("open", 0, 0o644, 1), ("twice", 0, 0o600, 2)):
        place = directory(w, name)
        area = swap_area(w, f"{place}/swap", owner, mode)
        if links == 2:
            os.link(area, area.with_name("other"))
        plan = json.loads(w.run("plan", "--json", "--swap", "64M", "--swap-file", f"{place}/swap").stdout)
        equal((plan["swap"]["action"], plan["swap"]["path"]), ("create", f"{place}/swap.vpsfit"))
        apply(w, f"{place}/swap")
        equal(len(asked_for(w)), 1)
        equal(sorted(os.listdir(w.path(place))), ["other", "swap"] if links == 2 else ["swap"])
        equal(w.run("apply", "--yes", "--swap", "none", "--swap-file", f"{place}/swap", "--force").returncode, 0)
        expect(area.exists(), "removed")
        w.fresh()


@test
def anothers_directory_is_refused(w):
    refused_before_anything(w, directory(w, "theirs", NOBODY) + "/swap", f"another user can write to {PLACE}/theirs")


@test
def one_that_everybody_writes_to_is_refused(w):
    refused_before_anything(w, directory(w, "all", 0, 0o777) + "/swap", f"another user can write to {PLACE}/all")


@test
def one_that_a_group_writes_to_is_refused(w):
    place = directory(w, "group", 0, 0o775)
    os.chown(w.path(place), 0, 50)
    refused_before_anything(w, f"{place}/swap", f"another user can write to {place}")


def give_acl(path, uid, rights=7, mask=7, kind="access"):
    """Like setfacl(1): owner, a user by number, group, mask, others."""
    entries = [(1, 7, 0xffffffff), (2, rights, uid), (4, 5, 0xffffffff), (0x10, mask, 0xffffffff), (0x20, 5, 0xffffffff)]
    os.setxattr(path, f"system.posix_acl_{kind}", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))


@test
def one_that_a_list_opens_is_refused(w):
    """Owner and group are root; an access control list grants the right."""
    place = directory(w, "list")
    give_acl(w.path(place), NOBODY)
    refused_before_anything(w, f"{place}/swap", f"another user can write to {place}")
    w.fresh()
    directory(w, "list/roots")
    refused_before_anything(w, f"{place}/roots/swap", f"another user can write to {place}")


@test
def one_whose_list_lets_nobody_write_will_do(w):
    for name, how in (("read", {"rights": 5, "mask": 5}), ("masked", {"mask": 5}), ("default", {"kind": "default"})):
        place = directory(w, name)
        give_acl(w.path(place), NOBODY, **how)
        done = apply(w, f"{place}/swap")
        expect("turn on" in done.stdout and len(asked_for(w)) == 1, done.stdout + done.stderr)
        w.fresh()


@test
def one_that_roots_group_writes_to_will_do(w):
    done = apply(w, directory(w, "roots", 0, 0o775) + "/swap")
    expect("turn on" in done.stdout and len(asked_for(w)) == 1, done.stdout + done.stderr)


@test
def a_directory_on_the_way_counts(w):
    place = directory(w, "home", NOBODY)
    directory(w, "home/roots")
    refused_before_anything(w, f"{place}/roots/swap", f"another user can write to {place}")


@test
def a_link_of_anothers_counts(w):
    place = directory(w, "sticky", 0, 0o1777)
    directory(w, "roots")
    link = w.path(place) / "link"
    link.symlink_to(f"{PLACE}/roots")
    os.lchown(link, NOBODY, NOBODY)
    refused_before_anything(w, f"{place}/link/swap", f"another user can write to {place}/link")


@test
def the_hidden_name_counts(w):
    place = directory(w, "tmp", 0, 0o1777)
    theirs = w.path(place) / ".swap.vpsfit-new"
    theirs.write_text("mine\n")
    os.chown(theirs, NOBODY, NOBODY)
    refused_before_anything(w, f"{place}/swap", f"{place}/.swap.vpsfit-new belongs to another user")
    equal(theirs.read_text(), "mine\n")


@test
def a_sticky_directory_without_anybodys_file_will_do(w):
    place = directory(w, "tmp", 0, 0o1777)
    done = apply(w, f"{place}/swap")
    expect("turn on" in done.stdout and len(asked_for(w)) == 1, done.stdout + done.stderr)
    equal(os.listdir(w.path(place)), [])


def race(w, uid, place, other, each, hidden=".swap.vpsfit-new"):
    """Runs the attacker against ROUNDS applies. Returns how often the names were exchanged."""
    attacker = subprocess.Popen([ATTACKER, str(uid), w.path(place), hidden, other], stdout=subprocess.PIPE, text=True)
    try:
        equal(attacker.stdout.readline(), "watching\n")
        for _ in range(ROUNDS):
            each()
    finally:
        attacker.terminate()
        said = attacker.communicate(timeout=30)[0]
    return int(said.split()[-1])


def victim(w):
    path = w.path("/root/victim")
    path.write_bytes(b"root's own\n" * 8192)
    path.chmod(0o600)
    return path, path.read_bytes()


def run_race(w, uid, place):
    """Root makes swap while the hidden name becomes a link to a file of root's. The attacker wins a round that changes it."""
    secret, before = victim(w)
    bait = w.path(place) / "bait"
    won = 0

    def one():
        nonlocal won
        for path in w.path(place).iterdir():
            path.unlink()
        bait.symlink_to("/root/victim")
        os.lchown(bait, uid, uid)
        apply(w, f"{place}/swap")
        asked_for(w)
        won += secret.read_bytes() != before
        secret.write_bytes(before)

    exchanged = race(w, uid, place, "bait", one)
    print(f"     {ROUNDS} rounds, {exchanged} exchanges, {won} won", flush=True)
    equal(won, 0)
    return exchanged


@test
def nobody_wins_the_race_in_a_directory_of_theirs(w):
    run_race(w, NOBODY, directory(w, "theirs", NOBODY))


@test
def not_even_root_wins_it_in_a_directory_of_roots(w):
    """With the refusal disabled: exchanging the names still does not reach another file."""
    expect(run_race(w, 0, directory(w, "roots")) >= ROUNDS // 2, "the attacker was too slow to prove anything")


def main():
    global PLACE, ATTACKER
    in_own_namespace()
    only = sys.argv[2:]
    with tempfile.TemporaryDirectory() as tools, World(sys.argv[1]) as w:
        ATTACKER = f"{tools}/exchange"
        sh("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-o", ATTACKER, PROJECT / "tests/swap/exchange.c")
        # The attacker is not root, and comes from outside.
        for path in (tools, w.base):
            os.chmod(path, 0o755)
        PLACE = w.disk("place", 4096, ["mkfs.ext4", "-qF"])
        chosen = [t for t in tests if not only or t.__name__ in only]
        for t in chosen:
            attempt(t, w, [json.JSONDecodeError], lambda w: equal(w.swaps(), {}))
            w.swap_off()
            for p in w.path(PLACE).iterdir():
                shutil.rmtree(p)
            w.fresh()
    print(f"{len(chosen)} tried, {len(failed)} failed")
    return 1 if failed else 0


sys.exit(main())
