# SPDX-License-Identifier: MIT
"""vpsfit report: one archive that plans like the machine and tells nobody who or where it is."""

import base64
import json
import os
import re
import stat
import subprocess
import tarfile

import pytest

import ring
from conftest import MACHINES, run

TREES = ["vm-4g", "vm-1g", "vm-8g-desktop", "busy-4g", "rootless-4g", "swap-4g", "lxc-2g", "wsl-8g", "docker-v1-2g", "ubuntu-4g-snapd",
         "gateway-running-4g", "zram-2g", "alpine-2g", "ancestor-limit-v2", "bad-meminfo-cut", "bad-mounts-garbage"]


def unpack(file, into):
    with tarfile.open(file) as tar:
        names = tar.getnames()
        assert not [n for n in names if n.startswith("/") or ".." in n.split("/")]
    into.mkdir()
    subprocess.run(["tar", "xf", file, "-C", into], check=True)
    return names


def made(root, tmp_path, *args):
    file = tmp_path / "report.tar"
    done = run("report", "--sysroot", root, "--output", file, *args)
    assert done.returncode == 0, done.stderr
    names = unpack(file, tmp_path / "unpacked")
    return tmp_path / "unpacked", names


def plan_of(root, *args):
    done = run("plan", "--sysroot", root, *args)
    out = re.sub(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", "ID", done.stdout + done.stderr)
    return done.returncode, out.replace(str(root), "ROOT")


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("tree", TREES)
def test_plans_like_the_machine(machine, tmp_path, tree, applied):
    root = machine(tree)
    if applied:
        run("apply", "--yes", "--force", "--sysroot", root)
    there, _ = made(root, tmp_path)
    for args in ([], ["--json"]):
        assert plan_of(there, *args) == plan_of(root, *args)


def test_of_somebody_elses_stack(machine, tmp_path):
    root = machine("vm-4g")
    (root / "srv").mkdir()
    (root / "srv/compose.yaml").write_text(
        "services:\n  proxy:\n    image: ghcr.io/berriai/litellm:v1.60.0\n    command: [--num_workers, '2']\n    environment:\n"
        "      DATABASE_URL: postgresql://u:hunter2hunter2@db/litellm\n  db:\n    image: postgres:16\n")
    args = ["--compose", "/srv/compose.yaml"]
    there, _ = made(root, tmp_path, *args)
    assert "hunter2hunter2" not in (there / "srv/compose.yaml").read_text()
    assert "--compose /srv/compose.yaml" in (there / "MANIFEST.txt").read_text()
    assert plan_of(there, *args)[0] == plan_of(root, *args)[0]
    assert json.loads(run("plan", "--json", "--sysroot", there, *args).stdout)["services"] == json.loads(
        run("plan", "--json", "--sysroot", root, *args).stdout)["services"]


def test_the_manifest_comes_first_and_counts(stack, tmp_path):
    root, _ = stack
    there, names = made(root, tmp_path)
    assert names[0] == "MANIFEST.txt"
    text = (there / "MANIFEST.txt").read_text()
    assert re.search(r"^ +[1-9]\d*  secrets$", text, re.M)
    for name in names[1:]:
        assert name in text
    assert "vpsfit apply --yes" in (there / "report/flags.txt").read_text()
    assert json.loads((there / "report/plan.json").read_text())["schema"] == "vpsfit.plan/1"


def test_is_for_its_owner_alone_and_replaces_nothing(stack, tmp_path):
    root, _ = stack
    file = tmp_path / "r.tar"
    assert run("report", "--sysroot", root, "--output", file).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    done = run("report", "--sysroot", root, "--output", file)
    assert done.returncode == 1 and "is there already" in done.stderr and file.read_bytes() == before
    file.write_text("other")
    assert run("report", "--sysroot", root, "--output", file, "--force").returncode == 0
    assert file.read_bytes()[:12] == b"MANIFEST.txt"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != root.name) == ["r.tar"]


def test_never_writes_through_a_link_or_over_a_directory(stack, tmp_path):
    root, _ = stack
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "link").symlink_to("victim")
    (tmp_path / "dir").mkdir()
    for name in ("link", "dir", "none/r.tar"):
        done = run("report", "--sysroot", root, "--output", tmp_path / name, "--force")
        assert done.returncode == 1 and "nothing was written" in done.stderr, name
    assert (tmp_path / "victim").read_text() == "precious"


