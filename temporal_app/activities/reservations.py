"""Reservations that nobody has paid: how many one visitor may have, and how long a guest's are kept.

Who a visitor is: whoever has one session, one e-mail address or one network address.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from orders.models import ContactDetails, GuestHold, Order, OrderLine, PaymentEvent, Product, StripeSession
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.states import PaymentEventOutcome
from orders.rules.status import OrderStatus
from temporal_app.activities.recording import moment, shop_activity

AT_ONCE = 200


def check_unpaid(contact: ContactDetails, wanted: Iterable[tuple[Product, int]]) -> None:
    """Refuse another order to whom too much is reserved already.

    :raises RuleBroken: too many orders that nobody has paid, or too many pieces of a product in them
    """
    if contact.origin:  # two at once from there are looked at one after the other
        ContactDetails.objects.select_for_update().filter(origin=contact.origin).order_by("cart_id").first()
    by_person = _unpaid(_same_person(contact)).count()
    by_origin = _unpaid(_same_origin(contact)).count() if contact.origin else 0
    for count, limit in ((by_person, settings.UNPAID_ORDERS), (by_origin, settings.UNPAID_ORDERS_PER_ADDRESS)):
        if limit and count >= limit:
            raise RuleBroken(Refusal.TOO_MANY_UNPAID, limit=limit)
    others = _unpaid(_same_person(contact) | _same_origin(contact))
    for product, quantity in wanted:
        _check_pieces(product, quantity, others)


def check_pieces_of(order: Order, product: Product, quantity: int) -> None:
    """Refuse an order that is changed what it could not have been placed with.

    :raises RuleBroken: too many pieces of a product that nobody has paid
    """
    line = order.lines.filter(product=product).first()
    contact = ContactDetails.objects.filter(cart_id=order.cart_id).first()
    if contact is not None and quantity > (line.quantity if line else 0):
        others = _unpaid(_same_person(contact) | _same_origin(contact)).exclude(pk=order.pk)
        _check_pieces(product, quantity, others)


def _check_pieces(product: Product, quantity: int, others: QuerySet[Order]) -> None:
    limit = max(settings.UNPAID_PIECES, product.on_hand // 2)
    if not settings.UNPAID_PIECES or quantity == 0:
        return
    held = OrderLine.objects.filter(product=product, order__in=others).aggregate(pieces=Sum("quantity"))["pieces"] or 0
    if held + quantity > limit:
        raise RuleBroken(Refusal.TOO_MUCH_UNPAID, limit=limit, name=product.name)


def _unpaid(whose: Q) -> QuerySet[Order]:
    return Order.objects.filter(whose, status=OrderStatus.PENDING, undo_started_at=None)


def _same_person(contact: ContactDetails) -> Q:
    same = Q(email__iexact=contact.email)
    if contact.session:
        same |= Q(cart_id__in=ContactDetails.objects.filter(session=contact.session).values("cart_id"))
    return same


def _same_origin(contact: ContactDetails) -> Q:
    from_there = ContactDetails.objects.filter(origin=contact.origin).exclude(origin="")
    return Q(cart_id__in=from_there.values("cart_id"))


def begin_guest_hold(order: Order, contact: ContactDetails) -> None:
    """Keep a guest's goods for a while only, until their address is confirmed."""
    if order.customer_id is None and settings.GUEST_HOLD:
        until = order.placed_at + timedelta(seconds=settings.GUEST_HOLD)
        GuestHold.objects.create(order=order, until=until, origin=contact.origin, session=contact.session)


@shop_activity(transactions="one")
def lapse_guest_holds(at: float) -> list[str]:
    """End those whose time is up.

    :param at: Unix time in seconds
    :returns: the numbers of the orders to be cancelled, also those that an earlier run was to tell and did not
    """
    now = moment(at)
    page_open = StripeSession.objects.filter(order_number=OuterRef("order__number"), is_over=False)
    told_of = PaymentEvent.objects.filter(order_number=OuterRef("order__number"))
    money = told_of.exclude(outcome=PaymentEventOutcome.REPORTED_FAILED)  # also what a person has to look at
    due = GuestHold.objects.unconfirmed().filter(~Exists(page_open), ~Exists(money), until__lte=now)
    for key in due.order_by("until").values_list("pk", flat=True)[:AT_ONCE]:
        GuestHold.objects.filter(pk=key, confirmed_at=None).update(lapsed_at=now)
    return list(GuestHold.objects.lapsed().order_by("until").values_list("order__number", flat=True)[:AT_ONCE])
