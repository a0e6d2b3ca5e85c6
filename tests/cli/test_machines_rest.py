# SPDX-License-Identifier: MIT
"""
What was still wrong of machines as people have them, once those of the reports were right: units as people write them, crash kernels without
memory blocks, the host's Docker seen from a container, whose packages are there, look-alikes of Docker, hints that read badly.
"""

import json

import pytest

from conftest import run
from test_machines import FILE, four, lxc, plan, two, vm
from test_machines_again import nspawn, without_memory
from test_report import made, plan_of

PARTITION = "/dev/vda2 partition\t1048572\t\t0\t\t-2"
ENABLED = "[Swap]\nWhat=/swapfile\n[Install]\nWantedBy=swap.target\n"
ETC = "/etc/systemd/system"


# Swap units as people write them

@pytest.mark.parametrize("text", ["[Swap]\nWhat = /dev/vda2\n", "[Swap]\nWhat=\t/dev/vda2 \n", "[Swap]\r\nWhat= /dev/vda2\r\nPriority = 5\r\n",
                                  "[Swap]\n  What =/dev/vda2\n", "[Swap]\nWhat=/dev/vdb9\nWhat=/dev/vda2\n", "What=\n[Swap]\nWhat=/dev/vda2"])
@pytest.mark.parametrize("linked", [True, False])
def test_blanks_in_a_unit(tmp_path, text, linked):
    tree = two(tmp_path).swaps(PARTITION).put("/etc/fstab", "").put(f"{ETC}/dev-vda2.swap", text)
    if linked:
        tree.link(f"{ETC}/swap.target.wants/dev-vda2.swap", f"{ETC}/dev-vda2.swap")
    warnings = plan(tree)[2]
    assert ("swap-not-at-boot" not in warnings) == linked
    assert linked or "'systemctl add-wants swap.target dev-vda2.swap' keeps it" in warnings["swap-not-at-boot"]


@pytest.mark.parametrize("text", ["[Swap]\n#What=/dev/vda2\n", "[Swap]\nWhat=/dev/vda2\nWhat=/dev/vda3\n", "[Swap]\nWhatever=/dev/vda2\n", "[Swap]\nWhat\n", ""])
def test_a_unit_of_something_else(tmp_path, text):
    tree = two(tmp_path).swaps(PARTITION).put("/etc/fstab", "").put(f"{ETC}/dev-vda2.swap", text)
    tree.link(f"{ETC}/swap.target.wants/dev-vda2.swap", f"{ETC}/dev-vda2.swap")
    assert "'/dev/vda2 none swap sw,nofail 0 0'" in plan(tree)[2]["swap-not-at-boot"]


@pytest.mark.parametrize("folder, text, command", [
    (ETC, ENABLED, "systemctl enable swapfile.swap"), ("/usr/lib/systemd/system", ENABLED, "systemctl enable swapfile.swap"),
    (ETC, "[Swap]\nWhat=/swapfile\n[Install]\nRequiredBy = multi-user.target\n", "systemctl enable swapfile.swap"),
    (ETC, "[Swap]\nWhat=/swapfile\n", "systemctl add-wants swap.target swapfile.swap"),
    (ETC, "[Swap]\nWhat=/swapfile\n[Install]\n#WantedBy=swap.target\n", "systemctl add-wants swap.target swapfile.swap")])
def test_a_unit_that_is_off_is_told_with_its_command(tmp_path, folder, text, command):
    """A line in /etc/fstab beside a unit of that name would be ignored."""
    said = plan(two(tmp_path).swaps(FILE).put("/etc/fstab", "").put(f"{folder}/swapfile.swap", text))[2]["swap-not-at-boot"]
    assert f"'{command}' keeps it" in said and "/etc/fstab" not in said


@pytest.mark.parametrize("systemd", [True, False])
@pytest.mark.parametrize("area, source, unit", [
    (FILE, "/swapfile", "swapfile.swap"), (PARTITION, "/dev/vda2", "dev-vda2.swap"), (PARTITION, "UUID=11-22", r"dev-disk-by\x2duuid-11\x2d22.swap")])
@pytest.mark.parametrize("mask", ["link", "empty"])
def test_a_line_whose_unit_is_masked(tmp_path, mask, area, source, unit, systemd):
    tree = two(tmp_path).swaps(area).put("/etc/fstab", f"{source} none swap sw 0 0\n")
    tree.put("/dev/vda2", "").link("/dev/disk/by-uuid/11-22", "../../vda2")
    assert "swap-not-at-boot" not in plan(tree)[2]
    tree.link(f"{ETC}/{unit}", "/dev/null") if mask == "link" else tree.put(f"{ETC}/{unit}", "")
    if not systemd:
        tree.drop("/run/systemd")
    assert ("swap-not-at-boot" in plan(tree)[2]) == systemd
    assert not systemd or f"'systemctl unmask {unit}' keeps it" in plan(tree)[2]["swap-not-at-boot"]


