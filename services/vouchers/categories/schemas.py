"""Service categories as JSON."""

from __future__ import annotations

from services.vouchers.schemas import Division, Title, Word
from shared.http.paging import PageParams
from shared.http.schemas import Request, Response


class OwnCategoryNew(Request):
    """A category that the issuer adds to the edition's."""

    code: Word
    title_zh: Title
    title_en: Title


class CategoryOut(Response):
    """A category; `issuer_division` names the county or park that added it, null for those of the edition."""

    code: str
    title_zh: str
    title_en: str
    issuer_division: str | None


class CategoryFilter(PageParams):
    """`issuer_division` leaves out what other issuers added."""

    issuer_division: Division | None = None
