# SPDX-License-Identifier: MIT
"""
.env is read like both versions of Compose read it, for many spellings: their `config` is the same before and after an apply, except for
missing keys, and both read a value that vpsfit sets.
"""

import json
import os
import re
import subprocess

import pytest
import yaml

from conftest import DOCKER_COMPOSE_IS_1, run

if DOCKER_COMPOSE_IS_1:
    from compose.config.environment import env_vars_from_file

pytestmark = pytest.mark.compose1
COMPOSE2 = os.environ.get("COMPOSE2", "")
KEY, PORT = "LITELLM_MASTER_KEY", "GATEWAY_PORT"

# K stands for the key. A spelling that ends with a newline goes before the other lines of .env, otherwise after them.
SPELLINGS = [
    "K=sk-mine\n", "K = sk-mine\n", "K =sk-mine\n", "K= sk-mine\n", "K\t=\tsk-mine\n", "K: sk-mine\n", "K:sk-mine\n", "K : sk-mine\n",
    "export K=sk-mine\n", "export  K=sk-mine\n", "export\tK=sk-mine\n", "export \t K = sk-mine\n", "  K=sk-mine\n", "\tK=sk-mine\n",
    "\ufeffK=sk-mine\n", "\ufeffexport K=sk-mine\n", "K=sk-mine\r\n", "K='sk-mine'\n", 'K="sk-mine"\n', "K = 'sk mine' # why\n", 'K="sk mine" # why\n',
    "K=sk-mine # why\n", "K=sk-mine\t# why\n", "K=sk#mine\n", "K=#sk-mine\n", "K= #sk-mine\n", "K='it\\'s'\n", 'K="say \\"it\\""\n', 'K="a\\\\b"\n',
    'K="a\\nb"\n', "K='a\\nb'\n", 'K="a\nb"\n', "K='a\nb'\n", "K=a\\nb\n", "K=sk-one\nK=sk-two\n", "K: sk-one\nK=sk-two\n", "K=sk-one\nK: sk-two\n",
    "K=sk-one\nK=\n", "BASE=sk-base\nK=${BASE}\n", "BASE=sk-base\nK=$BASE\n", "K=${ELSEWHERE}\n", "K=${ELSEWHERE:-sk-default}\n", "K='${ELSEWHERE}x'\n",
    'K="\\${ELSEWHERE}"\n', "K=a$$b\n", "K=pa$\n", "K\n", "K=sk-mine", "K: sk-mine", "export K=sk-mine", "'K'=sk-mine\n", "K==sk-mine\n",
    "K=a'b'c\n", "K=\u00a0sk-mine\n", "# K=sk-no\nK=sk-mine\n", "no assignment at all\nK=sk-mine\n", "!\nK=sk-mine\n", 'K="open\n',
    "K=\n", "K=\"\"\n", "K=''\n", "K=made-by-vpsfit-apply\n", "# K=sk-mine\n", "K_=sk-mine\n", "xK=sk-mine\n", "exportK=sk-mine\n", "",
]


def variables(keys):
    return "".join(f"      {key}: \"<${{{key}-unset}}>\"\n" for key in keys)


