"""Voucher programmes of counties and parks, their providers, vouchers and redemptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Final

from deploy.demo import tables
from deploy.demo.generating.centres import PLANS
from deploy.demo.generating.chance import Chance, days_after
from deploy.demo.generating.codes import PROVIDER, credit_code
from deploy.demo.generating.enterprises import DELISTED, Population, Stay
from deploy.demo.generating.names import SERVICE_TRADES
from shared.calendar import add_months

_PROGRAMMES: Final = (
    ("540102", "startup", 2019, 600_000, None),
    ("540172", "innovation", 2019, 500_000, "60.00"),
    ("540102", "startup", 2020, 800_000, None),
    ("540122", "startup", 2020, 450_000, "70.00"),
    ("540172", "innovation", 2020, 500_000, "60.00"),
    ("540102", "startup", 2021, 600_000, None),
    ("LIUWU", "innovation", 2021, 450_000, None),
)
_CATEGORY_TERMS: Final = {("540122", 2020): ("ip_protection:80.00:20000.00", "exhibition::5000.00")}
"""Where a category has a share or a cap of its own."""

_SHOWN: Final = ("540122", "startup", 2020)
"""The programme whose vouchers show every way: one is applied for and its service ordered, those for one category are
used at the counter, and what was used by September is settled."""

_RECOMMENDED: Final = ("startup_coaching", "legal_protection", "ip_protection", "testing_certification")
ENCLAVE: Final = "C05"
"""The centre of that county in the city."""

_UNIT_PRICE: Final = 1000
"""Of every listed service, in yuan an hour."""

_EACH: Final = 10
"""Vouchers of a programme."""

_REFUSED_PROVIDER: Final = len(SERVICE_TRADES)


def make_guidance() -> list[tables.Guidance]:
    """Before the programmes of each year."""
    return [
        tables.Guidance(
            year=year,
            document_no=f"示例科发〔{year}〕20号",
            max_percent="80.00",
            max_enterprise_quota="100000.00",
            recommended_categories=_RECOMMENDED,
            drafted_on=days_after(date(year, 3, 4), 0),
            approved_on=days_after(date(year, 3, 11), 0),
        )
        for year in (2019, 2020, 2021)
    ]


def make_settlements() -> list[tables.Settlement]:
    """What the county owed for the uses of its vouchers by the end of September 2020."""
    return [
        tables.Settlement(
            issuer_division=_SHOWN[0],
            period="2020-09",
            drafted_on=date(2020, 10, 12),
            checked_on=date(2020, 10, 13),
            inspected_on=date(2020, 10, 14),
            announced_on=date(2020, 10, 15),
            approved_on=date(2020, 10, 26),
            filed_on=date(2020, 10, 27),
            paid_on=date(2020, 10, 28),
            bank_reference="DEMO20201028",
            closed_on=date(2020, 10, 29),
        )
    ]


def make_programmes() -> list[tables.Programme]:
    return [
        tables.Programme(
            issuer_division=division,
            kind=kind,
            year=year,
            budget=f"{budget}.00",
            subsidy_percent=percent,
            category_terms=_CATEGORY_TERMS.get((division, year)),
            drafted_on=days_after(date(year, 3, 20), 0),
            opened_on=days_after(date(year, 4, 1), 0),
            closed_on=days_after(date(year, 12, 28), 0) if year == 2019 else None,
        )
        for division, kind, year, budget, percent in _PROGRAMMES
    ]


def make_providers() -> list[tables.Provider]:
    """One for each category, and one that was refused."""
    return [*(_provider(number) for number in range(len(SERVICE_TRADES))), _provider(_REFUSED_PROVIDER)]


def _provider(number: int) -> tables.Provider:
    trade, category = SERVICE_TRADES[number % len(SERVICE_TRADES)]
    applied = days_after(date(2019, 3, 20), number)
    refused = number == _REFUSED_PROVIDER
    return tables.Provider(
        code=credit_code(PROVIDER + 131 * number, "540102"),
        name=f"虚构{'远山' if refused else '惠创'}{trade}有限公司",
        categories=(category,),
        legal_representative_ref=f"demo-person-p{number + 1:03}",
        applied_on=applied,
        reviewed_on=days_after(applied, 6),
        decided_on=days_after(applied, 20),
        refused_reason="not_qualified" if refused else None,
        renewed_on=None if refused else days_after(date(2021, 3, 8), number),
        offering=None if refused else f"虚构{trade}服务",
        offering_unit=None if refused else "小时",
        offering_price=None if refused else f"{_UNIT_PRICE}.00",
        account_number=None if refused else f"{number + 1:016}",
        listed_on=None if refused else days_after(applied, 23),
    )


def make_vouchers(population: Population) -> list[tables.Voucher]:
    """To enterprises at centres of the issuer's own, one each; some to those of the centre that is delisted later."""
    places = {plan.key: {plan.owner, plan.site} for plan in PLANS}
    vouchers: list[tables.Voucher] = []
    for division, kind, year, _, _ in _PROGRAMMES:
        chance = Chance(f"vouchers/{division}/{kind}/{year}")
        stays = [stay for stay in population.stays if division in places[stay.centre]]
        taken = {voucher.enterprise for voucher in vouchers if voucher.year == year}
        for stay in _holders(stays, year, taken, chance):
            issued = _issue_day(stay, year, chance)
            one_category = chance.happens(0.3)
            vouchers.append(
                tables.Voucher(
                    issuer_division=division,
                    kind=kind,
                    year=year,
                    enterprise=stay.enterprise.code,
                    centre=stay.centre,
                    category=chance.pick(SERVICE_TRADES)[1] if one_category else None,
                    face_value=f"{chance.number(2, 8) * 5000}.00",
                    applied_on=None,
                    reviewed_on=None,
                    issued_on=issued,
                )
            )
    return _one_applied_for(vouchers)


