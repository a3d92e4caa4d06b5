"""Feeds: what leaves the record by itself, to witnesses of its checkpoints and to systems that collect events."""
