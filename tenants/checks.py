"""System checks that refuse to run on an unsafe database."""
