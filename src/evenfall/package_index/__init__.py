"""Package indexes: HTTP, and the pages of the simple repository API."""
