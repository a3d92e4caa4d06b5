"""Escalation rules by name: policies of the two-person lifecycle, under the name that escalation gives them."""

from hub.lifecycle.models import Policy


class EscalationRule(Policy):
    """A policy whose versions are escalation rules; no table of its own.

    Sensitivity: internal. Retention: as the policy.
    """

    class Meta:
        proxy = True
