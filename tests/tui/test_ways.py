# SPDX-License-Identifier: MIT
"""Complete runs, and that the printed command writes the same."""

import re
import shutil

import pytest

import ways
from fake_systemd import FakeSystemd
from shared import MACHINES, ROOT, run


@pytest.mark.parametrize("name", ["vm-2g", "vm-4g", "vm-8g-desktop", "alpine-2g", "lxc-2g", "vm-512m"])
def test_straight_through(terminal, machine, name):
    root, other = machine(name), machine(name, "other")
    t = terminal().start("--sysroot", root)
    ways.to_done(t)
    ways.finish(t)
    done = ways.unattended(t.command(), root, other)
    assert done.returncode == 0, done.stderr
    assert ways.written(root) == ways.written(other) and len(ways.written(root)) == 6


def test_every_answer(terminal, machine):
    """Profile, workers, own swap, directory, address, port and keys: in .env and compose.yaml, and all but the keys in the command."""
    root, other = machine("vm-4g"), machine("vm-4g", "other")
    t = terminal().start("--sysroot", root)
    ways.to_profile(t)
    t.keys("Up").see("A 2 GB VPS: one worker")
    t.keys("+").see("2 workers: ")
    t.keys("+").see("3 workers: ")
    t.keys("-").see("2 workers: ")
    t.keys("Enter").see("How much swap")
    t.keys("Down", "Down").see("[!] a size of at least 64M")
    t.keys("Tab").type("3G")
    t.keys("Tab").see("Reason as chosen")
    t.press("Next").see("Where should the gateway")
    for value in ("/srv/gate way", "::1", "8443"):
        t.keys("C-u").type(value).see(value)
        t.keys("Enter")
    t.press("Next").see("Which providers")
    t.type("sk-openai-key-1234")
    t.keys("Enter").see("******")
    t.type("sk-ant-5678")
    t.press("Next").see("Review", "OPENAI_API_KEY: set to the key")
    ways.write(t).see("Done")
    screen = ways.finish(t)
    assert "sk-openai" not in screen and "sk-ant" not in screen and "openai-api-key" in screen
    command = t.command()
    assert f"--profile SMALL_VPS --workers 2 --swap 3072M --dir '/srv/gate way' --bind ::1 --port 8443 --yes --sysroot {root}" in command
    env = (root / "srv/gate way/.env").read_text()
    assert "OPENAI_API_KEY=sk-openai-key-1234\n" in env and "ANTHROPIC_API_KEY=sk-ant-5678\n" in env
    assert "GATEWAY_BIND=[::1]\n" in env and "GATEWAY_PORT=8443\n" in env
    assert ways.unattended(command, root, other).returncode == 0
    for name in ("compose.yaml", "litellm/config.yaml", "litellm/vpsfit_launch.py", "nginx/nginx.conf"):
        assert (root / "srv/gate way" / name).read_bytes() == (other / "srv/gate way" / name).read_bytes()


def test_flags_preset_it(terminal, machine):
    root = machine("vm-8g")
    t = terminal().start("--profile", "MEDIUM_VPS", "--workers", "3", "--swap", "none", "--port", "9000", "--bind", "0.0.0.0",
                         "--dir", "/srv/ai", "--sysroot", root)
    ways.to_profile(t)
    t.see("MEDIUM_VPS", "3 workers: as asked for")
    t.keys("Enter").see("How much swap")
    t.see("Reason as chosen")
    t.keys("Enter").see("/srv/ai", "0.0.0.0", "9000")
    t.press("Next")
    ways.past_models(t)
    t.see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert "--profile MEDIUM_VPS --workers 3 --swap none --dir /srv/ai --bind 0.0.0.0 --port 9000" in t.command()


def test_after_an_upgrade(terminal, machine):
    """A stack for 2 GB on a machine with 8 GB: old and new values side by side, and only these are written."""
    root, other = machine("vm-2g"), machine("vm-2g", "other")
    for one in (root, other):
        assert run("apply", "--yes", "--sysroot", one).returncode == 0
    secrets = (root / "opt/ai-gateway/.env").read_text()
    t = terminal().start("--ram", "8G", "--cpus", "4", "--sysroot", root)
    ways.machine_screen(t)
    t.see("Last apply SMALL_VPS with 2 GB of memory and 1 core")
    ways.to_review(t)
    t.see("memory 2 GB 8 GB", "cores 1 4", "profile SMALL_VPS LARGE_VPS", "workers 1 6")
    assert re.search(r"litellm workers +1 +6", t.until_scrolled("litellm workers"))
    ways.write(t).see("Done")
    t.until_scrolled("Edited")
    ways.finish(t)
    # Existing secrets never change; with several workers there is one more.
    now = (root / "opt/ai-gateway/.env").read_text()
    assert set(secrets.splitlines()) < set(now.splitlines()) and "REDIS_PASSWORD=" in now
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert ways.written(root) == ways.written(other)


