"""Whatever runs twice, as after a crash, has the effect of running once."""

from collections.abc import Callable

import pytest

from orders.models import Order, SandboxOperation, SandboxPayment
from temporal_app.activities import payments, shipping
from tests.factories import steps
from tests.factories.orders import stock, write_order
from tests.factories.steps import Call, everything, order_after, up_to
from tests.workflows.outside import BusyCarrier, use_carrier

BEFORE: dict[Call, tuple[Call, ...]] = {
    **{call: up_to(call) for call in steps.FORWARD},
    steps.remind: up_to(steps.charge),
    steps.extend: up_to(steps.charge),
    steps.be_late: up_to(steps.leave),
    steps.add: (steps.reserve,),
    steps.set_to_five: (steps.reserve,),
    steps.speak_german: (),
    steps.record_order_event: (),
    steps.begin_undo: up_to(steps.leave),
    steps.unbook: (*up_to(steps.leave), steps.begin_undo),
    steps.return_money: (*up_to(steps.leave), steps.begin_undo),
    steps.release: (*up_to(steps.leave), steps.begin_undo),
    steps.cancelled: (*up_to(steps.leave), *steps.UNDO[:-1]),
    steps.trouble: (*up_to(steps.leave), steps.begin_undo),
}
PROVIDERS = {steps.hold: payments, steps.charge: payments, steps.capture: payments, steps.book: shipping}


class CrashError(Exception):
    """The process died."""


def crash_once(monkeypatch: pytest.MonkeyPatch, room: object) -> None:
    """Die right before the transaction that follows a provider's answer is committed."""
    write = room.record_timeline_entry

    def die(*_args: object, **_details: object) -> None:
        monkeypatch.setattr(room, "record_timeline_entry", write)
        raise CrashError

    monkeypatch.setattr(room, "record_timeline_entry", die)


def named(call: Callable) -> str:
    return call.__name__


@pytest.mark.parametrize("call", BEFORE, ids=named)
def test_an_activity_that_runs_twice_leaves_what_it_left_the_first_time(call: Call) -> None:
    order = order_after(*BEFORE[call])

    first = call(order)
    once = everything()
    again = call(order)

    assert everything() == once
    assert again == first


@pytest.mark.parametrize("call", PROVIDERS, ids=named)
def test_a_crash_between_the_providers_answer_and_our_own_note_loses_and_doubles_nothing(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    order = order_after(*up_to(call))
    crash_once(monkeypatch, PROVIDERS[call])

    with pytest.raises(CrashError):
        call(order)
    call(order)

    kind = call.__name__
    assert SandboxPayment.objects.count() == 1
    assert SandboxOperation.objects.filter(kind=kind).count() == (0 if call is steps.book else 1)
    assert len(carrier.bookings) == (1 if call is steps.book else 0)


@pytest.mark.parametrize("call", PROVIDERS, ids=named)
def test_undoing_after_a_crash_in_a_step_leaves_nothing_behind(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    order = order_after(*up_to(call))
    crash_once(monkeypatch, PROVIDERS[call])
    with pytest.raises(CrashError):
        call(order)

    for undo in steps.UNDO:
        undo(order)

    payment = SandboxPayment.objects.get()
    assert (payment.state, payment.captured) in [("released", 0), ("captured", payment.refunded)]
    assert carrier.bookings == set()
    assert stock()["TEA"] == (100, 0)


def test_giving_stock_back_twice_takes_nothing_from_another_order() -> None:
    order = order_after(steps.reserve)
    another = Order.objects.get(number=write_order(("TEA", 4)).number)
    steps.reserve(another)

    for _time in range(2):
        steps.release(order)

    assert stock()["TEA"] == (100, 4)
    assert order.reservations.get().state == "released"
