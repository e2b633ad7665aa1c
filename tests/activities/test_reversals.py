"""What people decide about failed reversals is carried out once, however often its activities run and in what order."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from orders.models import CompensationFailure, Order, ReversalDecision
from orders.rules import actors
from temporal_app.activities import approvals, orders, reversals
from temporal_app.messages import ApprovalEnd, ApprovalInput, ApprovalOpening, ApprovalResult, Ending, RetryOutcome
from tests.factories.orders import order_events, stock
from tests.factories.people import make_user
from tests.factories.reversals import decide_on, make_reversal, undone_but
from tests.factories.steps import everything

ENDING = ("cancelled", "changed_mind", "customer:guest")


@pytest.fixture
def fiona(transactional_db: None) -> User:
    return make_user("fiona", "finance")


def undone(decision: ReversalDecision) -> None:
    reversals.record_retry(RetryOutcome(decision.pk))


def in_vain(decision: ReversalDecision) -> None:
    reversals.record_retry(RetryOutcome(decision.pk, "it would not"))


def by_hand(decision: ReversalDecision) -> None:
    reversals.settle_by_hand(decision.pk)


def asked_for(decision: ReversalDecision) -> None:
    asker, at_risk = actors.user(decision.decided_by_id), decision.failure.at_risk
    asked = ApprovalInput("write_off", str(decision.pk), at_risk, ("manager",), asker, decision.fingerprint())
    approvals.open_approval(ApprovalOpening(asked, deadline=2e9))


def ended(decision: ReversalDecision, outcome: str) -> None:
    approvals.end_approval(ApprovalEnd("write_off", str(decision.pk), ApprovalResult(outcome, "user:1", "so be it")))


def written_off(decision: ReversalDecision) -> None:
    ended(decision, "approved")


def rejected(decision: ReversalDecision) -> None:
    ended(decision, "rejected")


# what is decided, what has happened before, and the state it leaves
CALLS: dict[Callable[[ReversalDecision], None], tuple[str, tuple[Callable[[ReversalDecision], None], ...], str]] = {
    undone: ("retry", (), "undone"),
    in_vain: ("retry", (), "open"),
    by_hand: ("settle", (), "settled_by_hand"),
    asked_for: ("write_off", (), "open"),
    written_off: ("write_off", (asked_for,), "written_off"),
    rejected: ("write_off", (asked_for,), "open"),
}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("step", ["payment", "shipping", "stock"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_an_activity_that_runs_twice_leaves_what_it_left_the_first_time(
    call: Callable[[ReversalDecision], None], step: str, fiona: User
) -> None:
    action, before, state = CALLS[call]
    failure = undone_but(step)
    decision = decide_on(failure, fiona, action, "" if action == "retry" else "ticket 17")
    for earlier in before:
        earlier(decision)

    call(decision)
    once = without_mail(everything())
    call(decision)

    failure.refresh_from_db()
    assert without_mail(everything()) == once
    assert failure.state == state
    assert failure.order.status == ("rollback_incomplete" if state == "open" else "cancelled")


def without_mail(rows: dict) -> dict:
    """All rows but those of mails, which the worker sends meanwhile."""
    return {table: found for table, found in rows.items() if table != "Notification"}


@pytest.mark.usefixtures("worker")
def test_what_was_settled_while_the_order_was_still_being_undone_needs_no_rollback_incomplete(fiona: User) -> None:
    failure = undone_but("payment")
    Order.objects.filter(pk=failure.order_id).update(status="paid")  # the rest is still being undone
    failure.order.timeline.filter(kind="rollback_incomplete")._raw_delete("default")

    by_hand(decide_on(failure, fiona, "settle", "ticket 17"))
    between = Order.objects.get().status
    ended_as = orders.record_cancelled(Ending(failure.order.number, *ENDING))

    assert (between, ended_as) == ("paid", "cancelled")
    assert "rollback_incomplete" not in order_events(failure.order)


@pytest.mark.usefixtures("worker")
def test_a_retry_that_nobody_wants_any_more_asks_nobody(fiona: User) -> None:
    failure = undone_but("payment")
    by_hand(decide_on(failure, fiona, "settle", "ticket 17"))

    assert reversals.begin_retry(failure.pk) is None


@pytest.mark.usefixtures("worker")
def test_a_settlement_that_comes_after_another_is_refused_and_moves_no_goods(fiona: User) -> None:
    failure = undone_but("shipping")
    late = decide_on(failure, fiona, "settle", "ticket 17")
    CompensationFailure.objects.filter(pk=failure.pk).update(state="written_off", settled_at=failure.happened_at)

    by_hand(late)

    late.refresh_from_db()
    assert (late.state, late.result) == ("refused", "reversal_settled")
    assert stock()["TEA"] == (100, 3)


@pytest.mark.usefixtures("worker")
def test_the_order_waits_for_every_one_of_them(fiona: User) -> None:
    failure = undone_but("payment")
    other = make_reversal(failure.order, "stock")

    by_hand(decide_on(failure, fiona, "settle", "ticket 17"))
    between = Order.objects.get().status
    undone(decide_on(other, fiona, "retry"))

    assert (between, Order.objects.get().status) == ("rollback_incomplete", "cancelled")
    assert order_events(failure.order).count("rollback_incomplete") == 1
