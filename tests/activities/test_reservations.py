"""Reservations that nobody has paid: how many one visitor may have, and how long a guest's are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.models import ContactDetails, GuestHold, Order, StripeSession
from orders.rules.order_events import OrderEvent
from orders.rules.status import OrderStatus
from temporal_app.activities import carts, orders, reservations
from temporal_app.activities.recording import record_timeline_entry
from temporal_app.messages import CartChange, CartItem, LineChange, OrderPlacement
from tests.factories.orders import make_contact
from tests.factories.payments import make_payment_event
from tests.factories.products import make_product

pytestmark = pytest.mark.django_db


def ask_for(cart_id: str, quantity: int = 1, *, by: str = "customer:guest", **contact: str) -> Order:
    """Check a cart out that somebody has filled."""
    cart_id = cart_id.ljust(32, "0")
    carts.record_cart(CartChange(cart_id, (CartItem("TEA", quantity),), changed="", closes_at=0.0))
    make_contact(cart_id, **contact)
    return Order.objects.get(number=carts.place_order(OrderPlacement(cart_id, by)).number)


def refusal(cart_id: str, quantity: int = 1, **contact: str) -> str:
    """Why a cart is not checked out; empty where it is."""
    try:
        ask_for(cart_id, quantity, **contact)
    except ApplicationError as refused:
        return str(refused.type)
    return ""


@pytest.fixture(autouse=True)
def tea(db: None) -> None:
    make_product("TEA", on_hand=100)


@pytest.mark.parametrize("same", [{"email": "Eve@Example.org"}, {"session": "s" * 32}])
def test_one_person_has_so_many_unpaid_orders_and_no_more(same: dict[str, str], settings) -> None:
    settings.UNPAID_ORDERS = 2

    others = [{**same, "email": same.get("email", f"{number}@example.org")} for number in range(3)]
    found = [refusal(f"c{number}", **contact) for number, contact in enumerate(others)]

    assert found == ["", "", "too_many_unpaid"]


def test_one_network_address_has_so_many_unpaid_orders_however_many_names_it_uses(settings) -> None:
    settings.UNPAID_ORDERS_PER_ADDRESS = 2

    found = [refusal(f"c{number}", email=f"{number}@example.org", origin="o" * 32) for number in range(3)]

    assert found == ["", "", "too_many_unpaid"]


def test_who_pays_may_order_again_and_so_a_shop_can_sell_out(settings) -> None:
    settings.UNPAID_ORDERS, settings.UNPAID_PIECES = 1, 20
    first = ask_for("c1", 50)

    meanwhile = refusal("c2", 50)
    Order.objects.filter(pk=first.pk).update(status=OrderStatus.PAID)

    assert (meanwhile, refusal("c3", 50)) == ("too_many_unpaid", "")


def test_half_of_what_is_there_is_kept_for_one_visitor_before_it_is_paid(settings) -> None:
    settings.UNPAID_PIECES = 20

    assert refusal("c1", 51) == "too_much_unpaid"
    assert refusal("c2", 30) == ""
    assert refusal("c3", 21) == "too_much_unpaid"
    assert refusal("c4", 50, email="bob@example.org") == ""


def test_an_order_does_not_grow_beyond_what_it_could_have_been_placed_with(settings) -> None:
    settings.UNPAID_PIECES = 20
    order = ask_for("c1", 40)

    with pytest.raises(ApplicationError) as refused:
        orders.set_line(LineChange(order.number, "TEA", 51, "customer:guest", key="k"))
    less = orders.set_line(LineChange(order.number, "TEA", 39, "customer:guest", key="l"))

    assert (refused.value.type, less.total) == ("too_much_unpaid", order.total * 39 / 40)


def test_a_guests_goods_are_kept_for_two_hours_and_lapse_once() -> None:
    order = ask_for("c1")
    hold = GuestHold.objects.get(order=order)

    in_time = reservations.lapse_guest_holds((hold.until - timedelta(seconds=1)).timestamp())
    late, again = [reservations.lapse_guest_holds(hold.until.timestamp()) for _twice in range(2)]

    assert hold.until == order.placed_at + timedelta(hours=2)
    assert (in_time, late, again) == ([], [order.number], [order.number])
    assert not GuestHold.objects.get().confirm(timezone.now())


def test_a_confirmed_address_or_a_payment_under_way_keeps_them(settings) -> None:
    confirmed, on_page, paid, told = ask_for("c1"), ask_for("c2"), ask_for("c3"), ask_for("c4")
    make_payment_event(told, amount=1)
    GuestHold.objects.get(order=confirmed).confirm(timezone.now())
    StripeSession.begin(hold="h", order_number=on_page.number)
    Order.objects.filter(pk=paid.pk).update(status=OrderStatus.PAID)

    late = reservations.lapse_guest_holds((timezone.now() + timedelta(days=1)).timestamp())

    assert late == []


def test_a_card_that_was_charged_keeps_them_though_its_money_has_not_been_taken() -> None:
    order = ask_for("c1")
    record_timeline_entry(order, OrderEvent.PAYMENT_CONFIRMED, by="customer:guest")

    late = reservations.lapse_guest_holds((timezone.now() + timedelta(days=1)).timestamp())

    assert late == []


def test_who_has_an_account_is_no_guest(django_user_model: type) -> None:
    alice = django_user_model.objects.create_user("alice")

    ask_for("c1", by=f"customer:{alice.pk}")

    assert not GuestHold.objects.exists()
    assert ContactDetails.objects.get().origin == ""
