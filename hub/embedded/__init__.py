"""The PostgreSQL and Valkey that come with the package, and what they need: for commands, demo and tests."""
