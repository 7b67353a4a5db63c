"""Secrets in a repository: where they are, and which of them are accepted; never what they are."""