def test_dry_run_writes_nothing(stack, tmp_path):
    root, _ = stack
    done = run("report", "--sysroot", root, "--dry-run", cwd=tmp_path)
    assert done.returncode == 0 and "report/plan.json" in done.stdout and "opt/ai-gateway/compose.yaml" in done.stdout
    done = run("report", "--sysroot", root, "--dry-run", "--json", cwd=tmp_path)
    told = json.loads(done.stdout)
    assert told["schema"] == "vpsfit.report/1" and told["file"] is None and told["removed"]["secret"] > 0
    assert not (tmp_path / "vpsfit-report.tar").exists()


def test_goes_where_one_is(stack, tmp_path):
    root, _ = stack
    assert run("report", "--sysroot", root, cwd=tmp_path).returncode == 0
    assert (tmp_path / "vpsfit-report.tar").exists()


HEX = "5f2c8d1e9b7a4c3f0e6d8b2a1c9f7e5d3b4a6c8e"
B64 = base64.b64encode(bytes(range(130, 160))).decode()


def planted(root, store):
    """50 secrets of ten kinds, where people leave them. Returns them all."""
    stack = root / "opt/ai-gateway"
    secrets = []

    def one(text):
        secrets.append(text)
        return text

    def add(path, text, mode="a"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode) as f:
            f.write(text)

    # 1 keys of providers, 2 passwords in words, in .env
    add(stack / ".env", "".join(f"{k}={one(v)}\n" for k, v in {
        "OPENAI_API_KEY_2": "sk-proj-Ab3dEf6hIj9kLm2n", "SMTP_PASSWORD": "correct-horse-battery", "MY_TOKEN": "Zq8vN2", "QUOTED": "two words here",
        "SENDGRID": "SG.x9y8z7w6v5"}.items()))
    add(stack / ".env", f"# old password: {one('Sommer2024!')}\n#{one('AKIAIOSFODNN7EXAMPLE')}\n")
    # 3 comments, labels, environment in a compose file of one's own
    lines = (stack / "compose.yaml").read_text()
    lines = lines.replace("services:\n", f"# root login {one('ImPhantom42')}\nservices:\n  # call {one('+49-171-5550199')}\n", 1)
    lines += (f"x-notes:\n  owner: {one('Frau Schmitt-Lehmann')}\n  license: {one('LIC-77AA-99BB')}\n")
    (stack / "compose.yaml").write_text(lines)
    add(stack / "compose.override.yaml", "services:\n  litellm:\n    labels:\n"
        f"      traefik.http.middlewares.auth.basicauth.users: {one('boss:$$apr1$$k8fZ1')}\n      note: {one('geheimnis99')}\n"
        f"    environment:\n      SLACK_WEBHOOK: https://hooks.slack.com/services/{one('T00XX/B00YY/zzTopSecret')}\n"
        f"      PLAIN: {one('opensesame')}\n      LANGFUSE_SECRET_KEY: {one('sk-lf-1234-abcd-5678')}\n      OTHER: {one(HEX)}\n"
        f"      B: {one(B64)}\n      URL: postgresql://llm:{one('pgpass4711')}@{one('db.firma-intern.de')}:5432/x\n")
    # 4 the engine's proxies, registries and labels
    add(root / "etc/docker/daemon.json", json.dumps({
        "data-root": "/var/lib/docker", "proxies": {"http-proxy": f"http://pxuser:{one('pxpass123')}@{one('10.77.3.9')}:3128"},
        "insecure-registries": [one("registry.geheim.example")], "labels": [f"owner={one('petra.k')}"], "dns": [one("10.77.3.53")],
        "hosts": ["unix:///var/run/docker.sock", f"tcp://{one('192.168.44.17')}:2375"]}), "w")
    # 5 file systems: UUIDs, labels, credentials
    add(root / "etc/fstab", f"UUID={one('7c1d9a2e-5b3f-4e8a-9c6d-0f1e2d3c4b5a')} / ext4 defaults 0 1\n"
        f"UUID={one('1b9f4c7a-2222-4333-8444-aabbccddeeff')} none swap sw 0 0\n"
        f"//{one('nas.zuhause.lan')}/backup /mnt cifs username={one('backupper')},password={one('cifsPW!1')} 0 0\n", "w")
    mounts = root / "proc/self/mounts"
    add(mounts, f"//{one('filer7')}/x /x cifs rw,username={one('filuser')},addr={one('10.77.9.9')} 0 0\n")
    # 6 who and where the machine is
    add(root / "usr/lib/os-release", f'HOME_URL="https://{one("intern.kunde-gmbh.de")}/"\nSUPPORT_CODE={one("SUP-5521-XY")}\n')
    add(root / "etc/hostname", one("gw-prod-berlin") + "\n", "w")
    add(root / "proc/sys/kernel/hostname", "gw-prod-berlin.firma-intern.de\n", "w")
    add(root / "etc/machine-id", one("9d3e5f7a1b2c4d6e8f0a1b2c3d4e5f60") + "\n", "w")
    add(root / "etc/passwd", f"root:x:0:0:root:/root:/bin/bash\n{one('kschmidt')}:x:1000:1000:{one('Karla Schmidt')}:/home/kschmidt:/bin/bash\n", "w")
    (root / "home/kschmidt").mkdir(parents=True, exist_ok=True)
    (root / "home" / one("jdoe77")).mkdir()
    # 7 networks
    add(root / "proc/net/if_inet6", f"{one('20010db8beef0000021122fffe334455')} 02 40 00 80 eth0\n", "w")
    add(root / "proc/net/route", f"Iface\tDestination\tGateway\tFlags\nens3\t00000000\t{one('FE2CA8C0')}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", "w")
    add(root / "proc/net/fib_trie", f"           |-- {one('85.214.132.117')}\n              /32 host LOCAL\n", "w")
    add(root / "proc/net/tcp", "  sl  local_address rem_address   st\n"
        f"   0: {one('7584D655')}:01BB {one('0A0B0C0D')}:C001 01 00000000:00000000 00:00000000 00000000  1000 0 77 1\n", "w")
    # 8 processes
    add(root / "proc/900/comm", "dockerd\n", "w")
    add(root / "proc/900/cmdline", f"/usr/bin/dockerd\0--data-root\0/var/lib/docker\0--cluster-store-opt={one('etcdPW77')}\0--label\0{one('secretlabel8')}\0", "w")
    add(root / "proc/cmdline", f"root=UUID={one('0a1b2c3d-4e5f-4a7b-8c9d-112233445566')} ro luks.key={one('lukskey31')} quiet\n", "w")
    # 9 containers: environment, labels, health checks
    cid = "c0ffee" + "ab" * 29
    add(root / f"var/lib/docker/containers/{cid}/config.v2.json", json.dumps({
        "ID": cid, "Name": "/litellm", "State": {"Running": True, "Pid": 4242, "Health": {"Log": [{"Output": one("token=hc99")}]}},
        "Args": ["--num_workers", "2", "--api-key", one("argsecret1")],
        "Config": {"Env": ["MASTER=" + one("envsecret2")], "Image": "ghcr.io/berriai/litellm:v1", "Labels": {
            "com.docker.compose.project": "ai-gateway", "auth": one("labelsecret3")}}}), "w")
    # 10 vpsfit's own: state, ring
    state = next(store.glob("history/*/state.json"))
    said = json.loads(state.read_text())
    said["values"]["compose.yaml:services/litellm/image"]["kept"] = one("http://me:statepw5@x/")
    said["x-note"] = one("statesecret6")
    state.write_text(json.dumps(said))
    r = ring.Ring(one("9d3e5f7a1b2c4d6e8f0a1b2c3d4e5f60"))
    for name in ("litellm", one("sk-ringsecret77777")):
        r.index(name, one("Zm9vYmFyQmF6MTIzNDU2Nzg5") if name != "litellm" else "sha256:1234", 2, 1000)
    for i in range(400):
        r.add(1_764_000_000 + 300 * i, [(0, {"need": 800}), (1, {"need": 100 + i})])
    r.write(store)
    return [s for text in secrets for s in [text]]


def test_none_of_fifty_secrets_is_in_it(stack, tmp_path):
    root, _ = stack
    secrets = planted(root, next((root / "var/lib/vpsfit").iterdir()))
    assert len(set(secrets)) >= 50
    there, names = made(root, tmp_path)
    everything = "\n".join(names) + (tmp_path / "report.tar").read_bytes().decode("latin-1")
    # What is in a file must not be in its bytes, in other cases, or in a name.
    leaked = [s for s in secrets if s.lower() in everything.lower()]
    assert not leaked
    for done in (run("report", "--sysroot", root, "--dry-run"), run("report", "--sysroot", root, "--dry-run", "--json")):
        assert not [s for s in secrets if s in done.stdout + done.stderr]
    watched = (there / "report/watched.txt").read_text()
    assert len(re.findall("^sample ", watched, re.M)) == 288 and len(re.findall("^day ", watched, re.M)) >= 2
    assert "service 0 litellm 2 1000" in watched
    assert json.loads((there / "report/plan.json").read_text())
