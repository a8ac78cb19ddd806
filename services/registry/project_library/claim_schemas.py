"""Choices of library projects as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.registry.codes import DocumentNo, PersonRef, ReasonCode, Remark
from services.registry.project_library.rules import CLAIM_STATUSES
from services.registry.project_library.schemas import PublicText
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.identifiers import UnifiedSocialCreditCode


class RequestClaim(Request):
    """A founder asks for a project; `centre_id` is where it would be followed up. An officer enters the request of a
    founder on paper: `person_ref`, and `document_no` of the paper, in which the founder consents to being followed up.
    """

    plan: PublicText
    centre_id: UUID | None = None
    person_ref: PersonRef | None = None
    document_no: DocumentNo | None = None


class AskClaim(Request):
    """`person_ref`: for officers, who ask about somebody else."""

    person_ref: PersonRef | None = None


class ClaimEligibilityOut(Response):
    """Whether the founder could choose the project today, and why not."""

    eligible: bool
    item_id: UUID
    day: date
    decision: StoredDecision


class AcceptClaim(Request):
    """The owner's answer; an officer enters it from paper (`document_no`). `centre_id` and `mentor_ref` say who follows
    it up, and may be named later."""

    document_no: DocumentNo | None = None
    centre_id: UUID | None = None
    mentor_ref: PersonRef | None = None
    accepted_on: date | None = None


class RefuseClaim(Request):
    """Why the founder does not get it."""

    reason_code: ReasonCode
    remark: Remark | None = None


class AssignClaim(Request):
    """Who follows it up from now on; fields left out stay as they are."""

    centre_id: UUID | None = None
    mentor_ref: PersonRef | None = None


class FollowUp(Request):
    """What was done for the founder. `next_due_on` is the day of the next one, by default the latest that the edition
    allows."""

    kind: Annotated[str, Field(min_length=1, max_length=64, examples=["visit"])]
    held_on: date
    note: PublicText
    next_due_on: date | None = None


class SucceedClaim(Request):
    """The enterprise that the founder registered with it, by id or code."""

    enterprise_id: UUID | None = None
    enterprise_code: UnifiedSocialCreditCode | None = None
    succeeded_on: date | None = None


class AbandonClaim(Request):
    """Why the founder gave it up."""

    reason_code: ReasonCode
    remark: Remark | None = None
    abandoned_on: date | None = None


class LibraryClaimOut(Response):
    """A founder's choice; persons by their references. `overdue`: a follow-up was due before today."""

    id: UUID
    version: int
    no: str
    item_id: UUID
    person_ref: str
    centre_id: UUID | None
    mentor_ref: str | None
    plan: str | None
    status: str
    edition: str
    decision: StoredDecision
    requested_on: date
    answered_by: str | None
    answered_on: date | None
    document_no: str | None
    claimed_on: date | None
    last_follow_up_on: date | None
    next_due_on: date | None
    last_day: date | None
    overdue: bool
    enterprise_id: UUID | None
    ended_on: date | None
    reason_code: str | None
    remark: str | None = None


class ClaimFilter(PageParams):
    """Filters of the list; `overdue` finds current choices whose follow-up was due before today."""

    no: str | None = None
    item_id: UUID | None = None
    centre_id: UUID | None = None
    enterprise_id: UUID | None = None
    status: Annotated[str, OneOf(*CLAIM_STATUSES)] | None = None
    overdue: bool | None = None
    sort: Literal["requested", "-requested"] = "requested"


class LibraryFollowUpOut(Response):
    """An entry of the follow-up log; `note` is null once the person was erased."""

    id: UUID
    kind: str
    held_on: date
    note: str | None
    next_due_on: date
    followed_by: Literal["centre", "mentor", "bureau"]
    recorded_by: str


class LapsedClaimsOut(Response):
    """How many choices lapsed."""

    lapsed: int
