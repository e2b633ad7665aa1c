"""What stands on a timeline, as sentences.

An event has one or more wordings; the first whose details (`%(…)s`) are all in the entry's data is taken, so that
an entry with fewer details still reads well. Customers read the wordings of `FOR_CUSTOMERS` where there are any.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from orders.labels.enums import cancel_reason
from orders.labels.formats import refusal, value
from orders.models.timeline import TimelineEntry
from orders.rules.order_events import NOT_CONFIRMED, SUSPICIOUS, OrderEvent
from orders.rules.refusals import SENTENCES, Refusal

OUR_REASONS = {
    NOT_CONFIRMED: _("neither paid nor the e-mail address confirmed in time"),
    SUSPICIOUS: _("a reservation that nobody seems to mean"),
}
SAID_BY_PEOPLE = ("cancelled", "rejected")  # why else an order ends is a matter of programs
DETAIL = re.compile(r"%\((\w+)\)s")

FOR_STAFF: dict[OrderEvent, tuple[object, ...]] = {
    OrderEvent.PLACED: (_("Order placed, %(total)s."), _("Order placed.")),
    OrderEvent.STOCK_RESERVED: (_("Stock reserved."),),
    OrderEvent.STOCK_RELEASED: (_("Stock released."),),
    OrderEvent.APPROVAL_REQUESTED: (
        _("Approval requested: %(roles)s, for %(amount)s."),
        _("Approval requested: %(roles)s."),
        _("Approval requested."),
    ),
    OrderEvent.APPROVAL_CHANGED: (
        _("The amount to approve changed from %(before)s to %(after)s; still to decide: %(levels)s."),
        _("The amount to approve changed."),
    ),
    OrderEvent.APPROVAL_REMINDED: (_("Reminder of the approval sent."),),
    OrderEvent.APPROVAL_ESCALATED: (
        _("Approval passed on to: %(levels)s."),
        _("Approval passed on."),
    ),
    OrderEvent.LEVEL_APPROVED: (
        _("%(role)s: approved for %(acting_for)s. “%(comment)s”"),
        _("%(role)s: approved. “%(comment)s”"),
        _("%(role)s: approved."),
        _("Approved by one level."),
    ),
    OrderEvent.LEVEL_REJECTED: (
        _("%(role)s: rejected for %(acting_for)s. “%(comment)s”"),
        _("%(role)s: rejected. “%(comment)s”"),
        _("%(role)s: rejected."),
        _("Rejected by one level."),
    ),
    OrderEvent.DECISION_REFUSED: (_("%(role)s: a decision was refused. %(refusal)s"), _("A decision was refused.")),
    OrderEvent.APPROVED: (_("Order approved."),),
    OrderEvent.REJECTED: (_("Order rejected: “%(reason)s”"), _("Order rejected.")),
    OrderEvent.APPROVAL_EXPIRED: (_("The approval was not given in time."),),
    OrderEvent.PAYMENT_REQUESTED: (_("Payment of %(amount)s requested."), _("Payment requested.")),
    OrderEvent.PAYMENT_REMINDED: (
        _("Reminded of the payment: %(missing)s are missing."),
        _("Reminded of the payment."),
    ),
    OrderEvent.PAYMENT_EXTENDED: (_("To be paid by %(until)s now."), _("More time to pay.")),
    OrderEvent.PAYMENT_CONFIRMED: (
        _("Payment of %(amount)s reported, reference %(reference)s."),
        _("Payment of %(amount)s reported."),
        _("Payment reported."),
    ),
    OrderEvent.PAYMENT_PART: (_("A part came: %(amount)s; %(missing)s are missing."), _("A part of the payment came.")),
    OrderEvent.PAYMENT_REFUSED: (
        _("A payment of %(amount)s was refused: %(reason)s"),
        _("A payment was refused: %(reason)s"),
        _("A payment was refused."),
    ),
    OrderEvent.PAYMENT_LAPSED: (
        _("%(amount)s could not be taken: the authorisation is gone. Nothing was charged; the customer is asked anew."),
        _("A payment could not be taken: its authorisation is gone."),
    ),
    OrderEvent.PAYMENT_MISMATCH: (
        _("A payment of %(amount)s did not match: %(mismatch)s. Somebody has to look at it."),
        _("A payment did not match. Somebody has to look at it."),
    ),
    OrderEvent.PAYMENT_ASSIGNED: (
        _("A payment of %(amount)s was assigned to this order."),
        _("A payment was assigned to this order."),
    ),
    OrderEvent.PAYMENT_ACCEPTED: (
        _("A payment of %(amount)s was accepted in place of %(total)s. “%(reason)s”"),
        _("A payment of %(amount)s was accepted in place of %(total)s."),
        _("A payment that did not match was accepted."),
    ),
    OrderEvent.PAYMENT_SENT_BACK: (
        _("A payment of %(amount)s that did not match is sent back. “%(reason)s”"),
        _("A payment of %(amount)s that did not match is sent back."),
        _("A payment that did not match is sent back."),
    ),
    OrderEvent.PAYMENT_CREDITED: (
        _("%(amount)s are kept for the customer as store credit."),
        _("A payment is kept for the customer as store credit."),
    ),
    OrderEvent.PAYMENT_IGNORED: (
        _("A payment of %(amount)s that did not match was closed without action. “%(reason)s”"),
        _("A payment that did not match was closed without action."),
    ),
    OrderEvent.PLACED_ANEW: (
        _("Placed anew as %(new)s, because its payment of %(amount)s came after the end."),
        _("Placed anew as %(new)s, because it was not paid in time."),
        _("Placed in place of %(old)s."),
        _("Placed anew."),
    ),
    OrderEvent.TAKEN_BACK: (
        _("The bank took %(amount)s back; the customer owes them again."),
        _("The bank took a payment back."),
    ),
    OrderEvent.PAID: (_("Payment of %(amount)s received."), _("Payment received.")),
    OrderEvent.CREDIT_TAKEN: (_("%(amount)s paid with store credit."), _("Paid with store credit.")),
    OrderEvent.CREDIT_NOT_TAKEN: (
        _("%(amount)s could not be taken from the store credit any more and is to be paid otherwise."),
        _("The store credit could not be taken."),
    ),
    OrderEvent.CREDIT_RETURNED: (_("%(amount)s given back as store credit."), _("Store credit given back.")),
    OrderEvent.HOLD_RELEASED: (_("Payment request of %(amount)s withdrawn."), _("Payment request withdrawn.")),
    OrderEvent.REFUNDED: (
        _("%(amount)s refunded; not sent: %(held_back)s. “%(why)s”"),
        _("%(amount)s refunded. “%(why)s”"),
        _("%(amount)s refunded."),
        _("Payment refunded."),
    ),
    OrderEvent.REFUND_REQUESTED: (_("To be refunded: %(amount)s. “%(why)s”"), _("A refund was asked for.")),
    OrderEvent.REFUND_REFUSED: (
        _("Not refunded: %(amount)s. %(refusal)s “%(reason)s”"),
        _("Not refunded: %(amount)s. %(refusal)s"),
        _("A refund was refused."),
    ),
    OrderEvent.GOODS_RETURNED: (_("Back in stock: %(pieces)s."), _("Goods came back.")),
    OrderEvent.SHIPPING_SCHEDULED: (_("Shipping scheduled."),),
    OrderEvent.SHIPPING_CANCELLED: (_("Shipping cancelled."),),
    OrderEvent.SHIPMENT_LATE: (_("The shipment is late; operations were told."),),
    OrderEvent.SHIPPED: (
        _("Shipped with %(carrier)s, tracking number %(tracking_number)s."),
        _("Shipped with %(carrier)s."),
        _("Shipped."),
    ),
    OrderEvent.DELIVERED: (_("Delivered."),),
    OrderEvent.COMPLETED: (_("Order completed."),),
    OrderEvent.ITEM_ADDED: (
        _("Added: %(quantity)s × %(sku)s. The total changed from %(before)s to %(after)s."),
        _("Added: %(quantity)s × %(sku)s."),
        _("Something was added to the order."),
    ),
    OrderEvent.ITEM_CHANGED: (
        _("Quantity of %(sku)s set to %(quantity)s. The total changed from %(before)s to %(after)s."),
        _("The quantity of something was changed."),
    ),
    OrderEvent.LANGUAGE_SET: (_("Language set to %(language)s."), _("Language changed.")),
    OrderEvent.NO_ANSWER: (
        _("%(provider)s has not answered since %(since)s; the order waits for it."),
        _("The order waits for an answer from outside."),
    ),
    OrderEvent.REQUEST_REFUSED: (_("A request was refused: %(reason)s"), _("A request was refused.")),
    OrderEvent.UNDO_STARTED: (_("Undoing what was done: %(code)s."), _("Undoing what was done.")),
    OrderEvent.UNDO_FAILED: (
        _(
            "Could not be undone: %(step)s. Goods at risk: %(goods)s. They are not put back into the stock until it is "
            "known what became of the parcel."
        ),
        _("Could not be undone: %(step)s. At risk: %(at_risk)s."),
        _("Could not be undone: %(step)s."),
        _("A step could not be undone."),
    ),
    OrderEvent.ROLLBACK_INCOMPLETE: (
        _("Not everything could be undone; people see to the rest: %(code)s."),
        _("Not everything could be undone; people see to the rest."),
    ),
    OrderEvent.UNDO_RETRIED: (_("Undone after all: %(step)s."), _("A step was undone after all.")),
    OrderEvent.UNDO_RETRY_FAILED: (
        _("Still could not be undone: %(step)s. %(error)s"),
        _("A step still could not be undone."),
    ),
    OrderEvent.UNDO_SETTLED_BY_HAND: (
        _("Settled by hand: %(step)s. “%(evidence)s”"),
        _("A step was settled by hand."),
    ),
    OrderEvent.WRITE_OFF_REQUESTED: (
        _("To be written off: %(step)s, %(amount)s. “%(why)s”"),
        _("A step is to be written off."),
    ),
    OrderEvent.WRITE_OFF_REFUSED: (
        _("Not written off: %(step)s. “%(why)s”"),
        _("Not written off: %(step)s."),
        _("A step was not written off."),
    ),
    OrderEvent.WRITTEN_OFF: (_("Written off: %(step)s, %(amount)s."), _("A step was written off.")),
    OrderEvent.CANCELLED: (
        _("Order cancelled, %(code)s. “%(said)s”"),
        _("Order cancelled: %(code)s."),
        _("Order cancelled."),
    ),
    OrderEvent.SECOND_PERSON_ASKED: (
        _("A second person is asked (%(roles)s): %(matter)s, %(amount)s."),
        _("A second person is asked."),
    ),
    OrderEvent.SECOND_PERSON_AGREED: (
        _("A second person approved: %(matter)s, %(amount)s."),
        _("A second person approved."),
    ),
    OrderEvent.SECOND_PERSON_REFUSED: (
        _("Not approved by a second person: %(matter)s, %(amount)s. “%(why)s”"),
        _("Not approved by a second person: %(matter)s, %(amount)s."),
        _("Not approved by a second person."),
    ),
    OrderEvent.MIRROR_REPAIRED: (
        _("Put right by a check of the shop: %(before)s became %(after)s."),
        _("Put right by a check of the shop."),
    ),
}

FOR_CUSTOMERS: dict[OrderEvent, tuple[object, ...]] = {
    OrderEvent.PLACED: (_("We received your order."),),
    OrderEvent.APPROVAL_REQUESTED: (_("We are checking your order."),),
    OrderEvent.APPROVED: (_("Your order was approved."),),
    OrderEvent.REJECTED: (_("We are sorry: we cannot accept this order."),),
    OrderEvent.APPROVAL_EXPIRED: (_("We are sorry: we could not check your order in time."),),
    OrderEvent.PAYMENT_REQUESTED: (
        _("We are waiting for your payment of %(amount)s."),
        _("We are waiting for your payment."),
    ),
    OrderEvent.PAYMENT_EXTENDED: (_("You have more time: please pay by %(until)s."), _("You have more time to pay.")),
    OrderEvent.PAYMENT_PART: (
        _("We received %(amount)s of your payment. Thank you! %(missing)s are still missing."),
        _("We received a part of your payment. Thank you!"),
    ),
    OrderEvent.PAYMENT_LAPSED: (
        _("We could not take your payment of %(amount)s in time; your bank set the money free. Nothing was charged."),
        _("We could not take your payment in time. Nothing was charged."),
    ),
    OrderEvent.PAID: (
        _("We received your payment of %(amount)s. Thank you!"),
        _("We received your payment. Thank you!"),
    ),
    OrderEvent.HOLD_RELEASED: (_("The payment request was withdrawn; nothing is charged."),),
    OrderEvent.REFUNDED: (
        _("We paid %(amount)s back to you; not sent: %(held_back)s."),
        _("We paid %(amount)s back to you."),
        _("We paid your money back to you."),
    ),
    OrderEvent.SHIPPING_SCHEDULED: (_("We are packing your order."),),
    OrderEvent.ROLLBACK_INCOMPLETE: (_("A person sees to the rest of the cancellation."),),
    OrderEvent.CANCELLED: (_("The order is cancelled."),),
}


def event(entry: TimelineEntry, *, for_customer: bool = False) -> str:
    """What happened, as a sentence in the reader's language; customers read no names, roles or inner reasons."""
    kind = OrderEvent(entry.kind)
    wordings = (FOR_CUSTOMERS.get(kind) if for_customer else None) or FOR_STAFF[kind]
    return wording(wordings, entry.data)


