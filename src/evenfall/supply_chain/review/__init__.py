"""The differences between two locks, and findings about them for the reviewer of a change."""
