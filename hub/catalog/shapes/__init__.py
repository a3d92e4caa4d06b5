"""The outside shapes of a case, each mapped to the one draft."""
