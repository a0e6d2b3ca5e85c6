# SPDX-License-Identifier: MIT
"""The last copy of a secret is never destroyed, and no secret is silently replaced with a new one."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from conftest import ROOT, VPSFIT, environment, run
from test_exit_codes import tree
from test_rerun import on_terminal

SECRETS = ["LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "POSTGRES_PASSWORD", "WEBUI_SECRET_KEY"]
MADE = r"(sk-)?[0-9a-f]{64}"


def values(text):
    return dict(line.split("=", 1) for line in text.splitlines() if re.match(r"[A-Z_][A-Z_0-9]*=", line))


def secrets_of(text):
    found = values(text)
    return {key: found[key].strip('"') for key in SECRETS}


def store(root):
    return next((root / "var/lib/vpsfit").iterdir())


def kept(root):
    return (store(root) / "kept.env").read_text()


def apply(root, *args, code=0):
    done = run("apply", "--yes", "--sysroot", root, *args)
    assert done.returncode == code, done.stderr
    return done


def forget_copies(root):
    """Removes all of vpsfit's copies."""
    for copy in [*store(root).glob("kept.env"), *store(root).glob("history/*/*.after"), *store(root).glob("history/*/*.before")]:
        if "LITELLM_SALT_KEY=" in copy.read_text():
            copy.write_text("")


# ------------------------------------------------------------------------------------------------ what is lost comes back

def without(key):
    return lambda text: re.sub(rf"^{key}=.*\n", "", text, flags=re.M)


