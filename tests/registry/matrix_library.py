"""The matrix's rows on the project library and the graduate platform."""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import (
    BUREAUS_AND_AUDITOR,
    DOCUMENT,
    EVERYBODY,
    OPERATORS,
    REASON,
    TENANTS,
    Endpoint,
)

LIBRARIANS = {r.HR_OFFICER, r.SCIENCE_OFFICER}
EDITORS = LIBRARIANS | {r.HR_APPROVER, r.SCIENCE_APPROVER}
AUTHORS = LIBRARIANS | OPERATORS | {r.FOUNDER}
WHOLE = OPERATORS | BUREAUS_AND_AUDITOR | {r.FOUNDER}
DIVISIONS = {r.DIVISION_OFFICER, r.DIVISION_APPROVER}

ITEMS, CLAIMS, ROUNDS, PLATFORM = (
    "/v1/project-library",
    "/v1/library-claims",
    "/v1/library-rounds",
    "/v1/graduate-platform",
)
ITEM, CLAIM = f"{ITEMS}/{{item_id}}", f"{CLAIMS}/{{claim_id}}"
ROUND, STAGE = f"{ROUNDS}/{{round_id}}", f"{PLATFORM}/{{record_id}}"
OFFER = {
    "name": "青稞酒渣饲料",
    "summary": "以青稞酒渣制饲料。",
    "industry_code": "C1329",
    "stage": "idea",
    "province": "540000",
    "school": "西藏大学",
}
PLAN = {"plan": "先试产，再向合作社推广。"}
VISIT = {"kind": "visit", "held_on": "2019-06-03", "note": "已看厂房。"}
FIRM = {"enterprise_id": str(uuid4())}
TRIAL = {
    "stage": "trial",
    "kind": "bench_test",
    "product": "青稞饲料",
    "project_id": str(uuid4()),
    "started_on": "2019-06-03",
    "document_no": "试1",
}
EXPORT = {"reason_code": "follow_up", **DOCUMENT}

LIBRARY = [
    Endpoint("GET", ITEMS, EVERYBODY),
    Endpoint("GET", f"{ITEMS}/counts", OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", ITEM, EVERYBODY),
    Endpoint("GET", f"{ITEM}/switches", WHOLE),
    Endpoint("POST", ITEMS, AUTHORS, OFFER),
    Endpoint("PATCH", ITEM, AUTHORS, {"stage": "prototype"}),
    Endpoint("POST", f"{ITEM}/submit", AUTHORS),
    Endpoint("POST", f"{ITEM}/return", EDITORS, REASON),
    Endpoint("POST", f"{ITEM}/check", EDITORS),
    Endpoint("POST", f"{ITEM}/schedule", EDITORS, {"round_id": None}),
    Endpoint("POST", f"{ITEM}/publish", EDITORS),
    Endpoint("POST", f"{ITEM}/switch-off", EDITORS, REASON),
    Endpoint("POST", f"{ITEM}/withdraw", AUTHORS, REASON),
    Endpoint("POST", f"{ITEM}/eligibility", LIBRARIANS | {r.FOUNDER}),
    Endpoint("POST", f"{ITEM}/claims", LIBRARIANS | {r.FOUNDER}, PLAN),
    Endpoint("GET", CLAIMS, WHOLE | {r.MENTOR}),
    Endpoint("POST", f"{CLAIMS}/lapse", LIBRARIANS),
    Endpoint("POST", f"{CLAIMS}/export", EDITORS, EXPORT),
    Endpoint("GET", CLAIM, WHOLE | {r.MENTOR}),
    Endpoint("POST", f"{CLAIM}/accept", LIBRARIANS | {r.FOUNDER}),
    Endpoint("POST", f"{CLAIM}/refuse", LIBRARIANS | {r.FOUNDER}, REASON),
    Endpoint("POST", f"{CLAIM}/take-back", LIBRARIANS | {r.FOUNDER}),
    Endpoint("POST", f"{CLAIM}/assign", LIBRARIANS, {"centre_id": None}),
    Endpoint("GET", f"{CLAIM}/follow-ups", WHOLE | {r.MENTOR}),
    Endpoint("POST", f"{CLAIM}/follow-ups", LIBRARIANS | OPERATORS | {r.MENTOR}, VISIT),
    Endpoint("POST", f"{CLAIM}/succeed", LIBRARIANS | OPERATORS, FIRM),
    Endpoint("POST", f"{CLAIM}/abandon", AUTHORS, REASON),
    Endpoint("GET", ROUNDS, EVERYBODY),
    Endpoint("GET", ROUND, EVERYBODY),
    Endpoint("POST", ROUNDS, LIBRARIANS, {"title": "第二季度", "publishes_on": "2019-06-28"}),
    Endpoint("POST", f"{ROUND}/publish", EDITORS),
    Endpoint("POST", f"{ROUND}/cancel", EDITORS, REASON),
    Endpoint("GET", PLATFORM, OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{PLATFORM}/counts", OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", STAGE, OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", PLATFORM, LIBRARIANS | OPERATORS, TRIAL),
    Endpoint("POST", f"{STAGE}/confirm", TENANTS),
    Endpoint("POST", f"{STAGE}/contest", TENANTS, REASON),
    Endpoint(
        "POST",
        f"{STAGE}/correct",
        LIBRARIANS | OPERATORS,
        {"kind": "bench_test", "started_on": "2019-06-03", **REASON},
    ),
    Endpoint("GET", f"{ITEMS}/{{thing_id}}/history", WHOLE),
    Endpoint("GET", f"{CLAIMS}/{{thing_id}}/history", WHOLE | {r.MENTOR}),
    Endpoint("GET", f"{ROUNDS}/{{thing_id}}/history", BUREAUS_AND_AUDITOR - DIVISIONS),
    Endpoint("GET", f"{PLATFORM}/{{thing_id}}/history", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
]
