# SPDX-License-Identifier: MIT
"""The commands on README's first page work as printed, except for the repository's address."""

from conftest import ROOT, everywhere

README = (ROOT / "README.md").read_text()
PAGE = README.split("## On your VPS\n")[1].split("\n## ")[0]
ADDRESS = "https://apt.example.org/vpsfit"

# There is no web server here: curl copies from the repository's folder instead.
CURL = """#!/bin/sh
[ "$1" = -fsSLo ] && cp "${3#file:}" "$2"
"""


@everywhere
def test_two_lines_to_a_plan(tree):
    lines = PAGE.split("```\n")[1].splitlines()
    assert len(lines) == 2
    # Debian's mirror is not reachable here, so install vpsfit's dependencies first.
    tree.run("apt-get -q -y install libjansson4 libyaml-0-2 libnewt0.52 libmount1")
    tree.run("rm -r /etc/apt/sources.list.d/vpsfit.sources /etc/apt/keyrings; : >/etc/apt/sources.list")
    tree.path("/usr/local/bin/curl").write_text(CURL)
    script = "\n".join(lines).replace(ADDRESS, "file:/repo")
    said = tree.run(f"chmod +x /usr/local/bin/curl; PATH=/usr/local/bin:$PATH\n{script}").text
    assert tree.status() == "installed" and "Cost model" in said and not tree.path("/opt/ai-gateway").exists()


def test_the_user_data_is_the_example():
    assert PAGE.split("```yaml\n")[1].split("```")[0] == (ROOT / "templates/cloud-init/flags.yaml").read_text()


def test_it_is_the_first_thing_after_the_introduction():
    assert README.index("## On your VPS") == README.index("## ", README.index("# vpsfit"))
