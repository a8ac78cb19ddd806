"""What else the demonstration leaves behind, counted through the API, each with the address to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from rich.table import Table

from deploy.demo.client import Json
from deploy.demo.story.world import World
from deploy.demo.texts import Texts
from shared.money import format_wan

_DAY: Final = "2021-12-31"
"""The last day of the story's last year."""


async def overview(world: World, say: Texts, make_table: Callable[..., Table]) -> Table:
    """A line for each kind of thing."""
    lists = {path: await _list(world, path) for path in _LISTS}
    table = make_table(say("overview"), say("what"), say("how_many"), say("where_to"))
    for name, path, values in _lines(lists, say):
        table.add_row(say(name), say(f"{name}_found", **values), path)
    found = await world.api.get("/v1/coverage", world.auditor, on=_DAY)
    covered = {"covered": found["divisions_covered"], "divisions": found["divisions"]}
    table.add_row(say("coverage"), say("coverage_found", **covered), f"/v1/coverage?on={_DAY}")
    return table


_LISTS: Final = (
    "/v1/persons",
    "/v1/projects",
    "/v1/partners",
    "/v1/practices",
    "/v1/experts",
    "/v1/divisions",
    "/v1/appropriations",
    "/v1/matching-funds",
    "/v1/targets",
    "/v1/loans",
    "/v1/referrals",
    "/v1/banks/reconciliations",
    "/v1/angel-funds",
    "/v1/financing-rewards",
    "/v1/alliance-support",
    "/v1/vouchers",
    "/v1/settlements",
)


async def _list(world: World, path: str) -> list[Json]:
    return [found async for found in world.api.items(path, world.auditor)]


def _lines(lists: dict[str, list[Json]], say: Texts) -> Iterable[tuple[str, str, Mapping[str, object]]]:
    def count(path: str, field: str, value: object) -> int:
        return sum(found[field] == value for found in lists[path])

    yield "persons", "/v1/persons", {"count": len(lists["/v1/persons"])}
    projects = {"count": len(lists["/v1/projects"]), "registered": count("/v1/projects", "status", "registered")}
    yield "projects", "/v1/projects", projects
    partners = {"count": len(lists["/v1/partners"]), "inland": count("/v1/partners", "inland", True)}
    yield "partners", "/v1/partners", partners
    published = {"count": count("/v1/practices", "status", "published")}
    yield "practices", "/v1/practices?status=published", published
    yield "experts", "/v1/expert-assignments", {"count": len(lists["/v1/experts"])}
    groups = sum(found["leading_group"] is not None for found in lists["/v1/divisions"])
    yield "divisions", "/v1/divisions/due", {"groups": groups, "divisions": len(lists["/v1/divisions"])}
    lines = lists["/v1/appropriations"]
    budget, committed = (_yuan(say, sum(Decimal(line[name]) for line in lines)) for name in ("budget", "committed"))
    yield "appropriations", "/v1/appropriations", {"budget": budget, "committed": committed}
    funds = lists["/v1/matching-funds"]
    budget, spent = (_yuan(say, sum(Decimal(fund[name]) for fund in funds)) for name in ("budget", "spent"))
    yield "matching_funds", "/v1/matching-funds", {"budget": budget, "spent": spent}
    yield from _lent(lists, say)
    met = count("/v1/targets", "outcome", "met")
    yield "targets", "/v1/targets", {"met": met, "count": len(lists["/v1/targets"])}


def _lent(lists: dict[str, list[Json]], say: Texts) -> Iterable[tuple[str, str, Mapping[str, object]]]:
    def total(path: str, field: str) -> str:
        return _yuan(say, sum(Decimal(found[field]) for found in lists[path]))

    refused = sum(found["status"] == "refused" for found in lists["/v1/referrals"])
    loans = {"count": len(lists["/v1/loans"]), "outstanding": total("/v1/loans", "outstanding"), "refused": refused}
    yield "loans", "/v1/loans", loans
    days = lists["/v1/banks/reconciliations"]
    differing = sum(found["status"] == "differing" for found in days)
    yield "bank_days", "/v1/banks/reconciliations", {"count": len(days), "differing": differing}
    funds = {"paid_in": total("/v1/angel-funds", "paid_in"), "municipal": total("/v1/angel-funds", "municipal_paid_in")}
    yield "angel_funds", "/v1/angel-funds", funds
    rewards = {"count": len(lists["/v1/financing-rewards"]), "paid": total("/v1/financing-rewards", "paid")}
    yield "rewards", "/v1/financing-rewards", rewards
    supports = {"count": len(lists["/v1/alliance-support"]), "paid": total("/v1/alliance-support", "paid")}
    yield "alliance_support", "/v1/alliance-support", supports
    issued, spent = (total("/v1/vouchers", field) for field in ("face_value", "spent"))
    yield "vouchers", "/v1/vouchers", {"count": len(lists["/v1/vouchers"]), "issued": issued, "spent": spent}
    settled = {"count": len(lists["/v1/settlements"]), "paid": total("/v1/settlements", "paid_total")}
    yield "settlements", "/v1/settlements", settled


def _yuan(say: Texts, amount: Decimal | int) -> str:
    exact = Decimal(amount)
    return format_wan(exact) if say.language == "zh" else f"{exact:,.2f} yuan"
