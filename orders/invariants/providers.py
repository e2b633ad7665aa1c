"""Whether providers know of settled payments what the shop knows: the only look at money that asks outside."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q

from orders.models import Payment
from orders.payments import GATEWAYS, gateway_for
from orders.payments.gateway import PaymentError, PaymentStatus, ProviderState
from orders.rules.invariants import Finding, Invariant
from orders.rules.states import PaymentState

LOOK_BACK = timedelta(days=3)  # what was settled before that has been looked at by earlier nights
PAGE = 100  # references a call
SETTLED = [PaymentState.CAPTURED, PaymentState.REFUNDED, PaymentState.RELEASED]
STILL_HELD = (ProviderState.OPEN, ProviderState.AUTHORISED)
BEING_UNDONE = Q(order__undo_started_at__isnull=False, order__ended_at=None)  # in the middle of a call, perhaps


def findings(*, now: datetime, look_back: timedelta = LOOK_BACK) -> Iterator[Finding]:
    """Every payment settled lately that its provider knows otherwise, a page a call. A provider that does not answer is
    passed over, and said."""
    for provider in GATEWAYS:
        try:
            yield from _of_provider(provider, now - look_back)
        except PaymentError:
            yield Finding(Invariant.PROVIDER_ANSWERS, provider, "", "an answer")


def _of_provider(provider: str, since: datetime) -> Iterator[Finding]:
    settled = Payment.objects.filter(~BEING_UNDONE, provider=provider, state__in=SETTLED, changed_at__gte=since)
    rows = settled.exclude(reference="").select_related("order").order_by("pk").iterator(chunk_size=PAGE)
    while page := list(islice(rows, PAGE)):
        statuses = gateway_for(provider).statuses(references=[payment.reference for payment in page])
        for payment in page:
            for finding in _differences(payment, statuses.get(payment.reference)):
                if settled.filter(pk=payment.pk, state=payment.state, changed_at=payment.changed_at).exists():
                    yield finding  # and not one that was settled anew while the provider was asked


def _differences(payment: Payment, status: PaymentStatus | None) -> Iterator[Finding]:
    number = payment.order.number
    if status is None:
        yield Finding(Invariant.PAYMENT_AS_AT_PROVIDER, number, "unknown there", payment.state)
        return
    if status.captured > payment.amount:
        yield Finding(Invariant.CAPTURED_WITHIN_HELD, number, f"{status.captured:.2f}", f"{payment.amount:.2f}")
    if status.refunded > status.captured:
        found, wanted = f"{status.refunded:.2f}", f"{status.captured:.2f}"
        yield Finding(Invariant.REFUNDED_WITHIN_RECEIVED, number, found, wanted)
    kept = status.captured - status.refunded
    agrees = {
        PaymentState.CAPTURED: kept > 0,
        PaymentState.REFUNDED: kept == 0 and status.captured > 0,
        PaymentState.RELEASED: kept == 0 and status.state not in STILL_HELD,
    }
    if not agrees[PaymentState(payment.state)]:
        found = f"{status.state}, {status.captured:.2f} less {status.refunded:.2f}"
        yield Finding(Invariant.PAYMENT_AS_AT_PROVIDER, number, found, payment.state)
