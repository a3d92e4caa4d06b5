"""Grants, requests for access and policies over GraphQL."""
