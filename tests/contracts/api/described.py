"""The description of the whole suite, made without a running process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import JsonValue

from gateway.build import GATEWAY
from gateway.description.openapi import merge
from gateway.front.routes import OWN, UPSTREAMS
from gateway.settings import GatewaySettings
from shared.app import create_app
from shared.runtime import ServiceDefinition
from shared.settings import ServiceSettings
from tests.support.tokens import Keys

ISSUER = "https://login.example.org"

Document = dict[str, JsonValue]


@cache
def documents() -> Mapping[str, Document]:
    """What each service says of itself."""
    with TemporaryDirectory() as folder:
        keys = Keys(Path(folder))
        common = {
            "database_url": "postgresql+asyncpg://nobody@127.0.0.1/none",
            "signing_key_file": keys.private(OWN),
            "public_keys_dir": keys.public_dir,
        }
        made = {
            service: _described(definition, ServiceSettings.model_validate({"service_name": service, **common}))
            for service in UPSTREAMS
            if isinstance(definition := import_module(f"services.{service}.main").definition, ServiceDefinition)
        }
        access = {"access_signing_key_file": keys.private(OWN)}
        made[OWN] = _described(GATEWAY, GatewaySettings.model_validate({**common, **access}))
    return made


@cache
def description() -> Document:
    """The merged one, with one outside issuer."""
    return merge(documents(), title="Mengchuang", description="", issuers=(ISSUER,))


def _described(definition: ServiceDefinition, settings: ServiceSettings) -> Document:
    described: Document = json.loads(json.dumps(create_app(definition, settings).openapi()))
    return described
