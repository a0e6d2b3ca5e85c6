# SPDX-License-Identifier: MIT
"""Where sysvinit runs the machine, its scripts do at boot what the units do elsewhere."""

import json
import re
import subprocess

import pytest

from conftest import Tree

# Kills the program at the n-th rename, like a power cut.
CUT = """#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
static void count(void) { static int n; if (++n == atoi(getenv("CUT_AT"))) kill(getpid(), SIGKILL); }
int renameat(int a, const char *b, int c, const char *d) { count(); return (int)syscall(SYS_renameat, a, b, c, d); }
int renameat2(int a, const char *b, int c, const char *d, unsigned f) { count(); return (int)syscall(SYS_renameat2, a, b, c, d, f); }
int rename(const char *a, const char *b) { count(); return (int)syscall(SYS_rename, a, b); }
"""

# What Docker's own script says of itself.
DOCKER = """#!/bin/sh
### BEGIN INIT INFO
# Provides:           docker
# Required-Start:     $syslog $remote_fs
# Required-Stop:      $syslog $remote_fs
# Default-Start:      2 3 4 5
# Default-Stop:       0 1 6
# Short-Description:  Create lightweight, portable, self-sufficient containers.
### END INIT INFO
"""


@pytest.fixture
def tree(repo, tmp_path):
    made = Tree("bookworm", repo, ("sysvinit", "sysvinit-core sysv-rc insserv initscripts"))
    made.path("/etc/init.d/docker").write_text(DOCKER)
    made.run("chmod +x /etc/init.d/docker; update-rc.d docker defaults")
    (tmp_path / "cut.c").write_text(CUT)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", made.path("/root/cut.so"), tmp_path / "cut.c"], check=True)
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", made.dir], check=True)


def cut_off(tree):
    return list(tree.path("/var/lib/vpsfit").glob("*/tx/journal.json"))


def test_a_boot_recovers_and_gives_notice(tree):
    tree.preseed()
    tree.install()
    order = sorted(path.name for path in tree.path("/etc/rc2.d").glob("S*"))
    assert [re.sub("S[0-9]+", "", name) for name in order if re.search("vpsfit-recover|docker", name)] == ["vpsfit-recover", "docker"], order
    assert int(next(n for n in order if "vpsfit-recover" in n)[1:3]) < int(next(n for n in order if "docker" in n)[1:3]), order
    silent = tree.run("for s in recover notice; do /etc/init.d/vpsfit-$s start; done")
    assert silent.text == ""
    # A later change is cut off as soon as it has begun.
    for at in range(1, 12):
        tree.run(f"LD_PRELOAD=/root/cut.so CUT_AT={at} vpsfit apply --yes --swap none --force --port 90{at:02}", check=False)
        if cut_off(tree):
            break
    assert cut_off(tree)
    assert "cut off" in tree.run("/etc/init.d/vpsfit-recover status").text
    said = tree.run("/etc/init.d/vpsfit-recover start").text
    assert "interrupted" in said and not cut_off(tree), said
    tree.run("vpsfit status --exit-code || [ $? -eq 6 ]")
    # The last apply was on a machine with a quarter of the memory.
    state = max(tree.path("/var/lib/vpsfit").glob("*/history/*/state.json"))
    told = json.loads(state.read_text())
    told["nominal_mib"], told["usable_mib"] = told["nominal_mib"] // 4, told["usable_mib"] // 4
    state.write_text(json.dumps(told, indent=2))
    said = tree.run("/etc/init.d/vpsfit-notice start; cat /run/vpsfit/notice; /etc/update-motd.d/60-vpsfit").text
    assert said.count("the machine has changed") == 3, said


def test_a_removed_package_leaves_nothing_that_runs(tree):
    tree.install()
    tree.run("apt-get -q -y remove vpsfit")
    assert tree.run("sh /etc/init.d/vpsfit-recover start; sh /etc/init.d/vpsfit-notice start").text == ""
    tree.run("apt-get -q -y purge vpsfit")
    assert not list(tree.path("/etc").glob("rc?.d/*vpsfit*")) and not list(tree.path("/etc/init.d").glob("vpsfit*"))
