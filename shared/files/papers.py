"""Official papers (.docx) from templates that people edit in Word, with the tags of docxtpl: `{{ name }}`, `{%p if %}`.

Filled in a sandbox; a name that a template asks for and nobody gives is an error, never an empty place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import quote

from docxtpl import DocxTemplate
from fastapi import Response
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FOLDER: Final = "papers"
"""Beside the editions of a policy directory: `papers/<edition>/<name>.docx` takes the place of the bundled template."""


class PaperTemplateError(Exception):
    """A template cannot be filled; the message says why, for whoever edits it."""


def template_for(name: str, bundled: Path, edition_ids: Sequence[str], policy_dir: Path | None) -> Path:
    """The first edition's own template, or that of the one it extends; else the bundled one."""
    if policy_dir is not None:
        for edition_id in filter(None, edition_ids):
            own = policy_dir / FOLDER / edition_id / f"{name}.docx"
            if own.is_file():
                return own
    return bundled


def render(template: Path, context: Mapping[str, object]) -> bytes:
    """The paper. Values are text, never markup. Raises PaperTemplateError."""
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    try:
        paper = DocxTemplate(BytesIO(template.read_bytes()))
        paper.render(dict(context), environment)
        written = BytesIO()
        paper.save(written)
    except (TemplateError, ValueError, KeyError, OSError) as error:
        raise PaperTemplateError(str(error)) from error
    return written.getvalue()


async def paper_answer(template: Path, context: Mapping[str, object], file_name: str) -> Response:
    """The paper as a download; filled in a thread, for it is work of tens of milliseconds."""
    content = await asyncio.to_thread(render, template, context)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=DOCX, headers=headers)


def written_date(day: date | None) -> str:
    """`2021年3月1日`; a place to write in where there is no date yet."""
    return "　　年　月　日" if day is None else f"{day.year}年{day.month}月{day.day}日"


def written_or_blank(value: str | None) -> str:
    """The text, or a place to write it in."""
    return value or "　　　　　　"
