"""Writes of the escalation layer."""
