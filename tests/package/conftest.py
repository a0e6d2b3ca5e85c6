# SPDX-License-Identifier: MIT
"""
Shared by the tests of the package: the built packages, repositories of them, and Debian trees to install them in. tests/tools/roots.sh
makes the trees; each test gets a fresh one, without network and terminal.
"""

import fcntl
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
# Each of the processes that the tests are shared out to has its own.
WORK = ROOT / "build" / "package" / os.environ.get("PYTEST_XDIST_WORKER", "")
VERSION = (ROOT / "Makefile").read_text().split("\nVERSION := ")[1].split("\n")[0]
SUITES = ("bookworm", "trixie")

# Seconds until a command counts as hanging; generous, for emulation and busy machines.
HANG = 300

# Gives apt its lists and downloads the packages that vpsfit needs.
PREPARE = """set -e
# A mirror may be a snapshot; of sid's, which changes every day, that is noticed first.
echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/81snapshot
apt-get -q update
apt-get -q -y install --download-only libjansson4 libyaml-0-2 libnewt0.52 libmount1 libblkid1
apt-get -q -y install debconf-utils
mkdir -p /srv/debs
for p in jansson4 yaml-0-2 newt0.52 slang2 popt0 mount1 blkid1 uuid1; do
	cp "/var/cache/apt/archives/lib$p"_*.deb /srv/debs || true
done
"""

# apt reads its lists in every test, several times: of the archive's sixty thousand packages this keeps what is installed, and what
# vpsfit, an engine and a Compose could bring.
SEEDS = "docker.io docker-cli docker-compose podman podman-docker libjansson4 libyaml-0-2 libnewt0.52 libmount1 libblkid1 debconf"
SHORTEN = f"""
for seed in {SEEDS}; do
	apt-cache depends --recurse --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances $seed 2>/dev/null || true
done | grep -o '^[a-z0-9][^ :]*' | sort -u >/root/names
dpkg-query -W -f '${{Package}}\\n' >>/root/names
for list in /var/lib/apt/lists/*_Packages; do
	awk 'BEGIN {{ while ((getline name <"/root/names") > 0) keep[name]; RS = ""; ORS = "\\n\\n" }} $2 in keep' "$list" >/root/list
	mv /root/list "$list"
done
rm -f /root/names /var/cache/apt/*.bin
apt-cache policy >/dev/null
"""

def bash(script, *args, check=True, env=None):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f". {shlex.quote(str(ROOT / 'tests/tools/roots.sh'))}\n{script}", "bash",
         *map(str, args)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3 * HANG,
        env={**os.environ, **(env or {})}, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def deb(arch="amd64"):
    return DIST / f"vpsfit_{VERSION}_{arch}.deb"


def repository(name, *packages):
    target = WORK / name
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([ROOT / "tests/package/make-repo", target, *packages], check=True, env={**os.environ, "URL": "file:/repo"})
    return target


@pytest.fixture(scope="session")
def repo():
    """A repository with the package as built."""
    return repository("repo", deb())


@pytest.fixture(scope="session")
def newer_repo(tmp_path_factory):
    """The same program as a later version."""
    tree = tmp_path_factory.mktemp("newer") / "tree"
    newer = tree.parent / f"vpsfit_{VERSION}+1_amd64.deb"
    subprocess.run(["dpkg-deb", "-R", deb(), tree], check=True)
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text().replace(f"Version: {VERSION}\n", f"Version: {VERSION}+1\n"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, newer], check=True, stdout=subprocess.DEVNULL)
    return repository("newer-repo", newer)


@pytest.fixture(scope="session")
def earlier_repo():
    """The package of 0.1.0, built from its commit: that takes the project's history."""
    commit = (ROOT / "tests/cli/0.1.0/commit").read_text().strip()
    target = WORK / "earlier"
    built = target / "vpsfit_0.1.0_amd64.deb"
    if not built.exists():
        subprocess.run([ROOT / "tests/package/build-deb", "amd64", target], check=True, env={**os.environ, "BUILD_COMMIT": commit})
    return repository("earlier-repo", built)


