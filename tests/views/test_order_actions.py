"""What customers do with an order: pay, cancel, add, order again, choose a language."""

from uuid import uuid4

import pytest
from django.core.cache import caches
from django.core.cache.backends import locmem
from django.db.models import F
from django.test import Client

from orders.models import CartItem, Order, PaymentEvent, Product, SandboxPayment
from tests.factories.orders import CARD, eventually, pay, ship, wait_until
from tests.factories.products import make_product
from tests.views.shopping import place, put, words, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(client: Client, worker) -> Order:
    """A guest's order of 40.00 that waits for its payment."""
    make_product("TEA", name="Assam leaf", price="20.00")
    make_product("CUP", name="Espresso cup", price="5.00", on_hand=3)
    placed = place(client, "TEA", 2)
    wait_until(placed, waiting_for="payment")
    return placed


def act(visitor: Client, order: Order, action: str, **fields):
    return visitor.post(f"{order.get_absolute_url()}{action}/", fields)


def cart() -> dict[str, int]:
    """What is in the open cart."""
    return dict(CartItem.objects.filter(cart__state="open").values_list("product__sku", "quantity"))


def forget_what_this_process_remembers() -> None:
    del caches["default"]
    locmem._caches.clear()
    locmem._expire_info.clear()


# Paying


def test_paying_by_card_pays_and_leads_back(client: Client, order: Order) -> None:
    answer = act(client, order, "pay", amount="40.00", card_token=CARD)

    assert answer["Location"] == order.get_absolute_url()
    assert "Thank you! Your payment was taken." in words(client.get(answer["Location"]))
    wait_until(order, status="paid")


def test_a_payment_sent_twice_is_taken_once(client: Client, order: Order) -> None:
    rendering = uuid4().hex

    first = act(client, order, "pay", amount="40.00", card_token=CARD, request_id=rendering)
    second = act(client, order, "pay", amount="40.00", card_token=CARD, request_id=rendering)

    assert (first.status_code, second.status_code) == (302, 302)
    wait_until(order, status="paid")
    assert SandboxPayment.objects.get().captured == order.total


def test_a_declined_card_is_a_conflict_and_another_card_may_be_tried(client: Client, order: Order) -> None:
    declined = act(client, order, "pay", amount="40.00", card_token="tok_declined_card", request_id=uuid4().hex)
    next_try = declined.context["pay_form"]["request_id"].value()
    accepted = act(client, order, "pay", amount="40.00", card_token=CARD, request_id=next_try)

    assert declined.status_code == 409
    assert "The payment was declined. Nothing was charged" in words(declined)
    assert accepted.status_code == 302
    wait_until(order, status="paid")


def test_another_amount_than_the_total_is_a_conflict(client: Client, order: Order) -> None:
    answer = act(client, order, "pay", amount="39.99", card_token=CARD)

    assert answer.status_code == 409
    assert "39.99 € is not the order's total of 40.00 €" in words(answer)


@pytest.mark.parametrize(
    "fields", [{}, {"amount": "40.00"}, {"amount": "lots", "card_token": CARD}, {"amount": "-1", "card_token": CARD}]
)
def test_a_payment_that_cannot_be_read_is_a_bad_request(client: Client, fields: dict) -> None:
    assert act(client, written(), "pay", **fields).status_code == 400


def test_a_card_that_cannot_be_one_is_a_bad_request(client: Client, order: Order) -> None:
    answer = act(client, order, "pay", amount="40.00", card_token="short")

    assert answer.status_code == 400
    assert "The card could not be read." in words(answer)


def test_an_order_that_is_paid_cannot_be_paid_again(client: Client, order: Order) -> None:
    pay(order)
    wait_until(order, status="paid")

    answer = act(client, order, "pay", amount="40.00", card_token=CARD)

    assert answer.status_code == 409
    assert "is not waiting for a payment right now" in words(answer)


@pytest.mark.parametrize("debug", [False, True])
def test_pretending_a_transfer_is_for_the_demo_alone(client: Client, settings, debug: bool) -> None:
    settings.DEMO, settings.DEBUG = False, debug
    order = written()

    assert "Pretend" not in words(client.get(order.get_absolute_url()))
    assert act(client, order, "transfer").status_code == 404


def test_pretending_a_transfer_sends_the_signed_webhook(site: str, order: Order, settings) -> None:
    settings.DEMO = True
    visitor = Client(headers={"host": site.removeprefix("http://")})

    assert "Pretend the transfer arrived" in words(visitor.get(order.get_absolute_url()))
    act(visitor, order, "transfer")

    wait_until(order, status="paid")
    assert PaymentEvent.objects.get(provider="sandbox").order_number == order.number


# Cancelling


def test_cancelling_undoes_the_order(client: Client, order: Order) -> None:
    answer = act(client, order, "cancel", reason="changed_mind")

    assert "cancelled" in words(client.get(answer["Location"]))
    wait_until(order, status="cancelled")
    assert Product.objects.get(sku="TEA").reserved == 0


def test_cancelling_twice_is_one_cancellation(client: Client, order: Order) -> None:
    act(client, order, "cancel", reason="changed_mind")
    wait_until(order, status="cancelled")

    answer = act(client, order, "cancel", reason="changed_mind")

    assert answer.status_code == 302
    assert order.timeline.filter(kind="cancelled").count() == 1


