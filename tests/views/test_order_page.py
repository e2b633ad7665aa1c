"""One order's page: who sees it, and what it says at each stage."""

import pytest
from django.test import Client

from orders.models import Order, TimelineEntry
from orders.models.guest_hold import confirmation_key
from orders.payments import gateway_for
from orders.rules.order_events import OrderEvent
from orders.views.order_page import versions
from temporal_app import client as client_functions
from tests.factories.orders import pay, ship, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.views.shopping import place, words, written

pytestmark = pytest.mark.django_db
running = pytest.mark.usefixtures("worker")


def open_page(visitor: Client, order: Order) -> str:
    answer = visitor.get(order.get_absolute_url())
    assert answer.status_code == 200
    return words(answer)


@pytest.fixture
def order(db: None) -> Order:
    """A guest's order of 40.00 that waits for its payment."""
    return written()


def test_the_token_opens_the_page_for_whoever_holds_it(order: Order) -> None:
    page = open_page(Client(), order)

    assert "Please pay 40.00 €" in page
    assert "Assam leaf" in page


def test_without_the_right_token_there_is_nothing(order: Order) -> None:
    wrong = order.token[:-1] + ("A" if order.token[-1] != "A" else "B")

    assert Client().get(f"/orders/{order.number}/{wrong}/").status_code == 404
    assert Client().get(f"/orders/ORD-2026-999999/{order.token}/").status_code == 404


def test_a_stranger_cannot_tell_a_foreign_order_from_none(order: Order, bob) -> None:
    visitor = Client()
    visitor.force_login(bob)

    foreign, none = visitor.get(f"/orders/{order.number}/"), visitor.get("/orders/ORD-2026-999999/")

    assert (foreign.status_code, none.status_code) == (404, 404)
    assert words(foreign) == words(none)


def test_without_token_or_account_one_is_asked_to_sign_in(order: Order) -> None:
    answer = Client().get(f"/orders/{order.number}/")

    assert answer["Location"] == f"/accounts/login/?next=/orders/{order.number}/"


def test_the_signed_in_owner_needs_no_token(client: Client, alice) -> None:
    client.force_login(alice)
    order = written(customer=alice)

    page = client.get(f"/orders/{order.number}/")

    assert page.status_code == 200
    assert order.number in words(client.get("/orders/"))


@pytest.mark.parametrize("action", ["pay", "transfer", "cancel", "items", "language", "again"])
def test_nothing_can_be_done_to_a_foreign_order(order: Order, bob, action: str) -> None:
    visitor = Client()
    visitor.force_login(bob)
    everything = {"reason": "other", "sku": "TEA", "quantity": 1, "language": "de", "amount": "40.00"}

    answer = visitor.post(f"/orders/{order.number}/{action}/", {**everything, "card_token": "tok_chargeable_visa"})

    assert answer.status_code == 404


@pytest.mark.parametrize("action", ["pay", "transfer", "cancel", "items", "language", "again"])
def test_every_action_needs_a_post_and_a_csrf_token(order: Order, action: str) -> None:
    address = f"{order.get_absolute_url()}{action}/"

    assert Client().put(address).status_code == 405
    assert Client(enforce_csrf_checks=True).post(address, {"reason": "other"}).status_code == 403


@pytest.mark.parametrize("action", ["pay", "transfer", "cancel", "items", "language", "again"])
def test_the_address_of_an_action_leads_back_to_the_order(order: Order, action: str) -> None:
    answer = Client().get(f"{order.get_absolute_url()}{action}/")

    assert (answer.status_code, answer["Location"]) == (302, order.get_absolute_url())


def test_the_page_is_never_kept_by_a_cache(order: Order) -> None:
    assert "no-store" in Client().get(order.get_absolute_url()).headers["Cache-Control"]


@running
def test_guests_find_the_orders_of_their_visit(client: Client) -> None:
    make_product()
    order = place(client)

    assert order.number in words(client.get("/orders/"))
    assert order.number not in words(Client().get("/orders/"))