def test_many_services_are_read_once(tmp_path):
    """/lib is /usr/lib; the swap is turned on by the last of them."""
    tree = two(tmp_path).swaps(FILE).put("/etc/fstab", "").link("/lib", "usr/lib")
    for i in range(200):
        tree.put(f"/usr/lib/systemd/system/s{i}.service", "[Service]\nExecStart=/usr/bin/true\n")
    assert "swap-not-at-boot" in plan(tree)[2]
    tree.put("/usr/lib/systemd/system/z.service", "[Service]\nExecStart = /sbin/swapon /swapfile\n")
    assert "'systemctl add-wants swap.target z.service'" in plan(tree)[2]["swap-not-at-boot"]
    tree.link(f"{ETC}/timers.target.wants/z.timer", "/lib/systemd/system/z.timer")
    assert "swap-not-at-boot" not in plan(tree)[2]


@pytest.mark.parametrize("source", ['UUID="11-22"', 'LABEL="swap"', 'PARTUUID="1-2"', 'PARTLABEL="swap"'])
def test_quotes_in_fstab(tmp_path, source):
    tag, value = source.split("=")
    tree = two(tmp_path).swaps(PARTITION).put("/etc/fstab", f"{source} none swap sw 0 0\n").put("/dev/vda2", "")
    tree.link(f"/dev/disk/by-{tag.lower()}/" + value.strip('"'), "../../vda2")
    warnings = plan(tree)[2]
    assert "swap-not-at-boot" not in warnings and "fstab-swap-not-in-use" not in warnings


# Swap that boot forgets: what is told keeps it, and does no harm

UUID = "00010203-0405-0607-0809-0a0b0c0d0e0f"


@pytest.mark.parametrize("device, links, line", [
    ("/dev/dm-1", {"/dev/mapper/vg0-swap": "../dm-1", f"/dev/disk/by-uuid/{UUID}": "../../dm-1"}, "/dev/mapper/vg0-swap none swap sw,nofail 0 0"),
    ("/dev/dm-1", {"/dev/mapper/vg0-root": "../dm-0", "/dev/disk/by-id/dm-name-swap": "../../dm-1"}, "/dev/disk/by-id/dm-name-swap none swap"),
    ("/dev/sda2", {f"/dev/disk/by-uuid/{UUID}": "../../sda2", "/dev/disk/by-uuid/1-2": "../../sda20"}, f"UUID={UUID} none swap sw,nofail 0 0"),
    ("/dev/nvme0n1p2", {"/dev/disk/by-partuuid/1-2": "../../nvme0n1p2"}, "PARTUUID=1-2 none swap sw,nofail 0 0"),
    ("/dev/md127", {"/dev/md/swap": "../md127"}, "/dev/md/swap none swap sw,nofail 0 0"),
    ("/dev/sda2", {"/dev/disk/by-uuid/1-2": "../../sdb2"}, "/dev/sda2 none swap sw,nofail 0 0")])
def test_a_line_has_a_name_that_stays(tmp_path, device, links, line):
    """/dev/dm-1 and /dev/sda2 may be another device after the next boot."""
    tree = two(tmp_path).swaps(f"{device} partition\t1048572\t\t0\t\t-2").put("/etc/fstab", "")
    for path, to in links.items():
        tree.link(path, to)
    assert f"'{line}" in plan(tree)[2]["swap-not-at-boot"]


NIXOS = "ID=nixos\nVERSION_ID=25.11\n"


def nixos(tree):
    return tree.drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", NIXOS)


@pytest.mark.parametrize("fstab", ["/nix/store/x-fstab", "/etc/static/fstab", None])
def test_swap_of_nixos(tmp_path, fstab):
    """What is added to its /etc/fstab is refused, or gone with the next configuration."""
    tree = nixos(two(tmp_path)).swaps(FILE, "/dev/vdb1 partition\t1048572\t\t0\t\t-2").link(f"/dev/disk/by-uuid/{UUID}", "../../vdb1")
    tree.link("/etc/fstab", fstab) if fstab else tree.put("/etc/fstab", "")
    said = plan(tree)[2]["swap-not-at-boot"]
    assert f'swapDevices = [ {{ device = "/swapfile"; }} {{ device = "/dev/disk/by-uuid/{UUID}"; }} ];' in said
    assert "/etc/nixos/configuration.nix" in said and "nixos-rebuild switch" in said and "none swap" not in said


