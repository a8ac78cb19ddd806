"""What is sent and answered about grants."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.finance.grants import states
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import EditionWord, Tier
from shared.money import Money, PositiveMoney

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Line = Annotated[str, Field(min_length=1, max_length=200)]
FiscalYear = Annotated[int, Field(ge=2000, le=2999)]
State = Literal[
    "applied",
    "reviewed",
    "approved",
    "countersigned",
    "held",
    "paid",
    "in_recovery",
    "closed",
    "refused",
    "cancelled",
]
assert get_args(State) == states.STATES, "the one list, spelled out for OpenAPI"
RefusalReason = Literal[
    "incomplete_documents", "plan_not_eligible", "no_budget", "withdrawn_by_applicant", "duplicate", "other"
]


class PlanLineIn(Request):
    """A line of the plan; its purpose must be the grant's."""

    purpose: Code
    description: Line
    amount: PositiveMoney


class AssetIn(Request):
    """Equipment, testing facilities or pilot platforms to be acquired (3.1-2)."""

    name: Line
    quantity: int = Field(ge=1, le=100_000)
    amount: PositiveMoney


class PartnerIn(Request):
    """An inland service, incubation or venture body to cooperate with (3.1-3)."""

    name: Line
    kind: Literal["technology_service", "incubation", "venture_capital"]
    link: Line
    """Agreement number or address under which the cooperation can be checked."""


class GrantApplication(Request):
    """An application for one centre and fiscal year. The plan's lines add up to the amount. Where a call is published
    for the year, the one that is open for the centre's tier is meant unless `call_id` names it."""

    centre_id: UUID
    fiscal_year: FiscalYear
    amount: PositiveMoney
    plan: list[PlanLineIn] = Field(min_length=1, max_length=100)
    assets: list[AssetIn] = Field(default=[], max_length=500)
    partners: list[PartnerIn] = Field(default=[], max_length=100)
    call_id: UUID | None = None
    applied_on: date | None = None

    @model_validator(mode="after")
    def _plan_adds_up(self) -> Self:
        if sum(line.amount for line in self.plan) != self.amount:
            raise PydanticCustomError("plan_total", "the lines of the plan must add up to the amount")
        return self


class StepRequest(Request):
    """A step without particulars; bureaus may say on which past day it was taken."""

    decided_on: date | None = None


class PapersIn(Request):
    """The document number (发文字号) and the minutes (会议纪要) of a money decision (3.1-4)."""

    document_no: Annotated[str, Field(min_length=1, max_length=100, examples=["拉科发〔2019〕12号"])] | None = None
    minutes_no: Annotated[str, Field(min_length=1, max_length=100, examples=["〔2019〕3号会议纪要"])] | None = None


class MoneyDecision(StepRequest, PapersIn):
    """A step that moves money, with its papers."""


class Approval(MoneyDecision):
    """What one bureau approves, at most what was asked for."""

    amount: PositiveMoney


class Refusal(MoneyDecision):
    """Why not; after the policy's last day a refusal names the document under which it goes on (6-1)."""

    reason_code: RefusalReason
    continuation_basis: str | None = Field(default=None, min_length=1, max_length=200)


class GrantFilter(PageParams):
    """Filters of the list; newest first unless sorted otherwise: `priority` shows first whose centre's grade goes first
    (2.3-3). `document_no` finds the grant by the document of any decision on it."""

    no: str | None = Field(default=None, max_length=40)
    centre_id: UUID | None = None
    fiscal_year: FiscalYear | None = None
    status: State | None = None
    tier: Annotated[str, Tier] | None = None
    purpose: Annotated[str, EditionWord(lambda edition: edition.grants.purposes)] | None = None
    document_no: str | None = Field(default=None, max_length=100)
    sort: Literal["no", "-no", "created", "-created", "priority"] = "-created"


class CeilingOut(Response):
    """The centre's ceiling of the fiscal year, in yuan (3.1-4)."""

    committed: Money
    limit: Money
    remaining: Money


class PlanLineOut(Response):
    """A line of the plan."""

    line: int
    purpose: str
    description: str
    amount: Money


class GradeOut(Response):
    """The centre's published result of one year (2.3-3)."""

    year: int
    grade: str
    version: int
    document_no: str
    published_on: date


class PaperOut(Response):
    """Document number and minutes of one decision; `step` is named as its event, `version` is the event's."""

    version: int
    step: str
    document_no: str | None
    minutes_no: str | None
    decided_on: date
    recorded_by: str


class StepDecision(Response):
    """The rules applied at one step, named as its event: `applied`, `reviewed`, ..."""

    step: str
    decision: StoredDecision


class GrantOut(Response):
    """A grant; amounts in yuan. `balance` is paid and neither spent on purpose nor given back; `grade` is the centre's
    last published one at application or review, and `priority` ranks by it (1 first, 9 not ranked)."""

    id: UUID
    no: str
    version: int
    centre_id: UUID
    fiscal_year: int
    edition: str
    tier: str
    cap: Money
    purpose: str
    status: State
    held_from: State | None
    reason_code: str | None
    delisting_case_id: UUID | None
    call_id: UUID | None
    grade: str | None
    grade_year: int | None
    grade_version: int | None
    priority: int
    requested: Money
    approved: Money | None
    paid: Money
    spent: Money
    ineligible: Money
    refunded: Money
    recovery_due: Money
    recovered: Money
    repaid: Money
    balance: Money
    applied_on: date
    submitted_by: str
    reviewed_on: date | None
    reviewed_by: str | None
    approved_on: date | None
    approved_by: str | None
    approved_bureau: str | None
    countersigned_on: date | None
    countersigned_by: str | None
    countersigned_bureau: str | None
    paid_on: date | None
    paid_by: str | None
    payment_reference: str | None
    receipt_on: date | None
    receipt_by: str | None
    receipt_slip_no: str | None
    ended_on: date | None
    ended_by: str | None
    created_at: datetime
    updated_at: datetime


class GrantDetail(GrantOut):
    """A grant with its ceiling, plan, evidence, published results, and the rules applied: last and at each step."""

    ceiling: CeilingOut
    plan: list[PlanLineOut]
    evidence: dict[str, JsonValue]
    results: list[GradeOut]
    papers: list[PaperOut]
    decision: StoredDecision
    decisions: list[StepDecision]
    exposure: str
    """Where everything is that the applicant has."""
