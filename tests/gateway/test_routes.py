"""One owner for every first segment of the public API, and nothing else is let through."""

import pytest

from gateway.front.routes import SEGMENTS, is_ambiguous, owner

UUID7 = "0190a000-0000-7000-8000-000000000001"

# The resources of the public API's contract, written out a second time on purpose.
CONTRACT = {
    "registry": "centres tier-applications qualifications qualification-applications bans enterprises tenancies"
    " divisions coverage service-records mentors trainings activities activity-series alliances communities"
    " partners persons projects practices"
    " project-library library-claims library-rounds graduate-platform activity-winners"
    " training-sessions training-enrolments training-certificates"
    " alliance-members talent-arrivals pairings community-reports",
    "evaluation": "quarterly-reports rubrics evaluation-cycles evaluations experts expert-assignments objections"
    " rectifications circulars delistings targets alliance-assessments",
    "finance": "grants appropriations findings loans referrals bank-products banks angel-funds financing-rewards"
    " alliance-support matching-funds journal-entries exposures entitlements",
    "vouchers": "voucher-programmes voucher-amendments voucher-guidance voucher-usage voucher-outcomes"
    " voucher-applications voucher-batches voucher-requests voucher-delistings"
    " service-categories providers vouchers redemptions settlements voucher-recoveries voucher-journal"
    " ratings offerings provider-penalties",
    "gateway": "auth accounts invitations delegations api-keys bureaus outside-identities webhooks events tasks audit",
}


def test_every_first_segment_of_the_contract_has_exactly_one_owner() -> None:
    owned = [segment for segments in SEGMENTS.values() for segment in segments]
    assert len(owned) == len(set(owned))
    for service, segments in CONTRACT.items():
        for segment in segments.split():
            assert owner(f"/v1/{segment}".encode()) == service
            assert owner(f"/v1/{segment}/{UUID7}/approve".encode()) == service
    assert {service: set(names.split()) for service, names in CONTRACT.items()} == {
        service: set(names) for service, names in SEGMENTS.items()
    }


@pytest.mark.parametrize("service", list(SEGMENTS))
def test_operations_go_to_the_service_named_in_their_prefix(service: str) -> None:
    assert owner(f"/v1/operations/{service}-{UUID7}".encode()) == service
    assert owner(f"/v1/operations/{service}-{UUID7}/events".encode()) == service


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        ("enterprises", "registry"),
        ("quarterly-reports", "evaluation"),
        ("grants", "finance"),
        ("vouchers", "vouchers"),
        ("centres-before-2019", "registry"),
        ("enterprises-before-2019", "registry"),
        ("tenancies-before-2019", "registry"),
        ("carriers", "registry"),
        ("titles", "registry"),
        ("nothing", "registry"),
    ],
)
def test_imports_go_to_the_owner_of_the_resource_they_fill(kind: str, service: str) -> None:
    assert owner(f"/v1/imports/{kind}".encode()) == service


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/Centres",
        "/v1/centres.json",
        "/v2/centres",
        "/v1/internal/events/registry.centre",
        "/internal/events/registry.centre",
        "/v1/operations",
        "/v1/operations/registry",
        f"/v1/operations/nobody-{UUID7}",
        f"/v1/operations/registry-{UUID7}x",
        "/v1/imports",
    ],
)
def test_everything_else_has_no_owner(path: str) -> None:
    assert owner(path.encode()) is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/centres/../../internal/events/registry.centre",
        "/v1/centres/..",
        "/v1/./centres",
        "/v1/centres/%2e%2e/x",
        "/v1/auth/%74oken",
        "/v1/accounts/m%65/password",
        "/v1/centres/a%2Fb",
        "/v1/centres/a%5cb",
        "/v1/centres/%252e",
        "/v1/centres/%00",
        "/v1//centres",
        "/v1/centres\\x",
        "/v1/centres/%zz",
        "/v1/centres/%",
    ],
)
def test_a_path_that_two_parsers_could_read_differently_is_ambiguous(path: str) -> None:
    assert is_ambiguous(path.encode())


@pytest.mark.parametrize(
    "path", ["/v1/centres", f"/v1/centres/{UUID7}", "/v1/divisions/LIUWU", "/v1/x/%E4%B8%AD", "/v1/x/a..b"]
)
def test_an_ordinary_path_is_not_ambiguous(path: str) -> None:
    assert not is_ambiguous(path.encode())
