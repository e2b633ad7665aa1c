"""Payment in advance by bank transfer. There is no provider: we expect, the bank's statements say what came, and
finance pays back.

A hold is an expected transfer with a creditor reference of its own; capturing moves no money, it only needs the
money to be there; what arrives and cannot be used goes to a person, never back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import segno.helpers
from django.conf import settings
from django.db.models import Sum
from stdnum import iban, iso11649

from orders.models import Order
from orders.models.bank_transfer import BankTransfer, BankTransferOperation
from orders.models.payment import PaymentEvent
from orders.models.refund_task import RefundTask
from orders.payments.gateway import Hold, PaymentStatus, ProviderRefused, ProviderState
from orders.payments.ledger import LedgerGateway
from orders.payments.references import creditor_reference
from orders.rules import identifiers
from orders.rules.states import LedgerState, MismatchReason, PaymentEventOutcome
from orders.rules.totals import ZERO


class BankTransferGateway(LedgerGateway):
    """The gateway protocol on our own books."""

    name = "bank_transfer"
    takes_cards = False
    payments = BankTransfer
    operations = BankTransferOperation

    def hold(self, *, order_number: str, amount: Decimal, currency: str, key: str) -> Hold:
        if currency != settings.CURRENCY:
            raise ProviderRefused(f"our account is not in {currency}")
        return super().hold(order_number=order_number, amount=amount, currency=currency, key=key)

    def capture(self, *, reference: str, amount: Decimal, key: str) -> str:
        """Book what arrived, at most `amount`: where a person accepted less, no more than that can go back."""
        transfer = BankTransfer.objects.filter(reference=reference).first()
        if transfer and amount <= transfer.amount:
            arrived = _sum_arrived(transfer.order_number)
            if transfer.state == LedgerState.OPEN and not arrived:
                raise ProviderRefused("the transfer has not arrived")
            amount = min(amount, arrived) or amount
        return super().capture(reference=reference, amount=amount, key=key)

    def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
        found = super().statuses(references=references)
        transfers = BankTransfer.objects.filter(reference__in=found, state=LedgerState.OPEN)
        sums, accepted = _sums_arrived([transfer.order_number for transfer in transfers])
        paid = {
            transfer.reference
            for transfer in transfers
            if transfer.order_number in accepted or sums.get(transfer.order_number, ZERO) >= transfer.amount
        }
        return {
            name: replace(status, state=ProviderState.AUTHORISED) if name in paid else status
            for name, status in found.items()
        }

    def _reference(self, order_number: str) -> str:
        attempt = BankTransfer.objects.filter(order_number=order_number).count() + 1
        try:
            return creditor_reference(order_number, attempt)
        except ValueError as error:
            raise ProviderRefused(str(error)) from error

    def _released(self, payment: Any, key: str) -> None:
        if Order.objects.filter(number=payment.order_number, undo_started_at=None).exists():
            return  # another transfer takes the place of this one, and what has arrived is the order's all the same
        # a whole order may be placed anew; what came in parts goes back, see `return_parts`
        for payment_event in _arrived(payment.order_number).filter(amount__gte=payment.amount).select_for_update():
            payment_event.move_to(PaymentEventOutcome.UNMATCHED, MismatchReason.AFTER_CANCELLATION)

    def _refunded(self, payment: Any, amount: Decimal, key: str) -> str:
        """Ask finance to pay back, each part to whom it came from; where the order is undone, with the last of what was
        captured goes what was accepted beyond it."""
        undone = Order.objects.filter(number=payment.order_number, undo_started_at__isnull=False)
        before = payment.refunded
        if before + amount == payment.captured and undone.exists():
            amount += max(_sum_arrived(payment.order_number) - payment.captured, ZERO)
        tasks = [
            RefundTask.ask(
                key=f"{key}:{turn}" if turn else key,
                order_number=payment.order_number,
                amount=share,
                currency=payment.currency,
                money=money,
            )
            for turn, (share, money) in enumerate(_by_payer(payment.order_number, amount, before))
        ]
        return identifiers.refund_task(tasks[0].pk)


def _by_payer(order_number: str, amount: Decimal, before: Decimal) -> list[tuple[Decimal, PaymentEvent | None]]:
    """How much of an amount goes back to whom: to each at most what came from there, less what has gone back `before`,
    which was the first that came."""
    arrived, shares, left = list(_arrived(order_number).order_by("pk")), [], amount
    for payment_event in arrived:
        gone = min(payment_event.amount, before)
        share = min(payment_event.amount - gone, left)
        before -= gone
        if share > 0:
            shares.append((share, _money(order_number, payment_event)))
        left -= share
    return shares if len(arrived) > 1 and not left else [(amount, _money(order_number))]


def return_parts(order: Order) -> None:
    """Ask finance to pay back all that arrived for an order and was never taken, each transfer to whom it came from."""
    for payment_event in _arrived(order.number).order_by("pk"):
        RefundTask.ask(
            key=f"{payment_event.cause}:send_back",
            order_number=order.number,
            amount=payment_event.amount,
            currency=payment_event.currency,
            money=_money(order.number, payment_event),
        )


def _arrived(*order_numbers: str) -> Any:
    """Payment events of money that was matched with these orders."""
    return PaymentEvent.objects.filter(
        provider=BankTransferGateway.name, order_number__in=order_numbers, outcome=PaymentEventOutcome.MATCHED
    )


def _sum_arrived(order_number: str) -> Decimal:
    return _arrived(order_number).aggregate(all=Sum("amount"))["all"] or ZERO


def _sums_arrived(order_numbers: list[str]) -> tuple[dict[str, Decimal], set[str]]:
    """What arrived for each of these orders, and which of them are paid with it whatever it is: a person said so."""
    rows = list(_arrived(*order_numbers).values_list("order_number", "amount", "reason"))
    sums: dict[str, Decimal] = {}
    for number, amount, _reason in rows:
        sums[number] = sums.get(number, ZERO) + amount
    return sums, {number for number, _amount, reason in rows if reason}


def _money(order_number: str, told: PaymentEvent | None = None) -> PaymentEvent | None:
    """The money itself, which says whom to pay back to; it may have come after a person's report (`told`)."""
    if told is not None and told.is_money:
        return told
    taken = [PaymentEventOutcome.MATCHED, PaymentEventOutcome.REPEATED]
    payment_events = PaymentEvent.objects.select_related("statement_line").filter(
        provider=BankTransferGateway.name, order_number=order_number, outcome__in=taken
    )
    return next((payment_event for payment_event in payment_events.order_by("pk") if payment_event.is_money), None)


