"""Every endpoint of the registry with the roles it lets in; `test_access` asks each of them as every role.

An endpoint that is missing here fails `test_matrix_names_every_endpoint_of_the_service`.
"""

from __future__ import annotations

from uuid import uuid4

from shared.auth import roles as r
from tests.registry.endpoints import (
    APPROVERS,
    BUREAUS_AND_AUDITOR,
    CASE_READERS,
    DOCUMENT,
    EVERYBODY,
    OFFICERS,
    OPERATORS,
    REASON,
    TENANTS,
    Endpoint,
)
from tests.registry.matrix_activities import ACTIVITIES
from tests.registry.matrix_alliances import ALLIANCES_AND_COMMUNITIES
from tests.registry.matrix_library import LIBRARY
from tests.registry.matrix_mentors import MENTORS, PERSONAL_DATA
from tests.registry.matrix_titles import TIERS, TITLES_AND_PAPERS
from tests.registry.matrix_trainings import TRAININGS
from tests.registry.support import OPERATOR, centre_body, enterprise_body, fresh_code

SCOPES = {
    r.CENTRE_OPERATOR: {"org": OPERATOR},
    r.DIVISION_OFFICER: {"division": "540102"},
    r.DIVISION_APPROVER: {"division": "540102"},
    r.FOUNDER: {"person_ref": "person-1"},
    r.MENTOR: {"person_ref": "person-2"},
    r.PROVIDER: {"org": OPERATOR, "provider": "p-1"},
    r.BANK: {"bank": "CCB"},
}


CLAIM = {"criterion": "operating", "insured_jobs": 3, "own_premises": True}
APPLY = {"centre_id": str(uuid4()), "kind": "maker_space"}
ADMIT = {"centre_id": str(uuid4()), "enterprise_id": str(uuid4()), "agreement_no": "RZ"}
CODE = fresh_code()

CENTRES, TITLES, TENANCIES = "/v1/centres", "/v1/qualification-applications", "/v1/tenancies"

CENTRE = f"{CENTRES}/{{centre_id}}"
CHANGES = f"{CENTRE}/operator-changes"
PROFILES = f"{CENTRE}/profile-changes"
RENAMED = {"name": "城关双创中心（新址）", "reason_code": "renaming"}
TAKEOVER = {
    "to_code": fresh_code(),
    "to_name": "拉萨新程孵化有限公司",
    "reason_code": "transfer",
    "agreement_no": "转让协议1号",
}
CERTIFICATE = {"name": "孵化从业人员证书", "number": "FH-2018-001", "issued_on": "2018-05-10"}
STAFF = {"person_ref": "person-9", "role": "manager", "full_time": True, "from_on": "2019-03-01"}
SELF_CHECK = {"year": 2019, "answers": {"professional_team.full_time_manager": {"met": True}}}


def notices_of(prefix: str) -> list[Endpoint]:
    """The notice of a kind of case, with its objections."""
    notice, known = f"{prefix}/{{subject_id}}/notice", EVERYBODY - {r.PUBLIC}
    objection = {"signatory": "次仁", "text": "场地与申报不符。"}
    answer = {"outcome": "dismissed", "text": "经核实，场地相符。"}
    return [
        Endpoint("GET", notice, EVERYBODY),
        Endpoint("GET", f"{notice}/objections", known),
        Endpoint("POST", f"{notice}/objections", known, objection),
        Endpoint("GET", f"{notice}/objections/{{objection_id}}", known),
        Endpoint("POST", f"{notice}/objections/{{objection_id}}/answer", OFFICERS, answer),
    ]


