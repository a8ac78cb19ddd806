"""The exposure statements of the city's firms beside what their cases say."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tests.finance.proofs.machine.city import LATER, City

OWN: Final = """
SELECT 'financing_reward' AS programme, coalesce(sum(paid), 0) AS paid, coalesce(sum(recovered), 0) AS returned
  FROM financing_reward WHERE enterprise_code = :code
UNION ALL SELECT 'loan', coalesce(sum(disbursed), 0), coalesce(sum(disbursed - outstanding), 0)
  FROM loan WHERE enterprise_code = :code
UNION ALL SELECT 'guarantee', coalesce(sum(paid), 0), coalesce(sum(recovered), 0)
  FROM guarantee WHERE borrower = :code AND status <> 'cancelled'
UNION ALL SELECT 'interest_subsidy', coalesce(sum(amount) FILTER (WHERE amount > 0 AND status = 'paid'), 0),
  coalesce(-sum(amount) FILTER (WHERE status = 'recovered'), 0) FROM subsidy_line WHERE borrower = :code
UNION ALL SELECT 'equity', coalesce(sum(paid), 0), coalesce(sum(proceeds), 0)
  FROM angel_investment WHERE enterprise_code = :code
"""


async def exposures_that_differ(city: City) -> list[str]:
    """Firm by firm and programme by programme: nothing, or what the statement says and what the cases do."""
    found = []
    for firm in city.firms:
        claims = {"roles": ("auditor",), "account_id": "auditor", "today": LATER}
        answer = await city.desk.get("admin", "/v1/exposures", claims=claims, code=firm.code)
        assert answer.status_code == 200, answer.text
        told = {row["programme"]: row for row in answer.json()["totals"]}
        for row in await city.rows(OWN, code=firm.code):
            shown = told.get(row.programme, {"paid": "0", "returned": "0"})
            if (Decimal(shown["paid"]), Decimal(shown["returned"])) != (row.paid, row.returned):
                found.append(f"{firm.code} {row.programme}: {shown} <> {row.paid}, {row.returned}")
    return found
