# SPDX-License-Identifier: MIT
"""A purge removes what it knows and nothing else, however the state directory was set up."""

import json
import os
import subprocess

import pytest

from conftest import deb
from test_install import our_lines

STATE = "/var/lib/vpsfit"
STORE = "gw-0123456789abcdef"
SECRETS = "LITELLM_SALT_KEY=sk-salt\nPOSTGRES_PASSWORD=pass word\n"


@pytest.fixture
def script(tree):
    """Runs the package's own script as dpkg does, in a tree without the package."""
    control = tree.path("/root/control")
    subprocess.run(["dpkg-deb", "-e", deb(), control], check=True)
    (control / "postrm").rename(tree.path("/var/lib/dpkg/info/vpsfit.postrm"))
    return lambda: our_lines(tree.run("/bin/sh /var/lib/dpkg/info/vpsfit.postrm purge"))


def files(tree, top="/"):
    """Everything below a directory, with contents."""
    return {str(p.relative_to(tree.dir)): p.read_bytes() if p.is_file() and not p.is_symlink() else None
            for p in sorted(tree.path(top).rglob("*"))}


def store(tree, at=STATE, name=STORE, env="/opt/gw/.env", copies=None):
    """Creates what an apply leaves there."""
    entry = tree.path(f"{at}/{name}/history/000001")
    entry.mkdir(parents=True)
    journal = {"schema": "vpsfit.journal/1", "files": [{"path": "/opt/gw/compose.yaml"}, {"path": env}], "dirs": [], "areas": []}
    (entry / "journal.json").write_text(json.dumps(journal, indent=2))
    (entry / "state.json").write_text("{}")
    (entry / "0.after").write_text("services:\n  db:\n    environment:\n      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}\n")
    for number, text in (copies or {"1.after": SECRETS}).items():
        (entry / number).write_text(text)
    return entry.parents[1]


def stack(tree, where="/opt/gw", text=SECRETS):
    path = tree.path(where)
    (path / "nginx").mkdir(parents=True)
    (path / "nginx/nginx.conf").write_text("# mine\n")
    (path / "compose.yaml").write_text("services: {}\n")
    (path / ".env").write_text(text)


@pytest.mark.parametrize("name", [STORE, "." + STORE, ".." + STORE])
def test_what_the_program_made_goes(tree, script, name):
    stack(tree)
    made = store(tree, name=name)
    (made / "tx/undone").mkdir(parents=True)
    (made / "tx/undone/state.json").write_text("{}")
    (made / "history/000001/dropping").write_text("")
    (made / "history/000001/.1.after.vpsfit-new").write_text("")
    before = files(tree, "/opt/gw")
    assert script() == [] and not tree.path(STATE).exists() and files(tree, "/opt/gw") == before


@pytest.mark.parametrize("target", ["/mnt/srv", "/", "/etc", "relative"])
def test_a_link_is_not_followed(tree, script, target):
    """It was moved to a data disk by hand."""
    for place in ("/mnt/srv", "/var/lib/relative"):
        store(tree, at=place)
        for name in ("www", "mail"):
            path = tree.path(f"{place}/{name}")
            path.mkdir()
            (path / "mine").write_text("mine\n")
    tree.path(STATE).symlink_to(target)
    tree.path("/root/before").write_text("")
    before = files(tree)
    said = script()
    after = files(tree)
    gone = before.keys() - after.keys()
    # debconf rewrites its own files.
    assert {n for n in gone if not n.startswith(("var/cache/debconf", "run/"))} == set()
    assert len(said) == 1 and f"left {STATE}, a link, and what it leads to: {target}" in said[0], said


def test_a_stack_below_the_state_directory_stays(tree, script):
    store(tree)
    stack(tree)
    for name in ("gw", "gw-0123456789abcdef0", "other-fedcba9876543210"):
        stack(tree, f"{STATE}/{name}")
    (tree.path(f"{STATE}/other-fedcba9876543210") / "history").mkdir()
    before = files(tree, STATE)
    said = script()
    left = files(tree, STATE)
    assert {n: t for n, t in before.items() if f"{STORE}/" not in n and not n.endswith(STORE) and not n.endswith("/history")} == left
    assert len(said) == 3 and all("which" in s or "did not put there" in s for s in said), said


def test_stray_names_stay_and_are_told(tree, script):
    stack(tree)
    made = store(tree)
    strays = [f"{STATE}/notes.txt", f"{STATE}/.hidden", f"{STATE}/a\nb c", f"{STATE}/ blank ", f"{STATE}/-rf", f"{STATE}/x\033[31m-0123456789abcdef/y",
              f"{STATE}/{STORE}/mine", f"{STATE}/{STORE}/history/mine", f"{STATE}/{STORE}/history/000001/0 my.after",
              f"{STATE}/{STORE}/history/backup/state.json"]
    for name in strays:
        tree.path(name).parent.mkdir(parents=True, exist_ok=True)
        tree.path(name).write_text("mine\n")
    said = script()
    assert {f"/{n}" for n, text in files(tree, STATE).items() if text is not None} == set(strays)
    assert len(said) == 7 and not any("\033" in s for s in said) and any("a?b c" in s for s in said), said
    assert not (made / "history/000001/journal.json").exists()


