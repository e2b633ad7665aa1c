"""Webhook, batch, statement and a person speak of money at the same moment: it is one payment."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import connections
from django.test import Client as Browser
from temporalio.client import Client

from orders.models import Notification, Order, PaymentCheck, PaymentEvent, SandboxOperation
from orders.payments.sandbox import SandboxGateway
from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from temporal_app import client
from tests.factories.orders import ask, eventually, order_events, saga, start_order, wait_until
from tests.factories.products import make_product
from tests.factories.unmatched import reference_of, report, waiting_order

pytestmark = pytest.mark.usefixtures("worker")
WEBHOOK = "/webhooks/payments/sandbox/"


@pytest.fixture(autouse=True)
def tea(worker: Client) -> None:
    make_product(price="20.00", on_hand=1_000)


def body_of(order: Order, event: str, **changes: str) -> bytes:
    """What the provider would send about an order."""
    word = {
        "id": event,
        "order_id": order.number,
        "status": "paid",
        "amount": f"{order.total:.2f}",
        "currency": "EUR",
        "reference": reference_of(order),
        **changes,
    }
    return json.dumps(word).encode()


def post(body: bytes, *, at: float = 0.0, signature: str = "") -> int:
    """Send a webhook over HTTP, signed now unless said otherwise; returns the status."""
    header = signature or sign(body, int(time.time() + at))
    try:
        answer = Browser().post(WEBHOOK, body, content_type="application/json", headers={SIGNATURE_HEADER: header})
        return answer.status_code
    finally:
        connections.close_all()


def captures(order: Order) -> int:
    """How often the provider was made to give the money of an order."""
    return SandboxOperation.objects.filter(kind="capture", payment__order_number=order.number).count()


def outcomes(order: Order) -> list[str]:
    """What became of everything that was said about an order's money."""
    rows = PaymentEvent.objects.filter(order_number=order.number)
    return sorted(f"{outcome} {reason}".strip() for outcome, reason in rows.values_list("outcome", "reason"))


def all_settled(order: Order, count: int) -> bool:
    known = outcomes(order)
    return len(known) == count and not any(outcome.startswith("received") for outcome in known)


def test_an_order_paid_at_the_same_moment_in_four_ways_is_paid_once():
    order = waiting_order(("TEA", 2))
    SandboxGateway().receive_transfer(reference=reference_of(order), amount=order.total)
    reported = [
        lambda: post(body_of(order, "evt_webhook")),
        lambda: client.check_all_payments(by="schedule:hourly-payment-batch"),
        lambda: report(order, by="statement:1", wait=False),
        lambda: report(order, by="user:17", wait=False),
    ]

    with ThreadPoolExecutor(4) as together:
        for done in [together.submit(closing, say) for say in reported]:
            done.result()
    wait_until(order, status="paid", waiting_for="shipment")
    eventually(lambda: PaymentCheck.objects.filter(finished_at__isnull=False).exists())
    eventually(lambda: not PaymentEvent.objects.filter(outcome="received").exists())

    assert captures(order) == 1
    assert Notification.objects.filter(order=order, kind="payment_received").count() == 1
    assert order_events(order).count("paid") == 1
    known = outcomes(order)
    assert known.count("matched") == 1
    assert set(known) == {"matched", "repeated"}
    assert len(known) >= 3  # a batch that came last found that the order waits no more


def closing(say) -> object:
    try:
        return say()
    finally:
        connections.close_all()


def test_a_webhook_sent_a_hundred_times_at_once_has_one_effect():
    order = waiting_order(("TEA", 2))
    body = body_of(order, "evt_once")

    with ThreadPoolExecutor(10) as together:
        statuses = list(together.map(lambda _time: post(body), range(100)))
    wait_until(order, status="paid", waiting_for="shipment")

    assert set(statuses) == {200}
    assert PaymentEvent.objects.count() == 1
    assert captures(order) == 1
    assert Notification.objects.filter(order=order, kind="payment_received").count() == 1
    assert order_events(order).count("paid") == 1


def test_four_events_end_in_the_same_state_in_whatever_order_they_come():
    events = {
        "failed": {"status": "failed"},
        "paid": {},
        "paid again": {},
        "too little": {"amount": "1.00", "reference": "odd"},
    }
    orders = {names: start_order(("TEA", 1)) for names in permutations(events)}
    for order in orders.values():
        wait_until(order, waiting_for="payment")

    def tell(names: tuple[str, ...]) -> None:
        for count, name in enumerate(names, start=1):
            post(body_of(orders[names], f"{orders[names].number} {name}", **events[name]))
            eventually(lambda: all_settled(orders[names], count), within=90)  # noqa: B023 - called at once
        connections.close_all()

    with ThreadPoolExecutor(6) as together:
        list(together.map(tell, orders))
    for order in orders.values():
        wait_until(order, status="paid", waiting_for="shipment")

    ends = {(captures(order), tuple(sorted(_kinds(order)))) for order in orders.values()}
    assert len(orders) == 24
    assert ends == {(1, ("matched", "repeated", "reported_failed", "unmatched"))}


def _kinds(order: Order) -> list[str]:
    return list(PaymentEvent.objects.filter(order_number=order.number).values_list("outcome", flat=True))


def test_a_forged_tampered_old_or_future_webhook_changes_nothing():
    order = waiting_order(("TEA", 2))
    body = body_of(order, "evt_bad")
    tampered = body.replace(b"40.00", b"04.00")
    forged = f"t={int(time.time())},v1={'0' * 64}"

    statuses = [
        post(body, signature=forged),
        post(tampered, signature=sign(body, int(time.time()))),
        post(body, at=-301),
        post(body, at=302),
    ]

    assert statuses == [400, 400, 400, 400]
    assert PaymentEvent.objects.count() == 0
    wait_until(order, status="pending", waiting_for="payment")


def test_two_payments_of_one_order_at_once_are_one_payment_and_one_in_front_of_a_person():
    order = waiting_order(("TEA", 2))

    with ThreadPoolExecutor(2) as together:
        list(together.map(lambda n: post(body_of(order, f"evt_{n}", reference=f"money {n}")), range(2)))
    wait_until(order, status="paid", waiting_for="shipment")
    eventually(lambda: all_settled(order, 2))

    assert outcomes(order) == ["matched", "unmatched second_payment"]
    assert captures(order) == 1
    assert PaymentEvent.objects.get(outcome="unmatched").amount == Decimal("40.00")


def test_whatever_is_reported_and_however_often_an_order_hears_of_its_money_once():
    """What outsiders repeat is rows before it is signals: a signal has no limit of its own at Temporal's server."""
    order = waiting_order(("TEA", 2))

    again = [post(body_of(order, "evt_1")) for _time in range(20)]
    once_more = [post(body_of(order, f"evt_{number}")) for number in range(2, 12)]
    eventually(lambda: all_settled(order, 11))

    assert set(again + once_more) == {200}
    events = ask(saga(order).fetch_history()).events
    signals = [one for one in events if one.HasField("workflow_execution_signaled_event_attributes")]
    assert len(signals) == 1
    assert outcomes(order) == ["matched", *["repeated"] * 10]
