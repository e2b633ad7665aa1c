"""A step forward that is still under way, or comes, after the undoing began changes nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from orders.models import Order, SandboxPayment
from orders.payments.sandbox import SandboxGateway
from temporal_app.activities import payments
from tests.factories import steps
from tests.factories.orders import money_kept, order_events, stock, undone
from tests.factories.steps import Call, everything, order_after, up_to
from tests.workflows.outside import BusyCarrier, use_carrier

AT_THE_PROVIDER = {steps.hold: "hold", steps.charge: "charge", steps.capture: "capture"}


def named(call: Callable) -> str:
    return call.__name__


class Overtaken:
    """Something outside that acts, but by the time it answers, something else has happened."""

    def __init__(self, act: Callable[..., Any], then: Callable[[], Any]) -> None:
        self.act, self.then = act, then

    def __call__(self, *args: Any, **parameters: Any) -> Any:
        answer = self.act(*args, **parameters)
        then, self.then = self.then, lambda: None
        then()
        return answer


def begin_undoing(order: Order) -> None:
    """Return the money; the rest follows."""
    for one in steps.UNDO[: steps.UNDO.index(steps.return_money) + 1]:
        one(order)


def finish_undoing(order: Order) -> None:
    for one in steps.UNDO[steps.UNDO.index(steps.return_money) + 1 :]:
        one(order)


@pytest.mark.parametrize("call", [*up_to(steps.leave), steps.add, steps.set_to_five], ids=named)
def test_a_step_that_comes_after_the_undoing_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    done = up_to(call) if call in steps.FORWARD else (steps.reserve,)
    order = order_after(*done, *steps.UNDO)
    before = everything()

    with pytest.raises(ApplicationError) as refused:
        call(order)

    assert refused.value.non_retryable
    assert everything() == before
    assert carrier.bookings == set()


@pytest.mark.parametrize("call", AT_THE_PROVIDER, ids=named)
def test_a_provider_that_answers_after_the_undoing_has_its_answer_refused(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_after(*up_to(call))
    gateway = SandboxGateway()
    method = AT_THE_PROVIDER[call]
    setattr(gateway, method, Overtaken(getattr(gateway, method), then=lambda: begin_undoing(order)))
    monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)

    with pytest.raises(ApplicationError):
        call(order)
    finish_undoing(order)

    order.refresh_from_db()
    assert (order.status, money_kept(order), stock()["TEA"]) == ("cancelled", 0, (100, 0))
    assert order_events(order)[-1] == "cancelled"
    assert "paid" not in order_events(order)
    assert not order.notifications.filter(kind="payment_received").exists()


def test_a_carrier_that_answers_after_the_undoing_has_its_booking_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    carrier = BusyCarrier()
    use_carrier(monkeypatch, carrier)
    order = order_after(*up_to(steps.book))
    monkeypatch.setattr(carrier, "book", Overtaken(carrier.book, then=lambda: begin_undoing(order)))

    with pytest.raises(ApplicationError):
        steps.book(order)
    finish_undoing(order)

    order.refresh_from_db()
    assert carrier.bookings == set()
    assert (order.status, order.waiting_for) == ("cancelled", "")


def test_a_capture_that_arrives_between_asking_and_releasing_is_refunded_by_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = order_after(*up_to(steps.capture), steps.begin_undo)
    reference = SandboxPayment.objects.get().reference
    gateway = SandboxGateway()

    def capture() -> None:
        SandboxGateway().capture(reference=reference, amount=order.total, key=f"{order.number}:capture:1")

    monkeypatch.setattr(gateway, "status", Overtaken(gateway.status, then=capture))
    monkeypatch.setattr(payments, "gateway_for", lambda _method: gateway)

    with pytest.raises(ApplicationError, match="captured") as failed:
        steps.return_money(order)
    steps.return_money(order)

    assert failed.value.type == "ProviderRefused"
    assert undone(order) == ["refunded"]
    assert money_kept(order) == 0
