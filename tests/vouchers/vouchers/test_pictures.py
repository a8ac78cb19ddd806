"""The code as a QR picture: what it says, who gets it, and that nothing keeps it."""

from __future__ import annotations

import struct
import zlib

import pytest
import segno

from services.vouchers.vouchers.codes import new_code
from services.vouchers.vouchers.pictures import as_png, as_svg
from tests.vouchers.support import AUDITOR, Town, officer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def modules_of(png: bytes) -> list[list[int]]:
    """Dark (1) and light modules of a one-bit picture without its quiet zone, one entry a module."""
    width, height, depth = struct.unpack(">IIB", png[16:25])
    start = png.index(b"IDAT")
    size = struct.unpack(">I", png[start - 4 : start])[0]
    lines = zlib.decompress(png[start + 4 : start + 4 + size])
    stride = 1 + (width * depth + 7) // 8
    rows = []
    for y in range(4 * 12, height - 4 * 12, 12):
        line = lines[y * stride + 1 : (y + 1) * stride]
        rows.append([1 - (line[x // 8] >> (7 - x % 8) & 1) for x in range(4 * 12, width - 4 * 12, 12)])
    return rows


async def test_the_picture_holds_the_code_as_stored_with_a_third_to_spare() -> None:
    code = new_code()
    symbol = segno.make_qr(code, error="h")
    assert (symbol.mode, symbol.error) == ("alphanumeric", "H")
    shown = modules_of(as_png(code))
    assert shown == [list(row) for row in symbol.matrix]
    assert as_svg(code).startswith(b"<?xml")
    assert code.encode() not in as_svg(code)


@pytest.mark.parametrize(("kind", "media_type"), [("svg", "image/svg+xml"), ("png", "image/png")], ids=["svg", "png"])
async def test_the_holder_alone_gets_it_and_nothing_keeps_it(town: Town, kind: str, media_type: str) -> None:
    standing = await town.standing()
    path = f"/v1/vouchers/{standing.voucher_id}/code.{kind}"
    answer = await town.api.get(standing.firm.caller, path)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, media_type)
    assert answer.headers["cache-control"] == "no-store"
    other = await town.registry.enterprise()
    assert (await town.api.get(other.caller, path)).status_code == 404
    for caller in (officer(), AUDITOR):
        assert (await town.api.get(caller, path)).status_code == 403
    before = answer.content
    await town.api.ok(standing.firm.caller, f"/v1/vouchers/{standing.voucher_id}/rotate-code")
    assert (await town.api.get(standing.firm.caller, path)).content != before
