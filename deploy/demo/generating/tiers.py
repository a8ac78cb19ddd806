"""How the specialised centres of the story come to their tier: services delivered in spring, then the application."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.chance import Chance
from deploy.demo.generating.enterprises import Population, Stay

SPECIALISED: Final = "specialised"
_SERVICES: Final = {
    "startup_service": "企业设立与政策咨询",
    "training": "创业培训班",
    "incubation": "孵化场地与设备共享",
    "investment": "投融资对接",
    "special": "行业特色服务",
    "technology_transfer": "科技成果转化",
}
_LAST_SERVICE: Final = date(2019, 4, 12)
_APPLIED, _REVIEWED, _APPROVED = date(2019, 4, 15), date(2019, 4, 16), date(2019, 4, 25)


def make_services(centres: list[tables.Centre], population: Population) -> list[tables.Service]:
    """One of each kind for the first tenant of every specialised centre."""
    return [
        service
        for centre in centres
        if centre.tier == SPECIALISED
        for service in _services(centre, _first_tenant(population.of(centre.key)))
    ]


def _first_tenant(stays: list[Stay]) -> Stay:
    lasting = [stay for stay in stays if stay.ended_on is None or stay.ended_on > _APPROVED]
    return min(lasting, key=lambda stay: stay.admitted_on)


def _services(centre: tables.Centre, stay: Stay) -> Iterator[tables.Service]:
    chance = Chance(f"services/{centre.key}")
    for kind, title in _SERVICES.items():
        yield tables.Service(
            centre=centre.key,
            enterprise=stay.enterprise.code,
            type=kind,
            title=title,
            provided_on=chance.day(stay.admitted_on + timedelta(days=3), _LAST_SERVICE),
            document_no=f"示例转化-{centre.key}-2019" if kind == "technology_transfer" else None,
        )


def make_tiers(centres: list[tables.Centre]) -> list[tables.Tier]:
    """One application for every specialised centre."""
    return [
        tables.Tier(
            centre=centre.key,
            tier=centre.tier,
            applied_on=_APPLIED,
            reviewed_on=_REVIEWED,
            approved_on=_APPROVED,
            document_no=f"示例层级〔2019〕{number}号",
        )
        for number, centre in enumerate((row for row in centres if row.tier == SPECIALISED), start=1)
    ]
