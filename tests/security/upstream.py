"""Stands for every service behind the gateway, for an outside issuer and for somebody else's keys; it remembers.

What reaches it as a request of the public API is answered with what the gateway says about the caller. `/-/reached`
tells, once, which requests came in since it was asked last, by their ids, and whether an attacker's keys were fetched.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from starlette.types import Receive, Scope, Send

from gateway.front.routes import owner
from shared.auth.tokens import InvalidToken, TokenVerifier

_verifiers: dict[str, TokenVerifier] = {}
_reached: dict[str, object] = {}
_fetched: list[str] = []


def _claims(scope: Scope) -> dict[str, object]:
    service = owner(scope["raw_path"]) or "nobody"
    if service not in _verifiers:
        _verifiers[service] = TokenVerifier(service, Path(os.environ["PUBLIC_KEYS_DIR"]), allow_simulated=True)
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    try:
        principal = _verifiers[service].verify(sent[0].removeprefix("Bearer "))
    except (InvalidToken, IndexError) as error:
        return {"refused": repr(error)}
    told = {name: getattr(principal, name) for name in ("account_id", "org", "division", "provider", "bank")}
    return {
        **told,
        "person_ref": principal.person_ref,
        "roles": sorted(principal.roles),
        "internal": principal.internal,
        "on_behalf_of": list(principal.on_behalf_of),
        "authorizations": len(sent),
    }


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for answer in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{answer}.complete"})
        return
    while (await receive()).get("more_body", False):
        pass
    content = json.dumps(_answer(scope)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _answer(scope: Scope) -> object:
    path: str = scope["path"]
    if path in ("/readyz", "/healthz"):
        return {}
    if path == "/-/reached":
        told = {"reached": dict(_reached), "fetched": list(_fetched)}
        _reached.clear()
        _fetched.clear()
        return told
    if path.startswith("/-/attacker"):
        _fetched.append(path)
        return json.loads(os.environ["ATTACKER_KEYS"])
    issuer = os.environ["ISSUER"]
    if path == "/issuer/.well-known/openid-configuration":
        return {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
    if path == "/issuer/keys":
        return json.loads(os.environ["ISSUER_KEYS"])
    if not path.startswith("/v1/"):
        return {}
    claims = _claims(scope)
    sent = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"]
    _reached[sent[0] if sent else "-"] = claims
    return claims
