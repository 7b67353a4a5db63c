"""The settings of the repository on GitHub: what they must be, what they are, and how to change them."""
