"""What is many comes as files: the records of before 2019, carriers, and the tenants of most centres."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.finding import find_centres, find_stays
from deploy.demo.story.operations import finished
from deploy.demo.story.world import StoryBroken, World

STEP_BY_STEP: Final = frozenset({"C01", "C02", "C03", "C04", "C05", "C15"})
"""Centres whose operators admit and file each enterprise themselves; of the others the bureau takes in a list."""

_YES_NO: Final = {True: "是", False: "否"}


async def import_earlier(world: World, rows: Sequence[tables.EarlierCentre], until: date) -> None:
    """Centres, then enterprises, then their stays: each file checked for an officer and approved by somebody else."""
    known = {row.key: row for row in world.data.centres}
    missing = [row for row in rows if row.centre not in world.centres]
    await _take_over(world, "centres", [_earlier_centre(known[row.centre], row) for row in missing], rows, until)
    await find_centres(world)
    centres = {row.centre for row in rows}
    stays = [row for row in world.data.earlier_stays if row.centre in centres]
    codes = {stay.enterprise for stay in stays} - world.enterprises.keys()
    firms = [_earlier_enterprise(row) for row in world.data.earlier_enterprises if row.code in codes]
    await _take_over(world, "enterprises", firms, rows, until)
    new = [stay for stay in stays if (stay.enterprise, stay.agreement_no) not in world.tenancies]
    await _take_over(world, "tenancies", [_earlier_stay(world, stay) for stay in new], rows, until)
    await find_stays(world)


async def _take_over(
    world: World, what: str, lines: Sequence[Json], rows: Sequence[tables.EarlierCentre], until: date
) -> None:
    day = rows[0].imported_on
    if not lines or day > until:
        return
    kind, officer, approver = f"{what}-before-2019", world.bureau("science_officer"), world.bureau("science_approver")
    path = f"/v1/imports/{kind}"
    checked = await world.api.upload(path, officer, day, _table(lines), key=kind)
    await finished(world, checked, kind)
    operation = str(checked["id"]).removeprefix("registry-")
    approved = await world.api.post(
        f"{path}/{operation}/approve", approver, day + timedelta(days=1), key=f"{kind}/{operation}"
    )
    done = await finished(world, approved, kind)
    if done["result"]["inserted"] != len(lines):
        raise StoryBroken(f"{kind}: {done['result']['inserted']} of {len(lines)} rows were taken over")


def _earlier_centre(centre: tables.Centre, row: tables.EarlierCentre) -> Json:
    return {
        "name": centre.name,
        "operator_code": centre.operator_code,
        "operator_name": centre.operator_name,
        "service_kinds": ";".join(centre.service_kinds),
        "tier": centre.tier,
        "owner_division": centre.owner_division,
        "site_division": centre.site_division,
        "total_area_m2": centre.total_area_m2,
        "incubation_area_m2": centre.incubation_area_m2,
        "industry_code": centre.industry_code,
        "listed_on": row.listed_on,
        "document_no": row.document_no,
        "maker_space_granted_on": row.maker_space_granted_on,
        "maker_space_document_no": row.maker_space_document_no,
    }


def _earlier_enterprise(row: tables.EarlierEnterprise) -> Json:
    return row.model_dump(exclude={"imported_on"})


def _earlier_stay(world: World, row: tables.EarlierStay) -> Json:
    values = row.model_dump(exclude={"imported_on", "centre", "enterprise"})
    return {"centre_no": world.centres[row.centre]["no"], "enterprise_code": row.enterprise, **values}


async def import_carriers(world: World, rows: Sequence[tables.Carrier], until: date) -> None:
    """1.1-2: carriers with their links to centres, in one file."""
    linked: set[tuple[str, str]] = set()
    for key in sorted({row.centre for row in rows}):
        path = f"/v1/centres/{world.centres[key]['id']}/carriers"
        linked |= {(key, link["carrier"]["name"]) async for link in world.api.items(path, world.auditor)}
    new = [row for row in rows if (row.centre, row.name) not in linked]
    if not new or new[0].imported_on > until:
        return
    lines = [
        {"centre_no": world.centres[row.centre]["no"], **row.model_dump(exclude={"centre", "imported_on"})}
        for row in new
    ]
    await _take_in(world, "carriers", lines, new[0].imported_on)


async def import_tenants(world: World, rows: Sequence[tables.Tenancy], until: date) -> None:
    """The bureau's list of whom most centres admitted since the last one: enterprises first, then their stays with the
    filings so far. What comes later, each centre does itself."""
    new = [
        row
        for row in rows
        if row.centre not in STEP_BY_STEP
        and row.admitted_on <= until
        and (row.enterprise, row.agreement_no) not in world.tenancies
    ]
    if not new:
        return
    codes = {row.enterprise for row in new} - world.enterprises.keys()
    firms = [
        {**firm.model_dump(), "graduate_founder": _YES_NO[firm.graduate_founder]}
        for firm in world.data.enterprises
        if firm.code in codes
    ]
    await _take_in(world, "enterprises", firms, until)
    stays = [
        {
            "centre_no": world.centres[row.centre]["no"],
            "enterprise_code": row.enterprise,
            "agreement_no": row.agreement_no,
            "admitted_on": row.admitted_on,
            "filed_on": row.filed_on if row.filed_on and row.filed_on <= until else None,
        }
        for row in new
    ]
    await _take_in(world, "tenancies", stays, until)
    await find_stays(world)


async def _take_in(world: World, kind: str, lines: Sequence[Json], day: date) -> None:
    """One file of the day; a large one is an operation."""
    if not lines:
        return
    officer = world.bureau("science_officer")
    answer = await world.api.upload(f"/v1/imports/{kind}", officer, day, _table(lines), key=f"import/{kind}/{day}")
    result = (await finished(world, answer, kind))["result"] if "status" in answer else answer
    if result["inserted"] + result["unchanged"] != len(lines):
        raise StoryBroken(f"import of {kind}: {result['inserted']} of {len(lines)} rows were taken in")


def _table(lines: Sequence[Mapping[str, object]]) -> str:
    """CSV under the fields' names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue()