def wording(wordings: tuple[object, ...], data: Mapping[str, object]) -> str:
    """The first wording whose details are all there, filled in."""
    details = {name: _detail(name, raw, data) for name, raw in data.items() if raw not in ("", None, [])}
    if data.get("code") in SAID_BY_PEOPLE and "reason" in details:
        details["said"] = details["reason"]
    for candidate in wordings:
        if set(DETAIL.findall(str(candidate))) <= details.keys():
            return str(candidate) % details
    raise LookupError(f"no wording of {wordings!r} does without details")


def _detail(name: str, raw: object, data: Mapping[str, object]) -> str:
    if name in ("reason", "refusal"):
        return reason(str(raw), data)
    return value(name, raw)


def reason(text: str, params: Mapping[str, object] = MappingProxyType({})) -> str:
    """Why something was cancelled or refused: the code of a refusal or a event in words, or what a person typed.

    :param params: the words that a refusal's sentence may need
    """
    if text in list(Refusal) and set(DETAIL.findall(SENTENCES[Refusal(text)])) <= params.keys():
        return refusal(text, params)
    if text in list(OrderEvent):
        return str(FOR_STAFF[OrderEvent(text)][-1])
    return str(OUR_REASONS[text]) if text in OUR_REASONS else cancel_reason(text)
