"""A cart left alone for a day checks itself out, or expires."""

import pytest
from temporalio.testing import WorkflowEnvironment

from orders.models import Cart, ContactDetails, Order, Product
from orders.rules import actors
from orders.rules.approvals import DAY
from orders.rules.states import OnExpiry
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.carts import add, start_cart, state, workflow_of
from tests.factories.orders import ask, eventually, let_pass, make_contact
from tests.factories.people import make_user
from tests.factories.products import make_product


@pytest.mark.sqlite
def test_a_cart_checks_itself_out_a_day_after_its_last_change_not_its_first(
    skipping_worker: WorkflowEnvironment,
) -> None:
    make_product()
    cart_id = start_cart()
    make_contact(cart_id)
    add(cart_id)
    let_pass(skipping_worker, 0.9 * DAY)
    add(cart_id)
    let_pass(skipping_worker, 0.9 * DAY)
    open_still = state(cart_id)

    let_pass(skipping_worker, 0.2 * DAY)
    order = eventually(lambda: Order.objects.first())

    assert open_still == "open"
    assert state(cart_id) == "checked_out"
    assert order.lines.get().quantity == 2
    assert order.timeline.get(kind="placed").actor == actors.SYSTEM


def test_a_manager_does_not_approve_the_cart_of_theirs_that_checked_itself_out(
    skipping_worker: WorkflowEnvironment,
) -> None:
    make_product(price="900.00")
    mia = make_user("mia", "manager")
    cart_id = start_cart(customer_id=mia.pk)
    make_contact(cart_id)
    add(cart_id)
    let_pass(skipping_worker, DAY + 60)
    order = eventually(lambda: Order.objects.filter(waiting_for="approval").first())

    with pytest.raises(Refused) as refused:
        client.decide("order", order.number, role="manager", approved=True, by=actors.user(mia.pk))

    assert refused.value.code == "own_request"


def test_a_cart_does_not_order_itself_at_another_price_than_the_customer_saw(
    skipping_worker: WorkflowEnvironment,
) -> None:
    make_product()
    cart_id = start_cart()
    make_contact(cart_id)
    add(cart_id)
    Product.objects.update(price="99.00")

    let_pass(skipping_worker, DAY + 60)

    eventually(lambda: state(cart_id) == "expired")
    assert not Order.objects.exists()


def test_a_cart_whose_order_was_refused_does_not_order_itself_later(skipping_worker: WorkflowEnvironment) -> None:
    make_product(on_hand=1)
    cart_id = start_cart()
    make_contact(cart_id)
    add(cart_id)
    Product.objects.update(on_hand=0)
    with pytest.raises(Refused, match="out_of_stock"):
        client.check_out(cart_id, payment_method="sandbox", by="customer:guest")
    Product.objects.update(on_hand=1)

    let_pass(skipping_worker, DAY + 60)

    eventually(lambda: state(cart_id) == "expired")
    assert Cart.objects.get().on_expiry == "expire"
    assert not Order.objects.exists()


def test_a_cart_orders_itself_for_a_customer_who_chose_that(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart(on_expiry="expire")
    make_contact(cart_id)
    add(cart_id)
    seen = Cart.objects.get().fingerprint()
    client.choose_on_expiry(cart_id, on_expiry=OnExpiry.CHECKOUT, fingerprint=seen, by="customer:guest")

    let_pass(skipping_worker, DAY + 60)

    assert eventually(lambda: Order.objects.first()).timeline.get(kind="placed").actor == actors.SYSTEM


def test_a_cart_without_an_address_cannot_be_told_to_order_itself(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart(on_expiry="expire")
    add(cart_id)
    seen = Cart.objects.get().fingerprint()

    with pytest.raises(Refused) as refused:
        client.choose_on_expiry(cart_id, on_expiry=OnExpiry.CHECKOUT, fingerprint=seen, by="customer:guest")

    assert refused.value.code == "address_missing"


def test_a_refused_change_does_not_keep_a_cart_open(skipping_worker: WorkflowEnvironment) -> None:
    make_product(on_hand=1)
    cart_id = start_cart(on_expiry="expire")
    add(cart_id)
    let_pass(skipping_worker, 0.9 * DAY)
    with pytest.raises(Exception, match="Workflow update failed"):
        add(cart_id, quantity=5)

    let_pass(skipping_worker, 0.2 * DAY)

    eventually(lambda: state(cart_id) == "expired")


def test_a_cart_expires_where_the_shop_says_so(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart(on_expiry="expire")
    make_contact(cart_id)
    add(cart_id)

    let_pass(skipping_worker, DAY + 60)

    eventually(lambda: state(cart_id) == "expired")
    assert not Order.objects.exists()


@pytest.mark.parametrize("missing", ["address", "stock"])
def test_a_cart_that_cannot_check_itself_out_expires(skipping_worker: WorkflowEnvironment, missing: str) -> None:
    make_product()
    cart_id = start_cart()
    make_contact(cart_id)
    add(cart_id)
    if missing == "address":
        ContactDetails.objects.all().delete()
    else:
        Product.objects.update(on_hand=0)

    let_pass(skipping_worker, DAY + 60)

    eventually(lambda: state(cart_id) == "expired")
    assert not Order.objects.exists()


def test_an_expired_cart_refuses_everything_and_says_it_is_closed(skipping_worker: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart(on_expiry="expire")
    make_contact(cart_id)
    add(cart_id)
    let_pass(skipping_worker, DAY + 60)
    eventually(lambda: state(cart_id) == "expired")

    with pytest.raises(Refused) as refused:
        client.check_out(cart_id, payment_method="sandbox", by="customer:guest")

    assert refused.value.code == "cart_closed"


def test_an_empty_cart_is_closed_without_an_order(skipping_worker: WorkflowEnvironment) -> None:
    cart_id = start_cart()

    let_pass(skipping_worker, DAY + 60)

    assert ask(workflow_of(cart_id).describe()).close_time is not None
    assert not Order.objects.exists()
