"""Whatever happens to three orders' money, in any order and as often as it likes: the books agree after every step.

The activities are the shop's own, called as their workflows call them; each step may run twice, and may die between a
provider's answer and our own note of it.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from temporalio.exceptions import ApplicationError

from orders.invariants import check_books
from orders.models import JournalEntry, Order, PaymentEvent, RefundTask
from orders.payments import order_credit, parts
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from orders.reconciliation.unmatched import ways_out
from orders.rules.invariants import Invariant
from orders.rules.states import PaymentEventOutcome, RefundState
from temporal_app.activities import allocations, payment_events, payments, resolutions, statements, stock
from temporal_app.activities import orders as order_activities
from temporal_app.messages import Charge, Ending, OrderStep, RefundMade, ResolutionRefusal, UnusedPayment
from tests.factories import steps, with_credit
from tests.factories.accounts import enter_at_once
from tests.factories.orders import CARD, write_order
from tests.factories.steps import order_after
from tests.factories.unmatched import write_decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]
AMOUNTS = ["exact", "missing", "half", "0.01", "85.20", "1480.00"]
UNDER_WAY = {Invariant.PROVIDER_AGREES, Invariant.REFUNDS_STAND}  # until what died is tried again
ORDERS = st.integers(0, 2)
BY_CARD = st.sampled_from([0, 2])
TWICE = st.booleans()


class CrashError(Exception):
    """The process died."""


class Money(RuleBasedStateMachine):
    """Three orders that wait for their money, one by card, one by transfer, and one by card but for what is paid of it
    with its customer's credit; and what their sagas know.

    :cvar numbers: of the orders
    """

    numbers: ClassVar[list[str]] = []

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.paid: dict[str, Decimal] = {}
        self.heard: dict[str, str] = {}  # the reference of what a saga was paid with
        self.taken: set[str] = set()
        self.undone: set[str] = set()
        self.died: set[str] = set()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def order(self, which: int) -> Order:
        return Order.objects.get(number=self.numbers[which])

    def events(self, outcome: PaymentEventOutcome) -> list[PaymentEvent]:
        return list(PaymentEvent.objects.filter(outcome=outcome).order_by("pk"))

    # Money comes

    def amount(self, order: Order, how: str) -> Decimal:
        relative = {"exact": order.rest, "missing": parts.missing(order) or order.rest, "half": order.rest / 2}
        return relative[how].quantize(order.total) if how in relative else Decimal(how)

    @rule(which=ORDERS, amount=st.sampled_from(AMOUNTS), currency=st.sampled_from(["EUR", "EUR", "USD"]), odd=TWICE)
    def pay(self, which: int, amount: str, currency: str, odd: bool) -> None:
        order = self.order(which)
        turn = PaymentEvent.objects.count()
        told = PaymentReport(
            event_id=f"evt_{turn}",
            order_number=order.number,
            status="paid",
            amount=self.amount(order, amount),
            currency=currency,
            reference=f"odd {turn}" if odd else order.payments.get().reference,
        )
        by = "webhook:sandbox" if order.payment_method == "sandbox" else "statement:1"
        event, _new = record_event(told, provider=order.payment_method, by=by)
        self.match(event)

    @rule(which=st.integers(0, 99))
    @precondition(lambda self: PaymentEvent.objects.exists())
    def hear_again(self, which: int) -> None:
        events = list(PaymentEvent.objects.order_by("pk"))
        self.match(events[which % len(events)])

    def match(self, event: PaymentEvent) -> None:
        result = payment_events.match_payment_event(event.pk)
        if result.confirmation is not None:
            self.confirm(result.number, result.confirmation.amount, result.confirmation.reference, event.pk)

    def confirm(self, number: str, amount: Decimal, reference: str, event_id: int) -> None:
        """What a saga does with a confirmation; one that has ended, or was paid otherwise, has it put aside."""
        mine = Order.objects.get(number=number).payments.get().reference
        if number not in self.paid and number not in self.undone:
            self.paid[number], self.heard[number] = amount, reference
        elif number in self.undone or reference not in (self.heard[number], mine):
            payment_events.release_payment_event(UnusedPayment(event_id))

    @rule(which=BY_CARD, card=st.sampled_from([CARD, "tok_declined_card"]), twice=TWICE)
    def charge(self, which: int, card: str, twice: bool) -> None:
        order = self.order(which)
        if order.number in self.paid or order.number in self.undone:
            return
        message = Charge(order.number, 1, order.rest, card, "customer:guest", key=f"{card}")
        try:
            self.call(payments.charge_card, message, twice=twice)
        except ApplicationError:
            return
        self.paid[order.number], self.heard[order.number] = order.total, "the card"

    # It is taken, or the order ends

    @rule(which=ORDERS, twice=TWICE, dies=TWICE)
    def capture(self, which: int, twice: bool, dies: bool) -> None:
        order = self.order(which)
        number = order.number
        if number in self.undone or number not in self.paid or number in self.taken:
            return
        step = OrderStep(number, attempt=1, amount=min(self.paid[number], order.total) - order.credit, by="system")
        if self.call(payments.capture_payment, step, twice=twice, dies=dies):
            self.taken.add(number)

    @rule(which=ORDERS, twice=TWICE, dies=TWICE)
    def cancel(self, which: int, twice: bool, dies: bool) -> None:
        number = self.numbers[which]
        ending = Ending(number, "cancelled", "changed_mind", "customer:guest")
        order_activities.begin_undo(ending)
        self.undone.add(number)
        step = OrderStep(number, by="system")
        if self.call(payments.return_money, step, twice=twice, dies=dies):
            stock.release_stock(step)
            order_activities.record_cancelled(ending)

    def call(self, activity: Callable, message: object, *, twice: bool, dies: bool = False) -> bool:
        """Run an activity, perhaps twice; False where it dies before it can note what the provider answered."""
        number = message.number
        if dies and number not in self.died:
            note = payments.record_timeline_entry
            payments.record_timeline_entry = self.die
            try:
                activity(message)
            except CrashError:
                self.died.add(number)
                return False
            finally:
                payments.record_timeline_entry = note
        for _time in range(2 if twice else 1):
            activity(message)
        self.died.discard(number)
        return True

    def die(self, *_args: object, **_details: object) -> None:
        raise CrashError

    # People decide

    def undecided(self) -> list[PaymentEvent]:
        """What did not match, and parts whose rest is missing."""
        return [event for event in PaymentEvent.objects.order_by("pk") if ways_out(event)]

    @rule(
        which=st.integers(0, 99),
        action=st.sampled_from(["accept", "assign", "refund", "ignore", "allocate"]),
        to=ORDERS,
        twice=TWICE,
    )
    @precondition(lambda self: self.undecided())
    def decide(self, which: int, action: str, to: int, twice: bool) -> None:
        events = self.undecided()
        event = events[which % len(events)]
        meant = {
            "assign": {"order_number": self.numbers[to]},
            "allocate": {"shares": [[self.numbers[to], f"{min(event.amount, self.order(to).total):.2f}"]]},
        }
        decision = write_decision(event, action, **meant.get(action, {})).pk
        carry_out = {
            "refund": resolutions.send_back,
            "ignore": resolutions.put_aside,
            "allocate": allocations.share_out,
        }
        try:
            resolutions.check_decision(decision)
            for _time in range(2 if twice else 1):
                done = carry_out.get(action, resolutions.hand_to_order)(decision)
        except ApplicationError as refused:
            resolutions.refuse_decision(ResolutionRefusal(decision, refused.type, {}))
            return
        for paid in done if isinstance(done, list) else [done] if done else []:
            self.confirm(paid.number, paid.confirmation.amount, paid.confirmation.reference, paid.payment_event_id)

    @rule(twice=TWICE)
    @precondition(lambda self: RefundTask.objects.filter(state=RefundState.OPEN).exists())
    def make_refund(self, twice: bool) -> None:
        task = RefundTask.objects.filter(state=RefundState.OPEN).first()
        for _time in range(2 if twice else 1):
            statements.record_refund_made(RefundMade(task.pk, by="user:17"))

    # And always

    @invariant()
    def books_agree(self) -> None:
        found = [
            finding
            for finding in check_books(timezone.now() + timedelta(seconds=1))
            if not (finding.rule in UNDER_WAY and finding.subject in self.died)
        ]
        assert found == []
        assert sum(JournalEntry.objects.balances().values()) == 0


@pytest.fixture
def three_orders(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_credit, "enter", enter_at_once)
    settings.BANK_IBAN = "DE89370400440532013000"
    by_card = order_after(steps.reserve, steps.hold)
    by_transfer = Order.objects.get(number=write_order(("TEA", 2)).number)
    steps.reserve(by_transfer)
    Order.objects.filter(pk=by_transfer.pk).update(payment_method="bank_transfer")
    steps.hold(by_transfer)
    with_some_credit = with_credit.waiting()
    Money.numbers = [by_card.number, by_transfer.number, with_some_credit.number]


def run(**options: object) -> None:
    run_state_machine_as_test(
        Money,
        settings=settings(
            deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False, **options
        ),
    )


@pytest.mark.timeout(3600)  # 500 stories take four minutes here, and longer where a machine is shared
@pytest.mark.usefixtures("three_orders")
@pytest.mark.parametrize("stories", [10, pytest.param(500, marks=pytest.mark.faults)])
def test_the_books_agree_after_every_step_of_any_story(stories: int) -> None:
    run(max_examples=stories, stateful_step_count=8)


# how soon a capture is met depends on what else is loaded (hypothesis draws on constants of all modules): up to minutes
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("three_orders")
@pytest.mark.parametrize("what", ["1", "charged", pytest.param("taken", marks=pytest.mark.faults)])
def test_one_kind_of_movement_that_nobody_writes_is_found(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write = JournalEntry.record

    def forget(*, key: str, **columns: object) -> None:
        if not key.endswith(f":{what}"):
            write(key=key, **columns)

    monkeypatch.setattr(JournalEntry, "record", forget)

    with pytest.raises(AssertionError):
        run(max_examples=200, stateful_step_count=8, phases=[Phase.generate], derandomize=True, database=None)
