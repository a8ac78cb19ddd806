"""Rectification orders for tests: from a failed year to an order that is served, reported on, inspected, accepted."""

from __future__ import annotations

from datetime import date

from tests.evaluation.known import Centre, Json
from tests.evaluation.support import Caller, Desk

SCORED, ANNOUNCED, PUBLISHED = date(2020, 2, 3), date(2020, 2, 4), date(2020, 2, 12)
SERVED, DUE = date(2020, 2, 14), date(2020, 5, 14)
REPORTED, INSPECTED, ACCEPTED = date(2020, 4, 1), date(2020, 4, 2), date(2020, 4, 3)
SERVICE = {"method": "direct", "recipient_role": "operator_staff", "document_no": "虚构整〔2020〕1号"}
REPORT = {"evidence": ["整改报告1"]}
ACCEPTANCE = {"document_no": "验收〔2020〕1号"}
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
EXTENSION = {"reason_code": "construction", "statement": "场地改造尚未完工"}


async def published(desk: Desk, centres: int = 1) -> tuple[Json, list[Centre]]:
    """2019 published; every centre failed, having reported nothing."""
    made = [await desk.centre() for _ in range(centres)]
    cycle = await desk.scored(2019, SCORED, marks=False)
    await desk.announce(cycle["id"], ANNOUNCED)
    await desk.sign(cycle["id"], PUBLISHED)
    await desk.publish(cycle["id"], PUBLISHED)
    return cycle, made


async def order_path(desk: Desk, centre: Centre, year: int = 2019) -> str:
    return f"/v1/rectifications/{(await desk.evaluation_of(centre, year))['rectification_id']}"


async def ordered(desk: Desk) -> tuple[Centre, str]:
    """A failed centre and its order's address."""
    _, (centre,) = await published(desk)
    return centre, await order_path(desk, centre)


async def serve(desk: Desk, path: str, on: date = SERVED) -> Json:
    return await desk.caller("science_officer", today=on).ok(f"{path}/serve", SERVICE)


async def served(desk: Desk) -> tuple[Centre, str]:
    centre, path = await ordered(desk)
    await serve(desk, path)
    return centre, path


async def report(desk: Desk, centre: Centre, path: str, on: date = REPORTED) -> Json:
    return await desk.operator(centre, on).ok(f"{path}/submit", REPORT)


async def inspection(caller: Caller, path: str, outcome: str = "remedied", **others: str) -> Json:
    """The body of an inspection; `item_<number>` for items that differ."""
    items = (await caller.read(path))["items"]
    findings = [
        {"item_id": item["id"], "outcome": others.get(f"item_{item['ordinal']}", outcome), "remark": "现场核查"}
        for item in items
        if item["status"] == "open"
    ]
    return {"record_no": "核查1", "units": ["市科技局", "市工信局"], "findings": findings}


async def inspect(desk: Desk, path: str, on: date = INSPECTED, outcome: str = "remedied", **others: str) -> Json:
    officer = desk.caller("science_officer", today=on)
    return await officer.ok(f"{path}/inspect", await inspection(officer, path, outcome, **others))


async def accept(desk: Desk, path: str, on: date = ACCEPTED) -> Json:
    return await desk.caller("industry_officer", today=on).ok(f"{path}/accept", ACCEPTANCE)


async def inspected(desk: Desk) -> tuple[Centre, str]:
    """Reported on and found put right."""
    centre, path = await served(desk)
    await report(desk, centre, path)
    await inspect(desk, path)
    return centre, path


async def rectification_story(desk: Desk, centre: Centre) -> None:
    """Every step that somebody can take about an order, each at least once."""
    path = await order_path(desk, centre)
    officer, operator = desk.caller("science_officer", today=SERVED), desk.operator(centre, REPORTED)
    items = {"items": [{"indicator": "jobs", "finding": "从业人数不足", "requirement": "增加就业"}]}
    assert (await officer.patch(path, items, "*")).status_code == 200
    await serve(desk, path)
    await _documents(operator, path)
    for verb, body in (("refuse", {"answer": "可在期限内完成"}), ("grant", {})):
        asked = await operator.ok(f"{path}/extensions", EXTENSION, 201)
        approver = desk.caller("science_approver", today=REPORTED)
        await approver.ok(f"{path}/extensions/{asked['id']}/{verb}", body)
    await operator.ok(f"{path}/submit", REPORT)
    await desk.caller("industry_officer", today=INSPECTED).ok(f"{path}/reject", {"reason": "not_proven"})
    await report(desk, centre, path, INSPECTED)
    await inspect(desk, path)
    await accept(desk, path)


async def _documents(operator: Caller, path: str) -> None:
    """Two documents: one taken away again, one given for the item and taken back from it."""
    await operator.upload(f"{path}/documents", PDF, "误传.pdf")
    await operator.upload(f"{path}/documents", PDF, "照片.pdf")
    wrong, right = (document["id"] for document in (await operator.read(f"{path}/documents"))["items"])
    assert (await operator.delete(f"{path}/documents/{wrong}")).status_code == 204
    (item,) = (await operator.read(path))["items"]
    given = await operator.ok(f"{path}/evidence", {"item_id": item["id"], "document_id": right}, 201)
    await operator.ok(f"{path}/evidence/{given['id']}/withdraw")
