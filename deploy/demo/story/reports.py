"""Quarterly reports: drafted and submitted by the centre, some returned and corrected, accepted by a bureau."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import ApiRefused, Json
from deploy.demo.story.world import Step, World

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
    """Submit it; numbers that are unusual beside the last quarter's are explained first."""
    try:
        return await world.walk(path, name, found, [step], until)
    except ApiRefused as refused:
        if refused.code != "report-warnings-unexplained":
            raise
    assert step.day is not None
    shown = await world.api.get(path, step.caller)
    warnings = [fault["id"] for fault in shown["faults"] if fault["severity"] == "warning"]
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
