# SPDX-License-Identifier: MIT
"""
What notice, status and next steps tell of a stack that a person had a hand in: kept values, a ports line of one's own, answers that say
another thing than before, files that are written and not in effect yet. Stories as in test_life.py.
"""

import re

import pytest

from life import DIR, MODEL
from test_life import gateway, running  # noqa: F401

PORTS = '- "${GATEWAY_BIND:-127.0.0.1}:${GATEWAY_PORT:-8080}:80"'
LET_GO = "'vpsfit apply --overwrite-edits' lets go of that"


LIMIT = '"1536M" # vpsfit: hard limit'


def edit_limit(life, limit="1400M"):
    life.edit(LIMIT, f'"{limit}" # vpsfit: hard limit')


# What is kept is nobody's news.

@pytest.mark.parametrize("old, new", [('- "2" # vpsfit: workers', '- "3" # vpsfit: workers'), ('- "2" # vpsfit: workers', '- "1" # vpsfit: workers'),
                                      (LIMIT, '"1400M" # mine'), (LIMIT, '"3000M" # vpsfit: hard limit')])
def test_what_is_kept_on_the_same_machine_is_no_news(gateway, old, new):
    """Kept once, it is told by status for as long as it is there, and by no login: the machine is the same, and an apply has nothing to do."""
    gateway.edit(old, new)
    gateway.do("notice --exit-code", code=5, says=["were edited by hand", "vpsfit apply --keep-edits", "vpsfit apply --overwrite-edits"])
    gateway.apply("--keep-edits")
    gateway.apply(says="none:")
    for _ in range(2):
        gateway.do("notice --exit-code", never="vpsfit")
        gateway.apply(says="none:")
    gateway.do("status --exit-code", says=["By hand", LET_GO, "Pending nothing"])
    gateway.apply("--overwrite-edits")
    gateway.do("status", never="By hand")
    gateway.do("notice --exit-code", never="vpsfit")


def test_a_kept_limit_promises_no_workers(gateway):
    """1400M by hand, then 8 GB: notice says the one worker that an apply writes, what holds it back, and how to let go."""
    edit_limit(gateway)
    gateway.apply("--keep-edits").resize("vm-8g")
    gateway.do("notice", never="-> 6 workers",
               says=["now 8 GB", "litellm limit stays 1400M", f"{LET_GO}, and plans 6 workers"])
    gateway.do("status", says=[f"{LET_GO}, and plans 6 workers"])
    written = re.search(r"-> (\d+) worker", gateway.do("notice").said)[1]
    gateway.apply()
    assert f'- "{written}" # vpsfit: workers' in gateway.read()
    gateway.do("notice --exit-code", never="vpsfit")
    gateway.apply("--overwrite-edits")
    assert '- "6" # vpsfit: workers' in gateway.read()


def test_a_kept_count_is_named_where_the_machine_grew(gateway):
    gateway.edit('- "2" # vpsfit: workers', '- "3" # vpsfit: workers')
    gateway.apply("--keep-edits").resize("vm-8g")
    gateway.do("notice", says=["3 -> 3 workers", "litellm workers stays 3; the plan says 6", LET_GO])
    gateway.apply().do("notice", never="vpsfit")


# The exit code of notice is that of a plan.

def lose_salt(life):
    life.write(".env", re.sub(r"(?m)^LITELLM_SALT_KEY=.*\n", "", life.read(".env")))


def break_file(life):
    life.write("compose.yaml", life.read() + "\t x\n")


@pytest.mark.parametrize("harm, code, says", [
    (lose_salt, 6, ["would write: .env", "vpsfit apply"]),
    (edit_limit, 5, "were edited by hand"),
    (break_file, 1, ["cannot be compared with its plan", "compose.yaml", "vpsfit plan"]),
    (lambda life: life.rm(f"{DIR}/nginx/nginx.conf"), 6, "nginx.conf is not there any more"),
    (lambda life: life.resize("vm-1g"), 3, "does not fit"),
    (lambda life: life.resize("vm-8g"), 6, "now 8 GB"),
    (lambda life: None, 0, []),
])
def test_the_exit_code_of_notice_is_that_of_a_plan(gateway, harm, code, says):
    harm(gateway)
    gateway.do("plan --exit-code", code=code)
    gateway.do("notice --exit-code", code=code, says=says)
    gateway.do("notice", says=says)
    if code == 0:
        assert gateway.out == ""


