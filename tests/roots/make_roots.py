# SPDX-License-Identifier: MIT
"""
Makes machine trees for --sysroot: make_roots.py DIRECTORY.

MemTotal values are measured: Debian 12's cloud kernel 6.1.0-56 under QEMU for the vm- trees (512 MiB: 480040 kB, 1 GiB: 995368, 2 GiB:
2026024, 4 GiB: 4021024, 6 GiB: 6079264, 8 GiB: 8143656, 16 GiB: 16388896; with crashkernel=256M: 2 GiB 1763880), other kernels from the
table of six kernels and six sizes (Ubuntu 24.04's 6.8: 4010200; Ubuntu 26.04's 7.0 at 4 GiB with 512 MiB for dumps: about 3.3 GiB), and
the founding analysis's machine (5.784 GiB). lxcfs shows exactly the limit.
"""

import os
import pathlib
import sys

BLOCK = 128 * 1024 * 1024
SWAP_HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

OS = {
    "debian12": ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'),
    "debian13": ('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n'),
    "ubuntu2404": 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
    "ubuntu2604": 'PRETTY_NAME="Ubuntu 26.04 LTS"\nNAME="Ubuntu"\nVERSION_ID="26.04"\nID=ubuntu\nID_LIKE=debian\n',
    "alpine": 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.22.1\nPRETTY_NAME="Alpine Linux v3.22"\n',
}

X86_CPU = "processor\t: {n}\nvendor_id\t: {vendor}\nmodel name\t: {model}\nflags\t\t: fpu sse2{hv}\n\n"
ARM_CPU = "processor\t: {n}\nBogoMIPS\t: 50.00\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\n"


# Files below these are programs and scripts, and may be run.
PROGRAMS = ("/bin/", "/sbin/", "/cli-plugins/", "/etc/rc", "/etc/local.d/")


class Tree:
    """One machine below a directory; paths are as the machine sees them."""

    def __init__(self, base, name):
        self.root = base / name
        self.root.mkdir(parents=True)

    def put(self, path, content):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            content = content.encode()
        target.write_bytes(content)
        if any(word in path for word in PROGRAMS) or path.endswith("/docker-compose"):
            target.chmod(0o755)
        return self

    def link(self, path, to):
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(to)
        return self

    def drop(self, *paths):
        import shutil
        for path in paths:
            target = self.root / path.lstrip("/")
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
        return self

    def meminfo(self, total_kb, used_mib=230):
        available = max(0, total_kb - used_mib * 1024)
        return self.put("/proc/meminfo", f"MemTotal:       {total_kb} kB\nMemFree:        {available // 2} kB\n"
                                         f"MemAvailable:   {available} kB\nBuffers:            2048 kB\n")

    def blocks(self, nominal_mib, offline=0):
        self.put("/sys/devices/system/memory/block_size_bytes", f"{BLOCK:x}\n")
        count = nominal_mib * 1024 * 1024 // BLOCK
        for i in range(count):
            self.put(f"/sys/devices/system/memory/memory{i}/state", "online\n")
        for i in range(count, count + offline):
            self.put(f"/sys/devices/system/memory/memory{i}/state", "offline\n")
        return self

    def cpus(self, n, arm=False, hypervisor=True, model="AMD EPYC-Rome Processor"):
        self.put("/sys/devices/system/cpu/online", "0\n" if n == 1 else f"0-{n - 1}\n")
        self.put("/proc/self/status", f"Name:\tvpsfit\nCapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-{n - 1}\n")
        text = "".join(
            ARM_CPU.format(n=i) if arm else
            X86_CPU.format(n=i, vendor="AuthenticAMD", model=model, hv=" hypervisor" if hypervisor else "")
            for i in range(n))
        return self.put("/proc/cpuinfo", text)

    def distro(self, name, packages=0):
        self.put("/usr/lib/os-release", OS[name]).link("/etc/os-release", "../usr/lib/os-release")
        self.status = "".join(f"Package: package{i:04}\nStatus: install ok installed\nVersion: 1\n\n"
                              for i in range(packages))
        if packages:
            self.status += "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
            self.put("/var/lib/dpkg/status", self.status)
        return self

    def cgroup2(self, path="/", controllers="cpuset cpu io memory pids"):
        self.put("/sys/fs/cgroup/cgroup.controllers", controllers + "\n")
        return self.put("/proc/self/cgroup", f"0::{path}\n")

    def dmi(self, vendor, product):
        return self.put("/sys/class/dmi/id/sys_vendor", vendor + "\n").put("/sys/class/dmi/id/product_name", product + "\n")

    def swaps(self, *lines):
        return self.put("/proc/swaps", SWAP_HEAD + "".join(line + "\n" for line in lines))

    def mounts(self, *lines):
        return self.put("/proc/self/mounts", "".join(line + "\n" for line in lines))

    def docker(self, package="docker.io", version="20.10.24+dfsg1-1+deb12u1", compose=None):
        self.put("/usr/bin/docker", "").put(f"/var/lib/dpkg/info/{package}.list", "")
        status = self.status + f"Package: {package}\nStatus: install ok installed\nVersion: {version}\n\n"
        if compose:
            self.put(f"/var/lib/dpkg/info/{compose[0]}.list", "")
            self.put("/usr/libexec/docker/cli-plugins/docker-compose", "")
            status += f"Package: {compose[0]}\nStatus: install ok installed\nVersion: {compose[1]}\n\n"
        return self.put("/var/lib/dpkg/status", status)

    def container(self, id_char, working_dir, current, inactive, image):
        cid = id_char * 64
        name = image.split("/")[-1].split(":")[0]
        self.put(f"/var/lib/docker/containers/{cid}/config.v2.json",
                 f'{{"ID":"{cid}","Name":"/{name}","State":{{"Running":true,"Pid":4000}},"Config":{{"Image":"{image}","Labels":'
                 f'{{"com.docker.compose.project.working_dir":"{working_dir}"}}}}}}')
        group = f"/sys/fs/cgroup/system.slice/docker-{cid}.scope"
        self.put(f"{group}/memory.current", f"{current * 1048576}\n")
        return self.put(f"{group}/memory.stat", f"anon {current * 1048576}\ninactive_file {inactive * 1048576}\n")


