"""Training: the endpoints and whom they let in."""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import BUREAUS_AND_AUDITOR, EVERYBODY, OPERATORS, REASON, TENANTS, Endpoint

COURSES, SESSIONS = "/v1/trainings", "/v1/training-sessions"
ENROLMENTS, CERTIFICATES = "/v1/training-enrolments", "/v1/training-certificates"
COURSE, SESSION = f"{COURSES}/{{course_id}}", f"{SESSIONS}/{{session_id}}"
ENROLMENT, CERTIFICATE = f"{ENROLMENTS}/{{enrolment_id}}", f"{CERTIFICATES}/{{certificate_id}}"

LEADS = {r.HR_OFFICER, r.SCIENCE_OFFICER}
DECIDERS = LEADS | {r.HR_APPROVER, r.SCIENCE_APPROVER}
KEEPERS = OPERATORS | LEADS
PARTIES = OPERATORS | TENANTS
TRAINERS = KEEPERS | {r.MENTOR, r.FOUNDER}
CITY = BUREAUS_AND_AUDITOR - {r.DIVISION_OFFICER, r.DIVISION_APPROVER}
READERS = PARTIES | {r.MENTOR} | CITY

DRAFT = {"title": "创业者财税实务", "audience": "founders", "summary": "账务、发票与纳税申报。"}
PLAN = {
    "course_id": str(uuid4()),
    "place": "城关双创中心二楼报告厅",
    "meetings": [{"held_on": "2019-06-10", "starts": "09:30", "ends": "12:00"}],
    "capacity": 20,
}
SCORES = {"scores": {"content": 5}}
EXPORT = {"reason_code": "training_contact", "document_no": "拉人社〔2019〕3号"}

TRAININGS = [
    Endpoint("GET", COURSES, EVERYBODY),
    Endpoint("GET", COURSE, EVERYBODY),
    Endpoint("POST", COURSES, KEEPERS, DRAFT),
    Endpoint("PATCH", COURSE, KEEPERS, {"title": "财税"}),
    Endpoint("POST", f"{COURSE}/publish", DECIDERS),
    Endpoint("POST", f"{COURSE}/close", KEEPERS, REASON),
    Endpoint("GET", SESSIONS, EVERYBODY),
    Endpoint("GET", SESSION, EVERYBODY),
    Endpoint("POST", SESSIONS, KEEPERS, PLAN),
    Endpoint("PATCH", SESSION, KEEPERS, {"capacity": 5}),
    Endpoint("POST", f"{SESSION}/cancel", KEEPERS, REASON),
    Endpoint("POST", f"{SESSION}/complete", KEEPERS),
    Endpoint("POST", f"{SESSION}/enrol", PARTIES | LEADS, {"consent": True}),
    Endpoint("POST", f"{SESSION}/open-attendance", TRAINERS),
    Endpoint("POST", f"{SESSION}/close-attendance", TRAINERS),
    Endpoint("GET", f"{SESSION}/attendance-token", TRAINERS),
    Endpoint("GET", f"{SESSION}/attendance-code", TRAINERS),
    Endpoint("POST", f"{SESSION}/attend", PARTIES, {"token": "MCA1.x"}),
    Endpoint("POST", f"{SESSION}/export", DECIDERS, EXPORT),
    Endpoint("POST", f"{SESSION}/issue-certificates", KEEPERS),
    Endpoint("POST", f"{SESSION}/evaluate", PARTIES, SCORES),
    Endpoint("GET", f"{SESSION}/results", CITY | OPERATORS | {r.MENTOR, r.FOUNDER}),
    Endpoint("GET", ENROLMENTS, READERS),
    Endpoint("GET", ENROLMENT, READERS),
    Endpoint("POST", f"{ENROLMENT}/cancel", PARTIES | LEADS, REASON),
    Endpoint("POST", f"{ENROLMENT}/acknowledge", PARTIES),
    Endpoint("POST", f"{ENROLMENT}/record-attendance", TRAINERS, {"meeting": 1, **REASON}),
    Endpoint("POST", f"{ENROLMENT}/strike-attendance", TRAINERS, {"meeting": 1, **REASON}),
    Endpoint("GET", CERTIFICATES, READERS),
    Endpoint("GET", f"{CERTIFICATES}/verify", EVERYBODY),
    Endpoint("GET", CERTIFICATE, READERS),
    Endpoint("POST", f"{CERTIFICATE}/revoke", DECIDERS, REASON),
    Endpoint("GET", f"{COURSES}/{{thing_id}}/history", OPERATORS | CITY),
    Endpoint("GET", f"{SESSIONS}/{{thing_id}}/history", OPERATORS | CITY),
    Endpoint("GET", f"{ENROLMENTS}/{{thing_id}}/history", PARTIES | CITY),
    Endpoint("GET", f"{CERTIFICATES}/{{thing_id}}/history", PARTIES | CITY),
]
