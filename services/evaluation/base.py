"""The declarative base of the evaluation service's tables."""

from typing import Any, TypeAlias

from sqlalchemy import Row, Table
from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPE_MAP, new_metadata

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of a statement whose columns are known only where it is built."""


class Base(DeclarativeBase):
    """All tables of the evaluation service's own database."""

    metadata = new_metadata()
    type_annotation_map = TYPE_MAP


def table_of(model: type[Base]) -> Table:
    """The Core table of a model, for statements over many rows."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
