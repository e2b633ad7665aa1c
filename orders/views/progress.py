"""How far an order is, in the words and steps a customer reads."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

from orders import labels
from orders.models import Order
from orders.payments.card import Told
from orders.rules.approvals import ApprovalOutcome
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal
from orders.rules.status import OrderStatus, WaitingFor


class StepState(StrEnum):
    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Step:
    """One step of the bar that is drawn, and when it was done."""

    label: str
    state: StepState
    at: datetime | None = None


@dataclass(frozen=True)
class Next:
    """What happens next: a headline, a sentence, and a sentence that says until when, where there is a time."""

    headline: str
    sentence: str
    until: str = ""


REACHED = {
    OrderStatus.PENDING: 0,
    OrderStatus.PAID: 1,
    OrderStatus.SHIPPED: 2,
    OrderStatus.DELIVERED: 3,
}


def steps(order: Order) -> list[Step]:
    """Placed, checked (where somebody has to), paid, shipped, delivered; or how far it got before it was cancelled."""
    happened = {entry.kind: entry.at for entry in order.timeline.all()}
    reached = REACHED.get(OrderStatus(order.status), 0)
    approval = getattr(order, "approval", None)
    # (label, done, when)
    rows: list[tuple[str, bool, datetime | None]] = [(_("Ordered"), True, order.placed_at)]
    if approval is not None or order.waiting_for == WaitingFor.APPROVAL:
        approved = approval is not None and approval.outcome == ApprovalOutcome.APPROVED
        rows.append((_("Checked"), approved, happened.get(OrderEvent.APPROVED)))
    rows += [
        (_("Paid"), reached >= 1 or OrderEvent.PAID in happened, happened.get(OrderEvent.PAID)),
        (_("Shipped"), reached >= 2, happened.get(OrderEvent.SHIPPED)),
        (_("Delivered"), reached >= 3, happened.get(OrderEvent.DELIVERED)),
    ]
    if order.status == OrderStatus.CANCELLED:
        done = [Step(label, StepState.DONE, at) for label, is_done, at in rows if is_done]
        return [*done, Step(_("Cancelled"), StepState.STOPPED, order.ended_at)]
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        done = [Step(label, StepState.DONE, at) for label, is_done, at in rows if is_done]
        return [*done, Step(_("Being cancelled"), StepState.CURRENT)]
    drawn, current = [], True
    for label, is_done, at in rows:
        state = StepState.DONE if is_done else StepState.CURRENT if current else StepState.AHEAD
        current = current and is_done
        drawn.append(Step(label, state, at if is_done else None))
    return drawn


def next_step(order: Order, told: Told) -> Next:
    """What the customer may expect, and until when.

    :param told: what the shop was told of money for it
    """
    if order.status == OrderStatus.CANCELLED:
        return _cancelled(order, told)
    if order.status == OrderStatus.ROLLBACK_INCOMPLETE:
        return Next(_("This order is being cancelled"), _left_to_people(order))
    if order.undo_started_at is not None:
        return Next(_("This order is being cancelled"), _("We are undoing everything; this usually takes a moment."))
    if order.status == OrderStatus.DELIVERED:
        return Next(_("Delivered"), _("Your order has arrived. Enjoy it!"))
    if order.status == OrderStatus.SHIPPED:
        return Next(_("On its way to you"), _carried(order), _until(order, _("It should be with you by %(at)s.")))
    if order.status == OrderStatus.PAID:
        sentence = _("You hear from us as soon as it has left.")
        return Next(_("We are packing your order"), sentence, _until(order, _("It leaves by %(at)s at the latest.")))
    return _pending(order, told)


def _pending(order: Order, told: Told) -> Next:
    if order.waiting_for == WaitingFor.APPROVAL:
        sentence = _("Orders of this size are looked at by a person. You do not have to do anything.")
        until = _until(order, _("You hear from us by %(at)s at the latest."))
        if kept := _kept(order):
            return Next(_("We are checking your order"), _("Orders of this size are looked at by a person."), kept)
        return Next(_("We are checking your order"), sentence, until)
    if order.waiting_for == WaitingFor.PAYMENT and told.looked_at:
        received = _looked_at(told)
        sentence = _("Our finance team is looking at it. You do not have to pay again.")
        return Next(_("We received %(received)s") % {"received": received}, sentence)
    if order.waiting_for == WaitingFor.PAYMENT and told.parts.received:
        return _partly_paid(order, told)
    if order.waiting_for == WaitingFor.PAYMENT:
        amount = labels.money(order.rest, order.currency)
        sentence = _("We ship as soon as your payment has arrived.")
        if order.credit:
            words = {"credit": labels.money(order.credit, order.currency)}
            sentence = _("%(credit)s are paid with your store credit; we ship as soon as the rest has arrived.") % words
        if _has_lapsed(order):
            sentence = _(
                "We could not take your payment in time, and your bank set the money free. Nothing was charged; please "
                "pay once more."
            )
        until = _until(order, _("Please pay by %(at)s."))
        return Next(_("Please pay %(amount)s") % {"amount": amount}, sentence, _kept(order) or until)
    return Next(_("We have your order"), _("We are setting the goods aside for you."))


def _looked_at(told: Told) -> str:
    """What waits for finance, in words."""
    return " + ".join(labels.money(event.amount, event.currency) for event in told.looked_at)


def _kept(order: Order) -> str:
    """Until when a guest's goods are kept who has not confirmed their address; empty where that is no matter."""
    hold = getattr(order, "guest_hold", None)
    if hold is None or not hold.is_open or (order.waiting_until and hold.until >= order.waiting_until):
        return ""
    return _(
        "Until %(at)s we keep the goods for you. For more time, please open the link in our first mail to you."
    ) % {"at": labels.moment(hold.until)}


