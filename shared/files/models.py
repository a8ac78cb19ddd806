"""What every service's table of documents has."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column
from sqlalchemy.schema import SchemaItem

from shared.db import Aggregate


class DocumentRow(Aggregate):
    """A file that belongs to a case. The row is written after the file is stored, and stays when the file is removed:
    the hash still tells what had been there."""

    __tablename__ = "document"

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("size > 0", name="size_positive"),
            CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_form"),
            CheckConstraint("(removed_by IS NULL) = (removed_at IS NULL)", name="removed_by_somebody"),
            Index("ix_document_subject_id", "subject_id", "id"),
        )

    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    media_type: Mapped[str]
    """As the content tells, not as the sender says."""
    uploaded_by: Mapped[str]
    removed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]

    @property
    def key(self) -> str:
        """Where the file lies in the storage."""
        return f"documents/{self.id}"
