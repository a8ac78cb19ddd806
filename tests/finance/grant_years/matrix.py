"""Roles of every endpoint of a grant's year, of notices and of documents."""

from __future__ import annotations

from shared.auth.roles import ALL_ROLES, PUBLIC

OFFICERS = {"science_officer", "industry_officer"}
APPROVERS = {"science_approver", "industry_approver"}
TREASURY = {"treasury_officer", "treasury_approver"}
OPERATORS = {"centre_operator"} | OFFICERS
CITY = {role for role in ALL_ROLES if role.endswith(("_officer", "_approver")) and not role.startswith("division_")}
READERS = CITY | {"division_officer", "division_approver", "centre_operator", "auditor"}
FILERS = OPERATORS | TREASURY


def _documents(prefix: str, writers: set[str]) -> dict[str, set[str]]:
    path = f"{prefix}/{{subject_id}}/documents"
    return {
        f"POST {path}": writers,
        f"DELETE {path}/{{document_id}}": writers,
        f"GET {path}": READERS,
        f"GET {path}/{{document_id}}": READERS,
        f"GET {path}/{{document_id}}/content": READERS,
    }


MATRIX: dict[str, set[str]] = {
    "POST /v1/grants/calls": OFFICERS,
    "POST /v1/grants/calls/{call_id}/publish": APPROVERS,
    "POST /v1/grants/calls/{call_id}/refuse": APPROVERS,
    "POST /v1/grants/{grant_id}/notice": OFFICERS,
    "POST /v1/grants/{subject_id}/notice/objections/{objection_id}/answer": OFFICERS,
    "POST /v1/grants/{grant_id}/receipt": OPERATORS,
    "GET /v1/grants/{grant_id}/spending/plan": READERS,
    "POST /v1/grants/{grant_id}/use-reports": OPERATORS,
    "GET /v1/grants/{grant_id}/use-reports/figures": READERS,
    "GET /v1/grants/use-reports": READERS,
    "GET /v1/grants/use-reports/{report_id}": READERS,
    "POST /v1/grants/use-reports/{report_id}/accept": OFFICERS,
    "POST /v1/grants/use-reports/{report_id}/return": OFFICERS,
    "POST /v1/grants/{grant_id}/assets": OPERATORS,
    "GET /v1/grants/assets": READERS,
    "GET /v1/grants/assets/{asset_id}": READERS,
    "POST /v1/grants/assets/{asset_id}/check": OFFICERS,
    "POST /v1/grants/assets/{asset_id}/move": OPERATORS,
    "POST /v1/grants/assets/{asset_id}/write-off": APPROVERS,
    "POST /v1/grants/{grant_id}/signed-commitments": OPERATORS,
    "GET /v1/grants/signed-commitments": READERS,
    "GET /v1/grants/signed-commitments/{commitment_id}": READERS,
    "POST /v1/grants/signed-commitments/{commitment_id}/review": OFFICERS,
    "POST /v1/grants/signed-commitments/{commitment_id}/honour": APPROVERS,
    "POST /v1/grants/signed-commitments/{commitment_id}/refuse": APPROVERS,
    "POST /v1/grants/signed-commitments/{commitment_id}/settle": OFFICERS | APPROVERS,
    **_documents("/v1/grants", FILERS),
    **_documents("/v1/findings", OPERATORS),
}


def notices(prefix: str) -> dict[str, set[str]]:
    """Of what is announced, everybody reads the notice, and whoever is known objects."""
    path = f"{prefix}/{{subject_id}}/notice"
    return {
        f"GET {path}": {PUBLIC},
        f"GET {path}/objections": set(),
        f"GET {path}/objections/{{objection_id}}": set(),
        f"POST {path}/objections": set(),
    }


OPEN: dict[str, set[str]] = {
    "GET /v1/grants/calls": {PUBLIC},
    "GET /v1/grants/calls/{call_id}": {PUBLIC},
    **notices("/v1/grants"),
}
"""Whose rows are scoped, not their roles."""
