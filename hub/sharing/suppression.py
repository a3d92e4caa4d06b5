"""Which cells of a count may be shown so that nobody can tell a few from none: plain arithmetic, no database."""

from collections.abc import Mapping

LEAST_SHOWN = 5


def shown_cells(hidden: Mapping[str, int], least: int = LEAST_SHOWN) -> frozenset[str]:
    """The cells whose hidden part is not small, and whose showing gives no small one away.

    A cell under `least` is suppressed, and so is none at all: that there is nothing is a finding too. Whoever knows the
    total could subtract the shown cells from it, so what is suppressed is at least two cells and at least `least`
    together; the smallest of the others are suppressed along with them until it is.
    """
    by_size = sorted(hidden, key=lambda cell: (hidden[cell], cell))
    suppressed = [cell for cell in by_size if hidden[cell] < least]
    others = [cell for cell in by_size if hidden[cell] >= least]
    while suppressed and others and (len(suppressed) < 2 or sum(hidden[cell] for cell in suppressed) < least):
        suppressed.append(others.pop(0))
    return frozenset(others)


def may_show_total(hidden: Mapping[str, int], least: int = LEAST_SHOWN) -> bool:
    """Whether the sum over all cells may be shown."""
    return sum(hidden.values()) >= least
