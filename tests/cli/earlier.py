# SPDX-License-Identifier: MIT
"""
What 0.1.0 left on a disk, and what this version has to make of it. 0.1.0/recorded.json has it: whole stacks, and stacks in which an
apply or a rollback of 0.1.0 was killed. tests/faults/earlier.py records them with the program of that version, and tries every place
where it can be killed by the same rules.
"""

import hashlib
import json
import pathlib
import re

import yaml

from conftest import ROOT, run

RECORDED = pathlib.Path(__file__).parent / "0.1.0/recorded.json"
TEMPLATES = ROOT / "templates"
PARTS = ("opt", "srv", "var/lib/vpsfit")
SECRET = re.compile(r"^(\w+)=((?:sk-)?[0-9a-f]{64})$", re.M)
NOTHING = "as the plan wants it"
# What a stack of 0.1.0 is told of that only a person can change, each a line of its own.
TOLD = ("has LiteLLM's master key", "the log of spending has no end",
        "asks LiteLLM for an embedding model that it does not have", "names no model when it asks LiteLLM")
# How 0.1.0 started LiteLLM, and how this version does.
OLD_START = ('      # Python loads sitecustomize.py from here at its start: with it the workers go on sharing memory when garbage is collected.\n'
             '      PYTHONPATH: "/opt/vpsfit"\n')
MOUNT = "      - ./litellm/%s:/opt/vpsfit/%s:ro\n"
NEW_START = ('    # vpsfit\'s file starts LiteLLM, and keeps memory shared between its workers.\n'
             '    entrypoint: ["python3", "/opt/vpsfit/vpsfit_launch.py"]\n')
PARENT = ('      # The workers are forked from a parent that has loaded the program, and share it: two take 0.8 GiB in place of 1.7.\n'
          '      - "--run_gunicorn"\n')


# What this version adds besides, each line behind the first of its service that ends so; templates/compose.yaml has the reasons.
LOGGING = "    logging: *logging\n"
HARDENED = {
    "litellm": [('      LITELLM_LOCAL_MODEL_COST_MAP: "True"\n', """\
      # Nobody but nginx and Open WebUI reaches it: what they say of a request's address and protocol is believed.
      FORWARDED_ALLOW_IPS: "*"
"""), (LOGGING, """\
    # As root in the container, but without root's rights; one is left, to read a configuration that another user owns.
    security_opt: ["no-new-privileges:true"]
    cap_drop: ["ALL"]
    cap_add: ["DAC_OVERRIDE"]
""")],
    "open-webui": [(LOGGING, """\
    security_opt: ["no-new-privileges:true"]
    cap_drop: ["ALL"]
    cap_add: ["DAC_OVERRIDE"]
""")],
    "postgres": [(LOGGING, """\
    security_opt: ["no-new-privileges:true"]
    # It begins as root, makes the data directory its own, and goes on as postgres.
    cap_drop: ["ALL"]
    cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
""")],
    "nginx": [('      - "${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:80"\n',
               (TEMPLATES / "compose.yaml").read_text().split(':-8080}:80"\n', 1)[1].split("    volumes:", 1)[0]), (LOGGING, """\
    security_opt: ["no-new-privileges:true"]
    # Its first process opens port 80 as root, the one that talks to clients is another user's.
    cap_drop: ["ALL"]
    cap_add: ["CHOWN", "DAC_OVERRIDE", "NET_BIND_SERVICE", "SETGID", "SETUID"]
""")],
}


def hardened(compose, but=()):
    """With what this version adds of every service but these."""
    for service, lines in HARDENED.items():
        if service in but:
            continue
        start = compose.index(f"\n  {service}:\n")
        for behind, text in lines:
            at = compose.index(behind, start) + len(behind)
            compose = compose[:at] + text + compose[at:]
    return compose


def tree(root, *parts):
    """Every file (mode and text) and directory (mode) of the stacks and of the state."""
    found = {}
    for part in parts or PARTS:
        for path in sorted([pathlib.Path(root, part), *pathlib.Path(root, part).rglob("*")]):
            if path.exists():
                mode = path.stat().st_mode & 0o7777
                found[str(path.relative_to(root))] = (mode, path.read_text() if path.is_file() else None)
    return found


def put(root, found):
    for name, (mode, text) in found.items():
        path = pathlib.Path(root, name)
        if text is None:
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.write_text(text)
        path.chmod(mode)


