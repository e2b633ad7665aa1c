"""Pieces that are refunded before the parcel has left are not sent: they stay here, and whoever packs reads so."""

import pytest
from django.contrib.auth.models import User
from temporalio.exceptions import ApplicationError

from orders.admin.start.desks import to_ship
from orders.invariants import goods
from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Notification, Order
from tests.activities.test_refunds import make
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, fields_of, send, words
from tests.factories import steps
from tests.factories.orders import stock
from tests.factories.people import make_user
from tests.factories.refunds import ask_refund, paid_order, shipped_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier"), pytest.mark.sqlite]


@pytest.fixture
def fiona() -> User:
    return make_user("fiona", "finance")


@pytest.fixture
def order() -> Order:
    """Three teas, paid, whose parcel has not left."""
    return paid_order()


def promised_as_told() -> bool:
    return list(goods.findings()) == []


def test_a_refunded_piece_is_in_the_shop_again_and_the_rest_leaves(order: Order, fiona: User) -> None:
    on_hand, reserved = stock()["TEA"]

    refund = make(ask_refund(order, fiona, "10.00", pieces=1))
    kept, told = stock()["TEA"], promised_as_told()
    steps.leave(order)

    mail = Notification.objects.get(kind="refund_made")
    assert kept == (on_hand, reserved - 1)
    assert stock()["TEA"] == (on_hand - 2, reserved - 3)
    assert told
    assert promised_as_told()
    assert order.timeline.get(kind="refunded").data["held_back"] == refund.details["held_back"] == "1 × TEA"
    assert "These pieces are not sent to you." in render(mail, resolve(mail)).text


def test_whoever_packs_reads_what_goes_and_ships_nothing_that_has_changed_meanwhile(order: Order, fiona: User) -> None:
    wanda, url = at_browser(make_user("wanda", "warehouse")), dialog_url("order", "ship", order.pk)
    before = wanda.get(url, **FROM_DIALOG)

    make(ask_refund(order, fiona, "10.00", pieces=1))
    answer = send(wanda, url, fields_of(before), carrier="DHL", tracking_number="0034 1")

    name = order.lines.get().name
    assert f"3 × {name}" in words(before)
    assert answer.status_code == 409
    assert "has changed: something was refunded and stays here" in words(answer)
    assert f"2 × {name}" in words(answer)
    assert to_ship()["rows"][0]["lines"] == [f"2 × {name}"]
    assert "1 of it refunded and not sent" in words(wanda.get(dialog_url("order", "change", order.pk)))
    assert Order.objects.get().status == "paid"


def test_what_is_cancelled_after_that_gives_back_the_rest(order: Order, fiona: User) -> None:
    on_hand, reserved = stock()["TEA"]
    make(ask_refund(order, fiona, "10.00", pieces=1))

    for undo in steps.UNDO:
        undo(order)

    assert stock()["TEA"] == (on_hand, reserved - 3)
    assert promised_as_told()


def test_all_pieces_are_not_refunded_but_the_order_cancelled_and_an_amount_holds_nothing_back(
    order: Order, fiona: User
) -> None:
    make(ask_refund(order, fiona, "10.00", pieces=2))

    with pytest.raises(ApplicationError) as refused:
        make(ask_refund(order, fiona, "10.00", pieces=1))
    make(ask_refund(order, fiona, "10.00"))

    assert refused.value.type == "nothing_to_ship"
    assert order.lines.get().to_ship == 1
    assert promised_as_told()


def test_what_has_left_is_not_held_back(fiona: User) -> None:
    order = shipped_order()

    make(ask_refund(order, fiona, "10.00", pieces=1))

    assert order.lines.get().held_back == 0
    assert promised_as_told()
