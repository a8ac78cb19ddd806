"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.vouchers.models import Voucher
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "enterprise_id": Reference(known_enterprise.c.id, known_enterprise.c.code, known_enterprise.c.name),
    "programme_id": Reference(Programme.id, Programme.no),
    "provider_id": Reference(Provider.id, Provider.code, Provider.name),
    "voucher_id": Reference(Voucher.id, Voucher.no),
}
