"""An order's life at random: its activities in the order of the saga, twice, late, with a provider and a carrier that
lose calls and answers, with customers who change their minds. After every step all invariants hold.

What is random here is rows and providers: the activities are called as the saga calls them, without Temporal, in one
transaction that is rolled back after each life.
"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from temporalio.exceptions import ApplicationError

from orders import invariants
from orders.models import Order, Product, SandboxOperation, SandboxPayment
from orders.payments.gateway import ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from orders.rules.order_events import OrderEvent
from orders.shipping.carrier import CarrierUnavailable
from temporal_app.activities import payments, shipping
from tests.factories import steps
from tests.factories.orders import money_kept, write_order
from tests.factories.products import make_product
from tests.faults.table import Row
from tests.payments.unreliable import Fault, UnreliableGateway
from tests.workflows.outside import BusyCarrier

EXAMPLES, A_FEW = 500, 5
STEPS = 14
ON_HAND = 100
CALLS = {
    "hold": "hold",
    "charge": "charge",
    "capture": "capture",
    "book": "book",
    "unbook": "cancel",
    "return_money": "refund",
}
FORWARD = ("reserve", "hold", "charge", "capture", "book", "leave", "arrive", "complete")
UNDO = ("begin_undo", "unbook", "return_money", "release", "cancelled")


class AnOrdersLife(RuleBasedStateMachine):
    """One order, from its placing to whatever end."""

    @initialize(quantity=st.integers(1, 5))
    def place(self, quantity: int) -> None:
        self.life = transaction.atomic()
        self.life.__enter__()
        self.carrier = BusyCarrier(method="")
        make_product(on_hand=ON_HAND, price=Decimal("20.00"))
        self.order = Order.objects.get(number=write_order(("TEA", quantity)).number)
        self.ahead, self.back, self.done = list(FORWARD), list(UNDO), []
        self.attempt, self.undoing = 0, False

    # What the saga does

    @precondition(lambda self: self.ahead and not self.undoing)
    @rule(fault=st.sampled_from([None, Fault.BEFORE, Fault.AFTER]), twice=st.booleans())
    def go_on(self, fault: Fault | None, twice: bool) -> None:
        step = self.ahead.pop(0)
        if step == "hold":
            self.attempt += 1
        self._take(step, fault, twice)
        self.done.append(step)

    @precondition(lambda self: "leave" not in self.done and not self.undoing)
    @rule()
    def cancel(self) -> None:
        self.undoing = True

    @precondition(lambda self: self.undoing and self.back)
    @rule(fault=st.sampled_from([None, Fault.BEFORE, Fault.AFTER]), twice=st.booleans())
    def go_back(self, fault: Fault | None, twice: bool) -> None:
        self._take(self.back.pop(0), fault, twice)

    # What comes in between

    @precondition(lambda self: "reserve" in self.done and "charge" not in self.done and not self.undoing)
    @rule(quantity=st.integers(0, 130), add=st.booleans())
    def change(self, quantity: int, add: bool) -> None:
        change = steps.LineChange(self.order.number, "TEA", quantity, "customer:guest", key=f"c{quantity}{add}")
        try:
            (steps.orders.add_line if add else steps.orders.set_line)(change)
        except ApplicationError:
            return  # sold out, or nothing left of the order
        self.order.refresh_from_db()
        if "hold" in self.done:  # the saga holds anew for another total
            self.ahead.insert(0, "hold")
            self.done.remove("hold")

    @rule(data=st.data())
    def a_step_that_was_thought_dead_comes_late(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(sorted(set(self.done) - {"charge"}) or ["reserve"]))
        try:
            self._call(step)
        except (ApplicationError, ProviderUnavailable):
            return

    def _take(self, step: str, fault: Fault | None, twice: bool) -> None:
        """Take a step as a worker does: again after a fault, and perhaps again although it was done."""
        if fault is not None and step in CALLS:
            with pytest.MonkeyPatch.context() as meanwhile:
                self._break(meanwhile, step, fault)
                with (
                    pytest.raises((ProviderUnavailable, CarrierUnavailable, ApplicationError))
                    if self._calls(step)
                    else transaction.atomic()
                ):
                    self._call(step)
        self._call(step)
        if twice and step != "charge":
            self._call(step)
        self.order.refresh_from_db()

    def _calls(self, step: str) -> bool:
        """Whether a broken outside is noticed: undoing calls it only where there is something to undo."""
        if step == "unbook":
            return "book" in self.done
        if step == "return_money":
            return any(row.captured > row.refunded for row in self._books())
        return True

    def _break(self, meanwhile: pytest.MonkeyPatch, step: str, fault: Fault) -> None:
        gateway = UnreliableGateway(SandboxGateway(), fault, CALLS[step])
        meanwhile.setattr(payments, "gateway_for", lambda _method: gateway)
        carrier = BusyCarrier(fault, CALLS[step], times=1)
        carrier.bookings = self.carrier.bookings
        meanwhile.setattr(shipping, "carrier", lambda: carrier)

    def _call(self, step: str) -> None:
        with pytest.MonkeyPatch.context() as meanwhile:
            if shipping.carrier.__name__ == "carrier":
                meanwhile.setattr(shipping, "carrier", lambda: self.carrier)
            self._act(step)

    def _act(self, step: str) -> Any:
        order, attempt = self.order, self.attempt or 1
        if step == "hold":
            held = steps.step(order, attempt=attempt, amount=order.total, until=2e9)
            return payments.hold_payment(held)
        if step == "charge":
            paid = steps.Charge(order.number, attempt, order.total, steps.CARD, "customer:guest", key="update-1")
            return payments.charge_card(paid)
        if step == "capture":
            return payments.capture_payment(steps.step(order, attempt=attempt, by="customer:guest"))
        return getattr(steps, step)(order)

    # What holds after every step

    @invariant()
    def everything_adds_up(self) -> None:
        assert [str(one) for one in invariants.findings(now=timezone.now())] == []

    @invariant()
    def goods_are_here_or_gone(self) -> None:
        tea = Product.objects.get(sku="TEA")
        gone = sum(r.quantity for r in self.order.reservations.filter(state="shipped"))
        assert tea.on_hand + gone == ON_HAND
        assert tea.reserved == sum(r.quantity for r in self.order.reservations.filter(state="held"))

    @invariant()
    def money_is_taken_once(self) -> None:
        captures = SandboxOperation.objects.filter(payment__order_number=self.order.number, kind="capture")
        assert captures.count() <= 1
        assert all(row.refunded <= row.captured <= row.amount for row in self._books())

    def _books(self) -> list[SandboxPayment]:
        return list(SandboxPayment.objects.filter(order_number=self.order.number))

    def teardown(self) -> None:
        """Go on to the end, and see that it is one."""
        if not hasattr(self, "life"):
            return
        try:
            while self.back if self.undoing else self.ahead:
                (self.go_back if self.undoing else self.go_on)(None, False)
            self.everything_adds_up()
            self.order.refresh_from_db()
            events = set(self.order.timeline.values_list("kind", flat=True))
            if self.undoing:
                assert (self.order.status, money_kept(self.order)) == ("cancelled", 0)
                assert Product.objects.get(sku="TEA").on_hand == ON_HAND
                assert self.carrier.bookings == set()
            else:
                assert (self.order.status, money_kept(self.order)) == ("delivered", self.order.total)
                assert OrderEvent.COMPLETED in events
        finally:
            transaction.set_rollback(True)
            self.life.__exit__(None, None, None)


def live(examples: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(AnOrdersLife, settings=how)


@pytest.mark.django_db
def test_a_few_lives_add_up_after_every_step() -> None:
    live(A_FEW)


@pytest.mark.faults
@pytest.mark.django_db
@pytest.mark.timeout(2_700)
def test_five_hundred_lives_add_up_after_every_step(fault_row: Row) -> None:
    live(EXAMPLES)

    fault_row(9, EXAMPLES, "lives on rows and providers, through the activities", "all invariants after every step")
