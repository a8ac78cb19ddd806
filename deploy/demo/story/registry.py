"""Centres, municipal titles, enterprises and their stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.client import Json
from deploy.demo.story.world import Step, StoryBroken, World

_LISTED_AS: Final = "standard"


async def tell_centre(world: World, row: tables.Centre, until: date) -> None:
    """Registered and submitted by its operator, reviewed and announced by one bureau, listed by the other when the
    notice is over."""
    name = f"centre/{row.operator_code}/{row.name}"
    operator = world.holder("centre_operator", row.operator_code)
    found = world.centres.get(row.key)
    if found is None:
        if row.registered_on > until:
            return
        found = await world.api.post("/v1/centres", operator, row.registered_on, _profile(row), key=f"{name}/register")
    steps = [
        Step("draft", row.registered_on, "submit", operator),
        Step("submitted", row.reviewed_on, "review", world.bureau("science_officer")),
        Step("reviewed", row.reviewed_on, "announce", world.bureau("science_officer")),
        Step("announced", row.listed_on, "list", world.bureau("industry_approver"), {"document_no": row.document_no}),
    ]
    found = await world.walk(f"/v1/centres/{found['id']}", name, found, steps, until)
    world.centres[row.key] = await _designated(world, row, found, until)


async def _designated(world: World, row: tables.Centre, centre: Json, until: date) -> Json:
    """The State's designation, recorded and confirmed on the day after the listing."""
    day = row.listed_on + timedelta(days=1)
    if row.designated_on is None or centre["tier"] == row.tier or day > until:
        return centre
    path, name = f"/v1/centres/{centre['id']}/designations", f"designation/{row.designation_no}"
    body = {
        "tier": row.tier,
        "issuer": row.designation_issuer,
        "document_no": row.designation_no,
        "designated_on": row.designated_on.isoformat(),
    }
    found = await world.api.post(path, world.bureau("science_officer"), day, body, key=f"{name}/record")
    confirm = f"{path}/{found['id']}/confirm"
    await world.api.post(confirm, world.bureau("industry_approver"), day, {}, key=f"{name}/confirm")
    return {**centre, "tier": row.tier}


async def tell_service(world: World, row: tables.Service, until: date) -> None:
    """Recorded by the centre and confirmed by the tenant, on the day itself."""
    found = world.services.get((row.centre, row.enterprise, row.type))
    if row.provided_on > until:
        return
    centre = world.centres[row.centre]
    name = f"service/{row.enterprise}/{row.type}"
    if found is None:
        body = {
            "centre_id": centre["id"],
            "enterprise_code": row.enterprise,
            "type": row.type,
            "title": row.title,
            "provided_on": row.provided_on.isoformat(),
            "document_no": row.document_no,
        }
        operator = world.holder("centre_operator", centre["operator_code"])
        found = await world.api.post("/v1/service-records", operator, row.provided_on, body, key=name)
    steps = [Step("recorded", row.provided_on, "confirm", world.holder("enterprise", row.enterprise))]
    found = await world.walk(f"/v1/service-records/{found['id']}", name, found, steps, until)
    world.services[row.centre, row.enterprise, row.type] = found


async def tell_tier(world: World, row: tables.Tier, until: date) -> None:
    """Applied for by the operator, reviewed and announced by one bureau, approved by the other."""
    found = world.tiers.get((row.centre, row.tier))
    if row.applied_on > until:
        return
    centre = world.centres[row.centre]
    name = f"tier/{centre['no']}/{row.tier}"
    if found is None:
        operator = world.holder("centre_operator", centre["operator_code"])
        body = {"centre_id": centre["id"], "tier": row.tier}
        found = await world.api.post("/v1/tier-applications", operator, row.applied_on, body, key=name)
    approver, document = world.bureau("industry_approver"), {"document_no": row.document_no}
    steps = [
        Step("applied", row.reviewed_on, "review", world.bureau("science_officer")),
        Step("reviewed", row.reviewed_on, "announce", world.bureau("science_officer")),
        Step("announced", row.approved_on, "approve", approver, document),
    ]
    path = f"/v1/tier-applications/{found['id']}"
    world.tiers[row.centre, row.tier] = await world.walk(path, name, found, steps, until)


def _profile(row: tables.Centre) -> Json:
    profile: Json = {
        "name": row.name,
        "operator_code": row.operator_code,
        "operator_name": row.operator_name,
        "service_kinds": list(row.service_kinds),
        "tier": _LISTED_AS,
        "owner_division": row.owner_division,
        "site_division": row.site_division,
        "total_area_m2": str(row.total_area_m2),
        "incubation_area_m2": str(row.incubation_area_m2),
        "industry_code": row.industry_code,
    }
    if row.agreement_no is not None and row.agreed_on is not None:
        profile["enclave_agreement"] = {
            "document_no": row.agreement_no,
            "parties": list(row.agreement_parties or ()),
            "signed_on": row.agreed_on.isoformat(),
        }
    return profile


