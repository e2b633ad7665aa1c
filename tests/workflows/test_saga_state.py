"""What an order's saga decides on messages, as plain Python: no server, no database, no clock."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest

from orders.rules.approvals import ApprovalTier, Role
from orders.rules.refusals import Refusal, RuleBroken
from orders.rules.status import OrderStatus, WaitingFor
from temporal_app.messages import (
    CancelRequest,
    OrderContent,
    OrderDeadlines,
    OrderInput,
    PaymentConfirmation,
    PaymentExtension,
    PaymentInfo,
    ShippingInfo,
)
from temporal_app.workflows.saga_state import MOST_WAITERS, SagaState

NUMBER = "ORD-2026-000001"
TOTAL, MORE, LESS = Decimal("300.00"), Decimal("400.00"), Decimal("260.00")
CARD = PaymentInfo("sandbox", TOTAL, "tok_visa_4242", by="customer:guest")
MONEY = PaymentConfirmation("sbx-1", TOTAL, by="webhook:sandbox")
PARCEL = ShippingInfo("DHL", "0034 1", by="user:1")
CHANGED_MIND = CancelRequest("changed_mind", by="customer:guest")


def make_state(**known: object) -> SagaState:
    order = OrderInput(
        NUMBER,
        TOTAL,
        lines=2,
        fingerprint="as placed",
        tiers=(ApprovalTier(Decimal("250.00"), (Role.MANAGER,), deadline_seconds=60),),
        deadlines=OrderDeadlines(payment=100),
    )
    return replace(SagaState.of(order, now=1_000.0, last_payment=1_150.0), **known)


def waiting_for_payment(**known: object) -> SagaState:
    state = make_state(approved="as placed", reference="sbx-1")
    state.held = state.ask_for_payment(now=1_000.0).amount
    state.begin("payment", now=1_000.0, waiting_for=WaitingFor.PAYMENT, until=state.pay_until)
    return replace(state, **known)


def refusal_of(check: object, *args: object) -> Refusal:
    assert callable(check)
    with pytest.raises(RuleBroken) as refused:
        check(*args)
    return refused.value.code


def test_a_payment_that_ran_out_may_be_made_anew_until_the_time_to_pay_is_up() -> None:
    in_time, late = waiting_for_payment(paid=MONEY), waiting_for_payment(paid=MONEY)

    assert in_time.forget_payment(now=1_099.0)
    assert (in_time.paid, in_time.is_outdated, in_time.is_approved, in_time.may_change) == (None, True, True, True)
    assert not late.forget_payment(now=1_100.0)
    assert late.is_paid


def test_more_time_is_given_while_the_money_is_waited_for_and_as_long_as_the_workflow_may_live() -> None:
    later, too_late = PaymentExtension(1_140.0, by="user:1"), PaymentExtension(1_151.0, by="user:1")
    state = waiting_for_payment()

    state.check_extension(later, now=1_010.0)
    until = state.extend(later.until)

    assert (state.pay_until, state.waiting_until, until) == (1_140.0, 1_140.0, "1970-01-01T00:19:00+00:00")
    assert refusal_of(lambda: state.check_extension(later, now=1_010.0)) == Refusal.DEADLINE_NOT_LATER
    assert refusal_of(lambda: state.check_extension(too_late, now=1_010.0)) == Refusal.DEADLINE_TOO_LATE
    for known in ({"paid": MONEY}, {"total": MORE}, {"cancelled": CHANGED_MIND}, {"waiting_for": WaitingFor.APPROVAL}):
        other = waiting_for_payment(**known)
        assert refusal_of(partial(other.check_extension, later, now=1_010.0)) == Refusal.NOT_WAITING_FOR_PAYMENT


def test_an_order_may_change_until_its_money_is_there() -> None:
    waiting_for_payment().check_changeable()

    assert refusal_of(waiting_for_payment(paid=MONEY).check_changeable) == Refusal.ORDER_NOT_PENDING
    assert refusal_of(make_state(status=OrderStatus.SHIPPED).check_changeable) == Refusal.ORDER_NOT_PENDING


def test_an_order_that_is_being_cancelled_may_not_change() -> None:
    assert refusal_of(make_state(cancelled=CHANGED_MIND).check_changeable) == Refusal.ORDER_CLOSING


def test_an_order_may_be_paid_while_it_waits_for_its_total() -> None:
    waiting_for_payment().check_payable(CARD)

    for state in (make_state(), waiting_for_payment(total=MORE), waiting_for_payment(paid=MONEY)):
        assert refusal_of(state.check_payable, CARD) == Refusal.NOT_WAITING_FOR_PAYMENT


def test_an_order_is_paid_by_its_own_method_and_with_exactly_its_total() -> None:
    state = waiting_for_payment()

    assert refusal_of(state.check_payable, replace(CARD, amount=MORE)) == Refusal.AMOUNT_DIFFERS
    assert refusal_of(state.check_payable, replace(CARD, payment_method="stripe")) == Refusal.UNKNOWN_PAYMENT_METHOD


def test_money_that_was_reported_is_taken_for_the_total_or_for_what_a_person_accepted() -> None:
    state = waiting_for_payment()

    assert state.accepts(MONEY)
    assert not state.accepts(replace(MONEY, amount=LESS))
    assert state.accepts(replace(MONEY, amount=LESS, accepted_total=TOTAL))
    assert not replace(state, cancelled=CHANGED_MIND).accepts(MONEY)


def test_money_that_is_reported_once_more_is_known() -> None:
    paid = waiting_for_payment(paid=replace(MONEY, reference="transfer-7"))

    assert paid.has_heard_of(replace(MONEY, reference="transfer-7"))
    assert paid.has_heard_of(MONEY)
    assert not paid.has_heard_of(replace(MONEY, reference="transfer-8"))
    assert not waiting_for_payment().has_heard_of(MONEY)


def test_an_order_is_paid_only_while_its_money_was_asked_for_the_present_total() -> None:
    assert waiting_for_payment(paid=MONEY).is_paid
    assert not waiting_for_payment(paid=MONEY, total=MORE).is_paid
    assert not make_state(paid=MONEY).is_paid


@pytest.mark.parametrize(("accepted", "captured"), [(LESS, LESS), (TOTAL, TOTAL), (MORE, TOTAL)])
def test_no_more_is_captured_than_is_there_and_no_more_than_the_total(accepted: Decimal, captured: Decimal) -> None:
    state = waiting_for_payment(paid=replace(MONEY, amount=accepted))

    capture = state.capture(now=0.0)

    assert (capture.amount, capture.attempt, capture.by) == (captured, 1, "webhook:sandbox")


@pytest.mark.parametrize(("total", "approved"), [(LESS, True), (TOTAL, False), (MORE, False)])
def test_less_than_what_was_approved_stays_approved(total: Decimal, approved: bool) -> None:
    state = make_state(approved="as placed")

    state.change(OrderContent(1, total, "changed"))

    assert state.is_approved is approved
    assert (state.items, state.total) == (1, total)


def test_what_costs_too_little_to_be_approved_needs_no_approval() -> None:
    assert not make_state().is_approved
    assert make_state(total=Decimal("249.99")).is_approved


def test_each_payment_is_another_attempt_and_the_time_to_pay_runs_from_the_first() -> None:
    state = make_state()

    first, second = state.ask_for_payment(now=1_000.0), state.ask_for_payment(now=1_050.0)

    assert (first.attempt, second.attempt) == (1, 2)
    assert first.until == second.until == 1_100.0


def test_while_an_order_is_approved_anew_the_time_to_pay_stands_still_within_limits() -> None:
    before, paying = make_state(), waiting_for_payment()

    before.allow_more_time(30.0)
    paying.allow_more_time(30.0)
    once = paying.pay_until
    paying.allow_more_time(1_000.0)

    assert before.pay_until == 0.0
    assert (once, paying.pay_until) == (1_130.0, 1_150.0)


def test_the_first_cancellation_counts() -> None:
    state = make_state()

    assert state.cancel(CHANGED_MIND)
    assert not state.cancel(CancelRequest("other", by="user:1"))

    assert state.cancelled == CHANGED_MIND


def test_nobodys_time_to_pay_is_cut_because_the_order_was_late_when_it_was_approved_anew() -> None:
    state = make_state()
    given = state.ask_for_payment(now=2_000.0).until  # the database was away while the stock was to be reserved

    state.allow_more_time(30.0)

    assert state.pay_until == given == 2_100.0


@pytest.mark.parametrize("status", list(OrderStatus))
def test_an_order_is_cancelled_only_before_its_parcel_has_left(status: OrderStatus) -> None:
    state = make_state(status=status)

    assert state.cancel(CHANGED_MIND) is (status in ("pending", "paid"))

    if status in ("shipped", "delivered"):
        assert refusal_of(state.check_cancellable) == Refusal.TOO_LATE_TO_CANCEL
    else:
        state.check_cancellable()


def test_a_parcel_leaves_only_a_paid_order_that_nobody_cancels() -> None:
    paid = make_state(status=OrderStatus.PAID)
    paid.check_shippable(PARCEL)

    assert refusal_of(make_state().check_shippable, PARCEL) == Refusal.NOT_WAITING_FOR_SHIPMENT
    for closing in (replace(paid, cancelled=CHANGED_MIND), replace(paid, step="undo")):
        assert refusal_of(closing.check_shippable, PARCEL) == Refusal.ORDER_CLOSING


def test_the_same_parcel_may_be_reported_twice_and_another_one_is_refused() -> None:
    shipped = make_state(status=OrderStatus.SHIPPED, shipped=PARCEL)

    shipped.check_shippable(PARCEL)

    other = replace(PARCEL, tracking_number="0034 2")
    assert refusal_of(shipped.check_shippable, other) == Refusal.NOT_WAITING_FOR_SHIPMENT


def test_only_so_many_wait_for_a_status_and_only_for_one_that_exists() -> None:
    make_state(waiters=MOST_WAITERS - 1).check_may_wait("paid")

    assert refusal_of(make_state(waiters=MOST_WAITERS).check_may_wait, "paid") == Refusal.TOO_MANY_WAIT
    assert refusal_of(make_state().check_may_wait, "eaten") == Refusal.UNKNOWN_STATUS


def test_whoever_waits_for_a_status_that_never_comes_is_told_so() -> None:
    make_state(status=OrderStatus.SHIPPED).check_reached(OrderStatus.PAID)

    never = (
        ("cancelled", "paid"),
        ("cancelled", "rollback_incomplete"),
        ("rollback_incomplete", "paid"),
        ("delivered", "cancelled"),
    )
    for status, target in never:
        state = make_state(status=OrderStatus(status))
        assert refusal_of(state.check_reached, OrderStatus(target)) == Refusal.STATUS_NEVER


def test_whoever_waits_for_the_end_of_an_order_that_is_left_to_people_hears_how_it_stands() -> None:
    state = make_state(status=OrderStatus.ROLLBACK_INCOMPLETE)

    assert all(state.can_tell(target) for target in OrderStatus)
    state.check_reached(OrderStatus.CANCELLED)


def test_progress_says_what_became_of_the_money_and_the_parcel() -> None:
    paid = waiting_for_payment(paid=MONEY)
    captured = replace(paid, transaction="tx-1")
    shipped = replace(captured, shipped=ShippingInfo("DHL", "00340"))

    glances = [state.progress(returned=False) for state in (waiting_for_payment(), paid, captured, shipped)]

    assert [(glance.payment_status, glance.shipping_status) for glance in glances] == [
        ("pending", "not shipped"),
        ("confirmed", "not shipped"),
        ("paid", "not shipped"),
        ("paid", "shipped via DHL"),
    ]
    assert captured.progress(returned=True).payment_status == "returned"
    assert paid.progress(returned=True).payment_status == "confirmed"


def test_times_are_told_as_iso_8601_and_no_time_as_nothing() -> None:
    assert make_state().progress(returned=False).waiting_until == ""
    assert waiting_for_payment().progress(returned=False).waiting_until == "1970-01-01T00:18:20+00:00"


def test_the_snapshot_holds_what_was_done_and_undone_and_why() -> None:
    state = waiting_for_payment(cancelled=CHANGED_MIND)

    snapshot = state.snapshot(done=("stock", "payment"), undone=("payment",), failed=("stock",))

    assert (snapshot.number, snapshot.cancel_reason) == (NUMBER, "changed_mind")
    assert (snapshot.attempt, snapshot.payment_reference) == (1, "sbx-1")
    assert (snapshot.steps_done, snapshot.steps_undone, snapshot.steps_failed) == (
        ("stock", "payment"),
        ("payment",),
        ("stock",),
    )


def test_what_has_begun_is_pending_until_it_ends() -> None:
    state = make_state()
    assert state.pending_operations() == []

    state.begin("reserve_stock", now=1_000.0)

    assert [(one.step, one.since) for one in state.pending_operations()] == [
        ("reserve_stock", "1970-01-01T00:16:40+00:00")
    ]
