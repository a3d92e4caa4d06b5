"""Cases over GraphQL."""
