# SPDX-License-Identifier: MIT
"""
The life of one stack under the engine that apt installs with vpsfit, on one disk and in three boots: its package is upgraded from
0.1.0, a second stack comes and goes, it is moved to another directory, the machine is made smaller under it, and its disk is
restored on a larger one. Whatever vpsfit prints as a command is what is typed.
"""

import json
import re

from case import FIRST_BOOT, one_line, well, workers
from engine import GROUPS, IMAGES, SERVICES, groups_as_planned
from vm import section, show

OLD, NEW, SECOND = "/opt/ai-gateway", "/opt/stacks/ai-gateway", "/opt/second"

# The same stand-ins under the names of this version's templates too.
NAMES = IMAGES + r"""
for image in $(cat /usr/share/vpsfit/templates/*.yaml /usr/share/vpsfit/templates/services/*.yaml | sed -n 's/^ *image: *//p; s/^ *slim: *//p' | grep :); do
	case $image in
	*litellm*) port=4000 ;; *open-webui*) port=8080 ;; *postgres* | *pgvector*) port=5432 ;; *nginx*) port=80 ;; *redis* | *valkey*) port=6379 ;;
	*) continue ;;
	esac
	docker image inspect "$image" >/dev/null 2>&1 ||
		tar -C /srv/tree -c . | docker import -c 'ENTRYPOINT ["/bin/serve"]' -c "ENV SERVE=$port" - "$image" >/dev/null
done
"""

# Service, project and the start of the container's id, of all that runs; and the volumes.
RUNNING = r"""docker ps --format '{{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.project"}} {{.ID}}' | sort"""
VOLUMES = "docker volume ls -q | sort"


def typed(name, command):
    """A command as somebody types it, with its exit code, and what it said in a file of that name."""
    return show(name, f"code=0; {command} >/run/{name} 2>&1 || code=$?; cat /run/{name}; echo code $code")


def start(name, log):
    """Types the command for the engine that was printed."""
    return show(name, f"sed -n 's/^        \\(cd .* up -d.*\\)$/\\1/p' /run/{log} | tail -n 1 >/run/start; cat /run/start; "
                      f"sh -e /run/start 2>&1; echo code $?")


def obey(name, log, pattern, more=""):
    """Types the command of vpsfit's that was printed."""
    return show(name, f"grep -o '{pattern}' /run/{log} | head -n 1 >/run/obeyed; cat /run/obeyed; "
                      f"code=0; sh -c \"$(cat /run/obeyed){more}\" >/run/{name} 2>&1 || code=$?; cat /run/{name}; echo code $code")


def keys(name, directory):
    return show(name, f"grep -E '^[A-Z_]*(KEY|PASSWORD)=.' {directory}/.env | sort")


def project_groups(project):
    return GROUPS.replace("--filter label", f"--filter label=com.docker.compose.project={project} --filter label")


# Compose 1 gives up on an engine after a minute, which emulation on a busy machine takes for one container.
PATIENT = "export COMPOSE_HTTP_TIMEOUT=1500\n"

FIRST = (
    PATIENT + FIRST_BOOT + show("images", NAMES) + f"cp {OLD}/compose.yaml /run/compose.0.1.0\n" +
    show("up-0.1.0", f"cd {OLD} && docker-compose up -d 2>&1; echo code $?") + keys("keys", OLD) + show("volumes", VOLUMES) +
    show("before", "vpsfit --version; " + RUNNING) +
    # Upgraded.
    show("upgrade", f"apt-get -q -y install vpsfit 2>&1; vpsfit --version; cmp {OLD}/compose.yaml /run/compose.0.1.0 && echo untouched") +
    typed("plan", "vpsfit plan --exit-code") + typed("apply", "vpsfit apply --yes") + show("images-2", NAMES) + start("up", "apply") +
    show("plan-json", "vpsfit plan --json") + show("groups", GROUPS) + keys("keys-upgraded", OLD) + show("volumes-upgraded", VOLUMES) +
    typed("again", "vpsfit apply --yes --exit-code") + show("upgraded", RUNNING) +
    # Two stacks.
    typed("second", f"vpsfit apply --yes --dir {SECOND} --workers 1 --redis no --port 8081") + start("second-up", "second") +
    show("both", RUNNING) + show("second-json", f"vpsfit plan --json --dir {SECOND}") + show("first-json", "vpsfit plan --json") +
    show("second-groups", project_groups("second")) + show("second-through", "/bin/busybox wget -q -O - http://127.0.0.1:8081/") +
    show("second-down", f"cd {SECOND} && docker-compose down -v 2>&1; rm -r {SECOND}; echo $?") + typed("notice", "vpsfit notice") +
    obey("forget", "notice", f"vpsfit forget --dir {SECOND}", " --yes") + typed("notice-after", "vpsfit notice") +
    show("one", RUNNING) +
    # Moved while it runs.
    f"mkdir /opt/stacks && mv {OLD} {NEW}\n" + typed("cron", "vpsfit apply --yes") +
    show("no-second", f"ls -d {OLD} 2>&1") +
    obey("moved", "cron", f"vpsfit apply --dir {NEW} --moved-from {OLD}", " --yes") + start("moved-up", "moved") +
    show("moved-running", RUNNING) + show("moved-volumes", VOLUMES) + keys("keys-moved", NEW) +
    show("moved-groups", GROUPS) + show("moved-json", f"vpsfit plan --json --dir {NEW}") +
    typed("moved-again", f"vpsfit apply --yes --exit-code --dir {NEW}") + show("moved-through", "/bin/busybox wget -q -O - http://127.0.0.1:8080/"))

