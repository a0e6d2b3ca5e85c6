# SPDX-License-Identifier: MIT
"""The package itself: its contents, that it can be rebuilt, and that every target release can install it."""

import pathlib
import re
import subprocess

import pytest
import yaml

from conftest import ROOT, VERSION, WORK, bash, deb

RELEASES = yaml.safe_load((ROOT / "tests/package/releases.yaml").read_text())


def output(*command, **kwargs):
    return subprocess.run(command, capture_output=True, check=True, **{"text": True, **kwargs}).stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    target = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "-x", deb(), target], check=True)
    return target


def field(name):
    return output("dpkg-deb", "-f", deb(), name).strip()


def test_one_version_everywhere():
    assert field("Version") == VERSION
    assert re.fullmatch(rf"{re.escape(VERSION)}-\d+", output("dpkg-parsechangelog", "-S", "Version", cwd=ROOT).strip())


def test_it_never_depends_on_docker():
    assert "docker" not in field("Depends")
    names = set(re.findall(r"docker[a-z.-]*\d?", field("Recommends")))
    assert {"docker.io", "docker-ce", "docker-compose-plugin", "docker-compose-v2", "docker-compose"} <= names
    # Any installed engine satisfies every clause.
    for clause in field("Recommends").split(", "):
        assert {"docker-ce", "docker-ce-cli", "containerd.io", "podman-docker"} <= {a.split()[0] for a in clause.split("|")}, clause


@pytest.mark.parametrize("release", RELEASES)
def test_every_release_has_what_it_depends_on(release):
    has = RELEASES[release]
    for clause in field("Depends").split(", "):
        def satisfied(alternative):
            name, _, rest = alternative.partition(" ")
            relation, _, version = rest.strip("()").partition(" ")
            if name not in has:
                return False
            return not version or subprocess.run(
                ["dpkg", "--compare-versions", has[name], relation, version], check=False).returncode == 0
        assert any(satisfied(alternative.strip()) for alternative in clause.split("|")), (release, clause)
    for clause in field("Recommends").split(", "):
        assert any(a.split()[0] in has["recommends"] for a in clause.split("|")), (release, clause)


def test_no_symbol_is_newer_than_the_oldest_release(unpacked):
    symbols = output("objdump", "-T", unpacked / "usr/sbin/vpsfit")
    glibc = {tuple(map(int, v.split("."))) for v in re.findall(r"GLIBC_([0-9.]+)", symbols)}
    oldest = min(tuple(map(int, r["libc6"].split("."))) for r in RELEASES.values())
    assert glibc and max(glibc) <= oldest, max(glibc)
    assert "libjansson.so" not in symbols
    assert "libnewt.so" not in symbols and "libslang.so" not in symbols
    for library, pattern in (("libmount1", r"MOUNT_([0-9.]+)"), ("libblkid1", r"BLKID_([0-9.]+)")):
        for version in set(re.findall(pattern, symbols)) - {""}:
            for release, has in RELEASES.items():
                assert tuple(map(int, version.split("."))) <= tuple(map(int, has[library].split("."))), (release, version)


@pytest.mark.parametrize("package, soname, listed, call, version", [
    ("libnewt0.52", "libnewt.so.0.52", "NEWT_CALLS", "newt{}", r" NEWT_([0-9.]+) "),
    ("libslang2", "libslang.so.2", "SLANG_CALLS", "{}", r" SLANG(2)[0-9.]* ")])
def test_the_screen_libraries_may_be_old(package, soname, listed, call, version):
    """They are loaded by name: each function that is asked for is in the oldest version that Depends allows."""
    header = (ROOT / "wizard/ui/newt_library.h").read_text()
    names = re.findall(r"X\((\w+)\)", re.search(rf"#define {listed}\(X\)((?:.*\\\n)*.*)", header).group(1))
    assert len(names) >= 4
    wanted = tuple(map(int, re.search(rf"{re.escape(package)} \(>= ([0-9.]+)\)", field("Depends")).group(1).split(".")))
    library = next(pathlib.Path("/usr/lib/x86_64-linux-gnu").glob(soname))
    defined = {line.split()[-1]: line for line in output("objdump", "-T", library).splitlines() if ".text" in line}
    for name in names:
        since = re.search(version, defined[call.format(name)]).group(1)
        assert tuple(map(int, since.split("."))) <= wanted, (name, since)


