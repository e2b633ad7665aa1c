"""Paying on Stripe's own page: one page a payment, and nobody but Stripe's webhook says that money has come."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from orders.models import JournalEntry, Notification, Order, PaymentEvent, Shipment, StripeSession
from orders.payments.stripe import StripeGateway
from orders.rules import accounts, actors
from temporal_app import client
from tests.factories.orders import eventually, wait_until
from tests.payments.checkout import another_order, click, come_back, session_of, wait_for_card
from tests.payments.fake_stripe import FakeStripe
from tests.payments.fake_stripe.books import Refusal
from tests.payments.fake_stripe.sessions import DECLINED, GOOD
from tests.payments.test_stripe_journey import tell
from tests.payments.unreliable import Fault


@pytest.fixture
def order(worker, fake_stripe: FakeStripe, settings) -> Order:
    settings.PAYMENT_METHODS = ["stripe"]
    return wait_for_card()


def test_who_pays_on_stripes_page_has_paid_once_stripe_says_so(order: Order, fake_stripe: FakeStripe) -> None:
    session = session_of(click(order))
    fake_stripe.checkout.submit(session, GOOD)
    unknown = come_back(order, session).content.decode()

    for event in fake_stripe.books.events:
        tell(event)
    wait_until(order, status="paid", waiting_for="shipment")
    known = come_back(order, session).content.decode()

    (page,) = fake_stripe.checkout.of_order(order.number)
    paid = fake_stripe.books.intent(page["payment_intent"])
    (hold,) = (intent for intent in fake_stripe.books.of_order(order.number) if intent is not paid)
    assert "We do not know yet whether your payment went through" in unknown
    assert "Your payment has arrived." in known
    assert (paid["status"], paid["amount_received"], hold["status"]) == ("succeeded", 4390, "canceled")


def test_coming_back_pays_nothing(order: Order, fake_stripe: FakeStripe) -> None:
    session = session_of(click(order))

    come_back(order, session)

    assert not PaymentEvent.objects.exists()
    wait_until(order, status="pending", waiting_for="payment")


def test_two_clicks_open_one_page(order: Order, fake_stripe: FakeStripe) -> None:
    def press(_time: int) -> str:
        try:
            return session_of(click(order))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        sessions = set(pool.map(press, range(4)))

    assert len(sessions) == 1
    assert len(fake_stripe.checkout.sessions) == 1


def test_a_page_whose_answer_was_lost_is_found_and_not_opened_again(order: Order, fake_stripe: FakeStripe) -> None:
    fake_stripe.breaks(Fault.AFTER, r"POST /v1/checkout/sessions$")

    session_of(click(order))

    assert len(fake_stripe.checkout.sessions) == 1


def test_after_a_refused_card_another_one_pays_on_the_same_page(order: Order, fake_stripe: FakeStripe) -> None:
    session = session_of(click(order))
    with pytest.raises(Refusal):
        fake_stripe.checkout.submit(session, DECLINED)
    fake_stripe.checkout.submit(session, GOOD)

    for event in fake_stripe.books.events:
        tell(event)

    wait_until(order, status="paid")
    outcomes = sorted(PaymentEvent.objects.values_list("outcome", flat=True))
    assert "reported_failed" in outcomes


def test_a_page_whose_day_is_over_is_opened_anew_while_the_order_waits(order: Order, fake_stripe: FakeStripe) -> None:
    first = session_of(click(order))
    fake_stripe.checkout.expire(first)

    second = session_of(click(order))

    assert first != second
    assert [page["status"] for page in fake_stripe.checkout.of_order(order.number)] == ["expired", "open"]


def test_who_has_paid_and_clicks_again_is_told_so_and_charged_once(order: Order, fake_stripe: FakeStripe) -> None:
    fake_stripe.checkout.submit(session_of(click(order)), GOOD)

    again = click(order)

    assert again.status_code == 409
    assert "You have paid already" in again.content.decode()
    assert len(fake_stripe.checkout.sessions) == 1


def test_a_cancelled_order_closes_its_page_and_gives_the_money_free(order: Order, fake_stripe: FakeStripe) -> None:
    session = session_of(click(order))

    client.cancel_order(order.number, reason="changed_mind", by=actors.customer(None))
    wait_until(order, status="cancelled")

    with pytest.raises(Refusal):
        fake_stripe.checkout.submit(session, GOOD)
    assert click(order).status_code == 409


def test_money_authorised_on_a_page_goes_back_with_a_cancellation(order: Order, fake_stripe: FakeStripe) -> None:
    fake_stripe.checkout.submit(session_of(click(order)), GOOD)

    client.cancel_order(order.number, reason="changed_mind", by=actors.customer(None))
    wait_until(order, status="cancelled")

    assert {intent["status"] for intent in fake_stripe.books.of_order(order.number)} == {"canceled"}


def test_an_authorisation_that_ran_out_before_the_capture_is_asked_for_anew(
    order: Order, fake_stripe: FakeStripe
) -> None:
    session = session_of(click(order))
    fake_stripe.checkout.submit(session, GOOD)
    authorised = next(e for e in fake_stripe.books.events if e["type"] == "payment_intent.amount_capturable_updated")
    page = fake_stripe.checkout.session(session)
    fake_stripe.books.lapse(fake_stripe.books.intent(page["payment_intent"]))

    tell(authorised)
    eventually(lambda: order.payments.filter(attempt=2, state="held").exists())
    shown = Client().get(order.get_absolute_url()).content.decode()
    asked = Notification.objects.get(order=order, kind="payment_requested")
    stands = JournalEntry.objects.balance(accounts.order(order.number), order.currency)
    shipped = Shipment.objects.filter(order=order).exists()
    fake_stripe.checkout.submit(session_of(click(order)), GOOD)
    tell([e for e in fake_stripe.books.events if e["type"] == "payment_intent.amount_capturable_updated"][-1])
    wait_until(order, status="paid", waiting_for="shipment")

    assert "your bank set the money free. Nothing was charged; please pay once more." in shown
    assert asked.data == {"lapsed": True}
    assert (stands, shipped) == (0, False)
    assert sorted(intent["status"] for intent in fake_stripe.books.of_order(order.number)) == [
        *["canceled"] * 3,
        "succeeded",
    ]


def test_a_webhook_that_never_comes_is_made_up_for_by_asking(order: Order, fake_stripe: FakeStripe) -> None:
    fake_stripe.checkout.submit(session_of(click(order)), GOOD)
    reference = order.payments.get().reference

    found = StripeGateway().statuses(references=[reference])

    assert (found[reference].state, found[reference].reference) == ("authorised", reference)


def test_somebody_elses_page_is_not_this_orders(order: Order, fake_stripe: FakeStripe) -> None:
    other = another_order()
    theirs = session_of(click(other))

    answers = [come_back(order, name) for name in (theirs, "cs_never_was", "", "x" * 5000)]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "This payment page does not belong to this order." in answers[0].content.decode()
    assert other.number not in answers[0].content.decode()


@pytest.mark.parametrize(("amount", "status"), [("43.89", 409), ("nothing", 400), ("43.901", 400), ("", 400)])
def test_another_amount_than_the_orders_opens_no_page(
    order: Order, fake_stripe: FakeStripe, amount: str, status: int
) -> None:
    answer = click(order, amount)

    assert answer.status_code == status
    assert not StripeSession.objects.exists()


def test_a_page_that_is_not_stripes_is_not_gone_to(order: Order, fake_stripe: FakeStripe, settings) -> None:
    settings.STRIPE_CHECKOUT_BASE = "https://checkout.stripe.com"
    settings.STRIPE_TIMEOUT = 1

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("temporal_app.policies.CHARGE_PATIENCE", 1)
        answer = click(order)

    assert answer.status_code in (409, 503)
    assert "Location" not in answer.headers


def test_only_the_page_of_an_order_that_waits_for_a_card_may_lead_to_stripe(
    order: Order, fake_stripe: FakeStripe
) -> None:
    waiting = Client().get(order.get_absolute_url()).headers["Content-Security-Policy"]
    elsewhere = Client().get("/").headers["Content-Security-Policy"]
    client.cancel_order(order.number, reason="changed_mind", by=actors.customer(None))
    wait_until(order, status="cancelled")
    ended = Client().get(order.get_absolute_url()).headers["Content-Security-Policy"]

    assert f"form-action 'self' {fake_stripe.url}" in waiting
    assert fake_stripe.url not in elsewhere + ended
    assert "script-src" not in waiting
