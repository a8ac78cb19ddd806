"""Which service owns which first segment of `/v1/...`; every segment has exactly one owner."""

from __future__ import annotations

import re
from typing import Final

OWN: Final = "gateway"

SEGMENTS: Final[dict[str, tuple[str, ...]]] = {
    "registry": (
        "centres",
        "tier-applications",
        "qualifications",
        "qualification-applications",
        "bans",
        "enterprises",
        "tenancies",
        "divisions",
        "coverage",
        "service-records",
        "mentors",
        "trainings",
        "training-sessions",
        "training-enrolments",
        "training-certificates",
        "activities",
        "activity-series",
        "activity-winners",
        "alliances",
        "communities",
        "community-reports",
        "alliance-members",
        "talent-arrivals",
        "pairings",
        "partners",
        "persons",
        "projects",
        "practices",
        "project-library",
        "library-claims",
        "library-rounds",
        "graduate-platform",
    ),
    "evaluation": (
        "quarterly-reports",
        "rubrics",
        "evaluation-cycles",
        "evaluations",
        "experts",
        "expert-assignments",
        "objections",
        "rectifications",
        "circulars",
        "delistings",
        "targets",
        "alliance-assessments",
    ),
    "finance": (
        "grants",
        "appropriations",
        "findings",
        "loans",
        "referrals",
        "bank-products",
        "banks",
        "angel-funds",
        "financing-rewards",
        "alliance-support",
        "matching-funds",
        "journal-entries",
        "exposures",
        "entitlements",
    ),
    "vouchers": (
        "voucher-programmes",
        "voucher-amendments",
        "voucher-guidance",
        "voucher-usage",
        "voucher-outcomes",
        "service-categories",
        "providers",
        "ratings",
        "offerings",
        "provider-penalties",
        "vouchers",
        "redemptions",
        "settlements",
        "voucher-recoveries",
        "voucher-journal",
        "voucher-applications",
        "voucher-batches",
        "voucher-requests",
        "voucher-delistings",
    ),
    OWN: (
        "auth",
        "accounts",
        "invitations",
        "delegations",
        "api-keys",
        "bureaus",
        "outside-identities",
        "webhooks",
        "events",
        "tasks",
        "audit",
    ),
}

IMPORTS: Final[dict[str, tuple[str, ...]]] = {
    "registry": ("carriers", "centres-before-2019", "enterprises-before-2019", "tenancies-before-2019", "titles")
}
"""Kinds of imports that are not named like the resource they fill."""

IMPORT_CATALOGUE: Final = "registry"
"""Who answers for a kind of imports that there is not."""

UPSTREAMS: Final = tuple(service for service in SEGMENTS if service != OWN)

_OWNER: Final = {segment: service for service, segments in SEGMENTS.items() for segment in segments}
_IMPORTER: Final = {kind: service for service, kinds in IMPORTS.items() for kind in kinds}
_PATH = re.compile(rb"/v1/([a-z][a-z-]*)(?:/([^/]*)(?:/.*)?)?", re.DOTALL)
_OPERATION = re.compile(
    rb"([a-z]+)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
)
# A second slash, a dot segment, a backslash, a control character, one of these in percent-encoding, or an unreserved
# character that needed none (RFC 3986, 2.3): a path on which two readers could disagree.
_AMBIGUOUS = re.compile(
    rb"//|[\x00-\x20\x7f\\#]"
    rb"|%(?:2[5def]|3[0-9]|4[1-9a-f]|5[0-9acf]|6[1-9a-f]|7[0-9aef]|[01][0-9a-f])|%(?![0-9a-f]{2})"
    rb"|(?:^|/)\.{1,2}(?:/|$)",
    re.IGNORECASE,
)


_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_-]++)++")
"""What most paths are: nothing in it could be ambiguous."""


def is_ambiguous(raw_path: bytes) -> bool:
    """Whether the undecoded path could mean one thing here and another upstream."""
    return _PLAIN.fullmatch(raw_path) is None and _AMBIGUOUS.search(raw_path) is not None


def owner(raw_path: bytes) -> str | None:
    """The service that answers the undecoded path, or None: not part of the public API.

    Operations are routed by the prefix of their id, imports by their kind, which is mostly the segment of the resource
    that they fill; the registry says which kinds there are where it is none.
    """
    match = _PATH.fullmatch(raw_path)
    if match is None:
        return None
    segment, rest = match[1], match[2] or b""
    if segment == b"operations":
        operation = _OPERATION.fullmatch(rest)
        service = operation[1].decode("ascii") if operation else ""
        return service if service in SEGMENTS else None
    if segment == b"imports":
        kind = rest.decode("ascii", "replace")
        return _IMPORTER.get(kind) or _OWNER.get(kind) or (IMPORT_CATALOGUE if kind else None)
    return _OWNER.get(segment.decode("ascii"))
