from __future__ import annotations

from tests.github_api.conftest import admin_client, api, fake, settings_server

__all__ = ["admin_client", "api", "fake", "settings_server"]
