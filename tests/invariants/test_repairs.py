"""What can be derived is put right, by activities, and stands on the timeline; what cannot is left, and says so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from temporalio.client import Client

from orders.mail.recipients import Recipient
from orders.mail.rendering import render
from orders.models import Cart, MirrorCheck, Notification, Order, PaymentEvent, Product
from orders.rules.invariants import Finding, Invariant
from temporal_app import client, names
from temporal_app.activities import mirror_checks
from temporal_app.messages import MirrorCheckEnd
from tests import serving
from tests.factories import steps
from tests.factories.orders import ask, eventually, pay, place_order, saga, wait_until, write_order
from tests.factories.payments import make_payment_event
from tests.factories.products import make_product
from tests.invariants.checking import check_mirror, found, let_it_age, repairs_of


@dataclass(frozen=True)
class Repair:
    """What is done to the rows, which rule notices, and what the timeline says of the repair."""

    plant: Callable[[Order], object]
    rule: Invariant
    before: str
    after: str


def rows(**columns: object) -> Callable[[Order], object]:
    return lambda order: Order.objects.filter(pk=order.pk).update(**columns)


def carried() -> Order:
    """An order that waits for its shipment."""
    make_product()
    order = place_order(("TEA", 1))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    let_it_age()
    order.refresh_from_db()
    return order


def state(order: Order) -> dict[str, object]:
    return Order.objects.filter(pk=order.pk).values().get()


OPEN = {
    "the row was set back": Repair(
        rows(status="pending", waiting_for="payment"),
        Invariant.MIRROR_AGREES,
        "pending/payment/100.00",
        "paid/shipment/100.00",
    ),
    "the row has another total": Repair(
        rows(total=Decimal("1.00")), Invariant.MIRROR_AGREES, "paid/shipment/1.00", "paid/shipment/100.00"
    ),
    "the row waits for nothing": Repair(
        rows(waiting_for="", waiting_until=None), Invariant.MIRROR_AGREES, "paid//100.00", "paid/shipment/100.00"
    ),
    "the row says that all is over": Repair(
        rows(status="delivered", waiting_for=""),
        Invariant.ROW_IS_OPEN,
        "delivered//100.00",
        "paid/shipment/100.00",
    ),
    "the row has an end": Repair(
        rows(ended_at=timezone.now()), Invariant.ENDED_HAS_AN_END, "paid with an end", "paid without an end"
    ),
    "nobody knows until when it waits": Repair(
        rows(waiting_until=None), Invariant.WAITS_UNTIL, "shipment until no time", "shipment until "
    ),
}
ENDED = {
    "goods that left are still held": (
        steps.FORWARD,
        Repair(
            lambda order: order.reservations.update(state="held"),
            Invariant.GOODS_FOLLOW_ORDER,
            "TEA held",
            "TEA shipped",
        ),
    ),
    "goods that left were never counted down": (
        steps.FORWARD,
        Repair(
            lambda order: (order.reservations.update(state="held"), Product.objects.update(on_hand=100, reserved=3)),
            Invariant.GOODS_FOLLOW_ORDER,
            "TEA held",
            "TEA shipped",
        ),
    ),
    "goods of a cancelled order are still held": (
        (*steps.up_to(steps.book), *steps.UNDO),
        Repair(
            lambda order: (order.reservations.update(state="held"), Product.objects.update(reserved=3)),
            Invariant.GOODS_FOLLOW_ORDER,
            "TEA held",
            "TEA released",
        ),
    ),
    "a delivered order has another total": (
        steps.FORWARD,
        Repair(rows(total=Decimal("1.00")), Invariant.TOTAL_OF_LINES, "1.00", "300.00"),
    ),
    "a cancelled order has no end": (
        (*steps.up_to(steps.book), *steps.UNDO),
        Repair(rows(ended_at=None), Invariant.ENDED_HAS_AN_END, "cancelled without an end", "cancelled with an end"),
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_an_open_order_is_made_to_say_what_its_workflow_says(worker: Client, name: str) -> None:
    repair, order = OPEN[name], carried()
    before = state(order)
    repair.plant(order)

    code, said = check_mirror("--repair")

    assert code == 0, said
    [(rule, was, now)] = repairs_of(order)  # whatever else was wrong because of it is right with it
    assert (rule, was) == (repair.rule, repair.before)
    assert now.startswith(repair.after)
    assert {**state(order), "waiting_until": 0} == {**before, "waiting_until": 0}
    assert abs(state(order)["waiting_until"] - before["waiting_until"]) < timedelta(minutes=1)
    assert check_mirror()[0] == 0


@pytest.mark.parametrize("name", ENDED)
def test_an_order_that_has_ended_is_put_right(worker: Client, name: str) -> None:
    calls, repair = ENDED[name]
    order = steps.order_after(*calls)
    before, stock = state(order), Product.objects.values("on_hand", "reserved").get()
    repair.plant(order)

    code, said = check_mirror("--repair")

    assert code == 0, said
    assert repairs_of(order) == [(repair.rule, repair.before, repair.after)]
    assert {**state(order), "ended_at": 0} == {**before, "ended_at": 0}
    assert Product.objects.values("on_hand", "reserved").get() == stock
    assert check_mirror()[0] == 0


def test_what_is_reserved_is_counted_anew(worker: Client) -> None:
    carried()
    Product.objects.update(reserved=F("reserved") + 2)

    code, said = check_mirror("--repair")

    assert code == 0, said
    assert found() == [("reserved_as_promised", "TEA")]
    assert Product.objects.get().reserved == 1


def test_an_order_that_nobody_carries_is_carried(worker: Client) -> None:
    make_product()
    order = Order.objects.get(number=write_order(("TEA", 1)).number)
    let_it_age()

    code, said = check_mirror("--repair")

    assert code == 0, said
    wait_until(order, waiting_for="payment")
    assert [one[0] for one in repairs_of(order)] == ["workflow_runs"]


def test_a_cart_that_nobody_keeps_is_closed(worker: Client) -> None:
    Cart.objects.create(cart_id="c" * 32, changed_at=timezone.now() - timedelta(hours=1), closes_at=timezone.now())

    code, said = check_mirror("--repair")

    assert code == 0, said
    assert Cart.objects.get().state == "expired"


def test_an_event_that_nobody_looked_at_is_matched(worker: Client) -> None:
    payment_event = make_payment_event()
    PaymentEvent.objects.update(received_at=timezone.now() - timedelta(hours=1))

    code, said = check_mirror("--repair")

    assert code == 0, said
    payment_event.refresh_from_db()
    assert (payment_event.outcome, payment_event.reason) == ("unmatched", "unknown_order")


def test_without_being_told_to_nothing_is_repaired(worker: Client) -> None:
    order = carried()
    rows(status="pending", waiting_for="payment")(order)

    code, said = check_mirror()

    assert code == 1
    assert f"left: {order.number}: mirror_agrees: pending/payment/100.00, not paid/shipment/100.00" in said
    order.refresh_from_db()
    assert order.status == "pending"


def test_what_cannot_be_derived_is_left_and_the_rest_repaired(worker: Client) -> None:
    order = carried()
    ask(saga(order).terminate())
    Product.objects.update(reserved=F("reserved") + 2)

    code, said = check_mirror("--repair")

    assert code == 1
    assert "repaired: TEA: reserved_as_promised: 3, not 1" in said
    assert f"left: order-saga-{order.number}: workflow_runs: terminated, not running" in said
    assert said.endswith("2 found, 1 left.")


def test_where_temporal_is_away_the_tables_are_looked_at_and_nothing_is_called_done(transactional_db: None) -> None:
    make_product(reserved=7)

    with serving.temporal_away():
        code, said = check_mirror("--repair")

    assert code == 2
    assert "left: TEA: reserved_as_promised: 7, not 0" in said
    assert "Only the tables were looked at" in said
    assert Product.objects.get().reserved == 7


def test_the_nightly_schedule_looks_and_repairs_nothing(worker: Client) -> None:
    make_product(reserved=7)
    client.sync_schedule(names.MIRROR_CHECK_SCHEDULE)

    client.trigger_schedule(names.MIRROR_CHECK_SCHEDULE)

    check = eventually(lambda: MirrorCheck.objects.exclude(ended_as="").first())
    assert (check.requested_by, check.ended_as) == ("schedule:nightly-mirror-check", "done")
    assert found() == [("reserved_as_promised", "TEA")]
    assert Product.objects.get().reserved == 7
    told = Notification.objects.get(kind="operations_alert")
    body = render(told, Recipient("ops@example.test", "en")).text
    assert "TEA: " in body
    assert reverse("admin:orders_mirrorcheck_change", args=[check.pk]) in body


def test_operations_hear_once_of_a_night_that_found_something_and_nothing_of_a_good_one(worker: Client) -> None:
    good = MirrorCheck.objects.create(**made_by("schedule:nightly-mirror-check", "good"))
    bad = MirrorCheck.objects.create(**made_by("schedule:nightly-mirror-check", "bad"))
    asked_for = MirrorCheck.objects.create(**made_by("user:1", "asked for"))
    for check in (bad, asked_for):
        check.add([Finding(Invariant.RESERVED_AS_PROMISED, f"SKU-{n}", "7", "0") for n in range(25)], look=1)

    for check in (good, bad, bad, asked_for):
        mirror_checks.end_mirror_check(MirrorCheckEnd(check.pk))

    told = Notification.objects.get(kind="operations_alert")
    mail = render(told, Recipient("ops@example.test", "en"))
    assert "25 things" in mail.subject
    assert "SKU-0" in mail.text
    assert "and 5 more" in mail.text


def made_by(who: str, name: str) -> dict[str, object]:
    return {"workflow_id": name, "requested_by": who, "started_at": timezone.now()}
