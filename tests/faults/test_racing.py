"""Twenty people who want the same at the same moment: one gets it, or as many as there is, and all are told so."""

import pytest
from django.test import Client as Browser

from orders.authorization.roles import set_up_roles
from orders.models import Order, Product, SandboxOperation, StockAdjustment
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.admin.browsing import at_browser, dialog_url, fill_in
from tests.factories.approvals import People
from tests.factories.orders import eventually, make_contact, pay, place_order, stock, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import waiting_order
from tests.faults.table import Row

pytestmark = [pytest.mark.faults, pytest.mark.usefixtures("worker")]
TWENTY = 20
HELD = "one effect or as many as there is, answers that agree"


def verdicts(act) -> list[str]:
    """What each of twenty people is told who do something at once: `done`, or why not."""

    def answer(number: int) -> str:
        try:
            act(number)
        except Refused as refused:
            return str(refused.code)
        return "done"

    with People(TWENTY) as people:
        return people.at_once(answer)


def test_twenty_want_the_last_three_pieces(fault_row: Row) -> None:
    make_product(on_hand=3)
    carts = [f"{number:032x}" for number in range(1, TWENTY + 1)]
    for cart in carts:
        client.add_to_cart(cart, sku="TEA", quantity=1)
        make_contact(cart)

    verdicts(lambda number: client.check_out(carts[number], payment_method="sandbox", by="customer:guest"))
    eventually(
        lambda: (
            Order.objects.exclude(waiting_for="").count() + Order.objects.filter(status="cancelled").count()
            == Order.objects.count()
        )
    )

    assert stock() == {"TEA": (3, 3)}
    assert Order.objects.filter(waiting_for="payment").count() == 3
    fault_row(6, TWENTY, "20 people racing: the last 3 pieces", HELD)


def test_twenty_pay_one_order(fault_row: Row) -> None:
    make_product()
    order = waiting_order(("TEA", 1))

    told = verdicts(lambda _number: pay(order))
    wait_until(order, status="paid")

    assert told.count("done") == 1, told
    assert SandboxOperation.objects.filter(kind="capture").count() == 1
    fault_row(6, TWENTY, "20 people racing: pay one order", HELD)


def test_twenty_managers_approve_one_order(fault_row: Row) -> None:
    make_product("POT", price="300.00")
    managers = [make_user(f"manager-{number}", "manager") for number in range(TWENTY)]
    order = place_order(("POT", 1))
    wait_until(order, waiting_for="approval")

    told = verdicts(
        lambda number: client.decide(
            "order", order.number, role="manager", approved=True, by=f"user:{managers[number].pk}"
        )
    )
    wait_until(order, waiting_for="payment")

    assert told.count("done") == 1, told
    assert order.approval.decisions.count() == 1
    fault_row(6, TWENTY, "20 people racing: approve one order", HELD)


def test_twenty_cancel_and_ship_one_order(fault_row: Row) -> None:
    make_product()
    order = waiting_order(("TEA", 1))
    pay(order)
    wait_until(order, waiting_for="shipment")

    def act(number: int) -> None:
        if number % 2:
            client.mark_shipped(order.number, carrier="DHL", tracking_number="0034 1", by=f"user:{number}")
        else:
            client.cancel_order(order.number, reason="other", by=f"user:{number}")

    told = verdicts(act)
    eventually(lambda: Order.objects.get().status in ("shipped", "cancelled"))

    shipped = Order.objects.get().status == "shipped"
    assert (("done" in told[1::2]), ("done" in told[::2])) == (shipped, not shipped), told
    fault_row(6, TWENTY, "20 people racing: cancel and ship one order", HELD)


def test_twenty_take_pieces_off_one_stock(fault_row: Row) -> None:
    set_up_roles()
    tea = make_product(on_hand=5)
    url = dialog_url("product", "adjust", tea.pk)
    browsers: list[Browser] = [at_browser(make_user(f"wanda-{number}", "warehouse")) for number in range(TWENTY)]

    with People(TWENTY) as people:
        told = people.at_once(lambda number: fill_in(browsers[number], url, delta="-1", reason="Broken").status_code)

    assert (told.count(200), told.count(409)) == (5, 15), told
    assert Product.objects.get().on_hand == 0
    assert StockAdjustment.objects.filter(applied_at=None).exclude(refused="").count() == 15
    fault_row(6, TWENTY, "20 people racing: take pieces off one stock", HELD)


def test_twenty_add_to_one_cart(fault_row: Row) -> None:
    make_product()

    told = verdicts(lambda number: client.add_to_cart("c" * 32, sku="TEA", quantity=1, request_id=f"{number:032x}"))
    make_contact("c" * 32)
    number = client.check_out("c" * 32, payment_method="sandbox", by="customer:guest")

    assert Order.objects.get(number=number).lines.get().quantity == told.count("done") == TWENTY
    fault_row(6, TWENTY, "20 people racing: add to one cart", HELD)
