# SPDX-License-Identifier: MIT
"""
The engine that apt installs with vpsfit on Debian 12 (docker.io and Compose 1.29), and the stack under it: runs the command printed by
apply, and reads the limits where the kernel enforces them. The images are busybox stand-ins under the template's names, which answer
health checks and nothing else; tests/stack runs the real programs.
"""

import json
import re

from case import FIRST_BOOT, LOOK, STACK, plain_log, swap_is_active, well, workers
from vm import section, show

# The last one comes with the second worker.
SERVICES = ("litellm", "open-webui", "postgres", "nginx", "redis")

# The commands used by the health checks, querying the web server that stands for the service.
IMAGES = f"""
mkdir -p /srv/tree/bin /srv/tree/www /srv/tree/tmp
cp /bin/busybox /srv/tree/bin/
for applet in sh httpd tail touch cat grep; do ln -s busybox /srv/tree/bin/$applet; done
# The shell's own wget is what nginx's health check gets.
echo well | tee /srv/tree/www/index.html >/srv/tree/www/healthz
printf '#!/bin/sh\\nexec httpd -f -p $SERVE -h /www\\n' >/srv/tree/bin/serve
printf '#!/bin/sh\\nexec busybox wget -q -O /dev/null http://127.0.0.1:$SERVE/\\n' >/srv/tree/bin/ask
chmod 755 /srv/tree/bin/serve /srv/tree/bin/ask
for name in curl pg_isready wget; do ln -s ask /srv/tree/bin/$name; done
# LiteLLM's health check asks by python3, and its container is started by it.
printf '#!/bin/sh\\ncase "$1" in */vpsfit_launch.py) exec serve ;; *) exec ask ;; esac\\n' >/srv/tree/bin/python3
printf '#!/bin/sh\\necho PONG\\n' >/srv/tree/bin/valkey-cli
chmod 755 /srv/tree/bin/python3 /srv/tree/bin/valkey-cli
line=1
for port in 4000 8080 5432 80 6379; do
	image=$(sed -n 's/^ *image: //p' {STACK}/compose.yaml /usr/share/vpsfit/templates/services/redis.compose.yaml | sed -n "${{line}}p")
	tar -C /srv/tree -c . | docker import -c 'ENTRYPOINT ["/bin/serve"]' -c "ENV SERVE=$port" - "$image" >/dev/null
	line=$((line + 1))
done
docker images --format '{{{{.Repository}}}}:{{{{.Tag}}}}'
"""

# The kernel's view of each container: path, memory.max, memory.low, memory.swap.max, processes, health.
GROUPS = f"""for service in {' '.join(SERVICES)}; do
	id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=$service)
	[ -n "$id" ] || continue
	for _ in $(seq 60); do
		health=$(docker inspect -f '{{{{.State.Health.Status}}}}' $id)
		[ "$health" = starting ] || break
		sleep 3
	done
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{{{.State.Pid}}}}' $id)/cgroup)
	echo $service $group $(cd $group && cat memory.max memory.low memory.swap.max && wc -l <cgroup.procs) $health
done"""

# The command printed by an apply.
START = "sed -n 's/^        \\(.* up -d\\)$/\\1/p' {log} | tail -n 1 >/run/start; cat /run/start; COMPOSE_HTTP_TIMEOUT=900 sh -e /run/start 2>&1; echo code $?"

# A container that exceeds its limit: nginx has no swap to fall back on.
TOO_MUCH = """id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=nginx)
docker exec $id tail -c 300m /dev/zero >/dev/null; echo code $?
grep -E '^oom_kill ' /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{.State.Pid}}' $id)/cgroup)/memory.events
docker inspect -f 'running {{.State.Running}}' $id"""


def groups_as_planned(text, name, plan):
    """Compares the kernel's figures with the plan's, in bytes; returns them in MiB."""
    said = []
    planned = [service for service in SERVICES if service in plan["services"]]
    for line, service in zip(section(text, name).splitlines(), planned, strict=True):
        found, group, *figures, processes, health = line.split()
        want = plan["services"][service]
        limit, low, swap = (int(figure) for figure in figures)
        assert found == service and "docker-" in group, line
        assert limit == want["limit_mib"] << 20, (line, want)
        assert low == want["reservation_mib"] << 20, (line, want)
        assert swap == (want["memswap_mib"] - want["limit_mib"]) << 20, (line, want)
        assert int(processes) >= 1 and health == "healthy", line
        said.append(f"{service} {limit >> 20}/{low >> 20}/{swap >> 20}")
    return ", ".join(said)


def with_engine(case):
    """The engine that vpsfit recommends, and the stack under its limits."""
    vps = case.chain.disk = case.vps("per-boot-apply.yaml", image="engine")
    text = vps.run(
        FIRST_BOOT + LOOK + show("apt", "dpkg-query -W vpsfit docker.io docker-compose; ls /var/lib/dpkg/info/*.list | wc -l") +
        show("machine", "vpsfit detect --json") + show("plan", "vpsfit plan --json") + show("images", IMAGES) +
        show("up", START.format(log="/var/log/cloud-init-output.log")) + show("groups", GROUPS) +
        show("through", "/bin/busybox wget -q -O - http://127.0.0.1:8080/") + show("too-much", TOO_MUCH) + show("status-text", "vpsfit status"),
        cores=2)
    well(text)
    plain_log(text)

    *packages, count = section(text, "apt").split("\n")[:-1]
    versions = dict(line.split("\t") for line in packages)
    engine = json.loads(section(text, "machine"))["engine"]
    assert engine["docker"]["version"] == versions["docker.io"] and engine["compose"]["version"] == versions["docker-compose"], engine
    assert engine["cgroup_version"] == 2 and engine["limits_enforced"] == "yes" and not engine["rootless"], engine
    case.note(f"detect: Docker {engine['docker']['version']}, Compose {engine['compose']['version']} ({engine['compose']['path']}), "
              f"cgroup v2, limits enforced: {engine['limits_why']}; {count} packages")

    plan = json.loads(section(text, "plan"))
    up = section(text, "up")
    assert up.rstrip().endswith("code 0"), up + section(text, "images")
    case.note(f"the printed command: {up.splitlines()[0]}")
    assert section(text, "through") == "well\n", section(text, "through")
    case.note(f"memory.max/low/swap.max in MiB as planned, all healthy: {groups_as_planned(text, 'groups', plan)}")
    case.note(f"swap of {swap_is_active(text)} MiB on")
    too_much = section(text, "too-much")
    assert "code 137" in too_much and re.search(r"^oom_kill [1-9]", too_much, re.M) and "running true" in too_much, too_much
    case.note("300 MiB in nginx's container: killed by its own limit, nginx goes on")
    assert "SMALL_VPS" in section(text, "status-text") and workers(text) == 1


def refit(case):
    """Optional: with 4 GiB the disk is fitted at boot, and the engine takes over the change."""
    text = case.chain.disk.run(FIRST_BOOT + LOOK + show("plan", "vpsfit plan --json") + show("groups", GROUPS), ram=4096, cores=2)
    well(text)
    assert workers(text) == 2 and "MEDIUM_VPS" in section(text, "log")
    case.note("2 GiB -> 4 GiB by itself, 1 -> 2 workers")
    case.note(f"in the kernel: {groups_as_planned(text, 'groups', json.loads(section(text, 'plan')))}")
