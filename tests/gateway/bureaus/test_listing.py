"""`/v1/bureaus`: who reads events, for those who run, secure and audit the suite."""

from __future__ import annotations

from uuid import uuid4

import pytest
from httpx import AsyncClient

from deploy.bureaus import NKey
from gateway.bureaus.rules import check_name, check_topics
from gateway.bureaus.usecases import add_bureau, choose_topics, remove_bureau
from gateway.feed.rules import audiences_of
from shared.db import Database
from shared.errors import DomainError
from shared.events.types import Audience
from tests.gateway.conftest import CONTEXT, Hire


def unique() -> str:
    return f"b{uuid4().hex[:12]}"


async def test_bureaus_are_listed_without_anything_secret(client: AsyncClient, db: Database, hire: Hire) -> None:
    name, key = unique(), NKey.new()
    async with db.transaction() as session:
        await add_bureau(session, name, topics=["registry.centre"], public_key=key.public_key, context=CONTEXT)
    async with db.transaction() as session:
        await choose_topics(session, name, topics=None, context=CONTEXT)
    admin = await hire(f"bureaus.{unique()}", "admin")
    response = await client.get("/v1/bureaus", headers=admin.headers, params={"name": name})
    (item,) = response.json()["items"]
    assert (item["name"], item["public_key"], item["topics"]) == (name, key.public_key, None)
    assert item["removed_at"] is None
    async with db.transaction() as session:
        await remove_bureau(session, name, context=CONTEXT)
    async with db.transaction() as session:
        await add_bureau(session, name, topics=None, public_key=NKey.new().public_key, context=CONTEXT)
    both = (await client.get("/v1/bureaus", headers=admin.headers, params={"name": name})).json()["items"]
    assert [one["removed_at"] is None for one in both] == [False, True]
    for role, status in {"security_admin": 200, "auditor": 200, "bureau": 403, "mentor": 403}.items():
        person = await hire(f"bureaus.{unique()}", role)
        assert (await client.get("/v1/bureaus", headers=person.headers)).status_code == status
    assert (await client.get("/v1/bureaus")).status_code == 401


@pytest.mark.parametrize("name", ["", "a", "A1", "1a", "a_b", "a.b", "a/b", "a" * 32, "财政局", "a\n"])
def test_a_name_becomes_part_of_subjects_and_of_file_names(name: str) -> None:
    with pytest.raises(DomainError, match="bureau-name-invalid"):
        check_name(name)


def test_topics_are_those_of_which_something_leaves_the_suite() -> None:
    assert check_topics(None) is None
    assert check_topics(["registry.centre", "finance.grant", "registry.centre"]) == ["finance.grant", "registry.centre"]
    for wrong in ([], ["gateway.account"], ["registry.*"], ["registry.centre", "x"]):
        with pytest.raises(DomainError, match="bureau-topics-unknown"):
            check_topics(wrong)


def test_a_bureau_is_one_for_the_topics_it_has_chosen_and_public_is_for_everybody() -> None:
    both = {Audience.PUBLIC, Audience.BUREAU}
    assert audiences_of(["bureau"], "finance.grant", None) == both
    assert audiences_of(["bureau"], "finance.grant", {"finance.grant"}) == both
    assert audiences_of(["bureau"], "finance.loan", {"finance.grant"}) == {Audience.PUBLIC}
    assert Audience.INTERNAL in audiences_of(["auditor"], "finance.loan", None)
