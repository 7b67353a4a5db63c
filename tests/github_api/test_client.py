from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from evenfall.errors import EvenfallError, Exit
from evenfall.github_api.client import GitHubApi, quoted
from evenfall.github_api.errors import DeniedError, RejectedError
from evenfall.github_api.repository import GitHubRepository
from evenfall.github_api.retry import RETRIES, Waiting
from tests.github_api.fake_github import FakeGitHub
from tests.github_api.scripted_server import Answer, ScriptedServer, scripted_server

pytestmark = pytest.mark.integration

Json = dict[str, Any]
TOKEN = "gho_" + "planted" * 5
NOW = 1_800_000_000
UNPRINTABLE = "a\nb\x1b"


class Clock:
    """A clock that a pause sets forward, and the lines about the pauses."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.lines: list[str] = []

    def waiting(self, limit: float) -> Waiting:
        return Waiting(
            limit=limit,
            progress=self.lines.append,
            sleep=self.pauses.append,
            clock=lambda: NOW + sum(self.pauses),
        )


@pytest.fixture(scope="module")
def one_server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def server(one_server: ScriptedServer) -> ScriptedServer:
    one_server.script()
    return one_server


@pytest.fixture
def clock() -> Clock:
    return Clock()


Connect = Callable[..., GitHubApi]


@pytest.fixture
def connect(server: ScriptedServer, clock: Clock) -> Iterator[Connect]:
    """Return a function that returns a client which may wait some seconds."""
    clients: list[GitHubApi] = []

    def new(limit: float = 0, api: str = server.address, token: str = TOKEN) -> GitHubApi:
        repository = GitHubRepository(name="lamps/lamp", api=api, token=token)
        clients.append(GitHubApi(repository, clock.waiting(limit)))
        return clients[-1]

    yield new
    for client in clients:
        client.__exit__(None, None, None)


def error_of(call: Callable[[], object]) -> EvenfallError:
    """Return the error of a call, which never has the token."""
    with pytest.raises(EvenfallError) as caught:
        call()
    assert TOKEN not in f"{caught.value} {caught.value!r} {vars(caught.value)}"
    return caught.value


def test_a_path_belongs_to_the_repository_or_to_the_whole_api(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer())
    api = connect()
    for path in ("", f"branches/{quoted('a/b?')}", "/user", f"{server.address}/uploads"):
        api.get(path, Json)
    repository = "GET /repos/lamps/lamp"
    assert server.lines == [repository, f"{repository}/branches/a%2Fb%3F", "GET /user", "GET /uploads"]


@pytest.mark.parametrize("name", [".", "..", "../..", "a/b", "a?b#c", "%2E%2E", "ä b"])
def test_a_name_is_one_part_of_a_path(fake: FakeGitHub, api: GitHubApi, name: str) -> None:
    fake.add_environment(name)
    assert api.get(f"environments/{quoted(name)}", Json)["name"] == name


def test_every_request_has_the_token_and_the_version_of_the_api(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer())
    with connect() as api:
        api.put("environments/pypi", {"wait_timer": 5})
    (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["x-github-api-version"]
    assert request.headers["accept"] == "application/vnd.github+json"
    assert json.loads(request.content) == {"wait_timer": 5}


def test_without_a_token_no_header_has_one(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer())
    connect(token="").post("pulls/1/reviews")
    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].content == b""


class Check(msgspec.Struct, frozen=True):
    name: str


def test_a_thousand_checks_on_ten_pages(fake: FakeGitHub, api: GitHubApi) -> None:
    for number in range(1000):
        fake.add_check_run(f"check {number}")
    found = api.get_all("commits/main/check-runs", Check, key="check_runs", permission="checks: read")
    assert [check.name for check in found] == [f"check {number}" for number in range(1000)]
    assert len(fake.calls) == 10


def test_the_items_of_lists_and_of_filtered_lists_are_those_of_all_pages(fake: FakeGitHub, api: GitHubApi) -> None:
    for number in range(250):
        fake.add_ruleset(name=str(number))
    assert len(api.get_all("rulesets?includes_parents=false", Json)) == 250
    assert len(fake.calls) == 3


def page(*names: str, total: int = 0, next_page: str = "", is_cut: bool = False) -> Answer:
    content = {"total_count": total or len(names), "check_runs": [{"name": name} for name in names]}
    headers = {"Link": f'<{next_page}>; rel="next", <{next_page}>; rel="last"'} if next_page else {}
    return Answer(content=json.dumps(content).encode(), headers=headers, is_cut=is_cut)


def checks(api: GitHubApi) -> tuple[Check, ...]:
    return api.get_all("checks", Check, key="check_runs")


@pytest.mark.parametrize(
    "last",
    [
        page("b", total=2, is_cut=True),
        Answer(content=b'{"total_count": 2, "check_runs": [{"name"'),
        Answer(content=b'{"total_count": 2}'),
        Answer(content=b'{"total_count": 2, "check_runs": []}'),
        Answer(content=b'{"total_count": "2", "check_runs": []}'),
        Answer(content=b'{"total_count": 2, "check_runs": [{"title": "b"}]}'),
        Answer(content=b"<html>"),
        Answer(content=b"[" * 100_000),
        Answer(status=500),
    ],
)
def test_a_broken_page_is_inconclusive_and_never_a_short_list(
    server: ScriptedServer, connect: Connect, last: Answer
) -> None:
    server.script(page("a", total=2, next_page=f"{server.address}/next"), last)
    assert error_of(lambda: checks(connect())).exit_code == Exit.UNKNOWN


def test_pages_that_have_no_end_are_inconclusive(server: ScriptedServer, connect: Connect) -> None:
    server.script(page("a", next_page=f"{server.address}/next"))
    assert error_of(lambda: checks(connect())).exit_code == Exit.UNKNOWN
    assert len(server.requests) == 2


def test_a_page_of_another_server_is_not_requested(server: ScriptedServer, connect: Connect) -> None:
    with scripted_server() as other:
        other.script(page("b"))
        server.script(page("a", next_page=f"{other.address}/next"))
        assert error_of(lambda: checks(connect())).exit_code == Exit.UNKNOWN
        assert other.requests == []


@pytest.mark.parametrize(
    ("status", "message", "kind", "code"),
    [
        (401, "Bad credentials", DeniedError, Exit.USAGE),
        (403, "Resource not accessible by integration", DeniedError, Exit.USAGE),
        (404, "Not Found", DeniedError, Exit.USAGE),
        (422, "Validation Failed", RejectedError, Exit.USAGE),
        (304, "", EvenfallError, Exit.UNKNOWN),
        (409, "Conflict", EvenfallError, Exit.UNKNOWN),
        (418, "I'm a teapot", EvenfallError, Exit.UNKNOWN),
        (500, "oops", EvenfallError, Exit.UNKNOWN),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_each_status_has_its_error(
    server: ScriptedServer,
    connect: Connect,
    status: int,
    message: str,
    kind: type[EvenfallError],
    code: Exit,
    method: str,
) -> None:
    server.script(Answer(status=status, content=json.dumps({"message": message}).encode()))
    error = error_of(lambda: connect().request(method, "rulesets", permission="administration: write"))
    assert (type(error), error.exit_code) == (kind, code)
    assert message in error.message
    assert ("administration: write" in error.hint) is (kind is DeniedError)


def test_the_permission_is_the_one_that_github_names(server: ScriptedServer, connect: Connect) -> None:
    headers = {"X-Accepted-GitHub-Permissions": "actions=read,environments=write; administration=write"}
    server.script(Answer(status=403, headers=headers))
    error = error_of(lambda: connect().get("environments", Json, permission="other"))
    assert isinstance(error, DeniedError)
    assert error.permission == "actions: read and environments: write or administration: write"


def test_a_plan_that_lacks_a_feature_is_no_missing_permission(server: ScriptedServer, connect: Connect) -> None:
    message = b'{"message": "Upgrade to GitHub Pro or make this repository public to enable this feature."}'
    server.script(Answer(status=403, content=message))
    error = error_of(lambda: connect().get("rulesets", Json, permission="administration: read"))
    assert isinstance(error, DeniedError)
    assert error.is_plan_limit
    assert "administration" not in error.hint


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b'{"message": "no", "errors": ["twice", {"field": "a", "code": "b"}, {"message": "c"}]}', "no: twice; a b; c"),
        (b'{"message": "no", "errors": "once"}', "no: once"),
        (b'{"message": "no\\n\\u001b[31m"}', "no \\x1b[31m"),
        (b'{"message": "no", "errors": [{"field": null, "code": "b"}]}', "no: b"),
        (b'{"message": "no", "errors": {"a": 1}}', "no"),
        (b'{"message": "no", "errors": null}', "no"),
        (b"<html>", "Unprocessable"),
    ],
)
def test_the_details_of_an_error_are_shown_on_one_line(
    server: ScriptedServer, connect: Connect, content: bytes, shown: str
) -> None:
    server.script(Answer(status=422, content=content))
    message = error_of(lambda: connect().patch("", {})).message
    assert shown in message
    assert "\n" not in message


def test_something_absent_is_none_only_if_github_says_so(server: ScriptedServer, connect: Connect) -> None:
    absent = "Branch not protected"
    found = Answer(content=b'{"url": "x"}')
    missing, hidden = (
        Answer(status=404, content=json.dumps({"message": text}).encode()) for text in (absent, "Not Found")
    )
    server.script(
        found, missing, hidden, Answer(status=403, content=missing.content), found, Answer(status=204), missing, hidden
    )
    api = connect()
    assert api.find("a", Json, absent=absent) == {"url": "x"}
    assert api.find("b", Json, absent=absent) is None
    for _ in range(2):
        assert isinstance(error_of(lambda: api.find("c", Json, absent=absent)), DeniedError)
    assert api.exists("d", absent=absent)
    assert api.exists("e", absent=absent)
    assert not api.exists("f", absent=absent)
    assert isinstance(error_of(lambda: api.exists("g", absent=absent)), DeniedError)


def test_an_unchanged_answer_is_not_sent_again(server: ScriptedServer, connect: Connect) -> None:
    tag = {"ETag": 'W/"1"'}
    changed = Answer(content=b'{"a": 2}', headers={"ETag": 'W/"2"'})
    server.script(
        Answer(content=b'{"a": 1}', headers=tag), Answer(status=304, headers=tag), changed, Answer(status=304)
    )
    api = connect()
    assert [api.get("", Json)["a"] for _ in range(4)] == [1, 1, 2, 2]
    sent = [request.headers.get("if-none-match") for request in server.requests]
    assert sent == [None, 'W/"1"', 'W/"1"', 'W/"2"']


LIMITED = b'{"message": "You have exceeded a secondary rate limit."}'


@pytest.mark.parametrize(
    ("limited", "pause"),
    [
        (Answer(status=429, headers={"Retry-After": "30"}), 30),
        (Answer(status=403, headers={"Retry-After": "30"}), 30),
        (Answer(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 20)}), 21),
        (Answer(status=429, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW - 20)}), 1),
        (
            Answer(
                status=403, headers={"X-RateLimit-Remaining": "9", "X-RateLimit-Reset": str(NOW + 20)}, content=LIMITED
            ),
            60,
        ),
        (Answer(status=403, headers={"X-RateLimit-Remaining": "0"}), 60),
        (Answer(status=403, content=LIMITED), 60),
        (Answer(status=429, headers={"Retry-After": "soon"}), 60),
        (Answer(status=429), 60),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_client_waits_for_the_end_of_a_rate_limit(
    server: ScriptedServer, connect: Connect, clock: Clock, limited: Answer, pause: int, method: str
) -> None:
    server.script(limited, Answer())
    assert connect(limit=pause).request(method, "rulesets").status_code == 200
    assert clock.pauses == [pause]
    assert f"waiting {pause} s" in clock.lines[0]
    clock.pauses.clear()
    server.script(limited, Answer())
    error = error_of(lambda: connect(limit=pause - 1).request(method, "rulesets"))
    assert (error.exit_code, clock.pauses, len(server.requests)) == (Exit.UNKNOWN, [], 1)
    assert f"{pause} seconds" in error.hint


def test_progress_is_optional(server: ScriptedServer) -> None:
    server.script(Answer(status=502), Answer())
    repository = GitHubRepository(name="lamps/lamp", api=server.address)
    pauses: list[float] = []
    with GitHubApi(repository, Waiting(limit=1, sleep=pauses.append)) as api:
        api.get("", Json)
    assert pauses == [1]


def test_the_limit_is_for_all_requests_of_a_client(server: ScriptedServer, connect: Connect, clock: Clock) -> None:
    server.script(Answer(status=429), Answer(), Answer(status=429))
    api = connect(limit=100)
    api.get("", Json)
    assert error_of(lambda: api.get("", Json)).exit_code == Exit.UNKNOWN
    assert clock.pauses == [60]


def test_the_pauses_of_a_secondary_rate_limit_double_and_end(
    server: ScriptedServer, connect: Connect, clock: Clock
) -> None:
    server.script(Answer(status=429))
    assert error_of(lambda: connect(limit=9999).get("", Json)).exit_code == Exit.UNKNOWN
    assert clock.pauses == [60, 120, 240, 480]


FAILURES = [Answer(status=500), Answer(status=502), Answer(status=503), Answer(status=0), Answer(is_cut=True)]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_request_that_can_not_do_harm_twice_is_sent_again(
    server: ScriptedServer, connect: Connect, clock: Clock, failure: Answer, method: str
) -> None:
    server.script(failure, failure, Answer(content=b'{"a": 1}'))
    assert connect(limit=10).request(method, "rulesets/1").json() == {"a": 1}
    assert clock.pauses == [1, 2]
    assert len(set(server.lines)) == 1


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_request_that_could_do_something_twice_is_sent_once(
    server: ScriptedServer, connect: Connect, clock: Clock, failure: Answer, method: str
) -> None:
    server.script(failure, Answer())
    error = error_of(lambda: connect(limit=10).request(method, "rulesets", json={}))
    assert (error.exit_code, clock.pauses, len(server.requests)) == (Exit.UNKNOWN, [], 1)


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_lasts_is_inconclusive(
    server: ScriptedServer, connect: Connect, clock: Clock, failure: Answer
) -> None:
    server.script(failure)
    assert error_of(lambda: connect(limit=99).get("", Json)).exit_code == Exit.UNKNOWN
    assert (clock.pauses, len(server.requests)) == ([1, 2, 4, 8], RETRIES + 1)


def test_a_server_that_is_out_of_order_names_the_pause(server: ScriptedServer, connect: Connect, clock: Clock) -> None:
    server.script(Answer(status=503, headers={"Retry-After": "7"}), Answer())
    connect(limit=7).delete("rulesets/1")
    assert clock.pauses == [7]


def test_a_server_that_does_not_answer_is_inconclusive(connect: Connect, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = error_of(lambda: connect(api=f"http://127.0.0.1:{port}", limit=3).get("", Json))
    assert (error.exit_code, clock.pauses) == (Exit.UNKNOWN, [1, 2])


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_redirect_repeats_the_request(server: ScriptedServer, connect: Connect, status: int, method: str) -> None:
    server.script(Answer(status=status, headers={"Location": "/repositories/1?a=b"}), Answer())
    connect().request(method, "rulesets", json={"name": "main"})
    first, second = server.requests
    assert second.line == f"{method} /repositories/1?a=b"
    assert (second.content, second.headers["authorization"]) == (first.content, first.headers["authorization"])


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_redirect_to_another_host_gets_no_request_and_no_token(
    server: ScriptedServer, connect: Connect, method: str
) -> None:
    with scripted_server() as other:
        other.script(Answer())
        for location in (
            f"{other.address}/x",
            server.address.replace("http:", "https:"),
            "http://localhost/",
            "//[",
            "",
        ):
            server.script(Answer(status=302, headers={"Location": location}))
            assert error_of(lambda: connect().request(method, "rulesets")).exit_code == Exit.UNKNOWN
        assert other.requests == []


def test_a_request_is_not_replaced_by_another(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(status=303, headers={"Location": "/elsewhere"}), Answer())
    assert error_of(lambda: connect().post("rulesets", {})).exit_code == Exit.UNKNOWN
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["http://a:b", "https://[::1"])
def test_an_invalid_address_is_an_error(server: ScriptedServer, connect: Connect, address: str) -> None:
    assert "invalid address" in error_of(lambda: connect(api=address)).message
    server.script(page("a", next_page=f"{address}/next"))
    assert "invalid address" in error_of(lambda: checks(connect())).message


@pytest.mark.parametrize("api", ["https://", "github.example.org"])
def test_an_address_without_a_server_is_inconclusive(connect: Connect, api: str) -> None:
    assert error_of(lambda: connect(api=api).get("", Json)).exit_code == Exit.UNKNOWN


def test_a_name_in_an_error_is_on_one_line(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(status=404), Answer(content=b"<"))
    path = f"environments/{quoted(UNPRINTABLE)}"
    for _ in range(2):
        message = error_of(lambda: connect().get(path, Json)).message
        assert "environments/a b\\x1b" in message


def test_redirects_without_end_are_inconclusive(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(status=302, headers={"Location": "/again"}))
    assert error_of(lambda: connect().get("", Json)).exit_code == Exit.UNKNOWN
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("api", "url"),
    [
        ("https://api.github.com", "https://uploads.github.com.example.org/x"),
        ("https://api.github.com", "https://example.org/x"),
        ("https://api.github.com", "http://api.github.com/x"),
        ("https://github.example.org/api/v3", "https://uploads.github.example.org/x"),
    ],
)
def test_only_the_servers_of_the_api_get_a_request(connect: Connect, api: str, url: str) -> None:
    assert "gets no request" in error_of(lambda: connect(api=api).get(url, Json)).message


def test_the_server_of_the_uploads_gets_requests(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")  # so that no request leaves this machine
    error = error_of(lambda: connect(api="https://api.github.test").get("https://uploads.github.test/x", Json))
    assert "ConnectError" in error.message


def test_github_enterprise_has_its_api_below_a_path(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(content=b'{"data": {}}'))
    api = connect(api=f"{server.address}/api/v3")
    api.get("rulesets", Json)
    api.get("/user", Json)
    api.graphql("query", {}, Json)
    prefix = "/api/v3"
    assert server.lines == [f"GET {prefix}/repos/lamps/lamp/rulesets", f"GET {prefix}/user", "POST /api/graphql"]


def test_a_graphql_request_returns_its_data(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(content=b'{"data": {"name": "ci"}}'))
    assert connect().graphql("query($a: Int!) { b(a: $a) }", {"a": 1}, Check) == Check("ci")
    assert server.lines == ["POST /graphql"]
    assert json.loads(server.requests[0].content) == {"query": "query($a: Int!) { b(a: $a) }", "variables": {"a": 1}}


@pytest.mark.parametrize(
    ("kind", "error", "code"),
    [
        ("FORBIDDEN", DeniedError, Exit.USAGE),
        ("INSUFFICIENT_SCOPES", DeniedError, Exit.USAGE),
        ("NOT_FOUND", DeniedError, Exit.USAGE),
        ("UNPROCESSABLE", RejectedError, Exit.USAGE),
        ("RATE_LIMITED", EvenfallError, Exit.UNKNOWN),
        (None, EvenfallError, Exit.UNKNOWN),
    ],
)
def test_a_graphql_request_with_an_error_has_no_result(
    server: ScriptedServer, connect: Connect, kind: str | None, error: type[EvenfallError], code: Exit
) -> None:
    problem = {"message": "not\nso"} | ({"type": kind} if kind else {})
    server.script(Answer(content=json.dumps({"data": {"name": "ci"}, "errors": [problem]}).encode()))
    found = error_of(lambda: connect().graphql("query", {}, Check, permission="contents: write"))
    assert (type(found), found.exit_code) == (error, code)
    assert "not so" in found.message


def test_a_graphql_answer_of_another_form_is_inconclusive(server: ScriptedServer, connect: Connect) -> None:
    server.script(Answer(content=b"{}"))
    assert error_of(lambda: connect().graphql("query", {}, Check)).exit_code == Exit.UNKNOWN
