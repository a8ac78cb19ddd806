"""Taking what identifies a person out of free texts and stored answers, wherever it was written."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal, or_, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.operations.models import OperationProblem
from services.registry.personal_data.hooks import HIDDEN
from services.registry.personal_data.related import related_to
from services.registry.persons.models import Graduation, Person, PersonLink
from services.registry.remarks.models import CaseRemark
from shared.kernel_tables import idempotency_key

SHORTEST: Final = 2
"""A single character says nothing about anybody and is everywhere."""


async def redact(session: AsyncSession, person: Person, said: Sequence[str]) -> None:
    """`said` is what identified the person: name, number, contacts. Remarks about it go; in other texts its words are
    hidden, its name only where the text is about something that it had to do with: others bear the same. A stored
    answer that shows it is blanked: the same request again is refused, and not carried out twice."""
    person_id, ref = person.id, person.ref
    words = [word for word in said if len(word) >= SHORTEST]
    await _remarks(session, person, words)
    await _problems(session, words)
    await _answers(session, [*words, ref, str(person_id)])
    await session.execute(update(PersonLink).where(PersonLink.person_id == person_id).values(claimed_name=None))
    papers = update(Graduation).where(Graduation.person_id == person_id)
    number = func.concat("erased-", cast(Graduation.id, Text))
    await session.execute(papers.values(school="", certificate_no=number, evidence=["erased"]))


async def _remarks(session: AsyncSession, person: Person, words: Sequence[str]) -> None:
    remark = CaseRemark
    await session.execute(update(remark).where(remark.subject_id == person.id).values(text=None))
    related = remark.subject_id.in_(related_to(person))
    for word in words:
        hidden = func.replace(remark.text, word, HIDDEN)
        shows = remark.text.contains(word, autoescape=True)
        whose = and_(shows, related) if word == person.name else shows
        await session.execute(update(remark).where(whose).values(text=hidden))


async def _problems(session: AsyncSession, words: Sequence[str]) -> None:
    problem = OperationProblem
    for word in words:
        named: ColumnElement[bool] = problem.value.contains(word, autoescape=True)
        await session.execute(update(problem).where(named).values(value=None))
        told = cast(problem.params, Text).contains(word, autoescape=True)
        await session.execute(update(problem).where(told).values(params=cast(literal("{}"), JSONB)))


async def _answers(session: AsyncSession, words: Sequence[str]) -> None:
    """A name within JSON may be escaped; both forms are looked for, byte by byte
    in hexadecimal: at an odd place a digit can only begin a chance likeness, which blanks an answer too many."""
    body = idempotency_key.c.body
    forms = {
        form for word in words for form in (word, json.dumps(word, ensure_ascii=False)[1:-1], json.dumps(word)[1:-1])
    }
    shows = or_(*(func.strpos(func.encode(body, "hex"), form.encode().hex()) > 0 for form in sorted(forms)))
    blank = update(idempotency_key).where(shows).values(body=b"", request_hash=secrets.token_bytes(32))
    await session.execute(blank)
