"""Alliances, pairs and communities: the endpoints and whom they let in."""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import (
    BUREAUS_AND_AUDITOR,
    CASE_READERS,
    DOCUMENT,
    EVERYBODY,
    OPERATORS,
    REASON,
    TENANTS,
    Endpoint,
)

ALLIANCES, MEMBERS, TALENT = "/v1/alliances", "/v1/alliance-members", "/v1/talent-arrivals"
PAIRS, COMMUNITIES, REPORTS = "/v1/pairings", "/v1/communities", "/v1/community-reports"
ALLIANCE, MEMBER, ARRIVAL = f"{ALLIANCES}/{{alliance_id}}", f"{MEMBERS}/{{member_id}}", f"{TALENT}/{{arrival_id}}"
PAIR, COMMUNITY, REPORT = f"{PAIRS}/{{pairing_id}}", f"{COMMUNITIES}/{{community_id}}", f"{REPORTS}/{{report_id}}"

LEAD_OFFICERS = {r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER}
LEAD_APPROVERS = {r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER}
LEADS = LEAD_OFFICERS | LEAD_APPROVERS
PARTIES = OPERATORS | {r.ENTERPRISE}
ASKERS = PARTIES | LEAD_OFFICERS
FIRM = {r.ENTERPRISE}
OFFICER, APPROVER = {r.DIVISION_OFFICER}, {r.DIVISION_APPROVER}
CITY = BUREAUS_AND_AUDITOR - OFFICER - APPROVER
FIRM_READERS = FIRM | BUREAUS_AND_AUDITOR

ONE = str(uuid4())
BODY = {"name": "联盟理事会", "from_on": "2019-06-03", **DOCUMENT}
JOIN = {"alliance": "maker_spaces", "kind": "centre", "centre_id": ONE}
CAME = {"member_id": ONE, "centre_id": ONE, "kind": "teacher", "heads": 2, "arrived_on": "2019-06-03", **DOCUMENT}
PROPOSED = {"partner_id": ONE, "enterprise_id": ONE, "industry": "biomedicine", "inland_document_no": "函1"}
ENTRY = {"kind": "visit", "held_on": "2019-06-03", "title": "走访"}
COMMUNITY_BODY = {"name": "八廓文创社区", "base_centre_id": ONE, "sector": "education"}
MOVE = {"base_centre_id": ONE, "reason_code": "base_lost"}

ALLIANCES_AND_COMMUNITIES = [
    Endpoint("GET", ALLIANCES, EVERYBODY),
    Endpoint("GET", ALLIANCE, EVERYBODY),
    Endpoint("POST", f"{ALLIANCE}/propose-lead-body", LEAD_OFFICERS, BODY),
    Endpoint("POST", f"{ALLIANCE}/confirm-lead-body", LEAD_APPROVERS),
    Endpoint("POST", f"{ALLIANCE}/refuse-lead-body", LEAD_APPROVERS, REASON),
    Endpoint("GET", f"{ALLIANCES}/{{thing_id}}/history", CITY),
    Endpoint("GET", MEMBERS, EVERYBODY),
    Endpoint("GET", MEMBER, EVERYBODY),
    Endpoint("POST", MEMBERS, ASKERS, JOIN),
    Endpoint("POST", f"{MEMBER}/accept", LEADS),
    Endpoint("POST", f"{MEMBER}/refuse", LEADS, REASON),
    Endpoint("POST", f"{MEMBER}/consent", PARTIES),
    Endpoint("POST", f"{MEMBER}/decline", PARTIES),
    Endpoint("POST", f"{MEMBER}/withdraw", ASKERS),
    Endpoint("POST", f"{MEMBER}/leave", ASKERS),
    Endpoint("POST", f"{MEMBER}/propose-removal", LEAD_OFFICERS, REASON),
    Endpoint("POST", f"{MEMBER}/remove", LEAD_APPROVERS, DOCUMENT),
    Endpoint("POST", f"{MEMBER}/drop-removal", LEADS),
    Endpoint("GET", f"{MEMBERS}/{{thing_id}}/history", CASE_READERS | TENANTS),
    Endpoint("GET", TALENT, PARTIES | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{TALENT}/counts", BUREAUS_AND_AUDITOR),
    Endpoint("GET", ARRIVAL, PARTIES | BUREAUS_AND_AUDITOR),
    Endpoint("POST", TALENT, ASKERS, CAME),
    Endpoint("POST", f"{ARRIVAL}/verify", LEADS),
    Endpoint("POST", f"{ARRIVAL}/reject", LEADS, REASON),
    Endpoint("GET", f"{TALENT}/{{thing_id}}/history", CASE_READERS | TENANTS),
    Endpoint("GET", PAIRS, FIRM_READERS),
    Endpoint("GET", f"{PAIRS}/counts", EVERYBODY),
    Endpoint("GET", PAIR, FIRM_READERS),
    Endpoint("POST", PAIRS, LEAD_OFFICERS, PROPOSED),
    Endpoint("POST", f"{PAIR}/confirm", FIRM),
    Endpoint("POST", f"{PAIR}/decline", FIRM, {"reason_code": "not_suited"}),
    Endpoint("POST", f"{PAIR}/withdraw", LEAD_OFFICERS),
    Endpoint("POST", f"{PAIR}/start", LEAD_OFFICERS, DOCUMENT),
    Endpoint("POST", f"{PAIR}/log", FIRM | LEAD_OFFICERS, ENTRY),
    Endpoint("POST", f"{PAIR}/complete", LEAD_OFFICERS),
    Endpoint("POST", f"{PAIR}/end", FIRM | LEAD_OFFICERS, REASON),
    Endpoint("GET", f"{PAIRS}/{{thing_id}}/history", FIRM_READERS),
    Endpoint("GET", COMMUNITIES, EVERYBODY),
    Endpoint("GET", COMMUNITY, EVERYBODY),
    Endpoint("POST", COMMUNITIES, OFFICER, COMMUNITY_BODY),
    Endpoint("POST", f"{COMMUNITY}/open", APPROVER, DOCUMENT),
    Endpoint("POST", f"{COMMUNITY}/refuse", APPROVER, REASON),
    Endpoint("POST", f"{COMMUNITY}/propose-move", OFFICER, MOVE),
    Endpoint("POST", f"{COMMUNITY}/move", APPROVER, DOCUMENT),
    Endpoint("POST", f"{COMMUNITY}/propose-closing", OFFICER, REASON),
    Endpoint("POST", f"{COMMUNITY}/close", APPROVER, DOCUMENT),
    Endpoint("POST", f"{COMMUNITY}/drop-proposal", OFFICER | APPROVER),
    Endpoint("GET", f"{COMMUNITIES}/{{thing_id}}/history", CASE_READERS),
    Endpoint("GET", REPORTS, CASE_READERS),
    Endpoint("GET", f"{REPORTS}/due", CASE_READERS),
    Endpoint("GET", REPORT, CASE_READERS),
    Endpoint("POST", REPORTS, OPERATORS, {"community_id": ONE, "year": 2019}),
    Endpoint("PATCH", REPORT, OPERATORS, {"resident_jobs": 3}),
    Endpoint("POST", f"{REPORT}/submit", OPERATORS),
    Endpoint("POST", f"{REPORT}/return", OFFICER, REASON),
    Endpoint("POST", f"{REPORT}/accept", OFFICER),
    Endpoint("POST", f"{REPORT}/see", {r.SCIENCE_OFFICER, r.OFFICE_OFFICER}),
    Endpoint("GET", f"{REPORTS}/{{thing_id}}/history", CASE_READERS),
]
