"""A batch of captured subsidies, from its draft to the bank's answer (4.3-4)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, World

_PATH: Final = "/v1/settlements"
_FINDINGS: Final = "发票、合同与服务成果一致（虚构）。"


async def tell_settlement(world: World, row: tables.Settlement, until: date) -> None:
    """Collected, checked, inspected and announced by one person, approved by another, paid by a third."""
    if row.drafted_on > until:
        return
    key = row.issuer_division, row.period
    name, found = f"settlement/{row.issuer_division}/{row.period}", world.settlements.get(key)
    officer, payer = (world.division("officer", row.issuer_division, number) for number in (0, 1))
    if found is None:
        found = await world.api.post(_PATH, officer, row.drafted_on, {"period": row.period}, key=name)
    path = f"{_PATH}/{found['id']}"
    found = await world.walk(path, name, found, [Step("draft", row.checked_on, "check", officer)], until)
    if found["status"] == "checking" and row.announced_on <= until:
        await _inspect(world, row, path, name)
        await world.api.post(f"{path}/notice", officer, row.announced_on, key=f"{name}/notice")
        found = await world.api.get(path, officer)
    steps = [Step("noticed", row.approved_on, "approve", world.division("approver", row.issuer_division))]
    found = await world.walk(path, name, found, steps, until)
    if found["status"] == "approved" and row.filed_on <= until:
        await world.api.post(f"{path}/payment-file", payer, row.filed_on, key=f"{name}/payment-file")
        found = await world.api.get(path, officer)
    if found["status"] == "paying" and row.closed_on <= until:
        answer = await _answer(world, row, path, found)
        await world.api.post(f"{path}/results", payer, row.closed_on, answer, key=f"{name}/results")
        found = await world.walk(path, name, found, [Step("paying", row.closed_on, "close", payer)], until)
    world.settlements[key] = found


async def _inspect(world: World, row: tables.Settlement, path: str, name: str) -> None:
    """What the draw says, each line by the officer."""
    officer = world.division("officer", row.issuer_division)
    await world.api.post(f"{path}/sample", officer, row.inspected_on, key=f"{name}/sample")
    async for line in world.api.items(f"{path}/sample", officer):
        body = {"line_id": line["id"], "outcome": "passed", "findings": _FINDINGS}
        key = f"{name}/inspection/{line['redemption_no']}"
        await world.api.post(f"{path}/inspections", officer, row.inspected_on, body, key=key)


async def _answer(world: World, row: tables.Settlement, path: str, found: Json) -> Json:
    """Everything is paid; the control totals are of the file that the bank was sent."""
    payments = [payment async for payment in world.api.items(f"{path}/payments", world.auditor)]
    results = [
        {
            "reference": payment["reference"],
            "outcome": "paid",
            "amount": payment["net"],
            "settled_on": row.paid_on.isoformat(),
            "bank_reference": f"{row.bank_reference}-{place:04}",
        }
        for place, payment in enumerate(payments, start=1)
    ]
    control = {"count": found["file_count"], "amount": found["file_total"], "file_digest": found["file_digest"]}
    return {"results": results, "control": control}
