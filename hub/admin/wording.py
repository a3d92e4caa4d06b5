"""Plain words for codes: why something was refused, what an action or a track of retention is called."""

from hub.retention.rules import Track

TRACKS: dict[str, str] = {
    Track.RAW_EVIDENCE: "Raw evidence",
    Track.RAW_TEXT: "Raw text",
    Track.PROJECTION: "Projections",
    Track.SUMMARY: "Summaries",
    Track.DELIVERY: "Delivered messages",
    Track.ACCESS_EVENT: "Personal values of events",
}

REFUSALS = {
    "same_person": "You wrote or edited this yourself. Somebody else has to decide it.",
    "needs_operator": "Only the operator of the platform makes officers and administrators.",
    "self_approval": "You wrote or issued this yourself. Somebody else has to decide it.",
    "not_proposed": "This does not wait for a decision (any more).",
    "not_draft": "This is not a draft any more, so it cannot be changed. Begin a new draft.",
    "decided": "This has been decided already.",
    "no_signing_key": "The gate has no signing key on this hub, so it does not answer. GATE_SIGNING_SEED sets one.",
    "stale": "Another version became active after this one was begun. Begin a new draft on top of that one.",
    "undecided": "Some places are not decided yet. Decide about each of them first.",
    "ended": "This has been decided already.",
    "not_standing": "This hold is released, or its release waits for a decision already.",
    "no_role": "Your role does not include this.",
    "other_tenant": "Not available.",
    "not_available": "Not available.",
    "unknown": "Not available.",
    "no_tenant": "Choose the organisation you act in first.",
    "not_a_member": "Not available.",
    "disabled": "This destination is disabled.",
    "not_dead": "This is no dead letter (any more).",
    "not_paused": "This is not paused (any more).",
    "answered": "This has been answered already.",
    "read_only": "This page only shows; use one of its buttons to change something.",
}


def refusal_in_words(basis: str) -> str:
    """What to tell somebody whose step was refused."""
    if basis.startswith("scope_missing:"):
        return "Your sign-in does not include this."
    return REFUSALS.get(basis, f"This was refused ({basis.replace('_', ' ')}).")


def action_in_words(action: str) -> str:
    """`break_glass.open` as "Break glass: open"."""
    subject, _, verb = action.partition(".")
    words = subject.replace("_", " ").capitalize()
    return f"{words}: {verb.replace('_', ' ')}" if verb else words
