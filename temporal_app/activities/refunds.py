"""Refunds in part: weighed, sent once, written down; each activity twice is once."""

from django.db import transaction
from django.utils import timezone

from orders.authorization.own_orders import barred_from, check_not_own
from orders.models import ApprovalPolicy, Order, Product, Refund, TypedWords
from orders.models.approval import ApprovalKind
from orders.models.notification import MailKind
from orders.payments import books, order_credit, refundable
from orders.payments.refundable import Wanted
from orders.rules import actors
from orders.rules.approvals import ApprovalOutcome, tier_for
from orders.rules.order_events import OrderEvent
from orders.rules.states import RefundStage
from temporal_app.activities.outbox import mail, mail_customer
from temporal_app.activities.payments import PROVIDER_REFUSALS, gateway_of
from temporal_app.activities.recording import record_timeline_entry, shop_activity
from temporal_app.activities.stock import reserve
from temporal_app.messages import ApprovalInput, RefundPlan, RefundRefusal


def _read(refund_id: int) -> Refund:
    """The refund and its order, whose row is locked."""
    refund = Refund.objects.select_related("order", "payment").get(pk=refund_id)
    order = Order.objects.locked(refund.order.number)
    refund.refresh_from_db(fields=["state", "unknown_since"])
    refund.order = order
    return refund


def _by(refund: Refund) -> str:
    return actors.user(refund.asked_by_id)


@shop_activity(transactions="one")
def weigh_refund(refund_id: int) -> RefundPlan:
    """Whether a refund may be made, and who has to approve it by the policy of this moment.

    :raises RuleBroken: see `refundable.check`
    """
    refund = _read(refund_id)
    if refund.state != RefundStage.REQUESTED:
        return RefundPlan(wanted=refund.state == RefundStage.SENDING)
    check_not_own(refund.order, _by(refund))
    refundable.check(refund.order, Wanted.of(refund), refundable.on_their_way(refund.order))
    details = {"amount": str(refund.amount), "why": refund.reason}
    record_timeline_entry(refund.order, OrderEvent.REFUND_REQUESTED, by=_by(refund), key=str(refund.pk), **details)
    return RefundPlan(wanted=True, approval=_approval(refund))


def _approval(refund: Refund) -> ApprovalInput | None:
    """Whom to ask; nobody where the amount asks for nobody, or they have approved it."""
    tier = tier_for(refund.amount, ApprovalPolicy.objects.tiers(ApprovalKind.REFUND))
    asked = getattr(refund, "approval", None)
    if not tier.roles or (asked is not None and asked.outcome == ApprovalOutcome.APPROVED):
        return None
    return ApprovalInput(
        kind=ApprovalKind.REFUND,
        subject=str(refund.pk),
        amount=refund.amount,
        roles=tier.roles,
        requested_by=_by(refund),
        fingerprint=refund.fingerprint(),
        deadline_seconds=tier.deadline_seconds,
        at_deadline=tier.at_deadline,
        remind_before_seconds=tier.remind_before_seconds,
        escalate_to=tier.escalate_to,
        barred=barred_from(refund.order),
    )


@shop_activity(transactions="one")
def begin_refund(refund_id: int) -> str:
    """Set the money aside for this refund: from now on only its provider can say that it is not made.

    :returns: the provider; empty where the refund has ended
    :raises RuleBroken: see `refundable.check`; others may have been faster
    """
    refund = _read(refund_id)
    if refund.state == RefundStage.REQUESTED:
        refundable.check(refund.order, Wanted.of(refund), refundable.on_their_way(refund.order))
        refund.begin(refundable.payment_for(refund), credit=refundable.to_credit(refund))
    return refund.payment.provider if refund.payment and refund.state == RefundStage.SENDING else ""


@shop_activity(transactions="several", final=PROVIDER_REFUSALS)
def send_refund(refund_id: int) -> None:
    """Have the provider (or finance) give the money back, and what is left of it to the customer's credit, once: done
    again, it finds out what became of it, and records that.

    :raises ProviderRefused: the provider has no such money, and has given none back
    """
    refund = Refund.objects.select_related("order", "payment__order").get(pk=refund_id)
    if refund.state != RefundStage.SENDING or refund.payment is None:
        return
    payment, amount, result = refund.payment, refund.to_provider, ""
    if amount:
        result = gateway_of(payment).refund(reference=payment.reference, amount=amount, key=refund.key)
    order_credit.refund_part(refund)
    with transaction.atomic():
        _record_made(_read(refund_id), result)


def _record_made(refund: Refund, result: str) -> None:
    order, payment = refund.order, refund.payment
    held_back = _not_sent(refund)
    if payment is None or not refund.end(RefundStage.DONE, at=timezone.now(), result=result, **held_back):
        return
    books.refunded_in_part(refund)
    payment.give_back(refund.to_provider, is_all=books.taken_of(order) == 0)
    details = {"amount": str(refund.amount), "why": refund.reason, **held_back}
    record_timeline_entry(order, OrderEvent.REFUNDED, by=_by(refund), key=f"part:{refund.pk}", **details)
    if held_back:
        _hold_back(refund)
    if refund.goods_return:
        _take_goods_back(refund)
    mail_customer(order, MailKind.REFUND_MADE, key=str(refund.pk), refund=refund.pk)


def _not_sent(refund: Refund) -> dict[str, str]:
    """The pieces of a refund that stay here, in words: those of an order whose parcel has not left."""
    lines = refund.lines.select_related("line").order_by("pk") if refundable.holds_back(refund.order) else []
    pieces = ", ".join(f"{one.quantity} × {one.line.sku}" for one in lines)
    return {"held_back": pieces} if pieces else {}


def _hold_back(refund: Refund) -> None:
    """Pieces that are not sent are in the shop again."""
    for one in refund.lines.select_related("line__product").order_by("line__product_id"):
        one.line.hold_back(one.quantity)
        reserve(refund.order, one.line.product, one.line.to_ship)


def _take_goods_back(refund: Refund) -> None:
    """Put the pieces that came back on hand again."""
    back = []
    for line in refund.lines.select_related("line").order_by("line__product_id"):
        if Product.objects.filter(pk=line.line.product_id).adjust(line.quantity):
            back.append(f"{line.quantity} × {line.line.sku}")
    if back:
        details = {"pieces": ", ".join(back)}
        record_timeline_entry(refund.order, OrderEvent.GOODS_RETURNED, by=_by(refund), key=str(refund.pk), **details)


@shop_activity(transactions="one")
def note_refund_unknown(refund_id: int) -> None:
    """Record that it is not known yet whether the money has gone back."""
    _read(refund_id).note_unknown(timezone.now())


@shop_activity(transactions="one")
def refuse_refund(refusal: RefundRefusal) -> None:
    """Write down that a refund was not made, and why; whoever asked for it hears of it."""
    refund, by = _read(refusal.refund_id), refusal.by or actors.SYSTEM
    words = {name: TypedWords.spoken(word) for name, word in refusal.details.items()}
    if not refund.end(RefundStage.REFUSED, at=timezone.now(), result=refusal.code, **words):
        return
    details = {"amount": str(refund.amount), "refusal": refusal.code, **words}
    record_timeline_entry(refund.order, OrderEvent.REFUND_REFUSED, by=by, key=str(refund.pk), **details)
    mail(
        MailKind.REFUND_REFUSED,
        to=_by(refund),
        key=f"refund:{refund.pk}",
        order=refund.order,
        data={"refund": refund.pk},
    )