def vm(base, name, nominal, total_kb, cores, distro="debian12", packages=431, used=230):
    """A KVM guest with systemd and cgroup v2, as sold by providers."""
    return (Tree(base, name).meminfo(total_kb, used).blocks(nominal).cpus(cores).distro(distro, packages)
            .cgroup2("/user.slice/user-0.slice/session-1.scope").dmi("QEMU", "Standard PC (i440FX + PIIX, 1996)")
            .swaps().mounts("/dev/vda1 / ext4 rw,relatime 0 0", "tmpfs /run tmpfs rw,nosuid 0 0")
            .put("/run/systemd/system/.keep", "").put("/proc/sys/kernel/osrelease", "6.1.0-56-cloud-amd64\n")
            .put("/sys/kernel/kexec_crash_size", "0\n"))


def lxc(base, name, total_kb):
    """lxcfs virtualises meminfo and the online cores; blocks and DMI are the host's."""
    return (Tree(base, name).meminfo(total_kb).blocks(65536 // 8).cpus(2).distro("debian12", 310)
            .cgroup2("/").swaps().dmi("Supermicro", "X11").put("/run/systemd/container", "lxc\n")
            .put("/proc/self/uid_map", "         0     100000      65536\n")
            .mounts("rpool/data/subvol-101 / zfs rw 0 0"))


def good(base):
    for name, nominal, kb, cores in (
            ("vm-512m", 512, 480040, 1), ("vm-1g", 1024, 995368, 1), ("vm-2g", 2048, 2026024, 1),
            ("vm-4g", 4096, 4021024, 2), ("vm-4g-1core", 4096, 4021024, 1), ("vm-8g", 8192, 8143656, 4),
            ("vm-8g-2core", 8192, 8143656, 2), ("vm-16g", 16384, 16388896, 8)):
        vm(base, name, nominal, kb, cores)
    vm(base, "vm-6g-seed", 6144, 6065000, 4).docker(compose=("docker-compose-plugin", "2.29.7-1~debian.12~bookworm"))
    vm(base, "vm-2g-crashkernel", 2048, 1763880, 1).put("/sys/kernel/kexec_crash_size", f"{256 << 20}\n")
    vm(base, "ubuntu2604-4g-kdump", 4096, 3485924, 2, "ubuntu2604", 612).put(
        "/sys/kernel/kexec_crash_size", f"{512 << 20}\n")
    vm(base, "vm-4g-balloon", 4096, 2014400, 2)
    vm(base, "vm-4g-offline", 2048, 2014400, 2).blocks(2048, offline=16)
    vm(base, "vm-8g-desktop", 8192, 8143656, 4, packages=1810, used=1400).put(
        "/usr/share/wayland-sessions/gnome.desktop", "[Desktop Entry]\n").put(
            "/etc/X11/default-display-manager", "/usr/sbin/gdm3\n").put("/usr/sbin/gdm3", "")
    vm(base, "ubuntu-4g-snapd", 4096, 4010200, 2, "ubuntu2404", 640, used=420).put("/usr/lib/snapd/snapd", "")
    vm(base, "alpine-2g", 2048, 2021836, 1, "alpine", 0, used=120).drop("/run/systemd")
    vm(base, "debian-minimal-2g", 2048, 2026024, 1, packages=331)
    vm(base, "busy-4g", 4096, 4021024, 2, used=2500)
    vm(base, "swap-4g", 4096, 4021024, 2).swaps("/dev/vda2                               partition\t1048572\t\t0\t\t-2")
    vm(base, "swap-deleted", 2048, 2026024, 1).swaps(
        "/my\\040swap\\040(deleted)                  file\t\t2097148\t\t1024\t\t-2")
    vm(base, "zram-2g", 2048, 2026024, 1).swaps("/dev/zram0                              partition\t1012732\t\t0\t\t100")
    vm(base, "quota-cpu-4g", 4096, 4021024, 4).cgroup2("/system.slice/app.service").put(
        "/sys/fs/cgroup/system.slice/app.service/cpu.max", "150000 100000\n")
    vm(base, "ancestor-limit-v2", 8192, 8143656, 4).cgroup2("/a/b/c").put(
        "/sys/fs/cgroup/a/memory.max", f"{2 << 30}\n").put("/sys/fs/cgroup/a/b/memory.max", "max\n").put(
        "/sys/fs/cgroup/a/b/c/memory.max", f"{4 << 30}\n").put("/sys/fs/cgroup/a/memory.current", f"{180 << 20}\n")
    vm(base, "hyperv-4g", 4096, 4021024, 2).dmi("Microsoft Corporation", "Virtual Machine")
    vm(base, "xen-2g", 2048, 2026024, 1).put("/sys/hypervisor/type", "xen\n").drop("/sys/class/dmi")
    vm(base, "wsl-8g", 8192, 8143656, 4, "ubuntu2404", 520).drop("/sys/class/dmi").put(
        "/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n")
    gateway = vm(base, "gateway-running-4g", 4096, 4021024, 2, used=2300).docker()
    gateway.container("a", "/opt/ai-gateway", 1305, 100, "ghcr.io/berriai/litellm:v1.89.0")
    gateway.container("b", "/opt/ai-gateway", 640, 38, "ghcr.io/open-webui/open-webui:v0.11.3")
    gateway.container("c", "/srv/other", 150, 0, "redis:7")
    vm(base, "rootless-4g", 4096, 4021024, 2).put("/run/user/1000/docker.sock", "").put(
        "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers", "pids\n").docker()
    vm(base, "arm64-4g", 4096, 4009396, 2, "debian13").cpus(2, arm=True).drop("/sys/class/dmi").put(
        "/sys/firmware/devicetree/base/hypervisor/compatible", "linux,kvm")
    (Tree(base, "pi-no-memcg").meminfo(3884328, 300).cpus(4, arm=True).distro("debian12", 520)
     .cgroup2("/user.slice", "cpuset cpu io pids").swaps().mounts("/dev/mmcblk0p2 / ext4 rw 0 0")
     .put("/proc/cmdline", "console=tty1 root=PARTUUID=1 cgroup_disable=memory\n").put("/boot/firmware/cmdline.txt", "").put("/run/systemd/system/.keep", ""))
    lxc(base, "lxc-2g", 2097152)
    (Tree(base, "openvz-2g").meminfo(2097152).cpus(1).distro("debian12", 290).swaps()
     .put("/proc/vz/version", "").mounts("/dev/ploop1 / ext4 rw 0 0"))
    (vm(base, "docker-v2-1g", 8192, 8143656, 4).drop("/sys/class/dmi").put("/.dockerenv", "").cgroup2("/")
     .put("/sys/fs/cgroup/memory.max", f"{1 << 30}\n").put("/sys/fs/cgroup/memory.current", f"{90 << 20}\n")
     .put("/sys/fs/cgroup/memory.stat", f"inactive_file {40 << 20}\n").mounts("overlay / overlay rw,relatime 0 0"))
    (vm(base, "docker-v1-2g", 8192, 8143656, 4).drop("/sys/class/dmi", "/sys/fs/cgroup").put("/.dockerenv", "")
     .put("/proc/self/cgroup", "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n")
     .put("/sys/fs/cgroup/memory/memory.limit_in_bytes", f"{2 << 30}\n")
     .put("/sys/fs/cgroup/memory/memory.usage_in_bytes", f"{120 << 20}\n")
     .put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n").mounts("overlay / overlay rw 0 0"))
    (vm(base, "no-sys-2g", 2048, 2026024, 1).drop("/sys"))


def bad(base):
    def broken(name):
        return vm(base, f"bad-{name}", 2048, 2026024, 1)

    broken("meminfo-missing").drop("/proc/meminfo")
    broken("meminfo-no-total").put("/proc/meminfo", "MemFree: 1 kB\n")
    broken("meminfo-empty").put("/proc/meminfo", "")
    broken("meminfo-binary").put("/proc/meminfo", bytes(range(256)) * 64)
    broken("meminfo-huge").put("/proc/meminfo", "x" * (2 << 20))
    broken("meminfo-past-2-64").put("/proc/meminfo", "MemTotal: 99999999999999999999999 kB\nMemAvailable: 1 kB\n")
    broken("meminfo-cut").put("/proc/meminfo", "MemTotal:")
    broken("meminfo-lying").put("/proc/meminfo", "MemTotal: 2026024 kB\nMemAvailable: 99999999 kB\n")
    broken("meminfo-directory").drop("/proc/meminfo").put("/proc/meminfo/x", "")
    fifo = broken("meminfo-fifo").drop("/proc/meminfo")
    os.mkfifo(fifo.root / "proc/meminfo")
    broken("os-release-unclosed").drop("/etc/os-release").put("/etc/os-release", 'ID=debian\nPRETTY_NAME="never closed')
    broken("os-release-binary").drop("/etc/os-release").put("/etc/os-release", b"ID=\x1b[31m\x00\xff\nPRETTY_NAME=\x07\x9b\n")
    broken("os-release-loop").link("/etc/os-release", "os-release")
    broken("os-release-escape").link("/etc/os-release", "/../../../../../../etc/passwd")
    broken("os-release-climb").link("/etc/os-release", "../../../../../../../etc/passwd")
    broken("proc-link-out").drop("/proc/swaps").link("/proc/swaps", "/proc/self/../../../../etc/shadow")
    broken("cgroup-climbs").put("/proc/self/cgroup", "0::/../../../../etc\n")
    broken("cgroup-garbage").put("/proc/self/cgroup", b"::::\n\xff\n0:\n9:memory\n" + b"a" * 5000)
    broken("cgroup-tiny").cgroup2("/x").put("/sys/fs/cgroup/x/memory.max", "1\n")
    broken("swaps-garbage").put("/proc/swaps", b"/ \n/x file\n/y file -1 2 3\n/z file 99999999999999999999 0 0\n\xff\xfe")
    broken("cpu-garbage").put("/sys/devices/system/cpu/online", "0-99999999999\n").put("/proc/self/status", "Cpus_allowed_list:\t5-1,\n")
    broken("blocks-garbage").put("/sys/devices/system/memory/block_size_bytes", "0xzz\n")
    broken("blocks-too-few").put("/sys/devices/system/memory/block_size_bytes", "100000\n")
    broken("uid-map-garbage").put("/proc/self/uid_map", "a b c\n")
    broken("mounts-garbage").put("/proc/self/mounts", b"x\n\\040 \\04 \\999\n" + b"/dev/x / \xff\xff ro 0 0\n")
    broken("loop-directory").drop("/sys").link("/sys", "sys")
    Tree(base, "bad-empty").put("/etc/.keep", "")


def main():
    base = pathlib.Path(sys.argv[1])
    good(base)
    bad(base)


if __name__ == "__main__":
    main()
