"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.finance.grants.models import Grant
from services.finance.projections import known_centre
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "centre_id": Reference(known_centre.c.id, known_centre.c.no, known_centre.c.name),
    "grant_id": Reference(Grant.id, Grant.no),
}