@pytest.fixture(scope="session")
def source_package():
    with open(DIST / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "dsc"], cwd=ROOT, check=True, capture_output=True)
    return [DIST / f"vpsfit_{VERSION}-1.dsc", DIST / f"vpsfit_{VERSION}-1.debian.tar.xz", DIST / f"vpsfit_{VERSION}.orig.tar.gz"]


# lintian with all that it has to say.
SILENT = "lintian --allow-root -I --pedantic"
# Each release's lintian has a tag of its own for the sampler, which is static: the other one's override is unused there.
UNUSED = re.compile(r"I: vpsfit: unused-override \S+ \[usr/libexec/vpsfit/sampler\] .*|N: 0 hints overridden; 1 unused override")


def said_by(code, text):
    return code, "".join(line + "\n" for line in text.splitlines() if not UNUSED.fullmatch(line))


UPDATE = """set -e
# A mirror may be a snapshot; of sid's, which changes every day, that is noticed first.
echo 'Acquire::Check-Valid-Until "false";' >/etc/apt/apt.conf.d/81snapshot
apt-get -q update
"""
OPEN = """a=$(roots_derived "$1-$2" "$2" /bin/sh -c "$3"); r=$(roots_open "$a" "$1"); trap 'roots_clean "$r"' EXIT
mkdir "$r/dist"; command=$4; shift 4; cp "$@" "$r/dist"; echo said:
ROOTS_NET=none roots_run "$r" /bin/bash -ec "cd /dist; $command" 2>&1"""


def in_tree(name, suite, prepare, command, *files):
    """Runs the command with the files in a tree of the suite, prepared once. Returns its exit code and what it said."""
    done = bash(OPEN, name, suite, UPDATE + prepare, command, *files, check=False)
    return done.returncode, done.stdout.split("said:\n")[-1] + (done.stderr if done.returncode else "")


# --- the table of releases and ways, printed at the end --------------------------------------------------------------

RELEASE_OF = {"bookworm": "Debian 12", "trixie": "Debian 13", "sid": "Debian sid"}
# Ways in the table's order; a test with the marker `way` is one of them, or its parameter "state" says which.
WAYS = ("without Recommends", "with Recommends", "preseed", "upgrade", "downgrade", "purge", "docker-ce", "podman")


def pytest_configure(config):
    config.addinivalue_line("markers", "way(name): a way to install that the table has")


def ways_of(item):
    """The release and the ways that a test stands for."""
    params = getattr(item, "callspec", None) and item.callspec.params or {}
    names = [marker.args[0] for marker in item.iter_markers("way")]
    if "state" in params:
        names += [way for way in ("docker-ce", "podman") if way in str(params["state"])]
    release = RELEASE_OF.get(params.get("tree", params.get("suite", "bookworm")), "Debian 12")
    return params.get("machine", release), names


def static_tree(item):
    """The tree that a test of the static archive is run in."""
    if "apkbuild" in item.name:
        return "Alpine's APKBUILD, by a shell"
    if "systemd" in item.name:
        return "systemd's units"
    return getattr(item, "callspec", None) and item.callspec.params.get("init") or "busybox alone, no glibc"


# (release, way) or ("static", tree): was it as intended?
SEEN = {}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """The report takes the ways to the process that prints the table."""
    report = (yield).get_result()
    if report.when == "call" or report.failed:
        release, names = ways_of(item)
        report.user_properties += [("way", [release, name]) for name in names]
        if item.path.name == "test_static.py":
            report.user_properties.append(("way", ["static", static_tree(item)]))


def pytest_runtest_logreport(report):
    for kind, value in report.user_properties:
        if kind == "way" and (report.when == "call" or report.failed):
            SEEN[tuple(value)] = SEEN.get(tuple(value), True) and report.passed


CELLS = {True: "as intended", False: "NOT AS INTENDED", None: "-"}


