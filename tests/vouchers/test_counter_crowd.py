"""200 devices at two processes redeem under repeated keys, and lose some of the answers: everything counts once."""

from __future__ import annotations

import random

import pytest

from tests.support.tokens import Keys
from tests.vouchers.crowding import clients_of, crowd_at_counter, two_processes
from tests.vouchers.support import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")

VOUCHERS = 250
SEED = 4312


async def test_200_clients_with_repeated_keys_have_one_effect_and_one_answer_for_each_key(
    town: Town, vouchers_url: str, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(SEED)
    with two_processes(vouchers_url, keys, tmp_path_factory.mktemp("crowd")) as urls:
        async with clients_of(urls, keys) as apis:
            sales, outcome, drawn = await crowd_at_counter(town, apis, VOUCHERS, chance)
    assert len(sales) == VOUCHERS * 7 // 5
    # 33.33 of a voucher, and of every fifth all that it has.
    assert str(drawn) == f"{VOUCHERS * 4 // 5 * 33.33 + VOUCHERS // 5 * 100:.2f}"
    assert outcome.lost > 0
    assert outcome.sent > 2 * len(sales)