LOSSES = {
    "deleted": None,
    "emptied": lambda text: "",
    "blank": lambda text: "\n \n",
    "comments alone": lambda text: "".join(line for line in text.splitlines(True) if line.startswith("#")),
    "placeholders": lambda text: re.sub(rf"={MADE}$", "=made-by-vpsfit-apply", text, flags=re.M),
    "empty values": lambda text: re.sub(rf"={MADE}$", "=", text, flags=re.M),
    "quoted nothing": lambda text: re.sub(rf"={MADE}$", '=""', text, flags=re.M),
    **{f"without {key}": without(key) for key in SECRETS},
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("volume", [True, False], ids=["volume", "no volume"])
def test_a_lost_secret_is_put_back_and_told(stack, loss, volume):
    root, directory = stack
    if volume:
        (root / "var/lib/docker/volumes/ai-gateway_postgres_data/_data").mkdir(parents=True)
    env = directory / ".env"
    before = env.read_text()
    if loss:
        env.write_text(loss(before))
    else:
        env.unlink()
    plan = run("plan", "--json", "--sysroot", root)
    change = next(c for c in json.loads(plan.stdout)["changes"] if c["path"].endswith("/.env"))
    assert change["restored"] and change["secrets"] == []
    done = apply(root)
    assert secrets_of(env.read_text()) == secrets_of(before)
    assert "put back from vpsfit's own copy" in done.stdout and "put back from vpsfit's own copy" in done.stderr
    assert env.stat().st_mode & 0o777 == 0o600
    assert not [s for s in secrets_of(before).values() if s in done.stdout + done.stderr + plan.stdout]
    again = tree(root)
    apply(root)
    assert tree(root) == again


def test_the_whole_stack_directory_is_lost(stack):
    root, directory = stack
    env = directory / ".env"
    env.write_text(env.read_text().replace("GATEWAY_PORT=8080", "GATEWAY_PORT=9999") + "# mine\nSMTP_PASSWORD=hunter2\n")
    apply(root)
    before = env.read_text()
    shutil.rmtree(directory)
    # Moved, not mounted, or lost: somebody has to say that it is no more.
    assert run("apply", "--yes", "--sysroot", root).returncode == 1 and not directory.exists()
    assert run("forget", "--yes", "--sysroot", root).returncode == 0
    apply(root)
    assert values(env.read_text()) == values(before)


def test_quiet_and_json_tell_it_too(stack):
    root, directory = stack
    (directory / ".env").unlink()
    done = apply(root, "--json")
    assert "LITELLM_MASTER_KEY" in [key for change in json.loads(done.stdout)["changes"] for key in change.get("restored", [])]
    (directory / ".env").unlink()
    assert apply(root, "--quiet").stderr == "", "errors alone"


def test_it_is_part_of_the_question(stack):
    root, directory = stack
    env = directory / ".env"
    before = env.read_text()
    env.unlink()
    code, out = on_terminal(["n\n"], "apply", "--sysroot", root)
    assert code == 1 and not env.exists()
    assert out.index("POSTGRES_PASSWORD: put back from vpsfit's own copy") < out.index("Write this?")
    code, _ = on_terminal(["y\n"], "apply", "--sysroot", root)
    assert code == 0 and env.read_text() == before


def test_after_the_history_was_pruned(stack):
    root, directory = stack
    before = (directory / ".env").read_text()
    for size in ("8G", "4G") * 4:
        apply(root, "--ram", size)
    assert not [p for p in store(root).glob("history/*/*.after") if "LITELLM_SALT_KEY=" in p.read_text()]
    (directory / ".env").unlink()
    apply(root, "--ram", "8G")
    assert secrets_of((directory / ".env").read_text()) == secrets_of(before)


def test_a_store_of_the_version_before_has_no_copy_outside_of_its_history(stack):
    """Pruning saves an old entry's secrets to kept.env first."""
    root, directory = stack
    before = secrets_of((directory / ".env").read_text())
    (store(root) / "kept.env").unlink()
    (directory / ".env").write_text(re.sub(r"(?m)^LITELLM_SALT_KEY=.*", "LITELLM_SALT_KEY=sk-mine", (directory / ".env").read_text()))
    for size in ("8G", "4G") * 4:
        apply(root, "--ram", size)
    assert not (store(root) / "history/000001").exists()
    assert before["LITELLM_SALT_KEY"] in kept(root)
    (directory / ".env").unlink()
    apply(root)
    assert secrets_of((directory / ".env").read_text()) == {**before, "LITELLM_SALT_KEY": "sk-mine"}


@pytest.mark.parametrize("count", [256, 300, 10000])
def test_secrets_behind_very_many_variables_are_kept(stack, count):
    """No number of variables hides a secret; and the time is not quadratic: the run has a limit."""
    root, directory = stack
    env = directory / ".env"
    env.write_text("".join(f"FILLER_{i}=value-{i}\n" for i in range(count)) + env.read_text())
    (store(root) / "kept.env").unlink()
    before = {key: value for key, value in values(env.read_text()).items() if value}
    for size in ("8G", "4G") * 4:
        apply(root, "--ram", size)
    assert values(kept(root)).items() >= before.items()
    assert not [p for p in store(root).glob("history/*/*.after") if "LITELLM_SALT_KEY=" in p.read_text()]
    shutil.rmtree(store(root) / "history")
    env.unlink()
    apply(root, "--ram", "8G")
    assert {key: value for key, value in values(env.read_text()).items() if value} == before


def entries(root):
    return sorted(p.name for p in store(root).glob("history/*"))


def oldest_with(root, text):
    """Makes an old entry the only copy of some secrets."""
    entry = store(root) / "history/000001"
    copy = next(p for p in entry.glob("*.after") if "LITELLM_SALT_KEY=" in p.read_text())
    copy.write_text(text + copy.read_text())
    return entry


@pytest.mark.parametrize("line", ["SMTP_TOKEN=hunter2\n", "PEM='one\ntwo\n'\n", "smtp.token=hunter2\n", "my-token=hunter2\n", "A=x\nB=${A}y\n",
                                  "export T : 'hunter2'\n", "\u3000T=hunter2\n"])
def test_an_entry_goes_when_kept_env_has_what_is_in_it(stack, line):
    root, directory = stack
    entry = oldest_with(root, line)
    for size in ("8G", "4G") * 4:
        apply(root, "--ram", size)
    assert not entry.exists()
    for value in re.findall(r"hunter2|one\ntwo|xy", line):
        assert value in kept(root)


@pytest.mark.parametrize("damage", ["a name that no line can have", "no journal", "journal", "kept.env full"])
def test_an_entry_stays_where_that_is_not_proven(stack, damage):
    root, directory = stack
    entry = oldest_with(root, "\u00e4\u00f6_KEY=hunter2\n" if damage.startswith("a name") else "SMTP_TOKEN=hunter2\n")
    if damage == "no journal":
        (entry / "journal.json").unlink()
    elif damage == "journal":
        (entry / "journal.json").write_text("{")
    elif damage == "kept.env full":
        path = store(root) / "kept.env"
        path.write_text(path.read_text() + "# " + "x" * ((1 << 20) - 1 - len(path.read_text()) - 2) + "\n")
    before = tree(entry)
    for size in ("8G", "4G") * 4:
        apply(root, "--ram", size)
    assert tree(entry) == before and len(entries(root)) < 8


def test_a_copy_that_cannot_be_read_is_no_reason_for_new_secrets(stack):
    root, directory = stack
    (directory / ".env").unlink()
    (store(root) / "kept.env").unlink()
    (store(root) / "kept.env").mkdir()
    before = tree(root)
    assert "kept.env" in apply(root, code=1).stderr
    assert tree(root) == before


def test_what_a_crash_leaves_of_a_copy_is_tidied_up(stack):
    root, directory = stack
    (store(root) / ".kept.env.vpsfit-new").write_text("POSTGRES_PASSWORD=half")
    assert run("recover", "--sysroot", root).returncode == 0
    assert sorted(os.listdir(store(root))) == ["history", "kept.env"]


# ---------------------------------------------------------------------------------------------------------------- rollback

@pytest.mark.parametrize("lost", [False, True], ids=["there", "deleted before"])
@pytest.mark.parametrize("damage", ["nothing", "kept.env is gone"])
def test_rollback_keeps_the_last_copy_and_says_where(stack, lost, damage):
    root, directory = stack
    before = (directory / ".env").read_text()
    if lost:
        (directory / ".env").unlink()
    if damage != "nothing":
        (store(root) / "kept.env").unlink()
    done = run("rollback", "--yes", "--sysroot", root)
    assert done.returncode == 0, done.stderr
    assert "kept.env" in done.stdout and "POSTGRES_PASSWORD" in done.stdout
    assert secrets_of(kept(root)) == secrets_of(before)
    assert (store(root) / "kept.env").stat().st_mode & 0o777 == 0o600
    assert not [s for s in secrets_of(before).values() if s in done.stdout + done.stderr]
    apply(root)
    assert (directory / ".env").read_text() == before


def test_rollback_json_names_what_is_kept(stack):
    root, _ = stack
    said = json.loads(run("rollback", "--json", "--dry-run", "--sysroot", root).stdout)
    assert said["kept"]["path"].startswith("/var/lib/vpsfit/") and said["kept"]["path"].endswith("/kept.env")
    assert set(SECRETS) <= set(said["kept"]["secrets"])


def test_rollback_that_cannot_keep_them_changes_nothing(stack):
    root, directory = stack
    (store(root) / "kept.env").unlink()
    (store(root) / "kept.env").mkdir()
    before = tree(root)
    done = run("rollback", "--yes", "--sysroot", root)
    assert done.returncode == 1 and "kept.env" in done.stderr
    assert tree(root) == before


def test_a_secret_changed_by_hand_is_kept_beside_the_old_one(stack):
    root, directory = stack
    env = directory / ".env"
    old = secrets_of(env.read_text())
    env.write_text(env.read_text().replace(old["POSTGRES_PASSWORD"], "'new $one'"))
    apply(root)
    assert old["POSTGRES_PASSWORD"] in kept(root) and "POSTGRES_PASSWORD='new $one'\n" in kept(root)
    now = env.read_text()
    again = tree(root)
    apply(root)
    assert tree(root) == again
    env.unlink()
    apply(root)
    assert "new $one" in env.read_text() and values(now).keys() == values(env.read_text()).keys()


def test_both_values_survive_going_to_and_fro(stack):
    root, directory = stack
    env = directory / ".env"
    first = env.read_text()
    second = first.replace(secrets_of(first)["LITELLM_SALT_KEY"], "sk-second")
    for text in (second, first, second, first):
        env.write_text(text)
        apply(root)
    assert kept(root).count("LITELLM_SALT_KEY=") == 3, "the oldest stays where it is"
    assert secrets_of(kept(root)) == secrets_of(first)


# ------------------------------------------------------------------------------------------------- where there is no copy

@pytest.mark.parametrize("lost", ["LITELLM_SALT_KEY", "POSTGRES_PASSWORD"])
@pytest.mark.parametrize("volume", [True, False], ids=["volume", "a database that is not seen"])
def test_without_a_copy_nothing_is_written(stack, lost, volume):
    root, directory = stack
    if volume:
        (root / "var/lib/docker/volumes/ai-gateway_postgres_data/_data").mkdir(parents=True)
    (directory / ".env").write_text(without(lost)((directory / ".env").read_text()))
    forget_copies(root)
    before = tree(root)
    done = apply(root, code=1)
    assert lost in done.stderr and tree(root) == before
    text = " ".join(done.stderr.split())
    assert "deleted" in text and "moved or restored" in text
    # A value that a person puts there is accepted.
    with open(directory / ".env", "a") as env:
        env.write(f"{lost}=of-my-own\n")
    apply(root)
    assert values((directory / ".env").read_text())[lost] == "of-my-own"


def test_what_is_not_in_a_database_is_made_anew_with_a_warning(stack):
    root, directory = stack
    (directory / ".env").write_text(without("WEBUI_SECRET_KEY")((directory / ".env").read_text()))
    forget_copies(root)
    done = apply(root)
    assert "WEBUI_SECRET_KEY is missing" in done.stderr and "a new one is made" in done.stderr


LAYOUTS = {
    "the default": ({}, "var/lib/docker"),
    "data-root": ({"etc/docker/daemon.json": '{"data-root": "/mnt/data/docker/"}'}, "mnt/data/docker"),
    "graph": ({"etc/docker/daemon.json": '{"graph": "/mnt/graph"}'}, "mnt/graph"),
    "--data-root": ({"proc/812/cmdline": "/usr/bin/dockerd\0--data-root\0/srv/d\0-H\0fd://\0"}, "srv/d"),
    "--data-root=": ({"proc/812/cmdline": "/usr/bin/dockerd\0--data-root=/srv/d\0", "proc/812/comm": "dockerd\n"}, "srv/d"),
    "-g": ({"proc/9/cmdline": "dockerd\0-g\0/old\0"}, "old"),
    "--config-file": ({"proc/9/cmdline": "dockerd\0--config-file=/etc/d.json\0", "etc/d.json": '{"data-root": "/cfg"}'}, "cfg"),
    "user namespaces": ({}, "var/lib/docker/165536.165536"),
    "user namespaces, moved": ({"etc/docker/daemon.json": '{"data-root": "/m", "userns-remap": "default"}'}, "m/100000.100000"),
    "snap": ({"snap/docker/current": ""}, "var/snap/docker/common/var-lib-docker"),
    "snap, moved": ({"snap/docker/current": "", "var/snap/docker/current/config/daemon.json": '{"data-root": "/big"}'}, "big"),
    "rootless": ({"etc/passwd": "root:x:0:0::/root:/bin/sh\nai:x:1000:1000::/home/ai:/bin/sh\n"}, "home/ai/.local/share/docker"),
    "rootless, moved": ({"etc/passwd": "ai:x:1000:1000::/home/ai:/bin/sh\n",
                         "home/ai/.config/docker/daemon.json": '{"data-root": "/vol/ai"}'}, "vol/ai"),
}


@pytest.mark.parametrize("files, where", LAYOUTS.values(), ids=LAYOUTS)
def test_the_volume_is_found_in_every_layout_of_docker(machine, files, where):
    root = machine("vm-4g")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / where / "volumes/ai-gateway_postgres_data/_data").mkdir(parents=True)
    before = tree(root)
    done = apply(root, code=1)
    assert "LITELLM_SALT_KEY is missing" in done.stderr and "ai-gateway_postgres_data" in done.stderr
    assert tree(root) == before


