# SPDX-License-Identifier: MIT
"""
Installing vpsfit never removes an engine: apt's decisions for each release and each state of a machine. Debian's archive is the real
one. Ubuntu's cannot be reached from everywhere: a flat repository made of the names, versions and relations in releases.yaml and
engines.yaml replaces it, and Debian's apt of about the same age resolves them. Docker's packages always come from engines.yaml: empty
packages with the real relations. The whole table is written to build/package/engines.txt.
"""

import re
import subprocess

import pytest
import yaml

from conftest import ROOT, WORK, Tree, deb

RELEASES = yaml.safe_load((ROOT / "tests/package/releases.yaml").read_text())
ENGINES = yaml.safe_load((ROOT / "tests/package/engines.yaml").read_text())

# Release, and the Debian whose apt resolves it.
ON = {"Debian 12": "bookworm", "Debian 13": "trixie", "Debian sid": "sid",
      "Ubuntu 22.04": "bookworm", "Ubuntu 24.04": "trixie", "Ubuntu 26.04": "sid"}
CE = ("docker-ce", "docker-ce-cli", "containerd.io")
PLUGIN = ("docker-compose-plugin", "docker-buildx-plugin")
# What is installed, and whether Docker's repository is configured.
STATES = {
    "bare": ((), False),
    "bare, Docker's repository": ((), True),
    "docker-ce, plugin in the repository": (CE, True),
    "docker-ce without the plugin": (CE, False),
    "docker-ce with the plugin": ((*CE, *PLUGIN), False),
    "docker-ce with the plugin, repository": ((*CE, *PLUGIN), True),
    "docker-ce, rootless, without the plugin": ((*CE, "docker-ce-rootless-extras"), False),
    "docker-ce-cli alone": (("docker-ce-cli",), False),
    "containerd.io alone": (("containerd.io",), False),
    "containerd.io alone, repository": (("containerd.io",), True),
    "podman + podman-docker": (("podman", "podman-docker"), False),
    "podman + podman-docker, repository": (("podman", "podman-docker"), True),
    "podman": (("podman",), False),
    "docker.io alone": (("docker.io",), False),
    "docker.io alone, repository": (("docker.io",), True),
    "docker.io + docker-compose": (("docker.io", "docker-compose"), False),
    "docker.io + docker-compose, repository": (("docker.io", "docker-compose"), True),
    "moby-engine": (("moby-engine", "moby-cli", "moby-containerd"), False),
}
COMPOSE = {"docker-compose", "docker-compose-v2", "docker-compose-plugin"}
TABLE = WORK / "engines.txt"


def paragraphs(packages, installed=False):
    status = "Status: install ok installed\nPriority: optional\nSection: admin\n" if installed else ""
    return "".join(f"Package: {name}\n{status}Architecture: amd64\nMaintainer: nobody <nobody@example.org>\n"
                   + "".join(f"{k}: {v}\n" for k, v in fields.items())
                   + ("" if installed else f"Filename: ./{name}.deb\nSize: 1000\n")
                   + f"Description: {name}\n\n" for name, fields in packages.items())


