"""`manage.py gate` as a pipeline calls it: exit codes, JSON, JUnit, and verdicts that are verified without the hub."""

import json
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from hub.commands.management.commands.gate import Command
from tests.cast import Cast
from tests.workflows.submitting import last_event

from .test_gate import paused

pytestmark = pytest.mark.django_db(transaction=True)
RELEASE = ("assist-chat", "4.2", "--channel", "production", "--tenant", "acme", "--as", "alice@acme.example")


def gate(*arguments: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    out = StringIO()
    try:
        call_command(Command(), *arguments, stdout=out, stderr=out, no_color=True)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def test_says_by_its_exit_code_whether_a_release_may_go_out(cast: Cast) -> None:
    assert gate(*RELEASE) == (0, "assist-chat 4.2 on production: allow\n")
    case_id = paused(cast)
    code, said = gate(*RELEASE)
    assert code == 1
    assert said.splitlines()[:2] == ["assist-chat 4.2 on production: pause", f"  held back by case {case_id}"]
    assert "a waiver may be asked for it" in said
    assert last_event(cast)[:3] == ("gate.ask", "allowed", "role:contributor")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("assist-chat",), "Give a model, its version, --tenant and --as."),
        ((*RELEASE[:5], "nowhere", *RELEASE[6:]), "There is no such tenant, or no such account."),
        ((*RELEASE[:-1], "carol@borealis.example"), "This account is not a member of the tenant."),
        ((*RELEASE[:-1], "erin@acme.example"), "Refused: no_role."),
    ],
)
def test_what_cannot_be_told_ends_with_two(cast: Cast, arguments: tuple[str, ...], says: str) -> None:
    assert gate(*arguments) == (2, says)


def test_answers_as_junit(cast: Cast) -> None:
    paused(cast)
    code, said = gate(*RELEASE, "--format", "junit")
    suite = fromstring(said)
    assert (code, suite.get("tests"), suite.get("failures")) == (1, "1", "1")
    (case,) = suite.findall("testcase")
    assert (case.get("classname"), case.get("name")) == ("assist-chat.4.2", "production")
    assert "held back by case" in (case.findtext("failure") or "")
    assert json.loads(suite.findtext("system-out") or "")["statement"]["verdict"] == "pause"


def kept(cast: Cast, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A verdict as a pipeline keeps it."""
    paused(cast)
    code, said = gate(*RELEASE, "--format", "json")
    assert code == 1
    file = tmp_path / "verdict.json"
    file.write_text(said)
    return file, json.loads(said)


def test_a_verdict_is_verified_without_a_database(cast: Cast, tmp_path: Path) -> None:
    file, verdict = kept(cast, tmp_path)
    connection.close()

    def refuse(*given: Any) -> None:
        raise AssertionError("The database was asked.")

    with connection.execute_wrapper(refuse):
        assert gate("--verify", str(file), "--key", verdict["key"]) == (
            1, "The signature holds. The verdict is: pause.\n",
        )  # fmt: skip
        assert gate("--verify", str(file))[0] == 2
        changed = verdict | {"statement": verdict["statement"] | {"verdict": "allow"}}
        file.write_text(json.dumps(changed))
        code, said = gate("--verify", str(file), "--key", verdict["key"])
        assert (code, "does not hold" in said) == (1, True)
        file.write_text("{}")
        assert gate("--verify", str(file), "--key", verdict["key"])[0] == 2


def test_an_auditor_judges_a_verdict_anew(cast: Cast, tmp_path: Path) -> None:
    _, verdict = kept(cast, tmp_path)
    wanted = ("--reproduce", verdict["statement"]["id"], "--tenant", "acme", "--as")
    code, said = gate(*wanted, "erin@acme.example")
    assert code == 0
    assert "The verdict pause follows from its inputs; the present key has signed it." in said
    assert last_event(cast)[:3] == ("gate.read", "allowed", "role:auditor")
    assert gate(*wanted, "alice@acme.example") == (2, "Refused: no_role.")
    assert last_event(cast)[:3] == ("gate.read", "refused", "no_role")
