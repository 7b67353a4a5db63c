from __future__ import annotations

import pytest

from evenfall.package_index.credentials import index_credentials, split_url

USER, WORD = "UV_INDEX_MY_INDEX_USERNAME", "UV_INDEX_MY_INDEX_PASSWORD"


@pytest.mark.parametrize(
    ("environ", "credentials"),
    [
        ({USER: "ada", WORD: "open"}, ("ada", "open")),
        ({WORD: "open"}, ("", "open")),
        ({USER: "", WORD: ""}, None),
        ({"UV_INDEX_OTHER_USERNAME": "ada"}, None),
    ],
)
def test_the_credentials_are_in_the_variables_of_uv(
    environ: dict[str, str], credentials: tuple[str, str] | None
) -> None:
    assert index_credentials("my-index", environ) == credentials


@pytest.mark.parametrize(
    ("user", "credentials"),
    [("", None), ("ada@", ("ada", "")), ("ada:a%2Fb@", ("ada", "a/b")), (":b@", ("", "b")), ("@", None)],
)
def test_a_url_is_split_from_its_credentials(user: str, credentials: tuple[str, str] | None) -> None:
    assert split_url(f"https://{user}index.test/simple/@1?a=b@c") == ("https://index.test/simple/@1?a=b@c", credentials)


def test_a_path_has_no_credentials() -> None:
    assert split_url("../a@b/c") == ("../a@b/c", None)