# The engine starts the containers with the machine, with the limits that they have.
UP = PATIENT + "for _ in $(seq 60); do [ \"$(docker ps -q | wc -l)\" -ge 4 ] && break; sleep 2; done\n"

SMALLER = (
    UP + typed("notice", "vpsfit notice") + typed("status", f"vpsfit status --exit-code --dir {NEW}") +
    typed("apply", f"vpsfit apply --yes --dir {NEW}") + typed("between", f"vpsfit status --exit-code --dir {NEW}") + start("up", "apply") +
    show("groups", GROUPS) + show("json", f"vpsfit plan --json --dir {NEW}") + show("running", RUNNING) + show("volumes", VOLUMES) +
    keys("keys", NEW) + typed("after", f"vpsfit status --exit-code --dir {NEW}") + show("compose", f"cat {NEW}/compose.yaml") +
    typed("rollback", f"vpsfit rollback --dir {NEW}"))

LARGER = (
    UP + show("disk", "resize2fs /dev/vda 2>&1; df -m / | tail -n 1") + typed("notice", "vpsfit notice") +
    typed("apply", f"vpsfit apply --yes --dir {NEW}") + start("up", "apply") + show("groups", GROUPS) +
    show("json", f"vpsfit plan --json --dir {NEW}") + show("compose", f"cat {NEW}/compose.yaml") + show("swaps", "cat /proc/swaps") +
    show("running", RUNNING) + f"sha256sum {NEW}/compose.yaml {NEW}/.env >/run/sums\n" +
    # And once more without what vpsfit remembers, as a backup of /opt leaves it.
    "rm -r /var/lib/vpsfit\n" + typed("status-without", f"vpsfit status --dir {NEW}") + typed("without", "vpsfit apply --yes") +
    obey("taken-up", "without", f"vpsfit apply --dir {NEW}", " --yes") + show("same", "sha256sum -c /run/sums 2>&1") +
    show("running-after", RUNNING) + show("volumes", VOLUMES) + keys("keys", NEW) +
    typed("again", f"vpsfit apply --yes --exit-code --dir {NEW}"))


def rows(text, name):
    """{(service, project): id}"""
    return {tuple(line.split()[:2]): line.split()[2] for line in section(text, name).splitlines() if len(line.split()) == 3}


def ended(text, name, code=0):
    said = section(text, name)
    assert said.rstrip().endswith(f"code {code}"), said
    return one_line(said)


def upgraded(case):
    """The package of 0.1.0 and its stack, which runs; then this one's."""
    case.chain.disk = case.vps("flags.yaml", image="engine", packages=[["vpsfit", "0.1.0"]])
    text = case.chain.text = case.chain.disk.run(FIRST, ram=8192, cores=2)
    well(text)
    assert "0.1.0" in section(text, "before") and len(rows(text, "before")) == 4, section(text, "up-0.1.0") + section(text, "before")
    assert "0.2." in section(text, "upgrade") and "untouched" in section(text, "upgrade"), section(text, "upgrade")
    ended(text, "plan", 6)
    ended(text, "apply")
    ended(text, "up")
    case.chain.keys, case.chain.volumes = section(text, "keys").splitlines(), section(text, "volumes")
    assert set(case.chain.keys) <= set(section(text, "keys-upgraded").splitlines())
    assert section(text, "volumes-upgraded") == case.chain.volumes
    ended(text, "again")
    case.note(f"untouched by the upgrade; after its apply and '{section(text, 'up').splitlines()[0]}': "
              f"{groups_as_planned(text, 'groups', json.loads(section(text, 'plan-json')))}")
    case.note("the same keys and volumes; the same apply again has nothing to do")


