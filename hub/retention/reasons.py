"""Why an item is kept: a closed list of codes, and the sentence that follows "kept because"."""

NO_RULE = "no_rule"
NOT_DUE = "not_due"
CLOCK_NOT_STARTED = "clock_not_started"
UNSEEN_RULE = "unseen_rule"
NOT_ARCHIVED = "not_archived"
NO_SUMMARY = "no_summary"
HELD = "held"
GONE = "gone"
CHANGED = "changed"

REASONS: dict[str, str] = {
    NO_RULE: "no rule of its track matches it",
    NOT_DUE: "its time is not over",
    CLOCK_NOT_STARTED: "its clock has not started: the case is not closed",
    UNSEEN_RULE: "nobody has confirmed a dry run of its rule yet",
    NOT_ARCHIVED: "its rule archives it first, and that has not happened: there is no archive, or it did not answer",
    NO_SUMMARY: "its rule keeps the redacted summary, and there is none yet",
    HELD: "a legal hold stands on its case",
    GONE: "it was not there any more when the run came to it",
    CHANGED: "it changed after it was listed",
}


def explain(code: str) -> str:
    """The sentence for a code."""
    return REASONS.get(code, code)
