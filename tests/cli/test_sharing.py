# SPDX-License-Identifier: MIT
"""How LiteLLM is started: the launcher itself, when it is written, and how it and the parent of the workers come and go in stacks."""

import json
import os
import pathlib
import re
import signal
import stat
import subprocess

import pytest
import yaml

from conftest import ROOT, run
from earlier import MOUNT, NEW_START, NOTHING, OLD_START, PARENT, Case, hardened, recorded, stack_of, started_anew, tree

NAME = "litellm/vpsfit_launch.py"
OLD = "litellm/sitecustomize.py"
FILE = ROOT / "templates" / NAME
PYTHON = "/usr/bin/python3"
NOTE = f"note: litellm is not started by {NAME}"
COMPOSE = "opt/ai-gateway/compose.yaml"


@pytest.fixture
def litellm(tmp_path):
    """A package of LiteLLM's name whose run_server() is this code; returns a function that starts the launcher."""
    def start(code, *args, cwd=None, **more):
        package = tmp_path / "packages/litellm/proxy"
        package.mkdir(parents=True, exist_ok=True)
        for directory in (package, package.parent):
            (directory / "__init__.py").write_text("")
        (package / "proxy_cli.py").write_text("import gc, os, signal, sys, time\ndef run_server():\n" + "".join(
            f"    {line}\n" for line in code.strip().splitlines()))
        env = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "PYTHONPATH": str(tmp_path / "packages"), **more.pop("env", {})}
        return subprocess.Popen([PYTHON, FILE, *args], env=env, cwd=cwd or tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return start


def result(process):
    out, err = process.communicate(timeout=60)
    return out, err, process.returncode


def test_it_freezes_before_a_fork_and_only_in_the_first_process(litellm):
    """A worker that forks still collects garbage: its own objects are not frozen."""
    assert result(litellm("""
assert gc.get_freeze_count() == 0
if os.fork() == 0:
    frozen = gc.get_freeze_count()
    kept = [[] for _ in range(1000)]
    if os.fork() == 0:
        os._exit(0)
    os.wait()
    print(frozen > 1000, gc.get_freeze_count() == frozen, gc.isenabled(), flush=True)
    os._exit(0)
os.wait()
""")) == ("True True True\n", "", 0)


def test_arguments_and_exit_status_are_litellms(litellm):
    assert result(litellm("print(sys.argv); sys.exit(7)", "--config", "/app/config.yaml", "")) == \
        ("['litellm', '--config', '/app/config.yaml', '']\n", "", 7)
    assert result(litellm("return 3"))[2] == 3
    assert result(litellm("return None"))[2] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_litellm(litellm, number):
    """It is the very process that was started: the first one in the container."""
    process = litellm(f"""
signal.signal({int(number)}, lambda *_: sys.exit(42))
print(os.getpid(), flush=True)
time.sleep(60)
""")
    assert int(process.stdout.readline()) == process.pid
    process.send_signal(number)
    assert result(process)[2] == 42


def test_a_signal_that_nobody_handles_ends_it_as_such(litellm):
    process = litellm("print(flush=True); time.sleep(60)")
    process.stdout.readline()
    process.terminate()
    assert process.wait(timeout=60) == -signal.SIGTERM


def test_a_worker_that_is_spawned_starts_nothing_of_its_own(litellm):
    """Python imports the main file again in it."""
    out, _, code = result(litellm("""
import multiprocessing
print('started', flush=True)
worker = multiprocessing.get_context('spawn').Process(target=print, args=('worker',))
worker.start()
worker.join()
"""))
    assert (out, code) == ("started\nworker\n", 0)


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.parametrize("variable, value", [("SEPARATE_HEALTH_APP", "1"), ("USE_DDTRACE", "true"), ("USE_DDTRACE", "True"),
                                             ("USE_NEWRELIC", "true"), ("LITELLM_COMPONENT", "gateway")])
@pytest.mark.parametrize("entry", ["docker/prod_entrypoint.sh", "docker-entrypoint.sh"])
def test_the_images_entry_point_has_its_way(litellm, tmp_path, variable, value, entry):
    script(tmp_path / "app" / entry, '#!/bin/sh\necho "$0 $@"\nexit 5\n')
    done = result(litellm("print('here')", "--port", "1", cwd=tmp_path / "app", env={variable: value}))
    assert done == (f"{entry} --port 1\n", "", 5)


@pytest.mark.parametrize("variable, value", [("SEPARATE_HEALTH_APP", "0"), ("USE_DDTRACE", "false"), ("USE_NEWRELIC", ""),
                                             ("LITELLM_COMPONENT", "proxy")])
def test_a_variable_that_asks_for_nothing_changes_nothing(litellm, tmp_path, variable, value):
    script(tmp_path / "app/docker/prod_entrypoint.sh", "#!/bin/sh\nexit 5\n")
    assert result(litellm("print('here')", cwd=tmp_path / "app", env={variable: value})) == ("here\n", "", 0)


def test_an_image_without_an_entry_point_is_told_of(litellm):
    out, err, code = result(litellm("print('here')", env={"USE_DDTRACE": "true"}))
    assert (out, code) == ("here\n", 0) and "USE_DDTRACE is set" in err


def test_where_another_python_has_litellm_its_command_is_run(tmp_path):
    script(tmp_path / "bin/litellm", '#!/bin/sh\necho "command $@"\nexit 4\n')
    done = subprocess.run([PYTHON, FILE, "--port", "1"], env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, capture_output=True, text=True,
                          timeout=60)
    assert (done.stdout, done.returncode) == ("command --port 1\n", 4)


# In a stack of this version.

def litellm_of(directory):
    return yaml.safe_load((directory / "compose.yaml").read_text())["services"]["litellm"]


def test_it_is_written_mounted_and_started(stack):
    _, directory = stack
    service = litellm_of(directory)
    assert service["entrypoint"] == ["python3", "/opt/vpsfit/vpsfit_launch.py"]
    assert f"./{NAME}:{service['entrypoint'][1]}:ro" in service["volumes"] and "PYTHONPATH" not in service["environment"]
    assert (directory / NAME).read_bytes() == FILE.read_bytes() and not (directory / OLD).exists()
    assert stat.S_IMODE((directory / NAME).stat().st_mode) == 0o644


def test_one_that_was_removed_is_written_again(stack):
    root, directory = stack
    (directory / NAME).unlink()
    assert f"{NAME}: missing" in run("status", "--sysroot", root).stdout
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    assert (directory / NAME).read_bytes() == FILE.read_bytes()


def test_a_directory_in_its_place_is_told_of(stack):
    """Docker makes one if the file is missing."""
    root, directory = stack
    (directory / NAME).unlink()
    (directory / NAME).mkdir()
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 1
    assert f"{NAME}: error: cannot be read: it is not a regular file; nothing was written" in done.stderr


def state_file(root):
    return max(root.glob("var/lib/vpsfit/*/history/*/state.json"))


def test_an_edited_one_is_asked_about_kept_and_replaced(stack):
    root, directory = stack
    file = directory / NAME
    file.write_text("# mine\n")
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 5 and NAME in done.stderr and file.read_text() == "# mine\n"
    assert run("apply", "--yes", "--keep-edits", "--sysroot", root).returncode == 0
    for _ in range(2):
        done = run("apply", "--yes", "--sysroot", root)
        assert done.returncode == 0 and NOTHING in done.stdout and file.read_text() == "# mine\n"
    # Another edit is another question.
    file.write_text("# mine too\n")
    assert run("apply", "--yes", "--sysroot", root).returncode == 5
    assert run("apply", "--yes", "--overwrite-edits", "--sysroot", root).returncode == 0
    assert file.read_bytes() == FILE.read_bytes()
    assert NOTHING in run("apply", "--yes", "--sysroot", root).stdout


def fnv(text):
    number = 0xcbf29ce484222325
    for byte in text.encode():
        number = (number ^ byte) * 0x100000001b3 % 2**64
    return f"{number:016x}"


def test_one_of_another_version_is_replaced(stack):
    """What an earlier version wrote has that version's hash in the state."""
    root, directory = stack
    file, state = directory / NAME, state_file(root)
    earlier = FILE.read_text() + "# of an earlier version\n"
    file.write_text(earlier)
    state.write_text(state.read_text().replace(fnv(FILE.read_text()), fnv(earlier)))
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 0 and file.read_bytes() == FILE.read_bytes(), done.stderr
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert file.read_text() == earlier


def test_rollback_takes_it_away_with_the_stack(stack):
    root, directory = stack
    assert run("rollback", "--yes", "--sysroot", root).returncode == 0
    assert not (directory / NAME).exists()


# The parent of the workers.

@pytest.mark.parametrize("workers, has", [(1, False), (2, True), (4, True)])
def test_a_new_stack_has_a_parent_from_two_workers_on(machine, workers, has):
    root = machine("vm-8g")
    assert run("apply", "--yes", "--workers", workers, "--redis", "no", "--sysroot", root).returncode == 0
    assert ("--run_gunicorn" in litellm_of(root / "opt/ai-gateway")["command"]) == has
    assert (PARENT in (root / COMPOSE).read_text()) == has
    assert NOTHING in run("apply", "--yes", "--sysroot", root).stdout


def test_it_comes_and_goes_with_the_count(machine):
    root = machine("vm-8g")
    texts = {}
    for workers in (2, 1, 2, 1, 4, 1):
        done = run("apply", "--yes", "--workers", workers, "--redis", "no", "--sysroot", root)
        assert done.returncode == 0, done.stderr
        text = (root / COMPOSE).read_text()
        assert texts.setdefault(workers, text) == text
        assert (PARENT in text) == (workers > 1)
    assert texts[2].replace(PARENT, "") != texts[2]
    for workers in (4, 1, 2, 1, 2):
        assert run("rollback", "--yes", "--sysroot", root).returncode == 0
        assert (root / COMPOSE).read_text() == texts[workers]


def test_it_is_shown(stack):
    root, _ = stack
    shown = run("plan", "--workers", 1, "--sysroot", root).stdout
    assert re.search(r"litellm parent +--run_gunicorn -> nothing", shown)
    change = next(c for c in json.loads(run("plan", "--json", "--workers", 1, "--sysroot", root).stdout)["changes"]
                  if c["path"].endswith("compose.yaml"))
    assert {"value": "litellm parent", "from": "--run_gunicorn", "to": "nothing", "edited_by_hand": False, "kept": False} in change["values"]


def test_one_that_was_taken_out_by_hand_is_an_edit(stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    compose.write_text(compose.read_text().replace(PARENT, ""))
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 5 and "litellm parent was taken out by hand, vpsfit would write --run_gunicorn" in done.stderr
    assert run("apply", "--yes", "--keep-edits", "--sysroot", root).returncode == 0
    done = run("apply", "--yes", "--sysroot", root)
    assert NOTHING in done.stdout and PARENT not in compose.read_text() and "without --run_gunicorn" in done.stderr
    assert run("apply", "--yes", "--overwrite-edits", "--sysroot", root).returncode == 0
    assert PARENT in compose.read_text()


def test_one_that_was_put_in_by_hand_is_an_edit(machine):
    root = machine("vm-2g")
    assert run("apply", "--yes", "--sysroot", root).returncode == 0
    compose = root / COMPOSE
    ours = compose.read_text()
    compose.write_text(ours.replace("    environment:\n      LITELLM_MASTER", '      - --run_gunicorn # mine\n    environment:\n      LITELLM_MASTER'))
    done = run("apply", "--yes", "--sysroot", root)
    assert done.returncode == 5 and "litellm parent was edited by hand: it is --run_gunicorn, vpsfit would write nothing" in done.stderr
    assert run("apply", "--yes", "--keep-edits", "--sysroot", root).returncode == 0
    assert NOTHING in run("apply", "--yes", "--sysroot", root).stdout
    # With two workers it is as wanted, and from then on vpsfit's.
    assert run("apply", "--yes", "--workers", 2, "--redis", "no", "--sysroot", root).returncode == 0
    assert run("apply", "--yes", "--workers", 1, "--sysroot", root).returncode == 0
    assert compose.read_text() == ours.replace("from profile SMALL_VPS", "as asked for by --workers").replace(
        "    environment:\n      LITELLM_MASTER", "      # mine\n    environment:\n      LITELLM_MASTER")


@pytest.mark.parametrize("style", ["flow", "crlf", "wide", "last"])
def test_a_command_in_another_style(machine, style):
    root = machine("vm-8g")
    assert run("apply", "--yes", "--workers", 2, "--redis", "no", "--sysroot", root).returncode == 0
    compose = root / COMPOSE
    text = compose.read_bytes().decode()
    if style == "flow":
        items = re.search(r'    command:\n(      - "--config".*?)    environment:', text, re.S)
        words = re.findall(r'- ("[^"]*")', items[1])
        text = text.replace(items[0], f"    command: [{', '.join(words)}] # mine\n    environment:")
    elif style == "crlf":
        text = text.replace("\n", "\r\n")
    elif style == "wide":
        text = text.replace(PARENT, PARENT.replace("      -", "        -").replace("      #", "        #"))
        text = re.sub(r'^      - ("(?:--|/app/|0\.0|4000|\d"))', r"        - \1", text, flags=re.M)
    else:
        text = text.replace(PARENT, PARENT + '      - "--detailed_debug"\n')
    compose.write_bytes(text.encode())
    before = yaml.safe_load(text)["services"]["litellm"]["command"]
    for workers in (1, 2):
        done = run("apply", "--yes", "--workers", workers, "--keep-edits", "--sysroot", root)
        assert done.returncode == 0, done.stderr
        after = compose.read_bytes().decode()
        command = yaml.safe_load(after)["services"]["litellm"]["command"]
        wanted = [w for w in before if w != "--run_gunicorn"]
        wanted[wanted.index("--num_workers") + 1] = str(workers)
        assert command == (wanted if workers == 1 else [*wanted, "--run_gunicorn"])
        assert style != "crlf" or "\n" not in after.replace("\r\n", "")
        assert style != "flow" or "] # mine\n" in after


def test_a_command_in_one_string_is_told_of(machine):
    """The count in it is changed; the parent is left to a person."""
    root = machine("vm-8g")
    assert run("apply", "--yes", "--workers", 2, "--redis", "no", "--sysroot", root).returncode == 0
    compose = root / COMPOSE
    items = re.search(r'    command:\n(      - "--config".*?)    environment:', compose.read_text(), re.S)
    words = " ".join(re.findall(r'- "([^"]*)"', items[1]))
    compose.write_text(compose.read_text().replace(items[0], f"    command: {words}\n    environment:"))
    assert "litellm parent" not in run("plan", "--sysroot", root).stdout
    done = run("apply", "--yes", "--workers", 1, "--sysroot", root)
    assert done.returncode == 0, done.stderr
    assert litellm_of(root / "opt/ai-gateway")["command"] == words.replace("num_workers 2", "num_workers 1")
    assert "litellm parent is left as it is" in done.stdout and 'command: [..., without "--run_gunicorn"]' in done.stdout


# A stack of 0.1.0.

@pytest.fixture
def earlier_stack(machine):
    found, more = recorded()["whole 4-gib"]
    return Case(machine(more["machine"]), found)


def test_an_edited_file_of_0_1_0_stays_and_is_told_of_once(earlier_stack):
    case = earlier_stack
    file = case.root / "opt/ai-gateway" / OLD
    file.write_text(file.read_text() + "# mine\n")
    before, compose = file.read_bytes(), (case.root / COMPOSE).read_text()
    told = f"{OLD}: note: is not read any more, and stays because it was edited"
    done = case.call("apply", "--yes", "--redis", "no")
    assert told in done.stderr and file.read_bytes() == before
    assert (case.root / COMPOSE).read_text() == started_anew(compose, 2)
    done = case.call("apply", "--yes")
    assert told not in done.stderr and NOTHING in done.stdout and file.read_bytes() == before


def test_the_file_of_0_1_0_comes_back(earlier_stack):
    case = earlier_stack
    before = tree(case.root, "opt")
    shown = case.call("plan", "--redis", "no").stdout
    assert f"remove  /opt/ai-gateway/{OLD}" in shown and f"create  /opt/ai-gateway/{NAME}" in shown
    done = case.call("apply", "--yes", "--redis", "no")
    assert f"remove /opt/ai-gateway/{OLD}" in done.stdout
    assert f"bring back /opt/ai-gateway/{OLD}" in re.sub(" +", " ", case.call("rollback", "--yes").stdout)
    assert stack_of(tree(case.root, "opt")) == stack_of(before)


@pytest.mark.parametrize("what", ["link", "directory", "gone"])
def test_what_else_is_in_its_place_is_left(earlier_stack, what):
    case = earlier_stack
    file = case.root / "opt/ai-gateway" / OLD
    text = file.read_text()
    file.unlink()
    if what == "link":
        (file.parent / "real.py").write_text(text)
        file.symlink_to("real.py")
    elif what == "directory":
        file.mkdir()
    case.call("apply", "--yes", "--redis", "no")
    assert file.is_symlink() == (what == "link") and file.is_dir() == (what == "directory")
    assert (case.root / "opt/ai-gateway" / NAME).exists()


def edited(case, before, after, count=1):
    path = case.root / COMPOSE
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, count))
    return path