def test_nothing_to_change(terminal, machine):
    root = machine("vm-4g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    before = ways.written(root)
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("There is nothing to change")
    screen = ways.finish(t)
    assert "There was nothing to change." in screen
    assert ways.written(root) == before


def edited(root):
    assert run("apply", "--yes", "--cost-model", "seed-2025-11", "--sysroot", root).returncode == 0
    compose = root / "opt/ai-gateway/compose.yaml"
    compose.write_text(compose.read_text().replace('"1536M"', '"1700M"', 1).replace('"800M"', '"900M"', 1))
    return compose


def test_conflicts_are_asked_one_by_one(terminal, machine):
    root = machine("vm-4g")
    compose = edited(root)
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("Edited by hand", "1 of 2", "it is 1700M, the plan wants 1536M", "(*) Keep 1700M")
    t.keys("Enter").see("2 of 2", "it is 900M, the plan wants 800M", "(*) Keep 900M")
    t.press("Back").see("1 of 2")
    t.keys("Enter").see("2 of 2")
    t.keys("Down", "Enter").see("Review")
    t.until(lambda s: "[!] kept" in s and "[!] replaced" in s or not t.keys("NPage"), "what is kept and what is replaced")
    ways.write(t).see("Done")
    screen = ways.finish(t)
    assert "one by one; no flag says that" in screen and "-edits" not in t.command()
    assert '"1700M"' in compose.read_text() and '"900M"' not in compose.read_text()
    # The decision holds and is not asked again.
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0


@pytest.mark.parametrize("key, flag", [("Up", "--keep-edits"), ("Down", "--overwrite-edits")])
def test_conflicts_all_one_way(terminal, machine, key, flag):
    root, other = machine("vm-4g"), machine("vm-4g", "other")
    edited(root), edited(other)
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("1 of 2")
    t.keys(key, "Enter").see("2 of 2")
    t.keys(key, "Enter").see("Review")
    if "<Write>" in t.until(lambda s: "<Write>" in s or "<Finish>" in s, "the buttons of the review"):
        ways.write(t).see("Done", "The stack is written.")
    ways.finish(t)
    assert flag in t.command()
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert ways.written(root) == ways.written(other)


def test_a_foreign_directory_is_refused_beside_the_field(terminal, machine):
    root = machine("vm-4g")
    (root / "srv/theirs").mkdir(parents=True)
    (root / "srv/theirs/file").write_text("theirs")
    t = terminal().start("--sysroot", root)
    ways.to_gateway(t)
    t.keys("C-u").type("/srv/theirs").see("/srv/theirs")
    t.press("Next").refused().see("[!] /srv/theirs", "is not empty ('file' is there)", "choose another directory")
    t.keys("C-u").type("relative/../x").see("relative/../x")
    t.press("Next").refused().see("[!] Directory: a directory without '..'")
    t.keys("C-u").type("/srv/mine").see("/srv/mine")
    t.press("Next")
    ways.past_models(t)
    t.see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert (root / "srv/mine/compose.yaml").exists() and (root / "srv/theirs/file").read_text() == "theirs"


def test_wrong_values_stay_beside_their_fields(terminal, machine):
    t = terminal().start("--sysroot", MACHINES / "vm-4g")
    ways.to_gateway(t)
    t.keys("Enter", "C-u").type("example.org")
    t.keys("Enter").see("[!] an address such", "Address: an address such as 127.0.0.1, 0.0.0.0 or ::1")
    t.keys("C-u").type("70000")
    t.keys("Enter").see("[!] a port from 1 to 65535")
    t.type("nowhere")
    t.keys("Enter").see("[!] a host name with a dot")
    t.press("Next").refused()
    t.see("Where should the gateway", "[!] an address such")
    t.keys("C-u").type("127.0.0.1")
    t.keys("Enter").gone("an address such as")


def test_a_misfit_is_refused_until_it_is_said_twice(terminal, machine):
    root, other = machine("lxc-2g"), machine("lxc-2g", "other")
    t = terminal().start("--cost-model", "seed-2025-11", "--sysroot", root)
    ways.to_profile(t)
    t.keys("Enter").see("Which image of Open WebUI")
    t.press("Next").see("does not fit into memory", "not possible here", "4 GB of RAM")
    t.keys("Enter").see("Which image of Open WebUI")  # "Choose again" has the focus
    t.press("Next").see("does not fit into memory")
    t.press("Go on all the same").see("How much swap")
    t.keys("Enter").see("Where should the gateway")
    t.press("Next").see("Which providers")
    t.press("Next").see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert " --force" in t.command()
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert ways.written(root) == ways.written(other)


def test_failure_says_what_was_put_back(terminal, machine):
    root = machine("vm-4g")
    t = terminal().start("--sysroot", root)
    ways.to_review(t)
    # A file takes the place of a directory that is about to be made.
    (root / "opt").mkdir(exist_ok=True)
    (root / "opt/ai-gateway").write_text("in the way")
    ways.write(t).see("It failed", "put back")
    (root / "opt/ai-gateway").unlink()
    t.press("Back").see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert len(ways.written(root)) == 6


def test_an_apply_that_was_cut_off_is_finished_first(terminal, machine):
    import subprocess
    from shared import VPSFIT, environment
    root = machine("vm-4g")
    subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=rename,renameat,renameat2", "-e",
                    "inject=rename,renameat,renameat2:signal=KILL:when=9", VPSFIT.replace("/san/", "/debug/"), "apply", "--yes",
                    "--sysroot", str(root)], env=environment(), check=False, capture_output=True, timeout=60)
    assert list(root.glob("var/lib/vpsfit/*/tx/journal.json")), "it was not cut off"
    t = terminal().start("--sysroot", root)
    t.see("An apply was interrupted", "has to be finished first")
    t.press("Finish it").see("This machine")
    ways.to_gateway(t)
    t.press("Next")
    ways.past_models(t)
    t.see("There is nothing to change")
    ways.finish(t)


