"""Evidence as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.http.schemas import Request, Response
from shared.policy.params import Slug


class NewEvidence(Request):
    """A document of the evaluation, uploaded before, as evidence for one indicator."""

    indicator: Slug
    document_id: UUID
    note: Annotated[str, Field(max_length=500)] = ""


class EvidenceOut(Response):
    """A document given for an indicator; `sha256` is that of its content."""

    id: UUID
    version: int
    evaluation_id: UUID
    indicator: str
    document_id: UUID
    name: str
    sha256: str
    document_removed: bool
    note: str
    status: str
    filed_on: date
    withdrawn_on: date | None


class EvidenceList(Response):
    """All evidence of an evaluation. `wanted` are the indicators that the rubric wants evidence for, `missing` those of
    them without any."""

    items: list[EvidenceOut]
    wanted: list[str]
    missing: list[str]
    next: None = None
