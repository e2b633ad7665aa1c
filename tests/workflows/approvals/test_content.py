"""A decision is bound to what was decided on: orders that grow or shrink while they are approved, and afterwards."""

from decimal import Decimal

import pytest

from orders import labels
from orders.models import ApprovalRequest, Notification, Order, Product
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.approvals import decide, decisions, levels, refusal_of_decision, row
from tests.factories.orders import eventually, ledger, order_events, pay, start_order, stock, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def order() -> Order:
    """Fifteen teas at 100.00 and five coffees at 1.00, which wait for a manager and a director."""
    make_product()
    make_product("COFFEE", price="1.00")
    order = start_order(("TEA", 15), ("COFFEE", 5))
    wait_until(order, waiting_for="approval")
    return order


@pytest.fixture
def alice():
    return make_user("alice", "manager")


@pytest.fixture
def dora():
    return make_user("dora", "director")


def set_quantity(order: Order, sku: str, quantity: int) -> Decimal:
    return client.set_order_quantity(order.number, sku=sku, quantity=quantity, by="customer:guest").total


def add(order: Order, sku: str, quantity: int) -> Decimal:
    return client.add_order_item(order.number, sku=sku, quantity=quantity, by="customer:guest").total


def wait_for_amount(order: Order, amount: str) -> ApprovalRequest:
    eventually(lambda: row(order).amount == Decimal(amount))
    return row(order)


def changes(order: Order) -> list[str]:
    """How the approval changed, as staff read it on the timeline."""
    return [labels.event(entry) for entry in order.timeline.filter(kind=OrderEvent.APPROVAL_CHANGED).order_by("id")]


def asked(role: str) -> int:
    """How many mails asked this role to decide."""
    return Notification.objects.filter(kind="approval_requested", recipient=f"role:{role}").count()


def test_a_decision_records_what_was_decided_on(order: Order, alice):
    fingerprint = order.fingerprint()

    decide(order, alice)

    decision = row(order).decisions.get()
    assert (decision.amount, decision.fingerprint, decision.comment) == (Decimal("1505.00"), fingerprint, "")


def test_adding_reopens_what_the_new_total_needs_and_keeps_the_old_decision_as_history(order: Order, alice, dora):
    decide(order, alice)

    add(order, "TEA", 1)
    approval = wait_for_amount(order, "1605.00")

    assert (approval.round, levels(order)) == (2, {"manager": "pending", "director": "pending"})
    assert decisions(order) == [(1, "manager", True, "alice")]
    assert changes(order) == [
        "The amount to approve changed from 1,505.00\u00a0€ to 1,605.00\u00a0€; still to decide: Manager and Director."
    ]
    assert (asked("manager"), asked("director")) == (2, 2)
    decide(order, alice)
    decide(order, dora, "director")
    wait_until(order, waiting_for="payment")
    assert decisions(order)[1:] == [(2, "manager", True, "alice"), (2, "director", True, "dora")]


def test_adding_past_a_tier_asks_the_level_above_too(order: Order):
    add(order, "TEA", 85)
    wait_for_amount(order, "10005.00")

    assert levels(order) == {"manager": "pending", "director": "pending", "vp": "pending"}
    assert asked("vp") == 1


def test_adding_gives_those_who_are_asked_their_time_anew(order: Order):
    before = row(order).deadline

    add(order, "TEA", 1)

    assert wait_for_amount(order, "1605.00").deadline > before
    order.refresh_from_db()
    assert order.waiting_until == row(order).deadline


def test_taking_off_drops_pending_levels_and_lets_decisions_stand(order: Order, alice):
    decide(order, alice)

    assert set_quantity(order, "TEA", 9) == Decimal("905.00")
    wait_until(order, waiting_for="payment")

    assert (row(order).outcome, row(order).round) == ("approved", 1)
    assert levels(order) == {"manager": "approved", "director": "dropped"}
    assert changes(order) == [
        "The amount to approve changed from 1,505.00\u00a0€ to 905.00\u00a0€; still to decide: –."
    ]
    assert asked("manager") == 1
    assert [(row.amount, row.state) for row in order.payments.all()] == [(Decimal("905.00"), "held")]


def test_taking_off_below_all_tiers_needs_nobody(order: Order):
    set_quantity(order, "TEA", 2)
    wait_until(order, waiting_for="payment")

    assert levels(order) == {"manager": "dropped", "director": "dropped"}
    assert decisions(order) == []


def test_taking_off_within_a_tier_asks_nobody_twice(order: Order, alice):
    seen = order.fingerprint()

    set_quantity(order, "COFFEE", 0)
    wait_for_amount(order, "1500.00")

    assert (levels(order), asked("manager")) == ({"manager": "pending", "director": "pending"}, 1)
    late = refusal_of_decision(order, alice, fingerprint=seen)
    assert late.code == Refusal.CONTENT_CHANGED
    assert labels.refusal(late.code, late.params).startswith("The total is now 1,500.00\u00a0€;")


