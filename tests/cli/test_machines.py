# SPDX-License-Identifier: MIT
"""
Machines as people have them, rebuilt from public reports: containers by any name, engines that are none, display managers that are gone,
boot loaders, kernels without swap, ports that are taken. Each kind with several variants, and the nearest machine that is well.
"""

import json
import struct
import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "tests/roots"))
from make_roots import OS, Tree, lxc, vm  # noqa: E402

# Processors: an old model of QEMU's (x86-64-v1), the same with what makes level 2, and a little short of it.
V1 = ("fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx lm constant_tsc nopl "
      "xtopology cpuid pni cx16 x2apic hypervisor lahf_lm")
V2 = V1 + " ssse3 sse4_1 sse4_2 popcnt"


def plan(tree, *args):
    done = run("plan", "--json", "--sysroot", tree.root, *args)
    document = json.loads(done.stdout)
    return done.returncode, document, {w["code"]: w["text"] for w in document["warnings"]}


def four(tmp_path, **kwargs):
    return vm(tmp_path, "machine", 4096, 4021024, 2, **kwargs)


def two(tmp_path, **kwargs):
    return vm(tmp_path, "machine", 2048, 2026024, 1, **kwargs)


# Containers

@pytest.mark.parametrize("word, kind", [("systemd-nspawn", "systemd-nspawn"), ("rkt", "container"), ("oci", "container"), ("pouch", "container"),
                                        ("proot", "container"), ("lxc-libvirt", "lxc"), ("podman", "podman")])
def test_a_container_by_any_name(tmp_path, word, kind):
    """The blocks and the kernel are the host's, whatever runs the container."""
    tree = vm(tmp_path, "machine", 65536, 8143656, 4, used=900).put("/run/systemd/container", word + "\n")
    _, document, _ = plan(tree)
    machine = document["machine"]
    assert (machine["virt"], machine["ram"]["nominal_mib"], machine["swap"]["possible"]) == (kind, 8192, False)
    assert "ask the host" in machine["swap"]["impossible_why"] and "container container" not in machine["swap"]["impossible_why"]


def test_a_container_by_its_first_process(tmp_path):
    tree = vm(tmp_path, "machine", 65536, 8143656, 4).put("/proc/1/environ", b"PATH=/bin\0container=incus\0")
    assert plan(tree)[1]["machine"]["virt"] == "container"
    tree.put("/proc/1/environ", b"PATH=/bin\0container=\0")
    assert plan(tree)[1]["machine"]["virt"] == "kvm"


def test_lxcfs_is_seen_by_a_plain_user(tmp_path):
    """Alpine in LXC with OpenRC: no /run/systemd, and PID 1's environment cannot be read."""
    tree = vm(tmp_path, "machine", 8192, 2097152, 2, distro="alpine", packages=0).drop("/run/systemd")
    tree.mounts("rpool/subvol / zfs rw 0 0", "lxcfs /proc/meminfo fuse.lxcfs rw,nosuid 0 0")
    _, document, warnings = plan(tree)
    assert (document["machine"]["virt"], document["machine"]["ram"]["nominal_mib"], document["profile"]) == ("lxc", 2048, "SMALL_VPS")
    assert "ram-gap" not in warnings and document["swap"]["action"] != "create"
    tree.mounts("/dev/vda1 / ext4 rw 0 0", "lxcfs /var/lib/lxcfs fuse.lxcfs rw,nosuid 0 0")  # the host that runs it
    assert plan(tree)[1]["machine"]["virt"] == "kvm"


# Swap of a container's host

VIRTUAL = "none                                    virtual\t\t2097152\t0\t0"


def swap_of(tree):
    machine = plan(tree)[1]["machine"]["swap"]
    return machine["active_mib"], [a["kind"] for a in machine["areas"]]


def test_swap_that_the_host_grants_counts(tmp_path):
    tree = lxc(tmp_path, "machine", 2097152).swaps(VIRTUAL)
    code, document, _ = plan(tree, "--cost-model", "seed-2025-11", "--overhead", "1200")
    assert (code, document["swap"]["present_mib"], document["verdict"]["idle"]) == (0, 2048, "needs-swap")
    assert swap_of(tree) == (2048, ["host"])
    assert not any(w["code"] in ("swap-not-at-boot", "fstab-swap-not-in-use") for w in document["warnings"])


