"""The file of trusted issuers: what it may say, and what keeps the gateway from starting."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.oidc.config import ConfigurationInvalid, Issuer, load_issuers
from gateway.oidc.rules import RightsUnclear, decide_rights, linked_ceiling, texts_at

ORG = "91540102MA00002J8A"
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "oidc-issuers.toml"

GOOD: dict[str, Any] = {
    "name": "city",
    "issuer": "https://login.example.org",
    "audiences": ["https://api.example.org"],
    "algorithms": ["ES256"],
    "provisioning": "first_sight",
    "ceiling": ["science_officer", "division_officer"],
    "roles": [{"claim": "groups", "value": "science", "roles": ["science_officer"]}],
}
LINKED: dict[str, Any] = {**GOOD, "provisioning": "linked", "roles": []}


def load(tmp_path: Path, *issuers: dict[str, Any], production: bool = True) -> tuple[Issuer, ...]:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({"issuers": issuers}))
    return load_issuers(file, production=production)


def test_nobody_is_trusted_without_a_file() -> None:
    assert load_issuers(None, production=True) == ()


def test_the_example_of_the_documentation_is_good() -> None:
    issuers = load_issuers(EXAMPLE, production=True)
    assert {issuer.provisioning for issuer in issuers} == {"linked", "first_sight"}


@pytest.mark.parametrize(
    "change",
    [
        {"algorithms": []},
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"audiences": []},
        {"audiences": "https://api.example.org"},
        {"ceiling": []},
        {"ceiling": ["emperor"]},
        {"ceiling": ["public", "science_officer"]},
        {"ceiling": ["division_officer"]},
        {"name": "City!"},
        {"issuer": "mengchuang"},
        {"issuer": "http://login.example.org"},
        {"issuer": "http://127.0.0.1:8000"},
        {"issuer": "https://user:secret@login.example.org"},
        {"issuer": "https://login.example.org#fragment"},
        {"issuer": "login.example.org"},
        {"discovery_url": "http://login.example.org/metadata"},
        {"provisioning": "anybody"},
        {"provisioning": "linked"},
        {"roles": []},
        {"roles": [{"claim": "groups", "value": "x", "roles": ["admin"]}]},
        {"roles": [{"claim": [], "value": "x", "roles": ["science_officer"]}]},
        {"fields": {"email": {"claim": "email"}}},
        {"fields": {"org": {}}},
        {"fields": {"org": {"claim": "org", "value": ORG}}},
        {"fields": {"division": {"value": "540102", "allowed": ["540103"]}}},
        {"scopes": {"read": ["everything:read"]}},
        {"scopes": {"read": ["*:write"]}},
        {"max_lifetime": 10**9},
        {"unknown_key_pause": 0},
        {"keys_min_age": 100, "keys_max_age": 50},
        {"audience": "https://api.example.org"},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    load(tmp_path, GOOD)
    with pytest.raises(ConfigurationInvalid, match=r"OIDC_ISSUERS_FILE issuers\.json"):
        load(tmp_path, {**GOOD, **change})


@pytest.mark.parametrize("change", [{"issuer": "https://elsewhere.example.org"}, {"name": "other"}], ids=str)
def test_two_issuers_of_one_name_or_address_are_refused(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(ConfigurationInvalid, match="more than once"):
        load(tmp_path, GOOD, {**GOOD, **change})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"issuers": {}}', "\xff"], ids=range(5))
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "issuers.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationInvalid):
        load_issuers(file, production=True)
    with pytest.raises(ConfigurationInvalid):
        load_issuers(tmp_path / "nowhere.toml", production=True)


def test_loopback_does_without_encryption_outside_production_only(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert load(tmp_path, {**GOOD, "issuer": url}, production=False)
        with pytest.raises(ConfigurationInvalid, match="must begin with https"):
            load(tmp_path, {**GOOD, "issuer": url}, production=True)
    for url in ("http://10.0.0.1", "http://127.0.0.1.example.org", "ftp://localhost"):
        with pytest.raises(ConfigurationInvalid, match="must begin with https"):
            load(tmp_path, {**GOOD, "issuer": url}, production=False)


def test_an_administrator_comes_from_outside_only_where_the_ceiling_names_him(tmp_path: Path) -> None:
    rule = {"claim": "groups", "value": "admins", "roles": ["admin"]}
    (issuer,) = load(tmp_path, {**GOOD, "ceiling": ["admin"], "roles": [rule]})
    assert decide_rights(issuer, {"groups": ["admins"]}).roles == ("admin",)


def test_roles_that_nobody_holds_together_are_not_chosen_among(tmp_path: Path) -> None:
    rules = [
        {"claim": "groups", "value": "admins", "roles": ["admin"]},
        {"claim": "groups", "value": "auditors", "roles": ["auditor"]},
    ]
    (issuer,) = load(tmp_path, {**GOOD, "ceiling": ["admin", "auditor"], "roles": rules})
    with pytest.raises(RightsUnclear, match="roles-incompatible"):
        decide_rights(issuer, {"groups": ["admins", "auditors"]})


def test_an_issuer_of_some_divisions_names_no_other(tmp_path: Path) -> None:
    rule = {"claim": "groups", "value": "officers", "roles": ["division_officer"]}
    fields = {"division": {"claim": "division", "allowed": ["540102", "540103"]}}
    (issuer,) = load(tmp_path, {**GOOD, "roles": [rule], "fields": fields})
    given = decide_rights(issuer, {"groups": "officers", "division": "540103"})
    assert (given.roles, given.fields) == (("division_officer",), {"division": "540103"})
    assert decide_rights(issuer, {"groups": "officers"}).roles == ()
    for value in ("540104", "not a division", ["540102", "540103"]):
        with pytest.raises(RightsUnclear):
            decide_rights(issuer, {"groups": "officers", "division": value})


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"a": {"b": "x"}}, {"x"}),
        ({"a": {"b": ["x", "y", 7, None, ["z"]]}}, {"x", "y"}),
        ({"a": {"b": True}}, set()),
        ({"a": {"b": {"x": 1}}}, set()),
        ({"a": ["b"]}, set()),
        ({"a": None}, set()),
        ({}, set()),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else str(sorted(value)),
)
def test_texts_of_a_claim(claims: dict[str, object], found: set[str]) -> None:
    assert texts_at(claims, ("a", "b")) == found


def test_scopes_are_looked_at_only_where_they_are_mapped(tmp_path: Path) -> None:
    (plain,) = load(tmp_path, GOOD)
    assert decide_rights(plain, {"scope": "anything"}).scopes is None
    (mapped,) = load(tmp_path, {**GOOD, "scopes": {"read": ["*:read"], "apply": ["grants:read", "grants:write"]}})
    assert decide_rights(mapped, {}).scopes == frozenset()
    assert decide_rights(mapped, {"scope": "openid read"}).scopes == frozenset({"*:read"})
    assert decide_rights(mapped, {"scp": ["read", "apply"]}).scopes == frozenset(
        {"*:read", "grants:read", "grants:write"}
    )


@pytest.mark.parametrize(
    ("confirmed", "roles"), [(False, ("mentor",)), (True, ("mentor", "science_approver"))], ids=["alone", "by two"]
)
def test_a_link_gives_roles_of_power_only_by_two_and_none_beyond_the_ceiling(
    confirmed: bool, roles: tuple[str, ...]
) -> None:
    ceiling = frozenset({"mentor", "science_approver"})
    assert linked_ceiling(ceiling, confirmed=confirmed) == frozenset(roles)


def test_a_linked_issuers_claims_give_nothing_but_the_second_factor(tmp_path: Path) -> None:
    (issuer,) = load(tmp_path, {**LINKED, "second_factor": {"acr": ["high"], "amr": ["hwk"]}})
    for claims, shown in (
        ({"acr": "high"}, True),
        ({"amr": ["pwd", "hwk"]}, True),
        ({"acr": ["high"]}, False),
        ({"acr": "low", "amr": "pwd"}, False),
        ({}, False),
    ):
        given = decide_rights(issuer, {**claims, "roles": ["science_officer"], "groups": ["science"]})
        assert (given.roles, given.mfa) == ((), shown)