@pytest.mark.parametrize("harm, grown, code", [(lose_salt, "vm-8g", 6), (edit_limit, "vm-8g", 5), (break_file, "vm-8g", 1), (edit_limit, "vm-1g", 3)])
def test_nor_does_another_machine_hide_it(gateway, harm, grown, code):
    harm(gateway)
    gateway.resize(grown)
    gateway.do("plan --exit-code", code=code)
    gateway.do("notice --exit-code", code=code, says="the machine has changed")


def test_the_worst_of_two_stacks_is_the_exit_code(gateway):
    gateway.apply("--dir", "/srv/two", "--port", "8081")
    edit_limit(gateway)
    gateway.write(".env", re.sub(r"(?m)^LITELLM_SALT_KEY=.*\n", "", gateway.read(".env", "/srv/two")), "/srv/two")
    gateway.do("notice --exit-code", code=5, says=["/srv/two would write: .env", f"{DIR} were edited by hand"])


# The port that Compose publishes.

@pytest.mark.parametrize("line, url, tunnel", [
    ('- "127.0.0.1:8888:80"', "http://127.0.0.1:8888", "8888:127.0.0.1:8888"),
    ('- "${GATEWAY_BIND:-127.0.0.1}:8888:80"', "http://127.0.0.1:8888", "8888:127.0.0.1:8888"),
    ('- "127.0.0.1:${MY_PORT:-8888}:80/tcp"', "http://127.0.0.1:8888", "8888:127.0.0.1:8888"),
    ('- {target: 80, published: "8888", host_ip: 127.0.0.1}', "http://127.0.0.1:8888", "8888:127.0.0.1:8888"),
    ('- "[::1]:8888:80"', "http://[::1]:8888", "8888:[::1]:8888"),
    ('- "8888:80"', "http://ADDRESS-OF-THIS-MACHINE:8888", None),
])
def test_the_port_is_the_one_that_compose_publishes(gateway, line, url, tunnel):
    gateway.edit(PORTS, line)
    steps = [f"ssh -L {tunnel}", "http://localhost:8888"] if tunnel else [url]
    gateway.do("status", says=steps, never="8080")
    gateway.do("plan", says=f"Reached {url}", never=":8080")
    gateway.do("plan --port 9091", says=[f"Reached {url}", "--port has no effect"], never=":9091")
    gateway.apply("--port", "9091", says=[f"Reached {url}", *steps], never=":9091")
    gateway.do("status", says=steps, never="9091")


def test_a_variable_in_the_ports_line_is_followed(gateway):
    gateway.edit(PORTS, '- "127.0.0.1:${MY_PORT:-8888}:80"')
    gateway.write(".env", gateway.read(".env") + "MY_PORT=7777\n")
    gateway.do("status", says="ssh -L 7777:127.0.0.1:7777")
    gateway.write("compose.override.yaml", 'services:\n  nginx:\n    ports: !override ["127.0.0.1:6666:80"]\n')
    gateway.do("status", says="ssh -L 6666:127.0.0.1:6666", never="7777")


@pytest.mark.parametrize("line", ['- "80"', '- "8000-8010:80"', '- "${POSTGRES_PASSWORD}:80"'])
def test_where_the_port_cannot_be_told_that_is_said(gateway, line):
    gateway.edit(PORTS, line)
    secret = gateway.secrets()["POSTGRES_PASSWORD"]
    gateway.do("status", says=["cannot be told from the ports", "port nginx 80"], never=["8080", secret])
    gateway.do("plan", says="Reached it cannot be told from the ports", never=["http://127", secret])


def test_a_port_that_was_kept_out_is_not_where_one_is_sent(life):
    life.on("vm-4g").apply("--port", "9090")
    life.edit("GATEWAY_PORT=9090", "GATEWAY_PORT=8443", ".env")
    life.apply("--port", "9090", says=["Reached http://127.0.0.1:8443", "ssh -L 8443:"], never="ssh -L 9090")
    life.do("plan --port 9091", code=5, says="Reached http://127.0.0.1:8443")


