"""Desks that look at every request which goes over them: who had a hand in a case, and what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi.routing import APIRoute
from httpx import Response

from services.finance.main import definition
from shared.auth import roles as r
from shared.auth.principal import RoleGuard, find_guard
from tests.finance.support import ACCOUNTS, Desk, Json

ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DECIDING: Final = frozenset(
    {
        *("approve", "second-approve", "countersign", "confirm", "publish", "honour", "write-off", "reopen"),
        *("approve-closing", "confirm-recheck", "accept-report", "pay", "disburse", "reverse", "dismiss", "issue"),
    }
)
"""Last words of the addresses at which somebody decides on money, or pays it."""
ALSO: Final = ("/v1/journal-entries/periods/{period_id}/close",)
DECIDERS: Final = frozenset(
    {*(role for role in r.BUREAU_ROLES if role.endswith("_approver")), r.TREASURY_OFFICER, r.GUARANTOR}
)
RENEWED: Final = (
    "/v1/appropriations/",
    "/v1/matching-funds/",
    "/v1/banks/",
    "/v1/bank-products/",
    "/v1/journal-entries/",
)
"""What is decided on again and again: who decided once may decide on the next proposal."""

CHECKING: Final = "/v1/matching-funds/{fund_id}/spending/{line_id}/confirm"
"""Who confirmed a payment may take it back, who recorded it never."""

ANEW: Final = ("recheck", "report", "propose-write-off")
"""Where another proposal about a decided case begins: whoever applied for it still decides on nothing."""
APPLYING: Final = ("financing-rewards", "alliance-support")


def routes() -> Iterator[tuple[str, RoleGuard]]:
    """Every POST of finance with its guard."""
    for router in definition.routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            guard = find_guard(route.dependant)
            if "POST" in (route.methods or ()) and isinstance(guard, RoleGuard):
                yield route.path, guard


def deciding_routes() -> dict[str, RoleGuard]:
    """Where somebody of a bureau, the treasury or the guarantor decides, by address."""
    return {
        path: guard
        for path, guard in routes()
        if (path.rpartition("/")[2] in DECIDING or path in ALSO) and not DECIDERS.isdisjoint(guard.roles)
    }


@dataclass
class Watched(Desk):
    """Before somebody decides, everybody who had a hand in the case before tries to, with all roles that may and as an
    administrator; `tried` and `let_through` say at which addresses, and whom nobody stopped."""

    hands: dict[str, dict[str, str]] = field(default_factory=dict)
    """By case: accounts, and what each did last."""
    tried: set[str] = field(default_factory=set)
    let_through: list[str] = field(default_factory=list)

    async def post(
        self,
        person: str,
        path: str,
        json: object = None,
        *,
        key: str | None = "",
        headers: dict[str, str] | None = None,
        claims: Json | None = None,
    ) -> Response:
        address, guard = _address(path)
        cases = ID.findall(path)
        if guard is not None and cases:
            await self._others_try(address, guard, person, path, json, claims or {}, cases[-1])
        answer = await super().post(person, path, json, key=key, headers=headers, claims=claims)
        if answer.is_success:
            account = (claims or {}).get("account_id", ACCOUNTS.get(person, person))
            self._remember(address, account, cases, answer)
        return answer

    async def _others_try(
        self, address: str, guard: RoleGuard, person: str, path: str, json: object, claims: Json, case: str
    ) -> None:
        for account, did in list(self.hands.get(case, {}).items()):
            own = {**claims, "account_id": account, "roles": tuple(sorted({*guard.roles, r.ADMIN}))}
            answer = await super().post(person, path, json, claims=own)
            self.tried.add(address)
            if answer.status_code != 403 or answer.json()["code"] != "four-eyes-required":
                self.let_through.append(
                    f"{address}: {account}, who did {did}, got {answer.status_code} {answer.text[:90]}"
                )

    def _remember(self, address: str, account: str, cases: list[str], answer: Response) -> None:
        found: Any = answer.json() if answer.content else {}
        made = found.get("id") if isinstance(found, dict) else None
        if address == CHECKING:
            return
        if address.startswith(RENEWED) and (address.rpartition("/")[2] in DECIDING or address in ALSO):
            for case in cases:
                self.hands.pop(case, None)
            return
        if address.rpartition("/")[2] in ANEW:
            for case in cases:
                self.hands[case] = {who: did for who, did in self.hands.get(case, {}).items() if did in APPLYING}
        for case in {*cases[-1:], *([made] if isinstance(made, str) else [])}:
            self.hands.setdefault(case, {})[account] = address.rpartition("/")[2]


_PATTERNS: Final = [
    (re.compile(re.sub(r"\{[a-z_]+\}", ID.pattern, path) + "$"), path, guard)
    for path, guard in deciding_routes().items()
]


def _address(path: str) -> tuple[str, RoleGuard | None]:
    """The route's address with its guard if somebody decides there."""
    for pattern, address, guard in _PATTERNS:
        if pattern.match(path):
            return address, guard
    return ID.sub("{}", path), None