def test_a_shipped_order_cannot_be_cancelled(client: Client, order: Order) -> None:
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, status="shipped")

    answer = act(client, order, "cancel", reason="takes_too_long")

    assert answer.status_code == 409
    assert "is already shipped and can no longer be cancelled" in words(answer)


@pytest.mark.parametrize("reason", ["", "because my name is Alice"])
def test_a_reason_is_chosen_not_written(client: Client, reason: str) -> None:
    assert act(client, written(), "cancel", reason=reason).status_code == 400


# Adding to a pending order


def test_something_forgotten_is_added(client: Client, order: Order) -> None:
    answer = act(client, order, "items", sku="CUP", quantity=2)

    assert "The order comes to 50.00 € now." in words(client.get(answer["Location"]))
    wait_until(order, waiting_for="payment")
    assert str(order.total) == "50.00"


def test_adding_sent_twice_adds_once(client: Client, order: Order) -> None:
    rendering = uuid4().hex

    for _click in range(2):
        act(client, order, "items", sku="CUP", quantity=1, request_id=rendering)

    order.refresh_from_db()
    assert str(order.total) == "45.00"


def test_adding_more_than_is_left_is_a_conflict(client: Client, order: Order) -> None:
    answer = act(client, order, "items", sku="CUP", quantity=4)

    assert answer.status_code == 409
    assert "Only 3 of Espresso cup are left." in words(answer)
    order.refresh_from_db()
    assert str(order.total) == "40.00"


def test_adding_what_is_not_sold_is_not_found(client: Client, order: Order) -> None:
    assert act(client, order, "items", sku="NOTHING", quantity=1).status_code == 404


def test_nothing_is_added_to_a_paid_order(client: Client, order: Order) -> None:
    pay(order)
    wait_until(order, waiting_for="shipment")

    answer = act(client, order, "items", sku="CUP", quantity=1)

    assert answer.status_code == 409
    assert "is paid and can no longer be changed" in words(answer)


# Once more, and the language


def test_ordering_again_fills_the_cart(client: Client, order: Order) -> None:
    answer = act(client, order, "again")

    assert answer["Location"] == "/cart/"
    assert "Everything from order" in words(client.get("/cart/"))
    assert cart() == {"TEA": 2}


def test_ordering_again_sent_twice_fills_the_cart_once(client: Client, order: Order) -> None:
    rendering = uuid4().hex

    for _click in range(2):
        act(client, order, "again", request_id=rendering)

    put(client, "CUP", 1)
    assert cart() == {"TEA": 2, "CUP": 1}


def test_ordering_again_sent_to_two_web_processes_fills_the_cart_once(client: Client, order: Order) -> None:
    rendering = uuid4().hex

    act(client, order, "again", request_id=rendering)
    forget_what_this_process_remembers()
    act(client, order, "again", request_id=rendering)

    put(client, "CUP", 1)
    assert cart() == {"TEA": 2, "CUP": 1}


def test_ordering_again_says_what_is_not_sold_any_more(client: Client, order: Order) -> None:
    Product.objects.filter(sku="TEA").update(active=False)

    act(client, order, "again")

    said = f"Nothing from order {order.number} can be had any more: 2 × Assam leaf."
    assert said in words(client.get("/cart/"))
    assert cart() == {}


def test_ordering_again_says_what_was_added_and_what_is_sold_out(client: Client, order: Order) -> None:
    Product.objects.filter(sku="TEA").update(on_hand=F("reserved") + 1)

    act(client, order, "again")

    said = f"In your cart from order {order.number}: 1 × Assam leaf. Not to be had any more: 1 × Assam leaf."
    assert said in words(client.get("/cart/"))
    assert cart() == {"TEA": 1}


def test_the_language_of_the_mails_is_chosen(client: Client, order: Order) -> None:
    answer = act(client, order, "language", language="de")

    assert "We write to you in German from now on." in words(client.get(answer["Location"]))
    eventually(lambda: Order.objects.get().language == "de")


def test_a_language_the_shop_does_not_speak_is_a_bad_request(client: Client) -> None:
    assert act(client, written(), "language", language="tlh").status_code == 400


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("temporal_away")
@pytest.mark.parametrize(
    ("action", "fields", "kept"),
    [
        (
            "pay",
            {"amount": "40.00", "card_token": "tok_declined_card"},
            'value="tok_declined_card" required id="id_card_token_1" checked',
        ),
        ("cancel", {"reason": "takes_too_long"}, '<option value="takes_too_long" selected>'),
        ("items", {"sku": "TEA", "quantity": "7"}, 'value="7"'),
        ("language", {"language": "de"}, '<option value="de" selected>'),
        ("again", {}, ""),
    ],
)
def test_while_temporal_is_away_the_page_says_so_and_keeps_what_was_chosen(
    client: Client, action: str, fields: dict, kept: str
) -> None:
    order = written()

    answer = act(client, order, action, **fields)

    assert answer.status_code == 503
    assert "Nothing was changed; please try again in a minute." in words(answer)
    assert kept in answer.content.decode()
