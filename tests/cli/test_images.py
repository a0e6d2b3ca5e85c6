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


def helpers(root):
    """helper -> service whose image it runs."""
    found = [yaml.safe_load(p.read_text()) for p in (root / "templates/services").glob("*.yaml") if ".compose." not in p.name]
    return {helper: s["name"] for s in found for helper in s.get("helpers", ())}


def written(root):
    """service -> image of all templates below root, without helpers."""
    found = everything(root)
    return {name: image for name, image in found.items() if name not in helpers(root)}


def everything(root):
    found = {}
    for path in [root / "templates/compose.yaml", *(root / "templates/services").glob("*.compose.yaml")]:
        found |= {name: s["image"] for name, s in yaml.safe_load(path.read_text())["services"].items() if "image" in s}
    return found


def in_a_stack(root=ROOT):
    """service -> image of a new stack of several workers that has no name."""
    return {name: image for name, image in everything(root).items() if name != "caddy"}


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
    said |= {f"{helper} has not {name}'s image" for helper, name in helpers(root).items()
             if everything(root)[helper] != everything(root)[name]}
    said |= {f"no template: {name}" for name in usual.keys() - written(root).keys()}
    model = default_model(root)
    said |= {f"{model}: {name} is of {line}" for name, line in shipped_models(root)[model].get("images", {}).items()
             if line != usual[name]["line"]}
    for name in sorted(usual):
        image = subprocess.run(["/usr/bin/python3", root / "tests/stack/image_names.py", name], capture_output=True, text=True,
                               check=True).stdout.strip()
        if image != f"{usual[name]['image']}:{usual[name]['tag']}":
            said.add(f"tests/stack: {name} is {image}")
    return said


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
    change("tests/stack/image_names.py", "    print(image_of(sys.argv[1]))", '    print(image_of(sys.argv[1]) + "-old")')
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
def package(own_package):
    """A package of one's own with another images.yaml."""

    def write(text):
        (own_package / "templates/images.yaml").write_text(text)
        return own_package
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
    (ROW.replace("tag: v1.110.2", "tag: 'v1 2'"), 5, "not a valid tag"),
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
    assert images_of(root) == {**in_a_stack(), "litellm": "ghcr.io/berriai/litellm:v1.110.9",
                               "webui-key": "ghcr.io/berriai/litellm:v1.110.9", "nginx": "nginx:1.30.8-alpine"}


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


def warnings(root, *args):
    """code -> text; of plan, and the same in status as far as it is about images."""
    plan = json.loads(run("plan", "--json", "--sysroot", root, *args).stdout)
    return {w["code"]: w["text"] for w in plan["warnings"]}


