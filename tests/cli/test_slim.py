# SPDX-License-Identifier: MIT
"""
Open WebUI's slim image: chosen for a new stack that would not fit into RAM, remembered, and in a stack that is there changed only where it
is asked for. What it needs for documents comes with it, and what cannot be had is said.
"""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import run
from test_compose_set import COMPOSE1, COMPOSE2, config
from test_images import rows
from test_optional import OLD, taken_over, texts, times

FULL, SLIM, PLAIN, VECTORS = (
    f"{r['image']}:{r['tag']}" for service in ("open-webui", "postgres") for r in rows() if r["service"] == service)
KEYS = {"VECTOR_DB", "PGVECTOR_DB_URL", "PGVECTOR_CREATE_EXTENSION", "PGVECTOR_POOL_SIZE"}

# With a typical system of 480 MiB and one worker: 2358 MiB with the full image, 1738 with the slim one.
MODEL = """\
kind: cost-model
name: of-november
date: "2026-11-25"
source: "a test"
measured_on: "a test"
services:
  litellm:
    {expected: {base_mib: 500, per_worker_mib: 160}, reservation: 620, limit: {base_mib: 760, per_worker_mib: 520, at_least_mib: 1536}}
  open-webui:
    {expected: 950, reservation: 820, start_peak: 815, limit: 1280, variants: {slim: {expected: 330, reservation: 300, start_peak: 295, limit: 640}}}
  postgres: {expected: 100, reservation: 100, limit: 200}
  nginx: {expected: 6, reservation: 20, limit: 50}
  redis: {expected: 14, reservation: 16, limit: 64}
engine_mib: 162
system_mib: {lightweight: 230, typical: 480, desktop: 1200}
pool_per_worker: 5
reserve_connections: 20
"""


def with_model(root):
    folder = root / "etc/vpsfit"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cost-model-november.yaml").write_text(MODEL)
    return root


def call(command, root, *args, code=0):
    done = run(command, *args, "--sysroot", root)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def apply(root, *args, code=0):
    return call("apply", root, "--yes", *args, code=code)


def plan(root, *args):
    done = run("plan", "--json", *args, "--sysroot", root)
    assert done.returncode in (0, 3, 5), done.stderr
    return json.loads(done.stdout)


def new(machine, *args, name="vm-2g"):
    root = with_model(machine(name))
    apply(root, "--cost-model", "of-november", *args)
    return root, root / "opt/ai-gateway"


def images(folder):
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    return services["open-webui"]["image"], services["postgres"]["image"]


def keys(folder):
    return KEYS & yaml.safe_load((folder / "compose.yaml").read_text())["services"]["open-webui"]["environment"].keys()


def limit(folder):
    services = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    return services["open-webui"]["deploy"]["resources"]["limits"]["memory"]


def codes(found):
    return {w["code"] for w in found["warnings"]}


def text_of(found, code):
    return next(w["text"] for w in found["warnings"] if w["code"] == code)


@pytest.mark.parametrize("args", [[], ["--swap", "none"], ["--open-webui", "auto"], ["--open-webui", "slim"]])
def test_a_new_stack_that_would_not_fit(machine, args):
    root, folder = new(machine, *args)
    assert images(folder) == (SLIM, VECTORS) and keys(folder) == KEYS and limit(folder) == "640M"
    found = plan(root, *args[:2] if args[:1] == ["--swap"] else [])
    assert found["changes"] == [] and found["services"]["open-webui"]["image_variant"] == "slim"
    said = found["answers"]["open-webui"]
    assert (said["value"], said["origin"]) == ("slim", "remembered")
    before, when = texts(folder), times(folder)
    apply(root)
    assert texts(folder)["compose.yaml"].count(b"PGVECTOR") == before["compose.yaml"].count(b"PGVECTOR")
    apply(root, "--open-webui", "slim")
    apply(root, "--open-webui", "auto")
    assert images(folder) == (SLIM, VECTORS)
    if not args:
        assert (texts(folder), times(folder)) == (before, when)


def test_it_is_said_what_it_saves_and_lacks_and_why(machine):
    root = with_model(machine("vm-2g"))
    found = plan(root, "--cost-model", "of-november", "--swap", "none")
    text = text_of(found, "smaller-image")
    for word in ("620 MiB less", "2358 MiB", "1978 MiB", "--open-webui full", "PDF", "pgvector", "175 MB", "1.6 GB"):
        assert word in text, text
    assert found["verdict"]["idle"] == "tight" and found["totals"]["total_mib"] == 1738
    shown = call("plan", root, "--cost-model", "of-november", "--swap", "none").stdout
    assert re.search(r"^open-webui slim +330 ", shown, re.M)


