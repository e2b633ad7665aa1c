"""A refund in part is carried by a workflow: approved where its amount asks for it, sent once, and refused in words."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from orders.models import ApprovalRequest, Notification, Order, Refund
from orders.payments.gateway import ProviderRefused
from orders.rules import actors, identifiers
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.factories.approvals import People
from tests.factories.orders import eventually, ledger, order_events, pay, start_order, told_in, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.refunds import ask_refund
from tests.payments.unreliable import Fault
from tests.workflows.outside import break_gateway

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def fiona(transactional_db: None) -> User:
    return make_user("fiona", "finance")


@pytest.fixture
def mia(transactional_db: None) -> User:
    return make_user("mia", "manager")


@pytest.fixture
def order(worker: object) -> Order:
    """Paid 240.00 for it; it waits to be shipped."""
    make_product(price="120.00")
    order = start_order(("TEA", 2))
    wait_until(order, waiting_for="payment")
    pay(order)
    wait_until(order, waiting_for="shipment")
    return order


def refund_ends(refund: Refund) -> Refund:
    eventually(lambda: Refund.objects.filter(pk=refund.pk, state__in=["done", "refused"]).exists())
    refund.refresh_from_db()
    return refund


def decide(refund: Refund, person: User, *, approved: bool, comment: str = "") -> None:
    by = actors.user(person.pk)
    client.decide("refund", str(refund.pk), role="manager", approved=approved, comment=comment, by=by)


def test_a_small_refund_asks_nobody_and_is_made_once(order: Order, fiona: User) -> None:
    refund = ask_refund(order, fiona, "20.00")

    answers = [client.refund_in_part(refund.pk) for _click in range(2)]

    assert [answer.state for answer in answers] == ["done", "done"]
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("20.00"))]
    assert not ApprovalRequest.objects.exists()


def test_a_larger_one_is_sent_when_somebody_else_has_approved_it(order: Order, fiona: User, mia: User) -> None:
    refund = ask_refund(order, fiona, "100.00")
    asked = client.refund_in_part(refund.pk)

    decide(refund, mia, approved=True)

    assert (asked.state, asked.approval.amount) == ("requested", Decimal("100.00"))
    assert refund_ends(refund).state == "done"
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("100.00"))]


def test_nobody_approves_their_own_refund(order: Order) -> None:
    mia = make_user("mia", "manager")
    refund = ask_refund(order, mia, "100.00")
    client.refund_in_part(refund.pk)

    with pytest.raises(Refused) as refused:
        decide(refund, mia, approved=True)

    assert refused.value.code == "own_request"
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("0.00"))]


def test_what_is_not_approved_is_not_sent_and_whoever_asked_hears_why_but_no_history_does(
    order: Order, fiona: User, mia: User
) -> None:
    refund = ask_refund(order, fiona, "100.00")
    client.refund_in_part(refund.pk)

    decide(refund, mia, approved=False, comment="ask for a picture first")

    refund_ends(refund)
    assert (refund.state, refund.result, refund.details["reason"]) == (
        "refused",
        "refund_rejected",
        "ask for a picture first",
    )
    for carried_by in (identifiers.refund(refund.pk), identifiers.approval("refund", str(refund.pk))):
        assert "words:" in told_in(carried_by)
        assert "picture" not in told_in(carried_by)
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("0.00"))]
    assert Notification.objects.filter(kind="refund_refused", recipient=actors.user(fiona.pk)).count() == 1


def test_of_refunds_at_once_no_more_goes_back_than_was_paid(order: Order, fiona: User) -> None:
    asked = [ask_refund(order, fiona, "90.00") for _refund in range(5)]

    def make(number: int) -> None:
        with suppress(Refused):
            client.refund_in_part(asked[number].pk)

    with People(5) as people:
        people.at_once(make)
    states = sorted(refund_ends(refund).state for refund in asked)

    assert states == ["done", "done", "refused", "refused", "refused"]
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("180.00"))]
    assert {refund.details.get("left") for refund in asked if refund.state == "refused"} <= {"60.00", "150.00"}


def test_a_refund_that_comes_while_the_order_is_cancelled_never_makes_it_more(order: Order, fiona: User) -> None:
    refund = ask_refund(order, fiona, "90.00")
    acts: list[Callable[[], object]] = [
        lambda: client.refund_in_part(refund.pk),
        lambda: client.cancel_order(order.number, reason="changed_mind", by="customer:guest"),
    ]

    def act(number: int) -> None:
        with suppress(Refused):
            acts[number]()

    with People(2) as people:
        people.at_once(act)
    wait_until(order, status="cancelled")
    refund_ends(refund)

    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("240.00"))]
    assert order_events(order).count("refunded") == (2 if refund.state == "done" else 1)


def test_what_the_provider_refuses_is_said_and_changes_nothing(
    order: Order, fiona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gateway(monkeypatch, "refund", error=ProviderRefused)
    refund = ask_refund(order, fiona, "20.00")

    with pytest.raises(Refused) as refused:
        client.refund_in_part(refund.pk)

    assert refused.value.code == "refund_impossible"
    assert order.payments.get().refunded == 0


def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_sent_twice(
    order: Order, fiona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = ask_refund(order, fiona, "20.00")
    with monkeypatch.context() as away:
        break_gateway(away, "refund", fault=Fault.AFTER)
        asked = client.refund_in_part(refund.pk)

    assert asked.state == "sending"
    assert asked.unknown_since is not None
    assert refund_ends(refund).state == "done"
    assert ledger(order) == [("captured", Decimal("240.00"), Decimal("20.00"))]