ENTRY = "    restart: unless-stopped\n    command:\n"


def test_an_entry_point_of_ones_own_is_an_edit(earlier_stack):
    """Nothing of the start is changed: neither half of it would run."""
    case = earlier_stack
    mine = '    restart: unless-stopped\n    entrypoint: [/own.sh] # mine\n    command:\n'
    path = edited(case, ENTRY, mine)
    text = path.read_text()
    done = case.call("apply", "--yes", "--redis", "no", codes=(5,))
    assert "litellm launcher was edited by hand: it is something else" in done.stderr and path.read_text() == text
    case.call("apply", "--yes", "--redis", "no", "--keep-edits")
    assert path.read_text() == hardened(text) and (case.root / "opt/ai-gateway" / OLD).exists() and not (case.root / "opt/ai-gateway" / NAME).exists()
    assert NOTHING in case.call("apply", "--yes").stdout
    case.call("apply", "--yes", "--overwrite-edits")
    service = litellm_of(case.root / "opt/ai-gateway")
    assert service["entrypoint"] == ["python3", "/opt/vpsfit/vpsfit_launch.py"] and "# mine\n" in path.read_text()
    assert not (case.root / "opt/ai-gateway" / OLD).exists() and (case.root / "opt/ai-gateway" / NAME).exists()