@running
def test_the_page_tells_the_story_to_the_doorstep(client: Client) -> None:
    make_product()
    order = place(client)
    wait_until(order, waiting_for="payment")
    assert "Please pay 100.00 €" in open_page(client, order)

    pay(order)
    wait_until(order, waiting_for="shipment")
    assert "We are packing your order" in open_page(Client(), order)

    ship(order)
    wait_until(order, status="shipped")
    assert "DHL carries your parcel, tracking number 0034 1." in open_page(Client(), order)

    client_functions.mark_delivered(order.number, by="user:1")
    wait_until(order, status="delivered")
    page = open_page(Client(), order)
    assert "Your order has arrived. Enjoy it!" in page
    assert "Pay now" not in page
    assert "Cancel this order" not in page


@running
def test_a_large_order_is_being_checked_and_names_no_staff(client: Client) -> None:
    make_product("TEA", price="300.00")
    manager = make_user("Mona", "manager")
    order = place(client)
    wait_until(order, waiting_for="approval")
    client.get(f"{order.get_absolute_url()}confirm/{confirmation_key(order)}/")

    checking = open_page(client, order)
    client_functions.decide("order", order.number, role="manager", approved=True, by=f"user:{manager.pk}")
    wait_until(order, waiting_for="payment")
    approved = open_page(client, order)

    assert "We are checking your order" in checking
    assert "You hear from us by" in checking
    assert "Your order was approved." in approved
    assert "Mona" not in approved
    assert "anager" not in approved


@running
def test_a_rejected_order_does_not_say_what_staff_wrote(client: Client) -> None:
    make_product("TEA", price="300.00")
    manager = make_user("Mona", "manager")
    order = place(client)
    wait_until(order, waiting_for="approval")

    decision = {"role": "manager", "approved": False, "comment": "smells like fraud", "by": f"user:{manager.pk}"}
    client_functions.decide("order", order.number, **decision)
    wait_until(order, status="cancelled")

    page = open_page(client, order)
    assert "We are sorry that we cannot deliver it. Nothing was charged." in page
    assert "fraud" not in page


def test_the_page_asks_the_database_a_fixed_number_of_times(client: Client, django_assert_max_num_queries) -> None:
    order = written()
    for count in range(12):
        order.set_line(make_product(f"P{count:02}"), 1)
        TimelineEntry.record(order, OrderEvent.ITEM_ADDED, by="system", at=order.placed_at, key=str(count))

    with django_assert_max_num_queries(6):
        client.get(order.get_absolute_url())


def test_the_page_is_at_the_version_that_its_stream_looks_out_for(client: Client) -> None:
    order = written()
    TimelineEntry.record(order, OrderEvent.ITEM_ADDED, by="system", at=order.placed_at)

    page = client.get(order.get_absolute_url())

    assert page.context["version"].startswith(f"{versions([order.pk])[order.pk]}.")


def test_prices_and_times_are_written_as_the_language_does(order: Order) -> None:
    visitor = Client()
    visitor.post("/i18n/setlang/", {"language": "de"})

    page = open_page(visitor, order)

    assert "40,00 €" in page
    assert "Bestellung" in page


def test_a_transfer_says_where_to_and_with_which_reference(client: Client, settings) -> None:
    settings.BANK_IBAN, settings.BANK_ACCOUNT_HOLDER = "DE02120300000000202051", "Northwind Orders GmbH"
    order = written(payment_method="bank_transfer")
    key = f"{order.number}:hold:1"
    hold = gateway_for("bank_transfer").hold(order_number=order.number, amount=order.total, currency="EUR", key=key)

    answer = client.get(order.get_absolute_url())

    page = words(answer)
    assert "DE02 1203 0000 0000 2020 51" in page
    assert hold.reference in page.replace(" ", "")
    assert "Pay now" not in page
    assert 'src="data:image/svg+xml' in answer.content.decode()
