# SPDX-License-Identifier: MIT
"""
A VPS for tests: QEMU without KVM, a disk that persists between boots, any amount of RAM and cores. Each boot runs a shell script in it
and returns its output. The host serves the package repository over HTTP.
"""

import contextlib
import functools
import http.server
import pathlib
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = ROOT / "build" / "vm"
EXAMPLES = ROOT / "templates" / "cloud-init"

# Seconds until a boot counts as hanging. Emulation on a busy machine is slow.
HANG = 1800


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def web_server(directory, port=0, certificate=None):
    """Serves a directory on loopback, which guests see as 10.0.2.2; with a certificate and its key over TLS. Yields the port."""
    handler = functools.partial(Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # Each connection shakes hands in its own thread.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def user_data(example, port, key):
    """An example from templates/cloud-init, changed only by the repository's address and key."""
    text = (EXAMPLES / example).read_text()
    assert "https://apt.example.org/vpsfit" in text
    data = yaml.safe_load(text.replace("https://apt.example.org/vpsfit", f"http://10.0.2.2:{port}/repo"))
    keys = [f for f in data["write_files"] if f["path"] == "/etc/apt/keyrings/vpsfit.asc"]
    assert len(keys) == 1
    keys[0]["content"] = key
    # A local mirror with vpsfit's dependencies replaces Debian's: the tests need no network.
    data["apt"]["sources"]["mirror.list"] = {"source": f"deb [trusted=yes] http://10.0.2.2:{port}/mirror ./"}
    return "#cloud-config\n" + yaml.safe_dump(data, sort_keys=False)


class Ended(Exception):
    """The machine ended without its script's end mark."""


class Boot:
    """One run of a machine."""

    def __init__(self, vps, command, log):
        self.vps, self.log, self.started, self.patience = vps, log, time.monotonic(), HANG
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=(vps.dir / "qemu.log").open("a"))

    def text(self):
        return self.log.read_bytes().decode(errors="replace").replace("\r", "") if self.log.exists() else ""

    def wait_for(self, mark):
        """Waits until the script has printed a line that starts with mark."""
        while not any(line.startswith(mark) for line in self.text().splitlines()):
            if self.process.poll() is not None or time.monotonic() - self.started > self.patience:
                self.cut()
                raise Ended(f"{self.vps.name}: '{mark}' was not seen; the script printed:\n{self.text()[-4000:]}\n"
                            f"the console: {self.vps.dir / 'console.log'}")
            time.sleep(0.2)

    def cut(self):
        """Cuts the power: unwritten data of the guest is lost."""
        self.process.kill()
        self.process.wait()

    def finish(self):
        """Waits until it has powered off: returns (the script's output, its exit code)."""
        self.wait_for("@@ended ")
        try:
            self.process.wait(timeout=HANG)
        except subprocess.TimeoutExpired:
            self.cut()
            raise Ended(f"{self.vps.name} does not power off") from None
        head, _, code = self.text().rpartition("@@ended ")
        return head, int(code.split()[0])


