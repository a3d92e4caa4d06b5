"""Statistics over cases that the caller may not list: his own tenant's, named as such, small cells suppressed."""

import pytest

from tests.api.test_reading import last_event

STATISTICS = """{ tenantStatistics {
  total leastShown kinds { value count } severities { value count }
} }"""
FACETS = "{ caseFacets { totalCount } }"


def cells(answer, name):
    return {cell["value"]: cell["count"] for cell in answer.data["tenantStatistics"][name]}


def test_another_team_learns_sums_of_many_and_none_of_few(ask, world):
    """Atlas has 12 predictions and two others; zephyr, whose only case is its own, may list that one alone."""
    answer = ask("dana", STATISTICS)
    kinds = cells(answer, "kinds")
    assert answer.data["tenantStatistics"]["leastShown"] == 5
    # Beside twelve predictions atlas has two cases of other kinds: the difference to the total would tell them.
    assert set(kinds.values()) == {None}
    assert all(count is None or count >= 5 for count in cells(answer, "severities").values())
    assert None in cells(answer, "severities").values()
    assert answer.data["tenantStatistics"]["total"] == 15
    assert ask("dana", FACETS).data["caseFacets"]["totalCount"] == 1
    assert last_event(world, "dana")[:2] == ("case.count", "allowed")


def test_whose_others_are_few_learns_no_total(ask):
    """All but one case of the tenant are atlas' own: that there is one more is zephyr's to say."""
    answer = ask("alice", STATISTICS)
    assert answer.data["tenantStatistics"]["total"] is None
    assert set(cells(answer, "kinds").values()) == {None}


@pytest.mark.parametrize("who", ["carol", "dave"])
def test_another_tenant_learns_of_its_own_alone(ask, who):
    answer = ask(who, STATISTICS)
    assert answer.data["tenantStatistics"]["total"] is None
    assert set(cells(answer, "kinds").values()) | set(cells(answer, "severities").values()) == {None}


def test_they_are_on_record_and_for_readers(ask, world):
    ask("dana", STATISTICS)
    assert last_event(world, "dana")[:2] == ("case.statistics", "allowed")
    assert ask("erin", STATISTICS).codes == ["NOT_AVAILABLE"]
    assert last_event(world, "erin") == ("case.statistics", "refused", "no_role")