@dataclass(frozen=True)
class TransferDetails:
    """What a customer needs to make a transfer. `qr` is an EPC QR code as a `data:` address of an SVG."""

    holder: str
    iban: str
    bic: str
    amount: Decimal
    currency: str
    reference: str
    qr: str

    @property
    def iban_text(self) -> str:
        """The IBAN in groups of four."""
        return iban.format(self.iban)

    @property
    def reference_text(self) -> str:
        """The creditor reference in groups of four."""
        return iso11649.format(self.reference)


def transfer_details(order_number: str, received: Decimal | None = None) -> TransferDetails | None:
    """How to pay an order, or what is missing of it, by transfer; None while no transfer is expected for it.

    :param received: what has come so far, where somebody has read that already
    """
    transfer = BankTransfer.objects.filter(order_number=order_number, state=LedgerState.OPEN).order_by("-pk").first()
    if transfer is None:
        return None
    missing = transfer.amount - (_sum_arrived(order_number) if received is None else received)
    if missing <= 0:
        return None
    return TransferDetails(
        holder=settings.BANK_ACCOUNT_HOLDER,
        iban=settings.BANK_IBAN,
        bic=settings.BANK_BIC,
        amount=missing,
        currency=transfer.currency,
        reference=transfer.reference,
        qr=epc_code(amount=missing, reference=transfer.reference).svg_data_uri(scale=4, border=4),
    )


def epc_code(*, amount: Decimal, reference: str) -> Any:
    """The QR code that banking apps scan (EPC069-12), filled in with our account."""
    return segno.helpers.make_epc_qr(
        name=settings.BANK_ACCOUNT_HOLDER[:70],
        iban=settings.BANK_IBAN,
        bic=settings.BANK_BIC or None,
        amount=amount,
        reference=reference,
    )
