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


def explain(code: str) -> str:
    """The sentence for a code."""
    return REASONS.get(code, "the projection could not be built")
