"""Tags keep who set them; levels rise by findings and fall by an officer's reason; restriction names people."""

import pytest

from hub.catalog import queries, services
from hub.catalog.models import Case, CaseGroupObjectPermission, CaseText, CaseUserObjectPermission, CaseVersion
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.catalog.samples import submitted


def test_a_tag_that_stays_keeps_who_set_it(cast: Cast) -> None:
    case = submitted(cast, tags=("a:one", "a:two"))
    with acting_as(cast["alice"]):
        assert services.set_tags(case, ["a:two", "a:three"], set_by="user:second", reason="tidied")
        assert [(row.tag, row.set_by, row.reason) for row in queries.tags_of(case)] == [
            ("a:three", "user:second", "tidied"),
            ("a:two", cast["alice"].person_key, ""),
        ]
        assert not services.set_tags(case, ["a:three", "a:two", "a:two"], set_by="user:third")


def test_tags_of_levels_raise_and_their_absence_lowers_nothing(cast: Cast) -> None:
    case = submitted(cast, tags=("tlp:amber", "a:one"))
    with acting_as(cast["alice"]):
        assert services.set_tags(case, ["a:one", "tlp:red", "data-class:public"], set_by="user:second")
        assert (case.data_class, case.tlp) == ("internal", "RED")
        assert not services.set_tags(case, ["a:one"], set_by="user:second")
        assert [row.tag for row in queries.tags_of(case)] == ["a:one", "tlp:red"]


@pytest.mark.parametrize(
    ("data_class", "tlp", "changed", "levels"),
    [
        ("confidential", None, True, ("confidential", "AMBER")),
        ("public", "CLEAR", False, ("internal", "AMBER")),
        ("internal", "AMBER", False, ("internal", "AMBER")),
        (None, "AMBER+STRICT", True, ("internal", "AMBER+STRICT")),
        ("restricted", "GREEN", True, ("restricted", "AMBER")),
    ],
)
def test_raising(cast: Cast, data_class: str | None, tlp: str | None, changed: bool, levels: tuple[str, str]) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        assert services.raise_sensitivity(case, data_class=data_class, tlp=tlp, set_by="system:x") is changed
        assert (case.data_class, case.tlp) == levels
        stored = Case.objects.get(pk=case.pk)
        assert (stored.data_class, stored.tlp) == levels


def test_lowering_needs_a_reason_and_goes_down_only(cast: Cast) -> None:
    case = submitted(cast, tags=("data-class:restricted", "tlp:red"))
    with acting_as(cast["olga"]):
        for levels, reason in (({"tlp": "GREEN"}, " "), ({"data_class": "internal", "tlp": "RED"}, "")):
            with pytest.raises(ValueError, match="needs a reason"):
                services.lower_sensitivity(case, **levels, set_by="user:olga", reason=reason)
        assert services.lower_sensitivity(case, tlp="GREEN", set_by="user:olga", reason="published by us")
        with pytest.raises(ValueError, match="does not raise"):
            services.lower_sensitivity(case, tlp="AMBER", set_by="user:olga", reason="back")
        assert [(row.tag, row.set_by, row.reason) for row in queries.tags_of(case)] == [
            ("data-class:restricted", cast["alice"].person_key, "stated by the owner"),
            ("tlp:green", "user:olga", "published by us"),
        ]


def readable(cast: Cast, who: str) -> tuple[int, int, int]:
    """Rows of cases, versions and texts that somebody sees."""
    with acting_as(cast[who]):
        return Case.objects.count(), CaseVersion.objects.count(), CaseText.objects.count()


def test_a_restricted_case_is_read_by_who_is_named(cast: Cast) -> None:
    case = submitted(cast)
    assert readable(cast, "bob") == (1, 1, 1)
    with acting_as(cast["alice"]):
        services.restrict_case(case, [])
    # The author stays named; her team-mate is not, and sees that there is a case and nothing of it.
    assert readable(cast, "alice") == (1, 1, 1)
    assert readable(cast, "bob") == (1, 0, 0)
    assert readable(cast, "dana") == (0, 0, 0)
    with acting_as(cast["alice"]):
        services.restrict_case(case, [cast.user("dana").pk])
    assert readable(cast, "dana") == (1, 1, 1)
    assert readable(cast, "bob") == (1, 0, 0)
    with acting_as(cast["alice"]):
        assert queries.is_named(case, cast.user("dana").pk)
        assert not queries.is_named(case, cast.user("bob").pk)
        services.unrestrict_case(case)
        assert CaseUserObjectPermission.objects.count() == 0
    assert readable(cast, "bob") == (1, 1, 1)
    assert readable(cast, "dana") == (0, 0, 0)


def test_a_named_team_reads(cast: Cast) -> None:
    case = submitted(cast)
    with acting_as(cast["alice"]):
        services.restrict_case(case, [], [cast.team("acme/zephyr").pk])
        assert {row.permission.codename for row in CaseGroupObjectPermission.objects.all()} == {"read_raw"}
        assert queries.is_named(case, cast.user("rita").pk)
    assert readable(cast, "rita") == (1, 1, 1)
    assert readable(cast, "bob") == (1, 0, 0)
    assert readable(cast, "olga") == (1, 1, 0)