def around_the_centre() -> list[Endpoint]:
    """Service records, partners, divisions, coverage and good practice."""
    services, practices, divisions = "/v1/service-records", "/v1/practices", "/v1/divisions"
    agreements, carriers = f"{CENTRES}/{{centre_id}}/agreements", f"{CENTRES}/{{centre_id}}/joint-carriers"
    city_keepers = OFFICERS | {r.OFFICE_OFFICER}
    keepers = city_keepers | {r.DIVISION_OFFICER}
    editors, deciders = OFFICERS | {r.OFFICE_OFFICER}, APPROVERS | {r.OFFICE_APPROVER}
    registrars = OPERATORS | OFFICERS | {r.EDUCATION_OFFICER}
    authors, readers = OPERATORS | keepers, OPERATORS | BUREAUS_AND_AUDITOR
    service = {"type": "training", "title": "税务培训", "provided_on": "2019-06-03"}
    paid = {"origin_province": "110000", "capital": "1.00"}
    signed = {"document_no": "XY-1", "subject": "共建", "signed_on": "2019-06-03", "valid_from": "2019-06-03"}
    carrier = {"name": "藏青众创", "kind": "maker_space", "place_province": "540000", "set_up_on": "2019-06-03"}
    log = {"medium": "website", "outlet": "拉萨科技", "publicised_on": "2019-06-03"}
    one = str(uuid4())
    return [
        Endpoint("GET", services, readers | TENANTS),
        Endpoint("GET", f"{services}/counts", readers),
        Endpoint("GET", f"{services}/{{record_id}}", readers | TENANTS),
        Endpoint("POST", services, OPERATORS, {**service, "centre_id": one, "enterprise_id": one}),
        Endpoint("POST", f"{services}/{{record_id}}/confirm", {r.ENTERPRISE}),
        Endpoint("POST", f"{services}/{{record_id}}/contest", {r.ENTERPRISE}, REASON),
        Endpoint("POST", f"{services}/{{record_id}}/correct", OPERATORS, {**service, **REASON}),
        Endpoint("GET", "/v1/partners", readers),
        Endpoint("GET", "/v1/partners/{partner_id}", readers),
        Endpoint("POST", "/v1/partners", registrars, {"name": "启迪", "kind": "service_agency", **paid}),
        Endpoint("PATCH", "/v1/partners/{partner_id}", OPERATORS | OFFICERS, {"name": "启迪之星"}),
        Endpoint("GET", agreements, readers),
        Endpoint("POST", agreements, OPERATORS | OFFICERS, {"partner_id": one, **signed}),
        Endpoint("POST", f"{agreements}/{{agreement_id}}/end", OPERATORS | OFFICERS, REASON),
        Endpoint("GET", carriers, readers),
        Endpoint("POST", carriers, OPERATORS | OFFICERS, {"agreement_id": one, **carrier, "partner_capital": "1.00"}),
        Endpoint("POST", f"{carriers}/{{carrier_id}}/end", OPERATORS | OFFICERS, REASON),
        Endpoint("GET", divisions, BUREAUS_AND_AUDITOR),
        Endpoint("GET", f"{divisions}/due", BUREAUS_AND_AUDITOR),
        Endpoint("GET", f"{divisions}/{{division_id}}", BUREAUS_AND_AUDITOR),
        Endpoint("PATCH", f"{divisions}/{{division_id}}", keepers, {"contacts": []}),
        Endpoint("POST", f"{divisions}/{{division_id}}/papers", keepers, {"kind": "plan", "title": "方案"}),
        Endpoint("POST", f"{divisions}/{{division_id}}/papers/{{paper_id}}/hand-in", keepers, DOCUMENT),
        Endpoint(
            "POST", f"{divisions}/{{division_id}}/papers/{{paper_id}}/return", city_keepers, {"remark": "文号有误"}
        ),
        Endpoint("GET", "/v1/coverage", BUREAUS_AND_AUDITOR),
        Endpoint("GET", "/v1/coverage/ecosystem", BUREAUS_AND_AUDITOR),
        Endpoint("GET", practices, EVERYBODY),
        Endpoint("GET", f"{practices}/{{practice_id}}", EVERYBODY),
        Endpoint("GET", f"{practices}/{{practice_id}}/attachments/{{document_id}}", EVERYBODY),
        Endpoint("POST", practices, authors, {"title": "一站式", "centre_id": one, "body": "做法"}),
        Endpoint("PATCH", f"{practices}/{{practice_id}}", authors, {"title": "一站式服务"}),
        Endpoint("POST", f"{practices}/{{practice_id}}/submit", authors),
        Endpoint("POST", f"{practices}/{{practice_id}}/return", editors | deciders, REASON),
        Endpoint("POST", f"{practices}/{{practice_id}}/approve", deciders),
        Endpoint("POST", f"{practices}/{{practice_id}}/publish", editors | deciders),
        Endpoint("POST", f"{practices}/{{practice_id}}/publicise", editors, log),
        Endpoint("POST", f"{practices}/{{practice_id}}/withdraw", editors | deciders, REASON),
    ]


