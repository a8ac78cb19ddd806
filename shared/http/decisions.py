"""Decisions as answers: rule by rule with the text that a refusal would have, in the caller's language.

A decision is stored with its case without texts, which change and are in two languages; `StoredDecision` as the type
of a response's field puts them in whenever the case is read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import Depends
from pydantic import AfterValidator, BeforeValidator, JsonValue
from starlette.requests import Request

from shared.http.asking import current
from shared.http.messages import preferred_language
from shared.http.problems import Problems
from shared.http.schemas import Response
from shared.policy.decision import Decision


class RuleText(Response):
    """One rule applied; `text` says it to people, None where the catalogue has no text for it."""

    rule: str
    clause: str
    passed: bool
    inputs: dict[str, JsonValue]
    limit: str | None
    message: str
    text: str | None


class DecisionText(Response):
    """Every rule that was applied, under one policy edition."""

    passed: bool
    edition: str
    results: list[RuleText]


Explainer: TypeAlias = Callable[[Decision], DecisionText]


async def explainer(request: Request) -> Explainer:
    """The application's texts in the language that the request asks for."""
    problems: Problems = request.app.state.problems
    language = preferred_language(request.headers.get("accept-language"))
    return lambda decision: DecisionText.model_validate(problems.explained(decision, language))


Explain = Annotated[Explainer, Depends(explainer)]


def with_texts(decision: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The stored decision, each rule with its `text`; as it is outside a request, and where it names no rules."""
    asked, results = current(), decision.get("results")
    if asked is None or not isinstance(results, list):
        return decision
    asked.in_language = True
    return {**decision, "results": [asked.problems.with_text(result, asked.language) for result in results]}


def _plain(decision: object) -> object:
    return decision.to_json() if isinstance(decision, Decision) else decision


StoredDecision = Annotated[dict[str, JsonValue], BeforeValidator(_plain), AfterValidator(with_texts)]
"""A decision as it was stored with its case, answered with the text of each rule."""
