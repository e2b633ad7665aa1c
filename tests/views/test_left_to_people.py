"""An order of which a step could not be undone says what is true: it is not cancelled until people have seen to it."""

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Notification, Order
from orders.rules.states import ReversalState
from temporal_app.activities import orders
from temporal_app.messages import Ending
from tests.factories.mail import send
from tests.factories.reversals import left_to_people
from tests.views.shopping import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("outbox_is_awake")]


@pytest.fixture
def outbox_is_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no Temporal here; what is written stays in the outbox."""
    monkeypatch.setattr("temporal_app.activities.outbox.notifier.wake", lambda: None)


def page_of(order: Order) -> str:
    return words(Client().get(order.get_absolute_url()))


def mails_to_the_customer(order: Order) -> list[str]:
    return list(order.notifications.filter(recipient="order").order_by("pk").values_list("kind", flat=True))


def settle(order: Order, state: ReversalState) -> None:
    """A person settles every step, and the order is closed."""
    for failure in order.compensation_failures.all():
        failure.move_to(state, at=timezone.now())
    orders.record_cancelled(Ending(order.number, "cancelled", "changed_mind", "customer:guest"))
    order.refresh_from_db()


def test_an_order_is_not_cancelled_while_a_step_of_it_is_not_undone() -> None:
    order = left_to_people()

    assert (order.status, order.ended_at) == ("rollback_incomplete", None)
    assert mails_to_the_customer(order) == ["rollback_incomplete"]


def test_an_order_is_cancelled_once_every_step_is_settled() -> None:
    order = left_to_people("payment", "shipping")

    settle(order, ReversalState.UNDONE)

    assert order.status == "cancelled"
    assert order.ended_at is not None
    assert mails_to_the_customer(order) == ["rollback_incomplete", "order_cancelled"]


def test_the_page_of_such_an_order_does_not_say_that_the_money_is_back() -> None:
    page = page_of(left_to_people("payment"))

    assert "This order is being cancelled" in page
    assert "We could not return your payment automatically" in page
    assert "is cancelled" not in page
    assert "on its way back" not in page


def test_the_page_says_nothing_about_money_where_it_is_the_parcel_that_is_left() -> None:
    page = page_of(left_to_people("shipping"))

    assert "Something about it has to be undone by hand" in page
    assert "payment automatically" not in page


def test_the_list_of_a_customers_orders_says_that_it_is_being_cancelled(alice) -> None:
    left_to_people(customer=alice)
    visitor = Client()
    visitor.force_login(alice)

    page = words(visitor.get("/orders/"))

    assert "Being cancelled" in page


@pytest.mark.parametrize("state", [ReversalState.SETTLED_BY_HAND, ReversalState.WRITTEN_OFF])
def test_where_people_saw_to_the_payment_neither_page_nor_mail_claims_what_the_shop_does_not_know(
    state: ReversalState, mailoutbox: list
) -> None:
    order = left_to_people("payment")

    settle(order, state)
    send(Notification.objects.get(kind="order_cancelled"))

    for told in (page_of(order), mailoutbox[0].body):
        assert "If you have any question about your payment, please write to us." in told
        assert "Nothing" not in told
        assert "back to you" not in told


def test_the_first_mail_says_that_a_person_sees_to_the_payment_and_that_another_follows(mailoutbox: list) -> None:
    left_to_people("payment")

    send(Notification.objects.get(kind="rollback_incomplete"))

    assert "is being cancelled" in mailoutbox[0].subject
    assert "could not return your payment automatically" in mailoutbox[0].body
    assert "We write to you again" in mailoutbox[0].body
