"""Under which licences the locked packages are, and whether a policy takes them."""
