"""The table of documents."""

from services.vouchers.base import Base
from shared.files.models import DocumentRow


class Document(DocumentRow, Base):
    """A file of one of this service's cases; `subject_kind` and `subject_id` tell of which."""
