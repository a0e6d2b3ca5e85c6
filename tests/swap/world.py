# SPDX-License-Identifier: MIT
"""
A world for swap tests: the machine's root below an overlay, in its own mount namespace, with file systems on loop devices. Does not
touch the machine's own files, and turns off all swap that it turned on. Needs root.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
HANG = 300
# Signs of a container stay outside: the test machine may have been made from a container image.
NOT_IN_THE_WORLD = [".dockerenv", "run/.containerenv", "run/systemd/container"]


def in_own_namespace():
    """Continues in a private mount namespace."""
    if os.geteuid() != 0:
        sys.exit("swap can be turned on by root only: run this as root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000) != 0:
        sys.exit(f"no mount namespace to be had: {os.strerror(ctypes.get_errno())}")
    sh("mount", "--make-rprivate", "/")


def sh(*args, check=True, input_="", cwd=None):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, input=input_, env=ENV, timeout=HANG,
                          cwd=cwd)
    if check and done.returncode != 0:
        raise RuntimeError(f"{args}: {done.returncode}: {done.stderr}")
    return done


def guest(w, label="guestswap"):
    """A disk with a partition table and a swap partition, as a virtual machine's lies on its host."""
    disk = w.disk(f"guest-{len(w.loops)}", 700, None)
    sh("sfdisk", "-q", disk, input_="size=640M, type=S\n")
    sh("partx", "-u", disk)
    end = time.monotonic() + 60
    while not os.path.exists(f"{disk}p1"):
        if time.monotonic() > end:
            raise RuntimeError(f"no partition on {disk}")
        time.sleep(0.01)
    sh("mkswap", "-L", label, f"{disk}p1")
    return disk


class Held:
    """Somebody has it open to write, as QEMU has: without O_EXCL, which would show."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR)
        self.pid = os.fork()
        if self.pid == 0:
            time.sleep(300)
            os._exit(0)
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)


def etc_of_its_own(w):
    """The world's /etc on ext4, which knows the attribute 'i' (an overlay does not)."""
    copy = w.base / "etc"
    shutil.copytree(w.path("/etc"), copy, symlinks=True, ignore_dangling_symlinks=True)
    w.disk("etc", 200, ["mkfs.ext4", "-qF"])
    sh("cp", "-a", f"{copy}/.", w.path("/mnt/etc"))
    sh("mount", "--bind", w.path("/mnt/etc"), w.path("/etc"))


class World:
    def __init__(self, vpsfit):
        self.vpsfit_path = os.path.abspath(vpsfit)
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="vpsfit-swap-"))
        self.root = self.base / "root"
        self.loops, self.mounts = [], []
        layers = self.base / "layers"
        for d in (self.root, layers):
            d.mkdir()
        self.mount("-t", "tmpfs", "tmpfs", layers)
        (layers / "upper").mkdir()
        (layers / "work").mkdir()
        self.mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={layers}/upper,workdir={layers}/work", "overlay", self.root)
        for d in ("proc", "sys", "dev"):
            self.mount("--rbind", f"/{d}", self.root / d)
        (self.root / str(PROJECT).lstrip("/")).mkdir(parents=True, exist_ok=True)
        self.mount("--bind", PROJECT, self.root / str(PROJECT).lstrip("/"))
        self.mount("-t", "tmpfs", "tmpfs", self.root / "run")
        for name in NOT_IN_THE_WORLD:
            (self.root / name).unlink(missing_ok=True)
        self.fresh()

    def mount(self, *args):
        sh("mount", *args)
        self.mounts.append(args[-1])

    def path(self, path):
        return self.root / str(path).lstrip("/")

    def fresh(self):
        """Restores the state before vpsfit."""
        for name in ("opt/ai-gateway", "var/lib/vpsfit", "etc/systemd/system/swap.target.wants"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        for unit in (self.root / "etc/systemd/system").glob("*.swap"):
            unit.unlink()
        (self.root / "etc/sysctl.d/60-vpsfit.conf").unlink(missing_ok=True)
        self.fstab("# the machine's own\n/dev/vda / ext4 defaults 0 1\n")

    def fstab(self, text):
        (self.root / "etc/fstab").unlink(missing_ok=True)
        (self.root / "etc/fstab").write_text(text)

    def systemd(self, there):
        """Pretends that systemd is PID 1, or not."""
        path = self.root / "run/systemd/system"
        if there:
            path.mkdir(parents=True, exist_ok=True)
        else:
            shutil.rmtree(self.root / "run/systemd", ignore_errors=True)

    def disk(self, name, size, mkfs, options="", partition=False):
        """Makes a file system on a loop device, mounted at /mnt/NAME. Returns the place as the world sees it."""
        image = self.base / f"{name}.img"
        with open(image, "wb") as f:
            f.truncate(size << 20)
        loop = sh("losetup", "-f", "--show", "-P" if partition else "--direct-io=off", image).stdout.strip()
        self.loops.append(loop)
        if mkfs:
            sh(*mkfs, loop)
            place = self.path(f"/mnt/{name}")
            place.mkdir(parents=True)
            self.mount(*(["-o", options] if options else []), loop, place)
        return loop if not mkfs else f"/mnt/{name}"

    def enter(self):
        os.chroot(self.root)
        os.chdir("/")

    def run(self, *args, prefix=(), program=None, **kwargs):
        return subprocess.run([*map(str, prefix), program or self.vpsfit_path, *map(str, args)], capture_output=True, text=True, env=ENV,
                              stdin=subprocess.DEVNULL, timeout=HANG, preexec_fn=self.enter, **kwargs)

    def run_in_user_namespace(self, *args):
        """Runs as root of a new user namespace, which cannot be created from within a chroot."""
        return subprocess.run(["unshare", "--user", "--map-root-user", "chroot", self.root, self.vpsfit_path, *map(str, args)],
                              capture_output=True, text=True, env=ENV, stdin=subprocess.DEVNULL, timeout=HANG)

    def swaps(self):
        """Path and MiB of the active areas in this world, as it sees their names."""
        lines = open("/proc/swaps").read().splitlines()[1:]
        found = {}
        for line in lines:
            name = line.split()[0].replace("\\040", " ")
            if name.startswith((f"{self.root}/", *self.loops)):
                found[name.removeprefix(str(self.root))] = int(line.split()[2]) >> 10
        return found

    def swap_off(self):
        for name in self.swaps():
            for path in (self.path(name), name):
                if os.path.exists(path) and sh("swapoff", path, check=False).returncode == 0:
                    break

    def close(self):
        self.swap_off()
        for place in reversed(self.mounts):
            sh("umount", "-l", place, check=False)
        for loop in self.loops:
            # The kernel keeps partitions added by partx; they would disturb the next disk on this device.
            sh("partx", "-d", loop, check=False)
            sh("losetup", "-d", loop, check=False)
        shutil.rmtree(self.base)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
