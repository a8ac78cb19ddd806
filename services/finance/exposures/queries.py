"""The statement: every line of every programme, the caps, and the sums. Nothing is decided by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.exposures.giving import (
    grant_caps,
    grants_of,
    matching_of,
    support_of,
    voucher_caps,
    vouchers_of,
)
from services.finance.exposures.investing import equity_of, reward_caps, rewards_of
from services.finance.exposures.lending import (
    graduates_caps,
    guarantee_caps,
    guarantees_of,
    loan_caps,
    loans_of,
    subsidies_of,
)
from services.finance.exposures.lines import PROGRAMMES, Cap, Line
from services.finance.exposures.links import exposure_link
from services.finance.exposures.members import Circle, Member, find_member, group_of, sees_everybody
from services.finance.exposures.schemas import (
    ExposureCapOut,
    ExposureGroupOut,
    ExposureLineOut,
    ExposureOut,
    ExposureTotalOut,
    GroupMemberOut,
)
from shared.auth import roles as r
from shared.auth.principal import Principal
from shared.policy.edition import Edition, Editions, PolicyNotInForce

BOOKKEEPERS: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER, r.AUDITOR)
_AMOUNTS: Final = ("granted", "paid", "returned", "outstanding")


async def statement(session: AsyncSession, editions: Editions, wanted: str | UUID, principal: Principal) -> ExposureOut:
    """The statement of an enterprise. Raises 404 for one that is not the caller's."""
    edition = editions.closest_to(principal.today)
    if edition is None:
        raise PolicyNotInForce(principal.today, None)
    member = await find_member(session, edition, wanted, principal)
    bureau = sees_everybody(principal)
    others = await group_of(session, member) if bureau else []
    every = await lines_of(session, Circle([member, *others]), principal.today)
    lines = [line for line in every if line.whose == member.code]
    caps = await caps_of(session, edition, member, principal.today, persons=bureau)
    keeps_books = principal.has(*BOOKKEEPERS)
    return ExposureOut(
        as_of=principal.today,
        code=member.code,
        name=member.name,
        codes=member.codes,
        totals=totals_of(lines),
        caps=[_cap(cap) for cap in caps],
        lines=[_line(line, keeps_books=keeps_books) for line in lines],
        group=_group(others, every) if bureau and member.representative_ref is not None else None,
    )


async def lines_of(session: AsyncSession, circle: Circle, today: date) -> list[Line]:
    """Every case of the enterprises, programme by programme; one query each, however many they are."""
    return [
        *await grants_of(session, circle),
        *await rewards_of(session, circle),
        *await loans_of(session, circle),
        *await guarantees_of(session, circle),
        *await subsidies_of(session, circle),
        *await equity_of(session, circle),
        *await matching_of(session, circle),
        *await vouchers_of(session, circle, today),
        *await support_of(session, circle),
    ]


async def caps_of(session: AsyncSession, edition: Edition, member: Member, day: date, *, persons: bool) -> list[Cap]:
    """Every cap that stands between the enterprise and more; those of `persons` tell what they owe elsewhere too."""
    return [
        *await grant_caps(session, edition, member),
        *await reward_caps(session, edition, member),
        *await loan_caps(session, edition, member),
        *(await graduates_caps(session, edition, member) if persons else []),
        *await guarantee_caps(session, edition, member),
        *await voucher_caps(session, edition, member, day),
    ]


def totals_of(lines: Iterable[Line]) -> list[ExposureTotalOut]:
    """The sums by programme, in one order."""
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.programme].append(line)
    return [
        ExposureTotalOut.model_validate(
            {
                "programme": programme,
                "cases": len(found[programme]),
                **{name: sum(getattr(line, name) for line in found[programme]) for name in _AMOUNTS},
            }
        )
        for programme in PROGRAMMES
        if programme in found
    ]


def _group(others: Sequence[Member], every: Sequence[Line]) -> ExposureGroupOut:
    members = [
        GroupMemberOut(
            code=other.code,
            name=other.name,
            totals=totals_of(line for line in every if line.whose == other.code),
            link=exposure_link(other.code),
        )
        for other in others
    ]
    return ExposureGroupOut(members=members, totals=totals_of(every))


def _line(line: Line, *, keeps_books: bool) -> ExposureLineOut:
    entries = None
    if keeps_books and line.entry_id is not None:
        entries = f"/v1/journal-entries/{line.entry_id}"
    elif keeps_books and line.entries_of is not None:
        entries = f"/v1/journal-entries?case_id={line.entries_of}"
    names = set(ExposureLineOut.model_fields) - {"entries"}
    return ExposureLineOut.model_validate({**{name: getattr(line, name) for name in names}, "entries": entries})


def _cap(cap: Cap) -> ExposureCapOut:
    return ExposureCapOut.model_validate({name: getattr(cap, name) for name in ExposureCapOut.model_fields})