# An answer that says another thing than before is a decision, the same line again is none.

def changed_port(life):
    life.on("vm-4g").apply("--port", "9090")
    life.edit("GATEWAY_PORT=9090", "GATEWAY_PORT=8443", ".env")
    return life


def test_a_new_port_against_an_edit_is_a_conflict(life):
    changed_port(life)
    life.apply("--port", "9090", says="stays; --port 9090 does not undo that")
    life.resize("vm-8g").apply("--port", "9090", says="stays")
    life.apply("--port", "9091", code=5, says=["it is 8443, vpsfit would write 9091", "--overwrite-edits"])
    life.apply("--port", "9091", "--keep-edits")
    for _ in range(2):
        life.apply("--port", "9091", says="stays; --port 9091 does not undo that")
    life.apply(never="9091")
    life.apply("--port", "9090", code=5)
    assert "GATEWAY_PORT=8443" in life.read(".env")
    life.apply("--port", "9090", "--overwrite-edits")
    assert "GATEWAY_PORT=9090" in life.read(".env")
    life.apply("--port", "9091")
    assert "GATEWAY_PORT=9091" in life.read(".env")


def test_the_first_word_about_an_address_is_no_repetition(gateway):
    gateway.edit("GATEWAY_BIND=127.0.0.1", "GATEWAY_BIND=0.0.0.0", ".env")
    gateway.apply("--bind", "127.0.0.1", code=5, says="it is 0.0.0.0, vpsfit would write 127.0.0.1")
    gateway.apply()
    gateway.apply("--bind", "127.0.0.1", "--overwrite-edits")
    assert "GATEWAY_BIND=127.0.0.1" in gateway.read(".env")


def test_a_repeated_line_with_the_usual_address_keeps_the_edit(life):
    line = ("--bind", "127.0.0.1", "--port", "8080")
    life.on("vm-4g").apply(*line)
    life.edit("GATEWAY_BIND=127.0.0.1", "GATEWAY_BIND=0.0.0.0", ".env")
    for machine in ("vm-4g", "vm-8g"):
        life.resize(machine).apply(*line, says="stays; --bind 127.0.0.1 does not undo that")
    assert "GATEWAY_BIND=0.0.0.0" in life.read(".env")
    life.do("rollback --yes").apply(*line, says="stays")


# Written, and not in effect yet.

def test_what_is_only_to_be_started_is_not_to_be_written(gateway):
    running(gateway, 1700, litellm=(1240, 1536, 4))
    gateway.do("status --exit-code", code=6, says=["docker-compose up -d", "Pending only to be put into effect"],
               never="shows what an apply would change")
    gateway.do("plan --exit-code", code=6, says=["none:", "Nothing is to be written. To put into effect what is written: cd"],
               never=["Nothing was written. To write it", "vpsfit apply"])
    gateway.do("plan --workers 1 --exit-code", code=6, says="To write it: vpsfit apply --workers 1")


# Advice that holds.

def verdict(life, *more):
    """The idle verdict, and what is said of the optional services."""
    life.do("plan", *MODEL, *more)
    return re.search(r"idle +\[.*?\].*?%\s+(comfortable|tight|needs swap)", life.out)[1], "alone make it" in life.said


@pytest.mark.parametrize("machine, service", [("vm-8g", ""), ("vm-4g", "    mem_limit: 1900m\n"), ("vm-4g", ""), ("vm-16g", "")])
def test_optional_services_are_blamed_for_what_they_cost(life, machine, service):
    """A service that nobody knows keeps the verdict at tight: fewer workers and no Redis change nothing, and nobody says so."""
    life.on(machine).apply()
    for _ in range(2):
        is_now, blamed = verdict(life)
        without, _ = verdict(life, "--redis", "no")
        assert blamed <= (without != is_now), (is_now, without)
        life.do("plan", *MODEL)
        advised = re.search(r"alone make it .*?--workers (\d+) would need \d+ MiB: (\w+)", life.said)
        assert not advised or verdict(life, "--workers", advised[1])[0].startswith(advised[2])
        life.edit("\nnetworks:\n  gateway:", f"\n  foo:\n    image: me/unknown:1\n{service}\nnetworks:\n  gateway:")
