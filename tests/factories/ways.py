"""Ways that money takes through the shop, by calling activities as their workflows do; each answers the order.

Money by transfer needs `BANK_IBAN`.
"""

from contextlib import suppress
from decimal import Decimal

from temporalio.exceptions import ApplicationError

from orders.models import Order, PaymentEvent, RefundTask, SandboxPayment
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from temporal_app.activities import approvals, payment_events, payments, resolutions, second_person, statements
from temporal_app.messages import ApprovalEnd, ApprovalOpening, ApprovalResult, OrderStep, RefundMade, UnusedPayment
from tests.factories import steps
from tests.factories.steps import order_after
from tests.factories.unmatched import write_decision

LATER = 4_000_000_000.0  # a deadline, Unix time, that no test reaches


def report(order: Order, amount: str = "", **changes: object) -> PaymentEvent:
    """A provider says that money has come for an order, and the shop takes it."""
    payment = order.payments.last()
    told = {
        "event_id": f"evt_{PaymentEvent.objects.count()}",
        "order_number": order.number,
        "status": "paid",
        "amount": Decimal(amount or order.total),
        "currency": "EUR",
        "reference": payment.reference if payment else "early",
        **changes,
    }
    event, _new = record_event(PaymentReport(**told), provider=order.payment_method, by="webhook:sandbox")
    payment_events.match_payment_event(event.pk)
    event.refresh_from_db()
    return event


def decide(event: PaymentEvent, action: str, **columns: object) -> None:
    """Fritz decides, somebody else approves where that is needed, and the activities of that carry it out."""
    decision = write_decision(event, action, **columns).pk
    if asked := second_person.second_person_for_decision(decision):
        approvals.open_approval(ApprovalOpening(asked, LATER))
        approvals.end_approval(ApprovalEnd(asked.kind, asked.subject, ApprovalResult("approved", "user:1")))
    if action == "refund":
        resolutions.send_back(decision)
    elif action == "ignore":
        resolutions.put_aside(decision)
    else:
        resolutions.hand_to_order(decision)
    event.refresh_from_db()


def capture(order: Order, amount: str) -> None:
    payments.capture_payment(OrderStep(order.number, attempt=1, amount=Decimal(amount), by="system"))


def undo(order: Order) -> None:
    for call in steps.UNDO:
        call(order)


def by_card() -> Order:
    return order_after(*steps.FORWARD)


def charged_and_reported() -> Order:
    order = order_after(*steps.up_to(steps.charge), steps.charge)
    report(order)
    steps.capture(order)
    return order


def cancelled_before_capture() -> Order:
    return order_after(*steps.up_to(steps.capture), *steps.UNDO)


def lapsed() -> Order:
    """A card was charged, and its bank set the money free before the shop took it."""
    order = order_after(*steps.up_to(steps.charge), steps.charge)
    report(order)
    SandboxPayment.objects.update(state="released")
    with suppress(ApplicationError):
        steps.capture(order)
    return order


def lapsed_and_paid_anew() -> Order:
    order = lapsed()
    payments.hold_payment(OrderStep(order.number, attempt=2, amount=order.total, until=LATER))
    report(order)
    payments.capture_payment(OrderStep(order.number, attempt=2, by="system"))
    return order


def refunded() -> Order:
    return order_after(*steps.up_to(steps.book), *steps.UNDO)


def waiting() -> Order:
    return order_after(*steps.up_to(steps.charge))


def too_much_accepted() -> Order:
    order = waiting()
    decide(report(order, "1480.00"), "accept")
    capture(order, "300.00")
    return order


def too_much_accepted_and_cancelled() -> Order:
    order = too_much_accepted()
    undo(order)
    return order


def too_little_accepted() -> Order:
    order = waiting()
    decide(report(order, "85.20"), "accept")
    capture(order, "85.20")
    return order


def sent_back() -> Order:
    order = waiting()
    decide(report(order, "305.00"), "refund")
    return order


def put_aside() -> Order:
    order = waiting()
    decide(report(order, "305.00"), "ignore")
    return order


def partly_paid() -> Order:
    order = waiting()
    report(order, "60.00", reference="a part")
    return order


def paid_in_parts() -> Order:
    order = partly_paid()
    report(order, "240.00", reference="the rest")
    capture(order, "300.00")
    return order


def partly_paid_and_cancelled() -> Order:
    order = partly_paid()
    undo(order)
    return order


def partly_paid_and_accepted() -> Order:
    order = partly_paid()
    decide(PaymentEvent.objects.get(), "accept")
    capture(order, "60.00")
    return order


def assigned() -> Order:
    order = waiting()
    decide(report(order, order_number="ORD-2026-999999"), "assign", order_number=order.number)
    return order


def come_after_the_end() -> Order:
    order = refunded()
    report(order, reference="a second transfer")
    return order


def reported_and_released() -> Order:
    order = waiting()
    payment_events.release_payment_event(UnusedPayment(report(order).pk))
    return order


def by_transfer(amount: str = "") -> Order:
    order = by_transfer_waiting()
    event = report(order, amount)
    if amount:
        decide(event, "accept")
    return order


def by_transfer_waiting() -> Order:
    order = order_after(steps.reserve)
    Order.objects.filter(pk=order.pk).update(payment_method="bank_transfer")
    steps.hold(order)
    order.refresh_from_db()
    return order


def transfer_in_parts() -> Order:
    order = by_transfer_waiting()
    for amount in ("60.00", "100.00"):
        report(order, amount, reference=f"a part of {amount}")
    return order


def transfer_in_parts_and_cancelled() -> Order:
    order = transfer_in_parts()
    undo(order)
    return order


def transfer_taken() -> Order:
    order = by_transfer()
    steps.capture(order)
    return order


def transfer_refund_asked() -> Order:
    order = by_transfer("1480.00")
    capture(order, "300.00")
    undo(order)
    return order


def transfer_refund_made() -> Order:
    order = transfer_refund_asked()
    statements.record_refund_made(RefundMade(RefundTask.objects.get().pk, by="user:17"))
    return order


def transfer_cancelled_before_capture() -> Order:
    order = by_transfer()
    undo(order)
    return order
