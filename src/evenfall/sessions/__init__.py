"""The standard sessions, one module each; `standard` lists and declares them."""
