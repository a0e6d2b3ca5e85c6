# SPDX-License-Identifier: MIT
"""From weeks of samples to a plan: what is refused, what is raised and lowered, and that an apply takes it."""

import json
import re
import subprocess

import pytest
from conftest import run
from ring import DAY, Ring, watched

MONDAY = 1_795_392_000
ID = "0123456789abcdef0123456789abcdef\n"
IMAGE = "abcdef0123456789abcdef0"


@pytest.fixture
def watched_stack(machine):
    """(root of a machine with a stack, store, {service: (expected, limit)}) of an applied plan."""
    root = machine("vm-8g")
    (root / "etc/machine-id").write_text(ID)
    assert run("apply", "--yes", "--sysroot", root, "--workers", "2").returncode == 0
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    store = next((root / "var/lib/vpsfit").iterdir())
    return root, store, {n: (s["expected_mib"], s["limit_mib"]) for n, s in plan["services"].items()}


def samples(store, sizes, days=9, share=0.5, machine=ID, change=None, **how):
    """Every service at its expected use but litellm, which is at a share of its limit at its highest."""
    ring = Ring(machine, interval=1800)
    stack = {n: (e, e * 1.02, IMAGE, 2 if n == "litellm" else 0, limit) for n, (e, limit) in sizes.items()}
    limit = sizes["litellm"][1]
    stack["litellm"] = (limit * share * 0.9, limit * share, IMAGE, 2, limit)
    watched(ring, stack, days, begin=MONDAY, **how)
    if change:
        change(ring)
    ring.write(store)
    return ring


def calibrate(root, *more):
    done = run("calibrate", "--sysroot", root, *more, codes=(0, 1, 2, 6, 7))
    return done


def as_json(root, *more):
    done = calibrate(root, "--json", *more)
    assert done.returncode in (0, 6), done.stderr
    return json.loads(done.stdout)


def litellm(document):
    return next(s for s in document["services"] if s["service"] == "litellm")


def test_nothing_was_watched(watched_stack):
    root, _, _ = watched_stack
    done = calibrate(root)
    assert done.returncode == 7 and "watch --enable" in done.stderr


@pytest.mark.parametrize("days, words", [(0.5, "for 11 hours"), (0.98, "for 23 hours")])
def test_too_little_is_refused_with_what_is_missing(watched_stack, days, words):
    root, store, sizes = watched_stack
    samples(store, sizes, days=days)
    done = calibrate(root)
    assert done.returncode == 7 and words in done.stderr and not (store / "this-machine.yaml").exists()


def test_gaps_clock_steps_and_another_machine(watched_stack):
    root, store, sizes = watched_stack
    ring = samples(store, sizes, days=9)
    assert calibrate(root, "--dry-run").returncode == 0
    whole = ring.cells
    ring.cells = whole[:100] + whole[200:]
    ring.write(store)
    assert "is missing" in calibrate(root).stderr
    samples(store, sizes, days=9, uptime=1)
    done = calibrate(root)
    assert done.returncode == 7 and "the clock was set" in done.stderr
    samples(store, sizes, days=9, machine="ffffffffffffffffffffffffffffffff\n")
    done = calibrate(root)
    assert done.returncode == 7 and "another machine" in done.stderr
    assert calibrate(root, "--force", "--dry-run").returncode == 0


