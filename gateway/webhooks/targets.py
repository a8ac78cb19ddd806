"""Reading a webhook's URL in one way only, so that what is checked is what is connected to.

Hosts are read as browsers read them (WHATWG URL, 3.5): names through IDNA (UTS 46), and whatever ends in a number as
an IPv4 address in any of its spellings (`2130706433`, `0x7f.1`, `0177.0.0.1`). The canonical form is what is stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

import idna

from gateway.webhooks.addresses import Address, AddressRefused, plain

MOST_CHARACTERS: Final = 2000
_PORTS: Final = {"https": 443, "http": 80}

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#\\@%\s]+)(?P<target>[/?][!$-;=?-\[\]_a-z~]*)?", re.IGNORECASE
)
_BRACKETED = re.compile(r"\[(?P<host>[0-9a-f:.]{2,45})\](?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE | re.ASCII)
_NAMED = re.compile(r"(?P<host>[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE | re.ASCII)
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts; `host` is a name in ASCII or a canonical address without brackets."""

    scheme: str
    host: str
    port: int
    target: str
    literal: Address | None

    @property
    def tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The host and, unless it is the scheme's own, the port, as in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(url: str) -> Target:
    """Raises AddressRefused `webhook-url-malformed` for anything that two readers could read differently: user
    information, fragments, spaces, backslashes, escapes in the host, zone ids, ports that are none."""
    match = _URL.fullmatch(url)
    if match is None or len(url) > MOST_CHARACTERS:
        raise _malformed()
    scheme, target = match["scheme"].lower(), match["target"] or "/"
    if target.startswith("?"):
        target = f"/{target}"
    if _ESCAPES.search(target):
        raise _malformed()
    authority = match["authority"]
    parts = (_BRACKETED if authority.startswith("[") else _NAMED).fullmatch(authority)
    if parts is None:
        raise _malformed()
    literal = _v6(parts["host"]) if authority.startswith("[") else None
    host = str(literal) if literal is not None else _name(parts["host"])
    if literal is None and _NUMBER.fullmatch(host.rpartition(".")[2]):
        literal = _v4(host)
        host = str(literal)
    port = int(parts["port"]) if parts["port"] else _PORTS[scheme]
    if not 0 < port < 65_536:
        raise _malformed()
    return Target(scheme, host, port, target, literal)


def _name(host: str) -> str:
    """The host in lower-case ASCII, without the root's dot."""
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _malformed() from error
    return name.removesuffix(".")


def _v6(host: str) -> Address:
    try:
        return plain(IPv6Address(host))
    except AddressValueError as error:
        raise _malformed() from error


def _v4(host: str) -> IPv4Address:
    """An address of one to four numbers, decimal, octal or hexadecimal; the last fills what the others leave."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise _malformed()
    try:
        numbers = [_number(part) for part in parts]
    except ValueError as error:
        raise _malformed() from error
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        raise _malformed()
    value = numbers[-1] + sum(number << 8 * (3 - place) for place, number in enumerate(numbers[:-1]))
    return IPv4Address(value)


def _number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)


def _malformed() -> AddressRefused:
    return AddressRefused("webhook-url-malformed")
