"""Mirror of customers' accounts: each entry is a row of the journal, written with what it is for."""

from decimal import Decimal

from django.contrib.auth.models import User
from django.db.models import Sum
from django.utils import timezone

from orders.models import JournalEntry, Order
from orders.payments import credit as books
from orders.rules import accounts, credit
from orders.rules.order_events import OrderEvent
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.totals import ZERO
from temporal_app.activities.credit_adjustments import make_adjustment
from temporal_app.activities.recording import locked_for_step, record_timeline_entry, shop_activity
from temporal_app.activities.resolutions import settle_credited
from temporal_app.messages import AccountMovement, AccountStanding


@shop_activity(transactions="one")
def look_up_account(customer_id: int) -> AccountStanding:
    """What is on a customer's account, and how much of it was taken today (UTC)."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    taken = JournalEntry.objects.filter(source=accounts.credit(customer_id), at__gte=midnight)
    taken_today = taken.aggregate(all=Sum("amount"))["all"] or ZERO
    is_known = User.objects.filter(pk=customer_id).exists()
    return AccountStanding(books.balance(customer_id), taken_today.quantize(ZERO), is_known)


@shop_activity(transactions="one")
def record_movement(movement: AccountMovement) -> Decimal:
    """Write an entry of a customer's account into the journal, with its effect, once for each key.

    :returns: what is on the account then
    :raises RuleBroken: what it comes from holds less, or its order is being undone
    """
    customer_id, entry = movement.customer_id, movement.entry
    key = f"credit-{customer_id}:{movement.key}"
    if not JournalEntry.objects.filter(key=key).exists():
        kind, which = credit.split(entry.cause)
        if kind == credit.ORDER:
            _pay_order(which, movement, key)
        elif kind == credit.PAYMENT_EVENT:
            _keep_payment(which, movement, key)
        elif kind == credit.ADJUSTMENT:
            make_adjustment(which, movement, key=key)
        else:
            books.move(customer_id, entry.amount, cause=entry.cause, out=movement.out, key=key)
    return books.balance(customer_id)


def _pay_order(number: str, movement: AccountMovement, key: str) -> None:
    """An order of this customer is paid with credit, or gives it back."""
    order = locked_for_step(number) if movement.out else Order.objects.locked(number)
    if order.customer_id != movement.customer_id:
        raise RuleBroken(Refusal.UNKNOWN_ORDER, number=number)
    entry = movement.entry
    left = books.used_for(order)
    other = books.stands_on(order)
    books.move(movement.customer_id, entry.amount, cause=entry.cause, out=movement.out, key=key, left=left, other=other)
    event = OrderEvent.CREDIT_TAKEN if movement.out else OrderEvent.CREDIT_RETURNED
    record_timeline_entry(order, event, by=entry.by, key=movement.key, amount=str(entry.amount))


def _keep_payment(payment_event_id: str, movement: AccountMovement, key: str) -> None:
    """What came in and suits no order is kept for its customer."""
    entry = movement.entry
    if movement.out or not payment_event_id.isdecimal():
        raise RuleBroken(Refusal.NOT_A_CAUSE)
    left = settle_credited(int(payment_event_id), movement.customer_id, entry.amount)
    books.move(movement.customer_id, entry.amount, cause=entry.cause, out=False, key=key, left=left)
