"""Secrets in the git history and the work tree: where they are and which are in the baseline, but never their values."""
