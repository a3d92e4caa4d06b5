"""Why a projection is withheld: a closed list of codes, and what officers are told about each."""

from redaction.findings import REASONS as DETECTION_REASONS

ATTEMPTS_EXHAUSTED = "attempts_exhausted"
DISPOSED = "disposed"
KEY_UNAVAILABLE = "key_unavailable"
POLICY_UNUSABLE = "policy_unusable"
RAW_UNAVAILABLE = "raw_unavailable"
SECOND_LOOK = "second_look"

REASONS: dict[str, str] = {
    **DETECTION_REASONS,
    ATTEMPTS_EXHAUSTED: "building was begun five times and never finished; look at the workers, then build it again",
    DISPOSED: "its retention is over: it was deleted under a rule, and the certificate says which",
    KEY_UNAVAILABLE: "the audience's key is deleted or does not open; nothing can be made for this audience",
    POLICY_UNUSABLE: "the profile's policy cannot be read by this version of the hub; activate a corrected version",
    RAW_UNAVAILABLE: "the raw text of the case is gone, so nothing new can be made from it",
    SECOND_LOOK: "a sensitive value was still there after redaction; the case needs a person",
}

# What an officer can do, by reason; the owner team alone may read and edit the case.
STEPS: dict[str, str] = {
    SECOND_LOOK: "Ask the owner team to reword or remove what is sensitive in the parts that Where names, and to edit"
    " the case: its next version is built by itself. Or let a policy version drop those parts.",
    KEY_UNAVAILABLE: "Revoke what is shared with this audience and issue a new grant.",
    POLICY_UNUSABLE: "Draft a version of the profile that this hub can read, and let a second officer activate it.",
    RAW_UNAVAILABLE: "Nothing: it was deleted, or the owner team has to submit the case again.",
    DISPOSED: "Nothing: its time was over.",
    ATTEMPTS_EXHAUSTED: "Ask who runs the hub to look at the workers' logs. An edit of the case, or a new policy"
    " version, has it built again.",
    "undecodable": "Ask the owner team to replace what is no text, number, list or map, and to edit the case.",
    "language": "Let a policy version say what becomes of such text, or ask the owner team for a translation.",
}
_BY_SIZE = "Ask the owner team to shorten the part that Where names, or to split it over cases, and to edit the case."
_BY_FAULT = "Ask who runs the hub to look at the workers' logs; an edit of the case has it built again."
STEPS |= dict.fromkeys(("oversized", "too_deep", "timeout", "memory"), _BY_SIZE)
STEPS |= dict.fromkeys(("detector_failed", "incomplete", "process_failed"), _BY_FAULT)


def next_step(code: str) -> str:
    """What can be done about a code."""
    return STEPS.get(code, _BY_FAULT)


def explain(code: str) -> str:
    """The sentence for a code."""
    return REASONS.get(code, "the projection could not be built")
