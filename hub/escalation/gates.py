"""The release gate as logic: a verdict made from its inputs alone, signed, and verified without the hub."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .conditions import ConditionError, compile_condition

ALLOW, PAUSE = "allow", "pause"
FORMAT = "caseward-gate-1"
DONE = ("resolved", "closed")


class GateError(ValueError):
    """A verdict does not hold: it was changed, or another key signed it."""


def decide_gate(inputs: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """The verdict, and each pause that stands with the cases that hold it; from the inputs and nothing else."""
    standing = []
    for pause in inputs["pauses"]:
        if pause["ticket_state"] in DONE or pause["waiver"]:
            continue
        cases = [case["id"] for case in pause["cases"] if _holds(pause["condition"], case["facts"])]
        if cases:
            standing.append({"pause": pause["id"], "ticket": pause["ticket"], "cases": cases})
    return (PAUSE if standing else ALLOW), standing


def _holds(condition: str, facts: Mapping[str, Any]) -> bool:
    """Whether a case still holds a pause; what cannot be told holds it."""
    if facts["status"] == "withdrawn":
        return False
    try:
        return compile_condition(condition).holds(facts)
    except ConditionError:
        return True


def canonical(document: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted keys and no blanks."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def digest_of(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of the inputs, which stands in what is signed."""
    return hashlib.sha256(canonical(inputs)).hexdigest()


def sign(statement: Mapping[str, Any], seed: str) -> str:
    """The Ed25519 signature in base64."""
    return base64.b64encode(_private(seed).sign(canonical(statement))).decode()


def public_key(seed: str) -> str:
    """The key that verifies, in base64; not a secret."""
    raw = _private(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def verify(statement: Mapping[str, Any], signature: str, key: str) -> None:
    """Raise GateError unless this key signed exactly this statement."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key, validate=True))
        public.verify(base64.b64decode(signature, validate=True), canonical(statement))
    except (ValueError, InvalidSignature):
        raise GateError("The signature does not hold: the verdict was changed, or another key signed it.") from None


def reproduce(statement: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
    """Raise GateError unless the signed verdict follows from these inputs, and these are the ones it was made from."""
    if digest_of(inputs) != statement["inputs_digest"]:
        raise GateError("These are not the inputs that the verdict was made from.")
    if decide_gate(inputs)[0] != statement["verdict"]:
        raise GateError("The verdict does not follow from its inputs.")


def _private(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
