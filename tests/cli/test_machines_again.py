# SPDX-License-Identifier: MIT
"""
More machines as people have them: containers without a limit, RAM that firmware keeps, swap units that nothing starts, engines that are another
user's, boot loaders of containers and of Proxmox, ports and mounts that are easily misread. Each kind with variants and the machine that is well.
"""

import pytest

from conftest import run
from test_machines import FILE, OS, V1, V2, dmi, four, listening, lxc, plan, two, vm


# Containers without a limit of their own

def nspawn(tmp_path, kb, word="systemd-nspawn", **kwargs):
    return vm(tmp_path, "machine", 65536, kb, 4, **kwargs).put("/run/systemd/container", word + "\n")


@pytest.mark.parametrize("kb, nominal, profile", [
    (2026024, 2048, "SMALL_VPS"), (4021024, 4096, "MEDIUM_VPS"), (8143656, 8192, "LARGE_VPS"), (2048000, 2048, "SMALL_VPS"), (2097152, 2048, "SMALL_VPS"),
    (1740800, 1700, None)])
@pytest.mark.parametrize("word", ["systemd-nspawn", "lxc", "openvz", "podman"])
def test_a_container_without_a_limit_counts_as_its_hosts_size_as_sold(tmp_path, word, kb, nominal, profile):
    """MemTotal is what the host's kernel left of it; blocks and DMI, which tell of 64 GiB here, are left alone."""
    tree = nspawn(tmp_path, kb, word).dmi("Supermicro", "X11")
    dmi(tree, 32768, 32768)
    code, document, _ = plan(tree)
    ram = document["machine"]["ram"]
    assert (ram["nominal_mib"], ram["usable_mib"], ram["gap"]) == (nominal, kb // 1024, "none")
    assert document["profile"] == profile if profile else code == 3


@pytest.mark.parametrize("limit", [2 << 30, 2000 << 20, 1976 << 20])
def test_a_containers_own_limit_is_what_it_says(tmp_path, limit):
    tree = nspawn(tmp_path, 8143656, "docker").cgroup2("/").put("/sys/fs/cgroup/memory.max", f"{limit}\n")
    assert plan(tree)[1]["machine"]["ram"]["nominal_mib"] == limit >> 20


def test_sizes_that_read_the_same_are_told_apart(tmp_path):
    tree = nspawn(tmp_path, 8143656, "docker").cgroup2("/").put("/sys/fs/cgroup/memory.max", f"{2000 << 20}\n")
    code, document, warnings = plan(tree)
    assert code == 3 and "for 2000 MiB of RAM: the smallest, SMALL_VPS, is made for 2048 MiB" in warnings["no-profile"]
    assert any("made for 2048 MiB of RAM; this machine counts as 2000 MiB" in r["reason"] for r in document["rejected"])
    tree.put("/sys/fs/cgroup/memory.max", f"{4090 << 20}\n")
    assert "made for 4096 MiB of RAM; this machine counts as 4090 MiB" in plan(tree, "--profile", "MEDIUM_VPS")[2]["profile-too-large"]
    assert "made for 8 GB of RAM; this machine counts as 4 GB" in plan(tree, "--profile", "LARGE_VPS")[2]["profile-too-large"]


# RAM that the kernel never had

@pytest.mark.parametrize("blocks, dimms, kb, gap", [
    (3072, [4096], 2970000, "firmware"), (6144, [4096, 4096], 5950000, "firmware"), (7808, [4096, 4096], 7782000, "none")])
def test_graphics_are_no_balloon(tmp_path, blocks, dimms, kb, gap):
    tree = dmi(vm(tmp_path, "machine", blocks, kb, 4).cpus(4, hypervisor=False).dmi("LENOVO", "20KH"), *dimms)
    _, document, warnings = plan(tree)
    assert document["machine"]["ram"]["gap"] == gap
    assert ("ram-gap" in warnings) == (gap != "none") and "balloon" not in warnings.get("ram-gap", "")


def test_hardware_has_no_balloon(tmp_path):
    tree = vm(tmp_path, "machine", 4096, 3350000, 4).cpus(4, hypervisor=False).dmi("LENOVO", "20KH")
    assert "kept by the firmware" in plan(tree)[2]["ram-gap"]
    assert "balloon" in plan(vm(tmp_path, "guest", 4096, 3350000, 4))[2]["ram-gap"]


@pytest.mark.parametrize("line, gap", [("root=/dev/vda1 mem=3G", "command-line"), ("mem=3G quiet", "command-line"), ("root=/dev/vda1 memmem=3G", "balloon"),
                                       ("root=/dev/vda1 systemd.mem=1", "balloon")])
def test_ram_that_the_command_line_leaves_out(tmp_path, line, gap):
    tree = vm(tmp_path, "machine", 4096, 3000000, 4).put("/proc/cmdline", line + "\n").put("/etc/default/grub", "")
    _, document, warnings = plan(tree)
    assert document["machine"]["ram"]["gap"] == gap
    assert gap != "command-line" or "(mem=)" in warnings["ram-gap"] and "update-grub" in warnings["ram-gap"]


# Swap that is on, and comes back at boot or not

UNIT = "[Swap]\nWhat=/swapfile\n"


def with_swap(tmp_path, fstab=""):
    return two(tmp_path).swaps(FILE).put("/etc/fstab", fstab)


@pytest.mark.parametrize("folder", ["/etc/systemd/system", "/usr/lib/systemd/system", "/run/systemd/generator", "/run/systemd/generator.late"])
@pytest.mark.parametrize("link, kept", [(None, False), ("swap.target.wants", True), ("swap.target.requires", True), ("multi-user.target.wants", True),
                                        ("docker.service.requires", True)])
def test_a_unit_that_nothing_starts_is_no_entry(tmp_path, folder, link, kept):
    tree = with_swap(tmp_path).put(f"{folder}/swapfile.swap", UNIT)
    if link:
        tree.link(f"{'/etc/systemd/system' if 'usr' in folder else folder}/{link}/swapfile.swap", f"{folder}/swapfile.swap")
    assert ("swap-not-at-boot" not in plan(tree)[2]) == kept


def test_a_masked_unit_is_no_entry(tmp_path):
    tree = with_swap(tmp_path).put("/usr/lib/systemd/system/swapfile.swap", UNIT)
    tree.link("/usr/lib/systemd/system/swap.target.wants/swapfile.swap", "../swapfile.swap")
    assert "swap-not-at-boot" not in plan(tree)[2]
    tree.link("/etc/systemd/system/swapfile.swap", "/dev/null")
    assert "swap-not-at-boot" in plan(tree)[2]


@pytest.mark.parametrize("fstab, kept", [("", False), ("/swapfile none swap sw,noauto 0 0\n", False), ("/swapfile none swap sw 0 0\n", True)])
def test_a_generators_unit_is_as_good_as_its_line(tmp_path, fstab, kept):
    """The unit is what /etc/fstab said at the last boot."""
    tree = with_swap(tmp_path, fstab).put("/run/systemd/generator/swapfile.swap", "[Unit]\nSourcePath=/etc/fstab\n\n" + UNIT)
    tree.link("/run/systemd/generator/swap.target.requires/swapfile.swap", "../swapfile.swap")
    assert ("swap-not-at-boot" not in plan(tree)[2]) == kept


@pytest.mark.parametrize("path, text, kept", [
    ("/etc/rc.local", "#!/bin/sh\n#swapon /swapfile\nexit 0\n", False), ("/etc/rc.local", "#!/bin/sh\nswapon /swapfile # mine\n", True),
    ("/etc/rc.local", "true # then: swapon /swapfile\n", False), ("/etc/rc.local", "swapon /swapfile2\n", False),
    ("/etc/rc.local", "swapon /mnt/swapfile\n", False), ("/etc/rc.local", "swapon '/swapfile'", True),
    ("/etc/local.d/swap.start", "swapon /swapfile\n", True), ("/etc/crontab", "@reboot root /sbin/swapon /swapfile\n", True),
    ("/var/spool/cron/crontabs/root", "@reboot swapon /swapfile\n", True), ("/etc/cron.d/swap", "# @reboot root swapon /swapfile\n", False)])
def test_scripts_that_turn_swap_on(tmp_path, path, text, kept):
    assert ("swap-not-at-boot" not in plan(with_swap(tmp_path).put(path, text))[2]) == kept


@pytest.mark.parametrize("linked", [True, False])
def test_a_service_that_turns_swap_on(tmp_path, linked):
    tree = with_swap(tmp_path).put("/etc/systemd/system/my-swap.service", "[Service]\nType=oneshot\nExecStart=/sbin/swapon /swapfile\n")
    if linked:
        tree.link("/etc/systemd/system/multi-user.target.wants/my-swap.service", "/etc/systemd/system/my-swap.service")
    assert ("swap-not-at-boot" not in plan(tree)[2]) == linked


@pytest.mark.parametrize("says, kept", [("ResourceDisk.EnableSwap=y", True), ("ResourceDisk.EnableSwap=n", False), ("# ResourceDisk.EnableSwap=y", False)])
def test_azures_agent(tmp_path, says, kept):
    tree = two(tmp_path).swaps("/mnt/resource/swapfile file 1048572 0 -2").put("/etc/fstab", "")
    assert ("swap-not-at-boot" not in plan(tree.put("/etc/waagent.conf", "Provisioning.Agent=auto\n" + says + "\n"))[2]) == kept


@pytest.mark.parametrize("swaps", [True, False])
def test_a_masked_swap_target(tmp_path, swaps):
    """What is left of a Kubernetes that was tried: no swap is on after a boot, vpsfit's own neither."""
    tree = with_swap(tmp_path, "/swapfile none swap sw 0 0\n") if swaps else two(tmp_path).put("/etc/fstab", "")
    assert "swap-not-at-boot" not in plan(tree)[2]
    tree.link("/etc/systemd/system/swap.target", "/dev/null")
    assert "systemctl unmask swap.target" in plan(tree)[2]["swap-not-at-boot"]
    assert "swap-not-at-boot" not in plan(tree.swaps(), "--swap", "none")[2]


# Which packages

RELEASES = {
    "oracle": ('ID="ol"\nID_LIKE="fedora"\nVERSION_ID="9.6"\n', "dnf install docker-ce docker-compose-plugin", "dnf install docker-compose-plugin"),
    "oracle 10": ("ID=ol\n", "dnf install docker-ce docker-compose-plugin", "dnf install docker-compose-plugin"),
    "cloudlinux": ('ID="cloudlinux"\nID_LIKE="rhel fedora centos"\n', "dnf install docker-ce docker-compose-plugin", "dnf install docker-compose-plugin"),
    "amazon 2023": ('ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n', "dnf install docker", "/usr/local/lib/docker/cli-plugins/docker-compose"),
    "amazon 2": ('ID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n', "yum install docker", "/usr/local/lib/docker/cli-plugins/docker-compose"),
    "silverblue": ("ID=fedora\nVARIANT_ID=silverblue\n", "rpm-ostree install moby-engine docker-compose, then reboot", "rpm-ostree install docker-compose"),
    "coreos": ("ID=fedora\nOSTREE_VERSION='43.20251024.3.0'\nVARIANT_ID=coreos\n", "rpm-ostree install moby-engine", "rpm-ostree install docker-compose"),
    "bluefin": ("ID=bluefin\nID_LIKE=fedora\nOSTREE_VERSION='43.1'\n", "rpm-ostree install moby-engine", "rpm-ostree install docker-compose"),
    "flatcar": ("ID=flatcar\nID_LIKE=coreos\n", "install docker", "/root/.docker/cli-plugins/docker-compose"),
    "azure linux": ("ID=azurelinux\nVERSION_ID=3.0\n", "tdnf install moby-engine moby-cli docker-compose", "tdnf install docker-compose"),
}


@pytest.mark.parametrize("name", RELEASES)
def test_packages_of_more_distributions(tmp_path, name):
    release, engine, compose = RELEASES[name]
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release)
    assert engine in plan(tree)[2]["engine-missing"]
    tree.put("/usr/bin/dockerd", "").put("/usr/bin/docker", "")
    assert compose in plan(tree)[2]["compose-missing"]


