"""Traces go on from step to step, and nothing invalid is carried along."""

from __future__ import annotations

import pytest

from shared.tracing import current, enter, trace

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


def test_a_trace_that_was_sent_goes_on_in_a_span_of_its_own() -> None:
    own = trace(SENT)
    version, trace_id, span, flags = own.parent.split("-")
    assert (own.continued, own.id, trace_id) == (True, SENT[3:35], SENT[3:35])
    assert (version, flags) == ("00", "00")
    assert len(span) == 16
    assert span != SENT[36:52]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        SENT.upper(),
        "01" + SENT[2:],
        SENT + "-x",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_anything_else_begins_a_new_trace(sent: str | None) -> None:
    own = trace(sent)
    assert not own.continued
    assert trace(own.parent).id == own.id != SENT[3:35]


def test_what_a_step_asks_for_names_the_step_as_its_parent() -> None:
    entered = enter(SENT)
    assert current() == entered.parent
    assert enter(None).id != entered.id