def test_swap_that_only_meminfo_shows_counts(tmp_path):
    tree = lxc(tmp_path, "machine", 2097152)
    text = (tree.root / "proc/meminfo").read_text()
    tree.put("/proc/meminfo", text + "SwapTotal:       524288 kB\nSwapFree:        262144 kB\n")
    assert swap_of(tree) == (512, ["host"])
    assert plan(tree)[1]["machine"]["swap"]["used_mib"] == 256
    outside = two(tmp_path / "outside").put("/proc/meminfo", text + "SwapTotal:       524288 kB\nSwapFree:        262144 kB\n")
    assert swap_of(outside) == (0, [])  # a machine of its own lists its areas


@pytest.mark.parametrize("most, counts", [("0", 0), (str(512 << 20), 512), ("max", 8191), (str(64 << 30), 8191)])
def test_swap_that_a_container_may_not_use(tmp_path, most, counts):
    tree = (vm(tmp_path, "machine", 65536, 8143656, 4).put("/.dockerenv", "").cgroup2("/")
            .put("/sys/fs/cgroup/memory.swap.max", most + "\n").swaps("/dev/sda2 partition\t8388604\t\t0\t\t-2"))
    assert swap_of(tree)[0] == counts


def test_swap_of_a_container_by_version_1(tmp_path):
    tree = (vm(tmp_path, "machine", 65536, 8143656, 4).drop("/sys/fs/cgroup").put("/.dockerenv", "")
            .put("/proc/self/cgroup", "5:memory:/docker/abc\n").swaps("/dev/sda2 partition\t8388604\t\t0\t\t-2")
            .put("/sys/fs/cgroup/memory/memory.limit_in_bytes", f"{2 << 30}\n")
            .put("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", f"{3 << 30}\n"))
    assert swap_of(tree)[0] == 1024
    tree.put("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "9223372036854771712\n")
    assert swap_of(tree)[0] == 8191


def test_a_limit_on_a_session_of_a_machine_does_not_hide_its_swap(tmp_path):
    tree = two(tmp_path).swaps("/dev/vda2 partition\t1048572\t\t0\t\t-2")
    tree.put("/sys/fs/cgroup/user.slice/memory.swap.max", "0\n")
    assert swap_of(tree)[0] == 1023


# Kernels without swap

def test_a_kernel_without_swap(tmp_path):
    tree = two(tmp_path).drop("/proc/swaps")
    code, document, warnings = plan(tree, "--cost-model", "seed-2025-11", "--overhead", "1200")
    assert (code, document["swap"]["action"], document["verdict"]["idle"]) == (3, "impossible", "does-not-fit")
    assert "built without swap" in warnings["swap-impossible"]
    assert run("apply", "--yes", "--sysroot", tree.root, "--cost-model", "seed-2025-11", "--overhead", "1200").returncode == 3
    tree.swaps()
    assert plan(tree)[1]["swap"]["action"] == "create"


def test_a_tree_that_says_nothing_of_swap_is_no_such_kernel(tmp_path):
    tree = two(tmp_path).drop("/proc/swaps", "/proc/meminfo")
    assert plan(tree)[1]["machine"]["swap"]["possible"]


# Which engine

def compose_at(tree, path="/usr/libexec/docker/cli-plugins/docker-compose"):
    return tree.put(path, "")


def snap(tmp_path, **kwargs):
    tree = vm(tmp_path, "machine", 4096, 4010200, 2, "ubuntu2404", 640, **kwargs)
    tree.put("/snap/docker/3377/meta/snap.yaml", "name: docker\nversion: '28.4.0'\n").link("/snap/docker/current", "3377")
    return tree.put("/snap/docker/3377/usr/libexec/docker/cli-plugins/docker-compose", "").link("/snap/bin/docker", "/usr/bin/snap")


def test_docker_by_snap(tmp_path):
    tree = snap(tmp_path)
    _, document, warnings = plan(tree)
    engine = document["machine"]["engine"]
    assert (engine["kind"], engine["docker"]["version"], engine["compose"]["present"]) == ("snap", "28.4.0", True)
    assert "compose-missing" not in warnings and "engine-missing" not in warnings
    assert "/opt/ai-gateway" in warnings["engine-confined"] and "--dir /home/" in warnings["engine-confined"]
    assert "apt install docker.io docker-compose-v2" in warnings["engine-confined"]


@pytest.mark.parametrize("where, well", [("/home/ann/ai-gateway", True), ("/home/ann/.hidden/gw", False), ("/root/ai-gateway", False), ("/srv/gw", False),
                                         ("/home/ann", False), ("/home/ann/deep/.gw", True)])
def test_what_a_snap_may_read(tmp_path, where, well):
    assert ("engine-confined" not in plan(snap(tmp_path), "--dir", where)[2]) == well


@pytest.mark.parametrize("path", ["/snap/bin/docker", "/var/lib/snapd/snap/bin/docker", "/var/snap/docker/current/config/daemon.json"])
def test_a_snap_by_any_of_its_traces(tmp_path, path):
    engine = plan(four(tmp_path).put(path, "{}"))[1]["machine"]["engine"]
    assert (engine["kind"], engine["compose"]["present"], engine["compose_command"]) == ("snap", True, "docker compose")


def test_a_package_beside_the_snap_is_the_engine(tmp_path):
    tree = snap(tmp_path).docker("docker-ce", "5:28.0.0-1~ubuntu")
    assert plan(tree)[1]["machine"]["engine"]["kind"] == "system"


def test_a_removed_package_is_no_engine(tmp_path):
    """After 'apt remove' the paragraph, the version and the file list stay."""
    tree = four(tmp_path)
    rest = "Package: docker.io\nStatus: deinstall ok config-files\nVersion: 20.10.24\n\n"
    tree.put("/var/lib/dpkg/info/docker.io.list", "").put("/var/lib/dpkg/status", tree.status + rest)
    _, document, warnings = plan(tree)
    assert not document["machine"]["engine"]["docker"]["present"] and "engine-missing" in warnings
    tree.status += rest
    tree.docker("docker-ce", "5:28.0.0", compose=("docker-compose-plugin", "2.33.0"))
    engine = plan(tree)[1]["machine"]["engine"]
    assert (engine["docker"]["version"], engine["docker"]["source"]) == ("5:28.0.0", "package docker-ce")
    half = "Package: docker.io\nStatus: install ok half-configured\nVersion: 1\n\n"
    assert not plan(four(tmp_path / "half").put("/var/lib/dpkg/status", tree.status.replace(rest, "") + half))[1][
        "machine"]["engine"]["docker"]["present"]


PODMAN = "#!/bin/sh\nexec /usr/bin/podman \"$@\"\n"


@pytest.mark.parametrize("how", ["script", "link", "socket"])
def test_podmans_stand_in_is_named(tmp_path, how):
    tree = four(tmp_path)
    if how == "link":
        tree.link("/usr/bin/docker", "/usr/bin/podman").put("/usr/bin/podman", "")
    else:
        tree.put("/usr/bin/docker", PODMAN)
    if how == "socket":
        tree.link("/run/docker.sock", "/run/podman/podman.sock").put("/run/podman/podman.sock", "")
    _, document, warnings = plan(tree)
    assert not document["machine"]["engine"]["docker"]["present"] and "Podman's stand-in" in document["machine"]["engine"]["instead"]
    assert "Podman" in warnings["engine-missing"] and "compose-missing" not in warnings


def test_a_client_alone_is_no_engine(tmp_path):
    tree = four(tmp_path).put("/usr/bin/docker", b"\x7fELF")
    _, document, warnings = plan(tree)
    assert not document["machine"]["engine"]["docker"]["present"] and "client alone" in warnings["engine-missing"]
    for path in ("/usr/bin/dockerd", "/usr/local/bin/dockerd", "/usr/sbin/dockerd"):
        tree.put(path, "")
        assert plan(tree)[1]["machine"]["engine"]["docker"]["present"], path
        tree.drop(path)
    tree.put("/run/docker.sock", "")
    assert plan(tree)[1]["machine"]["engine"]["docker"]["present"]


def test_rootless_and_desktop(tmp_path):
    tree = four(tmp_path).docker().put("/run/user/1000/docker.sock", "")
    assert plan(tree)[1]["machine"]["engine"]["kind"] == "rootless"
    desktop = four(tmp_path / "desktop").put("/usr/bin/docker", "").put("/opt/docker-desktop/bin/com.docker.backend", "")
    _, document, warnings = plan(desktop)
    engine = document["machine"]["engine"]
    assert (engine["kind"], engine["compose"]["present"]) == ("desktop", True) and "virtual machine" in warnings["engine-in-vm"]
    wsl = four(tmp_path / "wsl").link("/usr/bin/docker", "/mnt/wsl/docker-desktop/cli-tools/usr/bin/docker")
    assert plan(wsl)[1]["machine"]["engine"]["kind"] == "desktop"


@pytest.mark.parametrize("path", ["/root/.docker/cli-plugins/docker-compose", "/usr/local/lib/docker/cli-plugins/docker-compose", "/usr/local/bin/docker-compose"])
def test_compose_wherever_it_lies(tmp_path, path):
    _, document, warnings = plan(compose_at(four(tmp_path).docker(), path))
    compose = document["machine"]["engine"]["compose"]
    assert (compose["present"], compose["path"]) == (True, path) and "compose-missing" not in warnings
    assert document["machine"]["engine"]["compose_command"] == ("docker compose" if "cli-plugins" in path else "docker-compose")


ID = {
    "debian12": (OS["debian12"], "apt install docker.io docker-compose", "apt install docker-compose"),
    "ubuntu": (OS["ubuntu2404"], "apt install docker.io docker-compose-v2", "apt install docker-compose-v2"),
    "mint": ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt install docker.io docker-compose-v2", "apt install docker-compose-v2"),
    "raspbian": ("ID=raspbian\nID_LIKE=debian\n", "apt install docker.io docker-compose", "apt install docker-compose"),
    "alpine": (OS["alpine"], "apk add docker docker-cli-compose", "apk add docker-cli-compose"),
    "postmarketos": ("ID=postmarketos\nID_LIKE=alpine\n", "apk add docker docker-cli-compose", "apk add docker-cli-compose"),
    "fedora": ("ID=fedora\nVERSION_ID=43\n", "dnf install moby-engine docker-compose", "dnf install docker-compose"),
    "rocky": ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install docker-ce docker-compose-plugin", "dnf install docker-compose-plugin"),
    "leap": ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "zypper install docker docker-compose", "zypper install docker-compose"),
    "manjaro": ("ID=manjaro\nID_LIKE=arch\n", "pacman -S docker docker-compose", "pacman -S docker-compose"),
    "unheard of": ("ID=haiku\n", "https://docs.docker.com/engine/install", "install docker-compose-plugin"),
}


