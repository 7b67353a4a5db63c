from __future__ import annotations

import pytest

from evenfall.package_index.credentials import index_credentials


@pytest.mark.parametrize(
    ("environ", "credentials"),
    [
        ({"UV_INDEX_MY_INDEX_USERNAME": "me", "UV_INDEX_MY_INDEX_PASSWORD": "sesame"}, ("me", "sesame")),
        ({"UV_INDEX_MY_INDEX_PASSWORD": "sesame"}, ("", "sesame")),
        ({"UV_INDEX_MY_INDEX_USERNAME": "", "UV_INDEX_MY_INDEX_PASSWORD": ""}, None),
        ({"UV_INDEX_OTHER_USERNAME": "me"}, None),
    ],
)
def test_the_credentials_are_in_the_variables_of_uv(
    environ: dict[str, str], credentials: tuple[str, str] | None
) -> None:
    assert index_credentials("my-index", environ) == credentials
