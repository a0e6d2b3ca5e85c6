# SPDX-License-Identifier: MIT
"""
The life of one stack under the engine that apt installs with vpsfit, on one disk and with a boot for each case: its package is upgraded
from 0.1.0, a second stack comes and goes, it is moved to another directory, the machine is made smaller under it, and its disk is
restored on a larger one. Whatever vpsfit prints as a command is what is typed.
"""

import json
import re

from case import one_line, workers
from engine import GROUPS, IMAGES, SERVICES, groups_as_planned
from vm import section, show, slowest

OLD, NEW, SECOND = "/opt/ai-gateway", "/opt/stacks/ai-gateway", "/opt/second"

# Service, project and the start of the container's id, of all that runs; and the volumes.
RUNNING = r"""docker ps --format '{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.project"}} {{.ID}}' | sort"""
VOLUMES = "docker volume ls -q | sort"

# Compose 1 gives up on an engine after a minute, which emulation on a busy machine takes for one container. Nobody is told here what to
# start anew after an upgrade.
PATIENT = "export COMPOSE_HTTP_TIMEOUT=1500 DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1\n"


def typed(name, command):
    """A command as somebody types it, with its exit code, and what it said in a file of that name."""
    return show(name, f"code=0; {command} >/run/{name} 2>&1 || code=$?; cat /run/{name}; echo code $code")


def start(name, log):
    """Types the command for the engine that was printed: on a line of its own, or as 0.1.0 did. Without it nothing can go on."""
    return show(name, f"sed -n -e 's/^        \\(cd .* up -d.*\\)$/\\1/p' -e 's/^Done. Start it with: //p' /run/{log} | tail -n 1 >/run/start; cat /run/start; "
                      f"[ -s /run/start ] || echo false >/run/start; code=0; sh -e /run/start 2>&1 || code=$?; echo code $code; [ $code = 0 ] || exit 1")


def obey(name, log, pattern, more=""):
    """Types the command of vpsfit's that was printed."""
    return show(name, f"grep -o '{pattern}' /run/{log} | head -n 1 >/run/obeyed; cat /run/obeyed; "
                      f"code=0; sh -c \"$(cat /run/obeyed){more}\" >/run/{name} 2>&1 || code=$?; cat /run/{name}; echo code $code")


def keys(name, directory):
    return show(name, f"grep -E '^[A-Z_]*(KEY|PASSWORD)=.' {directory}/.env | sort")


def plan(name, directory):
    return show(name, f"vpsfit plan --json --dir {directory} 2>/dev/null")


def stands(name, directory):
    """What must outlive whatever is done: the containers, the volumes, the keys."""
    return show(f"{name}-running", RUNNING) + show(f"{name}-volumes", VOLUMES) + keys(f"{name}-keys", directory)


def project_groups(project):
    return GROUPS.replace("--filter label", f"--filter label=com.docker.compose.project={project} --filter label")


def up_again(directory):
    """The engine starts the containers with the machine, with the limits that they have."""
    return PATIENT + "for _ in $(seq 150); do [ \"$(docker ps -q | wc -l)\" -ge 4 ] && break; sleep 2; done\n" + stands("before", directory)


REACHED = "for _ in $(seq 60); do /bin/busybox wget -q -O - http://127.0.0.1:{port}/ && break; sleep 2; done"


def upgrade(port):
    """0.1.0 is installed and its stack is started; then comes this version."""
    return (
        PATIENT + f"echo 'deb [trusted=yes] http://10.0.2.2:{port}/repo ./' >/etc/apt/sources.list\n"
        f"echo 'deb [trusted=yes] http://10.0.2.2:{port}/mirror ./' >>/etc/apt/sources.list\n" +
        show("install", "apt-get -q update && apt-get -q -y install vpsfit=0.1.0") + typed("apply-0.1.0", "vpsfit apply --yes") +
        show("images", IMAGES) + start("up-0.1.0", "apply-0.1.0") + f"cp {OLD}/compose.yaml /run/compose.0.1.0\n" +
        show("version", "vpsfit --version") + stands("before", OLD) +
        show("upgrade", f"apt-get -q -y install vpsfit 2>&1; vpsfit --version; cmp {OLD}/compose.yaml /run/compose.0.1.0 && echo untouched") +
        typed("plan", "vpsfit plan --exit-code") + typed("apply", "vpsfit apply --yes") + start("up", "apply") +
        plan("json", OLD) + show("groups", GROUPS) + stands("after", OLD) + typed("again", "vpsfit apply --yes --exit-code"))


