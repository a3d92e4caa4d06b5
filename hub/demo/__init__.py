"""The demo's own material: cases of our own writing, values planted in them anew each run, and the search for leaks."""