def _was_not_confirmed(order: Order) -> bool:
    """Whether it was cancelled because its guest did not confirm their address."""
    kept = getattr(order, "guest_hold", None)
    return kept is not None and kept.lapsed_at is not None


def _has_lapsed(order: Order) -> bool:
    """Whether the payment is asked for because the one before could not be taken any more."""
    before = max((payment.attempt for payment in order.payments.all()), default=0) - 1
    return any(entry.key == f"{OrderEvent.PAYMENT_LAPSED}:{before}" for entry in order.timeline.all())


def _partly_paid(order: Order, told: Told) -> Next:
    amounts = {"received": told.parts.received, "total": order.rest, "missing": told.parts.missing}
    words = {name: labels.money(amount, order.currency) for name, amount in amounts.items()}
    if not amounts["missing"]:
        return Next(_("We received %(received)s") % words, _("Thank you! Your order goes on in a moment."))
    until = _until(order, _("Please pay by %(at)s."))
    sentence = _("Thank you! Please pay the missing %(missing)s; we ship as soon as they have arrived.") % words
    return Next(_("We received %(received)s of %(total)s") % words, sentence, until)


def _until(order: Order, sentence: str) -> str:
    return sentence % {"at": labels.moment(order.waiting_until)} if order.waiting_until else ""


def _carried(order: Order) -> str:
    shipment = getattr(order, "shipment", None)
    if shipment is None or not shipment.carrier:
        return _("Your parcel has left our house.")
    return _("%(carrier)s carries your parcel, tracking number %(number)s.") % {
        "carrier": shipment.carrier,
        "number": shipment.tracking_number or "–",
    }


def _left_to_people(order: Order) -> str:
    if order.compensation_failures.open().filter(step="payment").exists():
        return _(
            "It will not be delivered. We could not return your payment automatically, so a person sees to it; "
            "we write to you when that is done."
        )
    return _(
        "It will not be delivered. Something about it has to be undone by hand; we write to you when that is done."
    )


def _cancelled(order: Order, told: Told) -> Next:
    happened = {entry.kind: entry.data for entry in order.timeline.all()}
    code = happened.get(OrderEvent.CANCELLED, {}).get("code", "")
    if OrderEvent.REFUNDED in happened or OrderEvent.PAYMENT_SENT_BACK in happened:
        sentence = _("Your money is on its way back to you.")
    elif OrderEvent.PAYMENT_CREDITED in happened:
        sentence = _("What you paid is on your store credit.")
    elif told.looked_at:
        sentence = ""
    elif OrderEvent.PAID in happened or order.compensation_failures.payment_not_undone().exists():
        sentence = _("If you have any question about your payment, please write to us.")
    elif _was_not_confirmed(order):
        sentence = _(
            "It was not paid, and your e-mail address was not confirmed in time, so we keep the goods for others. "
            "Nothing was charged; please order again if you still want them."
        )
    elif code == "payment_deadline":
        sentence = _("The payment did not arrive in time. Nothing was charged.")
    elif code in ("rejected", "expired"):
        sentence = _("We are sorry that we cannot deliver it. Nothing was charged.")
    elif code in (Refusal.OUT_OF_STOCK, Refusal.NOT_ENOUGH_STOCK):
        sentence = _("We are sorry: something in it was sold out in the meantime. Nothing was charged.")
    else:
        sentence = _("Nothing was charged.")
    if told.looked_at:
        said = _("We received %(received)s; our finance team is looking at it.") % {"received": _looked_at(told)}
        sentence = f"{sentence} {said}".strip()
    if back := happened.get(OrderEvent.CREDIT_RETURNED):
        amount = labels.money(Decimal(back["amount"]), order.currency)
        said = _("%(amount)s are back on your store credit.") % {"amount": amount}
        sentence = f"{sentence} {said}"
    return Next(_("This order is cancelled"), sentence)
