"""Two who write at the same time wait for each other, and neither loses the other's words."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections

from hub.catalog.models import Case, CaseVersion
from hub.workflows.outcomes import CaseSubmitted
from hub.workflows.submission import edit_case
from tenants.scoping import acting_as
from tests.cast import Cast, build_cast
from tests.workflows.submitting import backstage, submitted
from tests.workflows.test_importing import case, run


@pytest.fixture
def lasting_cast(transactional_db: None) -> Cast:
    """The cast, committed, so that other connections see it."""
    return build_cast()


def at_once(*jobs: Callable[[], None]) -> None:
    """Run jobs in threads that start together; an exception in one is the test's."""
    gate, errors = threading.Barrier(len(jobs)), []

    def work(job: Callable[[], None]) -> None:
        try:
            gate.wait(10)
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def test_edits_of_one_case_become_one_version_each(lasting_cast: Cast) -> None:
    case_id = submitted(lasting_cast)
    numbers: list[int] = []

    def edit(title: str) -> Callable[[], None]:
        def job() -> None:
            alice = lasting_cast["alice"]
            with acting_as(alice, durable=True):
                answer = edit_case(alice, case_id=case_id, draft={"title": title, "facts": {"kind": "bug"}})
            assert isinstance(answer, CaseSubmitted)
            numbers.append(answer.version)

        return job

    at_once(*(edit(f"Title {number}") for number in range(4)))
    assert sorted(numbers) == [2, 3, 4, 5]
    with backstage(lasting_cast):
        assert CaseVersion.objects.filter(case_id=case_id).count() == 5


def test_two_imports_of_one_file_make_each_case_once(lasting_cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(case(number)) + "\n" for number in range(150)))
    team_id = lasting_cast.team("acme/atlas").pk
    found: list[tuple[int, int, int, list[str]]] = []

    def job() -> None:
        found.append(run(lasting_cast["alice"], team_id, path))

    at_once(job, job)
    assert sum(created for created, *_ in found) == 150
    assert sum(unchanged for _, _, unchanged, _ in found) == 150
    assert [(changed, problems) for _, changed, _, problems in found] == [(0, []), (0, [])]
    with backstage(lasting_cast):
        assert Case.objects.count() == 150
