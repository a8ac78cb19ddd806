"""Changes of operator as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, Name, ReasonCode, Remark
from services.registry.operators.rules import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.identifiers import UnifiedSocialCreditCode


class ApplyForChange(Request):
    """Another operator is to take the centre over, under an agreement with whoever runs it."""

    to_code: UnifiedSocialCreditCode
    to_name: Name
    ownership_type: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    reason_code: ReasonCode
    agreement_no: DocumentNo
    remark: Remark | None = None
    applied_on: date | None = None


class ReviewChange(Request):
    """Proposes the change."""

    reviewed_on: date | None = None


class ApproveChange(Request):
    """Approves the change by a document; the day of the decision is the new operator's first day."""

    document_no: DocumentNo
    decided_on: date | None = None


class RefuseChange(Request):
    """Refuses the change."""

    reason_code: ReasonCode
    remark: Remark | None = None
    decided_on: date | None = None


class OperatorChangeOut(Response):
    """A change of operator with its steps and decision."""

    id: UUID
    version: int
    no: str
    centre_id: UUID
    status: str
    from_code: str
    from_name: str
    to_code: str
    to_name: str
    ownership_type: str | None
    reason_code: str
    agreement_no: str
    edition: str
    decision: StoredDecision
    applied_by: str
    applied_on: date
    reviewed_by: str | None
    reviewed_on: date | None
    decided_by: str | None
    decided_on: date | None
    takes_over_on: date | None
    document_no: str | None
    refusal_code: str | None
    refused_case_id: UUID | None


class ChangeFilter(PageParams):
    """Filters of a centre's changes of operator."""

    status: Annotated[str, OneOf(*STATUSES)] | None = None
    no: str | None = None


class OperatorSpan(Response):
    """Who ran the centre from when to when, both days inclusive; without `from_on` from the beginning, without
    `until_on` to this day."""

    operator_code: str
    operator_name: str
    from_on: date | None
    until_on: date | None
    change_id: UUID | None


class OperatorFilter(Request):
    """`on` asks for the operator of one day."""

    on: date | None = None


class OperatorHistory(Response):
    """The operators of a centre, the first one first."""

    exported: ClassVar[str] = "items"

    items: list[OperatorSpan]
