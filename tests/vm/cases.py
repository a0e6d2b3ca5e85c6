"""
Fresh VPSes, for real: cases.py [--full]. Debian 12 under QEMU, where cloud-init installs the package from a repository and applies;
resizes, power cuts, removal. Prints what each case saw, and ends with 1 where one failed.
"""

import concurrent.futures
import contextlib
import hashlib
import json
import re
import subprocess
import sys
import time

from vm import IMAGE, ROOT, Vps, section, show, user_data, web_server

sys.dont_write_bytecode = True
VERSION = (ROOT / "Makefile").read_text().split("\nVERSION := ")[1].split("\n")[0]
DEB = ROOT / "dist" / f"vpsfit_{VERSION}_amd64.deb"
STACK = "/opt/ai-gateway"

FIRST_BOOT = "code=0; cloud-init status --wait >/dev/null || code=$?\n" + \
    show("status", "echo $code; cloud-init status --long") + \
    show("log", "cat /var/log/cloud-init-output.log")

LOOK = show("compose", f"cat {STACK}/compose.yaml") + \
    show("env", f"stat -c %a {STACK}/.env; sha256sum <{STACK}/.env") + \
    show("swaps", "cat /proc/swaps") + \
    show("left", f"ls -d {STACK} {STACK}/* /swapfile /var/lib/vpsfit /etc/systemd/system/*.swap 2>/dev/null")


class Case:
    """One case: its machines, and what it saw."""

    def __init__(self, name, port, key):
        self.name, self.port, self.key = name, port, key
        self.saw, self.stack = [], contextlib.ExitStack()

    def vps(self, example):
        made = Vps(self.name, user_data(example, self.port, self.key))
        self.stack.callback(made.close)
        return made

    def note(self, text):
        self.saw.append(text)


def workers(text):
    found = re.search(r'--num_workers[",\s-]+(\d+)', section(text, "compose"))
    assert found, section(text, "compose")
    return int(found.group(1))


def well(text):
    assert section(text, "status").startswith("0\n") and "status: done" in section(text, "status"), \
        section(text, "status") + section(text, "log")


def plain_log(text):
    """cloud-init-output.log, which must read well: no escapes, no control characters, our lines at most 120 columns."""
    log = section(text, "log")
    assert "\033" not in log and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", log), log
    ours = log[log.index("Machine   "):] if "Machine   " in log else ""
    assert all(len(line) <= 120 for line in ours.splitlines() if not re.match(r"Get:|Cloud-init|20\d\d-", line)), ours
    return log


def swap_is_active(text, name="/swapfile "):
    """MiB of the one area that there is."""
    swaps = section(text, "swaps").splitlines()[1:]
    assert len(swaps) == 1 and swaps[0].startswith(name) and " file " in re.sub(r"\s+", " ", swaps[0]), swaps
    return (int(swaps[0].split()[2]) + 4) // 1024  # the header page is not counted


def fresh_2g(case):
    """2 GiB, 1 core: SMALL_VPS with its warning, the stack, swap; then the same disk with 4 GiB and 2 cores."""
    vps = case.vps("per-boot-notice.yaml")
    text = vps.run(FIRST_BOOT + LOOK + show("uptime", "cat /proc/uptime") +
                   show("written", f"echo $(($(date -r {STACK}/compose.yaml +%s%N) / 1000000 - $(date -r /var/lib/dpkg/status +%s%N) / 1000000))"))
    well(text)
    log = plain_log(text)
    assert "SMALL_VPS with 1 worker needs about 2.3 GB (2336 MiB), which exceeds 2 GB by about 15 %" in " ".join(log.split())
    assert workers(text) == 1 and section(text, "env").startswith("600\n")
    case.note(f"2 GiB: SMALL_VPS, 1 worker, warned that it needs 2.3 GB on a lightweight Debian; finished {float(section(text, 'uptime').split()[0]):.0f} s after power on")
    case.note(f"from the package installed to the stack written: {int(section(text, 'written')) / 1000:.1f} s")
    case.note(f"swap of {swap_is_active(text)} MiB at once")
    env = section(text, "env")

    # After a reboot, and the day after somebody edits the file.
    edit = (f"sed -i 's/^services:/# edited by hand\\n&/; s/\\(restart: \\)unless-stopped/\\1always/' {STACK}/compose.yaml\n"
            f"grep -c 'restart: always' {STACK}/compose.yaml\n")
    text = vps.run(LOOK + show("notice", "vpsfit notice; systemctl is-active vpsfit-notice; run-parts /etc/update-motd.d | grep vpsfit") +
                   show("failed", "systemctl --failed --no-legend | grep -E 'vpsfit|swap'") + edit)
    assert section(text, "failed") == "" and "changed" not in section(text, "notice"), text
    case.note(f"swap of {swap_is_active(text)} MiB after a reboot")
    case.note("no notice on the same machine")
    yield

    text = vps.run(show("journal", "while systemctl is-active -q vpsfit-notice || systemctl list-jobs | grep -q vpsfit-notice; do sleep 1; done; "
                        "journalctl -b -u vpsfit-notice -o cat") +
                   show("motd", "run-parts /etc/update-motd.d") + show("before", f"sha256sum {STACK}/compose.yaml") +
                   "cloud-init status --wait >/dev/null || true\n" + show("log", "cat /var/log/cloud-init-output.log") +
                   show("untouched", f"sha256sum {STACK}/compose.yaml") +
                   show("apply", "vpsfit apply --yes; echo code $?") + LOOK +
                   show("motd-after", "run-parts /etc/update-motd.d"), ram=4096, cores=2)
    for name in ("journal", "motd"):
        assert "SMALL_VPS -> MEDIUM_VPS" in " ".join(section(text, name).split()), text
    assert "SMALL_VPS -> MEDIUM_VPS" in " ".join(section(text, "log").split()), section(text, "log")
    assert section(text, "before") == section(text, "untouched")
    assert "code 0" in section(text, "apply") and workers(text) == 2, section(text, "apply")
    compose = section(text, "compose")
    assert "# edited by hand" in compose and "restart: always" in compose and section(text, "env") == env
    assert "vpsfit" not in section(text, "motd-after")
    case.note("4 GiB, 2 cores: notice in journal, motd and cloud-init's log; apply: MEDIUM_VPS, 2 workers")
    case.note("secrets and the edit by hand kept; no notice any more")


