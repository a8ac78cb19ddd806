"""Grants: applied for, reviewed, approved by one bureau, countersigned by the other, paid, spent, accounted for."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, StoryBroken, World

_OTHER: Final = {"science": "industry", "industry": "science"}
_OFFICES: Final = {"science": "科发", "industry": "工信"}
_RELEASE_SECONDS: Final = 10.0
_REPORTS: Final = "/v1/grants/use-reports"
_STATEMENT: Final = "资金按批准的用途使用,账目与凭证齐全(虚构)。"
_INDICATORS: Final = [
    {"name": "计划完成", "target": "按计划支出", "actual": "基本完成", "weight": "60", "score": "52"},
    {"name": "服务对象满意度", "target": "90%", "actual": "91%", "weight": "40", "score": "36"},
]
_ENDED: Final = ("closed", "refused", "cancelled")
"""Any other grant may have been held, released, cancelled or put into recovery since it was last seen."""


async def tell_grant(world: World, row: tables.Grant, until: date) -> None:
    """One grant up to a day."""
    if row.applied_on > until:
        return
    centre = world.centres[row.centre]
    operator = world.holder("centre_operator", centre["operator_code"])
    name = f"grant/{centre['operator_code']}/{centre['name']}/{row.fiscal_year}"
    found = world.grants.get((row.centre, row.fiscal_year))
    if found is None:
        await _report_earlier(world, row, centre["operator_code"])
        body = {**_application(row), "centre_id": centre["id"]}
        found = await world.api.post("/v1/grants", operator, row.applied_on, body, key=f"{name}/apply")
    elif found["status"] not in _ENDED:
        found = await world.api.get(f"/v1/grants/{found['id']}", world.auditor)
    if found["status"] == "held" and row.paid_on is not None and row.paid_on <= until:
        found = await _released(world, found)
    path, found = f"/v1/grants/{found['id']}", await _announced(world, row, found, name, until)
    treasury, other = world.bureau("treasury_officer"), _OTHER[row.bureau]
    approved = {"amount": row.approved, **_papers(row, row.bureau)}
    steps = [
        Step("reviewed", row.approved_on, "approve", world.bureau(f"{row.bureau}_approver"), approved),
        Step("approved", row.countersigned_on, "countersign", world.bureau(f"{other}_approver"), _papers(row, other)),
        Step("countersigned", row.paid_on, "disburse", treasury, {"reference": row.payment_reference}),
    ]
    found = await world.walk(path, name, found, steps, until)
    if found["status"] == "paid":
        await _spend(world, row, path, name, until)
        found = await _account_for(world, row, found, name, until)
    if found["status"] == "in_recovery" and found["recovered"] == "0.00":
        steps = [Step("in_recovery", row.recovered_on, "recover", treasury, {"amount": row.recovered})]
        found = await world.walk(path, name, found, steps, until)
    world.grants[row.centre, row.fiscal_year] = found


async def _announced(world: World, row: tables.Grant, found: Json, name: str, until: date) -> Json:
    """Reviewed, and put on public notice at once."""
    path, officer = f"/v1/grants/{found['id']}", world.bureau(f"{row.bureau}_officer")
    found = await world.walk(path, name, found, [Step("applied", row.reviewed_on, "review", officer)], until)
    if found["status"] == "reviewed" and row.reviewed_on <= until:
        await world.api.post(f"{path}/notice", officer, row.reviewed_on, key=f"{name}/notice")
    return found


def _papers(row: tables.Grant, bureau: str) -> Json:
    office, number = _OFFICES[bureau], f"{row.centre[1:]}号"
    return {
        "document_no": f"示例{office}〔{row.fiscal_year}〕{number}",
        "minutes_no": f"示例{office}纪要〔{row.fiscal_year}〕{number}",
    }


def _application(row: tables.Grant) -> Json:
    body: Json = {
        "fiscal_year": row.fiscal_year,
        "amount": row.amount,
        "plan": [{"purpose": row.purpose, "description": row.description, "amount": row.amount}],
    }
    if row.evidence == "asset_list":
        body["assets"] = [{"name": f"虚构{row.description}清单", "quantity": 1, "amount": row.amount}]
    if row.evidence == "partner_links":
        link = f"示例合作协议-{row.fiscal_year}-{row.centre}"
        body["partners"] = [{"name": "虚构内地孵化机构", "kind": "incubation", "link": link}]
    return body


async def _released(world: World, found: Json) -> Json:
    """A grant held for a failed year rests until finance has heard that the rectification was accepted."""
    for _ in range(round(_RELEASE_SECONDS / 0.1)):
        found = await world.api.get(f"/v1/grants/{found['id']}", world.auditor)
        if found["status"] != "held":
            return found
        await asyncio.sleep(0.1)
    raise StoryBroken(f"grant {found['no']} is still held, though the rectification was accepted")


async def _spend(world: World, row: tables.Grant, path: str, name: str, until: date) -> None:
    lines = [
        line
        for line in world.data.spending
        if (line.centre, line.fiscal_year) == (row.centre, row.fiscal_year) and line.recorded_on <= until
    ]
    if not lines:
        return
    operator = world.holder("centre_operator", world.centres[row.centre]["operator_code"])
    recorded = {line["description"] async for line in world.api.items(f"{path}/spending", world.auditor)}
    for line in lines:
        if line.description not in recorded:
            key = f"{name}/spending/{line.description}"
            await world.api.post(f"{path}/spending", operator, line.recorded_on, _line(line), key=key)


def _line(line: tables.Spending) -> Json:
    body: Json = {
        "status": "planned",
        "purpose": line.purpose,
        "description": line.description,
        "amount": line.amount,
    }
    if line.spent_on is not None:
        body |= {
            "status": "made",
            "voucher_no": line.voucher_no,
            "invoice": {"number": line.invoice_number, "seller_code": line.seller_code},
            "spent_on": line.spent_on.isoformat(),
        }
    return body


async def _account_for(world: World, row: tables.Grant, found: Json, name: str, until: date) -> Json:
    treasury = world.bureau("treasury_officer")
    path = f"/v1/grants/{found['id']}"
    if found["refunded"] == "0.00":
        steps = [Step("paid", row.refunded_on, "refund", treasury, {"amount": row.refunded})]
        found = await world.walk(path, name, found, steps, until)
    closer = world.bureau("science_officer")
    return await world.walk(path, name, found, [Step("paid", row.closed_on, "close", closer)], until)


async def _report_earlier(world: World, row: tables.Grant, operator_code: str) -> None:
    """On what the operator had before for any of its centres; one after the other, for these may apply at once."""
    async with world.reporting:
        for (key, year), earlier in sorted(world.grants.items()):
            if world.centres[key]["operator_code"] == operator_code and year < row.fiscal_year:
                await _report(world, row, earlier, row.applied_on)


async def _report(world: World, row: tables.Grant, earlier: Json, until: date) -> None:
    """Each year in which earlier money was there is reported on in the January after: the next grant depends on it."""
    grant = await world.api.get(f"/v1/grants/{earlier['id']}", world.auditor)
    if grant["paid_on"] is None:
        return
    first, last = (date.fromisoformat(day) for day in (grant["paid_on"], grant["ended_on"] or until.isoformat()))
    reports = {item["year"] async for item in world.api.items(_REPORTS, world.auditor, grant_id=grant["id"])}
    operator = world.holder("centre_operator", world.centres[row.centre]["operator_code"])
    officer = world.bureau(f"{row.bureau}_officer")
    for year in range(first.year, last.year + 1):
        handed_in, accepted = date(year + 1, 1, 20), date(year + 1, 2, 18)
        if year in reports or accepted > until:
            continue
        path, key = f"/v1/grants/{grant['id']}/use-reports", f"grant/{grant['no']}/use-report/{year}"
        figures = await world.api.get(f"{path}/figures", world.auditor, year=year)
        body = {"year": year, "figures": figures, "statement": _STATEMENT, "indicators": _INDICATORS}
        report = await world.api.post(path, operator, handed_in, body, key=key)
        await world.api.post(f"{_REPORTS}/{report['id']}/accept", officer, accepted, key=f"{key}/accept")
