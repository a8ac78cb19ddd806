"""A voucher's code as a QR picture; made for one answer, kept nowhere."""

from __future__ import annotations

import io
from typing import Final

import segno

SVG: Final = "image/svg+xml"
PNG: Final = "image/png"

_BORDER: Final = 4
"""Modules of quiet zone that ISO/IEC 18004 asks for."""
_SVG_SCALE: Final = 8
_PNG_SCALE: Final = 12


def as_svg(code: str) -> bytes:
    """The code as it is stored, which needs few modules; nearly a third of them may be unreadable."""
    return _drawn(code, "svg", _SVG_SCALE)


def as_png(code: str) -> bytes:
    """The same, black on white."""
    return _drawn(code, "png", _PNG_SCALE)


def _drawn(code: str, kind: str, scale: int) -> bytes:
    target = io.BytesIO()
    segno.make_qr(code, error="h").save(target, kind=kind, scale=scale, border=_BORDER, light="white")
    return target.getvalue()