def test_a_python_path_of_ones_own_stays(earlier_stack):
    case = earlier_stack
    path = edited(case, 'PYTHONPATH: "/opt/vpsfit"', 'PYTHONPATH: "/opt/vpsfit:/opt/mine"')
    case.call("apply", "--yes", "--redis", "no")
    service = litellm_of(case.root / "opt/ai-gateway")
    assert service["environment"]["PYTHONPATH"] == "/opt/vpsfit:/opt/mine" and service["entrypoint"]
    assert OLD not in path.read_text() and not (case.root / "opt/ai-gateway" / OLD).exists()


def test_a_mount_of_ones_own_keeps_the_file(earlier_stack):
    case = earlier_stack
    mine = f"      - {{type: bind, source: ./{OLD}, target: /usr/lib/python3.13/sitecustomize.py}}\n"
    path = edited(case, MOUNT % (("sitecustomize.py",) * 2), mine)
    case.call("apply", "--yes", "--redis", "no")
    assert mine in path.read_text() and (case.root / "opt/ai-gateway" / OLD).exists() and litellm_of(path.parent)["entrypoint"]


def test_a_persons_comments_stay(earlier_stack):
    case = earlier_stack
    path = edited(case, OLD_START, OLD_START.replace('/opt/vpsfit"\n', '/opt/vpsfit" # why I keep it\n') + "      # below it\n")
    path = edited(case, MOUNT % (("sitecustomize.py",) * 2), "      # above the mount\n" + MOUNT % (("sitecustomize.py",) * 2))
    case.call("apply", "--yes", "--redis", "no")
    text = path.read_text()
    assert all(c in text for c in ("      # why I keep it\n", "      # below it\n", "      # above the mount\n"))
    assert "PYTHONPATH" not in text and "Python loads" not in text


