"""Small cells are suppressed, and so are those that a difference would give away."""

from itertools import product

import pytest

from hub.sharing.suppression import may_show_total, shown_cells


@pytest.mark.parametrize(
    ("_case", "hidden", "shown"),
    [
        ("nothing small", {"a": 5, "b": 9}, {"a", "b"}),
        ("one small cell takes the next smallest with it", {"a": 3, "b": 9, "c": 7}, {"b"}),
        ("two small cells that are enough together", {"a": 3, "b": 2, "c": 7}, {"c"}),
        ("two small cells that are not", {"a": 1, "b": 2, "c": 7, "d": 8}, {"d"}),
        ("none is a small cell too", {"a": 0, "b": 9}, set()),
        ("only small ones", {"a": 1, "b": 1}, set()),
        ("nothing", {}, set()),
    ],
)
def test_what_is_shown(_case, hidden, shown):
    assert shown_cells(hidden) == shown


def test_no_small_cell_follows_from_the_total():
    """For every table of three cells: what the shown cells leave of the total is two cells and five, or none."""
    for sizes in product(range(9), repeat=3):
        hidden = dict(zip("abc", sizes, strict=True))
        shown = shown_cells(hidden)
        assert all(hidden[cell] >= 5 for cell in shown)
        left = [hidden[cell] for cell in hidden if cell not in shown]
        if may_show_total(hidden):
            assert not left or (len(left) >= 2 and sum(left) >= 5), hidden
        else:
            assert not shown
