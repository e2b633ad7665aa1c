"""Why an order waits, as staff read it on its page: for whom, since and until when, what is tried, what can be done."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse
from temporalio.client import Client

from orders import labels
from orders.models import Order, Outage
from orders.rules.refusals import Refusal
from temporal_app import client, connection
from tests.admin.browsing import at_browser, words
from tests.factories.orders import eventually, pay, place_order, start_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.reversals import left_to_people
from tests.factories.rows import NOON, make_approval, make_order
from tests.payments.unreliable import Fault
from tests.serving import no_patience
from tests.workflows.outside import BusyCarrier, break_gateway, use_carrier

FRAGMENT = {"HTTP_HX_REQUEST": "true"}
IMPATIENT = override_settings(INSPECTED_WITHIN_SECONDS=0.6)


def url(order: Order) -> str:
    return reverse("admin:order-waiting", args=[order.pk])


def read(reader: User, order: Order) -> str:
    """What somebody reads about an order's wait on its page."""
    answer = at_browser(reader).get(url(order), **FRAGMENT)
    assert answer.status_code == 200
    return words(answer)


def an_order(price: str = "20.00") -> Order:
    make_product(price=price)
    return place_order()


def failing(order: Order) -> Callable[[], bool]:
    """Whether a step of the order has failed before and is tried again."""
    return lambda: any(one.attempt > 1 and one.last_error for one in client.inspect_order(order.number).activities)


def test_it_waits_for_approval_by_a_role_and_names_those_who_could_decide(worker: Client, mia: User, wanda: User):
    make_user("max", "manager", first_name="Max", last_name="Berg")
    order = an_order("300.00")
    wait_until(order, waiting_for="approval")

    seen_by_mia, seen_by_wanda = read(mia, order), read(wanda, order)

    assert "Somebody has to approve it. Waits for Manager (Mia Keller, Max Berg) Since" in seen_by_mia
    assert "in 7 days" in seen_by_mia
    assert "Place anew" not in seen_by_mia
    assert "What you can do Reject" in seen_by_mia
    assert "Mark as shipped Order" in seen_by_mia
    assert "is not waiting to be shipped." in seen_by_mia
    assert "Approve or reject" in seen_by_wanda
    assert labels.refusal(Refusal.NOT_IN_ROLE, {"role": "manager"}) in seen_by_wanda
    assert "Cancel order Only for: Manager and Support." in seen_by_wanda


def test_whoever_may_not_decide_is_not_named(worker: Client, mia: User):
    make_user("gone", "manager", first_name="Gone", is_active=False)
    make_product(price="300.00")
    order = place_order(customer_id=mia.pk)
    wait_until(order, waiting_for="approval")

    assert "Manager (nobody right now)" in read(mia, order)


def test_it_waits_for_its_customer_to_pay(worker: Client, fritz: User):
    order = an_order()
    wait_until(order, waiting_for="payment")

    told = read(fritz, order)

    assert f"The customer has to pay. Waits for the customer, {order.name} Since" in told
    assert "Then the order is undone, unless its guest has confirmed their address." in told
    assert "Mark as paid" in told
    assert "Ask the provider about the payment" in told
    assert order.email not in told


def test_a_provider_that_is_down_is_named_with_attempts_and_the_next_try(
    worker: Client, fritz: User, sina: User, monkeypatch: pytest.MonkeyPatch
):
    order = an_order()
    wait_until(order, waiting_for="payment")
    break_gateway(monkeypatch, "capture")
    with no_patience():
        pay(order)
    eventually(failing(order))

    told, told_support = read(fritz, order), read(sina, order)

    assert "The payment is confirmed, and the shop is about to take it. Take the payment: this has failed" in told
    assert "Waits for the payment provider Since" in told
    assert "Take the payment · the payment provider · attempt" in told
    assert "last attempt failed at" in told
    assert "next attempt at" in told or "being tried right now" in told
    assert "ProviderUnavailable" in told
    assert "ProviderUnavailable" not in told_support


def test_a_carrier_that_is_down_is_found_in_the_fulfilment(worker: Client, sina: User, monkeypatch: pytest.MonkeyPatch):
    use_carrier(monkeypatch, BusyCarrier(Fault.BEFORE, "book"))
    order = an_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    eventually(failing(order))

    assert "Book the parcel · the carrier · attempt" in read(sina, order)


def test_it_waits_for_the_warehouse_to_ship(worker: Client, wanda: User, mia: User):
    order = an_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")

    seen_by_wanda, seen_by_mia = read(wanda, order), read(mia, order)

    assert "has to be packed and handed to the carrier. Waits for Warehouse (wanda) Since" in seen_by_wanda
    assert "Then operations are alerted." in seen_by_wanda
    assert "Mark as shipped Only for: Warehouse." in seen_by_mia
    assert "Only for" not in seen_by_wanda.split("Mark as shipped")[1].split("Mark as delivered")[0]


