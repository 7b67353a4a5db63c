"""The mirror: every cell in a room of its own, under a runner's conditions, with the verdict that CI would give."""
