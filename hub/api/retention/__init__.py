"""GraphQL of retention."""