def test_an_approved_order_that_grows_is_approved_anew(order: Order, alice, dora):
    decide(order, alice)
    decide(order, dora, "director")
    wait_until(order, waiting_for="payment")

    add(order, "COFFEE", 1)
    wait_until(order, waiting_for="approval")

    assert (row(order).round, row(order).amount) == (2, Decimal("1506.00"))
    assert levels(order) == {"manager": "pending", "director": "pending"}
    assert len(decisions(order)) == 2


def test_an_approved_order_that_shrinks_stays_approved_and_asks_for_less_money(order: Order, alice, dora):
    decide(order, alice)
    decide(order, dora, "director")
    wait_until(order, waiting_for="payment")

    set_quantity(order, "TEA", 12)
    eventually(lambda: order.payments.filter(amount="1205.00", state="held").exists())
    wait_until(order, waiting_for="payment")

    assert (row(order).round, row(order).outcome) == (1, "approved")
    pay(order)
    wait_until(order, waiting_for="shipment")
    assert [state for state, _captured, _refunded in ledger(order)] == ["released", "captured"]


def test_what_shrank_and_grows_again_is_approved_anew(order: Order, alice, dora):
    decide(order, alice)
    decide(order, dora, "director")
    wait_until(order, waiting_for="payment")

    set_quantity(order, "TEA", 12)
    add(order, "COFFEE", 10)
    wait_until(order, waiting_for="approval")

    assert (row(order).round, row(order).amount) == (2, Decimal("1215.00"))


def test_what_is_taken_off_goes_back_into_stock(order: Order):
    assert stock() == {"TEA": (1_000, 15), "COFFEE": (1_000, 5)}

    set_quantity(order, "TEA", 20)
    set_quantity(order, "COFFEE", 0)

    assert stock() == {"TEA": (1_000, 20), "COFFEE": (1_000, 0)}
    add(order, "COFFEE", 2)
    assert stock() == {"TEA": (1_000, 20), "COFFEE": (1_000, 2)}
    client.cancel_order(order.number, reason="other", by="customer:guest")
    wait_until(order, status="cancelled")
    assert stock() == {"TEA": (1_000, 0), "COFFEE": (1_000, 0)}


def test_a_changed_quantity_is_on_the_timeline_with_the_amounts_before_and_after(order: Order):
    set_quantity(order, "TEA", 12)

    entry = order.timeline.get(kind=OrderEvent.ITEM_CHANGED)
    assert labels.event(entry, for_customer=True) == (
        "Quantity of TEA set to 12. The total changed from 1,505.00\u00a0€ to 1,205.00\u00a0€."
    )


def test_a_quantity_set_twice_by_one_request_is_set_once(order: Order):
    for _time in range(2):
        client.set_order_quantity(order.number, sku="TEA", quantity=12, by="customer:guest", request_id="one")

    assert order_events(order).count("item_changed") == 1
    assert stock()["TEA"] == (1_000, 12)


@pytest.mark.parametrize(
    ("sku", "quantity", "why"),
    [
        ("TEA", -1, Refusal.QUANTITY_NOT_POSITIVE),
        ("TEA", 10_000, Refusal.QUANTITY_TOO_LARGE),
        ("TEA", 1_001, Refusal.NOT_ENOUGH_STOCK),
        ("CAKE", 1, Refusal.UNKNOWN_SKU),
        ("TEA", 0, None),
        ("COFFEE", 0, Refusal.LAST_LINE),
    ],
)
def test_an_order_keeps_a_line_and_holds_what_there_is(order: Order, sku: str, quantity: int, why: Refusal | None):
    if why in (None, Refusal.LAST_LINE):
        set_quantity(order, "TEA", 0)
    before = stock()

    if why is None:
        assert list(order.lines.values_list("sku", flat=True)) == ["COFFEE"]
        return
    with pytest.raises(Refused) as refused:
        set_quantity(order, sku, quantity)

    assert (refused.value.code, stock()) == (why, before)


def test_what_is_not_on_sale_any_more_may_be_taken_off_and_not_added(order: Order):
    Product.objects.filter(sku="TEA").update(active=False)

    with pytest.raises(Refused) as refused:
        set_quantity(order, "TEA", 16)
    assert refused.value.code == Refusal.UNKNOWN_SKU
    assert set_quantity(order, "TEA", 14) == Decimal("1405.00")


def test_a_paid_order_is_not_changed_any_more(order: Order, alice):
    decide(order, alice)
    set_quantity(order, "TEA", 9)
    wait_until(order, waiting_for="payment")
    pay(order)

    with pytest.raises(Refused) as refused:
        set_quantity(order, "TEA", 8)

    assert refused.value.code == Refusal.ORDER_NOT_PENDING
