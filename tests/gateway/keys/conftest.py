"""An office that makes keys, and a bank that gets one."""

from dataclasses import dataclass
from uuid import uuid4

import pytest
from httpx import AsyncClient

from tests.gateway.conftest import Hire, Person
from tests.gateway.keys.support import Key, Office


@dataclass(frozen=True)
class Bank:
    """A bank's account and its first key, confirmed."""

    person: Person
    key: Key


@pytest.fixture
async def office(client: AsyncClient, hire: Hire) -> Office:
    mark = uuid4().hex[:8]
    admin = await hire(f"admin-{mark}", "admin")
    security = await hire(f"security-{mark}", "security_admin")
    return Office(client, admin.headers, security.headers)


@pytest.fixture
async def bank(office: Office, hire: Hire) -> Bank:
    person = await hire(f"bank-{uuid4().hex[:8]}", "bank", bank="CCB")
    return Bank(person, await office.key(person.id))
