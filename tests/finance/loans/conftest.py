"""The counter of loans, with two banks in the register."""

from __future__ import annotations

import pytest
import pytest_asyncio

from shared.db import Database
from tests.finance.loans.lending import Counter, know_banks
from tests.finance.support import Desk


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def banks(db: Database) -> None:
    await know_banks(db)


@pytest.fixture
def counter(desk: Desk, banks: None) -> Counter:
    return Counter(desk)
