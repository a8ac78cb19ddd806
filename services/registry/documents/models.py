"""The table of documents."""

from services.registry.base import Base
from shared.files.models import DocumentRow


class Document(DocumentRow, Base):
    """A file of one of the registry's cases."""