@pytest.mark.parametrize("line", ["/swapfile none swap noauto 0 0\n", "/swapfile none swap noauto,sw 0 0\n", "/swapfile swap swap defaults,noauto,pri=5\n"])
def test_a_line_with_noauto_is_told_of(tmp_path, line):
    said = plan(two(tmp_path).swaps(FILE).put("/etc/fstab", line))[2]["swap-not-at-boot"]
    assert "take 'noauto' out" in said and "none swap" not in said


@pytest.mark.parametrize("folder", ["/usr/local/lib/systemd/system", "/run/systemd/system"])
def test_units_of_every_folder(tmp_path, folder):
    tree = two(tmp_path).swaps(FILE).put("/etc/fstab", "").put(f"{folder}/swapfile.swap", ENABLED)
    assert ("systemctl enable swapfile.swap" in plan(tree)[2].get("swap-not-at-boot", "")) == folder.startswith("/usr")
    tree.link(f"{ETC}/swap.target.wants/swapfile.swap", f"{folder}/swapfile.swap")
    assert "swap-not-at-boot" not in plan(tree)[2]


@pytest.mark.parametrize("script", ["/etc/rc.local", "/etc/rc.d/rc.local", "/etc/local.d/swap.start"])
def test_a_script_that_may_not_be_run(tmp_path, script):
    tree = two(tmp_path).swaps(FILE).put("/etc/fstab", "").put(script, "#!/bin/sh\nswapon /swapfile\n")
    assert "swap-not-at-boot" not in plan(tree)[2]
    (tree.root / script[1:]).chmod(0o644)
    assert f"'chmod +x {script}' keeps it" in plan(tree)[2]["swap-not-at-boot"]


# NixOS

STORE = "/nix/store/abc-docker-28.5.2"
SYSTEM = "/run/current-system/sw/bin"


def nix_engine(tree, store=True):
    for name in ("docker", "dockerd"):
        tree.link(f"{SYSTEM}/{name}", f"{STORE}/bin/{name}")
        if store:
            tree.put(f"{STORE}/bin/{name}", b"\x7fELF")
    return tree


@pytest.mark.parametrize("store, plugin, there", [(False, None, True), (True, "libexec/docker/cli-plugins/docker-compose", True),
                                                  (True, "libexec/docker/cli-plugins/docker-buildx", False), (True, None, True)])
def test_compose_of_nixos_engine(tmp_path, store, plugin, there):
    tree = nix_engine(nixos(four(tmp_path)), store)
    if plugin:
        tree.put(f"{STORE}/{plugin}", "")
    _, document, warnings = plan(tree)
    engine = document["machine"]["engine"]
    assert (engine["compose"]["present"], engine["compose_command"]) == (there, "docker compose")
    assert ("compose-missing" in warnings) != there
    assert there or "/etc/nixos/configuration.nix" in warnings["compose-missing"] and "nixos-rebuild switch" in warnings["compose-missing"]


def test_the_engine_of_nixos_is_a_setting(tmp_path):
    said = plan(nixos(four(tmp_path)))[2]["engine-missing"]
    assert "add virtualisation.docker.enable = true; to /etc/nixos/configuration.nix, then 'nixos-rebuild switch'" in said


# Release 7, and GRUB by each name of its tools