async def tell_title(world: World, row: tables.Title, until: date) -> None:
    """Applied for by the operator, reviewed and announced by one of the bureaus, granted by somebody of the other."""
    centre = world.centres[row.centre]
    name = f"title/{centre['operator_code']}/{centre['name']}/{row.kind}"
    found = world.titles.get((row.centre, row.kind))
    if found is None:
        if row.applied_on > until:
            return
        operator = world.holder("centre_operator", centre["operator_code"])
        body = {"centre_id": centre["id"], "kind": row.kind}
        found = await world.api.post("/v1/qualification-applications", operator, row.applied_on, body, key=name)
    steps = [
        Step("applied", row.reviewed_on, "review", world.bureau("industry_officer")),
        Step("reviewed", row.granted_on and row.reviewed_on, "announce", world.bureau("industry_officer")),
        Step("announced", row.granted_on, "grant", world.bureau("science_approver"), {"document_no": row.document_no}),
    ]
    path = f"/v1/qualification-applications/{found['id']}"
    world.titles[row.centre, row.kind] = await world.walk(path, name, found, steps, until)


async def tell_tenancy(world: World, row: tables.Tenancy, until: date) -> None:
    """The centre registers the enterprise if nobody has, admits and files it; it graduates or leaves, or stays."""
    if row.admitted_on > until:
        return
    centre = world.centres[row.centre]
    operator = world.holder("centre_operator", centre["operator_code"])
    name = f"tenancy/{row.enterprise}/{row.agreement_no}"
    enterprise = await _enterprise(world, row)
    found = world.tenancies.get((row.enterprise, row.agreement_no))
    if found is None:
        body = {"centre_id": centre["id"], "enterprise_code": row.enterprise, "agreement_no": row.agreement_no}
        found = await world.api.post("/v1/tenancies", operator, row.admitted_on, body, key=f"{name}/admit")
        assert found["enterprise_id"] == enterprise["id"]
    steps = [Step("admitted", row.filed_on, "file", operator)]
    end = Step("filed" if row.filed_on else "admitted", row.ended_on, "exit", operator, _ending(row))
    if row.criterion is not None:
        end = Step(end.state, row.ended_on, "graduate", operator, _ending(row))
    if row.criterion == "high_tech_certificate" and found["status"] != "graduated":
        await _certificate(world, row, enterprise, until)
    found = await world.walk(f"/v1/tenancies/{found['id']}", name, found, [*steps, end], until)
    world.tenancies[row.enterprise, row.agreement_no] = found


async def _certificate(world: World, row: tables.Tenancy, enterprise: Json, until: date) -> None:
    """The bureau records the certificate that the graduation rests on, a month before."""
    assert row.ended_on is not None
    recorded_on = row.ended_on - timedelta(days=30)
    if recorded_on > until:
        return
    body = {
        "kind": "high_tech",
        "certificate_no": row.criterion_value,
        "issued_on": recorded_on.isoformat(),
        "evidence": [row.evidence],
    }
    path, key = f"/v1/enterprises/{enterprise['id']}/technology-flags", f"flag/{row.criterion_value}"
    await world.api.post(path, world.bureau("science_officer"), recorded_on, body, key=key)


async def _enterprise(world: World, row: tables.Tenancy) -> Json:
    found = world.enterprises.get(row.enterprise)
    if found is None:
        known = next(enterprise for enterprise in world.data.enterprises if enterprise.code == row.enterprise)
        body = {
            "code": known.code,
            "name": known.name,
            "industry_code": known.industry_code,
            "division": known.division,
            "registered_on": known.registered_on.isoformat(),
            "legal_representative_ref": known.legal_representative_ref,
            "graduate_founder": known.graduate_founder,
            "registered_address": known.registered_address,
        }
        operator = world.holder("centre_operator", world.centres[row.centre]["operator_code"])
        key = f"enterprise/{known.code}"
        found = await world.api.post("/v1/enterprises", operator, row.admitted_on, body, key=key)
        world.enterprises[row.enterprise] = found
    return found


def _ending(row: tables.Tenancy) -> Json:
    evidence = [row.evidence] if row.evidence else []
    if row.criterion is None:
        return {"reason_code": row.exit_reason, "evidence": evidence}
    return {"claim": _claim(row.criterion, row.criterion_value or ""), "evidence": evidence}


def _claim(criterion: str, value: str) -> Json:
    if criterion == "high_tech_certificate":
        return {"criterion": criterion, "certificate_no": value}
    if criterion == "venture_capital":
        return {"criterion": criterion, "amount": value}
    if criterion == "two_year_income":
        year, *incomes = value.split("/")
        return {"criterion": criterion, "first_year": int(year), "incomes": incomes}
    if criterion == "merger_or_listing":
        return {"criterion": criterion, "form": value}
    if criterion == "operating":
        return {"criterion": criterion, "insured_jobs": int(value), "own_premises": True}
    raise StoryBroken(f"the data name an unknown criterion of graduation: {criterion}")
