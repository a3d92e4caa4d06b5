"""The ways to change a case, each as one call: for asking who may and what follows."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

from hub.workflows import evidence, review, sensitivity, submission
from tenants.actors import Actor
from tests.catalog.samples import OWN

NEVER = UUID(int=7)
Step = Callable[[Actor, UUID], Any]


def changed(actor: Actor, case_id: UUID) -> Any:
    return submission.edit_case(actor, case_id=case_id, draft=OWN | {"title": "Changed"})


def withdrawn(actor: Actor, case_id: UUID) -> Any:
    return submission.withdraw_case(actor, case_id=case_id, reason="duplicate")


def noted(actor: Actor, case_id: UUID) -> Any:
    return evidence.add_evidence(actor, case_id=case_id, name="note", kind="notes", payload="seen")


def uploaded(actor: Actor, case_id: UUID) -> Any:
    return evidence.upload_evidence(
        actor, case_id=case_id, name="log", kind="logs", media_type="text/plain", stream=io.BytesIO(b"x")
    )


def tagged(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.tag_case(actor, case_id=case_id, add=['cwe:id="CWE-1"'])


def raised(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.raise_sensitivity(actor, case_id=case_id, tlp="RED")


def lowered(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.lower_sensitivity(actor, case_id=case_id, tlp="CLEAR", reason="published")


def restricted(actor: Actor, case_id: UUID) -> Any:
    return sensitivity.restrict_case(actor, case_id=case_id)


def reviewed(actor: Actor, case_id: UUID) -> Any:
    return review.review_case(actor, case_id=case_id, version=1, verdict="accept")


STEPS: dict[str, Step] = {
    step.__name__: step for step in (changed, withdrawn, noted, uploaded, tagged, raised, lowered, restricted, reviewed)
}