@pytest.mark.parametrize("release, programs, manager", [
    ('ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n', [], "yum"), ('ID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n', ["yum"], "yum"),
    ('ID="scientific"\nID_LIKE="rhel centos fedora"\nVERSION_ID="7.9"\n', ["yum"], "yum"), ('ID="ol"\nID_LIKE="fedora"\nVERSION_ID="7.9"\n', [], "yum"),
    ('ID="ol"\nID_LIKE="fedora"\nVERSION_ID="7.9"\n', ["yum", "dnf"], "dnf"), ('ID="rhel"\nVERSION_ID="9.6"\n', ["yum", "dnf"], "dnf"),
    ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.0"\n', [], "dnf"), ('ID="centos"\nID_LIKE="rhel fedora"\n', ["yum"], "yum")])
def test_the_package_manager_that_is_there(tmp_path, release, programs, manager):
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release)
    for name in programs:
        tree.put(f"/usr/bin/{name}", "")
    assert f": {manager} install docker-ce docker-compose-plugin" in plan(tree)[2]["engine-missing"]
    assert plan(tree.put("/usr/bin/dockerd", ""))[2]["compose-missing"].endswith(f": {manager} install docker-compose-plugin")


FIRST, SECOND, DEBIAN = "grub-mkconfig -o /boot/grub/grub.cfg)", "grub2-mkconfig -o /boot/grub2/grub.cfg)", "(then update-grub)"


@pytest.mark.parametrize("release, program, hint", [
    ("ID=arch\n", None, FIRST), ("ID=gentoo\n", None, FIRST), ("ID=void\n", None, FIRST), ("ID=endeavouros\nID_LIKE=arch\n", "/usr/bin/grub-mkconfig", FIRST),
    ("ID=manjaro\nID_LIKE=arch\n", "/usr/bin/update-grub", DEBIAN), ('ID="ol"\nID_LIKE="fedora"\n', None, SECOND), ('ID="sles"\nID_LIKE="suse"\n', None, SECOND),
    ('ID="scientific"\nID_LIKE="rhel centos fedora"\n', None, SECOND), ("ID=mageia\n", "/usr/bin/grub2-mkconfig", SECOND), ("ID=linuxmint\nID_LIKE=ubuntu\n", None, DEBIAN),
    ("ID=kali\nID_LIKE=debian\n", "/usr/sbin/update-grub", DEBIAN), ("ID=chimera\n", None, FIRST)])
@pytest.mark.parametrize("sign", ["/etc/default/grub", "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"])
def test_grub_by_its_tools(tmp_path, release, program, hint, sign):
    tree = without_memory(four(tmp_path)).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release).put(sign, "")
    if program:
        tree.put(program, "")
    said = plan(tree)[2]["limits-not-enforced"]
    assert f"/etc/default/grub (then {hint.removeprefix('(then ')}" in said


@pytest.mark.parametrize("release, package", [
    (None, "kdump-tools"), ("ID=linuxmint\nID_LIKE=ubuntu\n", "kdump-tools"), ("ID=fedora\nVERSION_ID=43\n", "kdump-utils"), ("ID=fedora\nVERSION_ID=40\n", "kexec-tools"),
    ('ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.6"\n', "kexec-tools"), ('ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.1"\n', "kdump-utils"),
    ('ID="sles"\nID_LIKE="suse"\n', "kdump"), ("ID=arch\n", None), ("ID=alpine\n", None)])
def test_the_package_of_crash_dumps(tmp_path, release, package):
    tree = four(tmp_path).put("/sys/kernel/kexec_crash_size", f"{256 << 20}\n")
    if release:
        tree.drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release)
    said = plan(tree)[2]["ram-gap"]
    assert said.endswith(f"command line, package {package})" if package else "command line)")


@pytest.mark.parametrize("path", ["/usr/local/lib/docker/cli-plugins/docker-compose", "/usr/local/bin/docker-compose", "/root/.docker/cli-plugins/docker-compose"])
def test_compose_that_may_not_be_run(tmp_path, path):
    """Loaded down without 'chmod +x': Docker's client says that there is no such command."""
    tree = four(tmp_path).put("/usr/bin/dockerd", "").put(*CLIENT).put(path, b"\x7fELF")
    assert "compose-missing" not in plan(tree)[2]
    (tree.root / path[1:]).chmod(0o644)
    assert "compose-missing" in plan(tree)[2]


# Swap that is no help, or no harm

@pytest.mark.parametrize("make", [lambda p: lxc(p, "machine", 2097152), lambda p: two(p).drop("/proc/swaps"), lambda p: inside(p, "systemd-nspawn"),
                                  lambda p: two(p).put("/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n")])
def test_a_line_where_no_swap_can_be_turned_on(tmp_path, make):
    said = plan(make(tmp_path).put("/etc/fstab", "/swapfile none swap sw 0 0\n"))
    assert "swapon" not in said[2]["fstab-swap-not-in-use"]
    assert said[2]["fstab-swap-not-in-use"].endswith(said[1]["machine"]["swap"]["impossible_why"])


BTRFS = "/dev/vda1 / btrfs rw,subvol=/@ 0 0"


@pytest.mark.parametrize("file, also, told", [
    ("/swap/swapfile", "/dev/vda1 /swap btrfs rw,subvolid=257,subvol=/@swap 0 0", False), ("/swap/a/swapfile", "/dev/vda1 /swap btrfs rw,subvol=/@swap 0 0", True),
    ("/swapfile", "/dev/vda1 /swap btrfs rw,subvol=/@swap 0 0", True), ("/swap/swapfile", "/dev/vda1 /swap2 btrfs rw,subvol=/@swap 0 0", True),
    ("/mnt/x/swapfile", "/dev/vdb /mnt/x btrfs rw,subvolid=5,subvol=/ 0 0", False)])