class Machine:
    """apt with the archive of one release and a set of packages that count as installed."""

    def __init__(self, release, repo):
        self.release = release
        self.tree = Tree(ON[release], repo)
        self.ubuntu = release.startswith("Ubuntu")
        self.own = {**ENGINES["docker"], **ENGINES["moby"]}
        self.flat("docker", ENGINES["docker"])
        if self.ubuntu:
            has = {k: {"Version": v} for k, v in RELEASES[release].items() if k != "recommends"}
            archive = {**ENGINES["ubuntu"], **(ENGINES["ubuntu-v1"] if release != "Ubuntu 26.04" else {})}
            self.own |= archive
            self.flat("archive", {**archive, **has})
            self.base = paragraphs({k: v for k, v in has.items() if k in ("libc6", "debconf", "libblkid1", "libmount1")}, installed=True)
        else:
            self.base = self.tree.path("/var/lib/dpkg/status").read_text()
            self.copy_archive()
        self.configure(careless())

    def flat(self, name, packages):
        path = self.tree.path(f"/root/{name}")
        path.mkdir(parents=True)
        (path / "Packages").write_text(paragraphs(packages))

    def copy_archive(self):
        """Copies everything from Debian's archive that an engine or vpsfit could pull in, because apt reads it a hundred times."""
        seeds = "docker.io docker-compose podman podman-docker libjansson4 libyaml-0-2 libnewt0.52 libmount1 libblkid1 debconf"
        seeds += "" if self.release == "Debian 12" else " docker-cli"
        self.tree.run("mkdir /root/archive\napt-cache depends --recurse --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "
                      f"{seeds} | grep -o '^[a-z0-9][^ :]*' | sort -u >/root/names\n"
                      "xargs -r apt-cache show </root/names >/root/archive/Packages || true")
        has = set(re.findall(r"^Package: (\S+)$", self.tree.path("/root/archive/Packages").read_text(), re.M))
        assert has >= set(seeds.split()) and len(has) > 200, sorted(has)

    def parts(self, name, *lines):
        path = self.tree.path(f"/root/parts-{name}")
        path.mkdir()
        (path / "all.list").write_text("".join(f"deb {line} ./\n" for line in lines))
        # One cache per set of lists: between states only the installed packages change.
        self.tree.path(f"/root/cache-{name}").mkdir()
        return f"-o Dir::Etc::SourceParts=/root/parts-{name} -o Dir::Cache=/root/cache-{name} -o Dir::Etc::SourceList=/dev/null " \
            "-o Dir::State::Lists=/root/lists"

    def configure(self, careless):
        """Sets up apt's sources: their lists are read once, and each call selects some of them."""
        self.tree.path("/root/lists").mkdir()
        self.flat("careless", {})
        self.tree.path("/root/careless/Packages").write_text(careless)
        lines = ["[signed-by=/etc/apt/keyrings/vpsfit.asc] file:/repo", "[trusted=yes] file:/root/archive"]
        docker, other = "[trusted=yes] file:/root/docker", "[trusted=yes] file:/root/careless"
        self.options = {"plain": self.parts("plain", *lines), "docker": self.parts("docker", *lines, docker),
                        "careless": self.parts("careless", *lines, other)}
        every = self.parts("every", *lines, docker, other)
        self.tree.run(f"apt-get -q update {every}")

    def installed(self, names):
        """Writes the status file with these packages and, from Debian, everything that they depend on."""
        made = {n: self.own[n] for n in names if n in self.own}
        if self.ubuntu:
            for name in list(made):
                for need in re.findall(r"(containerd|runc)\b", made[name].get("Depends", "")):
                    if need in self.own and not {"containerd.io", "moby-containerd"} & made.keys():
                        made[need] = self.own[need]
                        made |= {"runc": self.own["runc"]}
        text = self.base + "\n" + paragraphs(made, installed=True)
        real = [n for n in names if n not in self.own]
        if real:
            said = self.tree.run(f"apt-get -q -s --no-install-recommends {self.options['plain']} install {' '.join(real)}").text
            closure = re.findall(r"^Inst (\S+) \((\S+)", said, re.M)
            assert {n for n, _ in closure} >= set(real), said
            shown = self.tree.run(f"apt-cache {self.options['plain']} show " + " ".join(f"{n}={v}" for n, v in closure)).stdout
            text += "\n" + re.sub(r"^(Package: .*)$", r"\1\nStatus: install ok installed", shown, flags=re.M)
        self.tree.path("/root/status").write_text(text)

    def simulate(self, options, package="vpsfit"):
        """What installing it would add and remove."""
        said = self.tree.run(f"apt-get -q -s -y -o APT::Install-Recommends=true -o Dir::State::Status=/root/status {options} "
                             f"install {package}", check=False)
        assert said.returncode == 0, said.text
        return re.findall(r"^Inst (\S+)", said.text, re.M), re.findall(r"^Remv (\S+)", said.text, re.M)


def careless():
    """A bad variant of the package: its Recommends only lists the release's own engine and docker-ce."""
    control = subprocess.run(["dpkg-deb", "-f", deb()], capture_output=True, text=True, check=True).stdout
    control = re.sub(r"^Recommends:.*(\n .*)*", "Recommends: docker.io | docker-ce, docker-compose-v2 | docker-compose (>= 1.29)", control, flags=re.M)
    return control.replace("Package: vpsfit\n", "Package: vpsfit-careless\n") + "Filename: ./vpsfit-careless.deb\nSize: 1000\n\n"


@pytest.fixture(scope="module", params=ON)
def machine(request, repo):
    made = Machine(request.param, repo)
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", made.tree.dir], check=True)


@pytest.fixture(scope="module", autouse=True)
def table():
    rows = []
    yield rows
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("".join(rows))


def solvers(machine):
    """Both solvers of apt 3: release and settings decide which one is used."""
    has = machine.tree.run("apt-get --version | head -n 1").stdout.split()[1]
    return [""] if has < "3" else ["-o APT::Solver=internal", "-o APT::Solver=3.0"]


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_removed(machine, state, table):
    names, docker = STATES[state]
    there = set(names)
    machine.installed([n for n in names if n != "docker-compose" or machine.release != "Ubuntu 26.04"])
    for solver in solvers(machine):
        comes, goes = machine.simulate(f"{machine.options['docker' if docker else 'plain']} {solver}")
        new = sorted(n for n in comes if re.search(r"docker|podman|containerd|moby", n))
        table.append(f"{machine.release:13} {state:40} {solver[15:]:9} {len(goes)} removed; new: vpsfit {' '.join(new)}\n")
        assert "vpsfit" in comes and goes == [], (solver, comes, goes)
        if not there or there == {"podman"}:
            assert "docker.io" in new and COMPOSE & set(new), (solver, new)
        elif there == {"docker.io"}:
            assert COMPOSE & set(new), (solver, new)
        elif machine.release != "Ubuntu 26.04" or "docker-compose" not in there:
            assert new == [], (solver, new)


def test_the_test_can_fail(machine):
    """A careless package would remove docker-ce without its plugin."""
    machine.installed(CE)
    comes, goes = machine.simulate(f"{machine.options['careless']} -o APT::Solver=internal", "vpsfit-careless")
    assert "docker-ce" in goes or "docker-ce-cli" in goes, (comes, goes)
