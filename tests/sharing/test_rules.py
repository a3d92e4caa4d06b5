"""Purposes, grant templates and facets: pure rules, exact answers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from hub.sharing.facets import SEARCH_TEXT_BYTES, coarsen_date, facets_of, parse_day
from hub.sharing.purposes import containing, is_known
from hub.sharing.templates import TemplateError, parse_template
from hub.sharing.terms import GrantTerms
from redaction import load_pack, parse_policy

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "wider"),
    [
        ("AcademicResearch", ("AcademicResearch", "ResearchAndDevelopment", "Purpose")),
        ("ResearchAndDevelopment", ("ResearchAndDevelopment", "Purpose")),
        ("Purpose", ("Purpose",)),
        ("", ()),
        ("Fun", ()),
    ],
)
def test_a_purpose_is_contained_in_its_wider_ones(purpose: str, wider: tuple[str, ...]) -> None:
    assert containing(purpose) == wider
    assert is_known(purpose) is bool(wider)


def document(**changes: Any) -> dict[str, Any]:
    return {
        "profiles": ["partner"],
        "ceiling_class": "confidential",
        "ceiling_tlp": "AMBER",
        "max_days": 30,
        "recipients": ["borealis/*", "cobalt", "acme/zephyr"],
        "purposes": ["ResearchAndDevelopment"],
        **changes,
    }


def terms(**changes: Any) -> GrantTerms:
    values: dict[str, Any] = {
        "recipient": "borealis/lumen",
        "profile": "partner",
        "purpose": "AcademicResearch",
        "ceiling_class": "confidential",
        "ceiling_tlp": "GREEN",
        "starts_at": NOW,
        "expires_at": NOW + timedelta(days=30),
        **changes,
    }
    return GrantTerms(**values)


@pytest.mark.parametrize(
    ("changes", "recipients", "admitted"),
    [
        ({}, ("borealis/lumen",), True),
        ({}, ("borealis/lumen", "borealis/drift"), True),
        ({}, ("borealis/lumen", "evil/team"), False),
        ({}, (), False),
        ({}, ("borealis",), False),
        ({}, ("cobalt",), True),
        ({}, ("cobalt/quarry",), False),
        ({}, ("acme/zephyr",), True),
        ({}, ("borealis-evil/lumen",), False),
        ({"profile": "internal"}, ("borealis/lumen",), False),
        ({"ceiling_class": "restricted"}, ("borealis/lumen",), False),
        ({"ceiling_tlp": "AMBER+STRICT"}, ("borealis/lumen",), False),
        ({"expires_at": NOW + timedelta(days=30, seconds=1)}, ("borealis/lumen",), False),
        ({"purpose": "EnforceSecurity"}, ("borealis/lumen",), False),
        ({"purpose": "Purpose"}, ("borealis/lumen",), False),
        ({"purpose": "Fun"}, ("borealis/lumen",), False),
    ],
)
def test_a_template_admits_what_is_inside_all_of_its_limits(
    changes: dict[str, Any], recipients: tuple[str, ...], admitted: bool
) -> None:
    assert parse_template(document()).admits(terms(**changes), recipients) is admitted


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_days": 0}, "max_days: expected a whole number from 1 to 3650"),
        ({"max_days": True}, "max_days: expected a whole number from 1 to 3650"),
        ({"max_days": "30"}, "max_days: expected a whole number from 1 to 3650"),
        ({"recipients": "borealis/*"}, "recipients: expected a list of non-empty texts"),
        ({"recipients": [""]}, "recipients: expected a list of non-empty texts"),
        ({"purposes": ["ResearchAndDevelopment", "Fun"]}, r"purposes\[1\]: is not a purpose"),
        ({"ceiling_class": "cosmic"}, "ceiling_class: "),
        ({"limit": 3}, "limit: is not an entry of a grant template"),
    ],
)
def test_a_template_with_an_unusable_limit_is_an_error(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TemplateError, match=f"^{message}"):
        parse_template(document(**changes))


def test_a_missing_limit_is_an_error() -> None:
    incomplete = document()
    del incomplete["max_days"]
    with pytest.raises(TemplateError, match=r"^max_days: is missing$"):
        parse_template(incomplete)


@pytest.mark.parametrize(
    ("value", "days"),
    [
        ("2026-05-17", (date(2026, 5, 17), date(2026, 5, 17))),
        ("2026-02", (date(2026, 2, 1), date(2026, 2, 28))),
        ("2024", (date(2024, 1, 1), date(2024, 12, 31))),
        ("2026-13", (None, None)),
        ("0000", (None, None)),
        ("<DATE_TIME>", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
        (2026, (None, None)),
    ],
)
def test_days_are_read_as_far_as_they_go(value: Any, days: tuple[date | None, date | None]) -> None:
    assert parse_day(value) == days


def test_facets_come_from_the_document_and_nothing_else() -> None:
    facets = facets_of(
        {
            "title": "A title",
            "summary": "A summary",
            "write_up": {"results": "Results", "hypotheses": [{"statement": "A guess", "confidence": 0.5}]},
            "facts": {
                "kind": "bug",
                "model": {"name": "router", "version": "2"},
                "data_source": "mail",
                "occurred": {"from": "2026-05", "to": None, "granularity": "month"},
                "severity": {"label": "critical"},
            },
            "tags": ['a:b="c"', 7],
            "evidence": [{"name": "log", "payload": {"deep": ["words"]}}],
            "unmapped": {"note": "not searched"},
        },
        recorded_on=date(2026, 6, 1),
    )
    assert facets.title == "A title"
    assert (facets.kind, facets.severity_label, facets.severity_rank) == ("bug", "critical", 5)
    assert (facets.model_name, facets.model_version, facets.data_source) == ("router", "2", "mail")
    assert facets.tags == ['a:b="c"']
    assert (facets.occurred_from, facets.occurred_to) == (date(2026, 5, 1), date(2026, 5, 31))
    assert facets.recorded_on == date(2026, 6, 1)
    assert facets.search_text == "A title\nA summary\nResults\nA guess\nlog\nwords"


def test_what_redaction_turned_into_something_else_is_left_empty() -> None:
    facets = facets_of(
        {
            "title": "<TITLE>",
            "facts": {
                "kind": "<KIND>",
                "severity": {"label": "***"},
                "model": None,
                "occurred": {"from": "<DATE>", "to": "2026"},
            },
            "tags": None,
        },
        recorded_on=None,
    )
    assert (facets.kind, facets.severity_label, facets.severity_rank, facets.model_name) == ("", "", 0, "")
    assert (facets.occurred_from, facets.occurred_to) == (None, date(2026, 12, 31))
    assert facets.tags == []


def test_search_text_is_capped_in_bytes_and_stays_text() -> None:
    facets = facets_of({"title": "é" * SEARCH_TEXT_BYTES}, recorded_on=None)
    assert len(facets.search_text.encode()) == SEARCH_TEXT_BYTES
    assert facets.title == "é" * 600


@pytest.mark.parametrize(
    ("operator", "day"), [("keep", date(2026, 5, 17)), ("generalise", date(2026, 5, 1)), ("drop", None)]
)
def test_a_day_of_the_hubs_own_goes_the_way_of_every_date(operator: str, day: date | None) -> None:
    pack = load_pack("partner").to_document()
    policy = parse_policy({**pack, "operators": {**pack["operators"], "DATE_TIME": operator}})
    assert coarsen_date(date(2026, 5, 17), policy, key=bytes(32), subject="case") == day