def test_a_subvolume_for_swap_alone(tmp_path, file, also, told):
    """The mount table shows it; what lies in it counts too."""
    tree = two(tmp_path).mounts(BTRFS, also)
    assert ("swap-stops-snapshots" in plan(tree, "--swap-file", file)[2]) == told
    tree.put(file.rpartition("/")[0] + "/data", "")
    assert "swap-stops-snapshots" in plan(tree, "--swap-file", file)[2]


@pytest.mark.parametrize("how", ["/opt/docker-desktop/bin/x", "/usr/lib/systemd/user/docker-desktop.service"])
def test_docker_desktop_gets_no_swap_by_itself(tmp_path, how):
    tree = two(tmp_path).put(how, "")
    _, document, warnings = plan(tree)
    assert document["machine"]["engine"]["kind"] == "desktop" and document["swap"]["action"] == "none"
    assert "does not reach it" in document["swap"]["why"] and "swap-impossible" not in warnings and "engine-in-vm" in warnings
    assert plan(tree, "--swap", "1G")[1]["swap"]["action"] == "create"  # asked for


# 32 bits on 64

@pytest.mark.parametrize("files, word", [
    ({"/var/lib/dpkg/arch": "armhf\n"}, "armhf"), ({"/var/lib/dpkg/arch": "armhf\narm64\n", "/lib/ld-linux-aarch64.so.1": ""}, "armhf"),
    ({"/var/lib/dpkg/arch": "arm64\narmhf\n", "/lib/ld-linux-armhf.so.3": ""}, None), ({"/etc/apk/arch": "armv7\n"}, "armv7"), ({"/etc/apk/arch": "aarch64\n"}, None),
    ({"/var/lib/dpkg/status": "Package: dpkg\nStatus: install ok installed\nArchitecture: armhf\nVersion: 1.21\n\n"}, "armhf"),
    ({"/var/lib/dpkg/status": "Package: dpkg\nStatus: install ok installed\nVersion: 1.21\n\nPackage: x\nArchitecture: armhf\n"}, None),
    ({"/etc/os-release": "ID=raspbian\nID_LIKE=debian\n"}, "armhf")])
def test_packages_of_32_bits(tmp_path, files, word):
    tree = four(tmp_path).cpus(2, arm=True)
    for path, text in files.items():
        tree.drop(path).put(path, text)
    said = plan(tree)[2].get("cpu-not-served")
    assert (said is None) == (word is None) and (word is None or f"for {word} (32 bits)" in said)
    there, _ = made(tree.root, tmp_path)
    assert plan_of(there, "--json") == plan_of(tree.root, "--json")


# RAM without memory blocks: Xen, small ARM boards, microVMs

@pytest.mark.parametrize("kb, crash, nominal, profile", [
    (1763880, 256, 2048, "SMALL_VPS"), (3485924, 512, 4096, "MEDIUM_VPS"), (7600000, 512, 8192, "LARGE_VPS"), (7100000, 1024, 8192, "LARGE_VPS"),
    (2870000, 192, 3072, "SMALL_VPS"), (2026024, 0, 2048, "SMALL_VPS")])
@pytest.mark.parametrize("xen", [True, False])
def test_a_crash_kernel_without_blocks(tmp_path, kb, crash, nominal, profile, xen):
    tree = vm(tmp_path, "machine", 0, kb, 4).drop("/sys/devices/system/memory").put("/sys/kernel/kexec_crash_size", f"{crash << 20}\n")
    if xen:
        tree.drop("/sys/class/dmi").put("/sys/hypervisor/type", "xen\n")
    _, document, warnings = plan(tree)
    assert (document["machine"]["ram"]["nominal_mib"], document["profile"]) == (nominal, profile)
    assert ("ram-gap" in warnings) == (crash > 0) and f"{crash} MiB of RAM are reserved for crash dumps" in warnings.get("ram-gap", "0 MiB of RAM are reserved for crash dumps")


def test_a_crash_kernel_of_a_hosts(tmp_path):
    """A container's own limit is what it has, and the file is its host's."""
    tree = lxc(tmp_path, "machine", 2097152).put("/sys/kernel/kexec_crash_size", f"{512 << 20}\n")
    assert plan(tree)[1]["machine"]["ram"]["nominal_mib"] == 2048


# The host's Docker

CLIENT = ("/usr/bin/docker", b"\x7fELF")


