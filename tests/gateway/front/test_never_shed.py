"""What comes through even when requests are turned away: by the paths that there really are."""

from uuid import uuid4

import pytest

from gateway.build import GATEWAY
from gateway.front.load import is_never_shed
from gateway.limits.classes import SIGN_IN, route_class

PATHS = frozenset(route.path for router in GATEWAY.routers for route in router.routes if hasattr(route, "path"))


def filled(path: str) -> bytes:
    """The path of a route with an id for each parameter."""
    return "/".join(str(uuid4()) if part.startswith("{") else part for part in path.split("/")).encode()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/auth/revoke",
        "/v1/auth/sessions",
        "/v1/auth/sessions/revoke",
        "/v1/auth/sessions/{session_id}",
        "/v1/accounts/{account_id}/disable",
        "/v1/accounts/{account_id}/sessions/revoke",
        "/v1/api-keys/{key_id}/revoke",
        "/v1/outside-identities/{identity_id}/disable",
    ],
)
def test_ending_sessions_and_stopping_others_always_comes_through(path: str) -> None:
    assert path in PATHS
    assert is_never_shed(filled(path))


@pytest.mark.parametrize("path", sorted(PATHS))
def test_nothing_else_does(path: str) -> None:
    ends = path.endswith(("/revoke", "/disable")) or path.startswith("/v1/auth/sessions")
    assert is_never_shed(filled(path)) is (ends and not path.startswith("/v1/invitations"))


@pytest.mark.parametrize(
    "path", ["/v1/auth/token", "/v1/auth/password-reset", "/v1/invitations/accept", "/v1/accounts/me/password"]
)
def test_whatever_hashes_a_password_for_anybody_is_limited_as_a_sign_in(path: str) -> None:
    assert path in PATHS
    assert route_class("POST", path.encode(), None) is SIGN_IN