def test_another_programs_volumes_are_not_dockers(machine):
    root = machine("vm-4g")
    (root / "proc/9").mkdir()
    (root / "proc/9/cmdline").write_text("/usr/bin/podman\0--data-root\0/srv/p\0")
    (root / "srv/p/volumes/ai-gateway_postgres_data").mkdir(parents=True)
    apply(root)


def test_no_message_deletes_a_database():
    texts = [p.read_text() for folder in ("installer", "wizard") for p in (ROOT / folder).rglob("*") if p.suffix in (".c", ".po", ".in")]
    assert len(texts) > 100
    for text in texts:
        for message in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text):
            assert not re.search(r"volume (rm|prune)|\brm -r|down -v|--volumes", message), message


# --------------------------------------------------------------------------------------------------------- who can read it

@pytest.mark.root
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_a_mode_that_others_can_read_is_told_and_mended(stack, mode):
    root, directory = stack
    env = directory / ".env"
    before = env.read_bytes()
    env.chmod(mode)
    os.chown(env, 1234, 1235)
    assert f"mode {mode:04o} -> 0600" in run("plan", "--sysroot", root).stdout
    status = run("status", "--sysroot", root, "--exit-code")
    assert status.returncode == 6 and "others can read it" in status.stdout
    done = apply(root)
    assert f"mode {mode:04o} -> 0600" in done.stdout
    st = env.stat()
    assert (st.st_mode & 0o7777, st.st_uid, st.st_gid, env.read_bytes()) == (0o600, 1234, 1235, before)
    assert "belongs to user 1234" in done.stderr
    assert run("plan", "--exit-code", "--sysroot", root).returncode == 0
    assert "belongs to somebody else" in run("status", "--sysroot", root).stdout