def too_small(case):
    """1 GiB: exit 3, cloud-init status shows it, nothing is written."""
    vps = case.vps("answers.yaml")
    text = vps.run(FIRST_BOOT + LOOK + show("again", "vpsfit apply --yes; echo code $?") +
                   show("installed", "dpkg-query -W vpsfit"), ram=1024)
    assert "status: error" in section(text, "status") and not section(text, "status").startswith("0\n"), section(text, "status")
    log = plain_log(text)
    assert "no profile is recommended for 1 GB of RAM" in " ".join(log.split()), log
    assert "code 3" in section(text, "again") and f"vpsfit\t{VERSION}" in section(text, "installed")
    assert section(text, "left") == "" and len(section(text, "swaps").splitlines()) <= 1, section(text, "left")
    case.note("1 GiB: exit 3, cloud-init status: error; package installed; no stack, no state, no swap")


# Which call of an apply the power goes at: from the first write to long after the last.
CUTS = ("mkdirat|mkdir:1", "fsync:1", "fsync:3", "rename|renameat|renameat2:1", "fsync:6", "rename|renameat|renameat2:4", "fsync:11",
        "rename|renameat|renameat2:8", "fsync:16", "rename|renameat|renameat2:12")

# What the two applies that are cut off make: workers and MiB of swap, which is a file of another name for a while.
SWAP = {1: 512, 2: 768}

# An apply stops dead in the middle of a call; then the power is cut from outside.
CUT = """
if grep -q '"1" # vpsfit: workers' /opt/ai-gateway/compose.yaml; then to=2 swap=768M; else to=1 swap=512M; fi
sync
calls=${cut%:*}
calls=$(echo "$calls" | tr '|' ',')
strace -f -qq -o /dev/null -e trace="$calls" -e inject="$calls:delay_enter=600000000:when=${cut#*:}" \\
	vpsfit apply --yes --swap "$swap" --workers "$to" >/run/cut.log 2>&1 &
sleep 8
if kill -0 $! 2>/dev/null; then echo "@@cut in the middle"; else cat /run/cut.log; echo "@@cut too late"; fi
sleep 1000
"""

CHECK = "while systemctl list-jobs | grep -q vpsfit-recover; do sleep 1; done\n" + \
    show("recover", "journalctl -b -u vpsfit-recover -o cat") + LOOK + \
    show("state", "vpsfit status --json") + show("tx", "ls -d /var/lib/vpsfit/*/tx 2>/dev/null")


def whole(text):
    """Old or new, never half: all files from the same apply, state and files agree, nothing is left over."""
    count = workers(text)
    status = json.loads(section(text, "state"))
    assert status["applied"]["workers"] == count and not status["cut_off"], status
    assert all(f["state"] in ("as written", "there") for f in status["files"]), status
    assert section(text, "tx") == "" and section(text, "env").startswith("600\n")
    assert swap_is_active(text, "/swapfile") == SWAP[count], section(text, "swaps")
    return count


def power_cuts(case):
    """The power goes at ten points in the middle of an apply; after the next boot old or new, never half."""
    vps = case.vps("flags.yaml")
    text = vps.run(FIRST_BOOT + "vpsfit apply --yes --swap 512M --workers 1 >/dev/null\n"
                   "touch /etc/cloud/cloud-init.disabled\n" + LOOK, ram=4096, cores=2)
    well(text)
    env, now, outcome = section(text, "env"), 1, []
    for number, cut in enumerate(CUTS):
        check = CHECK if number else show("recover", "true") + LOOK + show("state", "vpsfit status --json") + show("tx", "true")
        boot = vps.boot(f"set -u\ncut='{cut}'\n{check}{CUT}", ram=4096, cores=2)
        boot.wait_for("@@cut ")
        text = boot.text()
        boot.cut()
        if number:
            assert section(text, "env") == env
            got = whole(text)
            outcome.append("new" if got != now else "old")
            now = got
        assert "@@cut in the middle" in text or number >= 8, (cut, text[-2000:])
    text = vps.run(CHECK, ram=4096, cores=2)
    got = whole(text)
    outcome.append("new" if got != now else "old")
    assert section(text, "env") == env and {"old", "new"} == set(outcome), outcome
    case.note(f"{len(CUTS)} cuts: {', '.join(outcome)}; never half, secrets the same, nothing left over")


