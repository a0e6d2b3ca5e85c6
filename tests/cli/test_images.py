# SPDX-License-Identifier: MIT
"""Image tags are data: templates/images.yaml says them, and the templates, the cost models and the tests' images follow it."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

import conftest
from conftest import ROOT, run

IMAGES = ROOT / "templates/images.yaml"
SERVICES = {yaml.safe_load(p.read_text())["name"] for p in (ROOT / "templates/services").glob("*.yaml") if ".compose." not in p.name}


def rows(root=ROOT):
    return yaml.safe_load((root / "templates/images.yaml").read_text())["images"]


def written(root):
    """service -> image of all templates below root."""
    found = {}
    for path in [root / "templates/compose.yaml", *(root / "templates/services").glob("*.compose.yaml")]:
        found |= {name: s["image"] for name, s in yaml.safe_load(path.read_text())["services"].items() if "image" in s}
    return found


def shipped_models(root):
    models = [yaml.safe_load(p.read_text()) for p in (root / "profiles").glob("*.yaml")]
    return {m["name"]: m for m in models if m["kind"] == "cost-model"}


def default_model(root):
    return re.search(r'DEFAULT_MODEL "(.*)"', (root / "installer/core/profile.h").read_text()).group(1)


def disagreements(root=ROOT):
    """What of the templates, the default cost model and the tests' images is not as images.yaml says."""
    usual = {r["service"]: r for r in rows(root) if "variant" not in r}
    said = {f"templates: {name} is {image}" for name, image in written(root).items()
            if name not in usual or image != f"{usual[name]['image']}:{usual[name]['tag']}"}
    said |= {f"no template: {name}" for name in usual.keys() - written(root).keys()}
    model = default_model(root)
    said |= {f"{model}: {name} is of {line}" for name, line in shipped_models(root)[model].get("images", {}).items()
             if line != usual[name]["line"]}
    for name in sorted(usual):
        call = f'project={root}\n{tag_of(root)}\ntag_of {name}'
        tag = subprocess.run(["bash", "-euc", call], capture_output=True, text=True, check=True).stdout.strip()
        if tag != usual[name]["tag"]:
            said.add(f"tests/stack: {name} is {tag}")
    return said


def tag_of(root):
    text = (root / "tests/stack/build-images").read_text()
    return re.search(r"^tag_of\(\) \{\n.*?^\}\n", text, re.M | re.S).group(0)


def test_all_of_them_agree():
    assert disagreements() == set()
    assert {r["service"] for r in rows()} == SERVICES == written(ROOT).keys()


@pytest.fixture
def copy(tmp_path):
    """A copy of what has to agree, and a function that changes one text in it."""
    for name in ("templates", "profiles", "tests/stack", "installer/core"):
        shutil.copytree(ROOT / name, tmp_path / name)

    def change(name, old, new):
        path = tmp_path / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))
    return tmp_path, change


def test_a_disagreement_is_seen(copy):
    root, change = copy
    images = {r["service"]: r for r in rows() if "variant" not in r}
    change("templates/images.yaml", images["litellm"]["tag"], "v1.110.3")
    change("templates/compose.yaml", images["nginx"]["tag"], "1.28.0-alpine")
    change("templates/services/redis.compose.yaml", images["redis"]["tag"], "8.1.0-alpine")
    model = next(p for p in (root / "profiles").glob("*.yaml") if f"name: {default_model(ROOT)}\n" in p.read_text())
    model.write_text(re.sub(r"^images:.*\n", "", model.read_text(), flags=re.M) + 'images: {litellm: "1.110", open-webui: "0.99"}\n')
    change("tests/stack/build-images", 'print $2; exit', 'print $2 "-old"; exit')
    found = disagreements(root)
    assert {f"templates: litellm is {images['litellm']['image']}:{images['litellm']['tag']}", "templates: nginx is nginx:1.28.0-alpine",
            "templates: redis is valkey/valkey:8.1.0-alpine", f"{default_model(ROOT)}: open-webui is of 0.99"} <= found
    assert len([f for f in found if f.startswith("tests/stack: ")]) == len(images)


def test_the_never_list():
    litellm = next(r for r in rows() if r["service"] == "litellm")
    assert {n["tag"] for n in litellm["never"]} == {"v1.82.7", "v1.82.8", "v1.107.0", "latest", "main-latest", "main-stable"}


def test_one_database_for_good():
    """All of PostgreSQL's images have one major version and one Debian."""
    of = [(re.search(r"(?:^|pg)(1\d)\b", r["tag"]).group(1), r["tag"].split("-")[-1]) for r in rows() if r["service"] == "postgres"]
    assert len(of) > 1 and set(of) == {("16", "bookworm")}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of one's own with another images.yaml."""
    root = tmp_path / "package"
    (root / "build").mkdir(parents=True)
    shutil.copy(conftest.VPSFIT, root / "build/vpsfit")
    for name in ("templates", "profiles"):
        shutil.copytree(ROOT / name, root / name)
    monkeypatch.setattr(conftest, "VPSFIT", str(root / "build/vpsfit"))

    def write(text):
        (root / "templates/images.yaml").write_text(text)
        return root
    return write


