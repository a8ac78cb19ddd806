"""Vouchers' populations, who its providers are and where they are paid to, and what programmes paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, func, literal, select
from sqlalchemy.sql.functions import coalesce

from services.vouchers.base import table_of
from services.vouchers.programmes.models import Programme
from services.vouchers.providers.accounts import CURRENT, SettlementAccountRow, keyring_of
from services.vouchers.providers.models import Provider
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import CAPTURED
from services.vouchers.settlements.models import Settlement, SettlementPayment
from services.vouchers.settlements.states import PAID
from services.vouchers.vouchers.models import Voucher
from shared.audit.duties import (
    Asked,
    Duties,
    Flow,
    Planned,
    Population,
    Shared,
    Spending,
    Spent,
    Tie,
    Ties,
    cases_of,
    same,
)
from shared.errors import DomainError
from shared.sealing import KeyMissing, Sealed

PROGRAMME: Final = "vouchers"
_SHOWN: Final = 24

POPULATIONS: Final = (
    Population(
        "vouchers_issued",
        money=True,
        find=cases_of(
            "/v1/vouchers/{id}",
            row_id=Voucher.id,
            no=Voucher.no,
            on=Voucher.issued_on,
            stratum=Voucher.issuer_division,
            amount=Voucher.face_value,
        ),
    ),
    Population(
        "redemptions",
        money=True,
        find=cases_of(
            "/v1/redemptions/{id}",
            row_id=Redemption.id,
            no=Redemption.no,
            on=Redemption.redeemed_on,
            stratum=Redemption.category,
            amount=Redemption.subsidy,
            where=(Redemption.status.in_(CAPTURED),),
        ),
    ),
    Population(
        "settlements_closed",
        money=True,
        find=cases_of(
            "/v1/settlements/{id}",
            row_id=Settlement.id,
            no=Settlement.no,
            on=Settlement.closed_on,
            stratum=Settlement.issuer_division,
            amount=Settlement.paid_total,
        ),
    ),
    Population(
        "providers_admitted",
        money=False,
        find=cases_of(
            "/v1/providers/{id}", row_id=Provider.id, no=Provider.no, on=Provider.admitted_on, stratum=Provider.status
        ),
    ),
)


async def find_ties(asked: Asked) -> Ties:
    """Providers by code, legal representative and account, and the subsidies of the period."""
    rows = await asked.session.execute(
        select(Provider.id, Provider.no, Provider.code, Provider.legal_representative_ref)
    )
    ties: list[Tie] = []
    for provider_id, no, code, ref in rows:
        ties.append(_tie(provider_id, no, "organisation", same("organisation", code), "itself"))
        if ref is not None:
            ties.append(_tie(provider_id, no, "person", ref, "legal_representative"))
    return Ties(ties=[*ties, *await _accounts(asked)], flows=[*await _used(asked), *await _paid(asked)])


def _tie(provider_id: UUID, no: str, shared: Shared, value: str, capacity: str) -> Tie:
    return Tie(party="provider", party_id=provider_id, party_no=no, shared=shared, value=value, capacity=capacity)


async def find_spending(asked: Asked) -> Spending:
    """What the issuers' banks paid, by division, and the programmes' budgets of the years."""
    query = (
        select(SettlementPayment, Settlement.id, Settlement.no, Settlement.issuer_division, Provider.code)
        .join(Settlement, Settlement.id == SettlementPayment.settlement_id)
        .join(Provider, Provider.id == SettlementPayment.provider_id)
        .where(SettlementPayment.status == PAID, SettlementPayment.settled_on.between(asked.since, asked.until))
        .order_by(SettlementPayment.settled_on, SettlementPayment.id)
    )
    spent = [
        Spent(
            case_id=settlement_id,
            case_no=no,
            path=f"/v1/settlements/{settlement_id}",
            on=payment.settled_on,
            programme=PROGRAMME,
            division=division,
            applicant=code,
            amount=payment.net,
        )
        for payment, settlement_id, no, division, code in (await asked.session.execute(query))
        if payment.settled_on is not None
    ]
    years = Programme.year.between(asked.since.year, asked.until.year)
    budgets = select(Programme.issuer_division, Programme.year, func.sum(Programme.budget)).where(
        years, Programme.opened_on.is_not(None)
    )
    rows = await asked.session.execute(budgets.group_by(Programme.issuer_division, Programme.year))
    planned = [Planned(programme=PROGRAMME, division=one, year=year, amount=amount) for one, year, amount in rows]
    return Spending(spent=spent, planned=planned)


async def _accounts(asked: Asked) -> list[Tie]:
    """Accounts by a keyed digest of their numbers: equal ones are seen to be equal, and none can be guessed."""
    account = SettlementAccountRow
    rows = await asked.session.execute(
        select(
            account.id, account.provider_id, account.sealed_number, account.key_id, account.status, Provider.no
        ).join(Provider, Provider.id == account.provider_id)
    )
    found = rows.all()
    if not found:
        return []
    keys = keyring_of(asked.process)
    ties = []
    for row_id, provider_id, content, key_id, status, no in found:
        try:
            number = keys.unseal(row_id, Sealed(key_id, content))
        except KeyMissing as error:
            raise DomainError("account-keys-missing", 503) from error
        value = keys.index_of(f"audit:{number}").hex()[:_SHOWN]
        capacity = "settlement_account" if status == CURRENT else f"settlement_account_{status}"
        ties.append(_tie(provider_id, no, "bank_account", value, capacity))
    return ties


async def _used(asked: Asked) -> Sequence[Flow]:
    """From the enterprise that used a voucher to the provider who was paid its subsidy."""
    query = (
        select(
            Redemption.enterprise_id,
            Redemption.provider_id,
            func.sum(Redemption.subsidy - coalesce(Redemption.reversed_amount, literal(0))),
            func.count().cast(Integer),
        )
        .where(Redemption.status.in_(CAPTURED), Redemption.redeemed_on.between(asked.since, asked.until))
        .group_by(Redemption.enterprise_id, Redemption.provider_id)
    )
    rows = await asked.session.execute(query)
    return [Flow(from_id=one, to_id=other, kind="voucher", amount=amount, cases=n) for one, other, amount, n in rows]


async def _paid(asked: Asked) -> Sequence[Flow]:
    payment = table_of(SettlementPayment)
    query = (
        select(payment.c.provider_id, func.sum(payment.c.net), func.count().cast(Integer))
        .where(payment.c.status == PAID, payment.c.settled_on.between(asked.since, asked.until))
        .group_by(payment.c.provider_id)
    )
    rows = await asked.session.execute(query)
    return [Flow(from_id=None, to_id=one, kind="voucher_settlement", amount=amount, cases=n) for one, amount, n in rows]


DUTIES: Final = Duties(populations=POPULATIONS, ties=find_ties, spending=find_spending)
