"""The access record over GraphQL."""