def adopted(machine, case, name="machine"):
    """A machine with a foreign compose file in /srv/stack."""
    root = machine("vm-4g", name)
    (root / "srv/stack").mkdir(parents=True)
    shutil.copy(ROOT / "tests/compose" / case / "before.yaml", root / "srv/stack/compose.yaml")
    return root, root / "srv/stack/compose.yaml"


COMPOSE = "/srv/stack/compose.yaml"


def test_a_compose_file_of_somebody_elses(terminal, machine):
    """`vpsfit --compose FILE` starts the wizard, with the file on the gateway screen and its diff on the review."""
    root, file = adopted(machine, "edit/registries-and-digests")
    other, other_file = adopted(machine, "edit/registries-and-digests", "other")
    before = file.read_text()
    t = terminal().start("--compose", COMPOSE, "--sysroot", root)
    ways.to_swap(t)
    t.keys("Enter").see("The gateway", f"File {COMPOSE}", "litellm service a", "nginx service d")
    t.press("Back").see("How much swap")
    t.press("Next").see(f"File {COMPOSE}")
    t.press("Next").see("Review", f"1 worker, in {COMPOSE}", "was will be", "litellm limit (none) 1536M")
    t.until_scrolled(f"+++ {COMPOSE}")
    assert file.read_text() == before
    ways.write(t).see("Done", f"Edited {COMPOSE}", "cd /srv/stack && docker-compose up -d")
    screen = ways.finish(t)
    assert "\n        cd /srv/stack && docker-compose up -d\n" in screen and f"\n  vpsfit status --compose {COMPOSE} " in screen
    assert file.read_text() != before
    assert f" --compose {COMPOSE} --yes " in t.command() and "--dir" not in t.command()
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert other_file.read_text() == file.read_text()
    # The second time there is nothing to do.
    t = terminal().start("--compose", COMPOSE, "--sysroot", root)
    ways.to_swap(t)
    t.keys("Enter").see(f"File {COMPOSE}")
    t.press("Next").see("There is nothing to change")
    ways.finish(t)


