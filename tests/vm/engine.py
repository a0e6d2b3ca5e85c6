# SPDX-License-Identifier: MIT
"""
The engine that apt installs with vpsfit on Debian 12 (docker.io and Compose 1.29), and the stack under it: runs the command printed by
apply, and reads the limits where the kernel enforces them. The images are busybox stand-ins under the template's names, which answer
health checks and nothing else; tests/stack runs the real programs.
"""

import json
import re

import yaml

from case import FIRST_BOOT, LOOK, plain_log, swap_is_active, well, workers
from vm import ROOT, section, show

# The last one comes with the second worker.
SERVICES = ("litellm", "open-webui", "postgres", "nginx", "redis")


def names():
    """The images that this version's templates name, and those that 0.1.0 wrote."""
    rows = yaml.safe_load((ROOT / "templates/images.yaml").read_text())["images"]
    return [f"{row['image']}:{tag}" for row in rows for tag in (row["tag"], *row.get("earlier", []))]


# One image under all names, of one layer, loaded once: every call of the engine takes seconds in emulation. It answers the health
# checks, and ends when it is told to, for which an engine would wait up to a minute. LiteLLM is started by python3, which also asks
# for its health and makes Open WebUI's key known, after which it has nothing to do. The shell's own wget is what nginx's check gets.
IMAGES = f"""
mkdir -p /srv/tree/bin /srv/tree/www /srv/tree/tmp && cd /srv/tree/bin
cp /bin/busybox .
for applet in sh httpd tail touch cat grep; do ln -sf busybox $applet; done
echo well | tee ../www/index.html >../www/healthz
cat >serve <<'END'
#!/bin/sh
trap 'exit 0' TERM INT QUIT
httpd -f -p 80 -h /www &
wait
END
printf '#!/bin/sh\\nexec busybox wget -q -O /dev/null http://127.0.0.1/\\n' >ask
printf '#!/bin/sh\\ncase "$*" in *vpsfit_launch.py*) exec serve ;; *vpsfit_key.py*) exit 0 ;; *) exec ask ;; esac\\n' >python3
printf '#!/bin/sh\\necho PONG\\n' >valkey-cli
chmod 755 serve ask python3 valkey-cli
for name in curl pg_isready wget; do ln -sf ask $name; done
mkdir -p /run/image && cd /run/image
tar -C /srv/tree -cf layer.tar .
printf '{{"architecture": "amd64", "os": "linux", "config": {{"Entrypoint": ["/bin/serve"], "Env": ["PATH=/bin"]}}, "rootfs": {{"type": "layers", "diff_ids": ["sha256:%s"]}}}}' \\
	"$(sha256sum layer.tar | cut -d' ' -f1)" >config.json
echo '{json.dumps([{"Config": "config.json", "Layers": ["layer.tar"], "RepoTags": names()}])}' >manifest.json
tar -c config.json layer.tar manifest.json | docker load --quiet
cd /
"""

# On a busy machine a look in emulation takes longer than health checks wait, and the next one finds all well.
# The kernel's view of each container: path, memory.max, memory.low, memory.swap.max, processes, health.
GROUPS = f"""for service in {' '.join(SERVICES)}; do
	id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=$service)
	[ -n "$id" ] || continue
	for _ in $(seq 60); do
		health=$(docker inspect -f '{{{{.State.Health.Status}}}}' $id)
		[ "$health" = healthy ] && break
		sleep 3
	done
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{{{.State.Pid}}}}' $id)/cgroup)
	echo $service $group $(cd $group && cat memory.max memory.low memory.swap.max && wc -l <cgroup.procs) $health
done"""

# The command printed by an apply.
START = "sed -n 's/^        \\(.* up -d\\)$/\\1/p' {log} | tail -n 1 >/run/start; cat /run/start; COMPOSE_HTTP_TIMEOUT=900 sh -e /run/start 2>&1; echo code $?"

# Takes 300 MiB, and ends by itself where nothing kills it.
EATS = "busybox dd if=/dev/zero of=/dev/null bs=300M count=1"

# A container that exceeds its limit: nginx has no swap to fall back on.
TOO_MUCH = f"""id=$(docker ps -q --no-trunc --filter label=com.docker.compose.service=nginx)
timeout 120 docker exec $id {EATS}; echo code $?
grep -E '^oom_kill ' /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/$(docker inspect -f '{{{{.State.Pid}}}}' $id)/cgroup)/memory.events
docker inspect -f 'running {{{{.State.Running}}}}' $id"""


def groups_as_planned(text, name, plan):
    """
    Compares the kernel's figures with the plan's, in bytes; returns them in MiB. Each reload of systemd, such as for a new swap file,
    makes unlimited what a container without swap may have of it, until it is started anew (opencontainers/cgroups, issue 74): "max".
    """
    said = []
    planned = [service for service in SERVICES if service in plan["services"]]
    for line, service in zip(section(text, name).splitlines(), planned, strict=True):
        found, group, *figures, processes, health = line.split()
        want = plan["services"][service]
        limit, low = (int(figure) for figure in figures[:2])
        assert found == service and "docker-" in group, line
        assert limit == want["limit_mib"] << 20, (line, want)
        assert low == want["reservation_mib"] << 20, (line, want)
        swap = want["memswap_mib"] - want["limit_mib"]
        assert figures[2] == str(swap << 20) or (swap == 0 and figures[2] == "max"), (line, want)
        assert int(processes) >= 1 and health == "healthy", line
        said.append(f"{service} {limit >> 20}/{low >> 20}/{swap if figures[2] != 'max' else 'max'}")
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
