"""The one place that runs git: the user's repository, snapshots of it, and temporary views that leave it untouched."""