def test_which_service_it_is_is_asked(terminal, machine):
    root, file = adopted(machine, "refused/two-litellms")
    other, other_file = adopted(machine, "refused/two-litellms", "other")
    t = terminal().start("--compose", COMPOSE, "--sysroot", root)
    ways.to_swap(t)
    t.press("Next").see("Which of its services is the litellm of this stack?", "(*) a", "( ) b")
    t.keys("Down").see("(*) b")
    t.keys("Enter").see("litellm service b", "postgres not in this file")
    t.press("Back").see("Which of its services", "(*) b")
    t.press("Back").see("How much swap")
    t.press("Next").see("Which of its services", "(*) b")
    t.press("Next").see("litellm service b")
    t.press("Next").see("Review")
    ways.write(t).see("Done")
    ways.finish(t)
    assert " --service 'litellm=b' " in t.command()
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert other_file.read_text() == file.read_text()
    # The answers are remembered.
    t = terminal().start("--compose", COMPOSE, "--sysroot", root)
    ways.to_swap(t)
    t.press("Next").see("litellm service b")
    t.press("Next").see("There is nothing to change")
    ways.finish(t)


@pytest.mark.parametrize("case, said", [("tab-indent", "is not understood"), ("no-litellm", "no service")])
def test_a_compose_file_that_cannot_be_fitted_is_told_at_once(terminal, machine, case, said):
    root, file = adopted(machine, f"refused/{case}")
    t = terminal().start("--compose", COMPOSE, "--sysroot", root)
    assert said in t.ended(2)


def test_what_was_asked_for_last_time_is_chosen(terminal, machine):
    """The screen shows swap and size as requested for the last apply, and requests them again."""
    root = machine("vm-4g")
    assert run("apply", "--yes", "--swap", "3G", "--sysroot", root).returncode == 0
    for changes in (True, False):
        t = terminal().start("--port", "9001", "--sysroot", root)
        ways.to_swap(t)
        t.see("(*) A size of my own", "Own size 3072M")
        t.keys("Enter").see("Where should the gateway")
        t.press("Next").see("Which providers")
        t.press("Next").see("Review", "Nothing has been changed yet" if changes else "There is nothing to change")
        if changes:
            ways.write(t).see("Done", "The stack is written.")
        ways.finish(t)
        assert " --swap 3072M " in t.command()
    assert run("apply", "--yes", "--swap", "none", "--sysroot", root).returncode == 0
    t = terminal().start("--sysroot", root)
    ways.to_swap(t)
    t.see("(*) None", "Planned none")
    t.keys("Up").see("(*) As advised", "Planned create")


@pytest.mark.parametrize("name, args", [("vm-512m", []), ("vm-1g", []), ("vm-1g", ["--cost-model", "seed-2025-11"])])
def test_a_machine_below_every_profile_stays_so(terminal, machine, name, args):
    """To confirm the profile that is shown makes no machine larger: the warning, the refusal and what would help stay."""
    root = machine(name)
    t = terminal().start("--sysroot", root, *args)
    ways.to_profile(t)
    t.see("does not fit", "no profile is recommended for")
    t.keys("Enter")
    screen = t.until(lambda s: "Which image of Open WebUI" in s or "does not fit into memory" in s, "what follows the profile")
    if "Which image" in screen:
        t.press("Next")
    t.see("It does not fit into memory", "no profile is recommended for", "Next size 2 GB of RAM would bring SMALL_VPS",
          "To fit a VPS of at least 2 GB", "<Go on all the same>")
    assert t.focused() == "Choose again"
    t.press("Go on all the same").see("How much swap", "does not fit")
    t.press("Next").see("Where should the gateway")
    t.press("Next").see("Which providers")
    t.press("Next").see("Review", "does not fit")
    t.press("Leave").see("Leave?")
    t.press("Leave")
    assert "Nothing was changed" in t.ended(1)
    assert not (root / "opt/ai-gateway").exists()


def test_workers_that_no_swap_holds_do_not_fit(terminal, machine):
    """With + pressed: above one and a half times the RAM it is refused, and what was recommended is not said of it."""
    t = terminal().start("--sysroot", machine("vm-2g"))
    ways.to_profile(t)
    t.see("Recommended. A 2 GB VPS: one worker, one or two people")
    for n in range(2, 9):
        t.keys("+").see(f"{n} workers: as asked")
    t.see("does not fit")
    t.press("Next")
    screen = t.until(lambda s: "Which image of Open WebUI" in s or "does not fit into memory" in s, "what follows the profile")
    if "Which image" in screen:
        t.press("Next")
    t.see("It does not fit into memory", "one and a half times the RAM", "<Go on all the same>")
    assert t.focused() == "Choose again"


