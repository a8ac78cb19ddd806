"""What a credential has to keep to after it is known whose it is: where from, how signed, and for what."""

from __future__ import annotations

from gateway.front.address import client_address
from gateway.front.callers import Caller
from gateway.front.exchange import Exchange
from gateway.front.scopes import check_scope
from gateway.keys.terms import KeyTerms
from gateway.settings import GatewaySettings
from gateway.signatures.answers import AnswerSigner
from gateway.signatures.verifying import RequestSignatures
from shared.db import Database


class Admission:
    """The terms of keys, applied to each request before anything of it is passed on."""

    def __init__(self, settings: GatewaySettings, db: Database, answers: AnswerSigner) -> None:
        self._settings = settings
        self._answers = answers
        self._signatures = RequestSignatures(settings, db)

    def check_address(self, exchange: Exchange, caller: Caller) -> None:
        """Raises 403 `address-not-allowed`. Comes before the key's own limits: from elsewhere nobody uses them up."""
        if isinstance(caller.terms, KeyTerms):
            caller.terms.check_address(client_address(exchange, self._settings))

    async def admit(self, exchange: Exchange, caller: Caller) -> None:
        """Let the request pass; its body may have been received and is held.

        Raises 403 `scope-missing`, and what `RequestSignatures.check` raises.
        """
        terms = caller.terms
        if isinstance(terms, KeyTerms):
            self._answers.attend(exchange)
        check_scope(caller, exchange.method, exchange.raw_path)
        await self.vouch(exchange, caller)

    async def vouch(self, exchange: Exchange, caller: Caller) -> None:
        """The signature alone, for what no scope is about. Raises what `RequestSignatures.check` raises."""
        if isinstance(caller.terms, KeyTerms):
            await self._signatures.check(exchange, caller.terms)
