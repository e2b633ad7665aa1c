"""What is too much is credited to the customer or sent back, as a person chooses; every cent keeps a name."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders import labels
from orders.admin.payments.resolutions import outcome
from orders.invariants import check_books
from orders.models import ApprovalPolicy, JournalEntry, Order, Resolution
from orders.reconciliation.unmatched import ways_out
from orders.rules import accounts
from temporal_app import client
from temporal_app.activities import accounts as account_activities
from temporal_app.activities import allocations
from temporal_app.client.errors import Refused
from temporal_app.messages import AccountEntry, AccountMovement
from tests.factories.accounts import balance, make_customer, mirrored
from tests.factories.orders import eventually, place_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, resolve, write_decision

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def customer() -> int:
    return make_customer()


@pytest.fixture
def order(customer: int) -> Order:
    make_product(price="148.00")
    return waiting(customer)


def waiting(customer_id: int | None) -> Order:
    order = place_order(customer_id=customer_id)
    wait_until(order, waiting_for="payment")
    return order


def books_agree() -> bool:
    return not list(check_books(timezone.now())) and sum(JournalEntry.objects.balances().values()) == 0


def standing(account: str) -> Decimal:
    return JournalEntry.objects.balance(account, "EUR")


@pytest.fixture
def alone(transactional_db: None) -> None:
    """Whoever works in finance may credit anything alone."""
    ApprovalPolicy.objects.filter(kind="credit").delete()


@pytest.mark.sqlite
def test_of_ten_times_too_much_the_order_gets_its_share_and_the_customer_the_rest_as_credit(
    order: Order, customer: int
) -> None:
    mia, dora = make_user("mia", "manager"), make_user("dora", "director")
    event = report(order, amount=Decimal("1480.00"))

    decision = resolve(event, "credit")
    asked = (outcome(decision), mirrored(customer), decision.approval.kind, decision.approval.amount)
    for role, person in (("manager", mia), ("director", dora)):
        client.decide("credit_payment", str(decision.pk), role=role, approved=True, by=f"user:{person.pk}")
    wait_until(order, waiting_for="shipment")
    eventually(lambda: mirrored(customer))
    decision = Resolution.objects.get(pk=decision.pk)

    assert asked == ("Waits for somebody else's approval.", 0, "credit_payment", Decimal("1332.00"))
    money = labels.money(Decimal("1332.00"), "EUR")
    assert (decision.state, decision.details["left"]) == ("done", "1332.00")
    assert outcome(decision) == f"{order.number} gets its share. {money} credited to the customer."
    assert balance(customer) == mirrored(customer) == Decimal("1332.00")
    assert standing(accounts.sales(order.number)) == Decimal("148.00")
    assert standing(accounts.provider("sandbox")) == Decimal("-1480.00")
    assert books_agree()


def test_or_the_rest_is_sent_back(order: Order, customer: int) -> None:
    event = report(order, amount=Decimal("1480.00"))

    resolve(event, "give_back")
    wait_until(order, waiting_for="shipment")

    assert mirrored(customer) == 0
    assert standing(accounts.sales(order.number)) == Decimal("148.00")
    assert standing(accounts.provider("sandbox")) == Decimal("-148.00")
    assert books_agree()


@pytest.mark.parametrize(("choice", "credit"), [("credit", "1332.00"), ("give_back", "0.00")])
@pytest.mark.usefixtures("alone")
def test_a_cancellation_returns_the_order_its_share_and_nothing_twice(
    order: Order, customer: int, choice: str, credit: str
) -> None:
    resolve(report(order, amount=Decimal("1480.00")), choice)
    wait_until(order, waiting_for="shipment")

    client.cancel_order(order.number, reason="changed_mind", by=f"customer:{customer}")
    wait_until(order, status="cancelled")

    assert standing(accounts.provider("sandbox")) == -Decimal(credit)
    assert mirrored(customer) == Decimal(credit)
    assert books_agree()


@pytest.mark.usefixtures("alone")
def test_what_came_after_the_end_can_be_kept_as_credit(order: Order, customer: int) -> None:
    client.cancel_order(order.number, reason="changed_mind", by=f"customer:{customer}")
    event = report(order)

    resolve(event, "credit")

    event.refresh_from_db()
    assert (event.outcome, balance(customer)) == ("resolved", Decimal("148.00"))
    assert "payment_credited" in order.timeline.values_list("kind", flat=True)
    assert books_agree()


def test_a_guest_has_no_account_so_it_is_only_sent_back() -> None:
    make_product(price="148.00")
    event = report(waiting(None), amount=Decimal("1480.00"))

    assert "credit" not in ways_out(event)
    assert "give_back" in ways_out(event)
    with pytest.raises(Refused) as refused:
        resolve(event, "credit")
    assert refused.value.code == "no_such_way_out"


def test_nobody_credits_themselves(order: Order) -> None:
    event = report(order, amount=Decimal("1480.00"))
    decision = write_decision(event, "credit", decided_by_id=order.customer_id, decided_by=order.customer)

    with pytest.raises(Refused) as refused:
        client.resolve_payment(decision.pk)

    assert refused.value.code == "own_order"
    assert Resolution.objects.get().result == "own_order"
    assert mirrored(order.customer_id) == 0
    assert books_agree()


@pytest.mark.usefixtures("alone")
def test_the_same_payment_is_credited_once_whoever_asks(order: Order, customer: int) -> None:
    client.cancel_order(order.number, reason="changed_mind", by=f"customer:{customer}")
    event = report(order)
    resolve(event, "credit")

    for _time in range(2):
        with pytest.raises(Refused) as refused:
            client.deposit_credit(customer, amount=event.amount, cause=event.cause, by="system", request_id=uuid4().hex)
        assert refused.value.code == "not_unmatched"
    assert balance(customer) == Decimal("148.00")


def test_writing_an_entry_twice_is_one(customer: int) -> None:
    movement = AccountMovement(customer, AccountEntry(Decimal("5.00"), "goodwill-1"), out=False, key="k")

    balances = [account_activities.record_movement(movement) for _time in range(2)]

    assert balances == [Decimal("5.00")] * 2


def test_the_activity_credits_nothing_above_the_limit_that_nobody_approved(order: Order, customer: int) -> None:
    decision = write_decision(report(order, amount=Decimal("1480.00")), "credit")

    with pytest.raises(ApplicationError) as refused:
        allocations.split(decision.pk)

    assert refused.value.type == "not_approved"
    assert (mirrored(customer), books_agree()) == (0, True)