ROW = """kind: images
images:
  - service: litellm
    image: ghcr.io/berriai/litellm
    tag: v1.110.2
    line: "1.110"
    why: "because"
    supported_until: "then"
    never: [{tag: v1.82.7, why: "malicious"}]
"""


@pytest.mark.parametrize("text, where, said", [
    (ROW.replace("service: litellm", "service: litelm"), 3, "there is no service 'litelm'"),
    (ROW.replace("ghcr.io/berriai/litellm", "ghcr.io/berriai/litellm:v1"), 4, "without tag and digest"),
    (ROW.replace("ghcr.io/berriai/litellm", "ghcr.io/berriai/litellm@sha256:00"), 4, "without tag and digest"),
    (ROW.replace("tag: v1.110.2", "tag: 'v1 2'"), 5, "no tag"),
    (ROW.replace('line: "1.110"', 'line: "1.11"'), 6, "the tag v1.110.2 is not of the line 1.11"),
    (ROW.replace("v1.82.7", "v1.110.2"), 5, "never to be used"),
    (ROW.replace("    why: \"because\"\n", ""), 3, "the key 'why' is missing"),
    (ROW.replace("supported_until", "suported_until"), 8, "did you mean 'supported_until'?"),
    (ROW + ROW.split("images:\n", 1)[1], 10, "this service and variant already"),
    (ROW.replace(", why: \"malicious\"", ""), 9, "the key 'why' is missing"),
    (ROW + "    earlier: v1.89.0\n", 10, "a list of at most 16 texts"),
    (ROW + "    earlier: [" + ", ".join(f"v1.{i}.0" for i in range(17)) + "]\n", 10, "a list of at most 16 texts"),
    ("kind: images\nimages:\n" + ROW.split("images:\n", 1)[1] * 33, 3, "a list of at most 32 mappings"),
])
def test_a_fault_is_told_with_its_line(text, where, said, package, machine):
    package(text)
    done = conftest.run("plan", "--sysroot", machine("vm-4g"))
    assert done.returncode == 2 and said in done.stderr and f"templates/images.yaml:{where}:" in done.stderr, done.stderr


def test_the_file_is_the_packages(machine):
    root = machine("vm-4g")
    (root / "etc/vpsfit").mkdir(parents=True)
    (root / "etc/vpsfit/images.yaml").write_text(IMAGES.read_text())
    done = run("plan", "--sysroot", root)
    assert done.returncode == 2 and "images belong to the package" in done.stderr


def test_a_package_without_it_plans_nothing(package, machine):
    (package(ROW) / "templates/images.yaml").unlink()
    done = conftest.run("plan", "--sysroot", machine("vm-4g"))
    assert done.returncode == 2 and "templates/images.yaml" in done.stderr


def images_of(root, directory="opt/ai-gateway"):
    services = yaml.safe_load((root / directory / "compose.yaml").read_text())["services"]
    return {name: s["image"] for name, s in services.items()}


def test_a_new_stack_has_the_tags_of_the_file(package, machine):
    """Also where the template lags behind."""
    package(IMAGES.read_text().replace("tag: v1.110.2", "tag: v1.110.9").replace("1.30.7-alpine", "1.30.8-alpine"))
    root = machine("vm-8g")
    done = conftest.run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    assert images_of(root) == {**written(ROOT), "litellm": "ghcr.io/berriai/litellm:v1.110.9", "nginx": "nginx:1.30.8-alpine"}


def test_apply_moves_no_tag_by_itself(package, machine):
    root = machine("vm-8g")
    assert conftest.run("apply", "--yes", "--sysroot", root).returncode == 0
    before = images_of(root)
    package(IMAGES.read_text().replace("tag: v1.110.2", "tag: v1.110.9").replace("1.30.7-alpine", "1.30.8-alpine"))
    for args in ([], ["--workers", "1"], ["--workers", "3"]):
        done = conftest.run("apply", "--yes", "--sysroot", root, *args)
        assert done.returncode == 0, done.stderr
        assert images_of(root).items() <= before.items()


def test_a_tag_of_ones_own_is_nobodys_conflict(machine):
    root = machine("vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    path = root / "opt/ai-gateway/compose.yaml"
    path.write_text(path.read_text().replace("litellm:v1.110.2", "litellm:v1.111.0"))
    for args in ([], ["--workers", "1"]):
        assert run("apply", "--yes", "--sysroot", root, *args).returncode == 0
        assert images_of(root)["litellm"] == "ghcr.io/berriai/litellm:v1.111.0"
