"""What staff are told is what the order's saga said, also where the database does not know of it yet."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone
from temporalio.client import Client

from orders.authorization.roles import set_up_roles
from orders.models import Order, PaymentEvent
from tests.admin.browsing import at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import eventually, order_events, pay, ship, stock, undone, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, waiting_order
from tests.workflows.cancelling import by_signal
from tests.workflows.outside import Slow, undoing_held_up

TODAY = timezone.localdate().isoformat()
PARCEL = {"carrier": "DHL", "tracking_number": "0034 1"}


@pytest.fixture
def undoing(transactional_db: None, temporal: Client) -> Iterator[Slow]:
    """Undoing that is not written down before it may."""
    with undoing_held_up(temporal) as slow:
        make_product(price="20.00", on_hand=10)
        yield slow


@pytest.fixture
def root(undoing: Slow) -> User:
    """Somebody who may do everything."""
    set_up_roles()
    return make_user("root", is_superuser=True)


def cancelled_a_moment_ago(order: Order, undoing: Slow) -> None:
    """The saga has accepted a cancellation, and the row does not show it."""
    by_signal(order)
    assert undoing.begun.wait(60)


def test_a_parcel_of_an_order_that_was_cancelled_a_moment_ago_must_not_leave(undoing: Slow, root: User) -> None:
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")
    cancelled_a_moment_ago(order, undoing)

    answer = fill_in(at_browser(root), dialog_url("order", "ship", order.pk), **PARCEL)
    undoing.may_go_on.set()
    wait_until(order, status="cancelled")

    assert answer.status_code == 409
    assert f"Order {order.number} is being cancelled." in words(answer)
    assert "on its way" not in words(answer)
    assert stock() == {"TEA": (10, 0)}
    assert undone(order) == ["shipping_cancelled", "refunded", "stock_released"]


def test_an_order_that_was_cancelled_a_moment_ago_is_not_called_paid(undoing: Slow, root: User) -> None:
    order = waiting_order()
    cancelled_a_moment_ago(order, undoing)

    typed = {"amount": "20.00", "reference": "Statement 12", "received": TODAY}
    answer = fill_in(at_browser(root), dialog_url("order", "mark_paid", order.pk), **typed)
    undoing.may_go_on.set()
    wait_until(order, status="cancelled")

    assert answer.status_code == 409
    assert f"Order {order.number} is being cancelled." in words(answer)
    eventually(lambda: PaymentEvent.objects.get().outcome == "unmatched")


def test_a_difference_is_not_accepted_for_an_order_that_was_cancelled_a_moment_ago(undoing: Slow, root: User) -> None:
    order = waiting_order()
    payment_event = report(order, amount=order.total - 1)
    cancelled_a_moment_ago(order, undoing)

    answer = fill_in(at_browser(root), dialog_url("paymentevent", "accept", payment_event.pk), reason="bank charges")
    undoing.may_go_on.set()
    wait_until(order, status="cancelled")

    assert answer.status_code == 409
    assert f"Order {order.number} is being cancelled." in words(answer)
    eventually(lambda: PaymentEvent.objects.get().outcome == "unmatched")


@pytest.fixture
def to_ship(worker: Client) -> Order:
    """An order that waits to be shipped."""
    set_up_roles()
    make_product(price="20.00", on_hand=10)
    order = waiting_order()
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def sent_twice(browser: object, url: str, **typed: str) -> list[HttpResponse]:
    """The same dialog, opened once and sent twice, as where the first answer was lost."""
    opened = fields_of(browser.get(url))
    return [send(browser, url, opened, **typed) for _time in range(2)]


def test_a_report_whose_answer_was_lost_may_be_sent_again(to_ship: Order) -> None:
    browser = at_browser(make_user("wanda", "warehouse"))

    shipped = sent_twice(browser, dialog_url("order", "ship", to_ship.pk), **PARCEL)
    delivered = sent_twice(browser, dialog_url("order", "deliver", to_ship.pk))

    read = message_shown(browser, shipped[0])  # both were answered before either page was looked at
    assert [answer.status_code for answer in (*shipped, *delivered)] == [200] * 4
    assert [read.count(f"{to_ship.number} is {what}") for what in ("on its way with DHL", "delivered")] == [2, 2]
    assert [order_events(to_ship).count(event) for event in ("shipped", "delivered")] == [1, 1]


def test_who_says_that_it_arrived_is_answered_when_that_is_written_down(to_ship: Order) -> None:
    ship(to_ship)

    fill_in(at_browser(make_user("wanda", "warehouse")), dialog_url("order", "deliver", to_ship.pk))

    to_ship.refresh_from_db()
    assert to_ship.status == "delivered"
