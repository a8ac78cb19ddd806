"""The whole suite with one account of each role, for every test here."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.fuzz.described import Description
from tests.fuzz.people import hire_all
from tests.support.postgres import Cluster
from tests.support.suite import Suite


@dataclass(frozen=True)
class Town:
    """A running suite, its description, and a token for each role."""

    suite: Suite
    document: dict[str, object]
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        return self.suite.gateway_url

    @property
    def description(self) -> Description:
        return Description(self.document)


@pytest.fixture(scope="session")
def town(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with Suite(postgres, folder) as suite:
        tokens = asyncio.run(hire_all(suite))
        document = httpx.get(f"{suite.gateway_url}/openapi.json", timeout=90).json()
        yield Town(suite, document, tokens)
