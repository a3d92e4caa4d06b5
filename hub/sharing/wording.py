"""Free text over redacted text: what is searched for, how well a case fits, and where the words stand."""

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db.models import F, IntegerField, Value
from django.db.models.expressions import Combinable, Func
from django.db.models.functions import Cast

CONFIG = "english"
# Around what was found. They stand in Unicode's private use, where texts of people have nothing.
HIT_BEGINS, HIT_ENDS = "\ue000", "\ue001"
BETWEEN_STRETCHES = " … "
MOST_STRETCHES = 3


def search_query(text: str) -> SearchQuery:
    """What somebody typed, read as search engines do: quoted phrases, `or`, and `-` for what must not be there."""
    return SearchQuery(text, config=CONFIG, search_type="websearch")


def relevance(text: str) -> Combinable:
    """How well a case fits, as a whole number from 0 to a million, so that a cursor can say it exactly."""
    # 1: a long text is not better for being long. 32: the rank lies between 0 and 1.
    rank = SearchRank(F("search_vector"), search_query(text), normalization=Value(1 | 32), cover_density=True)
    return Cast(Func(rank * Value(1_000_000.0), function="floor"), IntegerField())


def headline(text: str) -> SearchHeadline:
    """The stretches of a case's redacted text that hold what was searched for."""
    return SearchHeadline(
        "search_text",
        search_query(text),
        config=CONFIG,
        start_sel=HIT_BEGINS,
        stop_sel=HIT_ENDS,
        max_words=24,
        min_words=8,
        max_fragments=MOST_STRETCHES,
        fragment_delimiter=BETWEEN_STRETCHES,
    )
