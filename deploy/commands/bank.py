"""`mengchuang bank selftest`: what a bank's programs will meet, tried against any address over HTTP alone."""

from __future__ import annotations

import os
import re
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from deploy.commands.words import Words
from deploy.selftest.checks import Talk
from deploy.selftest.report import show, write_json, write_junit
from deploy.selftest.running import Result, conforms, run
from deploy.selftest.signing import Signer, ed25519_of, hmac_of
from deploy.selftest.wire import Unreachable, Wire
from deploy.selftest.words import FAULTS, Language, pick, say

app = typer.Typer(no_args_is_help=True, help="For banks that connect their systems.")

KEY_FORM = re.compile(r"mc_(live|test)_([0-9A-Za-z]{12})_[0-9A-Za-z]{49}")
NOT_CONFORMING, NOT_STARTED, NO_ANSWER = 1, 2, 3
"""Exit codes: a mandatory check failed; what was given cannot be used; the gateway does not answer."""

KeyOption = typer.Option(help="an API key, or @FILE to read it from; MENGCHUANG_BANK_KEY otherwise")


@app.callback()
def bank() -> None:
    """For banks that connect their systems."""


@app.command()
def selftest(
    base_url: Annotated[str, typer.Option(help="the gateway's address, such as https://api.example.org")],
    key: Annotated[str | None, KeyOption] = None,
    signing_key: Annotated[Path | None, typer.Option(help="the bank's Ed25519 private key (PEM): sign with it")] = None,
    hmac_secret: Annotated[str | None, typer.Option(help="the base64 secret of HMAC-SHA256, or @FILE")] = None,
    other_key: Annotated[str | None, typer.Option(help="another bank's test key, or @FILE: objects kept apart")] = None,
    live_key: Annotated[
        str | None, typer.Option(help="a live key, or @FILE: test rows kept apart; it only reads")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="reading checks only; allows a live key")] = False,
    business_day: Annotated[str | None, typer.Option(help="for a gateway with a simulated clock: its day")] = None,
    ca_file: Annotated[Path | None, typer.Option(help="certificates of a private authority (PEM)")] = None,
    timeout: Annotated[float, typer.Option(min=1, max=120, help="seconds to wait for an answer")] = 15,
    lang: Annotated[str | None, typer.Option(help="zh or en; the terminal's otherwise")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the results as JSON")] = None,
    junit_file: Annotated[Path | None, typer.Option("--junit", help="write the results as JUnit XML")] = None,
) -> None:
    """Run a bank's whole conversation with a test key, and print which promises of docs/banks.md are kept.

    Exits with 0 if every mandatory check has passed, 1 if not, 2 for options that cannot be used, 3 without an answer.
    """
    language = _language(lang)
    text = _secret(key) or os.environ.get("MENGCHUANG_BANK_KEY", "").strip()
    form = _form(text, language, read_only=read_only)
    if signing_key is not None and hmac_secret is not None:
        raise _refused(language, "both_secrets")
    signer = _signer(form[2], signing_key, hmac_secret)
    common = {"mengchuang-today": business_day} if business_day else None
    verify = _authorities(ca_file)
    with ExitStack() as stack:

        def wire(api_key: str | None, signing: Signer | None = None) -> Wire | None:
            if api_key is None:
                return None
            made = Wire(base_url, api_key, signer=signing, timeout=timeout, verify=verify, common=common)
            return stack.enter_context(closing(made))

        own = wire(text, signer)
        assert own is not None
        talk = Talk(own, form[1] == "test", wire(_other(other_key)), wire(_other(live_key)))
        results = _run(talk, language, read_only=read_only)
    show(Console(), results, language)
    if json_file is not None:
        write_json(json_file, results, base_url, form[2])
    if junit_file is not None:
        write_junit(junit_file, results, language)
    if not conforms(results):
        raise typer.Exit(NOT_CONFORMING)


def _run(talk: Talk, language: Language, *, read_only: bool) -> list[Result]:
    err = Console(stderr=True)
    try:
        with _progress(err) as tell:
            return run(talk, language, reads_only=read_only, tell=tell)
    except Unreachable as error:
        what = f"{pick(language, FAULTS[error.kind])} ({error.detail})"
        err.print(say(language, "stopped", what=what), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(NO_ANSWER) from error


def _language(asked: str | None) -> Language:
    if asked is None:
        return Words.of_locale().language
    if asked not in ("zh", "en"):
        raise typer.BadParameter("zh or en", param_hint="--lang")
    return "zh" if asked == "zh" else "en"


def _form(text: str, language: Language, *, read_only: bool) -> re.Match[str]:
    """The parts of the key, if the self-test may be run with it."""
    form = KEY_FORM.fullmatch(text)
    if form is None:
        raise _refused(language, "no_key")
    if form[1] == "live" and not read_only:
        raise _refused(language, "live_refused")
    return form


def _other(given: str | None) -> str | None:
    """Raises RuntimeError for what is no key."""
    text = _secret(given)
    if text is not None and KEY_FORM.fullmatch(text) is None:
        raise RuntimeError("--other-key and --live-key take whole API keys, or @FILE with one")
    return text


def _refused(language: Language, word: str) -> typer.Exit:
    Console(stderr=True).print(say(language, word), highlight=False, soft_wrap=True)
    return typer.Exit(NOT_STARTED)


def _authorities(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Raises RuntimeError for a file without certificates."""
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:
        raise RuntimeError(f"{ca_file}: {error}") from error


@contextmanager
def _progress(err: Console) -> Iterator[Callable[[Result], None]]:
    """A line that counts, on a terminal."""
    if not sys.stderr.isatty():
        yield lambda _result: None
        return
    with err.status("...") as status:
        count = 0

        def tell(result: Result) -> None:
            nonlocal count
            count += 1
            status.update(f"{count} {result.check.group}.{result.check.id}")

        yield tell


def _secret(text: str | None) -> str | None:
    """What was given, or what the file has that was named with @. Raises RuntimeError for a file that is not there."""
    if text is None or not text.startswith("@"):
        return text.strip() if text else None
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RuntimeError(f"{text[1:]}: {error}") from error


def _signer(keyid: str, pem: Path | None, secret: str | None) -> Signer | None:
    if pem is not None:
        return Signer(keyid, ed25519_of(pem))
    given = _secret(secret)
    return Signer(keyid, hmac_of(given)) if given else None
