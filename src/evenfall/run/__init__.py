"""The mirror: every job in a sandbox of its own, under a runner's conditions, with the result that CI would give."""
