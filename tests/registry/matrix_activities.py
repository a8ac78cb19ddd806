"""The matrix's rows on activities, their series and winners."""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import BUREAUS_AND_AUDITOR, EVERYBODY, OPERATORS, Endpoint

READERS = OPERATORS | BUREAUS_AND_AUDITOR
OFFICERS_OF_ALL = {role for role in r.BUREAU_ROLES if role.endswith("_officer")}
AUTHORS = OPERATORS | OFFICERS_OF_ALL
VERIFIERS = set(r.BUREAU_ROLES)

ACTIVITY = "/v1/activities/{activity_id}"
WINNER = "/v1/activity-winners/{winner_id}"
YEARS = "/v1/activity-series/{series_id}/years"
YEAR = f"{YEARS}/{{year_id}}"

PLAN = {
    "title": "创业沙龙",
    "organiser_kind": "centre",
    "centre_id": str(uuid4()),
    "level": "centre",
    "audiences": ["founders"],
    "place": "路演厅",
    "starts_at": "2019-06-05T14:30",
    "ends_at": "2019-06-05T17:00",
}
WEATHER = {"reason_code": "weather"}
SPRING = {"planned_from": "2019-03-01", "planned_until": "2019-06-30"}
WON = {"activity_id": str(uuid4()), "project_id": str(uuid4()), "rank": 1, "award": "一等奖"}

ACTIVITIES = [
    Endpoint("GET", "/v1/activities/calendar", EVERYBODY),
    Endpoint("GET", "/v1/activities/calendar.ics", EVERYBODY),
    Endpoint("GET", "/v1/activities", READERS),
    Endpoint("GET", ACTIVITY, READERS),
    Endpoint("GET", f"{ACTIVITY}/clashes", READERS),
    Endpoint("GET", f"{ACTIVITY}/results", EVERYBODY),
    Endpoint("POST", "/v1/activities", AUTHORS, PLAN),
    Endpoint("PATCH", ACTIVITY, AUTHORS, {"title": "创业沙龙（改期）"}),
    Endpoint("POST", f"{ACTIVITY}/hold", AUTHORS, {"heads": 30}),
    Endpoint("POST", f"{ACTIVITY}/cancel", AUTHORS, WEATHER),
    Endpoint("POST", f"{ACTIVITY}/eligibility", AUTHORS),
    Endpoint("POST", f"{ACTIVITY}/submit", AUTHORS),
    Endpoint("POST", f"{ACTIVITY}/verify", VERIFIERS),
    Endpoint("POST", f"{ACTIVITY}/return", VERIFIERS, {"reason_code": "incomplete"}),
    Endpoint("POST", f"{ACTIVITY}/reject", VERIFIERS, {"reason_code": "not_held"}),
    Endpoint("POST", f"{ACTIVITY}/withdraw-verification", VERIFIERS, {"reason_code": "inspection"}),
    Endpoint("GET", "/v1/activities/{thing_id}/history", READERS),
    Endpoint("GET", "/v1/activity-winners", READERS | {r.ENTERPRISE}),
    Endpoint("GET", WINNER, READERS | {r.ENTERPRISE}),
    Endpoint("POST", "/v1/activity-winners", AUTHORS, WON),
    Endpoint("PATCH", WINNER, AUTHORS, {"rank": 2}),
    Endpoint("POST", f"{WINNER}/follow-up", AUTHORS, {"kind": "visit"}),
    Endpoint("POST", f"{WINNER}/give-up", AUTHORS, {"reason_code": "market"}),
    Endpoint("POST", f"{WINNER}/remove", AUTHORS, {"reason_code": "disqualified"}),
    Endpoint("GET", "/v1/activity-winners/{thing_id}/history", READERS),
    Endpoint("GET", "/v1/activity-series", EVERYBODY),
    Endpoint("GET", "/v1/activity-series/{series_id}", EVERYBODY),
    Endpoint("GET", YEARS, EVERYBODY),
    Endpoint("GET", YEAR, EVERYBODY),
    Endpoint("POST", YEARS, OFFICERS_OF_ALL, {"year": 2019, "title": "第三届", "alliance": "maker_spaces", **SPRING}),
    Endpoint("POST", f"{YEAR}/close", OFFICERS_OF_ALL, {"document_no": "拉人社发〔2019〕8号"}),
    Endpoint("POST", f"{YEAR}/cancel", OFFICERS_OF_ALL, WEATHER),
    Endpoint("GET", "/v1/activity-series/{parent_id}/years/{thing_id}/history", READERS),
]
