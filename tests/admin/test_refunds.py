"""Staff give some of an order's money back from its page: what cannot be is said in the dialog, and twice is once."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import reverse

from orders.authorization.roles import set_up_roles
from orders.models import Order, Refund
from tests import serving
from tests.admin.browsing import at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import ledger, stock
from tests.factories.people import make_user
from tests.factories.refunds import shipped_order

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def fiona(worker: object) -> User:
    set_up_roles()
    return make_user("fiona", "finance", first_name="Fiona", last_name="Albers")


@pytest.fixture
def fritz(fiona: User) -> User:
    return make_user("fritz", "finance")


@pytest.fixture
def order(worker: object) -> Order:
    """Three teas, on their way."""
    return shipped_order()


def ask(person: User, order: Order, **typed: str) -> HttpResponse:
    return fill_in(at_browser(person), dialog_url("order", "refund", order.pk), **{"reason": "dented", **typed})


def pieces(order: Order) -> str:
    return f"pieces_{order.lines.get().pk}"


def test_money_for_pieces_goes_back_and_they_come_back_into_the_stock(fiona: User, order: Order) -> None:
    on_hand = stock()["TEA"][0]
    fionas = at_browser(fiona)
    typed = {pieces(order): "2", "amount": "50.00", "goods_return": "on", "reason": "dented"}

    said = message_shown(fionas, fill_in(fionas, dialog_url("order", "refund", order.pk), **typed))

    page = words(at_browser(fiona).get(reverse("admin:orders_order_change", args=[order.pk])))
    assert "are on their way back to the customer" in said
    assert ledger(order)[0][2] == Decimal("50.00")
    assert stock()["TEA"][0] == on_hand + 2
    assert "Partly refunded" in page


def test_pieces_are_refunded_at_their_price_and_much_waits_for_somebody_else(fiona: User, order: Order) -> None:
    fionas = at_browser(fiona)

    dialog = dialog_url("order", "refund", order.pk)
    said = message_shown(fionas, fill_in(fionas, dialog, **{pieces(order): "2", "reason": "dented"}))

    refund = Refund.objects.get()
    assert "waits for somebody else's approval" in said
    assert (refund.amount, refund.state) == (2 * order.lines.get().unit_price, "requested")
    assert ledger(order)[0][2] == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "5.005"}, "2 decimal places"),
        ({"amount": "5.00 USD"}, "Please give the amount in EUR"),
        ({"amount": "$5"}, "Please give the amount in EUR"),
        ({"amount": "-5"}, "greater than or equal to"),
        ({"amount": "99999"}, "can still be refunded"),
        ({}, "Please say how many pieces, or which amount"),
        ({"amount": "5", "goods_return": "on"}, "Please say which pieces come back."),
        ({"amount": "5", "reason": ""}, "Please say why"),
    ],
)
def test_what_cannot_be_refunded_is_said_and_nothing_is_written(
    fiona: User, order: Order, typed: dict[str, str], said: str
) -> None:
    answer = ask(fiona, order, **typed)

    assert said in words(answer)
    assert not Refund.objects.exists()
    assert ledger(order)[0][2] == 0


def test_more_than_is_left_says_how_much_is_left(fiona: User, order: Order) -> None:
    ask(fiona, order, amount="5.00")

    answer = ask(fiona, order, amount=str(order.total))

    assert f"At most {order.total - 5}" in words(answer)


def test_the_own_currency_may_stand_beside_the_amount(fiona: User, order: Order) -> None:
    ask(fiona, order, amount="5.00 EUR")

    assert Refund.objects.get().amount == Decimal("5.00")


def test_a_double_click_refunds_once(fiona: User, order: Order) -> None:
    browser, url = at_browser(fiona), dialog_url("order", "refund", order.pk)
    fields = {**fields_of(browser.get(url)), "amount": "5.00", "reason": "dented"}

    answers = [send(browser, url, fields) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert ledger(order)[0][2] == Decimal("5.00")


def test_the_same_refund_from_two_browsers_is_one_and_the_second_hears_of_the_first(
    fiona: User, fritz: User, order: Order
) -> None:
    url = dialog_url("order", "refund", order.pk)
    browsers = [at_browser(fiona), at_browser(fritz)]
    opened = [{**fields_of(browser.get(url)), "amount": "5.00", "reason": "dented"} for browser in browsers]

    answers = [send(browser, url, fields) for browser, fields in zip(browsers, opened, strict=True)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert "Meanwhile Fiona Albers has asked for a refund of 5.00" in words(answers[1])
    assert ledger(order)[0][2] == Decimal("5.00")


def test_while_temporal_is_away_it_is_kept_and_sent_again_it_is_made_once(
    worker: object, fiona: User, order: Order
) -> None:
    with serving.temporal_away(back_to=worker):
        away = ask(fiona, order, amount="5.00")

    again = ask(fiona, order, amount="5.00")

    assert (away.status_code, again.status_code) == (503, 200)
    assert Refund.objects.get().state == "done"


def test_the_warehouse_refunds_nothing(fiona: User, order: Order) -> None:
    answer = at_browser(make_user("wanda", "warehouse")).get(dialog_url("order", "refund", order.pk))

    assert answer.status_code in (403, 302)
    assert not Refund.objects.exists()
