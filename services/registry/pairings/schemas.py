"""Pairs of firms as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.pairings.rules import STATUSES
from services.registry.texts import NoMobile
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, OneOf
from shared.money import Money, PositiveMoney

Word = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Side = EditionWord(lambda edition: edition.alliances.sides)
Industry = EditionWord(lambda edition: edition.alliances.pairing_industries.value)


class ProposePair(Request):
    """An inland firm of the register of partners, by its letter, and a firm of the city."""

    partner_id: UUID
    enterprise_id: UUID
    industry: Word
    inland_document_no: DocumentNo
    proposed_on: date | None = None


class DeclinePair(Request):
    """The enterprise says why not."""

    reason_code: ReasonCode
    remark: Remark | None = None


class StartPair(Request):
    """The agreement that both have signed, and the day from which it holds."""

    document_no: DocumentNo
    since: date | None = None


class CompletePair(Request):
    """`ended_on`: the last day, for bureaus in the past."""

    ended_on: date | None = None


class EndPair(Request):
    """The end before the work was done; `ended_on` is for bureaus only."""

    reason_code: ReasonCode
    remark: Remark | None = None
    ended_on: date | None = None


class LogEntry(Request):
    """A visit or a result. `amount` is that of an order, a project or an investment, in yuan; persons are counted and
    not named."""

    kind: Word
    held_on: date
    title: Annotated[Name, NoMobile]
    heads: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0
    amount: PositiveMoney | None = None
    document_no: DocumentNo | None = None


class LogEntryOut(Response):
    """An entry of a pair's log."""

    id: UUID
    kind: str
    held_on: date
    title: str
    heads: int
    amount: Money | None
    document_no: str | None
    recorded_by: str


class PairOut(Response):
    """A pair; active from `since` through `ended_on`."""

    id: UUID
    version: int
    no: str
    province_side: str
    partner_id: UUID
    enterprise_id: UUID
    industry: str
    status: str
    proposed_by: str
    proposed_on: date
    inland_document_no: str
    answered_by: str | None
    answered_on: date | None
    since: date | None
    document_no: str | None
    ended_on: date | None
    reason_code: str | None
    edition: str


class PairPageOut(PairOut):
    """A pair with its log, oldest entry first."""

    entries: Annotated[list[LogEntryOut], Field(default_factory=list)]
    remark: str | None = None


class PairFilter(PageParams):
    """Filters of the list; `on`: pairs that were active on that day."""

    no: str | None = None
    province_side: Annotated[str, Side] | None = None
    industry: Annotated[str, Industry] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    partner_id: UUID | None = None
    enterprise_id: UUID | None = None
    on: date | None = None
    sort: Literal["proposed", "-proposed"] = "proposed"


class PairCountFilter(PageParams):
    """As of a day, today if left out; of one industry, or all."""

    on: date | None = None
    industry: Annotated[str, Industry] | None = None


class PairCountOut(Response):
    """One side of 4.7-2 on a day: firms in an active pair, those of pairs that are active or completed, and how many
    there are to be. A firm with several pairs, or of several merged records, counts once."""

    province_side: str
    on: date
    active: int
    paired: int
    target: int
    missing: int
