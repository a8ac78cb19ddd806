"""Roles of every endpoint of loans after the contract, of guarantees and of interest subsidies."""

from __future__ import annotations

DEPARTMENTS = {f"{bureau}_{post}" for bureau in ("hr", "finance") for post in ("officer", "approver")}
TREASURY = {"treasury_officer", "treasury_approver"}
READERS = DEPARTMENTS | TREASURY | {"auditor", "guarantor", "bank", "enterprise", "founder"}
STATEMENT_READERS = DEPARTMENTS | TREASURY | {"auditor"}
OFFICERS = {"hr_officer", "finance_officer"}
APPROVERS = {"hr_approver", "finance_approver"}
_L = "/v1/loans/{loan_id}"
_G = "/v1/loans/guarantees/{guarantee_id}"
_C = "/v1/loans/guarantees/claims/{claim_id}"
_S = "/v1/loans/subsidies"
_P = "/v1/loans/prime-rates"

MATRIX: dict[str, set[str]] = {
    "GET /v1/loans/arrears": READERS,
    f"GET {_L}/servicing": READERS,
    f"GET {_L}/schedule": READERS,
    f"POST {_L}/schedule": {"bank"},
    f"GET {_L}/drawdowns": READERS,
    f"POST {_L}/drawdowns": {"bank"},
    f"GET {_L}/payments": READERS,
    f"POST {_L}/payments": {"bank"},
    f"POST {_L}/payments/{{payment_id}}/reverse": {"bank"},
    f"POST {_L}/extensions": {"bank"},
    f"POST {_L}/close": {"bank"},
    "POST /v1/loans/guarantees": {"guarantor"},
    "GET /v1/loans/guarantees": READERS,
    "GET /v1/loans/guarantees/claims": READERS,
    f"GET {_C}": READERS,
    f"POST {_C}/accept": {"guarantor"},
    f"POST {_C}/approve": {"guarantor"} | APPROVERS,
    f"POST {_C}/pay": {"guarantor"} | TREASURY,
    f"POST {_C}/refuse": {"guarantor"} | APPROVERS,
    f"POST {_C}/withdraw": {"bank"},
    f"GET {_G}": READERS,
    f"GET {_G}/limits": {"guarantor", "finance_officer", "finance_approver", "auditor"},
    f"POST {_G}/issue": {"guarantor"},
    f"POST {_G}/cancel": {"guarantor"},
    f"POST {_G}/fee": {"guarantor"},
    f"POST {_G}/claims": {"bank"},
    f"GET {_G}/recoveries": READERS,
    f"POST {_G}/recoveries": {"guarantor"},
    f"POST {_G}/recoveries/{{recovery_id}}/confirm": TREASURY,
    f"POST {_G}/recoveries/{{recovery_id}}/propose-reversal": {"guarantor"},
    f"POST {_G}/recoveries/{{recovery_id}}/reverse": {"guarantor", "treasury_approver"},
    f"POST {_G}/propose-write-off": {"guarantor"},
    f"POST {_G}/write-off": {"guarantor"} | APPROVERS,
    f"POST {_S}": OFFICERS,
    f"GET {_S}": STATEMENT_READERS,
    f"GET {_S}/lines": READERS,
    f"POST {_S}/lines/{{line_id}}/recover": TREASURY,
    f"GET {_S}/{{statement_id}}": STATEMENT_READERS,
    f"POST {_S}/{{statement_id}}/approve": APPROVERS,
    f"POST {_S}/{{statement_id}}/refuse": OFFICERS | APPROVERS,
    f"POST {_S}/{{statement_id}}/pay": TREASURY,
    f"GET {_P}": READERS,
    f"POST {_P}": {"finance_officer"},
    f"POST {_P}/{{rate_id}}/confirm": {"finance_approver"},
    f"POST {_P}/{{rate_id}}/refuse": {"finance_approver"},
}