@pytest.mark.parametrize("name, args", [("vm-4g", []), ("vm-8g", []), ("vm-2g", ["--open-webui", "full"]),
                                        ("debian-minimal-2g", ["--overhead", "99M"])])
def test_a_new_stack_that_fits_or_was_asked_for(machine, name, args):
    """Confirmed: what fits gets the full image, and 'full' is taken at its word."""
    root, folder = new(machine, *args, name=name)
    assert images(folder) == (FULL, PLAIN) and not keys(folder)
    assert "image_variant" not in plan(root)["services"]["open-webui"]


def test_more_ram_does_not_change_it_nor_does_less(machine):
    root, folder = new(machine)
    before = (folder / "compose.yaml").read_text()
    apply(root, "--ram", "8G", "--cpus", "4")
    assert images(folder) == (SLIM, VECTORS) and limit(folder) == "640M"
    assert (folder / "compose.yaml").read_text() != before, "the workers are more"
    other, folder = new(machine, name="vm-4g")
    apply(other, "--ram", "2G", "--cpus", "1")
    assert images(folder) == (FULL, PLAIN)
    assert "smaller-image-offered" in codes(plan(other, "--ram", "2G", "--cpus", "1"))


def test_the_flag_changes_it_and_back(machine):
    root, folder = new(machine)
    (root / "var/lib/docker/volumes/ai-gateway_open_webui_data/_data/uploads").mkdir(parents=True)
    (root / "var/lib/docker/volumes/ai-gateway_open_webui_data/_data/uploads/a.txt").write_text("x")
    done = apply(root, "--open-webui", "full")
    assert f"{SLIM} -> {FULL}" in re.sub(r"\s+", " ", done.stdout)
    # Documents stay where they are found.
    assert images(folder) == (FULL, VECTORS) and keys(folder) == KEYS and limit(folder) == "1280M"
    assert plan(root)["changes"] == [] and plan(root)["answers"]["open-webui"]["value"] == "full"
    full = texts(folder)
    done = apply(root, "--open-webui", "slim")
    assert images(folder) == (SLIM, VECTORS) and "documents" not in done.stderr
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert texts(folder) == full


def test_the_answers_file(machine, tmp_path):
    file = tmp_path / "answers.yaml"
    file.write_text("cost-model: of-november\nopen-webui: full\n")
    root = with_model(machine("vm-2g"))
    apply(root, "--answers", file)
    assert images(root / "opt/ai-gateway") == (FULL, PLAIN)
    file.write_text("open-webui: slim\n")
    apply(root, "--answers", file)
    assert images(root / "opt/ai-gateway") == (SLIM, VECTORS)
    file.write_text("open-webui: thin\n")
    done = call("apply", root, "--yes", "--answers", file, code=2)
    assert "auto, slim or full" in done.stderr


def test_the_seed_decides_nothing_about_what_it_does_not_know(machine):
    """Its figures are older than the slim image: its table stays, and the image is offered."""
    root = machine("vm-2g")
    found = plan(root, "--cost-model", "seed-2025-11")
    assert found["totals"]["total_mib"] == 2836 and "smaller-image-offered" in codes(found)
    asked = plan(root, "--cost-model", "seed-2025-11", "--open-webui", "slim")
    assert asked["totals"]["total_mib"] == 2836 - 602 + 330 and "smaller-image-offered" not in codes(asked)
    apply(root, "--cost-model", "seed-2025-11")
    assert images(root / "opt/ai-gateway") == (FULL, PLAIN)


@pytest.mark.parametrize("tool", [COMPOSE1, COMPOSE2], ids=["compose1", "compose2"])
@pytest.mark.parametrize("args", [[], ["--open-webui", "full"]], ids=["slim", "full again"])
def test_both_composes_take_it(machine, tool, args):
    root, folder = new(machine)
    if args:
        apply(root, *args)
    services = config(folder, "compose.yaml", tool=tool)["services"]
    assert services["open-webui"]["image"] == (FULL if args else SLIM)
    password = re.search(r"^POSTGRES_PASSWORD=(\w+)$", (folder / ".env").read_text(), re.M).group(1)
    url = services["open-webui"]["environment"]["PGVECTOR_DB_URL"]
    # A database of its own on the same server: LiteLLM's migrations may drop what they do not know.
    assert url == f"postgresql://litellm:{password}@postgres:5432/postgres"
    assert not services["litellm"]["environment"]["DATABASE_URL"].endswith("/postgres")
    assert password not in apply(root, "--dry-run", "--open-webui", "slim").stdout


