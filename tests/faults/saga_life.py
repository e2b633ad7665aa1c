"""What an order's saga knows and decides, through any life: messages and outcomes of steps in any order.

It is all plain Python. Lives of rows and providers, by way of the activities, are in `test_a_life.py`.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orders.rules import limits
from orders.rules.approvals import ApprovalTier, Role
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import OrderStatus, WaitingFor, may_follow, reachable
from temporal_app.converter import DATA_CONVERTER
from temporal_app.messages import (
    CancelRequest,
    OrderContent,
    OrderDeadlines,
    OrderInput,
    PaymentConfirmation,
    PaymentInfo,
    ShippingInfo,
)
from temporal_app.workflows.saga_state import SagaState
from temporal_app.workflows.undo import UNDO_OF

NUMBER = "ORD-2026-000001"
CHEAP, DEAR, DEARER = Decimal("20.00"), Decimal("300.00"), Decimal("400.00")
AMOUNTS = st.sampled_from([CHEAP, DEAR, DEARER])
START, PAYMENT, LAST_PAYMENT = 1_000.0, 100, 1_110.0
A_WHILE = st.sampled_from([0.0, 1.0, 40.0, 4_000.0])
PARCELS = st.sampled_from([ShippingInfo("DHL", "0034 1", by="user:1"), ShippingInfo("DHL", "0034 2", by="user:1")])
CANCELLERS = st.sampled_from(["customer:guest", "user:1"])
FORTUNE = st.sampled_from([True, True, True, True, False])


class AnySagasLife(RuleBasedStateMachine):
    """One order. Its steps are taken as `OrderSagaWorkflow` takes them; what they come to is chance."""

    def __init__(self) -> None:
        super().__init__()
        tiers = (ApprovalTier(Decimal("250.00"), (Role.MANAGER,), deadline_seconds=60),)
        order = OrderInput(NUMBER, DEAR, 2, fingerprint="f0", tiers=tiers, deadlines=OrderDeadlines(payment=PAYMENT))
        self.state = SagaState.of(order, now=START, last_payment=LAST_PAYMENT)
        self.now, self.changes, self.ended = START, 0, False
        self.been: list[OrderStatus] = [OrderStatus.PENDING]
        self.approved: Decimal | None = None  # what people have seen and said yes to
        self.asked: Decimal | None = None
        self.captured: list[Decimal] = []
        self.first_cancelled: CancelRequest | None = None
        self.first_shipped: ShippingInfo | None = None
        self.languages: list[float] = []
        self.first_until = self.last_until = 0.0

    # The process, and what its steps come to

    @rule(well=FORTUNE)
    def the_process_goes_on(self, well: bool) -> None:
        step = self.state.step
        if self.ended:
            return
        if step == "undo":
            self._end(OrderStatus.CANCELLED if well else OrderStatus.ROLLBACK_INCOMPLETE)
        elif step == "delivery":
            self._end(OrderStatus.DELIVERED)
        elif step in ("reserve_stock", "approval", "hold_payment", "capture_payment") and not well:
            self._begin("undo")
        else:
            AFTER[step](self)

    @initialize(steps=st.integers(0, 7), paid=st.booleans())
    def it_has_come_so_far(self, steps: int, paid: bool) -> None:
        for _step in range(steps):
            if self.state.step == "payment" and paid:
                self.somebody_pays_by_card(None)
            self.the_process_goes_on(True)

    def _begin(self, step: str, waiting_for: WaitingFor = WaitingFor.NOTHING, until: float = 0.0) -> None:
        if self.state.is_cancellable and self.state.cancelled is not None:
            step, waiting_for, until = "undo", WaitingFor.NOTHING, 0.0
        self.state.begin(step, now=self.now, waiting_for=waiting_for, until=until)

    def _end(self, status: OrderStatus) -> None:
        self.state.status, self.ended = status, True
        self.state.begin("", now=self.now)

    def _start(self) -> None:
        self._begin("reserve_stock")

    def _go_for_the_money(self) -> None:
        if self.state.is_paid:
            self._begin("capture_payment")
        elif not self.state.is_approved:
            self._begin("approval", WaitingFor.APPROVAL, self.now + 60)
        else:
            self.asked = self.state.ask_for_payment(now=self.now).amount
            self._begin("hold_payment")

    def _approved(self) -> None:
        self.state.approved, self.approved = self.state.fingerprint, self.state.total
        self.state.allow_more_time(self.now - self.state.step_since)
        self._go_for_the_money()

    def _held(self) -> None:
        self.state.held, self.state.reference = self.asked, f"sbx-{self.state.attempt}"
        self._begin("payment", WaitingFor.PAYMENT, self.state.pay_until)

    def _look_for_the_money(self) -> None:
        if self.state.is_paid or self.state.is_outdated:
            self._go_for_the_money()
        elif self.state.cancelled is not None or self.now >= self.state.pay_until:
            self._begin("undo")

    def _captured(self) -> None:
        capture = self.state.capture(now=self.now)
        assert capture.amount is not None
        self.captured.append(capture.amount)
        self.state.transaction, self.state.status = "tx", OrderStatus.PAID
        self._begin("fulfillment", WaitingFor.SHIPMENT, self.now + 60)

    def _wait_for_the_parcel(self) -> None:
        if self.state.cancelled is not None:
            self._begin("undo")

    @rule(long=A_WHILE)
    def time_passes(self, long: float) -> None:
        self.now += long

    @rule()
    def the_saga_goes_on_in_a_new_run(self) -> None:
        """All but what only one run knows crosses the wire, and comes back the same."""
        before = self.state
        sent = before.for_next_run(begun=tuple(UNDO_OF), child=None)
        payloads = DATA_CONVERTER.payload_converter
        self.state = payloads.from_payload(payloads.to_payload(sent), SagaState)
        assert self.state == sent
        assert replace(self.state, begun=before.begun, child=before.child, updates=before.updates) == before

    # What people and machines say

    def _refused(self, check: Callable[..., None], *args: Any) -> Refusal | None:
        """Why a message is refused, if it is; asking changes nothing."""
        before = deepcopy(self.state)
        try:
            check(*args)
        except RuleBroken as broken:
            return broken.code
        finally:
            assert self.state == before
        return None

    @rule(total=AMOUNTS)
    def somebody_changes_a_line(self, total: Decimal) -> None:
        before = self.state.step
        refused = self._refused(self.state.check_changeable)
        free = self.state.status == "pending" and not self.state.paid and not self.state.cancelled and before != "undo"
        assert (refused is None) == free
        if free:
            self.changes += 1
            self.state.change(OrderContent(1, total, f"f{self.changes}"))
            assert self.state.totals().total == total

    @rule(asked=st.none() | AMOUNTS)
    def somebody_pays_by_card(self, asked: Decimal | None) -> None:
        amount = asked or self.state.total
        payment = PaymentInfo("sandbox", amount, "tok_visa_4242", by="customer:guest")
        if self._refused(self.state.check_payable, payment) is None:
            assert amount == self.state.total == self.state.held
            charge = self.state.charge(payment, key="k")
            assert (charge.amount, charge.attempt) == (amount, self.state.attempt)
            self.state.paid = PaymentConfirmation("card", amount, payment.by)

    @rule(amount=AMOUNTS, accepted=st.none() | AMOUNTS)
    def a_machine_reports_money(self, amount: Decimal, accepted: Decimal | None) -> None:
        money = PaymentConfirmation("transfer", amount, accepted_total=accepted)
        if self.state.accepts(money):
            assert self.state.paid is None
            assert self.state.total in (amount, accepted)
            self.state.paid = money
        else:
            assert self._refused(self.state.check_changeable) or self.state.total not in (amount, accepted)

    @rule(parcel=PARCELS)
    def the_warehouse_ships(self, parcel: ShippingInfo) -> None:
        if self._refused(self.state.check_shippable, parcel) is not None or self.state.shipped is not None:
            return
        self.first_shipped = parcel
        self.state.shipped, self.state.status = parcel, OrderStatus.SHIPPED
        self._begin("delivery", WaitingFor.DELIVERY, self.now + 60)

    @rule(by=CANCELLERS)
    def somebody_cancels(self, by: str) -> None:
        request, too_late = CancelRequest("other", by=by), self._refused(self.state.check_cancellable)
        assert (too_late is None) == (self.first_shipped is None)
        if self.state.cancel(request):
            assert self.first_cancelled is None
            self.first_cancelled = request

    @rule(status=st.sampled_from(list(OrderStatus)))
    def somebody_waits_for_a_status(self, status: OrderStatus) -> None:
        if not self.state.can_tell(status):
            assert self._refused(self.state.check_reached, status) == Refusal.ASK_AGAIN
        elif self._refused(self.state.check_reached, status) == Refusal.STATUS_NEVER:
            assert not reachable(self.state.status, status)
        else:
            assert status in self.been or may_follow(self.state.status, status)

    @rule(times=st.integers(1, 2 * limits.UPDATES_AN_HOUR["set_language"]))
    def somebody_plays_with_the_language(self, times: int) -> None:
        for _time in range(times):
            try:
                self.state.updates.check("set_language", number=NUMBER, now=self.now)
            except RuleBroken:
                continue
            self.state.updates.take("set_language", now=self.now)
            self.languages.append(self.now)
        within = [time for time in self.languages if time > self.now - limits.HOUR]
        assert len(within) <= limits.UPDATES_AN_HOUR["set_language"]

    # What holds after every step

    @invariant()
    def its_status_only_goes_where_it_may(self) -> None:
        if self.state.status != self.been[-1]:
            assert may_follow(self.been[-1], self.state.status)
            self.been.append(self.state.status)

    @invariant()
    def money_is_taken_once_and_never_more_than_was_held_or_is_there(self) -> None:
        assert len(self.captured) <= 1
        assert bool(self.captured) == bool(self.state.transaction)
        for amount in self.captured:
            assert self.state.paid is not None
            assert self.state.held is not None
            assert amount <= min(self.state.held, self.state.paid.amount, self.state.total)

    @invariant()
    def nothing_is_taken_that_had_to_be_approved_and_was_not(self) -> None:
        if self.state.step in ("hold_payment", "capture_payment", "fulfillment", "delivery") and self.asked == DEARER:
            assert self.approved == DEARER
        if self.captured and self.state.total > CHEAP:
            assert self.approved is not None
            assert self.state.total <= self.approved

    @invariant()
    def only_paid_parcels_leave_and_what_left_is_not_cancelled(self) -> None:
        assert self.state.shipped == self.first_shipped
        if self.state.shipped is not None:
            assert self.captured
            assert self.state.cancelled is None
            assert OrderStatus.SHIPPED in self.been

    @invariant()
    def the_first_cancellation_counts(self) -> None:
        assert self.state.cancelled == self.first_cancelled
        if self.state.cancelled is not None:
            assert not self.state.may_change
            assert self.state.is_closing

    @invariant()
    def the_time_to_pay_has_an_end(self) -> None:
        if not self.first_until:
            self.first_until = self.last_until = self.state.pay_until
        assert self.last_until <= self.state.pay_until <= max(self.first_until, LAST_PAYMENT)
        assert bool(self.state.pay_until) == bool(self.state.attempt)
        self.last_until = self.state.pay_until

    @invariant()
    def what_it_waits_for_is_what_it_tells(self) -> None:
        step = [one.step for one in self.state.pending_operations()]
        assert step == ([self.state.step] if self.state.step else [])
        assert bool(self.state.waiting_for) == bool(self.state.waiting_until)
        progress = self.state.progress(returned=False)
        assert (progress.payment_status == "paid") == bool(self.captured)
        assert (progress.shipping_status == "not shipped") == (self.first_shipped is None)


AFTER: dict[str, Callable[[AnySagasLife], None]] = {
    "": AnySagasLife._start,
    "reserve_stock": AnySagasLife._go_for_the_money,
    "approval": AnySagasLife._approved,
    "hold_payment": AnySagasLife._held,
    "payment": AnySagasLife._look_for_the_money,
    "capture_payment": AnySagasLife._captured,
    "fulfillment": AnySagasLife._wait_for_the_parcel,
}