@pytest.mark.parametrize("release, mark, how", [
    ("ID=fedora\nVARIANT_ID=server\n", "/run/ostree-booted", "rpm-ostree install moby-engine docker-compose, then reboot"),
    ("ID=fedora\nVARIANT_ID=server\n", None, "dnf install moby-engine docker-compose"),
    ("ID=almalinux\nID_LIKE='rhel centos fedora'\n", "/run/ostree-booted", "rpm-ostree install docker-ce docker-compose-plugin"),
    ("ID=opensuse-microos\nID_LIKE='suse opensuse'\n", "/usr/sbin/transactional-update", "transactional-update pkg install docker docker-compose, then reboot")])
def test_systems_that_are_replaced_as_a_whole(tmp_path, release, mark, how):
    tree = four(tmp_path).drop("/etc/os-release", "/var/lib/dpkg").put("/etc/os-release", release)
    if mark:
        tree.put(mark, "")
    assert how in plan(tree)[2]["engine-missing"]


# Whose Compose

@pytest.mark.parametrize("path", ["/home/bob/.docker/cli-plugins/docker-compose", "/home/ann/.docker/cli-plugins/docker-compose"])
def test_another_users_plugin_is_no_compose(tmp_path, path):
    tree = four(tmp_path).docker().put(path, "")
    _, document, warnings = plan(tree)
    assert not document["machine"]["engine"]["compose"]["present"] and document["machine"]["engine"]["compose_command"] == "docker-compose"
    assert path in warnings["compose-missing"] and "nobody else" in warnings["compose-missing"] and "apt install" in warnings["compose-missing"]
    assert "compose-missing" not in plan(tree.put("/root/.docker/cli-plugins/docker-compose", ""))[2]


