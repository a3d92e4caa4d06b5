"""Near-duplicates among what a reader may see: how many runs of words two redacted texts have in common."""

import re
from dataclasses import dataclass

from django.contrib.postgres.search import SearchRank
from django.db.models import F
from django.db.models.functions import Left

from tenants.actors import Actor

from .access import visible_projections
from .shapes import CaseFilter, CaseOrder, PageRequest, SharedCase, read_page
from .wording import search_query

SHINGLE_WORDS = 3
# What comes first in a case is what it is about; so much of each text is compared.
COMPARED_CHARACTERS = 8_000
MOST_CANDIDATES = 200
MOST_WORDS = 24
LEAST_SIMILARITY = 0.05

_WORD = re.compile(r"[^\W_]{2,}")


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A case, and how similar its text is: 1 is equal, 0 has nothing in common."""

    shared: SharedCase
    similarity: float


def shingles(text: str) -> frozenset[str]:
    """The runs of three words in a text; of a shorter one, its words together."""
    words = _WORD.findall(text.casefold())
    runs = {" ".join(words[start : start + SHINGLE_WORDS]) for start in range(len(words) - SHINGLE_WORDS + 1)}
    return frozenset(runs or ({" ".join(words)} if words else set()))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The part that two sets have in common."""
    return len(one & other) / len(one | other) if one or other else 0.0


def find_similar(actor: Actor, public_id: str, size: int) -> list[SimilarCase] | None:
    """The cases most similar to one, best first; None where the reader does not see that one."""
    seen = visible_projections(actor)
    source = seen.filter(public_id=public_id).values_list("pk", Left("search_text", COMPARED_CHARACTERS)).first()
    if source is None:
        return None
    query = search_query(" or ".join(_telling_words(source[1])))
    candidates = (
        seen.filter(search_vector=query)
        .exclude(pk=source[0])
        .annotate(fit=SearchRank(F("search_vector"), query))
        .order_by("-fit", "-case_id")
        .values_list("public_id", Left("search_text", COMPARED_CHARACTERS))[:MOST_CANDIDATES]
    )
    wanted = shingles(source[1])
    compared = [(round(jaccard(wanted, shingles(text)), 3), found_id) for found_id, text in candidates]
    compared = [(value, found_id) for value, found_id in compared if value >= LEAST_SIMILARITY]
    best = {found_id: value for value, found_id in sorted(compared, reverse=True)[:size]}
    if not best:
        return []
    rows = read_page(actor, CaseFilter(public_ids=tuple(best)), CaseOrder.NEWEST, PageRequest(first=len(best))).rows
    return sorted(
        (SimilarCase(row, best[row.public_id]) for row in rows),
        key=lambda found: (-found.similarity, found.shared.public_id),
    )


def _telling_words(text: str) -> list[str]:
    """Words to look for candidates by: the longest ones, since rare words are long more often than short ones."""
    words = dict.fromkeys(_WORD.findall(text.casefold()))
    # Digits and operators of a search would be read as something else.
    usable = [word for word in words if word.isalpha() and word not in {"or", "and", "not"}]
    return sorted(usable, key=lambda word: (-len(word), word))[:MOST_WORDS]
