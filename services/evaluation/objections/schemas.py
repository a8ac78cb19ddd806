"""Objections as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.evaluation.objections.models import Objection
from services.evaluation.objections.rules import STATUSES
from shared.http.decisions import StoredDecision
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response
from shared.http.words import OneOf
from shared.policy.params import Slug

DocumentNo = Annotated[str, Field(min_length=1, max_length=100)]


class NewObjection(Request):
    """An objection. `signed` ones name the signed letter; others are kept as leads without a reply."""

    evaluation_id: UUID
    reason: Literal["wrong_data", "wrong_formula", "wrong_mark", "wrong_procedure", "circumstances"]
    statement: Annotated[str, Field(min_length=1, max_length=4000)]
    indicators: list[Slug] = Field(default_factory=list, max_length=100)
    signed: bool = True
    document_no: DocumentNo | None = None
    submitted_on: date | None = None

    @model_validator(mode="after")
    def _signed_letters_have_a_number(self) -> Self:
        if self.signed != (self.document_no is not None):
            raise PydanticCustomError("signed_letter", "a signed objection names its letter, an anonymous one has none")
        return self


class ObjectionAnswer(Request):
    """The reply; an upheld objection may have the centre scored again at once."""

    outcome: Literal["upheld", "rejected"]
    document_no: DocumentNo
    rescore: bool = False
    answered_on: date | None = None


class ReMark(Request):
    """The expert indicator that other experts are to mark anew."""

    indicator: Slug


class ObjectionFilter(PageParams):
    """Filters of the list."""

    no: str | None = None
    evaluation_id: UUID | None = None
    cycle_id: UUID | None = None
    centre_id: UUID | None = None
    status: Annotated[str, OneOf(*STATUSES)] | None = None


class ObjectionOut(Response):
    """An objection and its answer."""

    id: UUID
    no: str
    version: int
    cycle_id: UUID
    evaluation_id: UUID
    centre_id: UUID
    status: str
    signed: bool
    reason: str
    statement: str | None
    indicators: list[str]
    document_no: str | None
    decision: StoredDecision
    submitted_on: date
    answered_on: date | None
    answer_document_no: str | None
    rescored: bool
    sheet_before_id: UUID | None
    sheet_after_id: UUID | None

    @classmethod
    def of(cls, objection: Objection, statement: str | None) -> Self:
        """`statement` is None once it was erased."""
        names = set(cls.model_fields) - {"statement"}
        return cls(**{name: getattr(objection, name) for name in names}, statement=statement)
