"""Generated files: their text, computed from a pipeline, and the difference from what is in the repository."""