@pytest.mark.parametrize("override, put_in", [("entrypoint: [/own.sh]", False), ("environment: {MORE: '1'}", True),
                                              ("volumes: ['./more:/more']", True)])
def test_an_override_of_the_start_holds(earlier_stack, override, put_in):
    case = earlier_stack
    folder = case.root / "opt/ai-gateway"
    (folder / "compose.override.yaml").write_text(f"services:\n  litellm:\n    {override}\n")
    before = (folder / "compose.yaml").read_text()
    case.call("apply", "--yes", "--redis", "no")
    assert ((folder / "compose.yaml").read_text() == hardened(before)) != put_in
    assert (folder / OLD).exists() != put_in and (folder / NAME).exists() == put_in
    assert NOTHING in case.call("apply", "--yes").stdout


def test_where_another_service_takes_over_the_lines_a_person_decides(earlier_stack):
    case = earlier_stack
    folder = case.root / "opt/ai-gateway"
    path = edited(case, "\nnetworks:\n", "\n  second:\n    extends: litellm\n\nnetworks:\n")
    text = path.read_text()
    # It is another gateway, and counts: the swap that the plan would add is not the subject here.
    done = case.call("apply", "--yes", "--redis", "no", "--swap", "512M", "--force")
    assert path.read_text() == hardened(text, but=["litellm"])
    assert "litellm privileges is left as it is" in done.stdout and "litellm launcher is left as it is" in done.stdout and 'entrypoint: ["python3"' in done.stdout
    assert (folder / OLD).exists() and not (folder / NAME).exists()


