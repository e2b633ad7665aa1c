"""An order is paid with its customer's credit: taken when it is placed, given back when it is undone."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.invariants import check_books
from orders.models import JournalEntry, Order
from orders.payments.credit import used_for
from orders.rules import accounts, actors
from temporal_app import client as shop_client
from temporal_app.client.errors import Refused
from temporal_app.workflows.customer_account import CustomerAccountWorkflow
from tests.factories.accounts import account, balance, make_customer, mirrored, withdraw
from tests.factories.orders import ADDRESS, ask, make_contact, order_events, wait_until
from tests.factories.people import PASSWORD, make_user
from tests.factories.products import make_product

pytestmark = pytest.mark.usefixtures("worker")


def buy(customer_id: int, *, quantity: int = 1) -> Order:
    cart_id = uuid4().hex
    shop_client.add_to_cart(cart_id, sku="TEA", quantity=quantity, customer_id=customer_id, request_id=uuid4().hex)
    make_contact(cart_id)
    number = shop_client.check_out(cart_id, payment_method="credit", by=actors.customer(customer_id))
    return Order.objects.get(number=number)


def books_agree() -> bool:
    return not list(check_books(timezone.now())) and sum(JournalEntry.objects.balances().values()) == 0


@pytest.mark.sqlite
def test_an_order_paid_with_credit_is_paid_at_once_and_its_credit_is_gone() -> None:
    carla = make_customer(credit="50.00")
    make_product(price="20.00")

    order = buy(carla, quantity=2)
    wait_until(order, waiting_for="shipment")

    assert (order.status, order.payments.get().state) == ("paid", "captured")
    assert balance(carla) == mirrored(carla) == Decimal("10.00")
    assert used_for(order) == JournalEntry.objects.balance(accounts.sales(order.number), "EUR") == Decimal("40.00")
    assert "credit_taken" in order_events(order)
    assert books_agree()


def test_a_cancelled_order_gives_the_credit_back() -> None:
    carla = make_customer(credit="50.00")
    make_product(price="20.00")
    order = buy(carla)
    wait_until(order, waiting_for="shipment")

    shop_client.cancel_order(order.number, reason="changed_mind", by=actors.customer(carla))
    wait_until(order, status="cancelled")

    assert balance(carla) == mirrored(carla) == Decimal("50.00")
    assert used_for(order) == 0
    causes = [one.cause for one in ask(account(carla).query(CustomerAccountWorkflow.get_transactions, 2))]
    assert causes == [f"order-{order.number}"] * 2
    assert books_agree()


def test_more_than_there_is_cannot_be_ordered_and_the_refusal_says_what_there_is() -> None:
    carla = make_customer(credit="19.99")
    make_product(price="20.00")

    with pytest.raises(Refused) as refused:
        buy(carla)

    assert (refused.value.code, refused.value.params["balance"]) == ("credit_too_little", "19.99")
    assert not Order.objects.exists()


def test_credit_that_went_while_an_order_was_approved_ends_the_order_and_nothing_is_taken() -> None:
    carla = make_customer(credit="300.00")
    mia = make_user("mia", "manager")
    make_product(price="300.00")
    order = buy(carla)
    wait_until(order, waiting_for="approval")
    withdraw(carla, "1.00")

    shop_client.decide("order", order.number, role="manager", approved=True, by=actors.user(mia.pk))
    wait_until(order, status="cancelled")

    assert order.timeline.get(kind="cancelled").data["code"] == "credit_too_little"
    assert balance(carla) == mirrored(carla) == Decimal("299.00")
    assert books_agree()


def test_at_checkout_a_customer_with_credit_is_offered_it_and_a_guest_is_not(client_of_carla, client) -> None:
    shop, carla = client_of_carla
    make_product(price="20.00")
    for browser in (shop, client):
        browser.post("/cart/items/", {"sku": "TEA", "quantity": 1})

    mine, guests = shop.get(reverse("checkout")), client.get(reverse("checkout"))
    answer = shop.post(reverse("checkout"), {**ADDRESS, "payment_method": "credit"})
    by_a_guest = client.post(reverse("checkout"), {**ADDRESS, "payment_method": "credit"})
    order = Order.objects.get()
    wait_until(order, waiting_for="shipment")

    assert 'value="credit"' in mine.content.decode()
    assert 'value="credit"' not in guests.content.decode()
    assert (answer.status_code, by_a_guest.status_code) == (302, 400)
    assert (order.payment_method, balance(carla)) == ("credit", Decimal("30.00"))
    assert shop.get(answer["Location"]).status_code == 200


@pytest.fixture
def client_of_carla(client):
    carla = make_customer(credit="50.00")
    shop = type(client)()
    assert shop.login(username="carla", password=PASSWORD)
    return shop, carla
