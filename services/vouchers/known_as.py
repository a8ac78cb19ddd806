"""What the ids in the lists mean to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.vouchers.amendments.models import ProgrammeAmendment
from services.vouchers.applications.models import Application
from services.vouchers.batches.models import Batch
from services.vouchers.outcomes.models import OutcomeSurvey
from services.vouchers.programmes.models import Programme
from services.vouchers.projections import known_enterprise
from services.vouchers.providers.models import Provider
from services.vouchers.recoveries.models import Recovery
from services.vouchers.redemptions.models import Redemption
from services.vouchers.settlements.models import Settlement
from services.vouchers.vouchers.models import Voucher
from shared.http.references import Reference

REFERENCES: Final[Mapping[str, Reference]] = {
    "application_id": Reference(Application.id, Application.no),
    "batch_id": Reference(Batch.id, Batch.no),
    "amendment_id": Reference(ProgrammeAmendment.id, ProgrammeAmendment.no),
    "enterprise_id": Reference(known_enterprise.c.id, known_enterprise.c.code, known_enterprise.c.name),
    "survey_id": Reference(OutcomeSurvey.id, OutcomeSurvey.no),
    "programme_id": Reference(Programme.id, Programme.no),
    "provider_id": Reference(Provider.id, Provider.code, Provider.name),
    "recovery_id": Reference(Recovery.id, Recovery.no),
    "redemption_id": Reference(Redemption.id, Redemption.no),
    "settlement_id": Reference(Settlement.id, Settlement.no),
    "voucher_id": Reference(Voucher.id, Voucher.no),
}
