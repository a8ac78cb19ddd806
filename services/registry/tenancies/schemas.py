"""Tenancies as JSON."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import Discriminator, Field, JsonValue, StrictBool, Tag, model_validator
from pydantic_core import PydanticCustomError

from services.registry.codes import DocumentNo, Evidence, ReasonCode, Remark
from services.registry.tenancies.rules import OPERATING, STATUSES, TECHNOLOGY_ROUTES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.identifiers import UnifiedSocialCreditCode
from shared.money import PositiveMoney

EvidenceList = Annotated[list[Evidence], Field(min_length=1, max_length=20)]


class AdmitEnterprise(Request):
    """The enterprise by its id, or by its code where its id is not known, or a project that has no code; `admitted_on`
    is for bureaus only."""

    centre_id: UUID
    enterprise_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    project_id: UUID | None = None
    agreement_no: DocumentNo
    admitted_on: date | None = None

    @model_validator(mode="after")
    def _one_way_to_name_it(self) -> Self:
        if sum(name is not None for name in (self.enterprise_id, self.enterprise_code, self.project_id)) != 1:
            raise PydanticCustomError("enterprise_named_once", "give exactly one of the three")
        return self


class FileTenancy(Request):
    """Files the admission with the bureau."""

    filed_on: date | None = None


class HighTechCertificate(Request):
    """A high-technology enterprise, by its certificate."""

    criterion: Literal["high_tech_certificate"]
    certificate_no: DocumentNo


class VentureCapital(Request):
    """Angel or venture capital received, in yuan, cumulatively."""

    criterion: Literal["venture_capital"]
    amount: PositiveMoney


class TwoYearIncome(Request):
    """Income of two consecutive years, in yuan, of which `first_year` is the earlier."""

    criterion: Literal["two_year_income"]
    first_year: Annotated[int, Field(strict=True, ge=2000, le=2100)]
    incomes: Annotated[list[PositiveMoney], Field(min_length=2, max_length=2)]


class MergerOrListing(Request):
    """Merged, acquired, quoted or listed."""

    criterion: Literal["merger_or_listing"]
    form: Literal["merged", "acquired", "quoted", "listed"]


class Operating(Request):
    """Operates with insured jobs on its own premises: the route of centres that are no technology carriers."""

    criterion: Literal["operating"]
    insured_jobs: Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
    own_premises: StrictBool


CRITERIA: Final = (*TECHNOLOGY_ROUTES, OPERATING)

Claim: TypeAlias = HighTechCertificate | VentureCapital | TwoYearIncome | MergerOrListing | Operating


def _criterion(claim: object) -> str | None:
    """The tag of a claim as it was sent; read here because texts are normalised before they are compared."""
    criterion = claim.get("criterion") if isinstance(claim, dict) else getattr(claim, "criterion", None)
    return criterion if isinstance(criterion, str) else None


TaggedClaim = Annotated[
    Annotated[HighTechCertificate, Tag("high_tech_certificate")]
    | Annotated[VentureCapital, Tag("venture_capital")]
    | Annotated[TwoYearIncome, Tag("two_year_income")]
    | Annotated[MergerOrListing, Tag("merger_or_listing")]
    | Annotated[Operating, Tag("operating")],
    Discriminator(
        _criterion,
        custom_error_type="claim_criterion",
        custom_error_message="criterion names no condition of a graduation",
        custom_error_context={"expected": ", ".join(CRITERIA)},
    ),
]


class GraduateTenancy(Request):
    """A graduation by one criterion, with the documents that show it."""

    claim: TaggedClaim
    evidence: EvidenceList
    graduated_on: date | None = None


class ExitTenancy(Request):
    """An exit with a reason of the edition; `exited_on` is the last day at the centre."""

    reason_code: ReasonCode
    remark: Remark | None = None
    evidence: Annotated[list[Evidence], Field(max_length=20, default_factory=list)]
    exited_on: date | None = None


class TransferTenancy(Request):
    """To another centre without a gap: `transferred_on` is the first day there, the day before the last one here."""

    centre_id: UUID
    agreement_no: DocumentNo
    remark: Remark | None = None
    evidence: EvidenceList
    transferred_on: date | None = None


Overdue: TypeAlias = Literal["filing", "stay"]


class TenancyOut(Response):
    """A tenancy; `ended_on` is its last day, `stay_until` that of the longest stay. `overdue` says what is late on the
    caller's day. A project without a code has `project_id` and no `enterprise_id`."""

    id: UUID
    version: int
    enterprise_id: UUID | None
    project_id: UUID | None
    centre_id: UUID
    status: str
    agreement_no: str
    edition: str
    decision: StoredDecision
    admitted_on: date
    filing_due_on: date
    filed_on: date | None
    filed_late: bool | None
    ended_on: date | None
    reason_code: str | None
    graduation_criterion: str | None
    claim: dict[str, JsonValue] | None = None
    """What the graduation rests on, as it was stated."""
    evidence: list[str]
    remark: str | None = None
    relocation_case_id: UUID | None
    stay_since: date
    stay_until: date
    transferred_from_id: UUID | None
    transferred_to_id: UUID | None
    migrated: bool = False
    """Taken over from the time before the policy, or the continuation of such a stay."""
    overdue: tuple[Overdue, ...] = ()


class TenancyFilter(PageParams):
    """Filters of the list. `on` asks where somebody was on that day; `overdue` what is not filed in time or stays too
    long; `relocation_case_id` whom a delisting obliged to move, `relocation_due` who of them still has to. An
    enterprise is found by the id or the code of a record that was merged into it, too."""

    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    enterprise_code: str | None = Field(default=None, max_length=18)
    status: Annotated[str, OneOf(*STATUSES)] | None = None
    on: date | None = None
    project_id: UUID | None = None
    relocation_case_id: UUID | None = None
    relocation_due: bool | None = None
    overdue: bool | None = None
    sort: Literal[
        "recorded", "-recorded", "admitted", "-admitted", "filing_due", "-filing_due", "stay_until", "-stay_until"
    ] = "recorded"


def amount_of(claim: Claim) -> Decimal | None:
    """The amount in yuan that a claim rests on; None where it rests on no amount."""
    if isinstance(claim, VentureCapital):
        return claim.amount
    return sum(claim.incomes, Decimal(0)) if isinstance(claim, TwoYearIncome) else None


def stated_in(claim: Claim) -> dict[str, str | int]:
    """The particulars of a technology route, for its decision; those of the other one are among the rule's own."""
    if isinstance(claim, HighTechCertificate):
        return {"certificate_no": claim.certificate_no}
    if isinstance(claim, TwoYearIncome):
        return {"first_year": claim.first_year, "incomes": ", ".join(str(income) for income in claim.incomes)}
    return {"form": claim.form} if isinstance(claim, MergerOrListing) else {}
