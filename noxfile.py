# /// script
# requires-python = ">=3.11"
# dependencies = ["nox==2026.10.20", "evenfall[sessions]"]
#
# [tool.uv.sources]
# evenfall = { path = ".", editable = true }
# ///
"""Every check that Evenfall has, for this machine and for CI alike."""

import nox

import evenfall

evenfall.standard_sessions()

if __name__ == "__main__":
    nox.main()
