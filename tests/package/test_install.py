# SPDX-License-Identifier: MIT
"""apt install, upgrade, remove and purge, as people do it, on every Debian that the package is made for."""

import re
import subprocess

import pytest

from conftest import ROOT, VERSION, deb, everywhere, on_sid_too

STACK = ("compose.yaml", ".env", "nginx/nginx.conf", "litellm/config.yaml", "litellm/vpsfit_launch.py")


def stack_bytes(tree, directory="/opt/ai-gateway"):
    return {name: tree.path(f"{directory}/{name}").read_bytes() for name in STACK}


def our_lines(done):
    return [line for line in done.text.splitlines() if line.startswith("vpsfit:")]


@pytest.mark.way("without Recommends")
@on_sid_too
def test_installing_changes_nothing_and_says_one_line(tree):
    said = our_lines(tree.install())
    assert len(said) == 1 and "nothing on this machine was changed" in said[0] and "'vpsfit plan'" in said[0]
    assert tree.status() == "installed"
    for name in ("/opt/ai-gateway", "/var/lib/vpsfit", "/swapfile", "/run/vpsfit"):
        assert not tree.path(name).exists(), name
    assert tree.run("vpsfit --version").stdout.strip() == f"vpsfit {VERSION}"


@everywhere
def test_the_installed_program_does_its_job(tree):
    tree.install()
    script = (ROOT / "debian/tests/installed").read_text()
    tree.path("/root/installed").write_text(script)
    tree.run("dpkg-query -W python3-minimal >/dev/null 2>&1 || { mkdir -p /usr/local/bin; "
             "printf '#!/bin/sh\\ncat\\n' >/usr/local/bin/python3; chmod +x /usr/local/bin/python3; }\n"
             "PATH=$PATH:/usr/local/bin AUTOPKGTEST_TMP=/root/work sh -x /root/installed")
    assert tree.path("/root/work/gateway/compose.yaml").exists()


@pytest.mark.way("with Recommends")
@everywhere
def test_an_engine_and_a_compose_come_along(tree):
    """With apt's default settings; simulated."""
    said = tree.run("apt-get -q -s -o APT::Install-Recommends=true install vpsfit").text
    new = dict(re.findall(r"^Inst (\S+) \((\S+)", said, re.M))
    assert {"vpsfit", "docker.io", "docker-compose"} <= new.keys() and "Remv" not in said, said
    assert new["docker-compose"].startswith({"bookworm": "1.29.2", "trixie": "2."}[tree.suite])
    # Debian 13 has the command in a separate package.
    assert tree.suite == "bookworm" or "docker-cli" in new
    said = tree.run("apt-get -q -s --no-install-recommends install vpsfit").text
    assert not re.search(r"^Inst \S*docker", said, re.M)


@pytest.mark.way("preseed")
@pytest.mark.way("purge")
@on_sid_too
def test_preseeded_it_does_the_whole_job_and_purge_leaves_the_stack(tree):
    tree.preseed(profile="SMALL_VPS", port="9090")
    done = tree.install(term="vt220")
    assert tree.status() == "installed" and "SMALL_VPS" in done.text
    assert not re.search("\033\\[[0-9;]*[1-9]", done.text.split("Machine   ")[1].split("Done.")[0])
    before = stack_bytes(tree)
    assert b"\nGATEWAY_PORT=9090\n" in before[".env"]
    assert tree.path("/opt/ai-gateway/.env").stat().st_mode & 0o777 == 0o600
    tree.path("/etc/vpsfit/own.yaml").write_text("# mine\n")
    tree.run("apt-get -q -y remove vpsfit")
    assert tree.path("/var/lib/vpsfit").is_dir() and stack_bytes(tree) == before
    tree.run("apt-get -q -y purge vpsfit")
    assert not tree.path("/var/lib/vpsfit").exists() and stack_bytes(tree) == before
    assert tree.path("/etc/vpsfit/own.yaml").read_text() == "# mine\n"
    left = tree.run("find / -xdev -name '*vpsfit*' -not -path '/repo*' -not -path '/etc/apt/*' "
                    "-not -path '/var/lib/apt/*' -not -path '/var/cache/*' -not -path '/proc/*' -not -path '/etc/vpsfit*' "
                    "-not -path '/var/log/*' -not -path '/opt/ai-gateway/*'").stdout.split()
    assert left == []
    assert "vpsfit" not in tree.run("debconf-show vpsfit; cat /var/cache/debconf/config.dat").stdout


