"""Finance without any budget line: these tests enter their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.db import Database
from tests.finance.appropriations.treasury import Treasury
from tests.finance.support import Desk


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def db(finance_url: str) -> AsyncIterator[Database]:
    """Finance's database behind its back, and where its consumers' handlers run."""
    database = Database(finance_url, application_name="test")
    yield database
    await database.close()


@pytest.fixture
def treasury(desk: Desk) -> Treasury:
    return Treasury(desk)
