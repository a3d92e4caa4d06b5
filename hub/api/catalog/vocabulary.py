"""The closed vocabularies of cases as GraphQL enums."""

from enum import Enum

import strawberry

from hub.sharing.shapes import CaseOrder as Order


@strawberry.enum(description="What sort of failure is under study.")
class CaseKind(Enum):
    """The kinds of cases."""

    INCIDENT = "incident"
    HAZARD = "hazard"
    EXERCISE = "exercise"
    VULNERABILITY = "vulnerability"
    EVALUATION = "evaluation"
    PREDICTION = "prediction"
    LABEL_ERROR = "label_error"
    AGENT_TRACE = "agent_trace"
    DISENGAGEMENT = "disengagement"
    BUG = "bug"


@strawberry.enum(description="How bad it was.")
class SeverityLabel(Enum):
    """From least to most."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@strawberry.enum(description="What the data is, from public to restricted.")
class DataClass(Enum):
    """From least to most sensitive."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


@strawberry.enum(description="Who may have it, by the Traffic Light Protocol 2.0.")
class Tlp(Enum):
    """From least to most narrow."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


@strawberry.enum(
    description="How a list of cases is ordered; ties go by the case, newest first. RELEVANCE needs `filter.text`."
)
class CaseOrder(Enum):
    """The orders of a list."""

    NEWEST = Order.NEWEST.value
    OLDEST = Order.OLDEST.value
    SEVERITY = Order.SEVERITY.value
    OCCURRED = Order.OCCURRED.value
    RELEVANCE = Order.RELEVANCE.value


def member(vocabulary: type[Enum], value: object) -> Enum | None:
    """The member of a vocabulary, or None for what redaction has turned into something else."""
    try:
        return vocabulary(value)
    except ValueError:
        return None


@strawberry.enum(description="A reviewer's answer.")
class ReviewVerdict(Enum):
    """Accept, or return to the owner."""

    ACCEPT = "accept"
    RETURN = "return"
