"""Who may call the endpoints of budget lines and of the books."""

from __future__ import annotations

from typing import Final

_OFFICER: Final = {"treasury_officer"}
_APPROVER: Final = {"treasury_approver"}
_BOOKS: Final = {"treasury_officer", "treasury_approver", "auditor"}
_READERS: Final = {"auditor"} | {
    f"{bureau}_{step}"
    for bureau in ("treasury", "finance", "science", "industry", "hr", "education")
    for step in ("officer", "approver")
}
_LINES: Final = "/v1/appropriations"
_PERIODS: Final = "/v1/journal-entries/periods"

APPROPRIATIONS: Final[dict[str, set[str]]] = {
    f"GET {_LINES}": _READERS,
    f"GET {_LINES}/{{line_id}}": _READERS,
    f"GET {_LINES}/{{line_id}}/commitments": _READERS,
    f"GET {_LINES}/transfers": _READERS,
    f"GET {_LINES}/transfers/{{transfer_id}}": _READERS,
    f"POST {_LINES}": _OFFICER,
    f"POST {_LINES}/transfers": _OFFICER,
    f"POST {_LINES}/{{line_id}}/revise": _OFFICER,
    f"POST {_LINES}/{{line_id}}/close": _OFFICER,
    f"POST {_LINES}/{{line_id}}/approve": _APPROVER,
    f"POST {_LINES}/{{line_id}}/refuse": _APPROVER,
    f"POST {_LINES}/{{line_id}}/approve-closing": _APPROVER,
    f"POST {_LINES}/{{line_id}}/refuse-closing": _APPROVER,
    f"POST {_LINES}/transfers/{{transfer_id}}/approve": _APPROVER,
    f"POST {_LINES}/transfers/{{transfer_id}}/refuse": _APPROVER,
    "GET /v1/journal-entries/accounts": _BOOKS,
    "GET /v1/journal-entries/trial-balance": _BOOKS,
    "GET /v1/journal-entries/ledger": _BOOKS,
    f"GET {_PERIODS}": _BOOKS,
    f"GET {_PERIODS}/{{period_id}}": _BOOKS,
    f"POST {_PERIODS}": _OFFICER,
    f"POST {_PERIODS}/{{period_id}}/propose-reopening": _OFFICER,
    f"POST {_PERIODS}/{{period_id}}/close": _APPROVER,
    f"POST {_PERIODS}/{{period_id}}/refuse": _APPROVER,
    f"POST {_PERIODS}/{{period_id}}/reopen": _APPROVER,
    f"POST {_PERIODS}/{{period_id}}/refuse-reopening": _APPROVER,
}
