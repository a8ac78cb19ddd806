"""The world that statements are about."""

from __future__ import annotations

import pytest

from shared.db import Database
from tests.finance.exposures.world import World
from tests.finance.support import Desk


@pytest.fixture
def world(db: Database, desk: Desk) -> World:
    return World(db, desk)