@pytest.mark.parametrize("there, said", [
    (["uploads/a.txt"], "open-webui has documents"), (["uploads/"], None), (["cache/x"], None), ([], None)])
def test_a_stack_of_0_1_0_stays_full_until_it_is_asked(machine, there, said):
    root, folder = taken_over(machine)
    data = root / "var/lib/docker/volumes/ai-gateway_open_webui_data/_data"
    for name in there:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).mkdir() if name.endswith("/") else (data / name).write_text("x")
    before = images(folder)
    apply(root)
    assert images(folder) == before == ("ghcr.io/open-webui/open-webui:v0.11.3", "postgres:16.9")
    env = (folder / ".env").read_text()
    found = plan(root, "--open-webui", "slim")
    assert ("documents-left" in codes(found)) == (said is not None)
    done = apply(root, "--open-webui", "slim")
    assert images(folder) == (SLIM, VECTORS) and keys(folder) == KEYS and (folder / ".env").read_text() == env
    assert (said or "documents") in done.stderr if said else "has documents" not in done.stderr
    if said:
        assert "uploaded again" in done.stderr and "chats, accounts and settings stay" in done.stderr
    assert plan(root)["changes"] == []
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert images(folder) == before and not keys(folder)


def edited(machine, old, new_text, *args):
    root, folder = new(machine, "--open-webui", "full", *args)
    path = folder / "compose.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new_text))
    return root, folder


def test_a_vector_store_of_a_persons_own_stays(machine):
    root, folder = edited(machine, '      ENABLE_OLLAMA_API: "False"\n', '      ENABLE_OLLAMA_API: "False"\n      VECTOR_DB: "qdrant"\n')
    done = apply(root, "--open-webui", "slim")
    assert images(folder) == (SLIM, PLAIN) and keys(folder) == {"VECTOR_DB"}
    assert "VECTOR_DB is there and is not vpsfit's" in done.stderr
    assert 'VECTOR_DB: "qdrant"' in (folder / "compose.yaml").read_text()


@pytest.mark.parametrize("image", ["postgres:16.16-alpine", "postgres:15.20-bookworm", "registry:5000/pg:16", "postgres:16"])
def test_a_database_that_may_not_go_on_is_left(machine, image):
    """Another C library sorts otherwise, another major version cannot read the files: documents are off, and that is said."""
    root, folder = edited(machine, PLAIN, image)
    done = apply(root, "--open-webui", "slim")
    assert images(folder) == (SLIM, image) and not keys(folder)
    assert "finds no documents" in done.stderr
    assert "documents-off" in codes(plan(root, "--open-webui", "slim"))


@pytest.mark.parametrize("image, said", [
    ("ghcr.io/open-webui/open-webui:v0.99.0", "newer"), ("registry:5000/chat:1", "none that vpsfit wrote"),
    ("ghcr.io/open-webui/open-webui:v0.12.4@sha256:" + "0" * 64, "none that vpsfit wrote")])
def test_an_image_that_a_person_put_there_is_not_replaced(machine, image, said):
    root, folder = edited(machine, FULL, image)
    before = texts(folder)
    done = apply(root, "--open-webui", "slim", code=1)
    assert said in done.stderr and "nothing was written" in done.stderr and texts(folder) == before
    # Without the flag it goes on as it is.
    apply(root)
    assert images(folder)[0] == image


def test_an_image_in_an_override_is_not_replaced(machine):
    root, folder = new(machine, "--open-webui", "full")
    (folder / "compose.override.yaml").write_text(f"services:\n  open-webui:\n    image: {FULL}\n")
    before = texts(folder)
    done = apply(root, "--open-webui", "slim", code=1)
    assert "another file that Compose merges" in done.stderr and texts(folder) == before


@pytest.mark.parametrize("old, new_text", [
    (f"image: {FULL}", f"image: ${{WEBUI:-{FULL}}}"), (f"image: {FULL}", 'image: "ghcr.io/open-webui/open-webui:v0.12.${PATCH:-4}"'),
    (f"    image: {FULL}\n", "    <<: *webui\n")])
def test_an_image_that_is_put_together_is_not_replaced(machine, old, new_text):
    """Its limits would follow the slim image, and the full one would be killed by them."""
    root, folder = edited(machine, old, new_text)
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace("\nservices:\n", f"\nx-webui: &webui\n  image: {FULL}\n\nservices:\n"))
    before = texts(folder)
    done = apply(root, "--open-webui", "slim", code=1)
    assert "open-webui cannot get the image" in done.stderr and "put together" in done.stderr and texts(folder) == before
    apply(root)
    assert limit(folder) == "1280M"