@pytest.mark.way("upgrade")
@everywhere
def test_upgrade_keeps_state_and_applies_nothing(tree, newer_repo):
    tree.preseed()
    tree.install()
    compose = tree.path("/opt/ai-gateway/compose.yaml")
    compose.write_bytes(re.sub(rb'"\d+" # vpsfit: workers', b'"7" # vpsfit: workers', compose.read_bytes()) + b"# mine\n")
    before = stack_bytes(tree)
    tree.use(newer_repo)
    done = tree.install()
    assert tree.run("dpkg-query -W -f '${Version}' vpsfit").stdout == f"{VERSION}+1"
    assert our_lines(done) == [] and tree.status() == "installed"
    assert stack_bytes(tree) == before and b'"7" # vpsfit: workers' in before["compose.yaml"]
    assert "edited since" in tree.run("vpsfit status", check=False).text
    # The new version still asks about the edit: its state was not lost.
    assert "code 5" in tree.run("vpsfit apply --yes --swap none || echo code $?").text
    tree.run("vpsfit apply --yes --swap none --keep-edits")
    assert b'"7" # vpsfit: kept as it was edited by hand' in compose.read_bytes() and compose.read_bytes().endswith(b"# mine\n")


@pytest.mark.parametrize("term", ["", "dumb", "vt220"])
def test_no_question_whatever_term_is(tree, term):
    done = tree.install(term=term)
    assert tree.status() == "installed" and "\033[?" not in done.text
    done = tree.run("unset DEBIAN_FRONTEND; code=0; timeout -k 5 60 vpsfit || code=$?; echo code $code", term=term, check=False)
    assert "code 4" in done.text
    tree.run("unset DEBIAN_FRONTEND; timeout -k 5 120 apt-get -q -y purge vpsfit", term=term)


def test_reconfigure_applies(tree):
    tree.install()
    tree.preseed()
    tree.run("timeout 120 dpkg-reconfigure -fnoninteractive vpsfit")
    assert set(stack_bytes(tree)) == set(STACK)


def test_an_answers_file_can_be_preseeded(tree):
    tree.path("/root/answers.yaml").write_text("workers: 3\nbind: 0.0.0.0\n")
    tree.preseed(answers="/root/answers.yaml", workers="")
    tree.install()
    assert b"num_workers" in stack_bytes(tree)["compose.yaml"]
    assert "3 workers" in tree.run("vpsfit status").text


ANSWERS = "profile: LARGE_VPS\nworkers: 3\nswap: none\ndir: /opt/elsewhere\nport: 9090\n"


def applied(tree, directory):
    """Which of the answers are in the written stack."""
    compose = tree.path(f"{directory}/compose.yaml").read_text()
    return re.search(r'"(\d+)" # vpsfit: workers', compose).group(1), "9090" in tree.path(f"{directory}/.env").read_text()


@everywhere
def test_what_debconf_was_not_told_the_answers_file_says(tree):
    tree.path("/root/answers.yaml").write_text(ANSWERS)
    tree.run("debconf-set-selections <<'END'\nvpsfit vpsfit/apply boolean true\nvpsfit vpsfit/answers string /root/answers.yaml\nEND")
    done = tree.install()
    assert tree.status() == "installed" and not tree.path("/opt/ai-gateway").exists(), done.text
    assert applied(tree, "/opt/elsewhere") == ("3", True) and "LARGE_VPS" in done.text
    assert not tree.path("/swapfile").exists()


def test_what_debconf_was_told_goes_before_the_answers_file(tree):
    tree.path("/root/answers.yaml").write_text(ANSWERS)
    tree.preseed(answers="/root/answers.yaml", workers="2 ", dir="/opt/mine", port="")
    tree.install()
    assert applied(tree, "/opt/mine") == ("2", True)


def test_auto_is_an_answer_too(tree):
    tree.path("/root/answers.yaml").write_text(ANSWERS)
    tree.preseed(answers="/root/answers.yaml", workers="auto", profile="SMALL_VPS")
    tree.install()
    assert applied(tree, "/opt/elsewhere")[0] == "1"