@pytest.fixture
def applied(machine):
    """A stack of vpsfit's own whose images can be changed by hand."""
    root = machine("vm-8g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    path = root / "opt/ai-gateway/compose.yaml"

    def change(**images):
        for name, image in images.items():
            name = name.replace("_", "-")
            path.write_text(re.sub(rf"(^  {name}:\n    image: ).*$", rf"\g<1>{image}", path.read_text(), flags=re.M))
        assert {n.replace("_", "-"): i for n, i in images.items()}.items() <= images_of(root).items()
        return root
    return change


OLD = {"litellm": "ghcr.io/berriai/litellm:v1.89.0", "open_webui": "ghcr.io/open-webui/open-webui:v0.11.3", "postgres": "postgres:16.9",
       "nginx": "nginx:1.28.0-alpine"}


@pytest.mark.parametrize("image, said", [
    ("ghcr.io/berriai/litellm:v1.82.7", True), ("ghcr.io/berriai/litellm:1.107.0", True), ("ghcr.io/berriai/litellm:main-latest", True),
    ("docker.litellm.ai/berriai/litellm:main-stable", True), ("ghcr.io/berriai/litellm-database", True),
    ("litellm/litellm:main-v1.82.8-stable", True), ("registry.example:5000/mirror/litellm:1.82.7", True),
    ("ghcr.io/berriai/litellm:v1.107.1", False), ("ghcr.io/berriai/litellm:v1.82.7@sha256:" + 64 * "0", False),
    ("ours.example/litellm:latest", False), ("ghcr.io/berriai/litellm:${TAG}", False), ("ghcr.io/berriai/litellm:${TAG:-v1.82.7}", True),
    ("${IMAGE:-ghcr.io/berriai/litellm:v1.82.8}", True),
])
def test_what_must_not_run(machine, image, said):
    root = machine("vm-8g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(f"services:\n  litellm:\n    image: {image}\n    command: [--num_workers, '2']\n")
    args = ["--compose", "/srv/stack/compose.yaml"]
    assert ("image-never-use" in warnings(root, *args)) == said
    assert run("apply", "--yes", "--swap", "none", "--sysroot", root, *args).returncode == 0
    status = run("status", "--sysroot", root, *args)
    assert ("(image-never-use)" in status.stdout) == said and status.returncode == 0
    assert {w["code"] for w in json.loads(run("status", "--json", "--sysroot", root, *args).stdout)["warnings"]} == (
        {"image-never-use"} if said else set())
    assert images_of(root, "srv/stack")["litellm"] == image


def test_an_image_that_is_built_here_has_a_tag_of_its_own(machine):
    root = machine("vm-8g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text("services:\n  litellm:\n    build: .\n    image: ghcr.io/berriai/litellm:latest\n")
    assert "image-never-use" not in warnings(root, "--compose", "/srv/compose.yaml")


def test_older_images_are_told_and_left(applied):
    root = applied(**OLD)
    said = warnings(root)
    for text in ("litellm v1.89.0", "open-webui v0.11.3", "postgres 16.9", "nginx 1.28.0-alpine", "pg_dump", "--images new"):
        assert text in said["image-old"], text
    assert "redis" not in said["image-old"]
    assert "(image-old)" in run("status", "--sysroot", root).stdout
    assert run("apply", "--yes", "--sysroot", root, "--workers", "1").returncode == 0
    assert images_of(root)["litellm"] == OLD["litellm"]


def test_each_older_image_is_told_with_a_clause_that_says_why(applied):
    assert all(r.get("older") for r in rows())
    older = {r["service"]: r["older"] for r in rows() if "variant" not in r}
    said = warnings(applied(**OLD))["image-old"]
    for name in (name.replace("_", "-") for name in OLD):
        assert re.search(rf"{name} \S+ \(today \S+: {re.escape(older[name])}\)", said), name
    # Today's other lines of LiteLLM are supported too.
    assert "litellm v1.108.0 (today v1.110.2)" in warnings(applied(litellm="ghcr.io/berriai/litellm:v1.108.0"))["image-old"]


def test_new_images_are_shown_written_and_rolled_back(applied):
    root = applied(**OLD)
    folder = root / "opt/ai-gateway"
    before = (folder / "compose.yaml").read_bytes()
    shown = run("plan", "--sysroot", root, "--images", "new").stdout
    assert "litellm image" in shown and "(images-move)" in shown and "image-old" not in shown
    assert (folder / "compose.yaml").read_bytes() == before
    done = run("apply", "--yes", "--sysroot", root, "--images", "new")
    assert done.returncode == 0 and "+    image: ghcr.io/berriai/litellm:v1.110.2" in done.stdout
    assert images_of(root) == in_a_stack()
    # Nothing else has moved, and it is not remembered.
    lines = [set(text.splitlines()) for text in (before.decode(), (folder / "compose.yaml").read_text())]
    assert len(lines[0] - lines[1]) == len(OLD) and all("image:" in line for line in lines[0] ^ lines[1])
    answers = json.loads(run("plan", "--json", "--sysroot", root).stdout)["answers"]
    assert answers.get("images", {}).get("origin") != "remembered"
    assert run("plan", "--exit-code", "--sysroot", root, "--images", "new").returncode == 0
    assert json.loads(run("rollback", "--dry-run", "--json", "--sysroot", root).stdout)["moves_images"] is True
    back = run("rollback", "--yes", "--sysroot", root)
    assert back.returncode == 0 and "data does not" in back.stdout
    assert (folder / "compose.yaml").read_bytes() == before


def test_a_rollback_without_images_says_nothing_of_them(applied):
    root = applied()
    assert run("apply", "--yes", "--sysroot", root, "--workers", "1").returncode == 0
    assert json.loads(run("rollback", "--dry-run", "--json", "--sysroot", root).stdout)["moves_images"] is False
    assert "data does not" not in run("rollback", "--yes", "--sysroot", root).stdout


def test_a_tag_of_somebodys_own_is_a_conflict(applied):
    root = applied(litellm="ghcr.io/berriai/litellm:v1.95.0", nginx=OLD["nginx"])
    done = run("apply", "--yes", "--sysroot", root, "--images", "new")
    assert done.returncode == 5 and "litellm image was edited by hand" in done.stderr and "v1.95.0" in done.stderr
    assert images_of(root)["nginx"] == OLD["nginx"]
    assert run("apply", "--yes", "--sysroot", root, "--images", "new", "--keep-edits").returncode == 0
    assert images_of(root)["litellm"].endswith(":v1.95.0") and images_of(root)["nginx"] == "nginx:1.30.7-alpine"
    assert run("apply", "--yes", "--sysroot", root, "--images", "new", "--overwrite-edits").returncode == 0
    assert images_of(root) == in_a_stack()


@pytest.mark.parametrize("name, image, code", [
    ("litellm", "ghcr.io/berriai/litellm:v1.111.0", "image-left"), ("litellm", "ghcr.io/berriai/litellm:v1.89.0@sha256:00", "image-left"),
    ("litellm", "mirror.example/berriai/litellm:v1.89.0", "image-left"), ("nginx", "nginx:1.28.0", "image-left"),
    ("open_webui", "ghcr.io/open-webui/open-webui:main", "image-left"), ("postgres", "postgres:16.4", "image-collation"),
    ("postgres", "postgres:16.12-trixie", "image-collation"), ("postgres", "postgres:16.4-alpine", "image-collation"),
    ("postgres", "postgres:15.18-bookworm", "image-collation"), ("postgres", "postgres:16", "image-left"),
    ("postgres", "postgres:17.2", "image-left"),
])
def test_what_new_images_do_not_touch(applied, name, image, code):
    root = applied(**{name: image})
    assert code in warnings(root, "--images", "new")
    assert run("apply", "--yes", "--sysroot", root, "--images", "new").returncode == 0
    assert images_of(root)[name.replace("_", "-")] == image


def test_a_database_of_the_same_debian_is_moved(applied):
    root = applied(postgres="postgres:16.10-bookworm")
    done = run("apply", "--yes", "--sysroot", root, "--images", "new", "--overwrite-edits")
    assert done.returncode == 0 and images_of(root)["postgres"] == "postgres:16.16-bookworm"


FOREIGN = """services:
  proxy:
    image: ghcr.io/berriai/litellm:main-v1.83.3-stable # ours
    command: [--num_workers, '2']
  web:
    image: "ghcr.io/open-webui/open-webui:${WEB:-v0.11.3}"
  db:
    image: postgres:16.9
  other:
    image: ghcr.io/berriai/litellm-helper:v1.0.0
"""


def test_somebody_elses_stack_keeps_its_images_unless_asked(machine):
    root = machine("vm-8g")
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(FOREIGN)
    args = ["--sysroot", root, "--compose", "/srv/stack/compose.yaml"]
    assert "image-old" not in warnings(root, *args[2:])
    assert run("apply", "--yes", *args).returncode == 0
    before = images_of(root, "srv/stack")
    assert before == {n: s["image"] for n, s in yaml.safe_load(FOREIGN)["services"].items()}
    done = run("apply", "--yes", *args, "--images", "new")
    assert done.returncode == 0, done.stderr
    assert images_of(root, "srv/stack") == {**before, "proxy": "ghcr.io/berriai/litellm:v1.110.2", "db": "postgres:16.16-bookworm"}
    # What is put together from variables is told with the line to write.
    assert "open-webui image is left as it is" in done.stdout and "image: \"ghcr.io/open-webui/open-webui:v0.12.4\"" in done.stdout
    assert "# ours" in (folder / "compose.yaml").read_text()
    assert run("rollback", "--yes", *args).returncode == 0
    assert images_of(root, "srv/stack") == before


def test_images_by_an_answers_file_and_nothing_else_than_new(applied, tmp_path):
    root = applied(nginx=OLD["nginx"])
    (tmp_path / "answers.yaml").write_text("images: new\n")
    assert run("apply", "--yes", "--sysroot", root, "--answers", tmp_path / "answers.yaml").returncode == 0
    assert images_of(root)["nginx"] == "nginx:1.30.7-alpine"
    assert run("plan", "--sysroot", root, "--images", "old").returncode == 2


def model_of(root, *args):
    return json.loads(run("plan", "--json", "--sysroot", root, *args).stdout)["cost_model"]


def test_a_stack_keeps_the_model_it_was_applied_with(applied):
    """An upgrade of the package moves no limit, even where there is a model for the stack's images now."""
    root = applied(**OLD)
    assert run("apply", "--yes", "--sysroot", root, "--cost-model", "seed-2025-11").returncode == 0
    # As 0.1.0 left it, which asked for nothing and did not write down what it counted with.
    path = max(root.glob("var/lib/vpsfit/*/history/*/state.json"))
    state = json.loads(path.read_text())
    assert state.pop("cost_model") == "seed-2025-11" and state["answers"].pop("cost-model")
    path.write_text(json.dumps(state))
    assert model_of(root) == "seed-2025-11" and "measured-2026-11" in warnings(root)["model-kept"]
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0
    before = (path.stat().st_mtime_ns, path.read_text())
    assert run("apply", "--yes", "--sysroot", root).returncode == 0 and (path.stat().st_mtime_ns, path.read_text()) == before
    assert model_of(root, "--cost-model", "auto") == "measured-2026-11"
    assert "model-by-image" in warnings(root, "--cost-model", "auto")
    assert run("apply", "--yes", "--sysroot", root, "--cost-model", "auto").returncode == 0
    assert model_of(root) == "measured-2026-11" and "model-kept" not in warnings(root)
    # Somebody moves the images by hand: where there is a model for them, it goes with them.
    applied(**{name.replace("-", "_"): image for name, image in in_a_stack().items()})
    default = default_model(ROOT)
    if "images" in shipped_models(ROOT)[default]:
        assert model_of(root) == default
    else:
        assert model_of(root) == "measured-2026-11" and "model-other-image" in warnings(root)


def test_somebody_elses_stack_and_the_model_of_its_images(machine):
    """What was measured with vpsfit's own stack takes the place of a default that was measured so too, and no other."""
    root = machine("vm-8g")
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text("services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.89.4\n  open-webui:\n"
                                           "    image: ghcr.io/open-webui/open-webui:v0.11.2\n")
    args = ["--compose", "/srv/compose.yaml"]
    measured = "images" in shipped_models(ROOT)[default_model(ROOT)]
    assert model_of(root, *args) == ("measured-2026-11" if measured else default_model(ROOT))
    assert ("model-by-image" in warnings(root, *args)) == measured
    assert model_of(root, *args, "--cost-model", "seed-2025-11") == "seed-2025-11"
    assert "model-other-image" not in warnings(root, *args, "--cost-model", "seed-2025-11")
    (root / "srv/compose.yaml").write_text("services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.91.0\n")
    said = warnings(root, *args, "--cost-model", "measured-2026-11")
    assert "measured with litellm 1.89" in said["model-other-image"] and "v1.91.0" in said["model-other-image"]
    assert "model-by-image" not in said and model_of(root, *args) == default_model(ROOT)


def test_an_administrators_model_names_its_images(machine):
    root = machine("vm-8g")
    (root / "etc/vpsfit").mkdir(parents=True)
    text = (ROOT / "profiles/cost-model-measured-2026-11.yaml").read_text()
    own = text.replace("name: measured-2026-11", "name: ours").replace('litellm: "1.89"', 'litellm: "1.91"').replace(', open-webui: "0.11"', "")
    (root / "etc/vpsfit/ours.yaml").write_text(own)
    (root / "srv").mkdir(exist_ok=True)
    (root / "srv/compose.yaml").write_text("services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.91.0\n")
    assert model_of(root, "--compose", "/srv/compose.yaml") == "ours"
    (root / "etc/vpsfit/ours.yaml").write_text(own.replace('"1.91"', '"newest"'))
    done = run("plan", "--sysroot", root)
    assert done.returncode == 2 and "a release line is expected here" in done.stderr


@pytest.mark.parametrize("older_than, told", [("", True), ("    older_than: v1.107.0\n", True), ("    older_than: v1.89.0\n", False)])
def test_an_old_image_is_told_of_with_what_is_wrong_with_it(older_than, told, package, machine, tmp_path):
    """Only with those that it is true of, where the row says which."""
    root = machine("vm-4g")
    conftest.run("apply", "--yes", "--sysroot", root, "--cost-model", "seed-2025-11", "--swap", "none")
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace("litellm:v1.110.2", "litellm:v1.89.0"))
    images = (conftest.ROOT / "templates/images.yaml").read_text()
    old = images.split('    older: "out of support')[0] + '    older: "it bites"\n' + older_than + images.split("older_than: v1.107.0\n")[1]
    package(old)
    said = next(w["text"] for w in json.loads(conftest.run("plan", "--json", "--sysroot", root, "--keep-edits").stdout)["warnings"]
                if w["code"] == "image-old")
    assert ("litellm v1.89.0 (today v1.110.2: it bites)" in said) == told
    assert "litellm v1.89.0 (today v1.110.2" in said
