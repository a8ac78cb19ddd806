"""The condition of a search, and the order by name."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, false, literal

from services.registry.names.models import Named
from services.registry.names.terms import asks_for_initials, initials_pattern, key_of, needed_terms
from shared.http.paging import CODE_POINTS


def name_order(table: type[Named]) -> ColumnElement[str]:
    """The key of an order by name. The id comes after it: names are not unique."""
    return table.name.collate(CODE_POINTS)


def name_matches(table: type[Named], wanted: str) -> ColumnElement[bool]:
    """Names that contain what is wanted, or, for letters and digits, whose initials do.

    The terms go through the index; for three characters and more what they find is looked at again, because the
    characters may stand apart.
    """
    key = key_of(wanted)
    if not key:
        return false()
    found = table.name_terms.contains(needed_terms(key))
    if len(key) <= 2:
        return found
    if asks_for_initials(key):
        return and_(found, table.name_initials.regexp_match(literal(initials_pattern(key))))
    return and_(found, table.name_key.contains(key, autoescape=True))