def test_stores_of_any_name(tree, script):
    stack(tree)
    for name in ("two words", "new\nline", "-rf", "*", "$(touch pwned)", "'\""):
        store(tree, name=f"{name}-0123456789abcdef")
    assert script() == [] and not tree.path(STATE).exists()


def test_links_within_are_not_followed(tree, script):
    stack(tree)
    outside = store(tree, at="/srv/elsewhere", name="outside-0123456789abcdef")
    tree.path(STATE).mkdir()
    tree.path(f"{STATE}/whole-0123456789abcdef").symlink_to("/srv/elsewhere/outside-0123456789abcdef")
    for name, target in (("history", "history"), ("tx", "history/000001")):
        made = tree.path(f"{STATE}/{name}-0123456789abcdef")
        made.mkdir()
        (made / "history").mkdir()
        if name == "history":
            (made / "history").rmdir()
        (made / name).symlink_to(f"/srv/elsewhere/outside-0123456789abcdef/{target}")
    entry = tree.path(f"{STATE}/entry-0123456789abcdef/history")
    entry.mkdir(parents=True)
    (entry / "000001").symlink_to("/srv/elsewhere/outside-0123456789abcdef/history/000001")
    before = files(tree, "/srv/elsewhere")
    script()
    assert files(tree, "/srv/elsewhere") == before and outside.exists()


def stays(tree, script, made, *names):
    """The entry, or what else is named, is unchanged, and one line says so."""
    before = files(tree, STATE)
    said = script()
    left = files(tree, STATE)
    for name in names:
        mine = {n: t for n, t in before.items() if f"{STORE}/{name}" in n}
        assert mine and mine.items() <= left.items(), (name, left)
        assert any(f"{STORE}/{name}" in line for line in said), (name, said)
    assert len(said) == len(names), said


OLD = "history/000001"


@pytest.mark.parametrize("env, copies", [
    # The .env is gone, with its directory.
    (None, SECRETS),
    ("", SECRETS),
    # One key has another value, or is spelled differently.
    ("LITELLM_SALT_KEY=sk-other\nPOSTGRES_PASSWORD=pass word\n", SECRETS),
    ("# LITELLM_SALT_KEY=sk-salt\nPOSTGRES_PASSWORD=pass word\n", SECRETS),
    ("LITELLM_SALT_KEY=sk-salt\nPOSTGRES_PASSWORD=pass word and more\n", SECRETS),
    # A value of two lines, the second of which looks like a comment; and one that only seems closed.
    (SECRETS + "PEM='one\n'\n", SECRETS + "PEM='one\n#two'\n"),
    (SECRETS + 'PEM="one\\"\n', SECRETS + 'PEM="one\\"\n\n# two"\n'),
    # Names that no ASCII pattern matches.
    (SECRETS, SECRETS + "\u00a0SMTP_PASSWORD=x\n"), (SECRETS, "\ufeffSMTP_PASSWORD=x\n" + SECRETS), (SECRETS, "'SMTP_PASSWORD'=x\n" + SECRETS),
    (SECRETS, SECRETS + "export\u3000SMTP_PASSWORD=x\n"), (SECRETS, SECRETS + "# c\rSMTP_PASSWORD=x\n"), (SECRETS, SECRETS + "smtp.pass: x\n"),
    (SECRETS, SECRETS + "export MY_TOKEN = abc # mine\n"),
])
@pytest.mark.parametrize("which", ["after", "before"])
def test_the_last_copy_of_a_secret_stays(tree, script, env, copies, which):
    if env is not None:
        stack(tree, text=env)
    stays(tree, script, store(tree, copies={f"1.{which}": copies}), OLD)


@pytest.mark.parametrize("env, copies, kept", [
    (SECRETS, SECRETS, None),
    ("# mine\n" + SECRETS + "OTHER=1", SECRETS, None),
    (None, SECRETS, SECRETS),
    ("LITELLM_SALT_KEY=sk-other\n", SECRETS, "LITELLM_SALT_KEY=sk-salt\nPOSTGRES_PASSWORD=pass word\nLITELLM_SALT_KEY=sk-other\n"),
    # One in each of them; .env without a final newline.
    ("LITELLM_SALT_KEY=sk-salt", SECRETS, "POSTGRES_PASSWORD=pass word\n"),
    # Neither a key without a value nor a comment is a secret.
    (SECRETS, "# it's mine\n" + SECRETS + "OPENAI_API_KEY=\nexport A_KEY = \nWEBUI_SECRET_KEY=made-by-vpsfit-apply\n\n", None),
    # The identical file, whatever it contains.
    ("A='1\n2'\n\u3000K=x\n", "A='1\n2'\n\u3000K=x\n", None),
])
def test_a_copy_that_is_elsewhere_goes(tree, script, env, copies, kept):
    if env is not None:
        stack(tree, text=env)
    made = store(tree, copies={"1.after": copies})
    if kept is not None:
        (made / "kept.env").write_text(kept)
    said = script()
    left = [p for p in tree.path(STATE).rglob("*") if p.is_file()]
    assert left == ([made / "kept.env"] if kept else []) and len(said) == len(left), said
    assert all("kept.env, which has secrets that are nowhere else" in line for line in said)


