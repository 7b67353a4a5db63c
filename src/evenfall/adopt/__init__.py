"""Adopting Evenfall in a project: what to write, what is kept, and what the kept lacks."""
