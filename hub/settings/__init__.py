"""Settings: `production` for servers, `local` for one machine with embedded servers, `testing` for the tests."""
