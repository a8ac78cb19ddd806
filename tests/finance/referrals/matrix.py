"""Who may call what about banks, products, authorisations, referrals and reconciled days."""

from __future__ import annotations

from shared.auth.roles import PUBLIC

CITY = {"finance_officer", "finance_approver", "office_officer", "office_approver", "auditor"}
PARTIES = {"enterprise", "centre_operator"}
READERS = CITY | PARTIES | {"bank"}
KEEPERS = {"finance_officer", "finance_approver", "auditor"}
_STEPS = ("accept", "refuse", "offer", "disburse", "repay", "reverse", "close", "cancel")
_B, _P, _R, _A, _D = (
    "/v1/banks",
    "/v1/bank-products",
    "/v1/referrals",
    "/v1/referrals/authorisations",
    "/v1/banks/reconciliations",
)

MATRIX: dict[str, set[str]] = {
    f"POST {_B}": {"finance_officer"},
    f"POST {_B}/{{bank_id}}/revise": {"finance_officer"},
    f"POST {_B}/{{bank_id}}/approve": {"finance_approver"},
    f"POST {_B}/{{bank_id}}/refuse": {"finance_approver"},
    f"POST {_P}": {"bank", "finance_officer"},
    f"GET {_P}/matches": CITY | PARTIES,
    f"POST {_P}/matches": CITY | PARTIES,
    f"POST {_P}/{{product_id}}/terms": {"bank", "finance_officer"},
    f"POST {_P}/{{product_id}}/withdraw": {"bank", "finance_officer"},
    f"POST {_P}/{{product_id}}/approve": {"finance_approver"},
    f"POST {_P}/{{product_id}}/refuse": {"finance_approver"},
    f"POST {_A}": {"enterprise"},
    f"GET {_A}": READERS,
    f"GET {_A}/{{authorisation_id}}": READERS,
    f"POST {_A}/{{authorisation_id}}/withdraw": {"enterprise"},
    f"POST {_R}": PARTIES | {"finance_officer"},
    f"GET {_R}": READERS,
    f"GET {_R}/steps": READERS,
    f"GET {_R}/statistics": CITY | {"bank"},
    f"GET {_R}/{{referral_id}}": READERS,
    f"POST {_R}/{{referral_id}}/confirm": {"enterprise"},
    f"POST {_R}/{{referral_id}}/agree": {"enterprise"},
    f"POST {_R}/{{referral_id}}/decline": {"enterprise"},
    f"POST {_R}/{{referral_id}}/withdraw": PARTIES,
    f"POST {_R}/{{referral_id}}/guaranteed-loan": {"enterprise"},
    **{f"POST {_R}/{{referral_id}}/{step}": {"bank"} for step in _STEPS},
    f"POST {_R}/sandbox": {"bank"},
    **{f"POST {_R}/sandbox/{{referral_id}}/{step}": {"bank"} for step in ("agree", "decline", "withdraw")},
    f"POST {_D}": {"bank"},
    f"POST {_D}/file": {"bank"},
    f"GET {_D}": KEEPERS | {"bank"},
    f"GET {_D}/differences": KEEPERS | {"bank"},
    f"GET {_D}/template": KEEPERS | {"bank"},
    f"GET {_D}/statement": KEEPERS | {"bank"},
    f"GET {_D}/{{day_id}}": KEEPERS | {"bank"},
    f"GET {_D}/{{day_id}}/lines": KEEPERS | {"bank"},
    f"POST {_D}/{{day_id}}/recheck": {"bank", "finance_officer"},
    f"POST {_D}/{{day_id}}/differences/{{difference_id}}/resolve": {"finance_officer"},
}
OPEN: dict[str, set[str]] = {
    f"GET {_B}": {PUBLIC},
    f"GET {_B}/{{bank_id}}": {PUBLIC},
    f"GET {_P}": {PUBLIC},
    f"GET {_P}/{{product_id}}": {PUBLIC},
}
"""The register and the catalogue: everybody reads what is approved."""
