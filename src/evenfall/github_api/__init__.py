"""GitHub's API: the repository of a project, a client, and its errors."""
