# SPDX-License-Identifier: MIT
"""--limits off: no limits are written, those that vpsfit wrote are taken out, a person's own stay, and rollback brings all back."""

import difflib
import json
import re
import subprocess

import pytest
import yaml

from conftest import environment, run
from test_compose_set import COMPOSE1, COMPOSE2, config, lay_out

KEYS = ("mem_limit", "mem_reservation", "memswap_limit")
SEED = ["--cost-model", "seed-2025-11"]
EIGHT = ["--ram", "8G", "--cpus", "4", "--swap", "none", *SEED]


def apply(root, *args, code=0):
    done = run("apply", "--yes", "--sysroot", root, *args)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def plan(root, *args):
    done = run("plan", "--json", "--sysroot", root, *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def codes(document):
    return {w["code"] for w in document["warnings"]}


def limits(text):
    """All sizes of all services, by path; not of what only runs at a start, whose limit is no value of vpsfit's."""
    found = {}
    for name, service in yaml.safe_load(text)["services"].items():
        if name == "webui-key":
            continue
        found.update({f"{name}/{key}": service[key] for key in KEYS if key in service})
        for kind, of in ((service.get("deploy") or {}).get("resources") or {}).items():
            if "memory" in of:
                found[f"{name}/{kind}"] = of["memory"]
    return found


def tree(folder):
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mode) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def own(machine):
    root = machine("vm-8g")
    apply(root, *SEED)
    return root, root / "opt/ai-gateway"


def test_off_takes_them_out_and_on_brings_them_back(own):
    root, folder = own
    before, text = tree(folder), (folder / "compose.yaml").read_text()
    assert len(limits(text)) == 15
    done = apply(root, "--limits", "off")
    without = (folder / "compose.yaml").read_text()
    assert limits(without) == {} and without.count("deploy:") == 1
    assert re.search(r"litellm limit +3856M -> none", done.stdout)
    # Nothing else has changed: every line of it was there.
    changed = [line for line in difflib.unified_diff(text.splitlines(), without.splitlines(), n=0, lineterm="")][2:]
    assert all(re.match(r"@@|- +(deploy|resources|limits|reservations|memory|memswap_limit):", line) for line in changed)
    # Remembered, and nothing more to do.
    now = plan(root)
    assert now["changes"] == [] and now["answers"]["limits"]["value"] == "off"
    assert now["answers"]["limits"]["origin"] == "remembered"
    apply(root)
    assert (folder / "compose.yaml").read_text() == without
    apply(root, "--limits", "on")
    assert tree(folder) == before
    assert plan(root)["changes"] == [] and "limits-off" not in codes(plan(root))


def test_a_new_stack_is_written_without(machine):
    root = machine("vm-8g")
    apply(root, *SEED, "--limits", "off")
    folder = root / "opt/ai-gateway"
    text = (folder / "compose.yaml").read_text()
    assert limits(text) == {} and text.count("deploy:") == 1 and "--maxmemory" in text
    assert plan(root)["changes"] == []
    env = {"LITELLM_MASTER_KEY": "x", "LITELLM_SALT_KEY": "x", "WEBUI_SECRET_KEY": "x", "POSTGRES_PASSWORD": "x", "REDIS_PASSWORD": "x"}
    for tool in (COMPOSE1, COMPOSE2):
        services = {"litellm", "open-webui", "postgres", "nginx", "redis", "webui-key"}
        assert set(config(folder, "compose.yaml", tool=tool, env=env)["services"]) == services
    apply(root, "--limits", "on")
    assert limits((folder / "compose.yaml").read_text())["litellm/limits"] == "3856M"


def test_rollback_puts_them_back_to_the_byte(own):
    root, folder = own
    before = tree(folder)
    apply(root, "--limits", "off")
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert tree(folder) == before
    now = plan(root)
    assert now["changes"] == [] and now["answers"]["limits"]["value"] is None


def test_no_verdict_on_the_peak(own):
    root, _ = own
    on, off = plan(root), plan(root, "--limits", "off")
    assert off["verdict"] == {"idle": on["verdict"]["idle"], "peak": None}
    assert off["totals"]["peak_mib"] is None and off["totals"]["optional_peak_mib"] is None
    assert all(s["limit_mib"] is None and s["reservation_mib"] is None and s["memswap_mib"] is None and s["expected_mib"]
               for s in off["services"].values())
    assert off["totals"]["total_mib"] == on["totals"]["total_mib"] and off["swap"]["size_mib"] == on["swap"]["size_mib"]
    assert "limits-off" in codes(off) and not codes(off) & {
        "peak-over-ram", "peak-beyond-swap", "exceeds-target-peak", "below-official-floor", "limit-below-start", "limits-hold-start"}
    text = run("plan", "--sysroot", root, "--limits", "off").stdout
    assert "\npeak" not in text and re.search(r"^litellm +3080 +- +- +-", text, re.M) and re.search(r"^total +5136 +-$", text, re.M)


