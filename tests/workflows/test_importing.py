"""Importing: safe to repeat, one bad record costs itself, and every batch is committed, decided and recorded."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from hub.audit.models import AccessEvent
from hub.catalog import queries as catalog
from hub.catalog.models import Case, CaseVersion
from hub.workflows import importing
from hub.workflows.importing import BatchImported, UnreadableSource, import_file
from hub.workflows.outcomes import CaseSubmitted, Refusal
from hub.workflows.sensitivity import restrict_case
from hub.workflows.submission import edit_case, submit_case, withdraw_case
from tenants.actors import Actor, system_actor
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import add_member
from tests.cast import Cast
from tests.catalog.samples import OWN
from tests.catalog.test_shapes import REPORT
from tests.workflows.submitting import backstage, install_profiles, last_event, projections

Records = Callable[..., Path]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    """Writes JSON lines; bytes are written as they are."""

    def write(*lines: Any) -> Path:
        path = tmp_path / "cases.jsonl"
        path.write_bytes(
            b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        )
        return path

    return write


def case(number: int, title: str = "Late", **changes: Any) -> dict[str, Any]:
    return {"source": "ops", "source_id": str(number), "title": f"{title} {number}", "kind": "prediction", **changes}


def run(actor: Actor, team_id: UUID, path: Path, format: str = "jsonl") -> tuple[int, int, int, list[str]]:
    """New, changed, unchanged, and what was not taken."""
    total = BatchImported()
    for answer in import_file(actor, team_id=team_id, path=path, format=format):
        assert isinstance(answer, BatchImported), answer
        total.created += answer.created
        total.changed += answer.changed
        total.unchanged += answer.unchanged
        total.problems += answer.problems
    told = [f"{problem.place}: {problem.message}" for problem in total.problems]
    return len(total.created), len(total.changed), total.unchanged, told


def answers(actor: Actor, team_id: UUID, path: Path) -> list[BatchImported | Refusal]:
    return list(import_file(actor, team_id=team_id, path=path, format="jsonl"))


def titles(cast: Cast) -> list[str]:
    """What every case says now, oldest first."""
    with backstage(cast):
        versions = [catalog.current_version(row) for row in Case.objects.order_by("pk")]
        documents = catalog.raw_documents([version for version in versions if version])
        return [documents[version.pk]["title"] for version in versions if version]


def test_a_second_run_changes_nothing_and_a_changed_record_is_a_version(cast: Cast, records: Records) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    path = records(case(1), case(2), case(3))
    assert run(alice, team_id, path) == (3, 0, 0, [])
    assert run(alice, team_id, path) == (0, 0, 3, [])
    path = records(case(1), case(2, "Very late"), case(4))
    assert run(alice, team_id, path) == (1, 1, 1, [])
    assert titles(cast) == ["Late 1", "Very late 2", "Late 3", "Late 4"]
    # The older file once more: what it says was said before, and nobody wants it back.
    assert run(alice, team_id, records(case(1), case(2), case(3))) == (0, 0, 3, [])
    assert titles(cast)[1] == "Very late 2"


def test_a_repeated_import_does_not_undo_what_people_wrote(cast: Cast, records: Records) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    path = records(case(1))
    run(alice, team_id, path)
    with acting_as(alice):
        edit_case(alice, case_id=Case.objects.get().pk, draft={"title": "By hand", "facts": {"kind": "prediction"}})
    assert run(alice, team_id, path) == (0, 0, 1, [])
    assert titles(cast) == ["By hand"]


def test_records_without_an_identity_are_known_by_their_content(cast: Cast, records: Records) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    path = records({"title": "a"}, {"title": "b"}, {"title": "a"})
    assert run(alice, team_id, path) == (2, 0, 1, [])
    assert run(alice, team_id, path) == (0, 0, 3, [])
    with acting_as(alice):
        assert {row.source for row in Case.objects.all()} == {"jsonl"}
        assert all(row.source_id.startswith("sha256:") for row in Case.objects.all())


def test_one_identity_twice_in_a_file_is_a_case_with_two_versions(cast: Cast, records: Records) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    assert run(alice, team_id, records(case(1), case(1, "Later"), case(1, "Later"))) == (1, 1, 1, [])
    assert titles(cast) == ["Later 1"]


def test_bad_records_cost_themselves_alone(cast: Cast, records: Records) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    path = records(
        case(1), b"{", case(2, title="x" * 600), b'{"title": "\xff"}', case(3, impact={"x": "\x00"}),
        b"[" * 100_000, case(4, kind="nonsense"), b'{"title": "' + b"y" * 9_000_000 + b'"}', case(5),
    )  # fmt: skip
    created, changed, unchanged, told = run(alice, team_id, path)
    assert (created, changed, unchanged) == (2, 0, 0)
    assert [line.partition(": ")[0] for line in told] == [f"line {number}" for number in range(2, 9)]
    assert titles(cast) == ["Late 1", "Late 5"]
    assert not any("nonsense" in line or "xxx" in line for line in told)


def test_batches_are_decided_recorded_and_ask_for_projections(
    cast: Cast, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_profiles(cast)
    monkeypatch.setattr(importing, "BATCH_RECORDS", 2)
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    found = answers(alice, team_id, records(case(1), case(2), case(3)))
    assert [len(batch.created) for batch in found if isinstance(batch, BatchImported)] == [2, 1]
    with backstage(cast):
        events = list(AccessEvent.objects.filter(action="case.import").order_by("id"))
        assert [(event.outcome, event.basis, event.object_id) for event in events] == [
            ("allowed", "role:contributor", str(team_id))
        ] * 2
        assert [len(event.detail["created"]) for event in events] == [2, 1]
        case_ids = list(Case.objects.values_list("pk", flat=True))
    assert [row.state for case_id in case_ids for row in projections(cast, case_id)] == ["pending"] * 3


def test_the_levels_of_a_changed_record_reach_its_projections(cast: Cast, records: Records) -> None:
    install_profiles(cast)
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    run(alice, team_id, records(case(1, taxonomy=["tlp:green"])))
    run(alice, team_id, records(case(1, taxonomy=["tlp:red"])))
    with backstage(cast):
        (row,) = Case.objects.all()
    assert row.tlp == "RED"
    assert [projection.tlp for projection in projections(cast, row.pk)] == ["RED", "RED"]


@pytest.mark.parametrize(
    ("who", "basis"), [("bob", "no_role"), ("dana", "no_role"), ("olga", "no_role"), ("carol", "unknown")]
)
def test_who_may_not_import(cast: Cast, records: Records, who: str, basis: str) -> None:
    actor, team_id = cast[who], cast.team("acme/atlas").pk
    assert answers(actor, team_id, records(case(1))) == [Refusal(basis)]
    assert last_event(cast, who) == ("case.import", "refused", basis, f"team:{team_id}")
    with backstage(cast):
        assert Case.objects.count() == 0


def test_a_role_that_is_lost_meanwhile_ends_the_import(
    cast: Cast, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_RECORDS", 1)
    monkeypatch.setattr(importing.permissions, "decide", deciding(importing.permissions.decide, refuse_from=2))
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    found = answers(alice, team_id, records(case(1), case(2), case(3)))
    assert [type(answer) for answer in found] == [BatchImported, Refusal]
    with backstage(cast):
        assert Case.objects.count() == 1


def deciding(decide: Callable[..., Any], refuse_from: int) -> Callable[..., Any]:
    """The real decision, and from the n-th on one about a team that is not there."""
    calls: list[None] = []

    def counted(actor: Actor, action: Any, *, on: Any) -> Any:
        calls.append(None)
        return decide(actor, action, on=None if len(calls) >= refuse_from else on)

    return counted


def test_cases_that_an_import_leaves_alone(cast: Cast, records: Records) -> None:
    alice = cast["alice"]
    system = system_actor(cast.tenant("acme").pk, "import_cases")
    atlas, zephyr = cast.team("acme/atlas").pk, cast.team("acme/zephyr").pk
    run(alice, atlas, records(case(1), case(2), case(3)))
    with acting_as(alice):
        withdraw_case(alice, case_id=Case.objects.order_by("pk")[0].pk)
    path = records(case(1, "Other"), case(3, "Other"))
    assert run(alice, atlas, path) == (0, 1, 0, ["line 1: the case was withdrawn; it is left as it is"])
    # Another team may hold a record of the same name; neither learns of the other.
    assert run(cast["dana"], zephyr, records(case(2), case(8))) == (2, 0, 0, [])
    with acting_as(system):
        assert Case.objects.filter(source_id=Case.objects.order_by("pk")[1].source_id).count() == 2


def test_a_restricted_case_is_left_to_who_is_named_on_it(cast: Cast, records: Records) -> None:
    dana, zephyr = cast["dana"], cast.team("acme/zephyr").pk
    with acting_as(dana):
        answer = submit_case(dana, team_id=zephyr, draft=OWN)
        assert isinstance(answer, CaseSubmitted)
        restrict_case(dana, case_id=answer.case_id)
    with backstage(cast):
        add_member(cast.tenant("acme"), cast.user("alice"), Role.CONTRIBUTOR, cast.team("acme/zephyr"))
    path = records(OWN | {"title": "Changed"})
    assert run(cast["alice"], zephyr, path) == (
        0, 0, 0, ["line 1: the case is restricted, and you are not named on it"],
    )  # fmt: skip
    assert run(dana, zephyr, path) == (0, 1, 0, [])


def test_nothing_to_read(cast: Cast, tmp_path: Path) -> None:
    alice, team_id = cast["alice"], cast.team("acme/atlas").pk
    with pytest.raises(UnreadableSource):
        answers(alice, team_id, tmp_path)


def command(cast: Cast, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    """Exit code, the summary, and the lines about records."""
    code = 0
    try:
        call_command("import_cases", *arguments)
    except SystemExit as ending:
        code = int(ending.code or 0)
    told = capsys.readouterr()
    lines = [line for line in told.err.splitlines() if line.strip() and "Importing" not in line]
    return code, told.out.strip(), lines


def test_the_command(cast: Cast, capsys: pytest.CaptureFixture[str], tmp_path: Path, records: Records) -> None:
    place = ("--tenant", "acme", "--team", "atlas")
    path = str(records(case(1), b"{", case(2)))
    code, summary, told = command(cast, capsys, path, *place)
    assert (code, summary) == (1, "2 new, 0 changed, 0 unchanged, 1 not taken")
    assert told == ["line 2: is not JSON (character 2: Expecting property name enclosed in double quotes)"]
    assert command(cast, capsys, str(records(case(1), case(2))), *place, "--as", "alice@acme.example") == (
        0, "0 new, 0 changed, 2 unchanged, 0 not taken", [],
    )  # fmt: skip
    table = tmp_path / "cases.csv"
    table.write_text("title,source,source_id\nA row,desk,1\n")
    assert command(cast, capsys, str(table), *place, "--format", "csv")[:2] == (
        0, "1 new, 0 changed, 0 unchanged, 0 not taken",
    )  # fmt: skip
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "one.json").write_text(json.dumps(REPORT))
    assert command(cast, capsys, str(folder), *place, "--format", "avid")[:2] == (
        0, "1 new, 0 changed, 0 unchanged, 0 not taken",
    )  # fmt: skip
    with backstage(cast):
        authors = set(Case.objects.values_list("created_by", flat=True))
    assert authors == {"system:import_cases"}


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("/nowhere/at/all", "--tenant", "acme", "--team", "atlas"), "There is nothing at /nowhere/at/all.", 2),
        (("{path}", "--tenant", "nobody", "--team", "atlas"), "There is no tenant 'nobody'.", 2),
        (("{path}", "--tenant", "acme", "--team", "nobody"), "The tenant has no team 'nobody'.", 2),
        (("{path}", "--tenant", "acme", "--team", "atlas", "--as", "carol@borealis.example"),
         "There is no such person in such a tenant.", 2),
        (("{path}", "--tenant", "acme", "--team", "atlas", "--as", "bob@acme.example"), "Refused: no_role.", 1),
        (("{folder}", "--tenant", "acme", "--team", "atlas"), "{folder} holds no .json file.", 2),
    ],
)  # fmt: skip
def test_the_command_used_wrongly(
    cast: Cast, records: Records, tmp_path: Path, arguments: Iterable[str], message: str, code: int
) -> None:
    names = {"path": str(records(case(1))), "folder": str(tmp_path)}
    with pytest.raises(CommandError) as error:
        call_command("import_cases", *(argument.format(**names) for argument in arguments))
    assert (str(error.value), error.value.returncode) == (message.format(**names), code)
    with backstage(cast):
        assert CaseVersion.objects.count() == 0
