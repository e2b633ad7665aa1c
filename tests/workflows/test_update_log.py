"""Which updates an order takes: so many an hour of each kind, and the same one once."""

import pytest

from orders.rules.limits import HOUR, UPDATES_AN_HOUR
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app.messages import OrderTotals
from temporal_app.workflows.update_log import REMEMBERED, UpdateLog

NUMBER = "ORD-2026-000001"
LIMIT = UPDATES_AN_HOUR["set_language"]


def log_of(name: str, *times: float) -> UpdateLog:
    log = UpdateLog()
    for time in times:
        log.take(name, now=time)
    return log


def test_an_order_takes_so_many_changes_an_hour_and_then_again() -> None:
    log = log_of("set_language", *range(LIMIT))

    with pytest.raises(RuleBroken) as refused:
        log.check("set_language", number=NUMBER, now=HOUR - 1.0)
    log.check("set_language", number=NUMBER, now=HOUR + 0.5)

    assert refused.value.code == Refusal.TOO_OFTEN


def test_who_changes_the_language_too_often_takes_nothing_from_who_pays_or_ships() -> None:
    log = log_of("set_language", *range(LIMIT))

    log.check("process_payment", number=NUMBER, now=1.0)
    log.check("ship", number=NUMBER, now=1.0)


def test_what_is_not_limited_is_counted_and_not_kept() -> None:
    log = log_of("ship", 1.0, 2.0)

    assert (log.taken, log.times) == (2, {})


def test_the_next_run_knows_the_answers_and_the_limits_and_counts_anew() -> None:
    log = log_of("set_language", 1.0)
    log.keep("a", "en")
    log.keep("b", OrderTotals(1, 2))

    following = log.for_next_run()

    assert (following.answer("a"), following.answer("b"), following.answer("c")) == ("en", OrderTotals(1, 2), None)
    assert (following.taken, following.times) == (0, {"set_language": [1.0]})


def test_only_the_latest_answers_are_remembered() -> None:
    log = UpdateLog()
    for number in range(REMEMBERED + 1):
        log.keep(str(number), "en")

    assert (log.answer("0"), log.answer("1")) == (None, "en")