LIFE = """
export DEBIAN_FRONTEND=noninteractive
{setting}
cd /
apt-get -q -y install vpsfit
vpsfit plan
vpsfit apply --yes
vpsfit status
apt-get -q -y remove vpsfit
ls -d /var/lib/vpsfit
apt-get -q -y purge vpsfit
"""


def life(case):
    """Installed by preseeding, applied, removed, purged: what is left is the stack; with TERM set, unset and dumb."""
    vps = case.vps("preseed.yaml")
    text = vps.run(FIRST_BOOT + LOOK + show("purge", "apt-get -q -y remove vpsfit && apt-get -q -y purge vpsfit") +
                   show("after", f"ls -d {STACK} /var/lib/vpsfit /etc/vpsfit /run/vpsfit /swapfile /etc/systemd/system/*.swap 2>/dev/null; cat /proc/swaps; "
                        "systemctl list-unit-files 'vpsfit*' --no-legend"))
    well(text)
    plain_log(text)
    assert workers(text) == 1
    after = section(text, "after")
    assert STACK in after and "/var/lib/vpsfit" not in after and "/etc/vpsfit" not in after and "/run/vpsfit" not in after, after
    assert "vpsfit-" not in after
    case.note("preseeded: applied while it was installed; purged: the stack stays, state, units and answers are gone")
    assert "/swapfile" in after and "left the swap area /swapfile" in section(text, "purge"), text
    case.note("swap in use stays, and the purge says so")
    script = "sync\n"
    for number, setting in enumerate(("export TERM=vt220", "unset TERM", "export TERM=dumb")):
        body = LIFE.format(setting=setting).replace("'", "'\\''")
        script += show(f"life{number}", f"timeout -k 5 300 /bin/sh -euc '{body}' </dev/null 2>&1 | cat; "
                                        f"ls -d {STACK} /var/lib/vpsfit 2>/dev/null")
    text = vps.run("echo vpsfit vpsfit/apply boolean false | debconf-set-selections\n" + script)
    for number in range(3):
        said = section(text, f"life{number}")
        assert "SMALL_VPS" in said and "\033" not in said and said.rstrip().endswith(STACK), said
    case.note("install, plan, apply, remove, purge without a terminal, with TERM=vt220, unset and dumb: the same")


def refit(case):
    """For those who want it: a resize is applied at the next boot by itself."""
    vps = case.vps("per-boot-apply.yaml")
    text = vps.run(FIRST_BOOT + LOOK)
    well(text)
    assert workers(text) == 1
    text = vps.run(FIRST_BOOT + LOOK, ram=4096, cores=2)
    well(text)
    assert workers(text) == 2 and "MEDIUM_VPS" in section(text, "log")
    case.note("per-boot apply: 2 GiB -> 4 GiB by itself, 1 -> 2 workers")


NORMAL = (("fresh VPS, then resized", fresh_2g), ("too small", too_small))
FULL = (("power cuts", power_cuts), ("install to purge", life), ("resize applied at boot", refit))


def run_case(title, function, port, key):
    case, started = Case(function.__name__.replace("_", "-"), port, key), time.monotonic()
    try:
        with case.stack:
            for _ in function(case) or ():
                pass
        result = "passed"
    except Exception as error:  # noqa: BLE001: whatever it was, the other cases go on
        case.note(f"{type(error).__name__}: {error}")
        result = "FAILED"
    lines = [f"{result}  {title} ({time.monotonic() - started:.0f} s)", *(f"        {line}" for line in case.saw)]
    print("\n".join(lines), flush=True)
    return result == "passed"


def main():
    started = time.monotonic()
    www = IMAGE / "www"
    www.mkdir(exist_ok=True)
    subprocess.run([ROOT / "tests/package/make-repo", www / "repo", DEB], check=True)
    if not (www / "mirror").exists():
        (www / "mirror").symlink_to("../mirror")
    key = (www / "repo" / "vpsfit.asc").read_text()
    names = [n for n in sys.argv[1:] if not n.startswith("-")]
    cases = [c for c in NORMAL + (FULL if "--full" in sys.argv or names else ()) if not names or c[1].__name__ in names]
    digest = hashlib.sha256(DEB.read_bytes()).hexdigest()
    print(f"{DEB.name} ({digest[:12]}) on Debian 12, QEMU without KVM", flush=True)
    with web_server(www) as port, concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda c: run_case(c[0], c[1], port, key), cases))
    print(f"{sum(done)} of {len(done)} passed in {time.monotonic() - started:.0f} s")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
