"""A payment provider whose books are tables of this database: one row a payment, one row a call that had an effect.

Each call is one transaction: the effect and the answer under its idempotency key are written together or not at all.
"""

import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from orders.payments.gateway import (
    Declined,
    Hold,
    PaymentStatus,
    ProviderRefused,
    ProviderState,
    ProviderUnavailable,
    UnknownPayment,
)
from orders.rules.states import LedgerState
from orders.rules.totals import ZERO

DECLINED = "declined"


class LedgerGateway:
    """The gateway protocol over two tables with the columns of `SandboxPayment` and `SandboxOperation`."""

    name: str
    takes_cards: bool
    payments: type[Any]
    operations: type[Any]

    def hold(self, *, order_number: str, amount: Decimal, currency: str, key: str) -> Hold:
        if amount <= 0:
            raise ProviderRefused("only a positive amount can be held")
        try:
            with transaction.atomic():
                earlier = self._earlier(key, "hold", amount)
                if earlier is None:
                    payment = self._open(order_number=order_number, amount=amount, currency=currency)
                    self._note(key, payment, "hold", amount, payment.reference)
                    return _hold(payment)
        except IntegrityError:  # the same call got there first
            earlier = self._earlier(key, "hold", amount)
        if earlier is None:
            raise ProviderUnavailable("two calls met; ask again")
        if (earlier.payment.order_number, earlier.payment.currency) != (order_number, currency):
            raise ProviderRefused(f"the key {key} belongs to another call")
        return _hold(earlier.payment)

    def charge(self, *, reference: str, amount: Decimal, card_token: str, key: str) -> str:
        def authorise(payment: Any) -> str:
            if payment.state != ProviderState.OPEN:
                raise ProviderRefused(f"the payment is {payment.state}, not open")
            if payment.amount != amount:
                raise ProviderRefused(f"{payment.amount} is held, not {amount}")
            if not self._accepts(card_token):
                return DECLINED
            payment.move_to(LedgerState.AUTHORISED)
            return _new_id("ch")

        if not self.takes_cards:
            raise ProviderRefused("no cards are taken here")
        answer = self._once(key=key, kind="charge", reference=reference, amount=amount, act=authorise)
        if answer == DECLINED:
            raise Declined("the card was declined")
        return answer

    def capture(self, *, reference: str, amount: Decimal, key: str) -> str:
        def take(payment: Any) -> str:
            if payment.state not in (ProviderState.OPEN, ProviderState.AUTHORISED):
                raise ProviderRefused(f"the payment is {payment.state} and cannot be captured")
            if not 0 < amount <= payment.amount:
                raise ProviderRefused(f"{payment.amount} is held, {amount} cannot be captured")
            payment.move_to(LedgerState.CAPTURED, captured=amount)
            return _new_id("cap")

        return self._once(key=key, kind="capture", reference=reference, amount=amount, act=take)

    def release(self, *, reference: str, key: str) -> None:
        def give_up(payment: Any) -> str:
            if payment.state == ProviderState.CAPTURED:
                raise ProviderRefused("the payment is captured; it can only be refunded")
            payment.move_to(LedgerState.RELEASED)
            self._released(payment, key)
            return ProviderState.RELEASED

        if self.payments.objects.filter(reference=reference).exists():
            self._once(key=key, kind="release", reference=reference, amount=ZERO, act=give_up)

    def refund(self, *, reference: str, amount: Decimal, key: str) -> str:
        def give_back(payment: Any) -> str:
            left = payment.captured - payment.refunded
            if not 0 < amount <= left:
                raise ProviderRefused(f"{left} can be refunded, not {amount}")
            refund = self._refunded(payment, amount, key)
            payment.add_refund(amount)
            return refund

        return self._once(key=key, kind="refund", reference=reference, amount=amount, act=give_back)

    def status(self, *, reference: str) -> PaymentStatus:
        found = self.statuses(references=[reference])
        if reference not in found:
            raise UnknownPayment(f"there is no payment {reference}")
        return found[reference]

    def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
        rows = self.payments.objects.filter(reference__in=references)
        return {payment.reference: _status(payment) for payment in rows}

    def find(self, *, order_number: str, key: str) -> Hold | None:
        rows = self.operations.objects.select_related("payment")
        earlier = rows.filter(key=key, kind="hold", payment__order_number=order_number).first()
        return _hold(earlier.payment) if earlier else None

    # What a ledger decides for itself

    def _reference(self, order_number: str) -> str:
        """The name of a new payment."""
        raise NotImplementedError

    def _accepts(self, card_token: str) -> bool:
        """Whether this card pays."""
        return False

    def _released(self, payment: Any, key: str) -> None:
        """Do what else follows from a release, in the same transaction."""

    def _refunded(self, payment: Any, amount: Decimal, key: str) -> str:
        """Do what else follows from a refund, in the same transaction; returns the refund's id."""
        return _new_id("re")

    # How it is written

    def _open(self, *, order_number: str, amount: Decimal, currency: str) -> Any:
        return self.payments.objects.create(
            reference=self._reference(order_number), order_number=order_number, amount=amount, currency=currency
        )

    def _once(self, *, key: str, kind: str, reference: str, amount: Decimal, act: Callable[[Any], str]) -> str:
        """The answer given before under this key; where there is none, that of doing it now."""
        with transaction.atomic():
            payment = self.payments.objects.select_for_update().filter(reference=reference).first()
            if payment is None:
                raise UnknownPayment(f"there is no payment {reference}")
            earlier = self._earlier(key, kind, amount)
            if earlier is None:
                answer = act(payment)
                self._note(key, payment, kind, amount, answer)
                return answer
            if earlier.payment_id != payment.pk:
                raise ProviderRefused(f"the key {key} belongs to another call")
            return str(earlier.answer)

    def _earlier(self, key: str, kind: str, amount: Decimal) -> Any:
        earlier = self.operations.objects.select_related("payment").filter(key=key).first()
        if earlier and (earlier.kind, earlier.amount) != (kind, amount):
            raise ProviderRefused(f"the key {key} belongs to another call")
        return earlier

    def _note(self, key: str, payment: Any, kind: str, amount: Decimal, answer: str) -> None:
        self.operations.objects.create(key=key, payment=payment, kind=kind, amount=amount, answer=answer)


def _hold(payment: Any) -> Hold:
    return Hold(reference=payment.reference, amount=payment.amount, currency=payment.currency)


def _status(payment: Any) -> PaymentStatus:
    gone_back = payment.captured > 0 and payment.refunded == payment.captured
    return PaymentStatus(
        reference=payment.reference,
        state=ProviderState.REFUNDED if gone_back else ProviderState(payment.state),
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured,
        refunded=payment.refunded,
    )


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
