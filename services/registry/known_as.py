"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.registry.carriers.models import Carrier
from services.registry.centres.models import Centre
from services.registry.divisions.models import Division
from services.registry.enterprises.models import Enterprise
from services.registry.partners.models import Partner
from services.registry.projects.models import Project
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "centre_id": Reference(Centre.id, Centre.no, Centre.name),
    "enterprise_id": Reference(Enterprise.id, Enterprise.code, Enterprise.name),
    "project_id": Reference(Project.id, Project.no, Project.name),
    "partner_id": Reference(Partner.id, Partner.no, Partner.name),
    "carrier_id": Reference(Carrier.id, Carrier.no, Carrier.name),
    "division_id": Reference(Division.id, Division.code),
}
