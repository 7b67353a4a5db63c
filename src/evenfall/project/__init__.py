"""What the repository declares: `pyproject.toml` and `uv.lock`, read once into a `Project`, and the tools that read them."""