def pytest_terminal_summary(terminalreporter):
    releases = sorted({release for release, _ in SEEN} - {"static"})
    if releases:
        terminalreporter.write_line("")
        terminalreporter.write_line(f"{'':14}" + "".join(f"{way:20}" for way in WAYS))
    for release in releases:
        terminalreporter.write_line(f"{release:14}" + "".join(f"{CELLS[SEEN.get((release, way))]:20}" for way in WAYS))
    for release, tree in sorted(SEEN):
        if release == "static":
            terminalreporter.write_line(f"static archive: {tree}: {CELLS[SEEN[release, tree]]}")


class Tree:
    """A fresh Debian to install into; `more` is a name and the packages that it has besides."""

    def __init__(self, suite, repo, more=("test", "")):
        self.suite = suite
        prepare = PREPARE + (f"apt-get -q -y install {more[1]}\n" if more[1] else "") + SHORTEN
        self.dir = pathlib.Path(bash(
            'a=$(roots_derived "$3-$1" "$1" /bin/sh -c "$2"); roots_open "$a" "test-$1"', suite, prepare, more[0])
            .stdout.strip().splitlines()[-1])
        self.repo = repo
        for package in (self.dir / "srv/debs").iterdir():
            package.rename(self.dir / "var/cache/apt/archives" / package.name)
        self.use(repo)

    def use(self, repo):
        """Switches to this repository and its key. What apt says of it is in self.updated."""
        self.repo = repo
        (self.dir / "etc/apt/keyrings").mkdir(parents=True, exist_ok=True)
        shutil.copy(repo / "vpsfit.asc", self.dir / "etc/apt/keyrings/vpsfit.asc")
        shutil.copy(repo / "vpsfit.sources", self.dir / "etc/apt/sources.list.d/vpsfit.sources")
        # apt goes back to no list that was made earlier.
        self.updated = self.run("rm -f /var/lib/apt/lists/_repo_*\n"
                                "apt-get -q update -o Dir::Etc::SourceList=sources.list.d/vpsfit.sources "
                                "-o Dir::Etc::SourceParts=- -o APT::Get::List-Cleanup=0").text

    def run(self, script, check=True, term=None):
        """Runs a shell script in the tree; returns its output in order and its exit code."""
        done = bash('root=$1; repo=$2; shift 2; roots_run "$root" -b "$repo:/repo" "$@"', self.dir, self.repo, "/bin/sh", "-euc",
                    f"exec 2>&1\n{script}", check=False, env={"ROOTS_NET": "none", "TERM_INSIDE": term or ""})
        done.text = done.stdout + done.stderr
        assert not check or done.returncode == 0, done.text
        return done

    def install(self, check=True, term=None, prefix=""):
        """Like people do it, without a noninteractive frontend: apt gives dpkg a pseudo-terminal."""
        return self.run(f"{prefix}\nunset DEBIAN_FRONTEND\ntimeout -k 5 {HANG} apt-get -q -y install vpsfit",
                        check=check, term=term)

    def preseed(self, **answers):
        answers = {"apply": "true", "swap": "none", **answers}
        lines = "".join(f"vpsfit vpsfit/{k.replace('_', '-')} {'boolean' if k == 'apply' else 'string'} {v}\n"
                        for k, v in answers.items())
        self.run(f"debconf-set-selections <<'END'\n{lines}END")

    def status(self):
        return self.run("dpkg-query -W -f '${db:Status-Status}' vpsfit", check=False).stdout

    def path(self, name):
        return self.dir / name.lstrip("/")


@pytest.fixture
def tree(request, repo):
    """A fresh tree; Debian 12 unless a test selects another suite."""
    made = Tree(getattr(request, "param", "bookworm"), repo)
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", made.dir], check=True)


everywhere = pytest.mark.parametrize("tree", SUITES, indirect=True)
on_sid_too = pytest.mark.parametrize("tree", (*SUITES, "sid"), indirect=True)