@pytest.mark.parametrize("edit, kept", [
    # A limit of a person's; and with a swap allowance of theirs the limit must stay, or the engine refuses it.
    (('memory: "3856M" # vpsfit', 'memory: "4000M" # vpsfit'), {"litellm/limits": "4000M"}),
    (('memswap_limit: "3856M"', 'memswap_limit: "9000M"'), {"litellm/memswap_limit": "9000M", "litellm/limits": "3856M"}),
    (('memory: "3068M"', 'memory: "1000M"'), {"litellm/reservations": "1000M"}),
])
def test_what_a_person_wrote_stays(own, edit, kept):
    root, folder = own
    file = folder / "compose.yaml"
    text = file.read_text()
    assert edit[0] in text
    file.write_text(text.replace(*edit, 1))
    done = apply(root, "--limits", "off")
    assert limits(file.read_text()) == kept and "stays" in done.stderr
    assert "limits-stay" in codes(plan(root)) and plan(root)["changes"] == []
    # It was not asked about, so it is not lost either where limits are written again.
    apply(root, "--limits", "on")
    assert limits(file.read_text()).items() >= kept.items() and len(limits(file.read_text())) == 15
    apply(root)
    assert limits(file.read_text()).items() >= kept.items()
    apply(root, "--overwrite-edits")
    assert limits(file.read_text()) == limits(text)


def test_what_a_person_writes_while_they_are_off_stays(own):
    root, folder = own
    file = folder / "compose.yaml"
    apply(root, "--limits", "off")
    file.write_text(file.read_text().replace("  nginx:\n", "  nginx:\n    mem_limit: 77m\n", 1))
    apply(root)
    assert limits(file.read_text()) == {"nginx/mem_limit": "77m"}


def test_comments_stay(own):
    root, folder = own
    file = folder / "compose.yaml"
    text = file.read_text().replace("    deploy:\n", "    # mine, above\n    deploy: # mine, beside\n", 1)
    file.write_text(text)
    apply(root, "--limits", "off")
    assert limits(file.read_text()) == {} and "# mine, above" in file.read_text() and "# mine, beside" in file.read_text()


def test_redis_comes_and_goes_without_limits(own):
    root, folder = own
    apply(root, "--limits", "off", "--workers", "1")
    assert "redis" not in yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    apply(root, "--workers", "4")
    text = (folder / "compose.yaml").read_text()
    assert "redis" in yaml.safe_load(text)["services"] and limits(text) == {}
    apply(root, "--workers", "1")
    assert "redis" not in yaml.safe_load((folder / "compose.yaml").read_text())["services"]
    apply(root, "--workers", "4", "--limits", "on")
    assert len(limits((folder / "compose.yaml").read_text())) == 15


def test_a_stack_without_its_state_is_known_without_limits(own):
    root, folder = own
    apply(root, "--limits", "off", "--workers", "1")
    subprocess.run(["rm", "-rf", root / "var/lib/vpsfit"], check=True)
    done = apply(root, "--limits", "off")
    assert "taken up again" in done.stderr and limits((folder / "compose.yaml").read_text()) == {}


