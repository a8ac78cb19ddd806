"""Roles of every endpoint of angel funds, rewards and support for alliances."""

from __future__ import annotations

from typing import Final

from shared.auth.roles import ALL_ROLES
from tests.finance.grant_years.matrix import notices

OFFICER: Final = {"finance_officer"}
APPROVER: Final = {"finance_approver"}
TREASURY: Final = {"treasury_officer", "treasury_approver"}
LEAD_OFFICERS: Final = {"industry_officer", "education_officer"}
LEAD_APPROVERS: Final = {"industry_approver", "education_approver"}
CITY: Final = {
    *(role for role in ALL_ROLES if role.endswith(("_officer", "_approver")) and not role.startswith("division_")),
    "auditor",
}
READERS: Final = CITY | {"division_officer", "division_approver", "centre_operator"}

_FUND: Final = "/v1/angel-funds/{fund_id}"
_INVESTMENT: Final = f"{_FUND}/investments/{{investment_id}}"
_ORDER: Final = f"{_FUND}/orders/{{order_id}}"
_REWARD: Final = "/v1/financing-rewards/{reward_id}"
_REWARD_NOTICE: Final = "/v1/financing-rewards/{subject_id}/notice"
_SUPPORT: Final = "/v1/alliance-support/{support_id}"
_SUPPORT_NOTICE: Final = "/v1/alliance-support/{subject_id}/notice"
_CAPITAL: Final = ("closings", "calls", "payments", "defaults", "withdrawals", "municipal-sales")
_PREPARED: Final = (*_CAPITAL, "committee", "winding-up", "final-distribution", "investments")


def _documents(prefix: str, readers: set[str], writers: set[str]) -> dict[str, set[str]]:
    path = f"{prefix}/{{subject_id}}/documents"
    return {
        f"POST {path}": writers,
        f"DELETE {path}/{{document_id}}": writers,
        f"GET {path}": readers,
        f"GET {path}/{{document_id}}": readers,
        f"GET {path}/{{document_id}}/content": readers,
    }


MATRIX: Final[dict[str, set[str]]] = {
    "POST /v1/angel-funds": OFFICER,
    "GET /v1/angel-funds": READERS,
    f"GET {_FUND}": READERS,
    f"POST {_FUND}/approve": APPROVER,
    f"POST {_FUND}/refuse": APPROVER,
    f"GET {_FUND}/statement": READERS,
    f"GET {_FUND}/liquidation": READERS,
    f"GET {_FUND}/breaches": READERS,
    f"GET {_FUND}/orders": READERS,
    f"GET {_ORDER}": READERS,
    **{f"POST {_FUND}/{kind}": OFFICER for kind in _PREPARED},
    f"POST {_FUND}/eligibility": OFFICER,
    f"POST {_ORDER}/confirm": APPROVER | {"treasury_approver"},
    f"POST {_ORDER}/refuse": APPROVER | TREASURY,
    f"POST {_ORDER}/pay": TREASURY,
    f"POST {_ORDER}/receive": TREASURY,
    "GET /v1/angel-funds/investments": READERS | {"enterprise"},
    "GET /v1/angel-funds/investments/{investment_id}": READERS | {"enterprise"},
    f"POST {_INVESTMENT}/vote": OFFICER,
    f"POST {_INVESTMENT}/approve": APPROVER,
    f"POST {_INVESTMENT}/refuse": APPROVER,
    **{f"POST {_INVESTMENT}/{kind}": OFFICER for kind in ("tranches", "valuations", "exits", "write-offs")},
    "POST /v1/financing-rewards/eligibility": {"enterprise", "centre_operator"},
    "POST /v1/financing-rewards": {"enterprise", "centre_operator"},
    "GET /v1/financing-rewards": READERS | {"enterprise"},
    f"GET {_REWARD}": READERS | {"enterprise"},
    f"POST {_REWARD}/review": OFFICER,
    f"POST {_REWARD}/notice": OFFICER,
    f"POST {_REWARD_NOTICE}/objections/{{objection_id}}/answer": OFFICER,
    f"POST {_REWARD}/approve": APPROVER,
    f"POST {_REWARD}/second-approve": APPROVER,
    f"POST {_REWARD}/countersign": {role for role in CITY if role.endswith("_approver")},
    f"POST {_REWARD}/refuse": APPROVER,
    f"POST {_REWARD}/pay": TREASURY,
    f"POST {_REWARD}/recheck": OFFICER,
    f"POST {_REWARD}/confirm-recheck": APPROVER,
    f"POST {_REWARD}/reject-recheck": APPROVER,
    f"POST {_REWARD}/recover": TREASURY,
    "POST /v1/alliance-support/eligibility": LEAD_OFFICERS,
    "POST /v1/alliance-support": LEAD_OFFICERS,
    "GET /v1/alliance-support": CITY,
    f"GET {_SUPPORT}": CITY,
    f"POST {_SUPPORT}/review": LEAD_OFFICERS,
    f"POST {_SUPPORT}/notice": LEAD_OFFICERS,
    f"POST {_SUPPORT_NOTICE}/objections/{{objection_id}}/answer": LEAD_OFFICERS,
    f"POST {_SUPPORT}/approve": LEAD_APPROVERS,
    f"POST {_SUPPORT}/refuse": LEAD_APPROVERS,
    f"POST {_SUPPORT}/pay": TREASURY,
    f"POST {_SUPPORT}/report": LEAD_OFFICERS,
    f"POST {_SUPPORT}/return-report": LEAD_APPROVERS,
    f"POST {_SUPPORT}/accept-report": LEAD_APPROVERS,
    **_documents("/v1/angel-funds", READERS, OFFICER | TREASURY),
    **_documents(
        "/v1/financing-rewards", READERS | {"enterprise"}, OFFICER | TREASURY | {"enterprise", "centre_operator"}
    ),
    f"POST {_SUPPORT}/confirm-refund": TREASURY,
    **_documents("/v1/alliance-support", CITY, LEAD_OFFICERS | TREASURY),
}
OPEN: Final[dict[str, set[str]]] = {**notices("/v1/financing-rewards"), **notices("/v1/alliance-support")}
"""Whose rows are scoped, not their roles."""
