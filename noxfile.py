# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions] @ file:///${PROJECT_ROOT}"]
# ///
"""Every check of Evenfall, locally and in CI."""

import nox

import evenfall

evenfall.standard_sessions()
evenfall.release_sessions()


@nox.session(python="3.11", venv_backend="uv", default=False)
def bench(session: nox.Session) -> None:
    """Measure one part of docs/reference/benchmarks.md or differences.md: -- PART [ARGUMENT...]."""
    session.run_install(
        "uv", "sync", "--locked", "--no-default-groups", "--extra=sessions", "--group=test", "--group=bench"
    )
    session.run("python", "-m", "benchmarks.page", *session.posargs)


if __name__ == "__main__":
    nox.main()
