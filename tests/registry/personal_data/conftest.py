"""The storage is as empty as the database at the beginning of each test here."""

from __future__ import annotations

import pytest

from tests.registry.personal_data.support import stored_files
from tests.registry.support import Registry


@pytest.fixture(autouse=True)
def emptied_storage(running_registry: Registry) -> None:
    for path in stored_files(running_registry):
        path.unlink()
