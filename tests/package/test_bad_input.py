# SPDX-License-Identifier: MIT
"""Whatever goes wrong around an installation, the package ends up configured, the message says what to do, and nothing is lost."""

import json

import pytest

BAD_ANSWERS = [
    ({"workers": "banana"}, "--workers"),
    ({"profile": "HUGE_VPS"}, "HUGE_VPS"),
    ({"swap": "-1"}, "--swap"),
    ({"port": "99999"}, "--port"),
    ({"bind": "everywhere"}, "--bind"),
    ({"dir": "../../etc"}, "--dir"),
    ({"answers": "/nowhere.yaml"}, "/nowhere.yaml"),
    ({"profile": "--help"}, "--help"),
]


@pytest.mark.parametrize("answers, named", BAD_ANSWERS)
def test_preseeded_nonsense(tree, answers, named):
    tree.preseed(**answers)
    done = tree.install()
    assert tree.status() == "installed"
    assert named in done.text and "the stack was not written" in done.text and "'vpsfit plan'" in done.text
    (question, value), = answers.items()
    assert f"vpsfit/{question} '{value}'" in done.text and "exit code 2: an answer is not valid" in done.text
    assert f"the stack in {value}" in done.text if question == "dir" else "/opt/ai-gateway" in done.text or question == "answers"
    assert "dpkg-reconfigure -f noninteractive vpsfit" in done.text
    assert not tree.path("/opt/ai-gateway").exists()


@pytest.mark.parametrize("answer", ["perhaps", "yes", "TRUE", "1"])
def test_a_boolean_that_is_none(tree, answer):
    tree.preseed(apply=answer)
    said = tree.install().text
    assert "nothing on this machine was changed" in said and f"'{answer}', which is neither true nor false" in said, said
    assert tree.status() == "installed"


@pytest.mark.parametrize("way", ["apt-get -q -y install --reinstall vpsfit", "apt-get -q -y remove vpsfit; apt-get -q -y install vpsfit"])
def test_corrected_answers_are_applied_when_it_is_installed_anew(tree, way):
    tree.preseed(port="99999", dir="/opt/mine")
    said = tree.install().text
    assert "the preseeded apply of the stack in /opt/mine ended with exit code 2: an answer is not valid; the stack was not written" in said
    assert "vpsfit/dir '/opt/mine', vpsfit/port '99999'" in said and not tree.path("/opt/mine").exists()
    tree.preseed(port="8081", dir="/opt/mine")
    tree.run(way)
    assert "GATEWAY_PORT=8081" in tree.path("/opt/mine/.env").read_text()
    # Once it went well, only what installs anew applies.
    tree.preseed(port="8082", dir="/opt/mine")
    tree.run("apt-get -q -y install --reinstall vpsfit")
    assert "GATEWAY_PORT=8081" in tree.path("/opt/mine/.env").read_text()


def test_an_upgrade_does_not_try_again(tree, newer_repo):
    tree.preseed(port="99999")
    tree.install()
    tree.preseed()
    tree.use(newer_repo)
    tree.install()
    assert not tree.path("/opt/ai-gateway").exists()
    said = tree.run("apt-get -q -y remove vpsfit; echo vpsfit vpsfit/apply boolean false | debconf-set-selections; apt-get -q -y install vpsfit").text
    assert "nothing on this machine was changed" in said and not tree.path("/run/vpsfit/installing").exists()


def test_full_disk_while_unpacking(tree):
    done = tree.install(check=False, prefix="mkdir -p /usr/share/vpsfit && mount -t tmpfs -o size=4k tmpfs /usr/share/vpsfit")
    assert done.returncode != 0 and "No space left on device" in done.text and tree.status() != "installed"
    tree.run("dpkg --configure -a; apt-get -q -y -f install")
    tree.install()
    assert tree.status() == "installed"
    tree.run("vpsfit plan --swap none")


def test_full_disk_while_upgrading(tree, newer_repo):
    tree.preseed()
    tree.install()
    before = {path: path.read_bytes() for path in tree.path("/opt/ai-gateway").rglob("*") if path.is_file()}
    tree.use(newer_repo)
    done = tree.install(check=False, prefix="mount -t tmpfs -o size=4k tmpfs /usr/share/vpsfit")
    assert done.returncode != 0 and "No space left on device" in done.text
    assert "as written" in tree.run("vpsfit status").text
    tree.run("dpkg --configure -a; apt-get -q -y -f install")
    tree.install()
    assert tree.status() == "installed"
    assert {path: path.read_bytes() for path in tree.path("/opt/ai-gateway").rglob("*") if path.is_file()} == before
    assert "Changes   none" in tree.run("vpsfit apply --yes --swap none").text


def test_interrupted_again_and_again(tree):
    tree.preseed()
    tree.run("apt-get -q -y install libjansson4 libyaml-0-2")
    reached = set()
    for hundredths in range(1, 60, 4):
        tree.run(f"timeout -s KILL 0.{hundredths:02} dpkg -i /repo/vpsfit_*_amd64.deb >/dev/null", check=False)
        reached.add(tree.status())
    assert len(reached) > 1, reached
    tree.run("dpkg --configure -a || true; apt-get -q -y -f install; dpkg -i /repo/vpsfit_*_amd64.deb")
    assert tree.status() == "installed" and tree.path("/opt/ai-gateway/compose.yaml").exists()
    assert "Changes   none" in tree.run("vpsfit apply --yes --swap none").text


def test_read_only_opt(tree):
    tree.preseed()
    done = tree.install(prefix="mount -t tmpfs -o ro tmpfs /opt")
    assert tree.status() == "installed"
    assert "/opt/ai-gateway" in done.text and "Read-only file system" in done.text
    assert "the stack was not written" in done.text


def newest_state(tree):
    return max(tree.path("/var/lib/vpsfit").glob("*/history/*/state.json"))


@pytest.mark.parametrize("damage", ["newer", "corrupt", "empty"])
def test_state_that_cannot_be_read(tree, newer_repo, damage):
    tree.preseed()
    tree.install()
    path = newest_state(tree)
    compose = tree.path("/opt/ai-gateway/compose.yaml").read_bytes()
    state = json.loads(path.read_text())
    text = {"corrupt": "{\"schema\": ", "empty": ""}.get(damage)
    if text is None:
        state["schema"] = "vpsfit.state/99"
        text = json.dumps(state)
    path.write_text(text)
    tree.use(newer_repo)
    tree.install()
    done = tree.run("dpkg-reconfigure -fnoninteractive vpsfit")
    assert tree.status() == "installed" and str(path)[len(str(tree.dir)):] in done.text
    assert "the stack was not written" in done.text
    assert path.read_text() == text and tree.path("/opt/ai-gateway/compose.yaml").read_bytes() == compose
    tree.run("apt-get -q -y purge vpsfit")
    assert tree.path("/opt/ai-gateway/compose.yaml").read_bytes() == compose
