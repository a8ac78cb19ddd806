"""What waits at the gateway itself: for the second person, for the colleague asked, and for nobody else."""

from uuid import uuid4

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from gateway.accounts.models import Account, AccountRequest
from gateway.tasks.router import SOURCES
from shared.clock import business_today, utcnow
from shared.db import Database
from tests.gateway.conftest import Hire, Person


def unique() -> str:
    return f"waits.{uuid4().hex[:12]}"


async def post(client: AsyncClient, by: Person, path: str, body: object = None) -> Response:
    response = await client.post(path, headers=by.headers, json=body)
    assert response.is_success, response.text
    return response


async def found(client: AsyncClient, person: Person, kind: str) -> set[str]:
    """The links of a person's tasks of a kind."""
    response = await client.get("/v1/tasks", headers=person.headers, params={"kind": kind})
    assert response.status_code == 200, response.text
    return {task["link"] for task in response.json()["items"] if task["service"] == "gateway"}


async def ask_for_rights(client: AsyncClient, by: Person, person: Person) -> None:
    path = f"/v1/accounts/{person.id}"
    etag = (await client.get(path, headers=by.headers)).headers["etag"]
    asked = await client.patch(path, headers={**by.headers, "If-Match": etag}, json={"roles": ["science_officer"]})
    assert asked.is_success, asked.text


REQUESTS = [
    ("account_rights_to_confirm", "rights", ("security_admin",)),
    ("password_reset_to_confirm", "password-reset", ("security_admin",)),
]


@pytest.mark.parametrize(("kind", "path", "roles"), REQUESTS)
async def test_requests_wait_for_every_second_person_and_for_nobody_else(
    client: AsyncClient, hire: Hire, db: Database, kind: str, path: str, roles: tuple[str, ...]
) -> None:
    about, asker = (
        await hire(unique(), "mentor", person_ref="P"),
        await hire(unique(), "admin"),
    )
    others = {role: await hire(unique(), role) for role in ("admin", "security_admin", "auditor", "science_officer")}
    link = f"/v1/accounts/{about.id}"
    if path == "rights":
        await ask_for_rights(client, asker, about)
    else:
        await post(client, asker, f"{link}/{path}")
    finders = {role for role, person in others.items() if link in await found(client, person, kind)}
    assert finders == set(roles)
    for person in (asker, about):
        assert link not in await found(client, person, kind)
    for role in set(others) - finders:
        refused = await client.post(f"{link}/{path}/confirm", headers=others[role].headers)
        assert refused.status_code == 403, role
    refused = await client.post(f"{link}/{path}/confirm", headers=asker.headers)
    assert refused.status_code == 403
    await post(client, others[roles[-1]], f"{link}/{path}/confirm")
    assert link not in await found(client, others[roles[-1]], kind)


@pytest.mark.parametrize("end", ["lapsed", "stopped", "refused"])
async def test_requests_that_end_otherwise_wait_for_nobody(
    client: AsyncClient, hire: Hire, db: Database, end: str
) -> None:
    about, asker, second = (
        await hire(unique(), "mentor", person_ref="P"),
        await hire(unique(), "admin"),
        await hire(unique(), "security_admin"),
    )
    link, kind = f"/v1/accounts/{about.id}", "account_rights_to_confirm"
    await ask_for_rights(client, asker, about)
    assert link in await found(client, second, kind)
    if end == "refused":
        await post(client, asker, f"{link}/rights/refuse")
    else:
        async with db.transaction() as session:
            if end == "lapsed":
                mine = update(AccountRequest).where(AccountRequest.account_id == about.id)
                await session.execute(mine.values(expires_at=utcnow()))
            else:
                await session.execute(update(Account).where(Account.id == about.id).values(disabled_at=utcnow()))
    assert link not in await found(client, second, kind)


async def test_a_delegation_waits_for_the_colleague_alone(client: AsyncClient, hire: Hire) -> None:
    roles = ("science_officer", "science_approver")
    grantor, delegate, other = [await hire(unique(), *held) for held in (roles, roles[:1], roles[:1])]
    day = business_today().isoformat()
    body = {"delegate": delegate.username, "roles": [roles[1]], "from_on": day, "to_on": day}
    made = (await post(client, grantor, "/v1/delegations", body)).json()
    kind = "delegation_to_accept"
    assert await found(client, delegate, kind) == {"/v1/delegations"}
    for person in (grantor, other):
        assert await found(client, person, kind) == set()
    await post(client, delegate, f"/v1/delegations/{made['id']}/accept")
    assert await found(client, delegate, kind) == set()


async def test_somebody_whose_account_is_stopped_has_no_tasks(client: AsyncClient, hire: Hire, db: Database) -> None:
    person = await hire(unique(), "security_admin")
    assert (await client.get("/v1/tasks", headers=person.headers)).status_code == 200
    stopped = await hire(unique(), "security_admin")
    async with db.transaction() as session:
        await session.execute(update(Account).where(Account.id == stopped.id).values(disabled_at=utcnow()))
    assert (await client.get("/v1/tasks", headers=stopped.headers)).status_code == 401


def test_kinds_of_the_gateway_are_told_apart() -> None:
    kinds = [source.kind for source in SOURCES]
    assert len(set(kinds)) == len(kinds)