def compose2_reads(place, keys):
    done = subprocess.run([COMPOSE2, "-f", "compose.yaml", "config", "--format", "json"], cwd=place, capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"})
    if done.returncode:
        return dict.fromkeys(keys, "refused")
    found = json.loads(done.stdout)["services"]["a"]["environment"]
    return {key: None if found[key] == "<unset>" else found[key][1:-1].replace("$$", "$") for key in keys}


def compose1_reads(place, keys):
    """Calls docker-compose's own parser in this process, because running it takes a second."""
    found = env_vars_from_file(str(place / ".env"))
    return {key: found.get(key) for key in keys}


def values(tmp_path, env, *keys):
    """What each version of Compose reads for each key: the value, None, or "refused" if it rejects the file."""
    place = tmp_path / "compose"
    place.mkdir(exist_ok=True)
    (place / ".env").write_bytes(env)
    (place / "compose.yaml").write_text(f"version: '3.8'\nservices:\n  a:\n    image: b\n    environment:\n{variables(keys)}")
    return compose1_reads(place, keys), compose2_reads(place, keys)


@pytest.mark.parametrize("spelling", ["K=sk-mine\n", "K = 'sk mine' # why\n", "\ufeffK=sk-mine\n", "K: sk-mine\n"], ids=repr)
def test_the_short_way_to_compose1_is_docker_composes_own(tmp_path, spelling):
    one, _ = values(tmp_path, spelled("", spelling), KEY)
    done = subprocess.run(["/usr/bin/docker-compose", "config"], cwd=tmp_path / "compose", capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": "/root"})
    assert done.returncode == 0, done.stderr
    said = yaml.safe_load(done.stdout)["services"]["a"]["environment"][KEY][1:-1]
    assert said == ("unset" if one[KEY] is None else one[KEY])


def spelled(text, spelling, key=KEY):
    """.env with the key's line spelled differently."""
    rest = re.sub(rf"^{key}=.*\n", "", text, flags=re.M)
    line = re.sub(r"K(?=[\s=:'_]|$)", key, spelling)
    return (line + rest if spelling.endswith("\n") else rest + line).encode()


def usable(value):
    return value not in (None, "", "refused", "made-by-vpsfit-apply")


@pytest.mark.parametrize("spelling", SPELLINGS, ids=map(repr, SPELLINGS))
def test_a_key_that_compose_reads_is_kept(stack, tmp_path, spelling):
    root, directory = stack
    env = directory / ".env"
    text = env.read_text()
    original = re.search(rf"^{KEY}=(.*)$", text, re.M).group(1)
    env.write_bytes(spelled(text, spelling))
    before = [reads[KEY] for reads in values(tmp_path, env.read_bytes(), KEY)]
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    after = [reads[KEY] for reads in values(tmp_path, env.read_bytes(), KEY)]
    inherits = "ELSEWHERE}\n" in spelling or spelling == "K\n"
    if inherits or any(usable(value) for value in before):
        assert env.read_bytes() == spelled(text, spelling)
        if inherits:
            assert "environment of whoever starts the stack" in done.stderr
    else:
        # It was missing for both: the original is restored.
        assert after[0] == original
        assert after[1] == original or before[1] == "refused"
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0


# All blanks of Python or Go, and characters that look like one. @ stands for them.
BLANKS = [chr(c) for c in range(0x11000) if chr(c).isspace() and c != 0x0a] + ["\u180e", "\u200b", "\u2060", "\ufeff"]
PLACES = ["@K=sk-mine\n", "A=1\n@K=sk-mine\n", "A=1\n @ K=sk-mine\n", "K@=sk-mine\n", "K@: sk-mine\n", "export@K=sk-mine\n", "export @K=sk-mine\n",
          "export@ K=sk-mine\n", "K=@sk-mine\n", "K=@'sk-mine'\n", "K=sk-mine@\n", "K=sk-mine@#x\n", "K='sk-mine'@# x\n", "K@\n", "A=1@K=sk-mine\n"]


@pytest.mark.parametrize("place", PLACES, ids=repr)
def test_every_blank_is_read_as_compose_reads_it(stack, tmp_path, place):
    root, directory = stack
    env = directory / ".env"
    text = env.read_text()
    for blank in BLANKS:
        written = spelled(text, place.replace("@", blank))
        before = [reads[KEY] for reads in values(tmp_path, written, KEY)]
        env.write_bytes(written)
        done = run("apply", "--yes", "--sysroot", root)
        assert done.returncode == 0, (blank, done.stderr)
        inherits = place == "K@\n" and env.read_bytes() == written
        if any(usable(value) for value in before) or inherits:
            assert env.read_bytes() == written, (blank, before)
        else:
            after = [reads[KEY] for reads in values(tmp_path, env.read_bytes(), KEY)]
            assert before[1] == "refused" or all(usable(value) for value in after), (blank, before, after)


@pytest.mark.parametrize("spelling", [s for s in SPELLINGS if s != 'K="open\n'], ids=repr)
def test_a_value_that_vpsfit_sets_is_what_both_read(stack, tmp_path, spelling):
    root, directory = stack
    env = directory / ".env"
    env.write_bytes(spelled(env.read_text(), spelling, PORT))
    before = values(tmp_path, env.read_bytes(), PORT, "LITELLM_SALT_KEY", "GATEWAY_BIND")
    done = run("apply", "--yes", "--overwrite-edits", "--port", "9091", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    for was, now in zip(before, values(tmp_path, env.read_bytes(), PORT, "LITELLM_SALT_KEY", "GATEWAY_BIND")):
        assert now[PORT] == "9091" or was["GATEWAY_BIND"] == "refused"
        assert {**was, PORT: 0} == {**now, PORT: 0} or was["GATEWAY_BIND"] == "refused"


def test_a_key_is_replaced_on_the_line_that_holds(stack):
    root, directory = stack
    env = directory / ".env"
    env.write_text(env.read_text().replace("GATEWAY_PORT=8080", 'export GATEWAY_PORT = "8080" # mine'))
    before = env.read_text()
    assert run("apply", "--yes", "--port", "9091", "--sysroot", root).returncode == 0
    assert env.read_text() == before.replace('"8080"', '"9091"')