def test_an_older_version_asked_with_defaults(tree):
    """Its templates had defaults; a question nobody answered then is no answer now."""
    tree.path("/root/answers.yaml").write_text(ANSWERS)
    tree.run("""cat >/root/old.templates <<'END'
Template: vpsfit/workers
Type: string
Default: auto
Description: Number of LiteLLM workers:
 A number.

Template: vpsfit/dir
Type: string
Default: /opt/ai-gateway
Description: Directory of the stack:
 There.
END
debconf-loadtemplate vpsfit /root/old.templates""")
    tree.preseed(answers="/root/answers.yaml")
    tree.install()
    assert applied(tree, "/opt/elsewhere")[0] == "3"


def test_purge_keeps_secrets_that_are_nowhere_else(tree):
    tree.preseed()
    tree.install()
    secrets = tree.path("/opt/ai-gateway/.env").read_text()
    tree.run("vpsfit rollback --yes")
    assert not tree.path("/opt/ai-gateway/.env").exists()
    done = tree.run("apt-get -q -y purge vpsfit")
    kept = list(tree.path("/var/lib/vpsfit").glob("*/kept.env"))
    assert len(kept) == 1 and "kept.env" in done.text
    password = next(line for line in secrets.splitlines() if line.startswith("POSTGRES_PASSWORD="))
    assert password in kept[0].read_text()
    assert [p for p in tree.path("/var/lib/vpsfit").rglob("*") if p.is_file()] == kept
    tree.install()
    tree.run("vpsfit apply --yes --swap none")
    assert password in tree.path("/opt/ai-gateway/.env").read_text()


@everywhere
def test_the_units_outlive_their_move(tree):
    """0.1.0 had them in /lib, a link to their present directory: removing the old files in an upgrade must not remove the new ones."""
    older = tree.path("/root/older")
    subprocess.run(["dpkg-deb", "-R", deb(), older], check=True)
    (older / "lib").mkdir()
    (older / "usr/lib/systemd").rename(older / "lib/systemd")
    (older / "usr/lib").rmdir()
    wants = older / "lib/systemd/system/multi-user.target.wants"
    wants.mkdir()
    for name in UNITS:
        (wants / name).symlink_to(f"../{name}")
    control = older / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {VERSION}\n", "Version: 0.0.9\n"))
    # It enabled them by those links alone.
    (older / "DEBIAN/postinst").write_text("#!/bin/sh\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", older, tree.path("/root/older.deb")], check=True, stdout=subprocess.DEVNULL)
    tree.run("apt-get -q -y install /root/older.deb")
    tree.install()
    assert all(tree.path(f"/usr/lib/systemd/system/{name}").exists() for name in UNITS) and enabled(tree) == set(UNITS)
    assert not tree.path("/usr/lib/systemd/system/multi-user.target.wants/vpsfit-notice.service").is_symlink()
    assert f"vpsfit\t{VERSION}" in tree.run("dpkg-query -W vpsfit").stdout and tree.path("/lib").is_symlink()
    tree.run("dpkg -V vpsfit")


UNITS = ["vpsfit-recover.service", "vpsfit-notice.service"]


def enabled(tree):
    return {path.name for path in tree.path("/etc/systemd/system/multi-user.target.wants").glob("vpsfit*")}


@pytest.mark.way("upgrade")
@pytest.mark.way("downgrade")
@pytest.mark.way("purge")
@everywhere
def test_a_unit_that_was_disabled_stays_so(tree, repo, newer_repo):
    tree.install()
    assert enabled(tree) == set(UNITS)
    subprocess.run(["systemctl", f"--root={tree.dir}", "disable", "vpsfit-notice.service"], check=True, capture_output=True)
    assert enabled(tree) == {"vpsfit-recover.service"}
    tree.use(newer_repo)
    tree.install()
    assert enabled(tree) == {"vpsfit-recover.service"}
    tree.use(repo)
    tree.run(f"apt-get -q -y --allow-downgrades install vpsfit={VERSION}; vpsfit --version")
    assert enabled(tree) == {"vpsfit-recover.service"} and tree.run("dpkg-query -W -f '${Version}' vpsfit").stdout == VERSION
    tree.run("apt-get -q -y purge vpsfit")
    assert not enabled(tree) and tree.run("find /etc /var/lib/systemd -name '*vpsfit-*' 2>/dev/null || true").stdout == ""
