"""Where a category needs a licence, whoever has none left sells no more (4.3-2)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from services.vouchers.providers.licences.schemas import LicenceEnd
from services.vouchers.providers.licences.usecases import end_licence
from shared.auth.principal import Principal
from shared.policy.edition import Edition, Editions
from tests.vouchers.providers.support import admitted
from tests.vouchers.providers.test_admission_rules import with_terms
from tests.vouchers.providers.test_measures import selling
from tests.vouchers.support import TODAY, Town, code_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

OFFICER = Principal(
    account_id="00000000-0000-7000-8000-00000000abcd",
    roles=frozenset({"science_officer"}),
    org=None,
    division=None,
    provider=None,
    bank=None,
    person_ref=None,
    today=TODAY,
    simulated=True,
    correlation_id="last-licence",
    issuer="gateway",
    internal=False,
)


@pytest.mark.parametrize("needed", [[], ["legal_protection"]], ids=["no licence needed", "licence needed"])
async def test_the_last_licence_struck_out_is_missed_where_one_is_needed(
    town: Town, edition: Edition, needed: list[str]
) -> None:
    case = await admitted(town)
    licence = await case.licence(valid_to="2021-06-10")
    standing = await selling(case)
    async with town.db.transaction() as session:
        provider, _ = await end_licence(
            session,
            editions=Editions([with_terms(edition, licensed_categories=needed)]),
            principal=OFFICER,
            provider_id=UUID(case.id),
            licence_id=UUID(licence["id"]),
            wanted=LicenceEnd(reason_code="revoked"),
            if_match=None,
        )
        assert provider.licensed_until == (TODAY - timedelta(days=1) if needed else None)
    sold = await standing.at_counter("10.00")
    assert code_of(sold) == (409, "provider-licence-expired") if needed else sold.status_code == 201
