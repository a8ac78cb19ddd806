"""What a row of the matrix is, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from httpx import Response

from shared.auth import roles as r
from tests.registry.support import Caller, Json

OFFICERS = {r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER}
APPROVERS = {r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER}
BUREAUS_AND_AUDITOR = set(r.BUREAU_ROLES) | {r.AUDITOR}
OPERATORS = {r.CENTRE_OPERATOR}
EVERYBODY = set(r.ALL_ROLES)
KNOWN = EVERYBODY - {r.PUBLIC}
TENANTS = {r.ENTERPRISE, r.FOUNDER}
CASE_READERS = OPERATORS | BUREAUS_AND_AUDITOR

REASON = {"reason_code": "moved_out"}
DOCUMENT = {"document_no": "拉科发〔2019〕1号"}


@dataclass(frozen=True)
class Endpoint:
    """A route as it is asked, and the roles it lets in; `file` where the body is one."""

    method: str
    path: str
    allowed: set[str]
    body: Json | None = None
    file: bool = False


async def ask(caller: Caller, endpoint: Endpoint, path: str, *, version: str) -> Response:
    """Ask it with that version as If-Match."""
    tag = f'"{version}"'
    if endpoint.method == "GET":
        return await caller.get(path)
    if endpoint.method == "DELETE":
        return await caller.delete(path)
    if endpoint.method == "PATCH":
        return await caller.patch(path, endpoint.body, tag)
    if endpoint.file:
        return await caller.upload(path, b"x", "file.pdf")
    return await caller.post(path, endpoint.body, if_match=tag)