@pytest.mark.parametrize("name", ID)
def test_hints_name_the_packages_of_this_distribution(tmp_path, name):
    release, engine, compose = ID[name]
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release)
    assert engine in plan(tree)[2]["engine-missing"]
    tree.put("/usr/bin/dockerd", "").put("/usr/bin/docker", "")
    assert compose in plan(tree)[2]["compose-missing"]


def test_dockers_own_packages_want_its_own_compose(tmp_path):
    assert "apt install docker-compose-plugin" in plan(four(tmp_path).docker("docker-ce", "5:28"))[2]["compose-missing"]


# Distribution

def test_made_from_alpine_is_lightweight(tmp_path):
    tree = two(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", "ID=postmarketos\nID_LIKE=alpine\n")
    distro = plan(tree)[1]["machine"]["distro"]
    assert (distro["class"], distro["confidence"]) == ("lightweight", "inferred")


def test_a_comment_in_os_release(tmp_path):
    tree = two(tmp_path).drop("/etc/os-release").put("/etc/os-release", "ID=debian # the base\nVERSION_ID='12'# x\nPRETTY_NAME=\"A B\"\n")
    distro = plan(tree)[1]["machine"]["distro"]
    assert (distro["id"], distro["version"], distro["name"]) == ("debian", "12", "A B")


@pytest.mark.parametrize("how", ["program", "link", "session"])
@pytest.mark.parametrize("there", [True, False])
def test_a_display_manager_that_is_gone_makes_no_desktop(tmp_path, how, there):
    tree = vm(tmp_path, "machine", 8192, 8143656, 4)
    if how == "program":
        tree.put("/etc/X11/default-display-manager", "/usr/sbin/lightdm\n")
        if there:
            tree.put("/usr/sbin/lightdm", "")
    elif how == "link":
        tree.link("/etc/systemd/system/display-manager.service", "/usr/lib/systemd/system/sddm.service")
        if there:
            tree.put("/usr/lib/systemd/system/sddm.service", "")
    elif there:
        tree.put("/usr/share/xsessions/xfce.desktop", "")
    assert plan(tree)[1]["profile"] == ("DESKTOP" if there else "LARGE_VPS")


# Boot loaders

@pytest.mark.parametrize("file, hint", [
    ("/etc/default/grub", "/etc/default/grub (then update-grub)"), ("/boot/armbianEnv.txt", "extraargs= in /boot/armbianEnv.txt"),
    ("/boot/firmware/cmdline.txt", "/boot/firmware/cmdline.txt (one line)"), ("/boot/cmdline.txt", "/boot/cmdline.txt (one line)"),
    ("/boot/extlinux/extlinux.conf", "/boot/extlinux/extlinux.conf"), ("/etc/update-extlinux.conf", "update-extlinux)"),
    ("/etc/kernel/cmdline", "/etc/kernel/cmdline"), ("/usr/sbin/grub2-mkconfig", "grub2-mkconfig"),
    ("/usr/sbin/grubby", "grubby"), ("/usr/bin/pacman", "grub-mkconfig"), ("/boot/loader/loader.conf", "/boot/loader/entries"), (None, "where your boot loader keeps it")])
def test_the_boot_loader_that_is_there(tmp_path, file, hint):
    tree = four(tmp_path).docker().cgroup2("/", "cpu io pids").put("/proc/cmdline", "root=/dev/vda1 cgroup_disable=memory\n")
    if file:
        tree.put(file, "")
    if "grub" in hint:
        tree.put("/etc/default/grub", "")
    said = plan(tree)[2]["limits-not-enforced"]
    assert hint in said and "cgroup_enable=memory" in said
    if file and "firmware" not in file:
        assert "firmware" not in said


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("accounted", [True, False])
def test_swap_accounting(tmp_path, version, accounted):
    tree = two(tmp_path).docker()
    if version == 1:
        tree.drop("/sys/fs/cgroup").put("/proc/self/cgroup", "5:memory:/\n").put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
        files = "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"
    else:
        tree.put("/sys/fs/cgroup/system.slice/memory.max", "max\n")
        files = "/sys/fs/cgroup/system.slice/memory.swap.max"
    if accounted:
        tree.put(files, "max\n")
    warnings = plan(tree)[2]
    assert ("swap-not-limited" in warnings) != accounted
    if not accounted:
        assert "swapaccount=1" in warnings["swap-not-limited"]
        assert "swap-not-limited" not in plan(tree, "--swap", "none")[2]


# Memory

def dmi(tree, *sizes_mib):
    for i, size in enumerate(sizes_mib):
        tree.put(f"/sys/firmware/dmi/entries/17-{i}/raw", bytes(12) + struct.pack("<H", size) + bytes(20))
    return tree


@pytest.mark.parametrize("blocks, dimms, kb, nominal", [
    (7808, [4096, 4096], 7782000, 8192), (3584, [4096], 3520000, 4096), (2048, [2048], 1950000, 2048), (16384, [8192], 16000000, 16384),
    (2048, [8192, 8192], 1950000, 2048)])
def test_memory_given_to_graphics(tmp_path, blocks, dimms, kb, nominal):
    """The devices count where firmware keeps some; a virtual machine whose table tells of far more has its blocks."""
    tree = dmi(vm(tmp_path, "machine", blocks, kb, 4), *dimms)
    assert plan(tree)[1]["machine"]["ram"]["nominal_mib"] == nominal


@pytest.mark.parametrize("kb, nominal", [(5020000, 5120), (10183000, 10240), (20400000, 20480), (5950000, 6144), (12100000, 12288), (4021024, 4096)])
def test_usual_sizes(tmp_path, kb, nominal):
    tree = vm(tmp_path, "machine", 0, kb, 2).drop("/sys/devices/system/memory")
    assert plan(tree)[1]["machine"]["ram"]["nominal_mib"] == nominal


# Names of devices in another machine's tree

LVM = "/dev/dm-1                               partition\t2097148\t\t0\t\t-2"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("source", ["/dev/mapper/vg0-swap", "UUID=11-22", "LABEL=swap"])
def test_two_names_of_one_device(tmp_path, source, links):
    tree = four(tmp_path).swaps(LVM).put("/etc/fstab", f"{source} none swap sw 0 0\n")
    if links:
        tree.put("/dev/dm-1", "").link("/dev/mapper/vg0-swap", "../dm-1").link("/dev/disk/by-uuid/11-22", "../../dm-1").link(
            "/dev/disk/by-label/swap", "../../dm-1")
    warnings = plan(tree)[2]
    assert "fstab-swap-not-in-use" not in warnings and "swap-not-at-boot" not in warnings


@pytest.mark.parametrize("source", ["/dev/mapper/vg0-swap", "UUID=11-22", "/swapfile"])
def test_swap_of_fstab_that_is_not_in_use(tmp_path, source):
    tree = four(tmp_path).put("/etc/fstab", f"{source} none swap sw 0 0\n")
    assert source in plan(tree)[2]["fstab-swap-not-in-use"]
    tree.put("/etc/fstab", f"{source} none swap sw,noauto 0 0\n")
    assert "fstab-swap-not-in-use" not in plan(tree)[2]


FILE = "/swapfile                               file\t\t1048572\t\t0\t\t-2"


@pytest.mark.parametrize("fstab, kept", [("", False), ("/swapfile none swap sw,noauto 0 0\n", False), ("/swapfile none swap sw 0 0\n", True),
                                         ("/swapfile none swap sw,x-noauto.y 0 0\n", True), ("#/swapfile none swap sw 0 0\n", False)])
def test_swap_that_a_reboot_forgets(tmp_path, fstab, kept):
    tree = two(tmp_path).swaps(FILE).put("/etc/fstab", "# nothing\n" + fstab)
    warnings = plan(tree)[2]
    assert ("swap-not-at-boot" not in warnings) == kept
    if not kept:
        assert ("take 'noauto' out" if "noauto" in fstab else "/swapfile none swap sw,nofail 0 0") in warnings["swap-not-at-boot"]


@pytest.mark.parametrize("path, text", [("/etc/systemd/system/swapfile.swap", "[Swap]\nWhat=/swapfile\n"), ("/etc/rc.local", "swapon /swapfile\n"),
                                        ("/run/systemd/generator/swapfile.swap", "[Swap]\nWhat=/swapfile\n")])
def test_other_ways_to_have_swap_at_boot(tmp_path, path, text):
    tree = two(tmp_path).swaps(FILE).put("/etc/fstab", "").put(path, text)
    if path.endswith(".swap"):
        folder, name = path.rsplit("/", 1)
        tree.link(f"{folder}/swap.target.wants/{name}", f"../{name}")
    assert "swap-not-at-boot" not in plan(tree)[2]
    tree.put(path, text.replace("/swapfile", "/another"))
    assert "swap-not-at-boot" in plan(tree)[2]


def test_zram_and_a_containers_swap_need_no_entry(tmp_path):
    tree = two(tmp_path).put("/etc/fstab", "").swaps("/dev/zram0 partition\t1012732\t\t0\t\t100")
    assert "swap-not-at-boot" not in plan(tree)[2]
    assert "swap-not-at-boot" not in plan(lxc(tmp_path, "lxc", 2097152).swaps(FILE).put("/etc/fstab", ""))[2]


# What else the stack needs

TCP = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def listening(tree, *ends, state="0A"):
    """Sockets of (address, port); IPv4 in one word, IPv6 in four, in the order of a little-endian machine."""
    import ipaddress
    for version, name in ((4, "tcp"), (6, "tcp6")):
        lines = []
        for address, port in ends:
            ip = ipaddress.ip_address(address)
            if ip.version == version:
                words = "".join(ip.packed[i:i + 4][::-1].hex().upper() for i in range(0, len(ip.packed), 4))
                lines.append(f"   0: {words}:{port:04X} {'0' * len(words)}:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 77 1\n")
        tree.put(f"/proc/net/{name}", TCP + "".join(lines))
    return tree


@pytest.mark.parametrize("address, args, taken", [
    ("0.0.0.0", [], True), ("127.0.0.1", [], True), ("::", [], True), ("::ffff:127.0.0.1", [], True), ("127.0.0.2", [], False), ("::1", [], False),
    ("10.0.0.5", [], False), ("10.0.0.5", ["--bind", "0.0.0.0"], True), ("::1", ["--bind", "::1"], True), ("127.0.0.1", ["--bind", "::1"], False),
    ("::1", ["--bind", "::"], True), ("127.0.0.1", ["--bind", "::"], True), ("0.0.0.0", ["--port", "9000"], False)])
def test_a_port_that_is_taken(tmp_path, address, args, taken):
    warnings = plan(listening(four(tmp_path), (address, 8080)), *args)[2]
    assert ("port-taken" in warnings) == taken
    if taken:
        assert "port 8080 is taken" in warnings["port-taken"] and "--port" in warnings["port-taken"]


def test_a_port_of_ones_own_choice(tmp_path):
    tree = listening(four(tmp_path), ("0.0.0.0", 9000))
    assert "port-taken" in plan(tree, "--port", "9000")[2] and "port-taken" not in plan(tree)[2]
    tree.put("/opt/ai-gateway/.env", "GATEWAY_PORT=9000\n")
    assert "port 9000" in plan(tree)[2]["port-taken"]
    assert "port-taken" not in plan(listening(four(tmp_path / "talks"), ("0.0.0.0", 8080), state="01"))[2]


def test_the_stacks_own_port(tmp_path):
    """A stack that runs holds its port; another container does not."""
    tree = listening(four(tmp_path, used=2300).docker(), ("127.0.0.1", 8080))
    tree.container("c", "/srv/other", 150, 0, "redis:7")
    assert "port-taken" in plan(tree)[2]
    tree.container("b", "/opt/ai-gateway", 640, 38, "ghcr.io/open-webui/open-webui:v0.11.3")
    assert "port-taken" not in plan(tree)[2]


FIB = ("Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     |-- 10.0.0.5\n        /32 host LOCAL\n"
       "     |-- 10.0.0.255\n        /32 link BROADCAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n")
INET6 = "20010db8000000000000000000000005 02 40 00 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n"


@pytest.mark.parametrize("bind, here", [("10.0.0.5", True), ("127.0.0.1", True), ("127.0.0.53", True), ("0.0.0.0", True), ("10.0.0.255", False),
                                        ("10.0.0.50", False), ("203.0.113.9", False), ("2001:db8::5", True), ("2001:db8::6", False), ("::", True),
                                        ("::1", True)])
def test_an_address_that_is_not_here(tmp_path, bind, here):
    tree = four(tmp_path).put("/proc/net/fib_trie", FIB).put("/proc/net/if_inet6", INET6)
    warnings = plan(tree, "--bind", bind)[2]
    assert ("bind-not-here" not in warnings) == here
    tree.drop("/proc/net")
    assert "bind-not-here" not in plan(tree, "--bind", bind)[2]  # nothing tells


@pytest.mark.parametrize("flags, lacks", [(V1, "popcnt ssse3 sse4_1 sse4_2"), (V2, None), (V2.replace(" ssse3", ""), "ssse3"),
                                          (V2.replace("lahf_lm", "x"), "lahf_lm"), ("fpu sse2 hypervisor", None)])
def test_a_processor_below_level_2(tmp_path, flags, lacks):
    tree = four(tmp_path).put("/proc/cpuinfo", f"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Common KVM processor\nflags\t\t: {flags}\n\n")
    said = plan(tree)[2].get("cpu-too-old")
    assert (said is None) == (lacks is None)
    if lacks:
        assert f"(Common KVM processor) lacks {lacks}:" in said and 'CPU type "host"' in said


def test_arm_has_no_such_levels(tmp_path):
    assert "cpu-too-old" not in plan(four(tmp_path).cpus(2, arm=True))[2]


OVERLAY = "overlayroot / overlay rw,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay,workdir=/media/root-rw/w 0 0"


@pytest.mark.parametrize("mounts, cmdline, kept", [
    (["/dev/vda1 / ext4 rw 0 0"], "", True), ([OVERLAY, "tmpfs-root /media/root-rw tmpfs rw 0 0"], "", False),
    ([OVERLAY, "/dev/vda2 /media/root-rw ext4 rw 0 0"], "", True), (["tmpfs / tmpfs rw 0 0"], "", False),
    (["/cow / overlay rw,lowerdir=/fs.squashfs,upperdir=/cow/upper,workdir=/cow/w 0 0"], "boot=casper quiet", False),
    (["/cow / overlay rw,lowerdir=/fs.squashfs,upperdir=/cow/upper,workdir=/cow/w 0 0"], "boot=casper persistent", True),
    (["/dev/vda1 / ext4 rw 0 0", "tmpfs /opt tmpfs rw 0 0"], "", False)])
def test_a_root_that_a_reboot_forgets(tmp_path, mounts, cmdline, kept):
    tree = four(tmp_path).mounts(*mounts).put("/proc/cmdline", cmdline + "\n")
    warnings = plan(tree)[2]
    assert ("stack-not-kept" not in warnings) == kept


def test_a_containers_overlay_is_not_its_business(tmp_path):
    tree = four(tmp_path).put("/.dockerenv", "").mounts("overlay / overlay rw,upperdir=/x/diff,workdir=/x/work 0 0", "tmpfs /x tmpfs rw 0 0")
    assert "stack-not-kept" not in plan(tree)[2]


# Slips

@pytest.mark.parametrize("size", ["99999G", "1048577M", "1025G"])
def test_absurd_sizes(tmp_path, size):
    tree = four(tmp_path)
    document = plan(tree, "--swap", size)[1]
    assert document["swap"]["action"] == "impossible" and "1048576 MiB or less" in document["swap"]["why"]
    done = run("plan", "--sysroot", tree.root, "--swap", size)
    assert done.returncode == 1 and "1048576 MiB or less" in done.stderr and "To write it" not in done.stdout
    done = run("apply", "--yes", "--sysroot", tree.root, "--swap", size)
    assert done.returncode == 1 and not (tree.root / "opt").exists()


def test_a_large_size_is_no_slip(tmp_path):
    assert plan(four(tmp_path), "--swap", "1T")[1]["swap"]["action"] == "create"


@pytest.mark.parametrize("command", ["plan", "detect", "apply", "status"])
def test_an_empty_tree_is_no_machine(tmp_path, command):
    args = ["--yes"] if command == "apply" else []
    done = run(command, *args, "--sysroot", tmp_path)
    assert done.returncode == run(command, *args, "--sysroot", tmp_path / "nothing").returncode != 0
    assert "is no machine" in done.stderr and not any(tmp_path.iterdir())
    Tree(tmp_path, "x").put("/etc/hostname", "x\n")
    assert run("detect", "--sysroot", tmp_path / "x").returncode == 0
