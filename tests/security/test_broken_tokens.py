"""Every route of the suite with every kind of broken credential, through a real gateway process.

A credential that is not good opens nothing: 401 wherever it is sent, public routes included, and nothing of the request
reaches a service. What is no credential, such as a token in the address, leaves its sender nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import pytest

from gateway.front.routes import OWN, owner
from shared.auth.principal import ANONYMOUS
from tests.security import other_credentials, routes, tokens
from tests.security.conftest import World
from tests.security.routes import Route
from tests.security.wire import Answered, Asked, ask_all
from tests.support.tokens import internal_token, service_token

Headers = Sequence[tuple[bytes, bytes]]

SAYS_WHO: Final = {"/v1/auth/token", "/v1/auth/revoke", "/v1/auth/password-reset", "/v1/invitations/accept"}
"""Where the body says who somebody is: no header is looked at, so a broken one gives and takes nothing."""


def _samples() -> tuple[Route, ...]:
    """A route of each method of each process, open ones and others."""
    found: dict[tuple[str, str, bool], Route] = {}
    for route in routes.OUTSIDE:
        found.setdefault((route.service, route.method, route.public), route)
    return tuple(found.values())


SAMPLES: Final = _samples()


def asked(route: Route, number: str, headers: Headers, *, query: str = "") -> Asked:
    body = b"" if route.method in ("GET", "DELETE") else b"{}"
    return Asked(f"{number:0>8}", route.method, route.path + query, headers, body)


async def answers_of(
    world: World, wanted: Iterable[Route], ways: Mapping[str, Headers], *, query: str = ""
) -> list[tuple[str, Route, Asked, Answered]]:
    pairs = [(name, route, headers) for route in wanted for name, headers in ways.items()]
    sent = [asked(route, str(number), headers, query=query) for number, (_, route, headers) in enumerate(pairs)]
    answers = await ask_all(world.url, sent)
    return [(name, route, one, answer) for (name, route, _), one, answer in zip(pairs, sent, answers, strict=True)]


def refusal(route: Route, answer: Answered) -> str | None:
    """What is wrong with the answer to a credential that is not good."""
    if route.template in SAYS_WHO:
        return None if 400 <= answer.status < 500 else f"{answer.status}"
    if answer.status != 401:
        return f"{answer.status} {answer.body[:200]!r}"
    if answer.headers.get("www-authenticate", "").partition(" ")[0] != "Bearer":
        return "no challenge"
    if json.loads(answer.body)["code"] != "unauthenticated":
        return answer.body.decode()
    return None


async def _opens_nothing(world: World, wanted: Iterable[Route], values: Mapping[str, bytes]) -> int:
    ways = {name: [(b"Authorization", value)] for name, value in values.items()}
    world.reached()
    told = await answers_of(world, wanted, ways)
    wrong = [f"{name}: {route.name}: {reason}" for name, route, _, answer in told if (reason := refusal(route, answer))]
    assert wrong == []
    seen = world.reached()
    assert seen == {"reached": {}, "fetched": []}
    return len(told)


def test_every_route_is_one_that_the_gateway_sends_to_its_owner() -> None:
    assert [route.name for route in routes.OUTSIDE if owner(route.path.encode()) != route.service] == []
    assert [route.name for route in routes.ALL if route.internal and owner(route.path.encode())] == []
    assert len(routes.OUTSIDE) > 1200


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_broken_token_opens_no_route(world: World) -> None:
    kinds = {**tokens.SESSIONS, "outside: alg none": other_credentials.OUTSIDE["outside: alg none"]}
    values = {**tokens.made(world, kinds), "key revoked": b"Bearer " + world.town.keys["revoked"].encode()}
    number = await _opens_nothing(world, routes.OUTSIDE, values)
    assert number == len(routes.OUTSIDE) * len(values)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_other_breakage_opens_anything_either(world: World) -> None:
    values = tokens.made(world, {**tokens.MORE_SESSIONS, **other_credentials.KEYS, **other_credentials.OUTSIDE})
    await _opens_nothing(world, SAMPLES, values)


def header(name: str, value: bytes) -> tuple[bytes, bytes]:
    return (name.encode(), value)


async def test_what_is_no_bearer_token_opens_nothing(world: World) -> None:
    good = world.town.people["good"].token.encode()
    values = {
        "no scheme": good,
        "Basic": b"Basic " + good,
        "Basic with a password": b"Basic Z29vZC1hcHByb3Zlcjpjb3JyZWN0IGhvcnNl",
        "Token": b"Token " + good,
        "Bearer:": b"Bearer:" + good,
        "Bearer=": b"Bearer=" + good,
        "nothing": b"",
        "Bearer alone": b"Bearer",
        "Bearer and a space": b"Bearer ",
        "Bearer and a tab": b"Bearer\t" + good,
        "Bearer twice": b"Bearer Bearer " + good,
        "quoted": b'Bearer "' + good + b'"',
        "two in one": b"Bearer " + good + b", Bearer " + good,
        "DPoP": b"DPoP " + good,
        "Negotiate": b"Negotiate " + good,
    }
    await _opens_nothing(world, SAMPLES, values)


async def test_two_authorization_headers_are_refused_whichever_is_good(world: World) -> None:
    good = b"Bearer " + world.town.people["good"].token.encode()
    other = b"Bearer " + world.town.people["other"].token.encode()
    ways = {
        "good first": [header("Authorization", good), header("Authorization", b"Bearer x")],
        "good last": [header("Authorization", b"Bearer x"), header("authorization", good)],
        "two people": [header("Authorization", good), header("AUTHORIZATION", other)],
        "the same twice": [header("Authorization", good), header("Authorization", good)],
        "an empty one": [header("Authorization", b""), header("Authorization", good)],
    }
    world.reached()
    told = await answers_of(world, SAMPLES, ways)
    assert [f"{name}: {route.name}: {answer.status}" for name, route, _, answer in told if answer.status != 400] == []
    assert world.reached()["reached"] == {}


def _as_nobody(route: Route, answer: Answered, reached: Mapping[str, object]) -> str | None:
    """What is wrong with an answer to somebody whom nothing makes known."""
    if route.service == OWN:
        fine = answer.status not in (401, 500) if route.public else answer.status == 401
        return None if fine else f"{answer.status} {answer.body[:200]!r}"
    told = json.loads(answer.body)
    if answer.status != 200 or reached != told or told != NOBODY:
        return f"{answer.status} {answer.body[:300]!r}"
    return None


NOBODY: Final[Mapping[str, object]] = {
    "account_id": ANONYMOUS,
    **dict.fromkeys(("org", "division", "provider", "bank", "person_ref")),
    "roles": ["public"],
    "internal": False,
    "on_behalf_of": [],
    "authorizations": 1,
}
"""What a service is told of somebody who is not known; its own matrix shows that this opens public routes alone."""


async def _is_nobody(world: World, wanted: Iterable[Route], ways: Mapping[str, Headers], query: str = "") -> None:
    world.reached()
    told = await answers_of(world, wanted, ways, query=query)
    reached = world.reached()["reached"]
    wrong = [
        f"{name}: {route.name}: {reason}"
        for name, route, one, answer in told
        if (reason := _as_nobody(route, answer, reached.get(one.id)))
    ]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_without_a_token_or_with_one_in_the_address_everybody_is_nobody(world: World) -> None:
    good = world.town.people["good"].token
    await _is_nobody(world, routes.OUTSIDE, {"none": []})
    await _is_nobody(world, routes.OUTSIDE, {"in the address": []}, f"?access_token={good}&token={good}")


async def test_no_other_header_makes_anybody_known(world: World) -> None:
    good = world.town.people["good"].token.encode()
    inside = tokens.made(world, {"internal": tokens.SESSIONS["internal token"]})["internal"]
    known = str(world.town.people["good"].id).encode()
    names = {
        **dict.fromkeys(
            ("X-Authorization", "X-Forwarded-Authorization", "Proxy-Authorization", "X-Internal-Token"), inside
        ),
        **dict.fromkeys(("X-API-Key", "X-Access-Token", "X-Auth-Token", "Api-Key"), good),
        **dict.fromkeys(
            ("X-User", "X-User-Id", "X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Account-Id"), known
        ),
        **dict.fromkeys(("X-Roles", "X-Role", "Mengchuang-Roles"), b"admin"),
        **dict.fromkeys(("X-Original-URL", "X-Rewrite-URL"), b"/internal/centres"),
        "Cookie": b"access_token=" + good + b"; session=" + good,
        "X-HTTP-Method-Override": b"DELETE",
        "X-Client-Address": b"127.0.0.1",
        "X-Forwarded-For": b"127.0.0.1",
        "Authorization-": b"Bearer " + good,
        "Authorization_": b"Bearer " + good,
        "Connection": b"Authorization",
    }
    await _is_nobody(world, SAMPLES, {name: [header(name, value)] for name, value in names.items()})


async def test_nothing_from_outside_reaches_what_is_for_services_alone(world: World) -> None:
    """Nor what only a careless reader would take for a public path."""
    targets = [route.path for route in routes.ALL if route.internal]
    targets += [
        f"{before}{path}" for path in targets for before in ("/v1", "/v1/..", "/v1/centres/..", "/v1/%2e%2e", "//")
    ]
    targets += ["/internal/events/registry.centre", "/v1/internal", "/v1/centres/%2f..%2f..%2finternal", "/Internal/x"]
    inside = b"Bearer " + internal_token(world.keys, "registry", ["admin"]).encode()
    own = b"Bearer " + service_token(world.keys, "finance", "registry").encode()
    good = b"Bearer " + world.town.people["good"].token.encode()
    world.reached()
    sent = [
        Asked(f"inside-{number:04}-{kind}", "GET", target, [header("Authorization", value)] if value else [])
        for number, target in enumerate(targets)
        for kind, value in enumerate((b"", inside, own, good))
    ]
    answers = await ask_all(world.url, sent)
    wrong = [
        f"{one.target}: {answer.status}"
        for one, answer in zip(sent, answers, strict=True)
        if answer.status not in (400, 401, 404)
    ]
    assert wrong == []
    assert world.reached()["reached"] == {}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_the_good_ones_reach_every_route_as_whom_they_stand_for(world: World) -> None:
    """Or the refusals above would show nothing."""
    good = world.town.people["good"]
    ways = {
        "session": [header("Authorization", b"Bearer " + good.token.encode())],
        "outside": [header("Authorization", b"bearer  " + world.issuer.token("wang").encode())],
    }
    world.reached()
    told = await answers_of(world, routes.SERVICES, ways)
    reached = world.reached()["reached"]
    roles = {"session": ["science_approver"], "outside": ["science_officer"]}
    wrong = [
        f"{name}: {route.name}: {answer.status} {answer.body[:200]!r}"
        for name, route, one, answer in told
        if answer.status != 200 or reached[one.id]["roles"] != roles[name]
    ]
    assert wrong == []
    assert {reached[one.id]["account_id"] for name, _, one, _ in told if name == "session"} == {str(good.id)}
    mine = await answers_of(world, [route for route in routes.GATEWAYS if route.method == "GET"], ways)
    assert {answer.status for _, _, _, answer in mine} <= {200, 403, 404, 422}


async def test_a_good_key_reads_and_an_address_that_is_not_its_own_does_not(world: World) -> None:
    readable = [route for route in SAMPLES if route.method == "GET" and route.service != OWN]
    for name, status in (("good", 200), ("from elsewhere", 403)):
        ways = {name: [header("Authorization", b"Bearer " + world.town.keys[name].encode())]}
        told = await answers_of(world, readable, ways)
        assert {answer.status for _, _, _, answer in told} == {status}
