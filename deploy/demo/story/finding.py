"""What exists already, read through the API and put under its natural keys."""

from __future__ import annotations

from typing import Final

from deploy.demo.client import Json
from deploy.demo.story.registers import find_registers
from deploy.demo.story.world import World

_SOLD_ON: Final = "2020-12-31"
"""A day on which everything is on the price lists."""


async def find_everything(world: World) -> None:
    """Fill the world with what an earlier run made; nothing in the API says whose it is but the natural keys."""
    await find_centres(world)
    keys = {centre["id"]: key for key, centre in world.centres.items()}
    world.titles = {
        (keys[found["centre_id"]], found["kind"]): found
        for found in await _list(world, "/v1/qualification-applications")
        if found["centre_id"] in keys
    }
    await find_stays(world)
    codes = {found["id"]: code for code, found in world.enterprises.items()}
    world.services = {
        (keys[found["centre_id"]], codes[found["enterprise_id"]], found["type"]): found
        for found in await _list(world, "/v1/service-records")
        if found["centre_id"] in keys
    }
    world.tiers = {
        (keys[found["centre_id"]], found["tier"]): found
        for found in await _list(world, "/v1/tier-applications")
        if found["centre_id"] in keys
    }
    world.reports = {
        (keys[found["centre_id"]], found["year"], found["quarter"]): found
        for found in await _list(world, "/v1/quarterly-reports")
        if found["centre_id"] in keys
    }
    world.held = {
        (keys[found["centre_id"]], found["title"]): found
        for found in await _list(world, "/v1/activities")
        if found["centre_id"] in keys
    }
    await find_registers(world)
    world.appropriations = {
        (found["programme"], found["year"]): found for found in await _list(world, "/v1/appropriations")
    }
    world.grants = {
        (keys[found["centre_id"]], found["fiscal_year"]): found
        for found in await _list(world, "/v1/grants")
        if found["centre_id"] in keys
    }
    world.practices = {
        (keys[found["centre_id"]], found["title"]): found
        for found in await _list(world, "/v1/practices")
        if found["centre_id"] in keys
    }
    await _people(world)
    await _divisions(world)
    await _money(world, keys)
    world.cycles = {found["year"]: found for found in await _list(world, "/v1/evaluation-cycles")}
    await _vouchers(world)


async def find_stays(world: World) -> None:
    """Enterprises with their stays; a team's stay goes by its agreement, as it may have a code by now or not."""
    world.enterprises = {found["code"]: found for found in await _list(world, "/v1/enterprises")}
    codes = {found["id"]: code for code, found in world.enterprises.items()}
    teams = {row.agreement_no for row in world.data.projects}
    for found in await _list(world, "/v1/tenancies"):
        if found["agreement_no"] in teams:
            world.team_stays[found["agreement_no"]] = found
        elif found["enterprise_id"] in codes:
            world.tenancies[codes[found["enterprise_id"]], found["agreement_no"]] = found


async def _people(world: World) -> None:
    world.persons = {found["person_ref"]: found for found in await _list(world, "/v1/persons")}
    world.projects = {found["name"]: found for found in await _list(world, "/v1/projects")}
    world.partners = {found["code"]: found for found in await _list(world, "/v1/partners")}


async def _divisions(world: World) -> None:
    world.divisions = {found["code"]: found for found in await _list(world, "/v1/divisions")}
    world.funds = {(found["division"], found["year"]): found for found in await _list(world, "/v1/matching-funds")}
    world.payments = {
        (found["division"], found["year"], found["voucher_no"]): found
        for found in await _list(world, "/v1/matching-funds/spending")
    }
    world.targets = {(found["item"], found["year"]): found for found in await _list(world, "/v1/targets")}


async def _money(world: World, keys: dict[str, str]) -> None:
    """Of centres by their ids: loans and what goes with them, funds, rewards, support for alliances."""
    world.referrals = {
        (found["enterprise_code"], found["bank"]): found for found in await _list(world, "/v1/referrals")
    }
    world.loans = {found["id"]: found for found in await _list(world, "/v1/loans")}
    world.subsidies = {
        (found["department"], found["year"], found["quarter"]): found
        for found in await _list(world, "/v1/loans/subsidies")
    }
    days = await _list(world, "/v1/banks/reconciliations")
    world.bank_days = {(found["bank"], found["day"]): found for found in days}
    funds = await _list(world, "/v1/angel-funds")
    world.angel_funds = {keys[found["centre_id"]]: found for found in funds if found["centre_id"] in keys}
    world.rewards = {found["enterprise_code"]: found for found in await _list(world, "/v1/financing-rewards")}
    records = await _list(world, "/v1/alliance-assessments/records")
    world.activities = {(found["alliance"], found["title"]): found for found in records}
    sheets = await _list(world, "/v1/alliance-assessments")
    world.sheets = {(found["alliance"], found["year"]): found for found in sheets}
    world.supports = {(found["alliance"], found["year"]): found for found in await _list(world, "/v1/alliance-support")}


async def find_centres(world: World) -> None:
    """Centres by the files' own names for them."""
    wanted = {(row.operator_code, row.name): row.key for row in world.data.centres}
    for found in await _list(world, "/v1/centres"):
        key = wanted.get((found["operator_code"], found["name"]))
        if key is not None:
            world.centres[key] = found


async def _vouchers(world: World) -> None:
    world.providers = {found["code"]: found for found in await _list(world, "/v1/providers")}
    world.guidance = {found["year"]: found for found in await _list(world, "/v1/voucher-guidance")}
    world.programmes = {
        (found["issuer_division"], found["kind"], found["year"]): found
        for found in await _list(world, "/v1/voucher-programmes")
    }
    world.vouchers = {
        (found["programme_id"], found["enterprise_id"]): found for found in await _list(world, "/v1/vouchers")
    }
    world.redemptions = {
        (found["voucher_id"], found["category"], found["ordered_on"] or found["held_on"]): found
        for found in await _list(world, "/v1/redemptions")
    }
    sold = [found async for found in world.api.items("/v1/offerings", world.auditor, valid_on=_SOLD_ON)]
    world.offerings = {(found["provider_id"], found["category"]): found for found in sold}
    batches = await _list(world, "/v1/settlements")
    world.settlements = {(found["issuer_division"], found["period"]): found for found in batches}


async def _list(world: World, path: str) -> list[Json]:
    return [found async for found in world.api.items(path, world.auditor)]
