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


def leaves(tree, before=()):
    """Every value that is written, by its keys: (path, value)."""
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*before, key))
        else:
            yield (*before, key), value


def knows(values, templates, path):
    """Is a value there under these keys, or below one that holds whatever it is given; or does a template ask for it?"""
    at = values
    for i, key in enumerate(path):
        if isinstance(at, dict) and key in at:
            at = at[key]
        elif i > 0 and not at:
            return True
        else:
            return ".Values." + ".".join(path[:i + 1]) in templates
    return True


def real_chart(name):
    place = chart(name)
    if HERE in place.parents:
        pytest.skip("a stand-in: its schema refuses what it does not know")
    templates = "".join(p.read_text() for p in (place / "templates").rglob("*") if p.is_file())
    return yaml.safe_load((place / "values.yaml").read_text()), templates


@pytest.mark.parametrize("name", CHARTS)
def test_a_real_chart_knows_every_key(name, tmp_path):
    """Helm passes over a key that no template asks for. What a stand-in's schema takes has to be the real one's too."""
    values, templates = real_chart(name)
    run(VPSFIT, "export", "--format", "helm", *SETS["two"], "--dir", tmp_path / "stack", "--output", tmp_path / "out", cwd=tmp_path)
    written = yaml.safe_load((tmp_path / f"out/{name}.yaml").read_text())
    assert not [path for path, _ in leaves(written) if not knows(values, templates, path)]
    schema = json.loads((HERE / "charts" / name / "values.schema.json").read_text())

    def named(part, before=()):
        for key, below in part.get("properties", {}).items():
            if (*before, key) != ("global",):
                yield (*before, key)
                yield from named(below, (*before, key))
    assert not [path for path in named(schema) if not knows(values, templates, path)]


def test_copies_are_spread_over_the_nodes(made):
    """A rule whose labels no pod has would hold nothing apart."""
    deployment = next(d for d in filter(stays, documents(made[1]["litellm"])))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    rules = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [r["topologyKey"] for r in rules] == ["kubernetes.io/hostname"] and rules[0]["whenUnsatisfiable"] == "DoNotSchedule"
    assert rules[0]["labelSelector"]["matchLabels"].items() <= labels.items()


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
