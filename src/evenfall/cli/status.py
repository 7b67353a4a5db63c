"""`evenfall` without a verb."""


def status() -> None:
    """Placeholder."""
