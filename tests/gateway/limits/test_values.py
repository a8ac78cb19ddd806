"""The limits' values: what the file says, what an operator's own file changes, and what is no limit."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.limits.classes import CLASSES, EXPORTS, FEED, READS, SIGN_IN, UPLOADS, WRITES, RouteClass, route_class
from gateway.limits.values import load_limits
from tests.gateway.limits.conftest import write


def test_every_class_is_limited_for_whoever_can_be_told_apart() -> None:
    limits = load_limits(None)
    for kind in CLASSES:
        if kind is SIGN_IN:
            assert kind.name in limits.address
        else:
            for table in (limits.anonymous, limits.principal, limits.key):
                assert kind.name in table


def test_an_own_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    own = write(
        tmp_path / "own.toml", "[key.reads]\nburst = 7\n[rate_class.bulk.writes]\nper_second = 500\nburst = 900\n"
    )
    before, limits = load_limits(None), load_limits(Path(own))
    assert limits.key["reads"].burst == 7
    assert limits.key["reads"].per_second == before.key["reads"].per_second
    assert limits.principal == before.principal
    assert limits.of_key("bulk")["writes"].burst == 900
    assert limits.of_key("bulk")["reads"] == limits.key["reads"]
    assert limits.of_key("unheard of") == limits.of_key(None) == limits.key


@pytest.mark.parametrize(
    "text",
    [
        "[key.reads]\nper_second = 0\n",
        "[key.reads]\nper_second = nan\n",
        "[key.reads]\nburst = 0\n",
        "[key.reads]\nburst = 1.5\n",
        "[key.reads]\nper_second = 0.001\nburst = 10\n",
        "[key.reads]\nper_minute = 9\n",
        "[keys.reads]\nper_second = 1\nburst = 1\n",
        "[key.reads\n",
    ],
    ids=lambda text: text.replace("\n", " "),
)
def test_what_is_no_limit_keeps_the_process_from_starting(tmp_path: Path, text: str) -> None:
    with pytest.raises((ValidationError, ValueError)):
        load_limits(Path(write(tmp_path / "own.toml", text)))


def test_a_policy_says_the_size_and_how_long_it_takes_to_fill() -> None:
    assert load_limits(None).principal["reads"].policy == '"principal-reads";q=500;w=5'


@pytest.mark.parametrize(
    ("method", "path", "accept", "kind"),
    [
        ("GET", "/v1/centres", None, READS),
        ("HEAD", "/v1/centres", "*/*", READS),
        ("GET", "/v1/centres", "application/json", READS),
        ("GET", "/v1/centres", "text/csv", EXPORTS),
        ("GET", "/v1/centres", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", EXPORTS),
        ("GET", "/v1/loans/1/calculation-sheet.docx", None, EXPORTS),
        ("GET", "/v1/operations/registry-1", "text/event-stream", FEED),
        ("GET", "/v1/events", None, FEED),
        ("GET", "/v1/events/stream", "text/event-stream", FEED),
        ("POST", "/v1/centres/1/list", None, WRITES),
        ("DELETE", "/v1/webhooks/1", None, WRITES),
        ("POST", "/v1/auth/token", None, SIGN_IN),
        ("POST", "/v1/auth/refresh", None, SIGN_IN),
        ("POST", "/v1/accounts/me/password", None, SIGN_IN),
        ("GET", "/v1/accounts/me", None, READS),
        ("POST", "/v1/accounts", None, WRITES),
        ("POST", "/v1/imports/enterprises", None, UPLOADS),
        ("GET", "/v1/imports/enterprises/template", None, EXPORTS),
        ("POST", "/v1/grants/1/documents", None, UPLOADS),
        ("GET", "/v1/grants/1/documents", None, READS),
    ],
)
def test_the_class_of_a_route(method: str, path: str, accept: str | None, kind: RouteClass) -> None:
    found = route_class(method, path.encode(), accept.encode() if accept is not None else None)
    assert found.name == kind.name
