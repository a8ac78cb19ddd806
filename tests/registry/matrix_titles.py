"""Titles, tiers, carriers and bans, and the papers of every case: the endpoints and whom they let in."""

from __future__ import annotations

from uuid import uuid4

from tests.registry.endpoints import (
    APPROVERS,
    BUREAUS_AND_AUDITOR,
    CASE_READERS,
    DOCUMENT,
    EVERYBODY,
    KNOWN,
    OFFICERS,
    OPERATORS,
    REASON,
    TENANTS,
    Endpoint,
)

CENTRES, TITLES, TIERS = "/v1/centres", "/v1/qualification-applications", "/v1/tier-applications"
TITLE, TIER = "/v1/qualifications/{qualification_id}", f"{TIERS}/{{application_id}}"
CENTRE, STAGES = f"{CENTRES}/{{centre_id}}", "/v1/enterprises/{enterprise_id}/stages"
DESIGNATIONS, LIFTINGS = f"{CENTRE}/designations", "/v1/bans/{ban_id}/liftings"
UPWARD = "/v1/qualifications/upward-notices"
ONE = str(uuid4())
ASKED = {"centre_id": ONE, "tier": "specialised"}
CARRIER = {"kind": "tech_incubator", "name": "藏青科技孵化器", "level": "municipal"}
LINK = {"carrier_id": ONE, "linked_on": "2019-06-03"}
ENDED = {"ended_on": "2019-06-03"}
NATIONAL = {"issuer": "科技部", "designated_on": "2019-06-03", **DOCUMENT}
ENDS_FROM = {"ends_from": "2019-06-03", **DOCUMENT, **REASON}
STAY = {"kind": "stay", "issuer": "拉萨市中级人民法院", "effective_on": "2019-06-03", **DOCUMENT}
STAGE = {"carrier_id": ONE, "began_on": "2019-06-03", "evidence": "入孵协议"}
CASES_WITH_DOCUMENTS = (
    "centres",
    "qualification-applications",
    "tier-applications",
    "enterprises",
    "tenancies",
    "divisions",
    "practices",
    "alliance-members",
    "pairings",
    "community-reports",
    "activities",
    "project-library",
    "graduate-platform",
    "mentors",
    "trainings",
)


def titles() -> list[Endpoint]:
    """Titles from the application on."""
    application = f"{TITLES}/{{application_id}}"
    return [
        Endpoint("POST", f"{application}/announce", OFFICERS),
        Endpoint("POST", f"{application}/withdraw", OPERATORS | OFFICERS, {}),
        Endpoint("POST", "/v1/qualifications/expire", OFFICERS),
        Endpoint("GET", f"{TITLE}/measures", CASE_READERS),
        Endpoint("POST", f"{TITLE}/measures/{{kind}}/decline", APPROVERS, REASON),
        Endpoint("POST", f"{TITLE}/propose-suspension", OFFICERS, REASON),
        Endpoint("POST", f"{TITLE}/suspend", APPROVERS, DOCUMENT),
        Endpoint("POST", f"{TITLE}/propose-resumption", OFFICERS, REASON),
        Endpoint("POST", f"{TITLE}/resume", APPROVERS, DOCUMENT),
        Endpoint("POST", f"{TITLE}/propose-renewal", OPERATORS | OFFICERS, {}),
        Endpoint("POST", f"{TITLE}/renew", APPROVERS, DOCUMENT),
        Endpoint("POST", f"{TITLE}/record-plaque", OFFICERS, {"plaque_no": "市孵字第7号"}),
        Endpoint("POST", f"{TITLE}/return-plaque", OFFICERS, {}),
        Endpoint("GET", UPWARD, CASE_READERS),
        Endpoint("GET", f"{UPWARD}/{{notice_id}}", CASE_READERS),
        Endpoint("POST", f"{UPWARD}/{{notice_id}}/send", OFFICERS, {"addressee": "自治区科技厅", **DOCUMENT}),
    ]


