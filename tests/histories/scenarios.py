"""What happens while a history is recorded: one function an ending. Each has a Temporal and a database of its own."""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from temporalio.testing import WorkflowEnvironment

from orders.models import (
    ApprovalPolicy,
    BankStatement,
    ExpenseRequest,
    Order,
    PaymentEvent,
    Product,
    RefundTask,
    SandboxPayment,
    StockAdjustment,
)
from orders.payments.bank_transfer import transfer_details
from orders.rules import actors
from orders.rules.approvals import DAY, ApprovalTier
from temporal_app import client, connection
from temporal_app.client.errors import Refused
from temporal_app.messages import CartItem, OrderDeadlines
from temporal_app.workflows.order_saga import OrderSagaWorkflow
from tests.factories.camt import Entry, camt
from tests.factories.carts import add, start_cart
from tests.factories.orders import (
    ask,
    eventually,
    let_pass,
    make_contact,
    pay,
    place_order,
    saga,
    ship,
    start_order,
    wait_until,
)
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve
from tests.histories.left_to_people import left_to_people, reversals_settled
from tests.payments.unreliable import Fault
from tests.workflows.outside import BusyCarrier, break_gateway, use_carrier

GUEST = "customer:guest"


def delivered(_environment: WorkflowEnvironment) -> None:
    make_product(price="20.00")
    order = place_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    client.set_language(order.number, "de")
    pay(order)
    wait_until(order, waiting_for="shipment")
    ship(order)
    wait_until(order, waiting_for="delivery")
    client.mark_delivered(order.number, by="user:1")
    ask(saga(order).result())


def approved_and_changed(_environment: WorkflowEnvironment) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product()
    order = place_order()
    wait_until(order, waiting_for="payment")
    client.add_order_item(order.number, sku="TEA", quantity=2, by=GUEST)
    wait_until(order, waiting_for="approval")
    client.add_order_item(order.number, sku="TEA", quantity=1, by=GUEST)
    eventually(lambda: order.timeline.filter(kind="approval_changed").exists())
    client.decide("order", order.number, role="manager", approved=True, by=mia)
    wait_until(order, waiting_for="payment")
    with suppress(Refused):
        client.pay(order.number, payment_method="sandbox", amount=order.total, card_token="tok_declined_card", by=GUEST)
    report(order)
    wait_until(order, waiting_for="shipment")
    client.cancel_order(order.number, reason="changed_mind", by=GUEST)
    wait_until(order, status="cancelled")


def rejected(_environment: WorkflowEnvironment) -> None:
    mia = actors.user(make_user("mia", "manager").pk)
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")
    client.decide("order", order.number, role="manager", approved=False, comment="no", by=mia)
    ask(saga(order).result())


def withdrawn(_environment: WorkflowEnvironment) -> None:
    make_user("mia", "manager")
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")
    ask(saga(order).signal(OrderSagaWorkflow.cancel_order, {"reason": "changed_mind", "by": GUEST}))
    ask(saga(order).result())


def not_approved_in_time(environment: WorkflowEnvironment) -> None:
    make_user("mia", "manager")
    make_user("dora", "director")
    make_product(price="300.00")
    tier = ApprovalTier(
        "250.00", ("manager",), at_deadline="escalate", remind_before_seconds=DAY, escalate_to="director"
    )
    order = start_order(tiers=(tier,))
    wait_until(order, waiting_for="approval")
    let_pass(environment, 15 * DAY)
    wait_until(order, status="cancelled", skipping=environment)