STYLES = {
    "none": "  gw:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: [\"--num_workers\", \"6\", \"--run_gunicorn\"]\n",
    "mem_limit": "  gw:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: [\"--num_workers\", \"6\", \"--run_gunicorn\"]\n"
                 "    mem_limit: 1g\n    restart: always\n",
    "deploy with more": "  gw:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: [\"--num_workers\", \"6\", \"--run_gunicorn\"]\n"
                        "    deploy:\n      resources:\n        limits:\n          cpus: '2'\n      replicas: 1\n",
    "flow": "  gw: {image: \"ghcr.io/berriai/litellm:v1.110.2\", command: [\"--num_workers\", \"6\", \"--run_gunicorn\"], "
            "deploy: {resources: {limits: {cpus: '2'}}}, restart: always}\n",
    "empty deploy": "  gw:\n    image: ghcr.io/berriai/litellm:v1.110.2\n    command: [\"--num_workers\", \"6\", \"--run_gunicorn\"]\n"
                    "    labels: {a: b}\n",
    "crlf": "  gw:\r\n    image: ghcr.io/berriai/litellm:v1.110.2\r\n    command: [\"--num_workers\", \"6\", \"--run_gunicorn\"]\r\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_in_somebody_elses_file(machine, style):
    """Written in whichever style, they go again: where there were none before, the file is as it was to the byte."""
    end = "\r\n" if style == "crlf" else "\n"
    root, folder = lay_out(machine, {})
    folder.mkdir(parents=True)
    file = folder / "compose.yaml"
    text = f"services:{end}" + STYLES[style] + f"  other:{end}    image: alpine{end}    mem_limit: 9m{end}"
    file.write_bytes(text.encode())
    args = [*EIGHT, "--compose", "/srv/stack/compose.yaml"]
    apply(root, *args)
    written = file.read_bytes()
    assert len([k for k in limits(written) if k.startswith("gw/")]) == 3
    apply(root, *args, "--limits", "off")
    assert {k for k in limits(file.read_bytes())} == {"other/mem_limit"}
    if style != "mem_limit":
        assert file.read_bytes() == text.encode()
    config(folder, "compose.yaml")
    # Back, which is what was written before.
    apply(root, *args, "--limits", "on")
    assert limits(file.read_bytes()) == limits(written)
    assert run("rollback", "--yes", "--sysroot", root, *args[-2:]).returncode == 0
    assert run("rollback", "--yes", "--sysroot", root, *args[-2:]).returncode == 0
    assert file.read_bytes() == written
    assert run("rollback", "--yes", "--sysroot", root, *args[-2:]).returncode == 0
    assert file.read_bytes() == text.encode()


def test_a_file_that_vpsfit_never_fitted_keeps_its_limits(machine):
    text = "services:\n" + STYLES["mem_limit"]
    root, folder = lay_out(machine, {"compose.yaml": text})
    args = [*EIGHT, "--compose", "/srv/stack/compose.yaml"]
    # The limit that stays would bound the count.
    done = apply(root, *args, "--limits", "off", "--workers", "6")
    assert (folder / "compose.yaml").read_text() == text and "stays" in done.stderr


def test_in_several_files(machine):
    """The base and an override: each loses what was written into it."""
    base, over = "services:\n" + STYLES["none"], "services:\n  gw:\n    deploy: {resources: {limits: {cpus: '2'}}}\n"
    root, folder = lay_out(machine, {"compose.yaml": base, "compose.override.yaml": over})
    args = [*EIGHT, "--compose", "/srv/stack/compose.yaml"]
    apply(root, *args)
    assert len(limits((folder / "compose.yaml").read_text())) + len(limits((folder / "compose.override.yaml").read_text())) >= 3
    apply(root, *args, "--limits", "off")
    assert (folder / "compose.yaml").read_text() == base and (folder / "compose.override.yaml").read_text() == over


def test_a_variables_value_is_left_to_a_person(machine):
    text = "services:\n" + STYLES["none"] + "    mem_limit: ${GW_LIMIT:-2g}\n"
    root, folder = lay_out(machine, {"compose.yaml": text, ".env": "GW_LIMIT=1g\n"})
    args = [*EIGHT, "--compose", "/srv/stack/compose.yaml"]
    apply(root, *args)
    assert "GW_LIMIT=3856M" in (folder / ".env").read_text()
    apply(root, *args, "--limits", "off")
    now = plan(root, *args)
    assert now["by_hand"] and "# no mem_limit" in now["by_hand"][0]["lines"] and "by-hand" in codes(now)
    assert "memswap_limit" not in (folder / "compose.yaml").read_text()


def test_the_answers_file_and_the_flag(machine, tmp_path):
    root, file = machine("vm-4g"), tmp_path / "answers.yaml"
    for text, value in (("limits: off\n", "off"), ("limits: \"off\"\n", "off"), ("limits: on\n", "on")):
        file.write_text(text)
        assert plan(root, "--answers", file)["answers"]["limits"]["value"] == value
    file.write_text("limits: none\n")
    assert run("plan", "--answers", file, "--sysroot", root).returncode == 2
    done = run("plan", "--limits", "no", "--sysroot", root)
    assert done.returncode == 2 and "on or off" in done.stderr


def test_nobody_is_told_of_a_swarm(machine):
    text = "services:\n" + STYLES["none"] + "    deploy: {mode: replicated}\n"
    root, _ = lay_out(machine, {"stack.yml": text})
    args = [*EIGHT, "--compose", "/srv/stack/stack.yml"]
    assert "swarm-settings" in codes(plan(root, *args)) and "swarm-settings" not in codes(plan(root, *args, "--limits", "off"))


def test_what_a_language_says(own):
    root, _ = own
    assert run("plan", "--limits", "off", "--sysroot", root, env=environment(LANGUAGE="de")).returncode == 0


@pytest.mark.parametrize("size", ["mem_limit: 2g", "deploy: {resources: {limits: {memory: 2g}}}"])
def test_off_says_what_on_will_not_bring_back(machine, size):
    """A person's limit that vpsfit replaced is in the history alone: that is said before it is too late."""
    root = machine("vm-8g")
    (root / "srv/stack").mkdir(parents=True)
    file = root / "srv/stack/compose.yaml"
    file.write_text(f"services:\n  litellm:\n    image: ghcr.io/berriai/litellm:v1.89.0\n    {size}\n")
    args = ["--compose", "/srv/stack/compose.yaml", *EIGHT]
    assert "limits-go" not in codes(plan(root, *args, "--limits", "off"))
    apply(root, *args)
    told = [w for w in plan(root, *args, "--limits", "off")["warnings"] if w["code"] == "limits-go"]
    assert len(told) == 1 and "not what stood there before vpsfit" in told[0]["text"] and "rollback" in told[0]["hint"]
    apply(root, *args, "--limits", "off")
    assert "limits-go" not in codes(plan(root, *args))
    assert run("rollback", "--yes", "--sysroot", root, "--compose", "/srv/stack/compose.yaml").returncode == 0
    assert run("rollback", "--yes", "--sysroot", root, "--compose", "/srv/stack/compose.yaml").returncode == 0
    assert "2g" in file.read_text()
