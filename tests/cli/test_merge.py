# SPDX-License-Identifier: MIT
"""
vpsfit's view of a project equals Compose's. Each of tests/merge/cases has the files of one directory ("== NAME"; $env: the caller's
environment, $args: files named on the command line). build/san/merge-dump writes the project as one compose file: both versions of
Compose make the same of it as of the original files, with the same services and project name; or both refuse it.
"""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

from conftest import ROOT

DUMP = os.environ.get("VPSFIT_MERGE_DUMP", str(ROOT / "build/san/merge-dump"))
COMPOSE2 = os.environ.get("COMPOSE2", str(ROOT / "build/compose2/usr/libexec/docker/cli-plugins/docker-compose"))
COMPOSE1 = "/usr/bin/docker-compose"
CASES = sorted((ROOT / "tests/merge/cases").glob("*.case"))
ALONE = sorted(p for p in (ROOT / "tests/compose/edit").iterdir() if p.is_dir())
# 1.29 lacks tags, nested defaults and empty files; it merges before it resolves `extends`, seeing only one file's services; it keeps
# duplicate dns entries, and compares secrets by source instead of target. None of this affects an owned value.
ONLY_2 = re.compile(r"reset|override-tag|null|variables($|-plus)|override-(empty|lists|secrets)|extends-(chain-and|in-override|base-over)|nested-var")


def read_case(path, folder):
    """Writes the files into folder; returns the caller's environment and the files named."""
    env, args, name = {}, [], None
    texts = {}
    for line in path.read_text().splitlines(keepends=True):
        if line == "== end without a newline\n":
            texts[name] = texts[name][:-1]
        elif line.startswith("== "):
            name = line[3:-1]
            texts[name] = ""
        else:
            texts[name] += line
    env = dict(line.split("=", 1) for line in texts.pop("$env", "").splitlines())
    args = texts.pop("$args", "").splitlines()
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return env, args


def call(*args, folder, env):
    return subprocess.run([str(a) for a in args], cwd=folder, capture_output=True, text=True, timeout=120, check=False,
                          env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/root", **env})


def dump(*args, folder, env):
    done = call(DUMP, folder, *args, folder=folder, env=env)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    assert done.returncode in (0, 1)
    return done


def lines(done, kind):
    return [line.split("\t")[1:] for line in done.stdout.splitlines() if line.split("\t")[0] == kind]


def unordered(node, key=""):
    """1.29 reorders lists whose order has no meaning, adds :rw to some volumes, and turns null into {}."""
    if isinstance(node, dict):
        return {k: unordered(v, k) for k, v in node.items()}
    if node is None:
        return {}
    if key == "extra_hosts" and isinstance(node, list):
        return dict(item.split(":", 1) for item in node)
    if isinstance(node, list) and key not in ("command", "entrypoint", "test"):
        return sorted((unordered(v) for v in node), key=str)
    return node.removesuffix(":rw") if isinstance(node, str) else node


def hold_against(tool, flag, folder, env, args):
    """Returns Compose's results for the original files and for vpsfit's single file; None if it refuses them."""
    seen = dump(*flag, *args, folder=folder, env=env)
    # If COMPOSE_FILE lists several files, naming one of them selects all.
    in_set = bool(args) and len(lines(seen, "file")) > 1
    theirs = call(tool, *([] if in_set else args), "config", folder=folder, env=env)
    if seen.returncode != 0:
        assert theirs.returncode != 0, ("vpsfit refuses it", seen.stderr)
        return None
    first = pathlib.Path(lines(seen, "file")[0][0])
    merged = first.parent / ".merged.yaml"
    merged.write_text(dump(*flag, *args, "--yaml", folder=folder, env=env).stdout)
    name = lines(seen, "name")[0][0]
    ours = call(tool, "-f", merged, "config", folder=folder, env={**env, "COMPOSE_PROJECT_NAME": name})
    merged.unlink()
    if re.search("required variable|Missing mandatory value", theirs.stderr):
        return None  # unset variables are no error here: the .env may not exist yet
    assert (ours.returncode == 0) == (theirs.returncode == 0), (ours.stderr, theirs.stderr)
    if theirs.returncode != 0:
        return None
    a, b = yaml.safe_load(theirs.stdout), yaml.safe_load(ours.stdout)
    if "name" in a:
        assert a["name"] == name
    on = {service for service, active in lines(seen, "service") if active == "on"}
    assert set(a["services"]) == on or tool == COMPOSE1  # 1.29 also shows inactive services
    if tool == COMPOSE1:
        a, b = unordered(a), unordered(b)
    assert a == b
    return a


@pytest.mark.parametrize("case", CASES, ids=lambda p: p.stem)
def test_compose2_makes_the_same_of_it(case, tmp_path):
    env, args = read_case(case, tmp_path)
    hold_against(COMPOSE2, [], tmp_path, env, args)


@pytest.mark.compose1
@pytest.mark.parametrize("case", [c for c in CASES if not ONLY_2.search(c.stem)], ids=lambda p: p.stem)
def test_compose1_makes_the_same_of_it(case, tmp_path):
    env, args = read_case(case, tmp_path)
    hold_against(COMPOSE1, ["-1"], tmp_path, env, args)


@pytest.mark.parametrize("case", ALONE, ids=lambda p: p.name)
def test_files_that_stand_alone(case, tmp_path):
    (tmp_path / "compose.yaml").write_bytes((case / "before.yaml").read_bytes())
    for path in (case / "env.before").iterdir() if (case / "env.before").is_dir() else []:
        (tmp_path / path.name).write_bytes(path.read_bytes())
    assert hold_against(COMPOSE2, [], tmp_path, {"CONNECTIONS": "50"}, []), "Compose takes it"