def not_paid_in_time(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    let_pass(environment, 15 * DAY)
    wait_until(order, status="cancelled", skipping=environment)


def shipped_late_and_delivered_by_itself(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order(deadlines=OrderDeadlines(shipment=DAY))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=environment)
    let_pass(environment, DAY + 60)
    ship(order)
    wait_until(order, waiting_for="delivery")
    let_pass(environment, 4 * DAY)
    wait_until(order, status="delivered", skipping=environment)


def never_shipped(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order(deadlines=OrderDeadlines(shipment=3600))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment", skipping=environment)
    let_pass(environment, 13 * 3600)
    wait_until(order, status="cancelled", skipping=environment)


def not_given_back(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    with pytest.MonkeyPatch.context() as monkeypatch:
        break_gateway(monkeypatch, "release")
        let_pass(environment, 14 * DAY)
        wait_until(order, status="rollback_incomplete", skipping=environment)


def not_fetched_by_the_carrier(environment: WorkflowEnvironment) -> None:
    make_product()
    order = start_order()
    wait_until(order, waiting_for="payment")
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_carrier(monkeypatch, BusyCarrier(Fault.AFTER, "book"))
        pay(order)
        wait_until(order, status="cancelled", skipping=environment)


def cart_expired(environment: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart(on_expiry="expire")
    add(cart_id)
    let_pass(environment, DAY + 60)


def cart_checked_itself_out(environment: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart()
    make_contact(cart_id)
    add(cart_id)
    let_pass(environment, DAY + 60)
    eventually(lambda: Order.objects.exists())


def cart_that_goes_on(_environment: WorkflowEnvironment) -> None:
    make_product()
    cart_id = start_cart()
    for click in range(10):
        add(cart_id, request_id=f"click-{click}")


def cart_of_many_ways(_environment: WorkflowEnvironment) -> None:
    make_product("TEA", on_hand=50)
    make_product("CUP")
    cart_id = uuid4().hex
    client.order_again(cart_id, items=[CartItem("TEA", 2), CartItem("NOPE")])
    client.set_cart_quantity(cart_id, sku="CUP", quantity=2)
    client.set_cart_quantity(cart_id, sku="CUP", quantity=0)
    with suppress(Refused):
        client.add_to_cart(cart_id, sku="TEA", quantity=99)
    make_contact(cart_id)
    Product.objects.filter(sku="TEA").update(on_hand=1)
    with suppress(Refused):
        client.check_out(cart_id, payment_method="sandbox", by=GUEST)
    client.set_cart_quantity(cart_id, sku="TEA", quantity=1)
    client.check_out(cart_id, payment_method="sandbox", by=GUEST)


def expenses(_environment: WorkflowEnvironment) -> None:
    ApprovalPolicy.objects.get_or_create(kind="expense", from_amount="0.00", defaults={"roles": ["manager"]})
    sam, mia = make_user("sam", "support"), make_user("mia", "manager")
    for approved in (True, False):
        expense = ExpenseRequest.objects.create(requester=sam, amount="42.00", category="Travel", description="-")
        client.submit_expense(expense.pk)
        eventually(lambda expense=expense: hasattr(ExpenseRequest.objects.get(pk=expense.pk), "approval"))
        client.decide(
            "expense", str(expense.pk), role="manager", approved=approved, comment="ok", by=actors.user(mia.pk)
        )


def stock_adjusted(_environment: WorkflowEnvironment) -> None:
    adjustment = StockAdjustment.objects.create(product=make_product(), delta=-5, reason="broken")
    client.adjust_stock(adjustment.pk)
    eventually(lambda: StockAdjustment.objects.get().applied_at)


def payments_checked(_environment: WorkflowEnvironment) -> None:
    make_product(price="20.00")
    orders = [start_order() for _order in range(4)]
    for order in orders:
        wait_until(order, waiting_for="payment")
    watched, seen_off, batched, unpaid = orders
    SandboxPayment.objects.exclude(order_number=unpaid.number).update(state="authorised")
    monitors = client.coordinate_payment_checks([watched.number], by="user:1")
    eventually(lambda: ended(monitors), within=90)
    hybrid = client.check_payments_now([seen_off.number, unpaid.number], by="user:1")
    eventually(lambda: ended(hybrid), within=90)
    batch = client.check_all_payments(by="user:1")
    eventually(lambda: ended(batch), within=90)
    wait_until(batched, waiting_for="shipment")


def by_transfer_with_mismatches(_environment: WorkflowEnvironment) -> None:
    settings.PAYMENT_METHODS, settings.BANK_IBAN = ["sandbox", "bank_transfer"], "DE89370400440532013000"
    make_product(price="43.90")
    paid, short = start_transfer_order(), start_transfer_order()
    entries = Entry(reference=reference(paid)), Entry(reference=reference(short), amount="40.00"), Entry(purpose="?")
    statement = BankStatement.objects.create(file=ContentFile(camt(*entries), name="s.xml"), name="s.xml")
    client.import_statement(statement.pk)
    wait_until(paid, waiting_for="shipment")
    client.cancel_order(paid.number, reason="changed_mind", by=GUEST)
    wait_until(paid, status="cancelled")
    client.mark_refund_made(RefundTask.objects.get().pk, by="user:1")
    resolve(PaymentEvent.objects.get(amount="40.00"), "accept")
    resolve(PaymentEvent.objects.get(reason="unknown_order"), "ignore")
    wait_until(short, waiting_for="shipment")


def start_transfer_order() -> Order:
    cart_id = uuid4().hex
    client.add_to_cart(cart_id, sku="TEA", quantity=1)
    make_contact(cart_id)
    order = Order.objects.get(number=client.check_out(cart_id, payment_method="bank_transfer", by=GUEST))
    wait_until(order, waiting_for="payment")
    return order


def reference(order: Order) -> str:
    return transfer_details(order.number).reference


def ended(workflow_id: str) -> bool:
    """Whether a workflow has."""
    return ask(connection._shared.get_workflow_handle(workflow_id).describe()).close_time is not None


Scenario = Callable[[WorkflowEnvironment], None]
REAL_TIME: tuple[Scenario, ...] = (
    delivered,
    approved_and_changed,
    rejected,
    withdrawn,
    cart_of_many_ways,
    expenses,
    stock_adjusted,
    payments_checked,
    by_transfer_with_mismatches,
    reversals_settled,
)
SKIPPED_TIME: tuple[Scenario, ...] = (
    not_approved_in_time,
    not_paid_in_time,
    shipped_late_and_delivered_by_itself,
    never_shipped,
    not_given_back,
    left_to_people,
    not_fetched_by_the_carrier,
    cart_expired,
    cart_checked_itself_out,
)