@pytest.mark.parametrize("there", [True, False], ids=["fixed", "new"])
def test_a_file_system_that_forgets_modes_is_told(stack, there):
    """As on vfat or CIFS: fchmod succeeds without effect."""
    root, directory = stack
    env = directory / ".env"
    if there:
        env.chmod(0o644)
        done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=fchmod", "-e", "inject=fchmod:retval=0", VPSFIT.replace("/san/", "/debug/"),
                               "apply", "--yes", "--sysroot", root], env=environment(), capture_output=True, text=True)
        # New files are created with 0600, so strace cannot fake such a file system for them.
        assert done.returncode == 0 and "0600" in done.stdout
        return
    shutil.rmtree(directory)
    shutil.rmtree(root / "var/lib/vpsfit")
    library = env.parent.parent / "forget.so"
    source = library.with_suffix(".c")
    source.write_text('#include <sys/stat.h>\n#include <fcntl.h>\nint fchmod(int fd, mode_t m) { (void)m; extern long syscall(long, ...); '
                      'return (int)syscall(91, fd, 0777); }\n')
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    done = subprocess.run([VPSFIT.replace("/san/", "/debug/"), "apply", "--yes", "--sysroot", root],
                          env=environment(LD_PRELOAD=str(library)), capture_output=True, text=True)
    assert done.returncode == 0 and "keeps no modes" in done.stderr and "0777" in done.stderr