TWO = (
    up_again(OLD) + typed("second", f"vpsfit apply --yes --dir {SECOND} --workers 1 --redis no --port 8081") + start("second-up", "second") +
    show("both", RUNNING) + plan("second-json", SECOND) + plan("first-json", OLD) +
    show("second-groups", project_groups("second")) + show("second-through", REACHED.format(port=8081)) +
    show("second-down", f"cd {SECOND} && docker-compose down -v 2>&1; cd / && rm -r {SECOND}; echo $?") + typed("notice", "vpsfit notice") +
    obey("forget", "notice", f"vpsfit forget --dir {SECOND}", " --yes") + typed("notice-after", "vpsfit notice") + stands("after", OLD))

MOVED = (
    up_again(OLD) + f"mkdir /opt/stacks && mv {OLD} {NEW}\n" + typed("cron", "vpsfit apply --yes") + show("no-second", f"ls -d {OLD} 2>&1") +
    obey("moved", "cron", f"vpsfit apply --dir {NEW} --moved-from {OLD}", " --yes") + start("up", "moved") +
    show("groups", GROUPS) + plan("json", NEW) + typed("again", f"vpsfit apply --yes --exit-code --dir {NEW}") +
    show("through", REACHED.format(port=8080)) + stands("after", NEW))

SMALLER = (
    up_again(NEW) + typed("notice", "vpsfit notice") + typed("status", f"vpsfit status --exit-code --dir {NEW}") +
    typed("apply", f"vpsfit apply --yes --dir {NEW}") + typed("between", f"vpsfit status --exit-code --dir {NEW}") + start("up", "apply") +
    show("groups", GROUPS) + plan("json", NEW) + typed("later", f"vpsfit status --exit-code --dir {NEW}") +
    show("compose", f"cat {NEW}/compose.yaml") + typed("rollback", f"vpsfit rollback --dry-run --dir {NEW}") + stands("after", NEW))

LARGER = (
    up_again(NEW) + show("disk", "resize2fs /dev/vda 2>&1; df -m / | tail -n 1") + typed("notice", "vpsfit notice") +
    typed("apply", f"vpsfit apply --yes --dir {NEW}") + start("up", "apply") + show("groups", GROUPS) + plan("json", NEW) +
    show("compose", f"cat {NEW}/compose.yaml") + stands("up", NEW) + f"sha256sum {NEW}/compose.yaml {NEW}/.env >/run/sums\n" +
    # And once more without what vpsfit remembers, as a backup of /opt leaves it.
    "rm -r /var/lib/vpsfit\n" + typed("status-without", f"vpsfit status --dir {NEW}") + typed("without", "vpsfit apply --yes") +
    obey("taken-up", "without", f"vpsfit apply --dir {NEW}", " --yes") + show("same", "sha256sum -c /run/sums 2>&1") +
    stands("after", NEW) + typed("again", f"vpsfit apply --yes --exit-code --dir {NEW}"))


def rows(text, name):
    """{(service, project): id}"""
    return {tuple(line.split()[:2]): line.split()[2] for line in section(text, name).splitlines() if len(line.split()) == 3}


def ended(text, name, code=0):
    said = section(text, name)
    assert said.rstrip().endswith(f"code {code}"), said
    return one_line(said)


def as_planned(text, groups="groups", json_name="json"):
    return groups_as_planned(text, groups, json.loads(section(text, json_name)))


def kept(text, before="before", after="after"):
    """Nothing is lost: no volume and no key; and none is made anew."""
    assert section(text, f"{before}-volumes") == section(text, f"{after}-volumes")
    lost = set(section(text, f"{before}-keys").splitlines()) - set(section(text, f"{after}-keys").splitlines())
    assert not lost and section(text, f"{before}-keys"), lost


def run(case, script, ram=8192):
    text = case.chain.disk.run(script, ram=ram, cores=2)
    case.note(f"slowest: {slowest(text)}")
    return text


