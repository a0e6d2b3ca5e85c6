# SPDX-License-Identifier: MIT
"""
Proves the architecture: layers.py OBJECT_DIRECTORY. Prints one line per rule with how much it checked, and each violation with file and
line; exits with 1 if there is one.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
OBJECTS = pathlib.Path(sys.argv[1])
SOURCES = sorted([*ROOT.glob("installer/**/*.[ch]"), *ROOT.glob("wizard/**/*.[ch]")])

# Which folders may include a library's header.
LIBRARIES = {
    r"newt\.h|slang\.h": ("wizard/ui",),
    r"yaml\.h": ("installer/yaml",),
    r"blkid(/blkid)?\.h": ("installer/swap",),
    r"libmount(/libmount)?\.h": ("installer/swap",),
    r"jansson\.h": ("installer/output", "installer/apply", "installer/state", "installer/detect", "installer/report"),
}

# Which headers of other rooms a room may include. The order gives the direction: a room includes those above it.
MAY_INCLUDE = {
    "core": {"core"},
    "yaml": {"yaml", "core"},
    # All access to bytes: files that are read or written, programs that are run.
    "files": {"files", "core"},
    "swap": {"swap", "core", "files"},
    # The sampler's, which links the C library alone.
    "watch": {"watch", "core", "files/sysroot.h"},
    "detect": {"detect", "core", "files", "watch/places.h", "swap/at_boot.h", "swap/filesystems.h", "swap/held.h", "swap/probe.h", "swap/place.h", "swap/unit.h"},
    "catalog": {"catalog", "core", "yaml", "files/sysroot.h"},
    "answers": {"answers", "core", "yaml", "files/files.h", "files/why.h"},
    "compose": {"compose", "core", "yaml"},
    "state": {"state", "core", "files", "compose/owned.h"},
    # Compares plan and disk; reads only.
    "changes": {"changes", "core", "compose", "yaml", "files", "state", "swap/at_boot.h", "swap/fstab.h", "swap/unit.h", "detect/docker_roots.h"},
    "apply": {"apply", "core", "changes", "state", "swap", "files", "compose/env.h"},
    # Texts for an engine of many machines, from vpsfit's own stack; writes them beside each other, nothing of the stack itself.
    "export": {"export", "core", "compose", "yaml", "files", "state/state.h"},
    # Secrets in YAML are found by walking its tree.
    "output": {"output", "export/export.h", "core", "answers/table.h", "apply/rollback.h", "changes", "compose/env.h", "swap/unit.h", "yaml/tree.h",
               "watch"},
    # What is told to whoever helps: reads, and takes out what must not be told.
    "report": {"report", "core", "files", "compose/env.h", "output/secrets.h", "state/state.h", "watch"},
    "session": {"session", "core", "answers", "catalog", "detect", "files", "compose", "changes", "apply", "export/export.h", "output/style.h",
                "watch"},
    "commands": {"commands", "core", "session", "answers", "changes", "apply", "compose/env.h", "export", "output", "report", "files/at.h", "files/files.h", "watch"},
    # Pages and terminals know nothing of the machine or the plan.
    "wizard/ui": {"wizard/ui", "core", "output/bar.h", "output/columns.h", "output/style.h", "commands/report.h"},
    "wizard": {"wizard", "wizard/ui", "core", "answers/table.h", "session", "commands"},
    # The wizard shows gauges and diffs like the command line.
    "wizard/screens": {"wizard", "wizard/ui", "core", "answers/secrets.h", "session", "commands", "output/changes_text.h"},
    "manual": {"manual", "core", "answers", "commands", "catalog"},
}

# What the headers that a room includes bring along, beyond what it may include itself: values that it passes on or reads.
MAY_REACH = {
    "apply": {"compose/owned.h", "compose/env_read.h"},
    "report": {"compose/owned.h", "compose/env_read.h"},
    "output": {"apply", "files", "compose/owned.h", "compose/env_read.h", "state/state.h"},
    "session": {"state/state.h", "yaml/tree.h"},
    "commands": {"files", "yaml/tree.h", "compose/owned.h", "compose/env_read.h", "state/state.h"},
    "wizard": {"changes/changeset.h", "compose/owned.h", "files/sysroot.h", "output/style.h", "state/state.h"},
    "wizard/screens": {"answers/table.h", "changes/changeset.h", "compose/owned.h", "files/sysroot.h", "output/style.h", "state/state.h"},
    "manual": {"yaml/tree.h"},
}

# Rooms that never write: their objects must not call anything that changes a disk, directly or indirectly.
READ_ONLY = ("core", "yaml", "catalog", "answers", "compose", "detect", "changes", "output", "report")
WRITERS = re.compile(
    r"^(rename(at2?)?|unlink(at)?|rmdir|mkdir(at)?|symlink(at)?|link(at)?|truncate64|ftruncate64|fallocate64|posix_fallocate64|pwrite64|"
    r"f?chmod(at)?|f?chown(at)?|l?setxattr|fsetxattr|mount|umount2?|swapon|swapoff|mkostemp64|"
    r"file_(replace|remove|remove_dir|make_dir|rename|sync_dir|sync_parent)|"
    r"file_at_(stage|stage_link|commit|discard|remove|make_dir|remove_dir)|run_program.*|store_(un)?lock|swap_make.*|swap_(bring|turn_off|remove)|"
    r"transaction_.*|apply_changes|rollback_run)$")

# The only functions of the C library that core/ may use: memory, text and sorting.
# inet_pton reads an address out of a text; it asks nobody.
CORE_SYMBOLS = re.compile(
    r"^(_?_?(mem|str)[a-z]+(_chk)?|v?snprintf|__v?snprintf_chk|qsort|inet_pton|bsearch|abort|free|malloc|calloc|realloc|"
    r"__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(u?div|u?mod|mul)[a-z]*[0-9]+|__ctype_.*)$")

FORBIDDEN = re.compile(r"(?<![A-Za-z0-9_>.])(system|popen|strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|strtol|strtoul)\s*\(")
OPENS = re.compile(r"(?<![A-Za-z0-9_>.])(open|openat|fopen|mkostemp)\s*\(")

violations = []


def report(rule, looked_at, found):
    print(f"{'ok  ' if not found else 'FAIL'} {rule}: {looked_at} looked at")
    assert looked_at > 0, rule
    violations.extend(found)


def name(path):
    return str(path.relative_to(ROOT))


def folder(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "wizard":
        return "/".join(parts[:-1])
    return parts[1] if len(parts) > 2 else "main"


def room_of(header):
    parts = header.split("/")
    return "/".join(parts[:-1]) if parts[0] == "wizard" else parts[0]


def includes():
    for path in SOURCES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if match:
                yield path, number, match.group(1), '"' in line


def reachable(edges, start):
    """All that is reached from a node; the node itself only through a circle."""
    todo, seen = [start], set()
    while todo:
        new = edges.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def library_headers():
    looked, found = 0, []
    for path, number, header, _ in includes():
        for pattern, allowed in LIBRARIES.items():
            if re.fullmatch(pattern, header):
                looked += 1
                if not name(path).startswith(tuple(a + "/" for a in allowed)):
                    found.append(f"{name(path)}:{number}: {header} belongs to {', '.join(allowed)}")
    report("library headers stay in their folders", looked, found)


def directions():
    looked, found = 0, []
    for path, number, header, own in includes():
        if not own or folder(path) == "main":
            continue
        looked += 1
        allowed = MAY_INCLUDE[folder(path)]
        if room_of(header) not in allowed and header not in allowed:
            found.append(f"{name(path)}:{number}: {folder(path)}/ must not include {header}")
    report("includes point one way", looked, found)


def inner_name(path):
    """As other files include it."""
    return name(path).removeprefix("installer/")


def reach():
    """What each room gets to see through headers is what it may include, and the values in MAY_REACH."""
    direct = {}
    for path, _, header, own in includes():
        if own:
            direct.setdefault(inner_name(path), set()).add(header)
    looked, found = 0, []
    for path in SOURCES:
        room = folder(path)
        seen = reachable(direct, inner_name(path)) if room != "main" else set()
        looked += len(seen)
        allowed = MAY_INCLUDE.get(room, set()) | MAY_REACH.get(room, set())
        found += [f"{name(path)}: {room}/ must not see {header}, not even through another header"
                  for header in sorted(seen) if room_of(header) not in allowed | {room} and header not in allowed]
    report("headers bring along only what may be seen", looked, found)


def no_circles():
    """No room may reach itself through other rooms."""
    edges = {}
    for path, _, header, own in includes():
        if own and folder(path) != "main" and room_of(header) != folder(path):
            edges.setdefault(folder(path), set()).add(room_of(header))
    found = []
    for room in edges:
        seen = reachable(edges, room)
        if room in seen:
            found.append(f"{room}/ reaches itself through {', '.join(sorted(r for r in edges[room] if r in seen))}")
    report("no circle between rooms", sum(map(len, edges.values())), found)


def symbols():
    """For each object, which functions it defines and which it calls."""
    for o in sorted(OBJECTS.glob("**/*.o")):
        rows = [line.split()[-2:] for line in subprocess.run(["nm", o], capture_output=True, text=True, check=True).stdout.splitlines()]
        yield (str(o.relative_to(OBJECTS))[:-2], {symbol for kind, symbol in rows if kind.isupper() and kind != "U"},
               {symbol for kind, symbol in rows if kind == "U"})


def no_file_circles():
    """No file calls itself through other files: what two need from each other belongs below both."""
    objects = list(symbols())
    home = {symbol: o for o, defined, _ in objects for symbol in defined}
    edges = {o: {home[symbol] for symbol in used if symbol in home} - {o} for o, _, used in objects}
    found = []
    for start in edges:
        seen = reachable(edges, start)
        if start in seen:
            found.append(f"{start}.c calls itself through {', '.join(sorted(o for o in edges[start] if start in edges[o] or o in seen))}")
    report("no circle between files", sum(map(len, edges.values())), found)


def looking_is_not_doing():
    looked, found = 0, []
    for room in READ_ONLY:
        for o in sorted((OBJECTS / "installer" / room).glob("*.o")):
            out = subprocess.run(["nm", "-u", o], capture_output=True, text=True, check=True).stdout
            for symbol in (line.split()[-1].split("@")[0] for line in out.splitlines()):
                looked += 1
                if WRITERS.match(symbol):
                    found.append(f"{room}/{o.name}: a room that only looks must not call {symbol}")
    report("who looks does not write", looked, found)


def core_is_pure():
    objects = sorted((OBJECTS / "installer/core").glob("*.o"))
    defined = set()
    for o in objects:
        out = subprocess.run(["nm", "--defined-only", o], capture_output=True, text=True, check=True).stdout
        defined |= {line.split()[-1] for line in out.splitlines() if line}
    looked, found = 0, []
    for o in objects:
        out = subprocess.run(["nm", "-u", o], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            symbol = line.split()[-1].split("@")[0]
            looked += 1
            if symbol not in defined and not CORE_SYMBOLS.match(symbol):
                found.append(f"{o.name}: core/ must not use {symbol}")
    report("core/ does no I/O", looked, found)


def without_comments(text):
    """The same lines with comments and strings blanked."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", blank, text, flags=re.S)


