"""What an order's saga knows, and what it decides on messages. No Temporal in here: times are given (Unix seconds)."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from orders.rules import credit, deadlines, limits
from orders.rules.approvals import ApprovalTier, tier_for
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import CANCELLABLE, UNDONE, OrderStatus, WaitingFor, may_follow, parse_status, reachable
from temporal_app import messages
from temporal_app.workflows.update_log import UpdateLog

# Temporal takes ten updates of an order at a time; those who pay or cancel still find a place.
MOST_WAITERS = 5


@dataclass
class SagaState:
    """One order as its saga knows it, from run to run: a field that is added later needs a default.

    :param order: what the saga was started with
    :param step_since: when `step` began
    :param fingerprint: of what is in the order now; `approved` is the fingerprint of what has been approved
    :param attempt: how many payments have been asked for; `reference` is the provider's name of the last
    :param held: the total that the last payment was asked for
    :param paid: the money that somebody says is there; `transaction` once the shop has taken it
    :param pay_until: by when the money has to be there; no approval extends it beyond `last_payment`
    :param reminded: whether the customer has been reminded to pay, which is done once
    :param waiters: how many updates wait for a status
    :param begun: the steps of earlier runs that would have to be undone
    :param finished: the steps finished, first to last; `errors` why the order is undone; `changed_at` the last change
    :param child: the approval or fulfilment that an earlier run has started
    """

    order: messages.OrderInput
    step_since: float
    last_payment: float = 0.0
    status: OrderStatus = OrderStatus.PENDING
    step: str = ""
    waiting_for: WaitingFor = WaitingFor.NOTHING
    waiting_until: float = 0.0
    items: int = 0
    total: Decimal = Decimal("0.00")
    fingerprint: str = ""
    language: str = "en"
    approval_round: int = 0
    approved: str = ""
    attempt: int = 0
    reference: str = ""
    held: Decimal | None = None
    paid: messages.PaymentConfirmation | None = None
    transaction: str = ""
    pay_until: float = 0.0
    reminded: bool = False
    shipped: messages.ShippingInfo | None = None
    cancelled: messages.CancelRequest | None = None
    waiters: int = 0
    begun: tuple[str, ...] = ()
    child: messages.ChildRun | None = None
    updates: UpdateLog = field(default_factory=UpdateLog)
    finished: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    changed_at: float = 0.0

    @classmethod
    def of(cls, order: messages.OrderInput, *, now: float, last_payment: float = 0.0) -> "SagaState":
        """How an order stands when its saga starts."""
        return cls(
            order,
            step_since=now,
            last_payment=last_payment,
            items=order.lines,
            total=order.total,
            fingerprint=order.fingerprint,
            language=order.language,
        )

    def for_next_run(self, *, begun: tuple[str, ...], child: messages.ChildRun | None) -> "SagaState":
        """What the next run of the saga goes on with, when nobody is being answered."""
        return replace(self, begun=begun, child=child, updates=self.updates.for_next_run())

    @property
    def number(self) -> str:
        """The order's number."""
        return self.order.number

    @property
    def tier(self) -> ApprovalTier:
        """Who has to approve the present total."""
        return tier_for(self.total, self.order.tiers)

    @property
    def rest(self) -> Decimal:
        """What is paid of the present total otherwise than with the customer's credit."""
        return self.total - self.order.credit

    # Decisions

    @property
    def is_approved(self) -> bool:
        """Whether what is in the order now needs no approval, or has one."""
        return not self.tier.roles or self.approved == self.fingerprint

    @property
    def is_paid(self) -> bool:
        """Whether the money is there, for the present total."""
        return self.paid is not None and self.held == self.total

    @property
    def is_outdated(self) -> bool:
        """Whether the payment that was asked for is not for the present total any more."""
        return self.held != self.total

    @property
    def is_unpaid(self) -> bool:
        """Whether the payment that was asked for is still waited for."""
        return not self.is_paid and not self.is_outdated

    @property
    def may_remind(self) -> bool:
        """Whether the customer is to be reminded before the time is up."""
        return self.order.deadlines.reminder > 0 and not self.reminded

    @property
    def unpaid_until(self) -> float:
        """How long to wait for the money before something is done about it."""
        return self.pay_until - self.order.deadlines.reminder if self.may_remind else self.pay_until

    @property
    def is_cancellable(self) -> bool:
        """Whether the order may still be undone: the parcel has not left."""
        return self.status in CANCELLABLE

    @property
    def may_change(self) -> bool:
        """Whether lines may change, and money may come in."""
        return self.status == OrderStatus.PENDING and self.paid is None and self.cancelled is None

    @property
    def is_closing(self) -> bool:
        """Whether the order is being undone."""
        return self.cancelled is not None or self.step == "undo"

    def check_open(self) -> None:
        """:raises RuleBroken: the order is being undone"""
        if self.is_closing:
            raise RuleBroken(Refusal.ORDER_CLOSING, number=self.number)

    def check_changeable(self) -> None:
        """:raises RuleBroken: the lines may not change any more"""
        self.check_open()
        if not self.may_change:
            status = OrderStatus.PAID if self.paid else self.status
            raise RuleBroken(Refusal.ORDER_NOT_PENDING, number=self.number, status=status)

    def check_payable(self, payment: messages.PaymentInfo) -> None:
        """:raises RuleBroken: the order does not wait for this payment, or for another amount"""
        if payment.payment_method != self.order.payment_method:
            raise RuleBroken(Refusal.UNKNOWN_PAYMENT_METHOD, method=payment.payment_method)
        if not self.may_change or self.waiting_for != WaitingFor.PAYMENT or self.is_outdated:
            raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=self.number)
        limits.check_payment(amount=payment.amount, total=self.rest, card_token=payment.card_token)

    def check_extension(self, extension: messages.PaymentExtension, *, now: float) -> None:
        """:raises RuleBroken: the order does not wait for its money, or may not do so until then"""
        if not self.may_change or self.waiting_for != WaitingFor.PAYMENT or self.is_outdated:
            raise RuleBroken(Refusal.NOT_WAITING_FOR_PAYMENT, number=self.number)
        deadlines.check_extension(extension.until, now=now, deadline=self.pay_until, last=self.last_payment)

    def check_language(self, language: str) -> None:
        """:raises RuleBroken: the shop does not speak it, or speaks it to this customer already"""
        limits.check_language(language)
        if language == self.language:
            raise RuleBroken(Refusal.NOTHING_NEW)

    def check_cancellable(self) -> None:
        """:raises RuleBroken: the parcel has left; an order that has been undone may be cancelled again"""
        if self.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
            raise RuleBroken(Refusal.TOO_LATE_TO_CANCEL, number=self.number, status=self.status)

    def check_shippable(self, shipping: messages.ShippingInfo) -> None:
        """The same report may come again.

        :raises RuleBroken: the parcel cannot have left, or has left as another one
        """
        if self.shipped == shipping:
            return
        self.check_open()
        if self.status != OrderStatus.PAID:
            raise RuleBroken(Refusal.NOT_WAITING_FOR_SHIPMENT, number=self.number)

    def check_may_wait(self, status: str) -> None:
        """:raises RuleBroken: there is no such status, or too many wait already"""
        parse_status(status)
        if self.waiters >= MOST_WAITERS:
            raise RuleBroken(Refusal.TOO_MANY_WAIT, number=self.number)

    def can_tell(self, target: OrderStatus) -> bool:
        """Whether it is known if the order is `target`: it is, it never will be, or people have to see to it first."""
        return self.status in (target, OrderStatus.ROLLBACK_INCOMPLETE) or not reachable(self.status, target)

    def check_reached(self, target: OrderStatus) -> None:
        """:raises RuleBroken: nobody can tell yet, or it will never be `target`: it, or only `target`, is undone"""
        if not self.can_tell(target):
            raise RuleBroken(Refusal.ASK_AGAIN)
        may_come = may_follow(self.status, target)
        if target != self.status and not may_come and {target, self.status} & UNDONE:
            raise RuleBroken(Refusal.STATUS_NEVER, number=self.number, status=self.status, target=target)

    def accepts(self, confirmation: messages.PaymentConfirmation) -> bool:
        """Whether this money can be for this order: its total, or what a person accepted for it."""
        return self.may_change and self.total in (confirmation.amount, confirmation.accepted_total)

    def has_heard_of(self, confirmation: messages.PaymentConfirmation) -> bool:
        """Whether this is the money that the order has got, reported once more."""
        return self.paid is not None and confirmation.reference in (self.paid.reference, self.reference)

    # Changes

    def begin(self, step: str, *, now: float, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        """Say what is being done from now on, and what it waits for."""
        if (step, until) == (self.step, self.waiting_until):
            return  # a later run takes it up
        if self.step and self.step != step and step != "undo":  # what is broken off was not finished
            self.finished = (*self.finished, self.step)
        self.step, self.step_since, self.changed_at = step, now, now
        self.waiting_for, self.waiting_until = waiting_for, until

    def change(self, content: messages.OrderContent) -> None:
        """Take over what is in the order now: less than what was approved stays approved, and what came in parts may
        be enough for it."""
        if self.approved == self.fingerprint and content.total < self.total:
            self.approved = content.fingerprint
        self.items, self.total, self.fingerprint = content.items, content.total, content.fingerprint
        self.paid = self.paid or content.paid

    def ask_for_payment(self, *, now: float) -> messages.OrderStep:
        """Ask for the present total, but for what is paid with credit, in place of an earlier payment; the time to pay
        runs from the first."""
        self.attempt += 1
        self.pay_until = self.pay_until or now + self.order.deadlines.payment
        return messages.OrderStep(self.number, attempt=self.attempt, amount=self.rest, until=self.pay_until)

    def hold(self, amount: Decimal) -> None:
        """A payment of this amount is asked for; store credit is there as soon as it is held."""
        self.held = amount + self.order.credit
        if self.order.payment_method == credit.METHOD and not self.is_outdated and self.paid is None:
            self.paid = messages.PaymentConfirmation(self.reference, amount, self.order.requested_by)

    def charged(self, payment: messages.PaymentInfo, transaction: str) -> messages.PaymentConfirmation:
        """A card was charged, and the rest is paid with credit: the money is there."""
        return messages.PaymentConfirmation(transaction, payment.amount + self.order.credit, payment.by)

    def charge(self, payment: messages.PaymentInfo, *, key: str) -> messages.Charge:
        """What to charge a card; once for each `key`."""
        return messages.Charge(self.number, self.attempt, payment.amount, payment.card_token, payment.by, key=key)

    def capture(self, *, now: float) -> messages.OrderStep:
        """What to take of the money that is there, but for the credit: a person may have accepted less than the total,
        or more. It has to be there by the time the parcel has to leave."""
        assert self.paid is not None
        amount, until = min(self.paid.amount, self.total) - self.order.credit, now + self.order.deadlines.shipment
        return messages.OrderStep(self.number, by=self.paid.by, attempt=self.attempt, amount=amount, until=until)

    def forget_payment(self, *, now: float) -> bool:
        """The money that somebody said is there cannot be taken; False where it is too late to pay anew."""
        if now >= self.pay_until:
            return False
        self.paid, self.held = None, None
        return True

    def allow_more_time(self, pause: float) -> None:
        """Nobody can pay while the order is being approved anew: `pause` seconds do not count."""
        if self.pay_until:
            # a reservation that took its time may have brought it beyond that already, which nobody is made to pay for
            self.pay_until = max(self.pay_until, min(self.pay_until + pause, self.last_payment))

    def extend(self, until: float) -> str:
        """Wait longer for the money; returns until when (ISO 8601)."""
        self.pay_until = self.waiting_until = until
        return iso(until)

    def cancel(self, request: messages.CancelRequest) -> bool:
        """Take a request to undo the order; False where it comes too late, or another one came first."""
        if self.cancelled is not None or not self.is_cancellable:
            return False
        self.cancelled = request
        return True

    # What others read

    def approval_input(self) -> messages.ApprovalInput:
        """What the next approval of the order as it is now starts with."""
        tier = self.tier
        return messages.ApprovalInput(
            kind="order",
            subject=self.number,
            amount=self.total,
            roles=tier.roles,
            requested_by=self.order.requested_by,
            fingerprint=self.fingerprint,
            deadline_seconds=tier.deadline_seconds,
            at_deadline=tier.at_deadline,
            remind_before_seconds=tier.remind_before_seconds,
            escalate_to=tier.escalate_to,
            round=self.approval_round + 1,
            barred=self.order.barred,
        )

    def totals(self) -> messages.OrderTotals:
        """Lines and total."""
        return messages.OrderTotals(self.items, self.total)

    def progress(self, *, returned: bool) -> messages.OrderProgress:
        """One glance at the order; `returned` where its money has been given back."""
        payment = "paid" if self.transaction else "confirmed" if self.paid else "pending"
        return messages.OrderProgress(
            status=self.status,
            waiting_for=self.waiting_for,
            waiting_until=iso(self.waiting_until),
            items_count=self.items,
            total_amount=self.total,
            payment_status="returned" if self.transaction and returned else payment,
            shipping_status=f"shipped via {self.shipped.carrier}" if self.shipped else "not shipped",
        )

    def snapshot(
        self, *, done: tuple[str, ...], undone: tuple[str, ...], failed: tuple[str, ...]
    ) -> messages.OrderState:
        """Everything the saga knows, with the steps that it has begun, undone, and could not undo."""
        return messages.OrderState(
            number=self.number,
            status=self.status,
            waiting_for=self.waiting_for,
            waiting_until=iso(self.waiting_until),
            total=self.total,
            items=self.items,
            language=self.language,
            attempt=self.attempt,
            payment_reference=self.reference,
            transaction=self.transaction,
            cancel_reason=self.cancelled.reason if self.cancelled else "",
            steps_done=done,
            steps_undone=undone,
            steps_failed=failed,
            stage=self.step,
            steps_finished=self.finished,
            errors=(*self.errors, *failed),
            last_change=iso(self.changed_at),
        )

    def pending_operations(self) -> list[messages.PendingOperation]:
        """What has been begun and not finished: the step of the process, then what messages have begun."""
        step = messages.PendingOperation(
            self.step, iso(self.step_since), id=self.step, kind="step", attempts=self.finished.count(self.step) + 1
        )
        by_messages = [
            messages.PendingOperation(name, iso(since), id=id, kind=kind)
            for id, (kind, name, since) in self.updates.pending.items()
        ]
        return ([step] if self.step else []) + by_messages


def iso(unix_seconds: float) -> str:
    """A time as ISO 8601 in UTC; empty where there is none."""
    return datetime.fromtimestamp(unix_seconds, UTC).isoformat(timespec="seconds") if unix_seconds else ""