def test_an_order_being_undone_says_so_and_what_is_still_tried(
    worker: Client, sina: User, monkeypatch: pytest.MonkeyPatch
):
    order = an_order()
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    break_gateway(monkeypatch, "refund")
    with no_patience():
        client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    eventually(failing(order))

    told = read(sina, order)

    assert "Give the money back · the payment provider · attempt" in told
    assert "Everything done so far is being undone. Give the money back: this has failed" in told
    assert f"Cancel order {labels.refusal(Refusal.ORDER_CLOSING, {'number': order.number})}" in told


def test_with_temporal_away_the_database_is_told_and_it_says_so(temporal_away: None, mia: User):
    order = make_order()
    make_approval(order)

    told = read(mia, order)

    assert "Somebody has to approve it. Waits for Manager (Mia Keller)" in told
    assert "Temporal does not answer right now. This is what the database says" in told
    assert "For operators" not in told


def test_with_temporal_away_a_known_outage_is_still_the_reason(temporal_away: None, fritz: User):
    order = make_order()
    order.begin_undo(NOON)
    Outage.objects.create(provider="sandbox", began_at=NOON, last_at=NOON, calls=7)
    Outage.objects.create(provider="stripe", began_at=NOON, last_at=NOON, calls=3)

    told = read(fritz, order)

    assert f"The payment provider “sandbox”: no answer since {labels.moment(NOON)}; 7 calls so far." in told
    assert "Stripe" not in told


def test_an_outage_is_no_reason_where_people_are_waited_for(temporal_away: None, mia: User):
    order = make_order()
    make_approval(order)
    Outage.objects.create(provider="sandbox", began_at=NOON, last_at=NOON, calls=7)

    assert "no answer since" not in read(mia, order)


def test_what_could_not_be_undone_waits_for_those_who_settle_it(temporal_away: None, fritz: User):
    order = left_to_people("payment")

    told = read(fritz, order)

    assert "Not everything could be undone; a person has to see to the rest: Payment." in told
    assert "Finance (fritz)" in told
    assert "Failed reversals" in told


@pytest.fixture
def temporal_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Something takes connections where Temporal should be, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("TEMPORAL_ADDRESS", "{}:{}".format(*silent.getsockname()))
        connection.reset()
        yield
    connection.reset()


@IMPATIENT
def test_a_temporal_that_hangs_holds_up_neither_the_page_nor_its_part_for_long(temporal_hangs: None, mia: User):
    order = make_order()
    make_approval(order)
    browser = at_browser(mia)

    page, after_page = browser.get(reverse("admin:orders_order_change", args=[order.pk])), time.monotonic()
    told, seconds = read(mia, order), time.monotonic() - after_page

    assert url(order) in page.content.decode()
    assert "This is what the database says" in told
    assert seconds < 8.0  # without a limit of ours it takes ten and more


@IMPATIENT
def test_without_a_worker_operators_read_what_temporal_itself_knows(
    transactional_db: None, temporal: Client, root: User
):
    make_product()
    order = start_order()

    told = read(root, order)

    assert "No worker answers, so what follows is what Temporal itself knows." in told
    assert f"order-saga-{order.number} Running" in told


def test_operators_read_what_the_workflow_knows_and_where_its_code_stands(worker: Client, root: User, sina: User):
    order = an_order()
    wait_until(order, waiting_for="payment")

    told, told_support = read(root, order), read(sina, order)

    assert f"order-saga-{order.number} Running" in told
    assert '"step": "payment"' in told
    assert f'"number": "{order.number}"' in told
    assert "_wait_for_payment" in told
    assert "For operators" not in told_support
    assert "order-saga" not in told_support


def test_an_order_that_nothing_carries_says_so(worker: Client, sina: User):
    order = make_order()
    make_approval(order)

    assert "No workflow carries this order any more" in read(sina, order)


def test_without_javascript_it_is_a_page_of_its_own(temporal_away: None, mia: User):
    order = make_order()
    make_approval(order)

    answer = at_browser(mia).get(url(order))

    assert f"Why is {order.number} waiting?" in words(answer)
    assert "Back to the order" in words(answer)


def test_an_order_that_has_ended_waits_for_nothing(worker: Client, mia: User, sina: User):
    order = an_order()
    wait_until(order, waiting_for="payment")
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")

    page = at_browser(sina).get(reverse("admin:orders_order_change", args=[order.pk]))

    assert "It does not wait; it has come to its end." in read(sina, order)
    assert url(order) not in page.content.decode()


@pytest.mark.parametrize("order_id", ["x", "9" * 24, "0"])
def test_an_order_that_is_none_is_not_found(order_id: str, mia: User):
    assert at_browser(mia).get(reverse("admin:order-waiting", args=[order_id])).status_code == 404


def test_only_who_may_see_orders_sees_why_they_wait(db: None):
    stranger = make_user("stranger")
    stranger.groups.clear()
    order = make_order()

    assert at_browser(stranger).get(url(order), **FRAGMENT).status_code == 403
