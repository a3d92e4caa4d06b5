"""Settings: `production` for servers, `local` for one machine with its own embedded servers, `testing` for the tests."""
