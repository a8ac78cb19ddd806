"""The reward for financing, by the rules of an application but for the investment, which it brings (3.3-2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import FINANCING_REWARD
from services.finance.bank_products.facts import read_firm
from services.finance.centres import read_centre
from services.finance.enterprises import read_enterprise
from services.finance.entitlements.items import LEAST, Item
from services.finance.exposures.lines import REWARD
from services.finance.exposures.members import Member
from services.finance.financing_rewards.cases import recipient_of
from services.finance.financing_rewards.commitments import require_room
from services.finance.financing_rewards.rules import Recipient, decide_recipient
from shared.policy.decision import combine
from shared.policy.edition import Edition


async def reward_open_to(session: AsyncSession, edition: Edition, member: Member, day: date) -> list[Item]:
    """In the listed centre where the enterprise sits; the cap is that of its life."""
    enterprise = await read_enterprise(session, member.code, lock=False)
    centre_id = (await read_firm(session, enterprise.id, day)).centre_id
    if centre_id is None:
        recipient = Recipient(member.code, False, False, enterprise.address_in_city)
    else:
        centre = await read_centre(session, centre_id, lock=False)
        recipient = await recipient_of(session, centre, enterprise, day)
    room = await require_room(session, edition, code=member.code, amount=LEAST)
    life = room.results[0]
    return [
        Item(
            programme=REWARD,
            budget=FINANCING_REWARD,
            product=REWARD,
            subject=member.code,
            apply="/v1/financing-rewards",
            dry_run="/v1/financing-rewards/eligibility",
            decision=combine(decide_recipient(edition, recipient, day), room),
            limit=edition.reward.enterprise_cap.value,
            counted=Decimal(str(life.inputs["committed"])),
        )
    ]
