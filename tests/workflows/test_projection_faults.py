"""Whatever goes wrong, a reader gets nothing rather than something unvouched for, and officers see why."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from hub.sharing.models import Analysis, Audience, Projection
from hub.sharing.reasons import REASONS, STEPS, explain, next_step
from hub.sharing.services.leasing import MAX_ATTEMPTS
from hub.workflows import building, projection
from redaction import LeakageVerdict, Withheld
from redaction.operators import Redacted
from tests.sharing.stage import EMAIL, Stage


def state_of(rows: list[Projection]) -> list[tuple[str, str, bool]]:
    return [(row.state, row.reason, row.is_in_force) for row in rows]


def test_a_case_that_detection_refuses_is_withheld_for_everybody(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "analyse_each", lambda documents: [Withheld("timeout") for _ in documents])
    case = stage.submit()
    stage.grant()
    assert stage.build() == 2
    assert state_of(stage.rows(case=case)) == [("withheld", "timeout", False)] * 2
    assert stage.seen("alice") == stage.seen("carol") == []
    assert stage.count_events(action="projection.withhold") == 2
    with stage.backstage():
        analysis = Analysis.objects.get()
    assert (analysis.is_complete, analysis.reason, analysis.findings) == (False, "timeout", [])


def test_withheld_beats_stale(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    assert len(stage.seen("carol")) == 1
    stage.edit(case, title="Now with something that cannot be read")
    monkeypatch.setattr(building, "analyse_each", lambda documents: [Withheld("language") for _ in documents])
    stage.build()
    assert stage.seen("carol") == stage.seen("alice") == []
    assert [row.is_in_force for row in stage.rows(case=case)] == [False] * 4


def test_what_a_second_look_still_finds_is_withheld(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = LeakageVerdict(False, ("value_remains",), ("literal",))
    monkeypatch.setattr(building, "second_look", lambda *_, **__: verdict)
    case = stage.submit()
    stage.build()
    (row,) = stage.rows(case=case)
    assert (row.state, row.reason) == ("withheld", "second_look")
    assert (row.document, row.title, row.search_text) == (None, "", "")


def test_officers_learn_in_which_parts_a_value_remains(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator that forgets the summary and the second piece of evidence, judged by the real second look."""
    real = building.redact

    def forgetful(document: Any, *args: Any, **kwargs: Any) -> Redacted:
        done = real(document, *args, **kwargs)
        first, second = done.document["evidence"]
        left = {"summary": document["summary"], "evidence": [first, {**second, "payload": EMAIL}]}
        return replace(done, document={**done.document, **left})

    monkeypatch.setattr(building, "redact", forgetful)
    log = {"name": "log", "kind": "logs", "media_type": "text/plain"}
    case = stage.submit(evidence=[{**log, "payload": "step=route"}, {**log, "name": "trace", "payload": f"to {EMAIL}"}])
    stage.grant()
    stage.build()
    with stage.backstage():
        rows = Projection.objects.filter(case=case).select_related("profile")
        found = {row.profile.slug: (row.reason, row.places) for row in rows}
    assert found["partner"] == ("second_look", ["summary", "evidence 2"])
    monkeypatch.setattr(building, "redact", real)
    stage.edit(case, title="Reworded")
    stage.build()
    assert {tuple(row.places) for row in stage.rows(case=case, state="ready")} == {()}


@pytest.mark.parametrize("reason", ["oversized", "too_deep", "timeout", "memory"])
def test_officers_learn_which_part_was_too_much(stage: Stage, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setattr(building, "analyse_each", lambda documents: [Withheld(reason) for _ in documents])
    case = stage.submit(write_up={"results": "word " * 2000})
    stage.build()
    (row,) = stage.rows(case=case)
    assert (row.reason, row.places) == (reason, ["write-up: results (10,002 bytes)"])


def test_an_audience_without_a_key_gets_nothing(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    with stage.backstage():
        Audience.objects.filter(label="borealis/lumen").update(sealed_key=None)
    stage.build()
    by_state = {row.state: row.reason for row in stage.rows(case=case)}
    assert by_state == {"ready": "", "withheld": "key_unavailable"}
    assert stage.seen("carol") == []
    assert len(stage.seen("alice")) == 1


def test_a_fault_is_tried_again_and_given_up_after_five_times(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the text of a case must not be logged")

    case = stage.submit()
    with monkeypatch.context() as patched:
        patched.setattr(building, "redact", fail)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            assert stage.build() == 0
            (row,) = stage.rows(case=case)
            assert (row.state, row.attempts, row.leased_by) == ("pending", attempt, "")
            assert row.leased_until > timezone.now()  # later and later
            assert stage.build() == 0
            stage.end_pauses()
    assert stage.build() == 0
    (row,) = stage.rows(case=case)
    assert (row.state, row.reason, row.attempts, row.leased_by) == ("withheld", "attempts_exhausted", 0, "")
    assert stage.count_events(action="projection.withhold") == 1
    assert "five times" in explain(row.reason)


def test_a_detection_process_that_dies_is_a_fault_of_the_machine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[Withheld("process_failed")], [Withheld("process_failed")]])
    real = building.analyse_each
    monkeypatch.setattr(building, "analyse_each", lambda documents: next(answers, None) or real(documents))
    case = stage.submit()
    for _ in range(2):
        assert stage.build() == 0
        stage.end_pauses()
    assert stage.build() == 1
    assert state_of(stage.rows(case=case)) == [("ready", "", True)]


def test_a_database_that_refuses_one_version_does_not_stop_the_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stage.submit(title="First"), stage.submit(title="Second")
    real = projection.projecting.store_ready

    def store(row: Projection, built: building.Built) -> None:
        if row.case_id == first.pk:
            raise DatabaseError("no")
        real(row, built)

    monkeypatch.setattr(projection.projecting, "store_ready", store)
    assert stage.build() == 1
    assert state_of(stage.rows(case=second)) == [("ready", "", True)]
    assert [(row.state, row.attempts, row.leased_by) for row in stage.rows(case=first)] == [("pending", 1, "")]


def test_every_reason_is_explained() -> None:
    assert all(next_step(code) for code in REASONS)
    assert set(STEPS) <= set(REASONS)
    assert MAX_ATTEMPTS == 5
    assert all(sentence and sentence[0].islower() for sentence in REASONS.values())
    assert explain("never heard of") == "the projection could not be built"
