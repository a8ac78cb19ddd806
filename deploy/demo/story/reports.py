"""Quarterly reports: drafted and submitted by the centre, some returned and corrected, accepted by a bureau."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Final

from deploy.demo import tables
from deploy.demo.client import ApiRefused, Caller, Json
from deploy.demo.story.world import Step, World

_TRIES: Final = 40
_PAUSE_SECONDS: Final = 0.25
EXPLANATION: Final = "已核对台账，变动属实。"


async def tell_report(world: World, row: tables.Report, until: date) -> None:
    """One report up to a day."""
    if row.submitted_on > until:
        return
    centre = world.centres[row.centre]
    operator = world.holder("centre_operator", centre["operator_code"])
    officer = world.bureau("industry_officer", row.quarter)
    name = f"report/{centre['operator_code']}/{centre['name']}/{row.year}/{row.quarter}"
    found = world.reports.get((row.centre, row.year, row.quarter))
    if found is None:
        body = {"centre_id": centre["id"], "year": row.year, "quarter": row.quarter, "form": _first_version(row)}
        found = await world.api.post("/v1/quarterly-reports", operator, row.submitted_on, body, key=f"{name}/draft")
    path = f"/v1/quarterly-reports/{found['id']}"
    if found["status"] == "draft":
        found = await _with_lines(world, row, found, path, operator)
    found = await _submit(world, path, name, found, Step("draft", row.submitted_on, "submit", operator), until)
    if row.returned_on is not None and found["revision"] == 1:
        reasons = {"reasons": {row.returned_field: "missing"}}
        steps = [Step("submitted", row.returned_on, "return", officer, reasons)]
        found = await world.walk(path, name, found, steps, until)
        found = await _correct(world, row, found, name, until)
    if row.returned_on is None or found["revision"] > 1:
        steps = [Step("submitted", row.accepted_on, "accept", officer)]
        found = await world.walk(path, name, found, steps, until)
    world.reports[row.centre, row.year, row.quarter] = found


async def _with_lines(world: World, row: tables.Report, found: Json, path: str, operator: Caller) -> Json:
    """The quarter's money dealt out over as many of the incubatees as the year's reports name as financed."""
    money = {"equity_received": row.equity_financing, "loans_received": row.bank_loans}
    sums = {name: Decimal(amount) for name, amount in money.items() if amount is not None and Decimal(amount)}
    if not sums:
        return found
    if "lines" not in found:
        found = await world.api.get(path, operator)
    if found["lines"] is None or any(line["figures"] for line in found["lines"]):
        return found
    for _ in range(_TRIES):
        if found["tenants"]:
            break
        await asyncio.sleep(_PAUSE_SECONDS)
        found = await world.api.get(path, operator)
    year = [one for one in world.data.reports if (one.centre, one.year) == (row.centre, row.year)]
    financed = max(1, sum(one.enterprises_financed or 0 for one in year))
    codes = [tenant["code"] for tenant in found["tenants"]][:financed]
    lines = {code: {name: _part(sums[name], place, len(codes)) for name in sums} for place, code in enumerate(codes)}
    return await world.api.patch(path, operator, row.submitted_on, {"lines": lines}, version=found["version"])


def _part(total: Decimal, place: int, of: int) -> str:
    """The share of one of `of`, in whole yuan; what does not divide is the first one's."""
    each = total // of
    return f"{each if place else total - each * (of - 1):.2f}"


async def _correct(world: World, row: tables.Report, found: Json, name: str, until: date) -> Json:
    if found["status"] != "returned" or row.corrected_on is None or row.corrected_on > until:
        return found
    operator = world.holder("centre_operator", world.centres[row.centre]["operator_code"])
    path = f"/v1/quarterly-reports/{found['id']}"
    field = str(row.returned_field)
    body = {"form": {field: _form(row)[field]}}
    found = await world.api.patch(path, operator, row.corrected_on, body, version=found["version"])
    return await _submit(world, path, name, found, Step("returned", row.corrected_on, "submit", operator), until)


async def _submit(world: World, path: str, name: str, found: Json, step: Step, until: date) -> Json:
    """Submit it; numbers that are unusual beside the last quarter's, or other than the registers', are explained
    first."""
    try:
        return await world.walk(path, name, found, [step], until)
    except ApiRefused as refused:
        if refused.code != "report-warnings-unexplained":
            raise
    assert step.day is not None
    shown = await world.api.get(path, step.caller)
    warnings = [fault["id"] for fault in shown["faults"] if fault["severity"] == "warning"]
    warnings += [one["field"] for one in shown["differences"] if one["needs_reason"]]
    body = {"explanations": dict.fromkeys(warnings, EXPLANATION)}
    found = await world.api.patch(path, step.caller, step.day, body, version=shown["version"])
    return await world.walk(path, name, found, [step], until)


def _first_version(row: tables.Report) -> Json:
    form = _form(row)
    form.pop(row.returned_field or "", None)
    return form


def _form(row: tables.Report) -> Json:
    form = {name: value for name in tables.FORM_FIELDS if (value := getattr(row, name)) is not None}
    if row.events_by_level is not None:
        pairs = (level.split(":") for level in row.events_by_level)
        form["events_by_level"] = {level: int(count) for level, count in pairs}
    return form