def test_status_names_a_lost_secret(stack):
    root, directory = stack
    (directory / ".env").write_text("")
    assert "lacks a secret" in run("status", "--sysroot", root).stdout


class Daemon:
    """A socket server that reports every volume as existing."""

    def __init__(self, path):
        self.path, self.asked = path, []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen(8)
        self.server.settimeout(60)
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        while True:
            try:
                conn, _ = self.server.accept()
            except OSError:
                return
            with conn:
                self.asked.append(conn.recv(4096))
                conn.sendall(b"HTTP/1.0 200 OK\r\n\r\n{}")


def on_this_machine(tmp_path, **variables):
    """Applies on this machine itself, with stack and state elsewhere and without swap. Also returns the requests to the engine."""
    daemon = Daemon(tmp_path / "d.sock")
    done = run("apply", "--yes", "--force", "--swap", "none", "--dir", tmp_path / "gw", "--state", tmp_path / "state",
               env=environment(DOCKER_HOST=f"unix://{daemon.path}", **variables))
    daemon.server.close()
    return done, daemon.asked


def test_the_daemon_of_docker_host_is_asked(tmp_path):
    done, asked = on_this_machine(tmp_path)
    assert done.returncode == 1 and "LITELLM_SALT_KEY is missing" in done.stderr, done.stderr
    assert any(request.startswith(b"GET /volumes/gw_postgres_data HTTP") for request in asked)
    assert not (tmp_path / "gw").exists() and not (tmp_path / "state").exists()
    assert run("apply", "--yes", "--force", "--swap", "none", "--dir", tmp_path / "gw", "--state", tmp_path / "state",
               env=environment(DOCKER_HOST="tcp://127.0.0.1:1")).returncode == 0