def test_it_runs_with_the_oldest_jansson(unpacked):
    """Debian 11 has the 2.13 of Ubuntu 22.04, without symbol versions: the loader must not complain."""
    target = WORK / "jansson-2.13"
    if not list(target.glob("*.deb")):
        bash('''site=$(roots_mirror); mkdir -p "$1"; cd "$1"
            get=/usr/lib/apt/apt-helper
            $get download-file "$site/dists/bullseye/main/binary-amd64/Packages.xz" Packages.xz
            name=$(xz -dc Packages.xz | awk -v RS= '/^Package: libjansson4\\n/' | sed -n 's/^Filename: //p')
            $get download-file "$site/$name" "${name##*/}"; rm Packages.xz''', target)
    library = next(target.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", library, target], check=True)
    path = target / "usr/lib/x86_64-linux-gnu"
    assert (path / "libjansson.so.4").resolve().name == "libjansson.so.4.13.0"
    done = subprocess.run(
        [unpacked / "usr/sbin/vpsfit", "detect", "--json"], capture_output=True, text=True, check=True,
        env={"LD_LIBRARY_PATH": str(path), "VPSFIT_DATADIR": str(unpacked / "usr/share/vpsfit")})
    assert done.stderr == "" and yaml.safe_load(done.stdout)["schema"] == "vpsfit.machine/1"


@pytest.mark.parametrize("unit", ["vpsfit-recover", "vpsfit-notice"])
def test_the_units_are_confined(unpacked, unit):
    """The scale ends at 10.0; both units promise at most 4.0."""
    path = unpacked / f"usr/lib/systemd/system/{unit}.service"
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=40", path], capture_output=True,
                          text=True, check=False)
    score = re.search(r"exposure level.*: ([0-9.]+)", done.stdout)
    assert done.returncode == 0 and score and float(score.group(1)) <= 4.0, done.stdout[-200:] + done.stderr
    assert path.read_text().endswith("\n[Install]\nWantedBy=multi-user.target\n")
    assert not (unpacked / "lib").exists() and not list(unpacked.rglob("*.wants"))


def test_recover_has_no_mount_namespace(unpacked):
    """Swap turned on in one has a wrong name in /proc/swaps after the service has ended."""
    text = (unpacked / "usr/lib/systemd/system/vpsfit-recover.service").read_text()
    assert not re.search(r"^(Private(Tmp|Devices|Mounts|Users|Network)|Protect(System|Home|Proc|Hostname|Kernel\w+|ControlGroups)|"
                         r"(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths|Temporary\w+|Bind\w+|Root\w+|MountFlags|ProcSubset)=", text, re.M)


@pytest.mark.parametrize("name", ["gw-0123456789abcdef", ".gw-0123456789abcdef", "..gw-0123456789abcdef", "...-0123456789abcdef", None])
@pytest.mark.parametrize("unit, what", [("recover", "tx"), ("recover", "history/000001/dropping"), ("notice", "history")])
def test_a_unit_runs_for_every_stack(unpacked, tmp_path, unit, what, name):
    """Whatever its directory's name, and not if there is no stack."""
    text = (unpacked / f"usr/lib/systemd/system/vpsfit-{unit}.service").read_text()
    patterns = re.findall(r"^ConditionPathExistsGlob=\|(.*)$", text, re.M)
    assert patterns == re.findall(r"^Condition\w+=\|?(.*)$", text, re.M) and all(p.startswith("/var/lib/vpsfit/") for p in patterns)
    state = tmp_path / "var/lib/vpsfit"
    state.mkdir(parents=True)
    (state.parent / "tx").mkdir()
    if name:
        (state / name / what).mkdir(parents=True)
    # Shell patterns follow glob(7), like systemd's; in Python's glob, "[!.]" does not exclude a leading dot.
    found = subprocess.run(["sh", "-c", f'for p in {" ".join(str(tmp_path) + p for p in patterns)}; do [ ! -e "$p" ] || echo "$p"; done'],
                           capture_output=True, text=True, check=True).stdout
    assert bool(found) == bool(name)


def test_hardening(unpacked):
    program = unpacked / "usr/sbin/vpsfit"
    headers, dynamic = output("readelf", "-lW", program), output("readelf", "-dW", program)
    assert "GNU_RELRO" in headers and "BIND_NOW" in dynamic and "(FLAGS_1)" in dynamic and "PIE" in dynamic
    assert "__stack_chk_fail" in output("objdump", "-T", program)


def test_the_preseed_has_the_answers_own_names():
    templates = (ROOT / "debian/vpsfit.templates").read_text()
    names = set(re.findall(r"^Template: vpsfit/(.*)$", templates, re.M)) - {"apply"}
    options = set(re.findall(r"--([a-z-]+)", output(ROOT / "build/debug/vpsfit", "apply", "--help")))
    assert names and names <= options
    for script in ("config", "postinst"):
        assert set(re.findall(r"(?<!/)vpsfit/([a-z-]+)", (ROOT / f"debian/vpsfit.{script}").read_text())) == names | {"apply"}
    for path in [ROOT / "installer/manual/vpsfit.8.in", *(ROOT / "templates/cloud-init").glob("*.yaml")]:
        for name, kind in re.findall(r"vpsfit vpsfit/([a-z-]+) (\w+)", path.read_text()):
            assert f"Template: vpsfit/{name}\nType: {kind}\n" in templates, path


def test_no_question_is_asked_at_the_usual_priority():
    config = (ROOT / "debian/vpsfit.config").read_text()
    assert set(re.findall(r"db_input (\w+)", config)) == {"medium", "low"}


def test_no_maintainer_script_has_a_screen():
    for script in ("postinst", "config", "postrm"):
        text = (ROOT / f"debian/vpsfit.{script}").read_text()
        assert not re.search(r"whiptail|dialog|/dev/tty|\bread -p|isatty|\[ -t ", text)
