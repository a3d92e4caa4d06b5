"""Who may review a case: nobody who wrote any part of what is reviewed."""

from collections.abc import Iterable


def is_independent(reviewer: str, authors: Iterable[str]) -> bool:
    """Whether a reviewer wrote none of the versions up to the one under review.

    A version carries on what earlier ones said, so the author of the first is no independent judge of the second.
    Keys are persons (`user:<uuid>`): two tokens of one person are one person.
    """
    return reviewer not in set(authors)
