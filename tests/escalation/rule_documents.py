"""Rules as the tests of escalation write them, and the way to have one govern."""

from typing import Any
from uuid import UUID

from hub.escalation.models import RuleMatch
from hub.lifecycle.models import PolicyKind
from hub.workflows.outcomes import PolicyAnswer
from hub.workflows.policy import activate_policy, draft_policy, propose_policy
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.submitting import backstage


def rule(**changes: Any) -> dict[str, Any]:
    """A rule that opens a ticket for each severe case of a model."""
    return {
        "title": "Severe failure of a model", "condition": "severity >= HIGH", "cluster": ["model"],
        "cool_down": "PT0S", **changes,
    }  # fmt: skip


def govern(cast: Cast, document: dict[str, Any], slug: str = "severe") -> UUID:
    """Olga drafts and proposes, Omar activates."""
    olga, omar = cast["olga"], cast["omar"]
    with acting_as(olga):
        drafted = draft_policy(olga, kind=PolicyKind.ESCALATION_RULE, slug=slug, document=document)
        assert isinstance(drafted, PolicyAnswer), drafted
        propose_policy(olga, version_id=drafted.version_id)
    with acting_as(omar):
        active = activate_policy(omar, version_id=drafted.version_id)
    assert isinstance(active, PolicyAnswer)
    assert active.state == "active"
    return drafted.version_id


def severe(number: int, **facts: Any) -> dict[str, Any]:
    """A change of the sample that makes it a severe case of assist-chat."""
    return {
        "source_id": f"e-{number}",
        "facts": {
            "kind": "incident", "model": {"name": "assist-chat", "version": "4.2"}, "severity": {"label": "high"},
            **facts,
        },
    }  # fmt: skip


def outcomes(cast: Cast) -> list[str]:
    """What rules have made of the log, in its order."""
    with backstage(cast):
        return list(RuleMatch.objects.order_by("trigger__position", "pk").values_list("outcome", flat=True))
