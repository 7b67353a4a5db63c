"""The settings of a repository on GitHub. Each says what it is and why, and is read, compared and written on its own."""