@pytest.mark.parametrize("damage", [None, "", "{", "{\n  \"files\": [\n", "{\n}\n", '{\n      "path": "/opt/gw/compose.yaml"\n}\n'])
def test_an_entry_whose_journal_is_not_whole_stays(tree, script, damage):
    made = store(tree)
    journal = made / OLD / "journal.json"
    if damage is None:
        journal.unlink()
    else:
        journal.write_text(damage)
    stays(tree, script, made, OLD)


def test_each_entry_is_looked_at_by_itself(tree, script):
    stack(tree, text="POSTGRES_PASSWORD=new\n")
    made = store(tree, copies={"1.after": "POSTGRES_PASSWORD=old\n"})
    for number, text in (("000002", "POSTGRES_PASSWORD=new\n"), ("000003", "POSTGRES_PASSWORD=kept\n")):
        (made / "history" / number).mkdir()
        (made / "history" / number / "journal.json").write_text((made / OLD / "journal.json").read_text())
        (made / "history" / number / "1.after").write_text(text)
    (made / "tx/undone").mkdir(parents=True)
    (made / "tx/undone/1.before").write_text("POSTGRES_PASSWORD=undone\n")
    (made / "kept.env").write_text("POSTGRES_PASSWORD=kept\n")
    stays(tree, script, made, OLD, "tx/undone", "kept.env")
    assert sorted(p.name for p in (made / "history").iterdir()) == ["000001"]


@pytest.mark.parametrize("kept", ["link", "directory", "pipe", "too large"])
def test_a_store_whose_kept_env_is_none_stays_whole(tree, script, kept):
    made = store(tree)
    path = made / "kept.env"
    if kept == "link":
        path.symlink_to("/nowhere")
    elif kept == "directory":
        path.mkdir()
    elif kept == "pipe":
        os.mkfifo(path)
    else:
        path.write_text(SECRETS + "#" * (1 << 20))
    before = files(tree, STATE)
    said = script()
    assert files(tree, STATE) == before and len(said) == 1 and f"{STORE}" in said[0], said


@pytest.mark.parametrize("kind", ["pipe", "endless", "directory", "huge", "link"])
def test_an_env_that_is_no_plain_file_is_not_opened(tree, script, kind):
    """The owner of the stack's directory may put anything there; apt must neither hang nor run out of memory."""
    stack(tree)
    made = store(tree)
    (made / "kept.env").write_text("# Secrets and settings of /opt/gw/.env, kept by vpsfit.\n" + SECRETS)
    env = tree.path("/opt/gw/.env")
    env.unlink()
    if kind == "pipe":
        os.mkfifo(env)
    elif kind == "endless":
        env.symlink_to("/dev/zero")
    elif kind == "directory":
        env.mkdir()
    elif kind == "huge":
        env.write_text(SECRETS)
        os.truncate(env, 1 << 40)
    else:
        tree.path("/opt/gw/elsewhere").write_text(SECRETS)
        env.symlink_to("/opt/gw/elsewhere")
    said = script()
    assert [p for p in tree.path(STATE).rglob("*") if p.is_file()] == [made / "kept.env"] and len(said) == 1, said


def test_after_a_real_apply_and_a_lost_env(tree):
    tree.preseed()
    tree.install()
    secrets = tree.path("/opt/ai-gateway/.env").read_text()
    tree.path("/opt/ai-gateway/.env").unlink()
    said = our_lines(tree.run("apt-get -q -y purge vpsfit"))
    assert len(said) == 1 and "kept.env" in said[0], said
    tree.run("rm -r /opt/ai-gateway")
    tree.install()
    tree.run("vpsfit apply --yes --swap none")
    for key in ("POSTGRES_PASSWORD", "LITELLM_SALT_KEY"):
        line = next(line for line in secrets.splitlines() if line.startswith(f"{key}="))
        assert line in tree.path("/opt/ai-gateway/.env").read_text().splitlines()


@pytest.mark.parametrize("owner, mode, links, goes", [(0, 0o600, 1, True), (65534, 0o600, 1, False), (0, 0o644, 1, False), (0, 0o600, 2, False)])
def test_a_swap_file_is_ours_by_its_owner_too(tree, script, owner, mode, links, goes):
    swap = tree.path("/swapfile")
    swap.write_bytes(bytes(1 << 20))
    subprocess.run(["mkswap", "-q", "-L", "vpsfit", swap], check=True)
    swap.chmod(mode)
    tree.run(f"chown {owner}:{owner} /swapfile")
    if links == 2:
        tree.path("/other").hardlink_to(swap)
    tree.path("/etc/systemd/system/swapfile.swap").write_text("# vpsfit: swap\n[Swap]\nWhat=/swapfile\n")
    said = script()
    assert swap.exists() != goes and not tree.path("/etc/systemd/system/swapfile.swap").exists()
    assert [s for s in said if "/swapfile" in s] == said and len(said) == (not goes), said
