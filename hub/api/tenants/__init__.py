"""The caller and his tokens over GraphQL."""
