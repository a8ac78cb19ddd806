"""Persons and their papers, and teams that have no code yet (2.2-1)."""

from __future__ import annotations

from datetime import date
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Caller, Json
from deploy.demo.story.world import Step, World

_FOUNDER: Final = "founder"


async def tell_person(world: World, row: tables.Person, until: date) -> None:
    """Named by the bureau under the reference that the enterprise goes by already; the number is sealed."""
    if row.named_on > until:
        return
    path = f"/v1/enterprises/{world.enterprises[row.enterprise]['id']}/persons"
    known = row.person_ref in world.persons
    if known and len(row.capacities) == 1:
        return
    there = {link["capacity"] async for link in world.api.items(path, world.auditor)} if known else set()
    for capacity in row.capacities:
        if capacity not in there:
            body = {
                "capacity": capacity,
                "since": row.since.isoformat(),
                **_who(world, row.person_ref, row.name, row.id_number),
            }
            key = f"person/{row.person_ref}/{capacity}"
            link = await world.api.post(path, world.bureau("science_officer"), row.named_on, body, key=key)
            world.persons[row.person_ref] = link["person"]


def _who(world: World, ref: str, name: str, id_number: str) -> Json:
    """Name and number the first time, the reference afterwards."""
    if ref in world.persons:
        return {"person_ref": ref}
    return {"person_ref": ref, "name": name, "id_number": id_number}


async def tell_graduation(world: World, row: tables.Graduation, until: date) -> None:
    """Entered by the centre, confirmed by the labour bureau, or still waiting for it."""
    if row.recorded_on > until:
        return
    path = f"/v1/persons/{world.persons[row.person_ref]['id']}/graduations"
    name = f"graduation/{row.certificate_no}"
    papers = [found async for found in world.api.items(path, world.auditor)]
    found = next((paper for paper in papers if paper["certificate_no"] == row.certificate_no), None)
    if found is None:
        body = {
            "school": row.school,
            "graduated_on": row.graduated_on.isoformat(),
            "certificate_no": row.certificate_no,
            "evidence": [row.evidence],
        }
        operator = world.holder("centre_operator", world.centres[row.centre]["operator_code"])
        found = await world.api.post(path, operator, row.recorded_on, body, key=name)
    if found["confirmed_on"] is None and row.confirmed_on is not None and row.confirmed_on <= until:
        confirm, officer = f"{path}/{found['id']}/confirm", world.bureau("hr_officer")
        await world.api.post(confirm, officer, row.confirmed_on, key=f"{name}/confirm")


async def tell_project(world: World, row: tables.Project, until: date) -> None:
    """Opened, its founder named, admitted and filed; then registered, or closed by the bureau, or neither."""
    if row.opened_on > until:
        return
    centre = world.centres[row.centre]
    operator, officer = world.holder("centre_operator", centre["operator_code"]), world.bureau("science_officer")
    own = world.person(row.founder_ref)
    name = f"project/{row.name}"
    found = world.projects.get(row.name)
    if found is None:
        found = await world.api.post("/v1/projects", own or operator, row.opened_on, _opening(row), key=name)
    path = f"/v1/projects/{found['id']}"
    if found["status"] == "open":
        await _founder(world, row, path)
        await _stay(world, row, found, officer if own else operator, until)
    licence = {
        "code": row.code,
        "name": row.enterprise_name,
        "registered_on": row.registered_on and row.registered_on.isoformat(),
        "registered_address": row.registered_address,
        "legal_representative_ref": row.founder_ref,
    }
    steps = [
        Step("open", row.licensed_on, "register", operator, licence),
        Step("open", row.closed_on, "close", officer, {"reason_code": row.close_reason}),
    ]
    world.projects[row.name] = await world.walk(path, name, found, steps, until)


def _opening(row: tables.Project) -> Json:
    return {
        "name": row.name,
        "industry_code": row.industry_code,
        "division": row.division,
        "started_on": row.started_on.isoformat(),
        "team_size": row.team_size,
        "founder_ref": row.founder_ref,
        "graduate_founder": row.graduate_founder,
    }


async def _founder(world: World, row: tables.Project, path: str) -> None:
    links = [link async for link in world.api.items(f"{path}/persons", world.auditor)]
    if not links:
        body = {"capacity": _FOUNDER, **_who(world, row.founder_ref, row.founder_name, row.founder_id_number)}
        officer, key = world.bureau("science_officer"), f"project/{row.name}/founder"
        link = await world.api.post(f"{path}/persons", officer, row.opened_on, body, key=key)
        world.persons[row.founder_ref] = link["person"]


async def _stay(world: World, row: tables.Project, project: Json, host: Caller, until: date) -> None:
    if row.admitted_on > until:
        return
    name = f"tenancy/{row.agreement_no}"
    found = world.team_stays.get(row.agreement_no)
    if found is None:
        body = {
            "centre_id": world.centres[row.centre]["id"],
            "project_id": project["id"],
            "agreement_no": row.agreement_no,
        }
        found = await world.api.post("/v1/tenancies", host, row.admitted_on, body, key=f"{name}/admit")
    left = {"reason_code": "ceased", "evidence": [f"示例退出材料-{row.agreement_no}"]}
    steps = [Step("admitted", row.filed_on, "file", host), Step("filed", row.closed_on, "exit", host, left)]
    world.team_stays[row.agreement_no] = await world.walk(f"/v1/tenancies/{found['id']}", name, found, steps, until)