def two_stacks(case):
    """A second one beside it, which is then removed and forgotten."""
    text = case.chain.text
    ended(text, "second")
    ended(text, "second-up")
    first, both = rows(text, "upgraded"), rows(text, "both")
    assert first.items() <= both.items() and {p for _, p in both} == {"ai-gateway", "second"} and len(both) == len(first) + 4, both
    others = [json.loads(section(text, name))["totals"]["others_mib"] for name in ("first-json", "second-json")]
    assert min(others) > 0 and section(text, "second-through") == "well\n", others
    case.note(f"not one container of the first is made anew; {others[0]} and {others[1]} MiB of the other are counted; "
              f"{groups_as_planned(text, 'second-groups', json.loads(section(text, 'second-json')))}")
    assert f"the stack in {SECOND} is gone" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "forget")
    assert "gone" not in section(text, "notice-after") and rows(text, "one") == first
    case.note(f"removed: the notice tells, and '{section(text, 'forget').splitlines()[0]}' ends it")


def moved(case):
    """mv while it runs: cron's apply writes no second stack, and the printed command takes it along."""
    text = case.chain.text
    ended(text, "cron", 1)
    assert "No such file" in section(text, "no-second"), section(text, "no-second")
    ended(text, "moved")
    ended(text, "moved-up")
    assert set(rows(text, "moved-running")) == set(rows(text, "one")) and section(text, "moved-volumes") == case.chain.volumes
    assert section(text, "keys-moved") == section(text, "keys-upgraded") and section(text, "moved-through") == "well\n"
    ended(text, "moved-again")
    case.keys = section(text, "keys-moved")
    case.note(f"{section(text, 'moved').splitlines()[0]}; {section(text, 'moved-up').splitlines()[0]}: the same project and volumes; "
              f"{groups_as_planned(text, 'moved-groups', json.loads(section(text, 'moved-json')))}")


def smaller(case):
    """8 GiB, then 4 GiB: the containers come up with the limits of the larger machine."""
    text = case.chain.disk.run(SMALLER, ram=4096, cores=2)
    assert f"--dir {NEW}" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "status", 6)
    ended(text, "apply")
    assert "not in effect yet" in ended(text, "between", 6)
    ended(text, "up")
    said = groups_as_planned(text, "groups", json.loads(section(text, "json")))
    assert "not in effect yet" not in ended(text, "after") and section(text, "volumes") == case.chain.volumes
    assert section(text, "keys") == section(case.chain.text, "keys-moved")
    case.note(f"written and not in effect yet, exit 6; after '{section(text, 'up').splitlines()[0]}' with {workers(text)} workers: {said}")
    case.note(f"what a rollback would bring: {one_line(section(text, 'rollback'))[:300]}")


def larger(case):
    """The image of the disk on a larger one, with 8 GiB again; then without what vpsfit remembers."""
    case.chain.disk.grow("40G")
    text = case.chain.disk.run(LARGER, ram=8192, cores=2)
    size = int(section(text, "disk").splitlines()[-1].split()[1])
    assert size > 38000, section(text, "disk")
    assert f"--dir {NEW}" in one_line(section(text, "notice")), section(text, "notice")
    ended(text, "apply")
    ended(text, "up")
    case.note(f"a disk of {size} MiB, {workers(text)} workers: {groups_as_planned(text, 'groups', json.loads(section(text, 'json')))}")
    assert re.search(rf"'?vpsfit apply --dir {NEW}", section(text, "without")), section(text, "without")
    ended(text, "without", 1)
    assert "is taken up again" in ended(text, "taken-up"), section(text, "taken-up")
    assert rows(text, "running-after") == rows(text, "running") and len(rows(text, "running")) == len(SERVICES)
    assert section(text, "volumes") == case.chain.volumes and section(text, "keys") == section(case.chain.text, "keys-moved")
    ended(text, "again")
    case.note("without /var/lib/vpsfit: no second stack, taken up by the printed command, the same containers, volumes and keys")
