# SPDX-License-Identifier: MIT
"""
Creates 2 GiB of swap on ext4 until it is in /proc/swaps: with vpsfit (a whole apply, with journal, state and /etc/fstab), with
fallocate + mkswap + swapon, with dd + mkswap + swapon, and with Debian's dphys-swapfile; all in one run, median of a few. A report, not
a test: it only fails if something cannot be measured. usage: swap.py VPSFIT (as root)
"""

import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "swap"))
from world import ENV, PROJECT, World, in_own_namespace, sh  # noqa: E402

SIZE = 2048
DOWNLOADS = PROJECT / "build" / "bench"


def fetch_dphys():
    """Only unpacks it: installing it would create a swap file."""
    target = DOWNLOADS / "dphys"
    if not (target / "sbin/dphys-swapfile").exists():
        target.mkdir(parents=True, exist_ok=True)
        sh("apt-get", "download", "dphys-swapfile", cwd=DOWNLOADS)
        sh("dpkg", "-x", next(DOWNLOADS.glob("dphys-swapfile_*.deb")), target)
    return target


def main():
    in_own_namespace()
    fetch_dphys()
    with World(sys.argv[1]) as w:
        place = w.disk("bench", 16384, ["mkfs.ext4", "-qF", "-E", "lazy_itable_init=0,lazy_journal_init=0"])
        file = f"{place}/swapfile"
        sh("cp", DOWNLOADS / "dphys/sbin/dphys-swapfile", w.path("/sbin/dphys-swapfile"))
        w.path("/etc/dphys-swapfile").write_text(f"CONF_SWAPFILE={file}\nCONF_SWAPSIZE={SIZE}\nCONF_MAXSWAP={SIZE}\n")

        def run(*args):
            done = subprocess.run(args, preexec_fn=w.enter, env=ENV, stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{args}: {done.stdout}{done.stderr}")

        def by_vpsfit():
            run(w.vpsfit_path, "apply", "--yes", "--quiet", "--swap", f"{SIZE}M", "--swap-file", file)

        def bare():
            run("fallocate", "-l", f"{SIZE}M", file)
            run("chmod", "600", file)
            run("mkswap", file)
            run("swapon", file)

        def by_dd():
            run("dd", "if=/dev/zero", f"of={file}", "bs=1M", f"count={SIZE}")
            run("chmod", "600", file)
            run("mkswap", file)
            run("swapon", file)

        def by_dphys():
            run("dphys-swapfile", "setup")
            run("dphys-swapfile", "swapon")

        def measure(make, times):
            taken = []
            for _ in range(times):
                w.fresh()
                run(w.vpsfit_path, "apply", "--yes", "--quiet", "--swap", "none", "--swap-file", file)
                sh("sync")
                start = time.monotonic()
                make()
                taken.append(time.monotonic() - start)
                active = w.swaps()
                assert list(active.values()) == [SIZE - 1], active
                w.swap_off()
                w.path(file).unlink()
            return statistics.median(taken)

        rows = [("vpsfit apply", measure(by_vpsfit, 7)), ("fallocate + mkswap + swapon", measure(bare, 7)),
                ("dd + mkswap + swapon", measure(by_dd, 3)), ("dphys-swapfile", measure(by_dphys, 3))]
    mine = rows[0][1]
    print(f"\n== {SIZE} MiB of swap on ext4, in use (median)")
    print(f"{'':<30}{'ms':>10}{'x vpsfit':>10}")
    for name, seconds in rows:
        print(f"{name:<30}{seconds * 1e3:>10.1f}{seconds / mine:>10.2f}")
    print(f"vpsfit takes {mine / rows[1][1]:.2f} x bare (aim: within 3), dphys-swapfile {rows[3][1] / mine:.0f} x vpsfit (aim: 20 at least)")


main()
