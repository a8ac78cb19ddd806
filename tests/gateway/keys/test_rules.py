"""What a key may be, and what its owner may make of it."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.front import scopes as scoping
from gateway.front.callers import Caller
from gateway.keys import rules
from shared.errors import DomainError

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "roles", [["bank"], ["guarantor"], ["bureau"], ["enterprise", "provider"], ["centre_operator"]]
)
def test_organisations_have_keys(roles: list[str]) -> None:
    rules.check_owner(roles)


@pytest.mark.parametrize(
    "roles",
    [[], ["admin"], ["auditor"], ["security_admin"], ["finance_officer"], ["bank", "finance_officer"], ["founder"]],
)
def test_nobody_who_decides_in_person_has_keys(roles: list[str]) -> None:
    with pytest.raises(DomainError, match="key-owner-wrong"):
        rules.check_owner(roles)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", b"/v1/referrals", "referrals:read"),
        ("HEAD", b"/v1/referrals/1", "referrals:read"),
        ("POST", b"/v1/referrals/1/accept", "referrals:write"),
        ("PATCH", b"/v1/api-keys/1", "api-keys:write"),
        ("DELETE", b"/v1/webhooks/1", "webhooks:write"),
        ("POST", b"/v1/imports/carriers", "imports:write"),
        ("GET", b"/v1/operations/finance-1", "operations:read"),
    ],
)
def test_the_scope_a_request_needs_is_named_by_its_first_segment(method: str, path: bytes, scope: str) -> None:
    assert scoping.needed(method, path) == scope
    assert scope in scoping.KNOWN
    limited = Caller("a", ("bank",), scopes=frozenset({scope}))
    scoping.check_scope(limited, method, path)
    with pytest.raises(DomainError) as refused:
        scoping.check_scope(Caller("a", ("bank",), scopes=frozenset({"banks:read"})), method, path)
    assert refused.value.code == "scope-missing"
    assert refused.value.params == {"scope": scope}
    scoping.check_scope(Caller("a", ("bank",)), method, path)


def test_reading_everything_does_not_write_and_writing_does_not_read() -> None:
    everything = frozenset({scoping.READ_ALL})
    assert scoping.covers(everything, "banks:read")
    assert not scoping.covers(everything, "banks:write")
    assert not scoping.covers(frozenset({"banks:write"}), "banks:read")
    assert "*:write" not in scoping.KNOWN


@pytest.mark.parametrize("wanted", [[], ["referrals"], ["referrals:admin"], ["nothing:read"], ["*:write"], ["*"]])
def test_scopes_that_name_nothing_are_refused(wanted: list[str]) -> None:
    with pytest.raises(DomainError, match="scopes-unknown"):
        rules.check_scopes(wanted)


def test_scopes_are_sorted_and_kept_once() -> None:
    assert rules.check_scopes(["tasks:read", "referrals:write", "tasks:read"]) == ["referrals:write", "tasks:read"]


@pytest.mark.parametrize("network", ["", "10.0.0.1/8", "10.0.0.0/33", "bank.example", "2001:db8::1/64", "10.0.0.0/8 "])
def test_a_network_with_host_bits_or_of_another_form_is_refused(network: str) -> None:
    with pytest.raises(DomainError, match="network-invalid"):
        rules.check_networks([network])


def test_networks_are_kept_in_one_form() -> None:
    assert rules.check_networks(["203.0.113.7", "2001:DB8:0::/48"]) == ["2001:db8::/48", "203.0.113.7/32"]


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_key_ends_in_the_future_and_within_the_longest_time(days: int) -> None:
    with pytest.raises(DomainError, match="expiry-invalid"):
        rules.check_expiry(NOW + timedelta(days=days), NOW, timedelta(days=366))


def test_without_an_end_a_key_lasts_the_longest_time() -> None:
    assert rules.check_expiry(None, NOW, timedelta(days=366)) == NOW + timedelta(days=366)


OWN_SCOPES, OWN_NETWORKS = ["referrals:read", "referrals:write"], ["10.0.0.0/8"]


@pytest.mark.parametrize(
    ("scopes", "networks", "signature", "wider"),
    [
        (["referrals:read"], ["10.1.0.0/16"], "optional", None),
        (["referrals:read"], ["10.0.0.0/8"], "required", None),
        (["referrals:read", "banks:read"], ["10.0.0.0/8"], "optional", "banks:read"),
        (["*:read"], ["10.0.0.0/8"], "optional", "*:read"),
        (["referrals:read"], ["10.0.0.0/7"], "optional", "networks"),
        (["referrals:read"], ["11.0.0.0/8"], "optional", "networks"),
        (["referrals:read"], ["2001:db8::/32"], "optional", "networks"),
        (["referrals:read"], [], "optional", "networks"),
        (["referrals:read"], ["10.0.0.0/8"], "none", "signature"),
    ],
)
def test_an_owner_makes_keys_no_wider_than_his_own(
    scopes: list[str], networks: list[str], signature: rules.SignatureMode, wider: str | None
) -> None:
    def check() -> None:
        rules.check_narrower(
            scopes=scopes,
            networks=networks,
            signature=signature,
            own_scopes=OWN_SCOPES,
            own_networks=OWN_NETWORKS,
            own_signature="optional",
        )

    if wider is None:
        check()
        return
    with pytest.raises(DomainError) as refused:
        check()
    assert refused.value.params == {"what": wider}


@pytest.mark.parametrize(
    ("confirmed", "revoked", "days", "status"),
    [
        (True, False, 1, "active"),
        (False, False, 1, "proposed"),
        (True, False, 0, "expired"),
        (False, False, -1, "expired"),
        (True, True, 1, "revoked"),
        (False, True, -1, "revoked"),
    ],
)
def test_where_a_key_stands(confirmed: bool, revoked: bool, days: int, status: str) -> None:
    found = rules.status_of(
        confirmed_at=NOW if confirmed else None,
        revoked_at=NOW if revoked else None,
        expires_at=NOW + timedelta(days=days),
        now=NOW,
    )
    assert found == status