class Vps:
    """A disk, and the machines that use it. Images are made by make-image. Without a seed there is no cloud-init: somebody types."""

    def __init__(self, name, seed=None, image="minimal", kept=None):
        self.name, self.image = name, IMAGES / image
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"vpsfit-vm-{name}.", dir="/var/tmp"))
        self.seed = None
        if kept:
            for file in kept.glob("[ds]*"):
                shutil.copy(file, self.dir)
            self.seed = self.dir / "seed.iso" if (self.dir / "seed.iso").exists() else None
        else:
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", self.image / "base.img",
                            self.dir / "disk.qcow2"], check=True)
        if seed and not kept:
            (self.dir / "user-data").write_text(seed)
            (self.dir / "meta-data").write_text(f"instance-id: {name}\nlocal-hostname: vps\n")
            self.seed = self.dir / "seed.iso"
            subprocess.run(["genisoimage", "-quiet", "-volid", "cidata", "-joliet", "-rock", "-output", self.seed,
                            "user-data", "meta-data"], cwd=self.dir, check=True)
        # More disks, by name: what is written to them is lost.
        self.boots, self.disks = 0, {}

    def keep(self, directory):
        """Copies what a later run of the tests goes on from."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for path in (self.dir / "disk.qcow2", self.dir / "seed.iso", *self.dir.glob("job-*.log")):
            if path.exists():
                shutil.copy(path, directory)
        (directory / "image").write_text(self.image.name)

    def grow(self, size):
        """The disk's image on a larger disk, as a provider restores it; the file system in it is as large as it was."""
        subprocess.run(["qemu-img", "resize", "-q", self.dir / "disk.qcow2", size], check=True)

    def boot(self, script, ram=2048, cores=1):
        self.boots += 1
        job, log = self.dir / "job.img", self.dir / f"job-{self.boots}.log"
        data = script.encode()
        job.write_bytes(data + bytes(-len(data) % 512))
        drives = [("root", self.dir / "disk.qcow2", "qcow2", "off"), ("job", job, "raw", "on")]
        if self.seed:
            drives.append(("seed", self.seed, "raw", "on"))
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-m", str(ram), "-smp", str(cores),
                   "-nodefaults", "-no-reboot", "-display", "none", "-kernel", self.image / "vmlinuz", "-initrd", self.image / "initrd",
                   # On a busy machine the kernel may find that its timer does not tick, and panic; a panic ends the machine.
                   # Nobody attacks this machine, and what guards against it is slow in emulation.
                   "-append", "root=/dev/disk/by-label/root rw console=ttyS0 net.ifnames=0 quiet no_timer_check panic=-1 mitigations=off" +
                   ("" if self.seed else " cloud-init=disabled"),
                   "-serial", f"file:{self.dir / 'console.log'}", "-serial", f"file:{log}",
                   "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"]
        for name, path in self.disks.items():
            drives.append((name, path, "raw,snapshot=on", "off"))
        for name, path, fmt, readonly in drives:
            command += ["-drive", f"if=none,id={name},file={path},format={fmt},readonly={readonly},cache=writeback",
                        "-device", f"virtio-blk-pci,drive={name},serial={name}"]
        return Boot(self, command, log)

    def run(self, script, ram=2048, cores=1, patience=HANG):
        """Boots, runs the script, powers off. A failing script fails the test."""
        boot = self.boot("set -eu\n" + script, ram, cores)
        boot.patience = patience
        text, code = boot.finish()
        if code != 0:
            raise Ended(f"{self.name}: the script ended with {code}:\n{text[-6000:]}")
        return text

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


def section(text, name):
    """The script's output between `@@begin NAME` and `@@end`."""
    assert f"@@begin {name}\n" in text, f"no section {name} in:\n{text}"
    return text.split(f"@@begin {name}\n", 1)[1].split("@@end\n", 1)[0]


def show(name, command):
    """Runs a command, whatever its exit code, whose output section() returns; and when it ended, in seconds since the start."""
    return f"echo '@@begin {name}'\n{{ {command}\n}} || true\necho '@@end'\nread -r up _ </proc/uptime; echo \"@@ended-at $up {name}\"\n"


def limited(name, seconds, command):
    """As show(), with a deadline: what hangs is ended and said, and the next step goes on."""
    return f"cat >/run/limited <<'END_OF_LIMITED'\n{command}\nEND_OF_LIMITED\n" + \
        show(name, f"timeout -k 10 {seconds} sh /run/limited || echo \"ended with $?\"")


def slowest(text, count=4):
    """The steps of a script that took longest, for people."""
    ends = [(name, float(at)) for at, name in re.findall(r"^@@ended-at ([0-9.]+) (\S+)$", text, re.M)]
    took = [(at - before, name) for (_, before), (name, at) in zip([("", 0.0), *ends], ends)]
    return ", ".join(f"{name} {seconds:.0f} s" for seconds, name in sorted(took, reverse=True)[:count])