def calls():
    looked, found = 0, []
    for path in SOURCES:
        raw = path.read_text()
        text = without_comments(raw)
        for match in FORBIDDEN.finditer(text):
            found.append(f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(1)}() is not used here")
        for match in OPENS.finditer(text):
            looked += 1
            statement = raw[match.start():raw.find(";", match.start())]
            if "O_CLOEXEC" not in statement and '"re"' not in statement and '"we"' not in statement:
                found.append(f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1}: opened without O_CLOEXEC")
    report("no shell, no unbounded copies, O_CLOEXEC everywhere", looked, found)


def data_is_data():
    """Text for people is composed with text_printf and its kin, which treat every %s as data (core/text_format.c)."""
    looked, found = 0, []
    for path in SOURCES:
        if not re.match(r"installer/(output/|commands/(cmd_|plan_steps))", name(path)) or path.suffix != ".c":
            continue
        raw = path.read_text()
        for match in re.finditer(r"\b(strbuf_printf|text_printf|style_wrapf)\s*\([^;]*;", raw):
            looked += 1
            if match.group(1) == "strbuf_printf" and re.search(r"%[-0-9.*]*s", match.group(0)):
                found.append(f"{name(path)}:{raw.count(chr(10), 0, match.start()) + 1}: %s of strbuf_printf is not made data")
    report("no data in a text but as data", looked, found)