def test_a_database_whose_image_is_put_together_is_left(machine):
    root, folder = edited(machine, f"image: {PLAIN}", "image: postgres:${PG:-16.16-bookworm}")
    done = apply(root, "--open-webui", "slim")
    assert images(folder) == (SLIM, "postgres:${PG:-16.16-bookworm}") and not keys(folder) and "finds no documents" in done.stderr


def test_an_edit_that_was_kept_does_not_hold_against_the_flag(machine):
    """Kept at an earlier run: with the image kept and the limits of the other, it would be killed."""
    root, folder = edited(machine, FULL, FULL.replace("v0.12.4", "v0.12.3"))
    apply(root, "--images", "new", "--keep-edits")
    assert images(folder)[0] == FULL.replace("v0.12.4", "v0.12.3")
    apply(root, "--open-webui", "slim", "--keep-edits")
    assert images(folder) == (SLIM, VECTORS) and limit(folder) == "640M"


def test_limits_follow_an_image_that_was_edited_by_hand(machine):
    """Remembered is slim, and somebody put the full image there: its limit would kill it."""
    root, folder = new(machine)
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace(SLIM, FULL))
    apply(root)
    assert images(folder) == (FULL, VECTORS) and limit(folder) == "1280M"
    assert plan(root)["answers"]["open-webui"]["value"] is None


def test_entries_that_were_taken_out_stay_out(machine):
    root, folder = new(machine)
    path = folder / "compose.yaml"
    path.write_text(re.sub(r'^ +PGVECTOR_POOL_SIZE.*\n', "", path.read_text(), flags=re.M))
    apply(root)
    assert keys(folder) == KEYS - {"PGVECTOR_POOL_SIZE"} and images(folder) == (SLIM, VECTORS)


def test_a_stack_whose_state_is_lost_stays_as_it_is(machine):
    root, folder = new(machine)
    shutil.rmtree(root / "var/lib/vpsfit")
    apply(root, "--cost-model", "of-november", "--ram", "8G")
    assert images(folder) == (SLIM, VECTORS) and limit(folder) == "640M"


def test_new_images_stay_of_their_kind(machine):
    root, folder = new(machine)
    path = folder / "compose.yaml"
    path.write_text(path.read_text().replace(SLIM, SLIM.replace("v0.12.4", "v0.12.3")))
    apply(root, "--images", "new", "--overwrite-edits")
    assert images(folder) == (SLIM, VECTORS)


FOREIGN = """\
services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.110.2
    command: [--num_workers, "1"]
  open-webui:
    image: ghcr.io/open-webui/open-webui:{}
  postgres:
    image: postgres:16.16-bookworm
"""


@pytest.mark.parametrize("tag, expected", [("v0.12.4", 950), ("v0.12.4-slim", 330), ("v0.11.3-slim", 950)])
def test_somebody_elses_stack(machine, tag, expected):
    """Its image counts as it is; nothing is chosen, and the flag says that it does nothing."""
    root = with_model(machine("vm-2g"))
    folder = root / "srv/stack"
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(FOREIGN.format(tag))
    args = ("--compose", "/srv/stack/compose.yaml", "--cost-model", "of-november")
    found = plan(root, *args)
    assert found["services"]["open-webui"]["expected_mib"] == expected
    assert not codes(found) & {"smaller-image", "smaller-image-offered", "smaller-image-foreign"}
    assert "smaller-image-foreign" in codes(plan(root, *args, "--open-webui", "slim"))
    apply(root, *args, "--open-webui", "slim")
    after = yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    assert after["open-webui"]["image"].endswith(f":{tag}") and "environment" not in after["open-webui"]
    assert after["postgres"]["image"] == "postgres:16.16-bookworm"
    assert after["open-webui"]["deploy"]["resources"]["limits"]["memory"] == (
        # Without AUDIO_STT_ENGINE the full image writes down speech itself: room for that is in its limit.
        "640M" if expected == 330 else "1780M")
    assert plan(root, *args)["changes"] == []


@pytest.mark.parametrize("args, said", [([], True), (["--open-webui", "full"], False)])
def test_the_next_size_is_counted_with_the_image_that_it_names(machine, args, said):
    shown = " ".join(run("plan", "--force", *args, "--sysroot", machine("vm-2g")).stdout.split())
    assert "Next size 4 GB of RAM would bring MEDIUM_VPS" in shown
    assert ("in use), with the slim image of open-webui" in shown) == said