def histories() -> list[Endpoint]:
    """Whoever reads the whole case reads its history."""
    carrier_side = OPERATORS | BUREAUS_AND_AUDITOR
    readers = {
        "centres": carrier_side,
        "qualification-applications": carrier_side,
        "qualifications": carrier_side,
        "bans": carrier_side,
        "enterprises": carrier_side | TENANTS,
        "tenancies": carrier_side | TENANTS,
        "projects": carrier_side | TENANTS,
        "persons": PERSON_BUREAUS | {r.AUDITOR},
        "tier-applications": carrier_side,
        "service-records": carrier_side | TENANTS,
        "partners": carrier_side,
        "divisions": BUREAUS_AND_AUDITOR,
        "practices": carrier_side,
    }
    within = {
        "centres/{parent_id}/staff": carrier_side,
        "centres/{parent_id}/agreements": carrier_side,
        "centres/{parent_id}/joint-carriers": carrier_side,
        "centres/{parent_id}/carriers": carrier_side,
        "centres/{parent_id}/designations": carrier_side,
        "centres/{parent_id}/operator-changes": carrier_side,
        "centres/{parent_id}/profile-changes": carrier_side,
        "enterprises/{parent_id}/stages": carrier_side | TENANTS,
    }
    return [
        Endpoint("GET", f"/v1/{segment}/{{thing_id}}/history", roles)
        for segment, roles in {**readers, **within}.items()
    ]


TRANSFER = {"centre_id": str(uuid4()), "agreement_no": "RZ", "evidence": ["协议"]}
ENTERPRISE, PROJECT, PERSON = "/v1/enterprises/{enterprise_id}", "/v1/projects/{project_id}", "/v1/persons/{person_id}"
HR = {r.HR_OFFICER, r.HR_APPROVER}
PERSON_BUREAUS = OFFICERS | APPROVERS | HR
TENANT_READERS = OPERATORS | TENANTS | BUREAUS_AND_AUDITOR
PERSON_READERS = OPERATORS | TENANTS | PERSON_BUREAUS | {r.AUDITOR}
ONE_PERSON_READERS = PERSON_READERS | {r.MENTOR}
KEEPERS = OPERATORS | {r.ENTERPRISE} | OFFICERS
TEAM_KEEPERS = OPERATORS | {r.FOUNDER} | OFFICERS
YEAR = {"year": 2018, "revenue": "1.00", "tax_paid": "0.00", "staff": 3, "insured_jobs": 3}
FLAG = {"kind": "high_tech", "certificate_no": "GR1", "issued_on": "2019-01-02", "evidence": ["证书"]}
PERMIT = {"name": "食品经营许可证", "authority": "市场监督管理局"}
PROPOSAL = {"changes": {"name": "新名"}}
MERGE = {"into_id": str(uuid4()), "document_no": "拉市监〔2019〕1号"}
FOUNDER = {"capacity": "founder", "name": "扎西"}
TEAM = {
    "name": "唐卡数字化团队",
    "industry_code": "R8890",
    "division": "540102",
    "started_on": "2019-03-01",
    "team_size": 4,
}
LICENCE = {"code": fresh_code(), "registered_on": "2019-05-06"}
CARD = {"id_number": "540102199001010070"}
DEGREE = {"school": "西藏大学", "graduated_on": "2018-06-30", "certificate_no": "1", "evidence": ["毕业证"]}
PARTICULARS = [
    Endpoint("GET", f"{ENTERPRISE}/tenancy", TENANT_READERS),
    Endpoint("GET", f"{ENTERPRISE}/growth", TENANT_READERS),
    Endpoint("POST", f"{ENTERPRISE}/growth", KEEPERS, YEAR),
    Endpoint("GET", f"{ENTERPRISE}/technology-flags", TENANT_READERS),
    Endpoint("POST", f"{ENTERPRISE}/technology-flags", OFFICERS, FLAG),
    Endpoint("POST", f"{ENTERPRISE}/technology-flags/{{flag_id}}/withdraw", OFFICERS, DOCUMENT),
    Endpoint("GET", f"{ENTERPRISE}/permits", TENANT_READERS),
    Endpoint("POST", f"{ENTERPRISE}/permits", KEEPERS, PERMIT),
    Endpoint("POST", f"{ENTERPRISE}/permits/{{permit_id}}/see", OPERATORS | OFFICERS, DOCUMENT),
    Endpoint("GET", f"{ENTERPRISE}/changes", TENANT_READERS - {r.FOUNDER}),
    Endpoint("POST", f"{ENTERPRISE}/changes", OPERATORS, PROPOSAL),
    Endpoint("POST", f"{ENTERPRISE}/changes/{{change_id}}/confirm", OFFICERS | {r.ENTERPRISE}),
    Endpoint("POST", f"{ENTERPRISE}/changes/{{change_id}}/refuse", OFFICERS | {r.ENTERPRISE}, REASON),
    Endpoint("POST", f"{ENTERPRISE}/merge", OFFICERS, MERGE),
    Endpoint("GET", f"{ENTERPRISE}/persons", PERSON_READERS),
    Endpoint("POST", f"{ENTERPRISE}/persons", KEEPERS, FOUNDER),
    Endpoint("POST", f"{ENTERPRISE}/persons/{{link_id}}/end", KEEPERS, {}),
]
PROJECTS = [
    Endpoint("GET", "/v1/projects", TENANT_READERS),
    Endpoint("GET", PROJECT, TENANT_READERS),
    Endpoint("GET", f"{PROJECT}/tenancy", TENANT_READERS),
    Endpoint("POST", "/v1/projects", TEAM_KEEPERS, TEAM),
    Endpoint("PATCH", PROJECT, TEAM_KEEPERS, {"team_size": 5}),
    Endpoint("POST", f"{PROJECT}/register", TEAM_KEEPERS, LICENCE),
    Endpoint("POST", f"{PROJECT}/close", TEAM_KEEPERS, REASON),
    Endpoint("GET", f"{PROJECT}/persons", PERSON_READERS),
    Endpoint("POST", f"{PROJECT}/persons", TEAM_KEEPERS, FOUNDER),
    Endpoint("POST", f"{PROJECT}/persons/{{link_id}}/end", TEAM_KEEPERS, {}),
]
PERSONS = [
    Endpoint("GET", "/v1/persons", PERSON_BUREAUS | {r.AUDITOR}),
    Endpoint("POST", "/v1/persons/find", PERSON_BUREAUS, CARD),
    Endpoint("GET", PERSON, ONE_PERSON_READERS),
    Endpoint("PATCH", PERSON, OFFICERS | HR, {"name": "扎西"}),
    Endpoint("POST", f"{PERSON}/reveal", HR | {r.SCIENCE_APPROVER}, {**REASON, **DOCUMENT}),
    Endpoint("GET", f"{PERSON}/graduations", ONE_PERSON_READERS),
    Endpoint("POST", f"{PERSON}/graduations", KEEPERS | {r.FOUNDER} | HR, DEGREE),
    Endpoint("POST", f"{PERSON}/graduations/{{graduation_id}}/confirm", OFFICERS | HR),
    Endpoint("GET", f"{PERSON}/links", PERSON_BUREAUS | {r.AUDITOR, r.FOUNDER}),
    Endpoint("POST", f"{PERSON}/links/{{link_id}}/confirm", OFFICERS | {r.FOUNDER}),
]

