"""The search parameter of lists."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

SearchText = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="Part of a name in Chinese or Tibetan characters, or the initials of its pinyin: 云端, ydxx",
        examples=["ydxx"],
    ),
]
