# SPDX-License-Identifier: MIT
"""
Root in another user's directory, on the running machine; these tests need root. All stacks, states and victims are in a scratch
directory.
"""

import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VPSFIT = os.environ.get("VPSFIT", str(ROOT / "build" / "san" / "vpsfit"))
FAST = os.environ.get("VPSFIT_FAST", str(ROOT / "build" / "debug" / "vpsfit"))
USER = 65534
HANG = 60


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("tests/trust: these tests need root, and none of them was run", returncode=1)


class World:
    """A scratch directory with a victim (`etc`), a user's directory (`u`) and root's state (`st`)."""

    def __init__(self, base):
        self.base = pathlib.Path(base)
        os.chmod(base, 0o755)
        self.etc, self.home, self.state = self.base / "etc", self.base / "u", self.base / "st"
        self.etc.mkdir(mode=0o755)
        os.chmod(self.etc, 0o755)
        self.home.mkdir()
        os.chmod(self.home, 0o755)
        os.chown(self.home, USER, USER)
        self.dir = self.home / "gw"

    def run(self, *args, program=VPSFIT, state=None, **kwargs):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        done = subprocess.run([*([program] if isinstance(program, str) else program), *map(os.fsencode, map(os.fspath, map(self._text, args))), "--state", state or self.state],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=HANG, env=env, **kwargs)
        done.stdout, done.stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        assert done.returncode in range(7), (done.returncode, done.stderr)
        return done

    @staticmethod
    def _text(arg):
        return arg if isinstance(arg, (str, bytes, os.PathLike)) else str(arg)

    def apply(self, *args, dir=None, **kwargs):
        return self.run("apply", "--yes", "--force", "--swap", "none", "--dir", dir or self.dir, *args, **kwargs)

    def rollback(self, *args, **kwargs):
        return self.run("rollback", "--yes", "--dir", self.dir, *args, **kwargs)

    def give(self, path=None):
        """Gives the whole stack to the user."""
        for at in [path or self.dir, *(path or self.dir).rglob("*")]:
            os.chown(at, USER, USER, follow_symlinks=False)

    def store(self):
        return next(p for p in self.state.iterdir() if p.is_dir())


def tree(*roots):
    """Every name with kind, mode, owner and bytes."""
    found = {}
    for root in roots:
        for path in [root, *sorted(root.rglob("*"))]:
            st = os.lstat(path)
            what = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found[str(path)] = (st.st_mode, st.st_uid, st.st_gid, what)
    return found


def give_acl(path, *named, default=False, group=5, mask=7):
    """Sets an access control list like setfacl(1); named are (tag, id, rights), with tag 2 for a user and 8 for a group."""
    nobody = 0xffffffff
    entries = [(1, 7, nobody), *[(tag, rights, who) for tag, who, rights in sorted(named)], (4, group, nobody), (0x10, mask, nobody),
               (0x20, 5, nobody)]
    entries.sort(key=lambda e: e[0])
    os.setxattr(path, f"system.posix_acl_{'default' if default else 'access'}",
                struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))


@pytest.fixture
def world():
    base = tempfile.mkdtemp(prefix="vpsfit-trust-")
    yield World(base)
    shutil.rmtree(base)


@pytest.fixture(scope="session")
def attacker(tmp_path_factory):
    program = tempfile.mkdtemp(prefix="vpsfit-attacker-")
    os.chmod(program, 0o755)
    subprocess.run(["cc", "-O2", "-Wall", "-Werror", "-o", f"{program}/exchange", ROOT / "tests/trust/exchange.c"], check=True)
    yield f"{program}/exchange"
    shutil.rmtree(program)
