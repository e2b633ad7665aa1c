"""An order is partly paid with store credit, on real workflows: the page asks for the rest alone, and what is undone
goes back to where it came from."""

from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse

from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Order
from orders.payments.bank_transfer import transfer_details
from tests.factories.accounts import balance, make_customer, mirrored, withdraw
from tests.factories.orders import pay, wait_until
from tests.factories.people import PASSWORD
from tests.factories.products import make_product
from tests.factories.unmatched import resolve as decide
from tests.stories.test_money import arrive, bank, cancel, pay_back, places  # noqa: F401 - the fixture
from tests.views.shopping import check_out, put, words

pytestmark = pytest.mark.usefixtures("worker")


def carla_with(credit: str) -> tuple[int, Browser]:
    """A customer who has so much credit, and a tea for 100.00 in her cart."""
    carla, browser = make_customer(credit=credit), Browser()
    assert browser.login(username="carla", password=PASSWORD)
    make_product(price="100.00")
    put(browser)
    return carla, browser


def asked_for(order: Order) -> str:
    """The mail that asks for an order's payment."""
    mail = order.notifications.filter(kind="payment_requested").latest("pk")
    return render(mail, resolve(mail)).text


def test_with_credit_and_a_card_and_undone_each_gets_its_own_back(settings) -> None:
    settings.PAYMENT_METHODS = ["sandbox"]
    carla, browser = carla_with("30.00")
    page = words(browser.get(reverse("checkout")))
    withdraw(carla, "5.00")  # in another tab

    refused = check_out(browser, credit="30.00")
    answer = check_out(browser, credit="25.00")
    order = Order.objects.get()
    wait_until(order, waiting_for="payment")
    waits, told = places(), words(browser.get(answer["Location"]))
    pay(order)
    wait_until(order, waiting_for="shipment")
    paid = places()
    cancel(order)

    assert "Pay 30.00 € of it with my store credit The rest, 70.00 €" in page
    assert refused.status_code == 409
    assert "The credit is 25.00 €; 30.00 € cannot be taken from it." in words(refused)
    assert 'value="25.00"' in refused.content.decode()
    assert waits == {"order EUR": "25.00"}
    assert "Please pay 75.00 €" in told
    assert "25.00 € paid with your store credit" in told
    assert paid == {"sales EUR": "100.00"}
    assert places() == {"credit EUR": "25.00"}
    assert balance(carla) == mirrored(carla) == Decimal("25.00")
    assert "25.00 € are back on your store credit." in words(browser.get(answer["Location"]))


def test_with_credit_and_a_transfer_and_undone_each_gets_its_own_back() -> None:
    carla, browser = carla_with("30.00")

    check_out(browser, credit="30.00", payment_method="bank_transfer")
    order = Order.objects.get()
    wait_until(order, waiting_for="payment")
    mail, code = asked_for(order), transfer_details(order.number)
    arrive("70.00", order)
    wait_until(order, waiting_for="shipment")
    paid = places()
    cancel(order)

    assert "With your store credit: 30.00 € To pay: 70.00 €" in " ".join(mail.split()).replace("\u00a0", " ")
    assert code is not None
    assert code.amount == Decimal("70.00")
    assert paid == {"sales EUR": "100.00"}
    assert places() == {"refund EUR": "70.00", "credit EUR": "30.00"}
    assert pay_back() == ["70.00"]
    assert balance(carla) == mirrored(carla) == Decimal("30.00")


def test_all_that_an_order_costs_although_a_part_is_credit_is_too_much_and_becomes_credit() -> None:
    carla, browser = carla_with("30.00")
    check_out(browser, credit="30.00", payment_method="bank_transfer")
    order = Order.objects.get()
    wait_until(order, waiting_for="payment")

    decide(arrive("100.00", order), "credit")
    wait_until(order, waiting_for="shipment")

    assert places() == {"sales EUR": "100.00", "credit EUR": "30.00"}
    assert balance(carla) == mirrored(carla) == Decimal("30.00")