def _one_applied_for(vouchers: Sequence[tables.Voucher]) -> list[tables.Voucher]:
    """The first of the programme that shows it, at its enclave."""
    shown = next(one for one in vouchers if _is_shown(one) and one.centre == ENCLAVE and one.category is None)
    days = {"applied_on": days_after(shown.issued_on, -8), "reviewed_on": days_after(shown.issued_on, -4)}
    return [one.model_copy(update=days) if one is shown else one for one in vouchers]


def _is_shown(voucher: tables.Voucher) -> bool:
    return (voucher.issuer_division, voucher.kind, voucher.year) == _SHOWN


def _holders(stays: Sequence[Stay], year: int, taken: set[str], chance: Chance) -> list[Stay]:
    """Who is there from summer to the end of the year; in 2020 four of the centre that is delisted are among them."""
    there = [
        stay
        for stay in stays
        if stay.enterprise.code not in taken
        and stay.admitted_on < date(year, 8, 20)
        and stay.present_on(date(year, 12, 31))
        and add_months(stay.enterprise.registered_on, 60) > date(year, 12, 31)
    ]
    chosen = [stay for stay in there if stay.centre == DELISTED and stay.ended_on is None][:4] if year == 2020 else []
    rest = [stay for stay in there if stay not in chosen and stay.centre != DELISTED]
    while len(chosen) < _EACH and rest:
        chosen.append(rest.pop(int(chance.share() * len(rest))))
    return chosen


def _issue_day(stay: Stay, year: int, chance: Chance) -> date:
    first = max(date(year, 4, 13), days_after(stay.admitted_on, 20))
    return chance.day(first, date(year, 9, 25))


def make_redemptions(
    vouchers: Sequence[tables.Voucher], providers: Sequence[tables.Provider]
) -> list[tables.Redemption]:
    """Half of the vouchers are used, once or twice. Those of the centre that is delisted: one used, one delivered
    before and honoured after the delisting, one only held, which is released, one not used, which is stopped."""
    redemptions: list[tables.Redemption] = []
    doomed = 0
    for number, voucher in enumerate(vouchers):
        chance = Chance(f"redemptions/{number}")
        if voucher.centre == DELISTED:
            redemptions += _doomed(voucher, providers, doomed, chance)
            doomed += 1
        elif chance.happens(0.5) or voucher.applied_on:
            redemptions += _ordinary(voucher, providers, chance)
    return redemptions


def _ordinary(
    voucher: tables.Voucher, providers: Sequence[tables.Provider], chance: Chance
) -> Iterator[tables.Redemption]:
    held = days_after(voucher.issued_on, chance.number(3, 15))
    for part in range(1 if voucher.category or chance.happens(0.5) else 2):
        provider = _for(voucher, providers, chance.number(0, 7))
        delivered = days_after(held, chance.number(4, 14))
        released = part == 1 and chance.happens(0.3)
        yield _redemption(
            voucher,
            provider,
            price=chance.number(4, 16) * 1000 if part == 0 else 5000,
            days=(held, None if released else delivered, None if released else days_after(delivered, 3)),
            released=days_after(held, 2) if released else None,
            ordered=days_after(held, -4) if voucher.applied_on and part == 0 else None,
            at_counter=_is_shown(voucher) and voucher.category is not None,
        )
        held = days_after(delivered, 5)


def _doomed(
    voucher: tables.Voucher, providers: Sequence[tables.Provider], number: int, chance: Chance
) -> Iterator[tables.Redemption]:
    held = (date(2020, 10, 12), date(2021, 1, 18), date(2021, 2, 3), None)[number % 4]
    if held is None:
        return
    delivered = (date(2020, 10, 20), date(2021, 2, 22), None)[number % 4]
    redeemed = (date(2020, 10, 23), date(2021, 3, 18), None)[number % 4]
    provider = _for(voucher, providers, chance.number(0, 7))
    yield _redemption(voucher, provider, price=9000, days=(held, delivered, redeemed), released=None)


def _for(voucher: tables.Voucher, providers: Sequence[tables.Provider], number: int) -> tables.Provider:
    if voucher.category is None:
        return providers[number]
    return next(provider for provider in providers if voucher.category in provider.categories)


def _redemption(
    voucher: tables.Voucher,
    provider: tables.Provider,
    *,
    price: int,
    days: tuple[date, date | None, date | None],
    released: date | None,
    ordered: date | None = None,
    at_counter: bool = False,
) -> tables.Redemption:
    held, delivered, redeemed = (days[0],) * 3 if at_counter else days
    contract_no = f"示例合同-{voucher.year}-{voucher.enterprise[-6:]}-{held:%m%d}"
    return tables.Redemption(
        issuer_division=voucher.issuer_division,
        kind=voucher.kind,
        year=voucher.year,
        enterprise=voucher.enterprise,
        centre=voucher.centre,
        provider=provider.code,
        category=provider.categories[0],
        price=f"{price}.00",
        contract_no=contract_no,
        invoice_number=_invoice_number(contract_no, held) if redeemed else None,
        ordered_on=ordered,
        quantity=price // _UNIT_PRICE if ordered else None,
        at_counter=at_counter,
        held_on=held,
        delivered_on=delivered,
        redeemed_on=redeemed,
        released_on=released,
    )


def _invoice_number(contract_no: str, held: date) -> str:
    """An electronic invoice's 20 digits; which, only the contract tells."""
    return f"{held:%y}54{int(sha256(contract_no.encode()).hexdigest(), 16) % 10**16:016}"
