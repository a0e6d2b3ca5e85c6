# SPDX-License-Identifier: MIT
"""
Fresh VPSes: cases.py [--full | [--keep DIR] NAME...]. Debian 12 under QEMU, where cloud-init installs the package from a repository and applies;
resizes, power cuts, removal, an engine, a stack's life. Prints each case's observations, and exits with 1 if one failed.
"""

import argparse
import concurrent.futures
import contextlib
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import traceback

from case import FIRST_BOOT, LOOK, STACK, Case, Chain, one_line, plain_log, swap_is_active, well, workers
from engine import refit, with_engine
from life import larger, moved, smaller, two_stacks, upgraded
from power import power_cuts
from watched import still_watched, watched
from vm import IMAGES, ROOT, section, show, web_server

sys.dont_write_bytecode = True
VERSION = (ROOT / "Makefile").read_text().split("\nVERSION := ")[1].split("\n")[0]
DEB = ROOT / "dist" / f"vpsfit_{VERSION}_amd64.deb"


def fresh(case):
    """2 GiB, 1 core: SMALL_VPS with its warning, the stack, and swap that survives a reboot."""
    vps = case.chain.disk = case.vps("per-boot-notice.yaml")
    text = vps.run(FIRST_BOOT + LOOK + show("uptime", "cat /proc/uptime") +
                   show("written", f"echo $(($(date -r {STACK}/compose.yaml +%s%N) / 1000000 - $(date -r /var/lib/dpkg/status +%s%N) / 1000000))"))
    well(text)
    log = plain_log(text)
    over = re.search(r"with every container at its limit SMALL_VPS would need about (2\.\d GB \(\d+ MiB\)), which exceeds 2 GB by about \d+ %", one_line(log))
    assert over and "the slim image of open-webui needs about 610 MiB less, and is chosen" in one_line(log), log
    assert workers(text) == 1 and section(text, "env").startswith("600\n")
    case.note(f"SMALL_VPS, 1 worker, Open WebUI slim on a lightweight Debian, warned of {over.group(1)} with every container at its limit; "
              f"finished {float(section(text, 'uptime').split()[0]):.0f} s after power on")
    case.note(f"from the package installed to the stack written: {int(section(text, 'written')) / 1000:.1f} s")
    case.note(f"swap of {swap_is_active(text)} MiB at once")
    case.chain.env = section(text, "env")

    # After a reboot, and a manual edit.
    edit = (f"sed -i 's/^services:/# edited by hand\\n&/; s/\\(restart: \\)unless-stopped/\\1always/' {STACK}/compose.yaml\n"
            f"grep -c 'restart: always' {STACK}/compose.yaml\n")
    text = vps.run(LOOK + show("notice", "vpsfit notice; systemctl is-active vpsfit-notice; run-parts /etc/update-motd.d | grep vpsfit") +
                   show("failed", "systemctl --failed --no-legend | grep -E 'vpsfit|swap'") + edit)
    assert section(text, "failed") == "" and "changed" not in section(text, "notice"), text
    case.note(f"swap of {swap_is_active(text)} MiB after a reboot")
    case.note("no notice on the same machine")


