"""The columns by which a name is found."""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, validates

from services.registry.names.terms import terms_of


def search_columns(name: str) -> dict[str, object]:
    """The values of a name's search columns, for a statement that writes the name itself."""
    found = terms_of(name)
    return {"name_key": found.key, "name_initials": found.initials, "name_terms": list(found.terms)}


def name_index(table: str) -> Index:
    """The index of a table's terms, for `__table_args__`. It is always up to date: a list of pending entries, which a
    search reads from end to end, would cost each search more than it saves the rare change of a name."""
    with_ = {"fastupdate": "off"}
    return Index(f"ix_{table}_name_terms", "name_terms", postgresql_using="gin", postgresql_with=with_)


def order_index(table: str) -> Index:
    """The index of a table's order by name, for `__table_args__`. Its migration gives it the collation `CODE_POINTS`,
    which is not seen when models and database are compared."""
    return Index(f"ix_{table}_name", "name", "id")


def _key(context: DefaultExecutionContext) -> str:
    return terms_of(_name(context)).key


def _initials(context: DefaultExecutionContext) -> str:
    return terms_of(_name(context)).initials


def _terms(context: DefaultExecutionContext) -> list[str]:
    return list(terms_of(_name(context)).terms)


def _name(context: DefaultExecutionContext) -> str:
    name: str = context.get_current_parameters()["name"]  # type: ignore[no-untyped-call]  # SQLAlchemy left it so
    return name


class Named:
    """A row that is searched by its `name`.

    The search columns follow the name in the same statement: where the row is an object, by its attribute; in an INSERT
    of Core, a whole import of them, by the columns' defaults. An UPDATE of Core that changes a name sets them itself
    from `search_columns`. They are never loaded.
    """

    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(
        Text, default=_key, server_default=text("''"), deferred=True, deferred_raiseload=True
    )
    name_initials: Mapped[str] = mapped_column(
        Text, default=_initials, server_default=text("''"), deferred=True, deferred_raiseload=True
    )
    name_terms: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=_terms, server_default=text("'{}'"), deferred=True, deferred_raiseload=True
    )

    @validates("name", include_backrefs=False)
    def _follow_name(self, _: str, name: str) -> str:
        for column, value in search_columns(name).items():
            setattr(self, column, value)
        return name
