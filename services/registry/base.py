"""The declarative base of the registry's tables."""

from sqlalchemy.orm import DeclarativeBase

from shared.db import TYPE_MAP, new_metadata


class Base(DeclarativeBase):
    """All tables of the registry's own database."""

    metadata = new_metadata()
    type_annotation_map = TYPE_MAP