def resized(case):
    """The disk of the fresh VPS, edited by hand, now with 4 GiB and 2 cores: a notice, then apply fits it."""
    text = case.chain.disk.run(show("journal", "while systemctl is-active -q vpsfit-notice || systemctl list-jobs | grep -q vpsfit-notice; do sleep 1; done; "
                        "journalctl -b -u vpsfit-notice -o cat") +
                   show("motd", "run-parts /etc/update-motd.d") + show("before", f"sha256sum {STACK}/compose.yaml") +
                   "cloud-init status --wait >/dev/null || true\n" + show("log", "cat /var/log/cloud-init-output.log") +
                   show("untouched", f"sha256sum {STACK}/compose.yaml") +
                   show("apply", "vpsfit apply --yes; echo code $?") + LOOK +
                   show("motd-after", "run-parts /etc/update-motd.d"), ram=4096, cores=2)
    for name in ("journal", "motd"):
        assert "SMALL_VPS -> MEDIUM_VPS" in one_line(section(text, name)), text
    assert "SMALL_VPS -> MEDIUM_VPS" in one_line(section(text, "log")), section(text, "log")
    assert section(text, "before") == section(text, "untouched")
    assert "code 0" in section(text, "apply") and workers(text) == 2, section(text, "apply")
    compose = section(text, "compose")
    assert "# edited by hand" in compose and "restart: always" in compose and section(text, "env").splitlines()[:2] == case.chain.env.splitlines()[:2]
    # With two workers comes Redis, and its password; the other secrets are the same.
    assert case.chain.env.splitlines()[2] == "0" and section(text, "env").splitlines()[2] == "1"
    assert "vpsfit" not in section(text, "motd-after")
    case.note("notice in journal, motd and cloud-init's log; apply: MEDIUM_VPS, 2 workers")
    case.note("secrets and the edit by hand kept; no notice any more")


def too_small(case):
    """1 GiB: exit 3, visible in cloud-init status; nothing is written."""
    vps = case.vps("answers.yaml")
    text = vps.run(FIRST_BOOT + LOOK + show("again", "vpsfit apply --yes; echo code $?") +
                   show("installed", "dpkg-query -W vpsfit"), ram=1024)
    assert "status: error" in section(text, "status") and not section(text, "status").startswith("0\n"), section(text, "status")
    log = plain_log(text)
    assert "no profile is recommended for 1 GB of RAM" in one_line(log), log
    assert "code 3" in section(text, "again") and f"vpsfit\t{VERSION}" in section(text, "installed")
    assert section(text, "left") == "" and len(section(text, "swaps").splitlines()) <= 1, section(text, "left")
    case.note("exit 3, cloud-init status: error; package installed; no stack, no state, no swap")


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
    """Installed by preseeding, applied, removed, purged: only the stack is left; with TERM set, unset and dumb."""
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


def typical(case):
    """2 GiB, 1 core with a standard Debian: the warning, and what a lightweight distribution would bring."""
    vps = case.vps("flags.yaml", image="standard")
    text = vps.run(FIRST_BOOT + LOOK + show("machine", "vpsfit detect"))
    well(text)
    log = one_line(plain_log(text))
    over = re.search(r"with every container at its limit SMALL_VPS would need about (\d\.\d GB \(\d+ MiB\)), which exceeds 2 GB by about \d+ %", log)
    less = re.search(r"a lightweight distribution \(Alpine, Debian minimal, Ubuntu Server minimal\) would bring the total to about (1\.\d GB \(\d+ MiB\))", log)
    assert over and less, log
    evidence = re.search(r"typical, inferred \((\d+) packages", one_line(section(text, "machine")))
    assert evidence and int(evidence.group(1)) >= 400 and workers(text) == 1, section(text, "machine")
    case.note(f"typical: {evidence.group(1)} packages; warned in cloud-init-output.log of {over.group(1)} with every container at its limit, and told that "
              f"a lightweight distribution would bring it to {less.group(1)} at rest")
    case.note(f"SMALL_VPS, 1 worker, swap of {swap_is_active(text)} MiB")


# Chains of (title, case): the cases of a chain run one after the other on the same disk, chains run in parallel, long ones first.
NORMAL = (
    (("1. fresh VPS with 2 GiB and 1 core", fresh), ("2. the same disk with 4 GiB and 2 cores", resized)),
    (("3. too small: 1 GiB", too_small),),
)
LIFE_OF_ONE = (("9. upgraded from 0.1.0", upgraded), ("10. a second stack", two_stacks), ("11. moved while it runs", moved),
               ("12. made smaller while it runs", smaller), ("13. restored on a larger disk, and without its state", larger))
FULL = (
    LIFE_OF_ONE,
    (("6. engine and limits", with_engine), ("14. watched", watched), ("15. watched after a reboot", still_watched),
     ("7. resize applied at boot", refit)),
    (("4. power cuts", power_cuts),),
    (("5. install, apply, remove, purge; TERM set, unset, dumb", life),),
    *NORMAL,
    (("8. a typical Debian with 2 GiB", typical),),
)