def test_a_lost_state_asks_nothing(earlier_stack, machine):
    case = earlier_stack
    for path in sorted((case.root / "var/lib/vpsfit").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    case.call("apply", "--yes", "--redis", "no", "--workers", "2")
    assert litellm_of(case.root / "opt/ai-gateway")["entrypoint"] and not (case.root / "opt/ai-gateway" / OLD).exists()
    for path in sorted((case.root / "var/lib/vpsfit").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    case.call("apply", "--yes", "--redis", "no", "--workers", "1")
    assert "--run_gunicorn" not in (case.root / COMPOSE).read_text()


# Somebody else's stack.

@pytest.mark.parametrize("version", ["0.1.0", "this"])
def test_somebody_elses_stack_is_left_alone(machine, version):
    root = machine("vm-8g")
    place = root / "srv/ai"
    place.mkdir(parents=True)
    text = (ROOT / "tests/cli/0.1.0/stack" / COMPOSE).read_text() if version == "0.1.0" else (ROOT / "templates/compose.yaml").read_text()
    text = text.replace(PARENT, PARENT if version == "0.1.0" else "").replace("fitted to this machine by vpsfit", "mine")
    (place / "compose.yaml").write_text(text)
    (place / "litellm").mkdir()
    (place / OLD).write_text((ROOT / "tests/cli/0.1.0/stack/opt/ai-gateway" / OLD).read_text())
    for workers in (1, 2, 4):
        done = run("apply", "--yes", "--sysroot", root, "--compose", "/srv/ai/compose.yaml", "--workers", workers)
        assert done.returncode == 0 and NOTE not in done.stderr and "launcher" not in done.stdout
        after = (place / "compose.yaml").read_text()
        for line in (NEW_START, OLD_START, PARENT, MOUNT % (("sitecustomize.py",) * 2), MOUNT % (("vpsfit_launch.py",) * 2)):
            assert after.count(line) == text.count(line), line
    assert (place / OLD).exists() and not (place / NAME).exists()


def test_an_edited_start_is_told_of_with_several_workers(stack):
    root, directory = stack
    compose = directory / "compose.yaml"
    text = compose.read_text()
    compose.write_text(text.replace(NEW_START, "    entrypoint: [litellm]\n"))
    assert run("apply", "--yes", "--keep-edits", "--sysroot", root).returncode == 0
    done = run("plan", "--sysroot", root)
    assert NOTE in done.stderr
    template = re.search(r"copy entrypoint and the mount of that file from (\S+),", done.stderr)[1]
    assert os.path.samefile(template, ROOT / "templates/compose.yaml") or \
        pathlib.Path(template).read_text() == (ROOT / "templates/compose.yaml").read_text()
    assert NOTE not in run("plan", "--workers", 1, "--sysroot", root).stderr
