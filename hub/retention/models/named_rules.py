"""Retention rules by name: policies of the two-person lifecycle, under the name that retention gives them."""

from hub.lifecycle.models import Policy


class RetentionRule(Policy):
    """A policy whose versions are retention rules; no table of its own.

    Sensitivity: internal. Retention: as the policy.
    """

    class Meta:
        proxy = True