def of_one_run(text):
    """With the same secrets and the same time in every run, of which neither has a hash anywhere."""
    text = SECRET.sub(lambda m: f"{m[1]}={'sk-' if m[2][0] == 's' else ''}{hashlib.sha256(m[1].encode()).hexdigest()}", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-11-24T00:00:00Z", text)


def masked(found):
    return {k: (m, t and of_one_run(t)) for k, (m, t) in found.items()}


def stack_of(found):
    return {k: v for k, v in masked(found).items() if not k.startswith("var/")}


def only_told(stderr):
    """Is nothing said but what such a stack is told?"""
    notes = [line for line in stderr.splitlines() if line.startswith("vpsfit:")]
    return len(notes) == len(TOLD) and all(": note: " in line and any(told in line for told in TOLD) for line in notes)


def started_anew(compose, workers):
    """A compose file of 0.1.0 with LiteLLM started as this version starts it, and less that the containers may do."""
    for line in (OLD_START, MOUNT % (("sitecustomize.py",) * 2), PARENT):
        assert compose.count(line) == 1, line
    compose = compose.replace(OLD_START, "").replace(MOUNT % (("sitecustomize.py",) * 2), MOUNT % (("vpsfit_launch.py",) * 2))
    compose = compose.replace("    command:\n      - \"--config\"\n", NEW_START + "    command:\n      - \"--config\"\n")
    return hardened(compose if workers > 1 else compose.replace(PARENT, ""))


def secrets(root):
    """Each secret that is in .env, or kept beside the state."""
    found = set()
    for path in [*pathlib.Path(root).glob("[os][pr][tv]/*/.env"), *pathlib.Path(root, "var/lib/vpsfit").glob("*/kept.env")]:
        found |= set(SECRET.findall(path.read_text()))
    return found


def debris(root):
    return [p for p in pathlib.Path(root).rglob("*") if p.name in ("tx", "dropping") or p.name.endswith("-new")]


def call(root, *args, codes=(0,)):
    done = run(*args, "--sysroot", root)
    assert done.returncode in codes, (args, done.stdout[-600:] + done.stderr)
    return done


class Case:
    """
    One stack that 0.1.0 left, in a machine tree that is there already. args name the stack; before and after are what it was and what it
    was to be, for stack_of(); edited: somebody had edited it before.
    """

    def __init__(self, root, found, args=(), before=None, after=None, edited=False):
        self.root, self.args, self.own, self.edited = root, list(args), "--compose" not in args, edited
        self.before, self.after = before, after
        put(root, found)
        self.had = secrets(root)

    def call(self, command, *args, codes=(0,)):
        return call(self.root, command, *self.args, *args, codes=codes)

    def text(self):
        return "".join(t for t in tree(self.root, "opt/ai-gateway").values() if t)

    def keeps(self):
        assert self.had <= secrets(self.root), "a secret is gone"
        assert not debris(self.root), debris(self.root)

    def looks(self):
        """What only looks changes nothing. A plan compares with what a cut-off apply left, and says so."""
        at_first = tree(self.root)
        cut_off = json.loads(self.call("status", "--json").stdout)["cut_off"]
        planned = self.call("plan", "--redis", "no", codes=(0, 5) if cut_off else (0,))
        assert ("was interrupted" in planned.stderr) == ("was interrupted" in self.call("status").stdout) == cut_off
        call(self.root, "notice")
        assert tree(self.root) == at_first
        return cut_off

    def goes_on(self):
        """A first apply brings Redis, asks nothing and takes nothing for an edit; a second one has nothing to do."""
        wanted = ["--workers", "2", "--redis", "auto"] if self.own else ["--workers", "2"]
        self.had |= secrets(self.root)
        done = self.call("apply", "--yes", *wanted)
        if self.own:
            folder = pathlib.Path(self.root, "opt/ai-gateway")
            assert "redis" in yaml.safe_load((folder / "compose.yaml").read_text())["services"], done.stdout
            assert re.search(r"^REDIS_PASSWORD=[0-9a-f]{64}$", (folder / ".env").read_text(), re.M)
            assert 'host: "os.environ/REDIS_HOST"' in (folder / "litellm/config.yaml").read_text()
        self.keeps()
        at_first = tree(self.root)
        assert NOTHING in self.call("apply", "--yes").stdout
        assert tree(self.root) == at_first
        assert json.loads(self.call("status", "--json").stdout)["pending"] is False
        return done

    def recovers(self):
        """As it was or as it was to be; then all goes on."""
        self.looks()
        call(self.root, "recover")
        assert stack_of(tree(self.root)) in (self.before, self.after)
        self.keeps()
        assert not self.looks()
        self.goes_on()

    def is_applied_over(self):
        self.goes_on()

    def is_rolled_back(self):
        """Back from the apply that was interrupted or from the one before it, whichever counts; 1 where none does, 5 over an edit."""
        self.call("rollback", "--yes", codes=(0, 1, 5) if self.edited else (0, 1))
        self.keeps()
        self.goes_on()

    WAYS = {"recover": recovers, "apply": is_applied_over, "rollback": is_rolled_back}


class Recording:
    """
    recorded.json, which is the same whenever it is made, and which a person can read: texts stand in it once each, line by line, a file
    and its mode in one line.
    """

    def __init__(self):
        self.texts, self.trees = {}, {}

    def number(self, text):
        return self.texts.setdefault(text, len(self.texts))

    def add(self, name, found, **more):
        self.trees[name] = {**more, "tree": {k: [oct(m), *([] if t is None else [self.number(t)])]
                                             for k, (m, t) in masked(found).items()}}

    def save(self):
        def lines(items):
            return ",\n".join(items)
        trees = lines("%s: {%s}" % (json.dumps(name), lines(
            f'"{key}": ' + ("{\n" + lines(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "}" if key == "tree" else json.dumps(value))
            for key, value in one.items())) for name, one in self.trees.items())
        texts = lines("[\n%s]" % lines(" " + json.dumps(line) for line in text.splitlines(keepends=True)) for text in self.texts)
        RECORDED.write_text('{"trees": {\n' + trees + '},\n"texts": [\n' + texts + "]}\n")


def recorded():
    """name -> (tree, what else is said of it)"""
    data = json.loads(RECORDED.read_text())
    texts = ["".join(lines) for lines in data["texts"]]
    return {name: ({k: (int(v[0], 8), texts[v[1]] if len(v) > 1 else None) for k, v in one["tree"].items()}, one)
            for name, one in data["trees"].items()}
