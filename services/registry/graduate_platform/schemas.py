"""The graduate platform as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.graduate_platform.rules import STAGES, STATUSES
from services.registry.texts import NoMobile
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import Money, PositiveMoney

Product = Annotated[Name, NoMobile]
Stage = Literal["trial", "conversion", "channel"]


class StageContent(Request):
    """What was done. `document_no` and `amount` are those of the contract, or of the report of a trial; `provider_*`
    names an organisation that is no partner on record."""

    kind: Annotated[str, Field(min_length=1, max_length=64, examples=["pilot_test"])]
    started_on: date
    ended_on: date | None = None
    document_no: DocumentNo | None = None
    amount: PositiveMoney | None = None
    partner_id: UUID | None = None
    provider_code: UnifiedSocialCreditCode | None = None
    provider_name: Product | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.provider_code is None) != (self.provider_name is None):
            raise PydanticCustomError("provider_whole", "provider_code and provider_name go together")
        if self.ended_on is not None and self.ended_on < self.started_on:
            raise PydanticCustomError("period_backward", "ended_on lies before started_on")
        return self


class RecordStage(StageContent):
    """A stage of a product. A trial begins it: `product`, and the project or the enterprise whose it is. Later stages
    name by `follows_id` a record of the product, which says both. An operator names its centre."""

    stage: Stage
    product: Product | None = None
    project_id: UUID | None = None
    enterprise_id: UUID | None = None
    follows_id: UUID | None = None
    centre_id: UUID | None = None

    @model_validator(mode="after")
    def _begins_or_follows(self) -> Self:
        begins = (self.product is not None, (self.project_id is None) != (self.enterprise_id is None))
        named = self.product is not None or self.project_id is not None or self.enterprise_id is not None
        if not (all(begins) if self.follows_id is None else not named):
            raise PydanticCustomError("line_named_once", "a product and its owner, or the record that it follows")
        return self


class CorrectStage(StageContent):
    """The record as it should have been, and why. Product, stage and whose it is stay."""

    reason_code: ReasonCode
    remark: Remark | None = None


class ContestStage(Request):
    """Why the enterprise or founder does not confirm it."""

    reason_code: ReasonCode
    remark: Remark | None = None


class PlatformServiceOut(Response):
    """A stage of a product; the records of one product have `line_id` in common."""

    id: UUID
    version: int
    no: str
    line_id: UUID
    stage: Stage
    kind: str
    project_id: UUID | None
    enterprise_id: UUID | None
    centre_id: UUID | None
    partner_id: UUID | None
    provider_code: str | None
    provider_name: str | None
    product: str
    started_on: date
    ended_on: date | None
    document_no: str | None
    amount: Money | None
    status: str
    edition: str
    decision: StoredDecision
    corrects_id: UUID | None
    recorded_by: str
    answered_by: str | None
    answered_on: date | None
    reason_code: str | None
    remark: str | None = None


class PlatformFilter(PageParams):
    """Filters of the list; `since` and `until` are included, `product` finds any part of the name."""

    no: str | None = None
    line_id: UUID | None = None
    stage: Annotated[str, OneOf(*STAGES)] | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    project_id: UUID | None = None
    enterprise_id: UUID | None = None
    centre_id: UUID | None = None
    partner_id: UUID | None = None
    product: str | None = Field(default=None, min_length=1, max_length=100)
    since: date | None = None
    until: date | None = None
    sort: Literal["recorded", "-recorded", "started", "-started"] = "recorded"


class PlatformCountsFilter(Request):
    """Which year, and of which centre."""

    year: int = Field(ge=2000, le=2100)
    centre_id: UUID | None = None


class StageYear(Response):
    """A stage's year: the records by what the parties say, the contracts' amounts of the confirmed ones."""

    stage: Stage
    recorded: int
    confirmed: int
    contested: int
    products: int
    amount: Money


class PlatformYearOut(Response):
    """The platform's year by stage. `products` counts each product once a stage."""

    year: int
    stages: list[StageYear]
