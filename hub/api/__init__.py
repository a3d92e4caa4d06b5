"""The GraphQL door: it translates requests into workflows and their answers into types, and decides nothing."""
