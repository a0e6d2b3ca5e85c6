# SPDX-License-Identifier: MIT
"""From the package of 0.1.0 to this one, as apt does it: with FULL=1, for that package is built from its commit."""

import json
import re

from conftest import VERSION, everywhere
from test_install import STACK, our_lines

PROFILE = "kind: profile\nname: OURS\ntitle: ours\nrole: server\nworkers: 3\ntarget_ram_mib: 1G\nmin_disk_mib: 1024\n"
COSTS = "expected: {0}, reservation: {0}, limit: {1}"
MODEL = ("kind: cost-model\nname: ours\ndate: 2026-11-24\nsource: us\nmeasured_on: here\nengine_mib: 100\npool_per_worker: 4\n"
         "reserve_connections: 10\nsystem_mib: {lightweight: 100, typical: 200, desktop: 300}\nservices:\n"
         + "".join(f"  {name}: {{{COSTS.format(*costs)}}}\n" for name, costs in
                   {"litellm": (100, 400), "open-webui": (100, 400), "postgres": (50, 100), "nginx": (6, 50)}.items()))


LAUNCHER, FROZEN = "litellm/vpsfit_launch.py", "litellm/sitecustomize.py"


def stack_bytes(tree):
    """The stack's files; None: not there."""
    paths = {name: tree.path(f"/opt/ai-gateway/{name}") for name in (*STACK, FROZEN)}
    return {name: path.read_bytes() if path.exists() else None for name, path in paths.items()}


@everywhere
def test_an_upgrade_from_0_1_0(tree, repo, earlier_repo):
    tree.use(earlier_repo)
    own = tree.path("/etc/vpsfit")
    own.mkdir(exist_ok=True)
    (own / "ours.yaml").write_text(PROFILE)
    (own / "model.yaml").write_text(MODEL)
    answers = "cost-model: ours\nprofile: OURS\nopenai-api-key: sk-of-theirs\nforce: true\n"
    tree.path("/root/answers.yaml").write_text(answers)
    tree.preseed(answers="/root/answers.yaml", port="9090", profile="OURS", workers="3", dir="/opt/ai-gateway")
    tree.install()
    assert "0.1.0" in tree.run("vpsfit --version").stdout
    before = stack_bytes(tree)
    assert b"OPENAI_API_KEY=sk-of-theirs" in before[".env"] and b"redis" not in before["compose.yaml"]
    assert before[FROZEN] and before[LAUNCHER] is None

    tree.use(repo)
    done = tree.install()
    assert tree.run("dpkg-query -W -f '${Version}' vpsfit").stdout == VERSION and tree.status() == "installed"
    assert our_lines(done) == [] and stack_bytes(tree) == before, "an upgrade writes nothing"
    status = json.loads(tree.run("vpsfit status --json 2>/dev/null").stdout)
    assert status["machine_change"] is None and {f["state"] for f in status["files"]} <= {"as written", "there"}
    assert tree.run("vpsfit notice").text == ""
    assert re.search(r"^\+ *REDIS_HOST", tree.run("vpsfit plan --force").stdout, re.M)
    assert "service-unmeasured" in tree.run("vpsfit plan --force --json").stdout

    tree.run("vpsfit apply --yes --force")
    after = stack_bytes(tree)
    assert b"REDIS_HOST" in after["compose.yaml"] and after[LAUNCHER] and after[FROZEN] is None
    assert all(line in after[".env"].splitlines() for line in before[".env"].splitlines())
    tree.run("vpsfit apply --yes --force")
    assert stack_bytes(tree) == after
    tree.run("vpsfit rollback --yes")
    assert stack_bytes(tree) == before
    tree.run("vpsfit apply --yes --force --redis no")
    without = stack_bytes(tree)
    assert b"redis" not in without["compose.yaml"] and without[LAUNCHER] == after[LAUNCHER] and without[FROZEN] is None
    # The answers that it was preseeded with are as good as they were.
    tree.run("timeout 120 dpkg-reconfigure -fnoninteractive vpsfit")
    assert stack_bytes(tree) == without