def sizes():
    lengths, found = [], []
    for path in SOURCES:
        lines = path.read_text().splitlines()
        if len(lines) > 600:
            found.append(f"{name(path)}: {len(lines)} lines, at most 600")
        if path.suffix != ".c":
            continue
        start = None
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start:
                lengths.append(number - start + 1)
                if lengths[-1] > 80:
                    found.append(f"{name(path)}:{start}: a function of {lengths[-1]} lines, at most 80")
                start = None
    median = sorted(lengths)[len(lengths) // 2]
    if median >= 15:
        found.append(f"the median function has {median} lines, under 15 wanted")
    report(f"functions are short (median {median}, longest {max(lengths)})", len(lengths), found)


# Exceptions: words of commands that a report may show, and flags with the name of the service that they are about.
NAMES_ALLOWED = {("installer/output/secrets_yaml.c", "litellm"), ("installer/output/secrets_yaml.c", "postgres"),
                 ("installer/output/secrets_yaml.c", "nginx"), ("installer/output/secrets_yaml.c", "caddy"), ("installer/answers/table.c", "redis"),
                 ("installer/answers/table.c", "open-webui")}


def services_are_data():
    """No service is identified by its name or image in code, only by its part."""
    names = set()
    for path in (ROOT / "templates/services").glob("*.yaml"):
        text = path.read_text()
        names |= set(re.findall(r"^name: (.*)$", text, re.M))
        names |= {i.strip() for images in re.findall(r"^images: \[(.*)\]$", text, re.M) for i in images.split(",")}
    word = re.compile(r"(?<![A-Za-z0-9_-])(" + "|".join(sorted(map(re.escape, names), key=len, reverse=True)) + r")(?![A-Za-z0-9_-])")
    looked, found = 0, []
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), path.read_text(), flags=re.S)
        # Text for people may mention a product.
        for match in re.finditer(r"((?:_|N_|Q_)\((?:\s*\"(?:\\.|[^\"\\\n])*\",?)+)|\"((?:\\.|[^\"\\\n])*)\"", text):
            if match.group(2) is None:
                continue
            looked += 1
            said = word.search(match.group(2))
            if said and (name(path), said.group(1)) not in NAMES_ALLOWED:
                found.append(f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1}: the service {said.group(1)} is named in C")
    report(f"{len(names)} names of services are data", looked, found)


for rule in (library_headers, directions, reach, no_circles, no_file_circles, core_is_pure, looking_is_not_doing, calls, data_is_data, services_are_data, sizes):
    rule()
for violation in violations:
    print(violation)
sys.exit(1 if violations else 0)