MATRIX = [
    *histories(),
    *around_the_centre(),
    *TITLES_AND_PAPERS,
    Endpoint("GET", CENTRES, EVERYBODY),
    Endpoint("GET", f"{CENTRES}/{{centre_id}}", EVERYBODY),
    Endpoint("POST", CENTRES, OPERATORS | OFFICERS, centre_body()),
    Endpoint("PATCH", f"{CENTRES}/{{centre_id}}", OPERATORS | OFFICERS, {"name": "新名"}),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/submit", OPERATORS | OFFICERS),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/review", OFFICERS),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/announce", OFFICERS),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/return", OFFICERS | APPROVERS, REASON),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/list", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CENTRES}/{{centre_id}}/reject", APPROVERS, REASON),
    *notices_of(CENTRES),
    *notices_of(TITLES),
    *notices_of(TIERS),
    Endpoint("GET", f"{CENTRE}/measures", CASE_READERS),
    Endpoint("POST", f"{CENTRE}/propose-suspension", OFFICERS, {"reason_code": "investigation"}),
    Endpoint("POST", f"{CENTRE}/suspend", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CENTRE}/propose-resumption", OFFICERS, {"reason_code": "rectified"}),
    Endpoint("POST", f"{CENTRE}/resume", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CENTRE}/request-withdrawal", OPERATORS | OFFICERS, {"reason_code": "merged"}),
    Endpoint("POST", f"{CENTRE}/withdraw", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CENTRE}/drop-proposal", OPERATORS | OFFICERS | APPROVERS, REASON),
    Endpoint("GET", f"{CENTRE}/operators", EVERYBODY),
    Endpoint("GET", CHANGES, CASE_READERS),
    Endpoint("GET", f"{CHANGES}/{{change_id}}", CASE_READERS),
    Endpoint("POST", CHANGES, OPERATORS | OFFICERS, TAKEOVER),
    Endpoint("POST", f"{CHANGES}/{{change_id}}/review", OFFICERS),
    Endpoint("POST", f"{CHANGES}/{{change_id}}/approve", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{CHANGES}/{{change_id}}/refuse", APPROVERS, REASON),
    Endpoint("GET", PROFILES, CASE_READERS),
    Endpoint("GET", f"{PROFILES}/{{change_id}}", CASE_READERS),
    Endpoint("POST", PROFILES, OPERATORS | OFFICERS, RENAMED),
    Endpoint("POST", f"{PROFILES}/{{change_id}}/resubmit", OPERATORS | OFFICERS, RENAMED),
    Endpoint("POST", f"{PROFILES}/{{change_id}}/review", OFFICERS),
    Endpoint("POST", f"{PROFILES}/{{change_id}}/return", OFFICERS | APPROVERS, REASON),
    Endpoint("POST", f"{PROFILES}/{{change_id}}/approve", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{PROFILES}/{{change_id}}/refuse", APPROVERS, REASON),
    Endpoint("GET", f"{CENTRE}/staff", CASE_READERS),
    Endpoint("GET", f"{CENTRE}/staff/{{staff_id}}", CASE_READERS),
    Endpoint("POST", f"{CENTRE}/staff", OPERATORS | OFFICERS, STAFF),
    Endpoint("POST", f"{CENTRE}/staff/{{staff_id}}/certify", OPERATORS | OFFICERS, CERTIFICATE),
    Endpoint("POST", f"{CENTRE}/staff/{{staff_id}}/leave", OPERATORS | OFFICERS, {"until_on": "2019-06-03"}),
    Endpoint("GET", f"{CENTRE}/self-checks", CASE_READERS),
    Endpoint("POST", f"{CENTRE}/self-checks", OPERATORS | OFFICERS, SELF_CHECK),
    Endpoint("PATCH", f"{CENTRE}/self-checks/{{check_id}}", OPERATORS | OFFICERS, {"answers": SELF_CHECK["answers"]}),
    Endpoint("GET", TITLES, OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{TITLES}/{{application_id}}", OPERATORS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", TITLES, OPERATORS | OFFICERS, APPLY),
    Endpoint("POST", f"{TITLES}/{{application_id}}/review", OFFICERS),
    Endpoint("POST", f"{TITLES}/{{application_id}}/grant", APPROVERS, DOCUMENT),
    Endpoint("POST", f"{TITLES}/{{application_id}}/refuse", APPROVERS, REASON),
    Endpoint("GET", "/v1/qualifications", EVERYBODY),
    Endpoint("GET", "/v1/qualifications/{qualification_id}", EVERYBODY),
    Endpoint("POST", "/v1/qualifications/{qualification_id}/propose-revocation", OFFICERS, REASON),
    Endpoint("POST", "/v1/qualifications/{qualification_id}/revoke", APPROVERS, DOCUMENT),
    Endpoint("GET", "/v1/bans", EVERYBODY),
    Endpoint("GET", "/v1/bans/{ban_id}", EVERYBODY),
    Endpoint("GET", "/v1/enterprises", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", "/v1/enterprises/{enterprise_id}", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", "/v1/enterprises", OPERATORS | {r.ENTERPRISE} | OFFICERS, enterprise_body(code=CODE)),
    Endpoint("PATCH", "/v1/enterprises/{enterprise_id}", OPERATORS | {r.ENTERPRISE} | OFFICERS, {"name": "新名"}),
    Endpoint("GET", TENANCIES, OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("GET", f"{TENANCIES}/{{tenancy_id}}", OPERATORS | TENANTS | BUREAUS_AND_AUDITOR),
    Endpoint("POST", TENANCIES, OPERATORS | OFFICERS, ADMIT),
    Endpoint("POST", f"{TENANCIES}/{{tenancy_id}}/file", OPERATORS | OFFICERS),
    Endpoint(
        "POST", f"{TENANCIES}/{{tenancy_id}}/graduate", OPERATORS | OFFICERS, {"claim": CLAIM, "evidence": ["附件"]}
    ),
    Endpoint("POST", f"{TENANCIES}/{{tenancy_id}}/exit", OPERATORS | OFFICERS, REASON),
    Endpoint("POST", f"{TENANCIES}/{{tenancy_id}}/transfer", OPERATORS | OFFICERS, TRANSFER),
    *PARTICULARS,
    *PROJECTS,
    *PERSONS,
    *ACTIVITIES,
    *ALLIANCES_AND_COMMUNITIES,
    *TRAININGS,
    *PERSONAL_DATA,
    *MENTORS,
    *LIBRARY,
    Endpoint("GET", "/internal/centres/{centre_id}/standing", set()),
]
