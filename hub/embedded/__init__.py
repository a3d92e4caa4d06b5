"""The PostgreSQL and Valkey that come with the package, and the environment they need: for commands, the demo and tests."""
