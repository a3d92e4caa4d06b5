"""A verdict is on the current version, by somebody who wrote none of it."""

import pytest

from hub.catalog import queries, services
from hub.catalog.models.reviews import Verdict
from hub.catalog.services import NotIndependent
from hub.catalog.services.reviewing import NotReviewable
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.samples import draft, submitted


def test_verdicts(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["bob"]):
        services.review_case(case, number=1, verdict=Verdict.RETURN, note="Which queue?", reviewer="user:bob")
        assert case.status == "returned"
        services.edit_case(case, draft(summary="Sales."), author="user:second")
        assert case.status == "submitted"
        services.review_case(case, number=2, verdict=Verdict.ACCEPT, note="", reviewer="user:bob")
        assert case.status == "accepted"
        assert [(review.reviewer, review.verdict, review.note) for review in queries.reviews_of(case)] == [
            ("user:bob", "accept", ""),
            ("user:bob", "return", "Which queue?"),
        ]


def test_authors_of_any_part_are_refused(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        services.edit_case(case, draft(summary="Sales."), author="user:second")
        for author in (cast["alice"].person_key, "user:second"):
            with pytest.raises(NotIndependent):
                services.review_case(case, number=2, verdict=Verdict.ACCEPT, note="", reviewer=author)
        assert queries.reviews_of(case).count() == 0
        assert case.status == "submitted"


def test_what_is_no_longer_current_is_not_reviewed(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        services.edit_case(case, draft(summary="Sales."), author="user:second")
        for number in (0, 1, 3):
            with pytest.raises(NotReviewable):
                services.review_case(case, number=number, verdict=Verdict.ACCEPT, note="", reviewer="user:bob")
        services.withdraw_case(case)
        with pytest.raises(NotReviewable):
            services.review_case(case, number=2, verdict=Verdict.ACCEPT, note="", reviewer="user:bob")
