"""Texts of courses, sessions and their evaluations, which others read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from services.registry.texts import NoMobile

Title = Annotated[str, Field(min_length=1, max_length=200), NoMobile]
Place = Annotated[str, Field(min_length=1, max_length=200, examples=["城关双创中心二楼报告厅"]), NoMobile]
Summary = Annotated[str, Field(min_length=1, max_length=5000), NoMobile]
Comment = Annotated[str, Field(min_length=1, max_length=1000), NoMobile]
