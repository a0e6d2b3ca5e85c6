# SPDX-License-Identifier: MIT
"""The repository of `make repo`: apt of each release takes it without a word, and asks for its lists by their hashes."""

import functools
import hashlib
import http.server
import re
import shutil
import subprocess
import threading

import pytest

from conftest import Tree, VERSION


@pytest.mark.parametrize("suite", ["bookworm", "trixie", "sid"])
def test_apt_has_nothing_to_say(repo, suite):
    tree = Tree(suite, repo)
    try:
        said = tree.updated + tree.run("apt-get -q -s --no-install-recommends install vpsfit; apt-cache policy").text
        spoken = [line for line in said.splitlines() if re.match(r"(W|E|N|Warning|Error|Notice|Audit):", line)]
        assert spoken == [], said
        assert f"Inst vpsfit ({VERSION} vpsfit:{VERSION}/stable [amd64])" in said, said
        assert f"release v={VERSION},o=vpsfit,a=stable,n=vpsfit,l=vpsfit" in said, said
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", tree.dir], check=True)


def test_its_release_says_what_it_has(repo):
    release = (repo / "Release").read_text()
    fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", release, re.M))
    assert fields["Acquire-By-Hash"] == "yes" and fields["Architectures"] == "amd64" and fields["Version"] == VERSION
    assert {"Origin", "Label", "Suite", "Codename", "Date", "Description"} <= fields.keys()
    assert "MD5Sum" not in release and "SHA1" not in release
    listed = re.findall(r"^ ([0-9a-f]{64}) +\d+ (Packages\S*)$", release, re.M)
    assert {name for _, name in listed} == {"Packages", "Packages.gz", "Packages.xz"}
    for digest, name in listed:
        assert hashlib.sha256((repo / "by-hash/SHA256" / digest).read_bytes()).hexdigest() == digest
        assert (repo / name).read_bytes() == (repo / "by-hash/SHA256" / digest).read_bytes()


def test_a_list_is_asked_for_by_its_hash(repo, tmp_path):
    """The list itself may be that of a later moment."""
    site = tmp_path / "site"
    shutil.copytree(repo, site)
    for path in site.glob("Packages*"):
        path.unlink()
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("lists/partial", "cache/archives/partial", "parts"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "status").touch()
        sources = tmp_path / "vpsfit.sources"
        sources.write_text((repo / "vpsfit.sources").read_text().replace("file:/repo", f"http://127.0.0.1:{server.server_port}"))
        options = [x for o in (f"Dir::Etc::SourceList={sources}", f"Dir::Etc::SourceParts={tmp_path}/parts", f"Dir::State={tmp_path}",
                               f"Dir::State::Lists={tmp_path}/lists", f"Dir::State::status={tmp_path}/status", f"Dir::Cache={tmp_path}/cache",
                               "APT::Sandbox::User=root", "Acquire::http::Proxy=DIRECT") for x in ("-o", o)]
        done = subprocess.run(["apt-get", *options, "-q", "update"], capture_output=True, text=True, timeout=60, check=False)
        server.shutdown()
    assert done.returncode == 0 and not re.search("^[WEN]:", done.stdout + done.stderr, re.M), done.stdout + done.stderr
    assert any("/by-hash/SHA" in path for path in asked), asked