def tiers() -> list[Endpoint]:
    """Tiers, and the State's designations."""
    return [
        Endpoint("GET", TIERS, CASE_READERS),
        Endpoint("POST", TIERS, OPERATORS | OFFICERS, ASKED),
        Endpoint("POST", f"{TIERS}/eligibility", OPERATORS | OFFICERS, ASKED),
        Endpoint("GET", TIER, CASE_READERS),
        Endpoint("POST", f"{TIER}/review", OFFICERS),
        Endpoint("POST", f"{TIER}/announce", OFFICERS),
        Endpoint("POST", f"{TIER}/approve", APPROVERS, DOCUMENT),
        Endpoint("POST", f"{TIER}/refuse", APPROVERS, REASON),
        Endpoint("POST", f"{TIER}/withdraw", OPERATORS | OFFICERS, {}),
        Endpoint("GET", f"{CENTRE}/tiers", EVERYBODY),
        Endpoint("GET", f"{CENTRE}/grades", EVERYBODY),
        Endpoint("GET", DESIGNATIONS, EVERYBODY),
        Endpoint("POST", DESIGNATIONS, OFFICERS, NATIONAL),
        Endpoint("GET", f"{DESIGNATIONS}/{{designation_id}}", EVERYBODY),
        Endpoint("POST", f"{DESIGNATIONS}/{{designation_id}}/confirm", APPROVERS, {}),
        Endpoint("POST", f"{DESIGNATIONS}/{{designation_id}}/reject", APPROVERS, REASON),
        Endpoint("POST", f"{DESIGNATIONS}/{{designation_id}}/propose-end", OFFICERS, ENDS_FROM),
        Endpoint("POST", f"{DESIGNATIONS}/{{designation_id}}/confirm-end", APPROVERS, {}),
        Endpoint("POST", f"{DESIGNATIONS}/{{designation_id}}/decline-end", APPROVERS, REASON),
    ]


def carriers() -> list[Endpoint]:
    """A centre's links to carriers, and the stages an enterprise went through there."""
    return [
        Endpoint("GET", f"{CENTRE}/carriers", EVERYBODY),
        Endpoint("POST", f"{CENTRE}/carriers", OPERATORS | OFFICERS, LINK),
        Endpoint("POST", f"{CENTRE}/carriers/{{link_id}}/end", OPERATORS | OFFICERS, {**ENDED, **REASON}),
        Endpoint("GET", STAGES, CASE_READERS | TENANTS),
        Endpoint("POST", STAGES, OPERATORS | OFFICERS, STAGE),
        Endpoint("POST", f"{STAGES}/{{stay_id}}/end", OPERATORS | OFFICERS, ENDED),
    ]


def liftings() -> list[Endpoint]:
    """Stays, reviews and judgments on a ban; the counties and parks read the register."""
    division = {"division_officer", "division_approver"}
    return [
        Endpoint("GET", LIFTINGS, BUREAUS_AND_AUDITOR - division),
        Endpoint("POST", LIFTINGS, OFFICERS, STAY),
        Endpoint("POST", f"{LIFTINGS}/{{lifting_id}}/confirm", APPROVERS, {}),
        Endpoint("POST", f"{LIFTINGS}/{{lifting_id}}/reject", APPROVERS, REASON),
    ]


def documents() -> list[Endpoint]:
    """Known to everybody who signs in; which case's, its own scope says."""
    endpoints = []
    for segment in CASES_WITH_DOCUMENTS:
        shelf = f"/v1/{segment}/{{subject_id}}/documents"
        endpoints += [
            Endpoint("GET", shelf, KNOWN),
            Endpoint("POST", shelf, KNOWN, file=True),
            Endpoint("GET", f"{shelf}/{{document_id}}", KNOWN),
            Endpoint("GET", f"{shelf}/{{document_id}}/content", KNOWN),
            Endpoint("DELETE", f"{shelf}/{{document_id}}", KNOWN),
        ]
    return endpoints


def files() -> list[Endpoint]:
    """Files in, and the work they make."""
    operation = "/v1/operations/registry-{operation_id}"
    return [
        Endpoint("POST", "/v1/imports/{kind}", OPERATORS | OFFICERS, file=True),
        Endpoint("GET", "/v1/imports/{kind}/template", OPERATORS | OFFICERS),
        Endpoint("POST", "/v1/imports/{kind}/{operation_id}/approve", APPROVERS),
        Endpoint("GET", operation, KNOWN),
        Endpoint("GET", f"{operation}/problems", KNOWN),
    ]


TITLES_AND_PAPERS = [*titles(), *tiers(), *carriers(), *liftings(), *documents(), *files()]