def steps_of(tree):
    return json.loads(run("apply", "--yes", "--force", "--json", "--sysroot", tree.root).stdout)["next_steps"]


def first_step(tree):
    return steps_of(tree)[0]


def inside(tmp_path, word="docker"):
    return nspawn(tmp_path, 8143656, word)


@pytest.mark.parametrize("word", ["docker", "podman", "lxc", "oci"])
@pytest.mark.parametrize("client", [True, False])
def test_a_socket_of_the_host(tmp_path, word, client):
    """A development container, or vpsfit's own image: the socket is mounted."""
    tree = inside(tmp_path, word).put("/run/docker.sock", "")
    if client:
        tree.put(*CLIENT)
    _, document, warnings = plan(tree)
    assert document["machine"]["engine"]["kind"] == "host" and "run vpsfit on the host itself" in warnings["engine-of-host"]
    assert "/run/docker.sock" in warnings["engine-of-host"] and "engine-missing" not in warnings
    tree.put("/usr/bin/dockerd", b"\x7fELF")  # Docker in this container
    _, document, warnings = plan(tree)
    assert document["machine"]["engine"]["kind"] == "system" and "engine-of-host" not in warnings


@pytest.mark.parametrize("exe, host", [("/usr/bin/dockerd", True), ("/opt/bin/dockerd", False), (None, True)])
def test_processes_of_the_host(tmp_path, exe, host):
    """--pid=host without the socket; a daemon that lies in the container itself is its own."""
    tree = inside(tmp_path).put("/proc/812/comm", "dockerd\n").put("/opt/bin/dockerd", "")
    if exe:
        tree.link("/proc/812/exe", exe)
    _, document, warnings = plan(tree)
    assert (document["machine"]["engine"]["kind"] == "host") == host == ("engine-of-host" in warnings)


@pytest.mark.parametrize("word, told", [("docker", True), ("podman", True), ("lxc", False), ("systemd-nspawn", False), ("openvz", False)])
def test_a_container_without_any_engine(tmp_path, word, told):
    """LXC and nspawn are used as machines, where their host allows it; an application's container is not."""
    tree = inside(tmp_path, word)
    said = plan(tree)[2]["engine-missing"]
    assert ("run vpsfit on its host" in said) == told and "apt install" in said
    assert told or f"(the host of this {word} container must allow an engine in it)" in said
    step = first_step(tree)
    assert (step["command"] is None) == told and ("host" in step["text"])


@pytest.mark.parametrize("word", ["oci", "rkt", "garden", "pouch"])
@pytest.mark.parametrize("client", [True, False])
def test_a_container_of_one_application(tmp_path, word, client):
    """Nothing can be installed in a pod that would last."""
    tree = inside(tmp_path, word)
    if client:
        tree.put(*CLIENT)
    said = plan(tree)[2]["engine-missing"]
    assert "run vpsfit on its host" in said and "apt install" not in said and ("client alone" in said) == client
    step = first_step(tree)
    assert step["code"] == "install-engine" and step["command"] is None and "host of this container" in step["text"]


def test_a_pod_of_kubernetes(tmp_path):
    tree = vm(tmp_path, "machine", 65536, 8143656, 4).mounts("overlay / overlay rw,upperdir=/var/lib/containerd/x/2/fs,workdir=/w 0 0")
    assert "run vpsfit on its host" in plan(tree)[2]["engine-missing"]


def test_a_socket_in_a_directory_of_the_image(tmp_path):
    """/var/run is no link there, and the first step is the host."""
    tree = inside(tmp_path).put("/var/run/docker.sock", "").put(*CLIENT)
    _, document, warnings = plan(tree)
    assert document["machine"]["engine"]["kind"] == "host" and "/var/run/docker.sock" in warnings["engine-of-host"]
    assert "engine-of-host" in [s["code"] for s in steps_of(tree)]


def test_a_distribution_that_is_not_known(tmp_path):
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", "ID=chimera\n")
    assert "https://docs.docker.com/engine/install" in plan(tree)[2]["engine-missing"]


def test_a_machines_own_socket_is_its_own(tmp_path):
    _, document, warnings = plan(four(tmp_path).put("/run/docker.sock", "").put("/proc/812/comm", "dockerd\n").put(*CLIENT))
    assert document["machine"]["engine"]["kind"] == "system" and "engine-of-host" not in warnings


def test_a_directory_is_no_socket(tmp_path):
    """Docker makes it where a socket was to be mounted that was not there."""
    for tree in (four(tmp_path / "own").put("/run/docker.sock/.keep", ""), inside(tmp_path / "inside").put("/run/docker.sock/.keep", "")):
        _, document, warnings = plan(tree)
        assert document["machine"]["engine"]["kind"] == "none" and "engine-missing" in warnings and "containers-not-told" not in warnings


