"""What a provider told the shop while Temporal was away is heard when it is back, once."""

import json
import time

from django.core.management import call_command
from django.test import Client as Browser
from temporalio.client import Client

from orders.models import Order, PaymentEvent
from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from temporal_app import client, names
from tests import serving
from tests.factories.orders import eventually, order_events, wait_until
from tests.factories.payments import make_payment_event
from tests.factories.products import make_product
from tests.factories.unmatched import reference_of, waiting_order
from tests.payment_checks.sweeping import let_it_wait, sweep

SWEEP = names.PAYMENT_EVENT_SWEEP_SCHEDULE


def post_webhook(order: Order) -> int:
    """The provider says that an order is paid; returns the shop's answer."""
    told = {"id": "evt_1", "order_id": order.number, "status": "paid", "amount": str(order.total), "currency": "EUR"}
    body = json.dumps({**told, "reference": reference_of(order)}).encode()
    headers = {SIGNATURE_HEADER: sign(body, int(time.time()))}
    path = "/webhooks/payments/sandbox/"
    return Browser().post(path, body, content_type="application/json", headers=headers).status_code


def test_a_payment_reported_while_temporal_was_away_is_swept_up_by_the_schedule(worker: Client) -> None:
    make_product()
    order = waiting_order()
    with serving.temporal_away(back_to=worker):
        answer = post_webhook(order)
    let_it_wait(PaymentEvent.objects.get())

    call_command("schedules", "sync", SWEEP)
    client.trigger_schedule(SWEEP)

    wait_until(order, waiting_for="shipment")
    assert answer == 503
    assert PaymentEvent.objects.get().outcome == "matched"


def test_an_event_that_is_swept_and_handed_over_is_heard_once(worker: Client) -> None:
    make_product()
    order = waiting_order()
    with serving.temporal_away(back_to=worker):
        post_webhook(order)
    payment_event = PaymentEvent.objects.get()
    let_it_wait(payment_event)

    client.match_payment_event(payment_event.pk)
    sweep()
    sweep()

    wait_until(order, waiting_for="shipment")
    assert order_events(order).count("paid") == 1
    assert "payment_refused" not in order_events(order)


def test_what_has_just_come_is_left_to_whoever_hands_it_over(worker: Client) -> None:
    payment_event = make_payment_event()

    sweep()

    payment_event.refresh_from_db()
    assert payment_event.outcome == "received"


def test_a_hundred_and_one_events_are_swept_in_one_run(worker: Client) -> None:
    for _time in range(101):
        let_it_wait(make_payment_event())

    sweep()

    assert not PaymentEvent.objects.filter(outcome="received").exists()
    assert eventually(lambda: PaymentEvent.objects.filter(reason="unknown_order").count() == 101)