@pytest.mark.parametrize("callers, env, name", [
    ("prod", None, "prod"), ("prod", "COMPOSE_PROJECT_NAME=test\n", "prod"), (None, "COMPOSE_PROJECT_NAME=test\n", "test"),
    ("", "COMPOSE_PROJECT_NAME=test\n", "gw"),
])
def test_the_callers_project_name_is_asked_for(tmp_path, callers, env, name):
    if env:
        run("apply", "--yes", "--force", "--swap", "none", "--dir", tmp_path / "gw", "--state", tmp_path / "state",
            env=environment(DOCKER_HOST="tcp://127.0.0.1:1"))
        shutil.rmtree(tmp_path / "state")
        (tmp_path / "gw/.env").write_text(env)
    done, asked = on_this_machine(tmp_path, **({} if callers is None else {"COMPOSE_PROJECT_NAME": callers}))
    assert done.returncode == 1 and "LITELLM_SALT_KEY is missing" in done.stderr, done.stderr
    assert any(request.startswith(f"GET /volumes/{name}_postgres_data HTTP".encode()) for request in asked), asked


@pytest.mark.parametrize("callers", ["prod", ""])
def test_another_machines_tree_knows_no_caller(machine, callers):
    root = machine("vm-4g")
    (root / "var/lib/docker/volumes/ai-gateway_postgres_data/_data").mkdir(parents=True)
    done = run("apply", "--yes", "--sysroot", root, env=environment(COMPOSE_PROJECT_NAME=callers))
    assert done.returncode == 1 and "ai-gateway_postgres_data" in done.stderr, done.stderr


@pytest.mark.parametrize("comment", ["# old key: sk-proj-abc123\n", "  # hunter2hunter2\n", "# OPENAI_API_KEY=hunter2hunter2\n",
                                     "OPENAI_API_KEY= # hunter2hunter2\n", "GATEWAY_PORT=8080 # hunter2hunter2\n"])
@pytest.mark.parametrize("history", [True, False], ids=["the whole file", "kept.env alone"])
def test_a_comment_that_comes_back_is_shown_only_where_the_template_has_it(stack, comment, history):
    root, directory = stack
    env = directory / ".env"
    env.write_text(env.read_text() + comment)
    apply(root, "--ram", "8G", "--port", "8081")
    env.unlink()
    if not history:
        shutil.rmtree(store(root) / "history")
    shown = ""
    for args in (["plan"], ["plan", "--json"], ["apply", "--yes", "--dry-run"]):
        done = run(*args, "--sysroot", root)
        assert done.returncode == 0 and not re.search("hunter2|sk-proj", done.stdout + done.stderr), done.stdout
        shown += done.stdout
    assert "# Your providers' keys." in shown
    apply(root)
    assert not history or "hunter2" in env.read_text() or "sk-proj" in env.read_text()
