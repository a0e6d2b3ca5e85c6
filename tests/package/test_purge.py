"""What a purge takes away: what it can name, and nothing else, however the state directory was set up."""

import json
import subprocess

import pytest

from conftest import deb
from test_install import our_lines

STATE = "/var/lib/vpsfit"
STORE = "gw-0123456789abcdef"
SECRETS = "LITELLM_SALT_KEY=sk-salt\nPOSTGRES_PASSWORD=pass word\n"


@pytest.fixture
def script(tree):
    """The package's own script in a tree where the package is not, as dpkg runs it."""
    control = tree.path("/root/control")
    subprocess.run(["dpkg-deb", "-e", deb(), control], check=True)
    (control / "postrm").rename(tree.path("/var/lib/dpkg/info/vpsfit.postrm"))
    return lambda: our_lines(tree.run("/bin/sh /var/lib/dpkg/info/vpsfit.postrm purge"))


def files(tree, top="/"):
    """Everything below a directory, with bytes."""
    return {str(p.relative_to(tree.dir)): p.read_bytes() if p.is_file() and not p.is_symlink() else None
            for p in sorted(tree.path(top).rglob("*"))}


def store(tree, at=STATE, name=STORE, env="/opt/gw/.env", copies=None):
    """What an apply leaves there."""
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
    """Moved to a data disk, by hand."""
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
    # debconf's own files are written anew.
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


@pytest.mark.parametrize("env, copies, kept", [
    # The .env is gone, and with it the directory.
    (None, {"1.after": SECRETS}, SECRETS),
    # One key is gone; another was put in by hand since.
    ("LITELLM_SALT_KEY = sk-other\n", {"1.after": SECRETS}, "POSTGRES_PASSWORD=pass word\n"),
    # The .env is as Compose lets it be written.
    ("export  LITELLM_SALT_KEY: sk-salt\n POSTGRES_PASSWORD = 'x'\n", {"1.after": SECRETS}, None),
    # A key without a value is no secret, neither there nor here.
    ("LITELLM_SALT_KEY=\nPOSTGRES_PASSWORD=x\n", {"1.after": SECRETS + "OPENAI_API_KEY=\n"}, "LITELLM_SALT_KEY=sk-salt\n"),
    # An adopted file's own, as they were before.
    (None, {"1.before": "export MY_TOKEN=abc\nNAME=me\n"}, "export MY_TOKEN=abc\n"),
])
def test_the_last_copy_of_a_secret_is_kept(tree, script, env, copies, kept):
    if env is not None:
        stack(tree, text=env)
    made = store(tree, copies=copies)
    said = script()
    path = made / "kept.env"
    if kept is None:
        assert not tree.path(STATE).exists() and said == []
        return
    assert path.read_text() == kept and path.stat().st_mode & 0o777 == 0o600
    assert [p for p in tree.path(STATE).rglob("*") if p.is_file()] == [path]
    assert len(said) == 1 and "kept.env, which has secrets that are nowhere else" in said[0], said


def test_the_newest_of_several_and_what_was_kept_before(tree, script):
    made = store(tree, copies={"1.after": "LITELLM_SALT_KEY=old\nPOSTGRES_PASSWORD=old\nWEBUI_SECRET_KEY=old\n"})
    newer = made / "history/000002"
    newer.mkdir()
    (newer / "journal.json").write_text((made / "history/000001/journal.json").read_text())
    (newer / "1.after").write_text("POSTGRES_PASSWORD=new\nWEBUI_SECRET_KEY=new\n")
    (made / "kept.env").write_text("WEBUI_SECRET_KEY=kept\n")
    script()
    assert sorted((made / "kept.env").read_text().splitlines()) == ["LITELLM_SALT_KEY=old", "POSTGRES_PASSWORD=new", "WEBUI_SECRET_KEY=kept"]


def test_secrets_that_cannot_be_saved_are_left_where_they_are(tree, script):
    made = store(tree)
    (made / "kept.env").symlink_to("/nowhere")
    before = files(tree, STATE)
    said = script()
    assert files(tree, STATE) == before and len(said) == 1 and "could not be put into kept.env" in said[0], said


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