# Whose packages

def packages(tree, *names, state="install ok installed"):
    text = tree.status + "".join(f"Package: {n}\nStatus: {state}\nVersion: 5:28.0.0-1\n\n" for n in names)
    return tree.put("/var/lib/dpkg/status", text)


@pytest.mark.parametrize("release", ["debian12", "debian13", "ubuntu2404"])
@pytest.mark.parametrize("names", [["docker-ce-cli"], ["containerd.io"], ["docker-compose-plugin"], ["docker-buildx-plugin", "docker-ce-cli"]])
def test_what_docker_s_own_repository_left(tmp_path, names, release):
    """docker.io does not go beside containerd.io."""
    tree = packages(vm(tmp_path, "machine", 4096, 4021024, 2, release), *names)
    said = plan(tree)[2]["engine-missing"]
    assert "apt install docker-ce docker-compose-plugin" in said and "docker.io" not in said
    removed = packages(vm(tmp_path, "removed", 4096, 4021024, 2, release), *names, state="deinstall ok config-files")
    assert "docker.io" in plan(removed)[2]["engine-missing"]


@pytest.mark.parametrize("names, command, hint", [
    (["docker-ce-cli"], "docker compose", "apt install docker-compose-plugin"), (["docker-ce", "docker-ce-cli"], "docker compose", "apt install docker-compose-plugin"),
    (["docker.io", "docker-cli"], "docker-compose", "apt install docker-compose"), ([], "docker-compose", "apt install docker-compose")])
def test_whose_compose_goes_with_it(tmp_path, names, command, hint):
    tree = packages(four(tmp_path).put("/usr/bin/dockerd", "").put(*CLIENT), *names)
    _, document, warnings = plan(tree)
    assert document["machine"]["engine"]["compose_command"] == command and warnings["compose-missing"].endswith(hint)


@pytest.mark.parametrize("there", [True, False])
def test_fedora_with_docker_s_repository(tmp_path, there):
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", "ID=fedora\nVERSION_ID=43\n")
    if there:
        tree.put("/etc/yum.repos.d/docker-ce.repo", "")
    assert ("dnf install docker-ce docker-compose-plugin" if there else "dnf install moby-engine") in plan(tree)[2]["engine-missing"]


@pytest.mark.parametrize("state, there", [("install ok triggers-pending", True), ("hold ok triggers-awaited", True), ("install ok half-installed", False),
                                          ("install ok unpacked", False), ("purge ok not-installed", False)])
def test_a_package_in_every_state(tmp_path, state, there):
    tree = packages(four(tmp_path), "docker-ce", state=state)
    assert plan(tree)[1]["machine"]["engine"]["docker"]["present"] == there


# Look-alikes

@pytest.mark.parametrize("links, says", [
    ({"/usr/local/bin/docker": "nerdctl"}, "nerdctl"), ({"/usr/local/bin/docker": "/usr/local/bin/nerdctl"}, "nerdctl"),
    ({"/usr/bin/docker": "/etc/alternatives/docker", "/etc/alternatives/docker": "../../usr/bin/podman"}, "Podman"),
    ({"/usr/bin/docker": "podman"}, "Podman"), ({"/usr/bin/docker": "docker"}, "client alone")])
def test_links_to_what_stands_in(tmp_path, links, says):
    tree = four(tmp_path)
    for path, to in links.items():
        tree.link(path, to)
    assert says in plan(tree)[2]["engine-missing"]


def test_a_script_that_runs_nerdctl(tmp_path):
    tree = four(tmp_path).put("/usr/local/bin/docker", '#!/bin/sh\nexec nerdctl "$@"\n')
    assert "nerdctl, which speaks to containerd" in plan(tree)[2]["engine-missing"]
    tree.put("/usr/bin/dockerd", "")
    assert plan(tree)[1]["machine"]["engine"]["docker"]["path"] == "/usr/bin/dockerd"


# Hints that are sentences

@pytest.mark.parametrize("cmdline, files, where", [
    ("initrd=\\EFI\\proxmox\\6.8\\initrd.img root=ZFS=x", {}, "/etc/kernel/cmdline"), ("root=ZFS=x", {"/etc/kernel/cmdline": "x"}, "/etc/kernel/cmdline"),
    ("root=/dev/mapper/pve-root", {}, "/etc/default/grub"), ("BOOT_IMAGE=/boot/vmlinuz", {"/etc/kernel/cmdline": "x"}, "/etc/default/grub")])
