"""The licenses of the locked packages, and the project's policy for them."""
