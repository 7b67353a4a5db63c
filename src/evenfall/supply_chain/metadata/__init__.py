"""The metadata of locked packages, from an environment, a folder or the index."""
