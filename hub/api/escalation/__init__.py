"""Remediation tickets and the release gate over GraphQL."""
