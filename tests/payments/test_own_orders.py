"""Nobody says of an order of their own that its money went back, or that what could not be undone is settled: at the
door, in the client function and in the activity."""

from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import User
from temporalio.exceptions import ApplicationError

from orders.models import BankDebit, BankStatement, Order, RefundTask
from orders.rules import actors
from orders.rules.refusals import Refusal
from temporal_app import client
from temporal_app.activities import refund_files, reversals, statements
from temporal_app.client.errors import Refused
from temporal_app.messages import DebitSettlement, RefundMade
from tests.admin.browsing import at_browser, dialog_url, fill_in, words
from tests.factories.people import make_user
from tests.factories.reversals import decide_on, left_to_people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("silent_notifier")]


@pytest.fixture
def order() -> Order:
    return left_to_people()


@pytest.fixture
def owner(order: Order) -> User:
    """Somebody in finance who has ordered this as a guest."""
    person = make_user("fritz", "finance")
    person.email = order.email.upper()
    person.save()
    return person


def refund_of(order: Order) -> RefundTask:
    return RefundTask.objects.create(key="refund", order_number=order.number, amount="12.00", currency="EUR")


def debit_of(order: Order) -> BankDebit:
    statement = BankStatement.objects.create(name="November", file="november.xml")
    about = {"kind": "taken_back", "amount": "12.00", "currency": "EUR", "booked_on": date(2026, 11, 20)}
    return BankDebit.objects.create(statement=statement, order_number=order.number, **about)


def test_a_refund_of_an_own_order_is_reported_as_made_by_somebody_else(order: Order, owner: User) -> None:
    task, by = refund_of(order), actors.user(owner.pk)

    answer = fill_in(at_browser(owner), dialog_url("refundtask", "made", task.pk))
    with pytest.raises(Refused) as refused:
        client.mark_refund_made(task.pk, by=by)
    with pytest.raises(ApplicationError) as failed:
        statements.record_refund_made(RefundMade(task.pk, by))

    task.refresh_from_db()
    assert "is your own" in words(answer)
    assert (refused.value.code, failed.value.type, task.state) == (Refusal.OWN_ORDER, Refusal.OWN_ORDER, "open")


def test_a_debit_of_an_own_order_is_settled_by_somebody_else(order: Order, owner: User) -> None:
    debit, by = debit_of(order), actors.user(owner.pk)

    answer = at_browser(owner).get(dialog_url("bankdebit", "settle", debit.pk))
    with pytest.raises(Refused) as refused:
        client.settle_debit(debit.pk, by=by)
    with pytest.raises(ApplicationError) as failed:
        refund_files.settle_debit(DebitSettlement(debit.pk, by))

    debit.refresh_from_db()
    assert "is your own" in words(answer)
    assert (refused.value.code, failed.value.type, debit.state) == (Refusal.OWN_ORDER, Refusal.OWN_ORDER, "open")


CLIENTS: dict[str, Callable[[int], object]] = {
    "retry": client.retry_compensation,
    "settle": client.settle_compensation,
    "write_off": client.ask_to_write_off,
}


@pytest.mark.parametrize("action", CLIENTS)
def test_what_could_not_be_undone_of_an_own_order_is_seen_to_by_somebody_else(
    action: str, order: Order, owner: User
) -> None:
    failure = order.compensation_failures.get()

    answer = fill_in(at_browser(owner), dialog_url("compensationfailure", action, failure.pk), text="ticket 17")
    written = failure.decisions.exists()
    decision = decide_on(failure, owner, action, "ticket 17")
    with pytest.raises(Refused) as refused:
        CLIENTS[action](decision.pk)

    assert "is your own" in words(answer)
    assert (refused.value.code, written) == (Refusal.OWN_ORDER, False)


@pytest.mark.parametrize("action", ["retry", "settle"])
def test_past_all_doors_the_activity_refuses_the_decision(action: str, order: Order, owner: User) -> None:
    failure = order.compensation_failures.get()
    decision = decide_on(failure, owner, action, "ticket 17")

    reversals.begin_retry(failure.pk) if action == "retry" else reversals.settle_by_hand(decision.pk)

    decision.refresh_from_db()
    failure.refresh_from_db()
    assert (decision.state, decision.result, failure.state) == ("refused", Refusal.OWN_ORDER, "open")
