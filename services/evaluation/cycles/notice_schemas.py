"""The public notice as JSON: what everybody may read of preliminary results."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.evaluation.evaluations.models import Evaluation
from shared.http.paging import Page, PageParams
from shared.http.schemas import Response


class NoticeFilter(PageParams):
    """Which years are wanted."""

    year: int | None = None


class NoticeOut(Response):
    """A year that is or was on public notice. `document_no` and `published_on` once its results are published: then
    `GET /v1/evaluations` has them."""

    cycle_id: UUID
    year: int
    status: str
    announced_on: date
    notice_until: date
    objections_until: date
    document_no: str | None
    published_on: date | None


class NoticedCentre(Response):
    """A centre with its grade: preliminary while `status` is scored, final once it is published."""

    evaluation_id: UUID
    evaluation_no: str
    centre_id: UUID
    centre_no: str
    centre_name: str
    tier: str
    grade: str
    status: str

    @classmethod
    def of(cls, evaluation: Evaluation, centre_no: str, centre_name: str) -> NoticedCentre:
        """No score, no place, no operator: a notice says what is to be published and nothing that leads to it."""
        return cls(
            evaluation_id=evaluation.id,
            evaluation_no=evaluation.no,
            centre_id=evaluation.centre_id,
            centre_no=centre_no,
            centre_name=centre_name,
            tier=evaluation.tier,
            grade=str(evaluation.grade),
            status=evaluation.status,
        )


class HowToObject(Response):
    """To whom an objection goes, by when, and what it says; `clause` is the policy's."""

    until: date
    bureaus_zh: list[str]
    bureaus_en: list[str]
    how_zh: str
    how_en: str
    clause: str


class Notice(NoticeOut, Page[NoticedCentre]):
    """The public notice (公示) of a year, a page of its centres at a time."""

    objecting: HowToObject
