"""Under which licenses the locked packages are, and whether a policy takes them."""
