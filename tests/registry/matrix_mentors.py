"""The matrix's rows on mentors and on what is kept about persons."""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import BUREAUS_AND_AUDITOR, DOCUMENT, EVERYBODY, OFFICERS, OPERATORS, TENANTS, Endpoint

HR = {r.HR_OFFICER, r.HR_APPROVER}
LEADS = {r.HR_OFFICER, r.SCIENCE_OFFICER}
DECIDERS = {r.HR_APPROVER, r.SCIENCE_APPROVER}
DIVISIONS = {r.DIVISION_OFFICER, r.DIVISION_APPROVER}
CITY = BUREAUS_AND_AUDITOR - DIVISIONS
BUREAUS = OFFICERS | {r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER} | HR
SELVES = {r.FOUNDER, r.MENTOR}
WHOLE = OPERATORS | CITY | {r.MENTOR}
SESSION_READERS = OPERATORS | BUREAUS_AND_AUDITOR | TENANTS | {r.MENTOR}

MENTOR, SESSIONS, PERSON = "/v1/mentors/{mentor_id}", "/v1/mentors/sessions", "/v1/persons/{person_id}"
SESSION = f"{SESSIONS}/{{session_id}}"
PROPOSAL = {"name": "央金", "fields": ["financing"], "from_on": "2019-06-03"}
EXPORT = {"reason_code": "appointment", **DOCUMENT}
HELD = {"held_on": "2019-06-03", "hours": "2.0", "field": "financing", "topic": "融资计划"}
ADVICE = {"mentor_id": str(uuid4()), "centre_id": str(uuid4()), "enterprise_id": str(uuid4()), **HELD}

MENTORS = [
    Endpoint("GET", "/v1/mentors", EVERYBODY),
    Endpoint("GET", "/v1/mentors/counters", BUREAUS_AND_AUDITOR),
    Endpoint("GET", "/v1/mentors/uncovered-centres", BUREAUS_AND_AUDITOR),
    Endpoint("GET", "/v1/mentors/loads", CITY | {r.MENTOR}),
    Endpoint("POST", "/v1/mentors/export", LEADS | DECIDERS, EXPORT),
    Endpoint("GET", MENTOR, EVERYBODY),
    Endpoint("POST", "/v1/mentors", LEADS, PROPOSAL),
    Endpoint("PATCH", MENTOR, LEADS | {r.MENTOR}, {"organisation": "西藏大学"}),
    Endpoint("POST", f"{MENTOR}/reappoint", LEADS),
    Endpoint("POST", f"{MENTOR}/appoint", DECIDERS, DOCUMENT),
    Endpoint("POST", f"{MENTOR}/refuse", DECIDERS, {"reason_code": "not_qualified"}),
    Endpoint("POST", f"{MENTOR}/end", DECIDERS, {"reason_code": "inactive", **DOCUMENT}),
    Endpoint("POST", f"{MENTOR}/resign", {r.MENTOR}),
    Endpoint("GET", f"{MENTOR}/terms", WHOLE),
    Endpoint("GET", f"{MENTOR}/centres", WHOLE),
    Endpoint("POST", f"{MENTOR}/centres", OPERATORS | LEADS, {"centre_id": str(uuid4())}),
    Endpoint("POST", f"{MENTOR}/centres/{{link_id}}/end", OPERATORS | LEADS | {r.MENTOR}),
    Endpoint("GET", SESSIONS, SESSION_READERS),
    Endpoint("GET", SESSION, SESSION_READERS),
    Endpoint("POST", SESSIONS, OPERATORS | {r.MENTOR}, ADVICE),
    Endpoint("POST", f"{SESSION}/confirm", TENANTS),
    Endpoint("POST", f"{SESSION}/contest", TENANTS, {"reason_code": "not_held"}),
    Endpoint("POST", f"{SESSION}/withdraw", OPERATORS | {r.MENTOR}, {"reason_code": "entered_by_mistake"}),
    Endpoint("GET", "/v1/mentors/{thing_id}/history", WHOLE),
    Endpoint("GET", "/v1/mentors/sessions/{thing_id}/history", SESSION_READERS),
    Endpoint("GET", "/v1/mentors/{parent_id}/centres/{thing_id}/history", WHOLE),
]

PERSONAL_DATA = [
    Endpoint("GET", "/v1/persons/self", SELVES),
    Endpoint("POST", "/v1/persons/erase-due", {r.SCIENCE_OFFICER, r.ADMIN}),
    Endpoint("GET", f"{PERSON}/consents", BUREAUS | SELVES | {r.AUDITOR}),
    Endpoint("POST", f"{PERSON}/consents", OFFICERS | HR | SELVES, {"purpose": "mentor"}),
    Endpoint("POST", f"{PERSON}/consents/{{consent_id}}/withdraw", OFFICERS | HR | SELVES),
    Endpoint("GET", f"{PERSON}/contacts", BUREAUS | SELVES | {r.AUDITOR}),
    Endpoint("POST", f"{PERSON}/contacts", OFFICERS | HR | SELVES, {"mobile": "13812345678"}),
    Endpoint("DELETE", f"{PERSON}/contacts/{{kind}}", OFFICERS | HR | SELVES),
    Endpoint("POST", f"{PERSON}/contacts/reveal", HR | {r.SCIENCE_APPROVER}, {"kind": "mobile", **EXPORT}),
    Endpoint("GET", f"{PERSON}/exports", BUREAUS | SELVES | {r.AUDITOR}),
]
