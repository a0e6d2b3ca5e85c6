# SPDX-License-Identifier: MIT
"""The exported values, made manifests of by Helm: Kubernetes' strict schemas take them, their sums are the plan's, no secret is in them."""
import json
import os
import pathlib
import subprocess

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
VPSFIT = os.environ.get("VPSFIT", str(PROJECT / "build/vpsfit"))
TOOLS = pathlib.Path(os.environ.get("HELM_TOOLS", PROJECT / "build/helm"))
REAL = pathlib.Path(os.environ["CHARTS"]) if os.environ.get("CHARTS") else None
CHARTS = ("litellm", "open-webui", "postgres", "redis")
KUBERNETES = "1.33.0"
# Other resources than Kubernetes' own, of which there is no schema here.
FOREIGN = {"Cluster"}

SETS = {
    "two": ["--node", "a=8G,4", "--node", "b=8G,4"],
    "one": ["--node", "a=4G,2"],
    "mixed": ["--node", "a=32G,8", "--node", "b=4G,2", "--node", "c=16G,2", "--node", "d=8G,8"],
    "without redis": ["--node", "a=8G,4", "--redis", "no", "--workers", "1"],
    "elsewhere": ["--node", "a=8G,4", "--node", "b=8G,4", "--answers", "answers.yaml"],
}


def run(*argv, cwd, **more):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120, cwd=cwd, **more)
    assert done.returncode == 0, (argv, done.stdout, done.stderr)
    return done.stdout


def chart(name):
    real = REAL / name if REAL else None
    return real if real and real.is_dir() else HERE / "charts" / name


@pytest.fixture(scope="module", params=SETS)
def made(request, tmp_path_factory):
    """The export of a set of nodes, and the manifests: chart -> text."""
    place = tmp_path_factory.mktemp("helm")
    (place / "answers.yaml").write_text("database-url: postgresql://u:p-w-0123456789@db.example.net/litellm\n")
    (place / "answers.yaml").chmod(0o600)
    run(VPSFIT, "export", "--format", "helm", *SETS[request.param], "--dir", place / "stack", "--output", place / "out", cwd=place)
    texts = {}
    for name in CHARTS:
        if (place / f"out/{name}.yaml").exists():
            texts[name] = run(TOOLS / "helm", "template", name, chart(name), "--namespace", "gateway", "--kube-version", KUBERNETES, "--values",
                              f"{name}.yaml", cwd=place / "out", env={"PATH": "/usr/bin:/bin", "HOME": str(place)})
    return place / "out", texts


def documents(text):
    return [d for d in yaml.safe_load_all(text) if d]


def stays(document):
    """Does it run on, and is it no hook, which ends?"""
    return document["kind"] in ("Deployment", "StatefulSet", *FOREIGN)


def memory(resources, kind):
    return int(resources[kind]["memory"].removesuffix("Mi"))


def sums(text, kind):
    total = 0
    for document in filter(stays, documents(text)):
        spec = document["spec"]
        if document["kind"] in FOREIGN:
            total += spec["instances"] * memory(spec["resources"], kind)
        else:
            total += spec["replicas"] * sum(memory(c["resources"], kind) for c in spec["template"]["spec"]["containers"])
    return total


def test_kubernetes_takes_them(made):
    for name, text in made[1].items():
        said = subprocess.run([TOOLS / "kubeconform", "-strict", "-summary", "-output", "json", "-skip", ",".join(FOREIGN), "-schema-location",
                               f"{TOOLS}/strict/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"],
                              input=text, capture_output=True, text=True, timeout=120, check=False)
        summary = json.loads(said.stdout)["summary"]
        assert said.returncode == 0 and not summary["invalid"] and not summary["errors"], (name, said.stdout)
        print(name, "real chart" if REAL and (REAL / name).is_dir() else "stand-in", summary)


def test_a_slip_is_seen():
    """The schemas are strict: what they do not know is refused."""
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {}, template: {}, replicaCounts: 1}\n"
    said = subprocess.run([TOOLS / "kubeconform", "-strict", "-schema-location", f"{TOOLS}/strict/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"],
                          input=text, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode and "replicaCounts" in said.stdout


def test_the_sums_are_the_plans(made):
    out, texts = made
    totals = json.loads((out / "plan.json").read_text())["totals"]
    found = {kind: sum(sums(text, kind) for text in texts.values()) for kind in ("requests", "limits")}
    print(found, totals)
    assert found == {"requests": totals["reservation_mib"], "limits": totals["limit_mib"]}


def test_the_job_for_the_tables_has_a_limit(made):
    jobs = [d for d in documents(made[1]["litellm"]) if d["kind"] == "Job"]
    assert len(jobs) == 1
    container = jobs[0]["spec"]["template"]["spec"]["containers"][0]
    assert memory(container["resources"], "limits") >= memory(container["resources"], "requests") > 0
    assert any(e["name"] == "DATABASE_URL" and "secretKeyRef" in e["valueFrom"] for e in container["env"])


def test_no_secret_is_in_them(made):
    out, texts = made
    for path in out.glob("*.env"):
        for line in path.read_text().splitlines():
            key, _, value = line.partition("=")
            if key != "username" and len(value) > 8:
                assert not [name for name, text in texts.items() if value in text], key


def test_names_meet(made):
    """Secrets, the configuration and services are asked for by the names that the commands and the other charts make."""
    out, texts = made
    made_here = {f"{p.stem}-env" for p in out.glob("*.env")}
    for name, text in texts.items():
        for document in filter(stays, documents(text)):
            asked = set()
            stack = [document]
            while stack:
                node = stack.pop()
                if isinstance(node, dict):
                    for key in ("secretRef", "secretKeyRef"):
                        if key in node:
                            asked.add(node[key]["name"])
                    stack.extend(node.values())
                elif isinstance(node, list):
                    stack.extend(node)
            assert asked <= made_here, (name, asked)
    if "redis" in texts:
        assert any(d["metadata"]["name"] == "redis" for d in documents(texts["redis"]))