@pytest.mark.parametrize("path", ["/usr/local/lib/docker/cli-plugins/docker-compose", "/usr/libexec/docker/cli-plugins/docker-compose",
                                  "/root/.docker/cli-plugins/docker-compose", "/usr/local/bin/docker-compose"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_to_a_plugin_that_is_gone(tmp_path, path, there):
    """Docker Desktop leaves such links behind."""
    tree = four(tmp_path).docker().link(path, "/opt/docker-desktop.old/docker-compose")
    if there:
        tree.put("/opt/docker-desktop.old/docker-compose", "")
    assert ("compose-missing" not in plan(tree)[2]) == there


def test_a_dangling_link_hides_no_other_compose(tmp_path):
    tree = four(tmp_path).docker().link("/usr/libexec/docker/cli-plugins/docker-compose", "/gone").put("/usr/local/bin/docker-compose", "")
    assert plan(tree)[1]["machine"]["engine"]["compose_command"] == "docker-compose"


# Limits on a session

@pytest.mark.parametrize("own, limit", [
    ("/user.slice/user-1000.slice/session-3.scope", "/user.slice"), ("/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope",
                                                                     "/user.slice/user-1000.slice/user@1000.service"),
    ("/system.slice/cloud-final.service", "/system.slice/cloud-final.service")])
@pytest.mark.parametrize("file", ["memory.max", "memory.high"])
def test_a_limit_on_the_session_is_said(tmp_path, own, limit, file):
    tree = vm(tmp_path, "machine", 8192, 8143656, 4).cgroup2(own).put(f"/sys/fs/cgroup{limit}/{file}", f"{2 << 30}\n")
    _, document, warnings = plan(tree)
    assert (document["machine"]["ram"]["effective_mib"], document["machine"]["ram"]["gap"], document["profile"]) == (2048, "limit", "SMALL_VPS")
    assert f"/sys/fs/cgroup{limit}/{file}" in warnings["ram-gap"] and "--ram" in warnings["ram-gap"]
    _, document, warnings = plan(tree, "--ram", "8G")
    assert document["profile"] == "LARGE_VPS" and "ram-gap" not in warnings


def test_a_limit_above_the_machine_is_none(tmp_path):
    tree = vm(tmp_path, "machine", 8192, 8143656, 4).cgroup2("/user.slice").put("/sys/fs/cgroup/user.slice/memory.max", f"{16 << 30}\n")
    assert "ram-gap" not in plan(tree)[2]


# Where the kernel's command line is kept

def without_memory(tree, cmdline="root=/dev/vda1 cgroup_disable=memory"):
    return tree.docker().cgroup2("/", "cpu io pids").put("/proc/cmdline", cmdline + "\n").put("/etc/default/grub", "").put("/boot/grub/grub.cfg", "")


@pytest.mark.parametrize("cmdline, told", [("cgroup_disable=pressure,memory quiet", True), ("cgroup_disable=memory,pressure", True),
                                           ("quiet cgroup_disable=memory", True), ("cgroup_disable=pressure", False),
                                           ("cgroup_disable=pressure systemd.x=memory", False), ("x.cgroup_disable=memory", False),
                                           ("cgroup_disable=memory_x", False)])
def test_a_controller_that_the_command_line_takes_away(tmp_path, cmdline, told):
    said = plan(without_memory(four(tmp_path), cmdline))[2]["limits-not-enforced"]
    assert ("update-grub" in said) == told


@pytest.mark.parametrize("files, release, cmdline, hint", [
    ({"/etc/kernel/proxmox-boot-uuids": "A\n", "/etc/kernel/cmdline": "x\n"}, None, "initrd=\\EFI\\proxmox\\x", "/etc/kernel/cmdline (one line; then proxmox-boot-tool"),
    ({"/etc/kernel/proxmox-boot-uuids": "A\n", "/etc/kernel/cmdline": "x\n"}, None, "BOOT_IMAGE=/vmlinuz", "/etc/default/grub (then proxmox-boot-tool refresh)"),
    ({}, "ID=nixos\n", "x", "boot.kernelParams"), ({}, "ID=flatcar\n", "x", "linux_append in /oem/grub.cfg"),
    ({}, "ID=ubuntu-core\n", "x", "snap set system"), ({"/run/ostree-booted": ""}, "ID=fedora\n", "x", "rpm-ostree kargs"),
    ({"/usr/sbin/grubby": ""}, "ID=rocky\n", "x", "--args="), ({"/sbin/apk": ""}, "ID=alpine\n", "x", "grub-mkconfig -o")])
def test_command_lines_of_systems_with_ways_of_their_own(tmp_path, files, release, cmdline, hint):
    tree = without_memory(four(tmp_path), cmdline + " cgroup_disable=memory")
    for path, text in files.items():
        tree.put(path, text)
    if release:
        tree.drop("/etc/os-release").put("/etc/os-release", release)
    assert hint in plan(tree)[2]["limits-not-enforced"]


@pytest.mark.parametrize("path", ["/boot/efi/loader", "/efi/loader"])
def test_systemd_boot_on_the_efi_partition(tmp_path, path):
    tree = without_memory(four(tmp_path)).drop("/etc/default/grub", "/boot/grub").put(f"{path}/loader.conf", "")
    assert f"{path}/entries" in plan(tree)[2]["limits-not-enforced"]


@pytest.mark.parametrize("word", ["lxc", "systemd-nspawn", "openvz"])
def test_a_containers_kernel_is_its_hosts(tmp_path, word):
    tree = without_memory(four(tmp_path)).put("/run/systemd/container", word + "\n")
    said = plan(tree)[2]["limits-not-enforced"]
    assert "host of this container" in said and "grub" not in said
    tree.put("/proc/cmdline", "quiet\n")
    assert "ask the host for it" in plan(tree)[2]["limits-not-enforced"]


def test_wsl_takes_its_command_line_from_windows(tmp_path):
    tree = without_memory(four(tmp_path)).put("/proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n")
    assert ".wslconfig" in plan(tree)[2]["limits-not-enforced"]


# What else the stack needs

OURS = ("b", "/opt/ai-gateway", 640, 38, "ghcr.io/open-webui/open-webui:v0.11.3")


def test_a_rerun_looks_at_a_port_that_is_new(tmp_path):
    """The stack's containers hold the port that .env has, and no other."""
    tree = listening(four(tmp_path, used=2300).docker(), ("127.0.0.1", 8080), ("0.0.0.0", 9000)).container(*OURS)
    assert "port-taken" not in plan(tree)[2]
    assert "port 9000 is taken" in plan(tree, "--port", "9000")[2]["port-taken"]
    assert "port-taken" not in plan(tree, "--port", "9001")[2]
    tree.put("/opt/ai-gateway/.env", "GATEWAY_PORT=9000\n")
    assert "port-taken" not in plan(tree)[2]
    assert "port 8080 is taken" in plan(tree, "--port", "8080")[2]["port-taken"]


@pytest.mark.parametrize("count", [255, 256, 257, 2000])
def test_one_listener_of_many(tmp_path, count):
    tree = listening(four(tmp_path), *(("0.0.0.0", 20000 + i) for i in range(count)), ("0.0.0.0", 8080), ("::", 21000))
    assert "port 8080 is taken" in plan(tree)[2]["port-taken"] and "port-taken" in plan(tree, "--port", "21000")[2]
    assert "port-taken" not in plan(tree, "--port", "19999")[2]


FLAGS = "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht nx constant_tsc cpuid pni hypervisor"
ARM7 = ("processor\t: 0\nmodel name\t: ARMv7 Processor rev 3 (v7l)\nFeatures\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva\n"
        "CPU implementer\t: 0x41\nCPU architecture: 7\n\n")


@pytest.mark.parametrize("cpuinfo, arch", [
    (ARM7, "armv7l"), ("processor\t: 0\nhart\t\t: 0\nisa\t\t: rv64imafdc\nmmu\t\t: sv39\n", "riscv64"),
    ("processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2.9GHz\n", "ppc64le"),
    ("vendor_id       : IBM/S390\n# processors    : 2\nfeatures\t: esan3 zarch\n", "s390x"),
    (f"processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Atom\nflags\t\t: {FLAGS}\n", "i686")])
def test_a_processor_without_images(tmp_path, cpuinfo, arch):
    tree = four(tmp_path).put("/proc/cpuinfo", cpuinfo)
    _, document, warnings = plan(tree)
    assert document["machine"]["arch"] == arch and f"({arch})" in warnings["cpu-not-served"] and "cpu-too-old" not in warnings


@pytest.mark.parametrize("arm", [True, False])
def test_a_processor_with_images(tmp_path, arm):
    tree = four(tmp_path).cpus(2, arm=arm)
    assert "cpu-not-served" not in plan(tree)[2]
    tree.put("/lib/ld-linux-aarch64.so.1", "").put("/lib64/ld-linux-x86-64.so.2", "").put("/lib/ld-linux-armhf.so.3", "").put("/lib/ld-linux.so.2", "")
    assert "cpu-not-served" not in plan(tree)[2]  # a second architecture beside the first


@pytest.mark.parametrize("arm, loader, word", [(True, "/lib/ld-linux-armhf.so.3", "armhf"), (False, "/lib/ld-linux.so.2", "i386")])
def test_a_32_bit_system_below_a_64_bit_kernel(tmp_path, arm, loader, word):
    """Raspberry Pi's 32-bit image starts the 64-bit kernel."""
    assert word in plan(four(tmp_path).cpus(2, arm=arm).put(loader, ""))[2]["cpu-not-served"]


@pytest.mark.parametrize("mounts, args, told", [
    (["/dev/vda1 / ext4 rw 0 0", "/dev/vdb1 /opt ext4 ro,relatime 0 0"], [], True), (["/dev/vda1 / ext4 ro 0 0"], [], True),
    (["/dev/vda1 / ext4 ro 0 0", "/dev/vdb1 /srv ext4 rw 0 0"], ["--dir", "/srv/gw"], False), (["/dev/vda1 / ext4 rw,errors=remount-ro 0 0"], [], False),
    (["/dev/vda1 / ext4 rw 0 0", "/dev/vdb1 /srv/my\\040disk ext4 ro 0 0"], ["--dir", "/srv/my disk/gw"], True)])
def test_a_directory_that_cannot_be_written(tmp_path, mounts, args, told):
    assert ("dir-read-only" in plan(four(tmp_path).mounts(*mounts), *args)[2]) == told


@pytest.mark.parametrize("cmdline, kept", [
    ("BOOT_IMAGE=/casper/vmlinuz quiet splash ---", False), ("BOOT_IMAGE=/casper/vmlinuz persistent ---", True), ("root=live:CDLABEL=F rd.live.image", False),
    ("boot=overlay root=/dev/mmcblk0p2", False), ("BOOT_IMAGE=/vmlinuz root=/dev/vda1", True)])
def test_live_systems(tmp_path, cmdline, kept):
    tree = four(tmp_path).mounts("/cow / overlay rw,lowerdir=/a.squashfs,upperdir=/cow/upper,workdir=/cow/work 0 0").put("/proc/cmdline", cmdline + "\n")
    assert ("stack-not-kept" not in plan(tree)[2]) == kept


def test_names_with_blanks_in_a_line_of_fstab(tmp_path):
    tree = two(tmp_path).swaps("/my\\040swap\\011x file 1048572 0 -2").put("/etc/fstab", "")
    assert "'/my\\040swap\\011x none swap sw,nofail 0 0'" in plan(tree)[2]["swap-not-at-boot"]
    tree.put("/etc/fstab", "/my\\040swap\\011x none swap sw,nofail 0 0\n")
    assert "swap-not-at-boot" not in plan(tree)[2]


# Desktops that are there and not started

def desktop(tmp_path):
    tree = vm(tmp_path, "machine", 8192, 8143656, 4)
    return tree.put("/usr/share/xsessions/xfce.desktop", "").put("/usr/lib/systemd/system/lightdm.service", "").put("/usr/sbin/lightdm", "").link(
        "/etc/systemd/system/display-manager.service", "/usr/lib/systemd/system/lightdm.service")


@pytest.mark.parametrize("target, profile", [("/lib/systemd/system/multi-user.target", "LARGE_VPS"), ("/usr/lib/systemd/system/multi-user.target", "LARGE_VPS"),
                                             ("multi-user.target", "LARGE_VPS"), ("/lib/systemd/system/graphical.target", "DESKTOP"), (None, "DESKTOP")])
def test_a_machine_that_boots_to_text(tmp_path, target, profile):
    tree = desktop(tmp_path)
    if target:
        tree.link("/etc/systemd/system/default.target", target)
    assert plan(tree)[1]["profile"] == profile


@pytest.mark.parametrize("file, unit", [("/bin/false\n", None), ("/usr/bin/false\n", "/dev/null"), (None, "/dev/null")])
def test_a_display_manager_that_was_switched_off(tmp_path, file, unit):
    tree = vm(tmp_path, "machine", 8192, 8143656, 4).put("/bin/false", "").put("/usr/bin/false", "").put("/dev/null", "")
    if file:
        tree.put("/etc/X11/default-display-manager", file)
    if unit:
        tree.link("/etc/systemd/system/display-manager.service", unit)
    assert plan(tree)[1]["profile"] == "LARGE_VPS"


# Containers and what only looks like one

@pytest.mark.parametrize("upper, kind", [("/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs", "container"), ("/var/lib/docker/overlay2/x/diff", "docker"),
                                         ("/var/lib/containers/storage/overlay/x/diff", "podman"), ("/var/lib/rancher/k3s/agent/x/fs", "container"),
                                         ("/media/root-rw/overlay", "kvm")])
def test_a_root_that_is_an_engines_layer(tmp_path, upper, kind):
    """In a pod: control groups have a namespace, PID 1 is of another user, and there is no file that tells."""
    tree = four(tmp_path).mounts(f"overlay / overlay rw,lowerdir=/x,upperdir={upper},workdir=/y 0 0").cgroup2("/")
    machine = plan(tree)[1]["machine"]
    assert (machine["virt"], machine["swap"]["possible"]) == (kind, kind == "kvm")


@pytest.mark.parametrize("file", ["/.dockerenv", "/run/.containerenv"])
def test_a_virtual_machine_made_from_an_image(tmp_path, file):
    """Fly.io and Kata: the image's files, and a kernel of one's own, whose threads are seen."""
    tree = two(tmp_path).put(file, "")
    assert not plan(tree)[1]["machine"]["swap"]["possible"]
    machine = plan(tree.put("/proc/2/comm", "kthreadd\n"))[1]["machine"]
    assert (machine["virt"], machine["swap"]["possible"]) == ("kvm", True)
    assert not plan(tree.put("/proc/2/comm", "sleep\n"))[1]["machine"]["swap"]["possible"]
    tree.put("/proc/2/comm", "kthreadd\n").mounts("overlay / overlay rw,upperdir=/var/lib/docker/overlay2/x/diff 0 0")  # --pid=host
    assert plan(tree)[1]["machine"]["virt"] == "docker"


# Machines that nobody listed

def alpine(tmp_path, fstab="/swapfile none swap sw 0 0\n"):
    tree = vm(tmp_path, "machine", 2048, 2021836, 1, "alpine", 0, used=120).drop("/run/systemd").put("/etc/fstab", fstab)
    return tree.put("/etc/init.d/swap", "#!/sbin/openrc-run\n").put("/etc/runlevels/boot/bootmisc", "")


@pytest.mark.parametrize("level, kept", [(None, False), ("boot", True), ("default", True), ("shutdown", False)])
def test_openrc_without_its_swap_service(tmp_path, level, kept):
    """Alpine's installer puts it into a runlevel where it made a partition for swap, and nowhere else: a line of fstab alone does nothing."""
    tree = alpine(tmp_path).swaps(FILE.replace("1048572", "4194300"))
    if level:
        tree.link(f"/etc/runlevels/{level}/swap", "/etc/init.d/swap")
    warnings = plan(tree)[2]
    assert ("swap-not-at-boot" not in warnings) == kept
    assert kept or "rc-update add swap boot" in warnings["swap-not-at-boot"]
    assert "swap-not-at-boot" not in plan(tree.swaps(), "--swap", "none")[2]


@pytest.mark.parametrize("level", [None, "boot", "default"])
def test_openrcs_swap_service_comes_with_swap_of_vpsfits_own(tmp_path, level):
    tree = alpine(tmp_path, "")
    if level:
        tree.link(f"/etc/runlevels/{level}/swap", "/etc/init.d/swap")
    _, document, warnings = plan(tree)
    assert document["swap"]["action"] == "create" and "swap-not-at-boot" not in warnings  # tests/swap/found.py sees it done


def test_nixos_has_swap_of_its_configuration(tmp_path):
    tree = two(tmp_path).drop("/etc/os-release").put("/etc/os-release", "ID=nixos\n")
    swap = plan(tree)[1]["swap"]
    assert swap["action"] == "impossible" and "swapDevices" in swap["why"]
    assert plan(tree.swaps(FILE))[1]["swap"]["present_mib"] == 1023


@pytest.mark.parametrize("mount, told", [
    ("C:\\134 /mnt/c 9p rw,aname=drvfs;path=C:\\134;uid=0 0 0", True), ("C:\\134 /mnt/c 9p rw,aname=drvfs;path=C:;metadata 0 0", False),
    ("share /mnt/c 9p rw,trans=virtio 0 0", False), ("/dev/sdb1 /mnt/c vfat rw 0 0", True), ("/dev/sdb1 /mnt/c exfat rw 0 0", True),
    ("/dev/sdb1 /mnt/c ntfs3 rw 0 0", True), ("/dev/sdb1 /mnt/c xfs rw 0 0", False)])
def test_a_directory_whose_secrets_everybody_reads(tmp_path, mount, told):
    tree = four(tmp_path).mounts("/dev/vda1 / ext4 rw 0 0", mount)
    assert ("dir-without-modes" in plan(tree, "--dir", "/mnt/c/gw")[2]) == told
    assert "dir-without-modes" not in plan(tree)[2]


@pytest.mark.parametrize("args, daemon, text", [(["--dir", "/mnt/gw"], None, "choose --dir on another disk"), ([], "/mnt/docker", "data-root in daemon.json"),
                                                ([], None, None)])
def test_azures_temporary_disk(tmp_path, args, daemon, text):
    tree = four(tmp_path).docker().mounts("/dev/sda1 / ext4 rw 0 0", "/dev/sdb1 /mnt ext4 rw 0 0").put("/mnt/DATALOSS_WARNING_README.txt", "")
    if daemon:
        tree.put("/etc/docker/daemon.json", '{"data-root": "%s"}' % daemon)
    warnings = plan(tree, *args)[2]
    assert ("stack-not-kept" in warnings) == bool(text)
    assert not text or text in warnings["stack-not-kept"] and "temporary disk" in warnings["stack-not-kept"]


ROUTE4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
DEFAULT4 = "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
LOCAL4 = "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
Z = "0" * 32
DEFAULT6 = f"{Z} 00 {Z} 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003     eth0\n"
REJECT6 = f"{Z} 00 {Z} 00 {Z} ffffffff 00000001 00000000 00200200       lo\n"


@pytest.mark.parametrize("four_, six, told", [
    (ROUTE4, DEFAULT6, True), (ROUTE4 + LOCAL4, REJECT6 + DEFAULT6, True), (ROUTE4 + DEFAULT4, DEFAULT6, False), (ROUTE4 + LOCAL4, REJECT6, False),
    (None, DEFAULT6, False), (ROUTE4 + DEFAULT4.replace("eth0", "clat"), DEFAULT6, False)])
def test_the_internet_by_version_6_alone(tmp_path, four_, six, told):
    """The cheapest machines of some providers have no IPv4."""
    tree = four(tmp_path).put("/proc/net/ipv6_route", six)
    if four_:
        tree.put("/proc/net/route", four_)
    assert ("no-ipv4" in plan(tree)[2]) == told


@pytest.mark.parametrize("package, version, told", [
    ("docker.io", "19.03.8-0ubuntu1.20.04", True), ("docker-ce", "5:18.09.1~3-0~debian", True), ("docker-ce", "5:20.10.7~3-0~ubuntu-focal", True),
    ("docker-ce", "5:20.10.10~3-0~ubuntu-focal", False), ("docker.io", "20.10.24+dfsg1-1+deb12u1", False), ("moby-engine", "25.0.6+azure", False)])
def test_an_old_docker(tmp_path, package, version, told):
    assert ("engine-too-old" in plan(four(tmp_path).docker(package, version))[2]) == told


@pytest.mark.parametrize("opt", ["var/opt", "/var/opt"])
def test_a_directory_behind_a_link(tmp_path, opt):
    """Fedora CoreOS and Silverblue: the root cannot be written, and /opt is a link to where it can."""
    tree = four(tmp_path).mounts("/dev/vda4 / xfs ro 0 0", "/dev/vda4 /var xfs rw 0 0").put("/var/opt/x", "").link("/opt", opt)
    assert "dir-read-only" not in plan(tree)[2] and "dir-read-only" in plan(tree, "--dir", "/srv/gw")[2]


def test_a_file_system_that_takes_no_swap_file(tmp_path):
    assert "bcachefs" in plan(two(tmp_path).mounts("/dev/vda1 / bcachefs rw 0 0"))[1]["swap"]["why"]


@pytest.mark.parametrize("group, kind", [("/kubepods.slice/kubepods-podx.slice/cri-containerd-y.scope", "container"), ("/pod1c2d/9f", "container"),
                                         ("/ecs/6af3/1b2c", "container"), ("/lxc.payload.web/init.scope", "lxc"), ("/init.scope", "kvm"), ("/", "kvm")])
def test_a_container_by_the_group_of_its_first_process(tmp_path, group, kind):
    tree = four(tmp_path).put("/proc/1/cgroup", f"0::{group}\n")
    assert plan(tree)[1]["machine"]["virt"] == kind