def test_proxmox_with_either_loader(tmp_path, cmdline, files, where):
    tree = without_memory(four(tmp_path), cmdline + " cgroup_disable=memory").put("/etc/kernel/proxmox-boot-uuids", "A\n")
    for path, text in files.items():
        tree.put(path, text)
    said = plan(tree)[2]["limits-not-enforced"]
    assert where in said and "proxmox-boot-tool refresh" in said


@pytest.mark.parametrize("path, hint", [
    ("/etc/kernelstub/configuration", "'kernelstub' (-a adds"), ("/boot/orangepiEnv.txt", "extraargs= in /boot/orangepiEnv.txt"),
    ("/boot/firmware/current/cmdline.txt", "/boot/firmware/current/cmdline.txt"), ("/boot/refind_linux.conf", "refind_linux"), ("/boot/limine.conf", "limine")])
def test_more_boot_loaders(tmp_path, path, hint):
    """A package of GRUB's may have left its settings beside them."""
    assert hint in plan(without_memory(four(tmp_path)).put(path, ""))[2]["limits-not-enforced"]


@pytest.mark.parametrize("make", [lambda t: t.put("/usr/sbin/grubby", ""), lambda t: t.put("/run/systemd/container", "lxc\n"), lambda t: t])
def test_hints_have_no_comma_twice(tmp_path, make):
    said = plan(make(without_memory(four(tmp_path))))[2]["limits-not-enforced"]
    assert ",," not in said and ", and reboot" in said
    tree = make(two(tmp_path / "v1").docker().drop("/sys/fs/cgroup").put("/proc/self/cgroup", "5:memory:/\n").put("/etc/default/grub", ""))
    tree.put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n").swaps(FILE)
    said = plan(tree)[2].get("swap-not-limited", "")
    assert ", and a reboot" not in said and ",," not in said


@pytest.mark.parametrize("option, told", [("cgroup_disable=pressure cgroup_disable=memory", True), ("cgroup_disable=pressure\tcgroup_disable=memory", True),
                                          ("xcgroup_disable=memory", False)])
def test_an_option_that_is_given_twice(tmp_path, option, told):
    assert ("update-grub" in plan(without_memory(four(tmp_path), option))[2]["limits-not-enforced"]) == told


@pytest.mark.parametrize("kind", ["rootfs", "ramfs", "tmpfs"])
def test_a_root_in_memory(tmp_path, kind):
    """A rescue system, or one that is started from its initramfs and never leaves it."""
    code, document, warnings = plan(two(tmp_path).mounts(f"{kind} / {kind} rw 0 0"), "--overhead", "1200", "--cost-model", "seed-2025-11")
    assert (document["swap"]["action"], code) == ("impossible", 3) and "RAM itself" in document["swap"]["why"] and "lies in memory" in warnings["stack-not-kept"]


# A report of such a machine

MACHINES = {
    "blanks": lambda t: t.swaps(PARTITION).put("/etc/fstab", "").put(f"{ETC}/dev-vda2.swap", "[Swap]\nWhat = /dev/vda2\n[Install]\nWantedBy = swap.target\n"),
    "masked": lambda t: t.swaps(FILE).put("/etc/fstab", "/swapfile none swap sw 0 0\n").put(f"{ETC}/swapfile.swap", ""),
    "nerdctl": lambda t: t.put("/usr/local/bin/docker", '#!/bin/sh\nexec nerdctl "$@"\n'),
    "podman": lambda t: t.link("/usr/bin/docker", "/etc/alternatives/docker").link("/etc/alternatives/docker", "/usr/bin/podman"),
    "host": lambda t: t.put("/run/systemd/container", "docker\n").put("/proc/812/comm", "dockerd\n").link("/proc/812/exe", "/usr/bin/dockerd"),
    "theirs": lambda t: packages(t, "docker-ce-cli"),
    "proxmox": lambda t: without_memory(t, "root=ZFS=x cgroup_disable=memory").put("/etc/kernel/proxmox-boot-uuids", "A\n").put("/etc/kernel/cmdline", "x"),
    "crash": lambda t: t.drop("/sys/devices/system/memory").put("/sys/kernel/kexec_crash_size", f"{256 << 20}\n"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_a_report_plans_like_the_machine(tmp_path, name):
    tree = MACHINES[name](vm(tmp_path, "machine", 4096, 3985024, 2))
    there, _ = made(tree.root, tmp_path)
    assert plan_of(there, "--json") == plan_of(tree.root, "--json")