def run_case(title, function, chain):
    """Runs one case and prints its observations; False if it failed."""
    case, started = Case(function.__name__.replace("_", "-"), chain), time.monotonic()
    try:
        function(case)
        result = "passed"
    except Exception as error:  # whatever happened, the other cases continue
        at = traceback.extract_tb(error.__traceback__)[-1]
        case.note(f"{type(error).__name__} at line {at.lineno} ({at.line}): {error}")
        result = "FAILED"
    lines = [f"{result}  {title} ({time.monotonic() - started:.0f} s)", *(f"        {line}" for line in case.saw)]
    print("\n".join(lines), flush=True)
    return result == "passed"


def from_kept(cases, chain, names, kept):
    """The cases still to run, from the first of the names on where the disk of the one before it was kept, up to the last of them."""
    at = [number for number, (_, function) in enumerate(cases) if function.__name__ in names] or [0, len(cases) - 1]
    before = kept / cases[at[0] - 1][1].__name__ if kept and at[0] else None
    if not before or not before.exists():
        return cases[:at[-1] + 1]
    chain.disk = chain.vps(cases[at[0]][1].__name__, image=(before / "image").read_text(), kept=before)
    return cases[at[0]:at[-1] + 1]


def run_chain(cases, chain, names, kept):
    """The results of its cases. Cases after a failed one have nothing to start from and count as failed."""
    results = []
    with chain.stack:
        for title, function in from_kept(cases, chain, names, kept):
            if all(results):
                results.append(run_case(title, function, chain))
                if kept and chain.disk:
                    chain.disk.keep(kept / function.__name__)
            else:
                print(f"FAILED  {title}: the one before it failed", flush=True)
                results.append(False)
    return results


def earlier_deb():
    """The package of 0.1.0, built once from its commit: that takes the project's history."""
    made = ROOT / "build/vm-earlier"
    deb = made / "vpsfit_0.1.0_amd64.deb"
    if not deb.exists():
        commit = (ROOT / "tests/cli/0.1.0/commit").read_text().strip()
        subprocess.run([ROOT / "tests/package/build-deb", "amd64", made], check=True, env={**os.environ, "BUILD_COMMIT": commit})
    return deb


@contextlib.contextmanager
def web_root(debs):
    """What the guests see of this machine: the repository, made for this run, and the mirror."""
    with tempfile.TemporaryDirectory(prefix="vpsfit-www.", dir="/var/tmp") as name:
        www = pathlib.Path(name)
        subprocess.run([ROOT / "tests/package/make-repo", www / "repo", *debs], check=True)
        # All images have the same one.
        (www / "mirror").symlink_to(next(IMAGES.glob("*/mirror")))
        yield www


def main():
    started = time.monotonic()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="all of them")
    parser.add_argument("--keep", type=pathlib.Path, help="the disk after each case is kept in that directory, and a case that is named goes on from there")
    parser.add_argument("names", nargs="*", metavar="NAME", help="function names of cases, such as 'moved'")
    args = parser.parse_args()
    names = args.names
    chains = FULL if names or args.full else NORMAL
    chains = [c for c in chains if not names or any(function.__name__ in names for _, function in c)]
    debs = [DEB, *([earlier_deb()] if LIFE_OF_ONE in chains else [])]
    digest = hashlib.sha256(DEB.read_bytes()).hexdigest()
    print(f"{DEB.name} ({digest[:12]}) on Debian 12, QEMU without KVM", flush=True)
    with web_root(debs) as www, web_server(www) as port, concurrent.futures.ThreadPoolExecutor(2) as pool:
        key = (www / "repo" / "vpsfit.asc").read_text()
        done = sum(pool.map(lambda chain: run_chain(chain, Chain(www, port, key), names, args.keep), chains), [])
    print(f"{sum(done)} of {len(done)} cases passed in {time.monotonic() - started:.0f} s")
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
