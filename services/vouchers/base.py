"""The declarative base of the vouchers service's tables."""

from sqlalchemy import Table
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPE_MAP, new_metadata


class Base(DeclarativeBase):
    """All tables of the vouchers service's own database."""

    metadata = new_metadata()
    type_annotation_map = TYPE_MAP


def table_of(model: type[Base]) -> Table:
    """The Core table of a model, for statements over many rows."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
