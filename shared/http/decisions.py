"""Decisions as answers: rule by rule with the text that a refusal would have, in the caller's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeAlias

from fastapi import Depends
from pydantic import JsonValue
from starlette.requests import Request

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
