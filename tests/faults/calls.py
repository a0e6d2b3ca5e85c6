# SPDX-License-Identifier: MIT
"""The system calls of a run that touch the stack or the state: the points at which a run is failed or killed."""

import collections
import re
import subprocess

CALLS = ["openat", "write", "fsync", "rename", "renameat", "renameat2", "ftruncate", "mkdir", "mkdirat", "unlink", "unlinkat",
         "rmdir", "fchmod", "fchown", "flock", "fsetxattr"]


def points(command, root, env):
    """Runs the command once, which must succeed; (call, occurrence number) of each call below the root's /opt or state."""
    log = root + ".log"
    subprocess.run(["strace", "-y", "-o", log, "-e", "trace=" + ",".join("?" + c for c in CALLS), *command], check=True, env=env,
                   stdin=subprocess.DEVNULL, capture_output=True)
    count, found = collections.Counter(), []
    for line in open(log, errors="replace"):
        match = re.match(r"(\w+)\((.*)", line)
        if not match:
            continue
        count[match[1]] += 1
        if f"{root}/opt" in match[2] or f"{root}/var/lib/vpsfit" in match[2]:
            found.append((match[1], count[match[1]]))
    return found