def upgraded(case):
    """The package of 0.1.0 and its stack, which runs; then this one's."""
    case.chain.disk = case.vps(image="engine")
    text = run(case, upgrade(case.chain.port))
    ended(text, "apply-0.1.0")
    ended(text, "up-0.1.0")
    assert "0.1.0" in section(text, "version") and len(rows(text, "before-running")) == 4, section(text, "before-running")
    assert "0.2." in section(text, "upgrade") and "untouched" in section(text, "upgrade"), section(text, "upgrade")
    ended(text, "plan", 6)
    ended(text, "apply")
    ended(text, "up")
    kept(text)
    ended(text, "again")
    case.note(f"untouched by the upgrade; after its apply and '{section(text, 'up').splitlines()[0]}': {as_planned(text)}")
    case.note("the same keys and volumes; the same apply again has nothing to do")


def two_stacks(case):
    """A second one beside it, which is then removed and forgotten."""
    text = run(case, TWO)
    ended(text, "second")
    ended(text, "second-up")
    first, both = rows(text, "before-running"), rows(text, "both")
    assert first.items() <= both.items() and {p for _, p in both} == {"ai-gateway", "second"} and len(both) == len(first) + 4, both
    others = [{(o["name"], o["project"]) for o in json.loads(section(text, name))["others"]} for name in ("first-json", "second-json")]
    assert others[0] == {(f"second_{s}_1", "second") for s, p in both if p == "second"}, others
    assert others[1] == {(f"ai-gateway_{s}_1", "ai-gateway") for s, _ in first}, others
    assert section(text, "second-through") == "well\n", section(text, "second-through")
    case.note(f"not one container of the first is made anew, and each plan counts the {len(others[0])} and {len(others[1])} of the other; "
              f"{as_planned(text, 'second-groups', 'second-json')}")
    assert f"the stack in {SECOND} is gone" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "forget")
    assert "gone" not in section(text, "notice-after") and rows(text, "after-running") == first
    kept(text)
    case.note(f"removed: the notice tells, and '{section(text, 'forget').splitlines()[0]}' ends it")


def moved(case):
    """mv while it runs: cron's apply writes no second stack, and the printed command takes it along."""
    text = run(case, MOVED)
    ended(text, "cron", 1)
    assert "No such file" in section(text, "no-second"), section(text, "no-second")
    ended(text, "moved")
    ended(text, "up")
    assert set(rows(text, "after-running")) == set(rows(text, "before-running")), section(text, "after-running")
    assert section(text, "through") == "well\n"
    kept(text)
    ended(text, "again")
    case.note(f"{section(text, 'moved').splitlines()[0]}; {section(text, 'up').splitlines()[0]}: the same project, volumes and keys; "
              f"{as_planned(text)}")


def smaller(case):
    """8 GiB, then 4 GiB: the containers come up with the limits of the larger machine."""
    text = run(case, SMALLER, ram=4096)
    assert f"--dir {NEW}" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "status", 6)
    ended(text, "apply")
    assert "not in effect yet" in ended(text, "between", 6)
    ended(text, "up")
    assert "not in effect yet" not in ended(text, "later")
    kept(text)
    case.note(f"written and not in effect yet, exit 6; after '{section(text, 'up').splitlines()[0]}' with {workers(text)} workers: {as_planned(text)}")
    assert '+ - "4" # vpsfit: workers' in ended(text, "rollback"), section(text, "rollback")
    case.note("a rollback says that it would bring back the 4 workers of the larger machine")


def larger(case):
    """The image of the disk on a larger one, with 8 GiB again; then without what vpsfit remembers."""
    case.chain.disk.grow("40G")
    text = run(case, LARGER)
    size = int(section(text, "disk").splitlines()[-1].split()[1])
    assert size > 38000, section(text, "disk")
    assert f"--dir {NEW}" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "apply")
    ended(text, "up")
    case.note(f"a disk of {size} MiB, {workers(text)} workers: {as_planned(text)}")
    ended(text, "without", 1)
    assert "is taken up again" in ended(text, "taken-up"), section(text, "taken-up")
    assert rows(text, "after-running") == rows(text, "up-running") and len(rows(text, "up-running")) == len(SERVICES)
    # The cost model that 0.1.0 chose was remembered there: now today's is taken, which is written, and said to be not in effect.
    assert "/.env: OK" in section(text, "same"), section(text, "same")
    assert "not in effect yet" in ended(text, "again", 6)
    kept(text)
    case.note("without /var/lib/vpsfit: no second stack, taken up by the printed command, the same containers, volumes and keys; the limits are "
              "those of today's cost model, and the same apply again says that they are not in effect yet")
