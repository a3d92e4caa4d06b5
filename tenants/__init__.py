"""Who is asking: tenants, teams, people, tokens, and the walls between tenants."""