def test_limits_are_asked_with_swap(terminal, machine):
    root, other = machine("vm-4g"), machine("vm-4g", "other")
    t = terminal().start("--sysroot", root)
    ways.to_swap(t)
    t.see("Limits (+/-)", "peak [")
    t.keys("Tab", "+").see("no memory limits are written")
    t.gone("peak [")
    t.keys("-").see("peak [")
    t.keys("+").see("no memory limits are written")
    t.press("Next").see("Where should the gateway")
    t.press("Next").see("Which providers")
    t.press("Next").see("Review", "Nothing has been changed yet")
    t.until_scrolled("no memory limits are written")
    ways.write(t).see("Done")
    ways.finish(t)
    assert " --limits off " in t.command()
    assert (root / "opt/ai-gateway/compose.yaml").read_text().count("memswap_limit") == 1, "the helper's own"
    assert ways.unattended(t.command(), root, other).returncode == 0
    assert ways.written(root) == ways.written(other)
    # It is remembered, and goes back.
    t = terminal().start("--sysroot", root)
    ways.to_swap(t)
    t.see("no memory limits are written")
    t.keys("Tab", "-").see("peak [")
    t.press("Next").see("Where should the gateway")
    t.press("Next").see("Which providers")
    t.press("Next").see("Review")
    assert re.search(r"litellm limit +\(none\) +1920M", t.until_scrolled("litellm limit"))


def test_a_key_with_blanks_is_refused(terminal, machine):
    t = terminal().start("--sysroot", machine("vm-4g"))
    ways.to_gateway(t)
    t.press("Next").see("Which providers")
    t.type("a key with blanks")
    t.keys("Enter").see("[!] a key of letters")
    t.press("Next").refused()
    t.see("Which providers", "Key for OpenAI: a key of letters")


def test_warnings_are_read_before_write(terminal, machine):
    """On a low screen they do not all fit: the button reads on until they were there, and only then it writes."""
    root = machine("vm-2g")
    t = terminal((60, 16)).start("--cost-model", "seed-2025-11", "--bind", "0.0.0.0", "--sysroot", root)
    ways.to_review(t)
    assert "<Write>" not in t.screen() and "signs up first" not in t.screen()
    while "<Read on>" in t.screen():
        assert not (root / "opt/ai-gateway").exists()
        seen = ways.read_on(t)
    assert "administrator" in seen
    t.press("Write").see("Done")
    ways.finish(t)
    assert (root / "opt/ai-gateway/compose.yaml").exists()


def test_profiles_that_come_to_the_same_are_one_line(terminal, machine):
    """One core carries two workers, whatever the profile; the recommended one stays, and those that differ."""
    t = terminal().start("--sysroot", machine("vm-4g-1core"))
    ways.to_profile(t)
    screen = t.see("SMALL_VPS")
    t.until(lambda s: "left out" in s or not t.keys("NPage"), "that some are left out")
    assert "SMALL_VPS" in screen and "MEDIUM_VPS" in screen and "recommended" in screen and "LARGE_VPS" not in screen


def test_colours_and_the_bar(terminal, machine):
    """A verdict and a warning are coloured, and words all the same; without colours the screen says the same."""
    screens = []
    for env in ({}, {"NO_COLOR": "1"}):
        t = terminal().start("--cost-model", "seed-2025-11", "--sysroot", machine("vm-2g", f"of-{len(screens)}"), term="xterm-256color", **env)
        ways.to_profile(t)
        t.see("L litellm 780")
        coloured = t.tmux("capture-pane", "-p", "-e")
        assert bool(re.search(r"\x1b\[[0-9;]*38;5;130m", coloured)) == (not env), coloured
        screens.append(t.screen())
        t.keys("Escape").see("Leave?")
        t.press("Leave")
    assert screens[0] == screens[1]


@pytest.mark.root
@pytest.mark.parametrize("fails", [False, True])
def test_the_last_page_has_the_stack_watched(terminal, tmp_path, fails):
    """On this machine itself: a tree has nothing that could run the sampler."""
    world = FakeSystemd(tmp_path)
    if fails:
        world.fail()
    t = terminal().start("--swap", "none", "--dir", tmp_path / "stack", "--port", "8123", wrap=world.wrap)
    ways.to_review(t)
    ways.write(t).see("The stack is written.", "<Watch it>")
    assert not world.told()
    t.until_scrolled("Nothing watches it yet")
    t.press("Watch it").until_scrolled("failed" if fails else "is watched from now on")
    assert world.told() == [f"enable --now {world.unit('stack')}"]
    # What is on is not offered again; what failed is.
    assert ("<Watch it>" in t.screen()) == fails
    ways.finish(t)
    # It is an answer like any other: the printed command does the same.
    assert "--watch on" in t.command()