@pytest.mark.parametrize("count", ["1", "3"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_another_count_of_workers_than_was_watched_is_refused(watched_stack, count, force):
    """Or the need of two workers would be taken for that of three, and each of them would get less than it takes."""
    root, store, sizes = watched_stack
    samples(store, sizes)
    assert calibrate(root, "--dry-run").returncode == 0
    assert run("apply", "--yes", "--sysroot", root, "--workers", count).returncode == 0
    done = calibrate(root, *force)
    assert done.returncode == 7 and f"watched with 2 workers, and the plan has {count} now" in done.stderr, done.stderr
    assert not (store / "this-machine.yaml").exists()


def test_just_started(watched_stack):
    root, store, sizes = watched_stack

    def start_again(ring):
        for i in range(10):
            ring.add(MONDAY + 9 * DAY + i * 1800, [(k, {"need": 500, "flags": 1, "start": 600}) for k in range(len(ring.rows))])
    samples(store, sizes, change=start_again)
    assert "less than 12 hours since its last start" in calibrate(root).stderr


def test_a_service_near_its_limit_is_raised(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3, share=0.95)
    one = litellm(as_json(root))
    limit = sizes["litellm"][1]
    assert one["new_limit_mib"] > limit * 1.1 and one["why"] == "seen" and one["held"] == "taken"
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    assert plan["cost_model"] == "this-machine"
    assert plan["services"]["litellm"]["limit_mib"] == one["new_limit_mib"]
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    text = (root / "opt/ai-gateway/compose.yaml").read_text()
    assert f'"{one["new_limit_mib"]}M"' in text
    assert "measured here over 2.9 days" in run("plan", "--sysroot", root).stdout.replace("\n", " ")


def test_lowered_only_after_a_week_with_a_weekend(watched_stack):
    root, store, sizes = watched_stack
    limit = sizes["litellm"][1]
    samples(store, sizes, days=5, share=0.3)
    one = litellm(as_json(root, "--dry-run"))
    assert one["new_limit_mib"] == limit and one["held"] == "days"
    # 1,000 samples: half an hour apart, three weeks.
    samples(store, sizes, days=22, share=0.3)
    one = litellm(as_json(root, "--dry-run"))
    assert one["held"] == "step" and limit * 0.8 <= one["new_limit_mib"] <= limit * 0.8 + 16
    samples(store, sizes, days=22, share=0.3, starts_every=0)
    assert litellm(as_json(root, "--dry-run"))["held"] == "starts"

    def at_limit(ring):
        ring.add(MONDAY + 22 * DAY, [(k, {"need": 400, "hits": 1}) for k in range(len(ring.rows))])
    samples(store, sizes, days=22, share=0.3, change=at_limit)
    assert litellm(as_json(root, "--dry-run"))["held"] == "at-limit"


def test_kills_raise_from_the_limit_in_force(watched_stack):
    root, store, sizes = watched_stack
    limit = sizes["litellm"][1]
    samples(store, sizes, days=3, share=0.5, kills=[(1, "litellm", 2), (2, "litellm", 1)])
    one = litellm(as_json(root, "--dry-run"))
    assert one["kills"] == 3 and one["why"] == "killed"
    floor = max(limit * 1.2, limit + 100)
    assert floor - 1 <= one["new_limit_mib"] <= floor + 16  # not floor upon floor


def test_a_leak_moves_no_limit(watched_stack):
    root, store, sizes = watched_stack

    def grow(ring):
        for i in range(60):
            one = {"flags": 1, "start": 500} if i == 0 else {"need": 500 + i * 10}
            ring.add(MONDAY + 9 * DAY + i * 1800, [(k, one) for k in range(len(ring.rows))])
    samples(store, sizes, change=grow)
    done = calibrate(root, "--dry-run")
    assert done.returncode == 0 and "its need grows from start to start" in " ".join(done.stdout.split())
    assert litellm(as_json(root, "--dry-run"))["new_limit_mib"] == sizes["litellm"][1]


def test_another_image_is_another_series(watched_stack):
    root, store, sizes = watched_stack

    def new_image(ring):
        index = ring.index("litellm", "fedcba9876543210fedcba9", 2, sizes["litellm"][1])
        for i in range(20):
            ring.add(MONDAY + 9 * DAY + i * 1800, [(index, {"need": 700})])
    samples(store, sizes, share=0.95, change=new_image)
    done = calibrate(root)
    assert done.returncode == 7 and "litellm was watched for 9 hours" in done.stderr


def test_dry_run_and_exit_code(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3, share=0.95)
    assert calibrate(root, "--dry-run", "--exit-code").returncode == 6
    assert not (store / "this-machine.yaml").exists()
    assert calibrate(root, "--exit-code").returncode == 6
    assert (store / "this-machine.yaml").stat().st_mode & 0o777 == 0o600
    assert run("apply", "--yes", "--sysroot", root).returncode == 0


def test_own_model_holds_here_alone(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3, share=0.95)
    as_json(root)
    (root / "etc/machine-id").write_text("f" * 32 + "\n")
    plan = run("plan", "--json", "--sysroot", root)
    assert json.loads(plan.stdout)["cost_model"] != "this-machine" and "of another machine" in plan.stdout + plan.stderr
    (root / "etc/machine-id").write_text(ID)
    (store / "this-machine.yaml").write_text("kind: cost-model\nname: [")
    plan = run("plan", "--json", "--sysroot", root)
    assert plan.returncode in (0, 3) and json.loads(plan.stdout)["cost_model"] != "this-machine"
    assert "own-model-broken" in plan.stdout


def test_a_model_that_was_asked_for_holds(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3, share=0.95)
    as_json(root)
    plan = json.loads(run("plan", "--json", "--sysroot", root, "--cost-model", "seed-2025-11").stdout)
    assert plan["cost_model"] == "seed-2025-11"


def test_says_why_and_how_sure(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3, share=0.95)
    out = calibrate(root, "--dry-run").stdout
    assert re.search(r"^service +limit +usual +high +highest +start +new limit$", out, re.M)
    out = " ".join(out.split())
    assert "hardly sure (2.9 days" in out and "Nothing was written." in out and "Calibrated:" in out


def test_status_shows_use_and_what_calibrating_would_bring(watched_stack):
    root, store, sizes = watched_stack
    assert "Watched" not in run("status", "--sysroot", root).stdout
    samples(store, sizes, days=22, share=0.3)
    out = " ".join(run("status", "--sysroot", root).stdout.split())
    assert f"of {sizes['litellm'][1]} MiB" in out and "would free" in out
    assert any("would free" in line for line in json.loads(run("status", "--json", "--sysroot", root).stdout)["watched"])
    samples(store, sizes, days=3, kills=[(1, "litellm", 2)])
    out = " ".join(run("status", "--sysroot", root).stdout.split())
    assert "2 of its processes were killed" in out and "would raise the limits" in out
    # Showing it changes nothing.
    assert not (store / "this-machine.yaml").exists()
    (store / "ring").write_bytes(b"garbage")
    assert run("status", "--sysroot", root).returncode == 0


def test_what_was_seen_goes_with_a_move_and_with_the_memory(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3)
    as_json(root)
    (root / "opt/ai-gateway").rename(root / "opt/moved")
    assert run("apply", "--yes", "--sysroot", root, "--dir", "/opt/moved").returncode == 0
    there = next((root / "var/lib/vpsfit").iterdir())
    assert there.name.startswith("moved") and {"ring", "ring.services", "this-machine.yaml"} <= {p.name for p in there.iterdir()}
    (root / "opt/moved").rename(root / "opt/away")
    assert run("forget", "--yes", "--sysroot", root, "--dir", "/opt/moved").returncode == 0
    assert sorted(p.name for p in there.iterdir()) == ["kept", "kept.env"]


@pytest.mark.parametrize("unnamed", [1, 1056])
def test_kills_that_nobody_named_hold_every_limit(watched_stack, unnamed):
    root, store, sizes = watched_stack
    samples(store, sizes, days=22, share=0.3)
    before = as_json(root, "--dry-run")
    assert before["freed_mib"] > 0 and before["more_workers"] == 1

    def at_the_end(ring):
        ring.add(MONDAY + 22 * DAY, [(k, {"need": 400}) for k in range(len(ring.rows))], unnamed=unnamed)
    samples(store, sizes, days=22, share=0.3, change=at_the_end)
    found = as_json(root, "--dry-run")
    assert found["kills_nobody_named"] == unnamed and found["more_workers"] == 0
    assert litellm(found)["held"] == "unnamed-kills"
    assert all(s["new_limit_mib"] >= s["limit_mib"] for s in found["services"])
    said = " ".join(calibrate(root, "--dry-run").stdout.split())
    assert "no container told whose they were" in said and "no room is promised" in said and "room for one more" not in said
    assert "room for" not in run("status", "--sysroot", root).stdout


def test_kills_that_nobody_named_are_forgotten_after_30_days(watched_stack):
    root, store, sizes = watched_stack
    ring = samples(store, sizes, days=2)
    ring.cells.clear()
    ring.seq = 0
    rows = [(k, {"need": 400}) for k in range(len(ring.rows))]
    for hour in range(40 * 24):
        ring.add(MONDAY + hour * 3600, rows, unnamed=3 if hour == 24 else 0)
    ring.write(store)
    assert as_json(root, "--dry-run", "--force")["kills_nobody_named"] == 0


def stepped(at_day, step, boot=None):
    """The clock is set by so many seconds in the middle of what was watched."""
    def change(ring):
        cells, ring.cells, ring.seq = ring.cells, [], 0
        for i in range(len(cells)):
            time = MONDAY + i * 1800 + (step if i * 1800 >= at_day * DAY else 0)
            ring.add(time, [(k, {"need": 400, "flags": 2}) for k in range(len(ring.rows))], uptime=100 + i * 1800,
                     boot=2 if boot and i * 1800 >= at_day * DAY else 1)
    return change


@pytest.mark.parametrize("step, boot", [(400, None), (-400, None), (86400 * 365, None), (-7200, 2)])
def test_after_a_clock_step_the_samples_after_it_count(watched_stack, step, boot):
    root, store, sizes = watched_stack
    samples(store, sizes, days=9, change=stepped(2, step, boot))
    found = as_json(root, "--dry-run")
    assert found["days_x10"] == 69 and found["clock_set_at"] == MONDAY + 2 * DAY + step
    said = " ".join(calibrate(root, "--dry-run").stdout.split())
    assert "The clock was set by" in said and "6.9 days" in said


@pytest.mark.parametrize("day, hours", [(8.75, 44), (7, 2)])
def test_too_little_after_a_clock_step_says_how_long_to_wait(watched_stack, day, hours):
    root, store, sizes = watched_stack
    samples(store, sizes, days=9, change=stepped(day, 400))
    done = calibrate(root, "--dry-run")
    said = " ".join(done.stderr.split())
    assert done.returncode == 7 and "the clock was set by minutes while litellm was watched" in said
    assert f"wait {hours} more hour" in said


def test_from_names_the_file_and_finds_its_names(watched_stack, tmp_path):
    root, store, sizes = watched_stack
    samples(store, sizes, days=3)
    copy = tmp_path / "copy"
    copy.write_bytes((store / "ring").read_bytes())
    done = calibrate(root, "--dry-run", "--from", copy)
    assert done.returncode == 7 and f"{copy}.services" in " ".join(done.stderr.split()) and "--dir" not in done.stderr
    (tmp_path / "copy.services").write_bytes((store / "ring.services").read_bytes())
    assert calibrate(root, "--dry-run", "--from", copy).returncode == 0
    for broken in ("/dev/null", "/dev/zero", tmp_path / "nowhere", tmp_path):
        done = calibrate(root, "--dry-run", "--from", broken)
        assert done.returncode in (1, 7) and f"{broken}: " in done.stderr and "begins a new one" not in done.stderr, done.stderr
        assert "nothing was watched" not in done.stderr


def test_one_start_is_one(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=5)
    said = " ".join(calibrate(root, "--dry-run").stdout.split())
    assert ", 1 start)" in said and "1 starts" not in said


def test_a_leak_is_told_what_helps(watched_stack):
    root, store, sizes = watched_stack
    for workers, words in ((2, "--max_requests_before_restart_jitter"), (1, "is not for it")):
        assert run("apply", "--yes", "--sysroot", root, "--workers", workers).returncode == 0
        ring = Ring(ID, interval=1800)
        rows = [ring.index(n, IMAGE, workers if n == "litellm" else 0, limit) for n, (_, limit) in sizes.items()]
        for i in range(200):
            ring.add(MONDAY + i * 1800, [(k, {"need": 500 + i * 10}) for k in rows])
        ring.write(store)
        said = " ".join(calibrate(root, "--dry-run").stdout.split())
        assert said.count(words) == 1, said


def test_where_it_fits_no_more_fewer_workers_are_planned_out(watched_stack):
    root, store, sizes = watched_stack
    samples(store, sizes, days=4, change=lambda ring: None)
    for highest in (5000, 10000, 12000):
        ring = Ring(ID, interval=1800)
        stack = {n: (e, e * 1.02, IMAGE, 2 if n == "litellm" else 0, limit) for n, (e, limit) in sizes.items()}
        stack["litellm"] = (highest * .9, highest, IMAGE, 2, sizes["litellm"][1])
        watched(ring, stack, 4, begin=MONDAY)
        ring.write(store)
        found = as_json(root, "--dry-run")
        said = " ".join(calibrate(root, "--dry-run").stdout.split())
        assert found["after"]["verdict"]["idle"] in ("needs-swap", "does-not-fit") or highest == 5000
        if found["after"]["verdict"]["idle"] in ("needs-swap", "does-not-fit"):
            assert found["fewer_workers"] == 1 and found["with_fewer"]["idle_mib"] < found["after"]["idle_mib"], found
            assert "With 1 worker:" in said and "'vpsfit apply --workers 1'" in said and "vpsfit sizes" in said


def notice(root):
    return run("notice", "--sysroot", root)


def state_of(store):
    return next(store.glob("history/*/state.json"))


@pytest.mark.parametrize("since, told", [("2026-11-20T00:00:00Z", True), ("2027-11-20T00:00:00Z", False)])
def test_a_notice_names_kills_since_the_last_apply(watched_stack, since, told):
    root, store, sizes = watched_stack
    state = json.loads(state_of(store).read_text())
    state_of(store).write_text(json.dumps(state | {"time": since}))
    samples(store, sizes, share=0.9)
    assert "killed" not in notice(root).stdout

    def kill(ring):
        index = ring.index("litellm", IMAGE, 2, sizes["litellm"][1])
        ring.add(MONDAY + 9 * DAY + 1800, [(index, {"need": 900, "kills": 2})])

    samples(store, sizes, share=0.9, change=kill)
    done = notice(root)
    assert ("litellm: processes were killed" in " ".join(done.stdout.split())) == told and done.returncode == 0


@pytest.mark.parametrize("share", [0.9, 0.5, 0.2])
def test_a_notice_says_what_calibrating_would_bring(watched_stack, share):
    root, store, sizes = watched_stack
    samples(store, sizes, share=share)
    freed = as_json(root, "--dry-run")["freed_mib"]
    words = f"would free {freed} MiB" if freed > 0 else f"would raise the limits by {-freed} MiB"
    assert freed != 0 and words in " ".join(notice(root).stdout.split())
    assert run("notice", "--sysroot", root, "--exit-code").returncode == 0


def test_a_report_of_a_calibrated_machine_plans_like_it(watched_stack, tmp_path):
    root, store, sizes = watched_stack
    samples(store, sizes, share=0.5)
    assert calibrate(root).returncode == 0
    assert run("report", "--sysroot", root, "--output", tmp_path / "r.tar").returncode == 0
    (tmp_path / "there").mkdir()
    subprocess.run(["tar", "xf", tmp_path / "r.tar", "-C", tmp_path / "there"], check=True)
    plans = [run("plan", "--sysroot", r).stdout.replace(str(r), "ROOT") for r in (root, tmp_path / "there")]
    assert plans[0] == plans[1] and "this-machine" in plans[0]


@pytest.mark.parametrize("how", [["--cost-model", "seed-2025-11"], ["--cost-model", "points-2025-11", "--redis", "no"]])
def test_fewer_workers_are_planned_with_the_calibrated_model(machine, how):
    """Also where the last apply was asked for another cost model, which is remembered."""
    root = machine("vm-8g")
    (root / "etc/machine-id").write_text(ID)
    assert run("apply", "--yes", "--sysroot", root, "--workers", "2", *how).returncode == 0
    plan = json.loads(run("plan", "--json", "--sysroot", root).stdout)
    store = next((root / "var/lib/vpsfit").iterdir())
    ring = Ring(ID, interval=1800)
    stack = {n: (s["expected_mib"], s["expected_mib"] * 1.02, IMAGE, 0, s["limit_mib"]) for n, s in plan["services"].items() if s["planned"]}
    stack["litellm"] = (9000, 10000, IMAGE, 2, plan["services"]["litellm"]["limit_mib"])
    watched(ring, stack, 4, begin=MONDAY)
    ring.write(store)
    found = as_json(root)
    fewer = json.loads(run("plan", "--json", "--sysroot", root, "--cost-model", "this-machine", "--workers", "1", codes=(0, 3)).stdout)
    assert found["fewer_workers"] == 1 and found["with_fewer"]["idle_mib"] == fewer["totals"]["idle_mib"], found
