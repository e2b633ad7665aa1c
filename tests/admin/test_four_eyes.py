"""Four eyes on money, as a table: who does what, for whose order, below or above the limit, through which door.

Fritz and Fiona work in finance, Mia is a manager. Orders cost 20.00 each (or more); from 1,000.00 on marking as paid,
and from 50.00 on accepting a difference needs a second person.
"""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from orders.authorization.own_orders import barred_from, is_own
from orders.models import ApprovalPolicy, ApprovalRequest, JournalEntry, Notification, Order, PaymentEvent, Resolution
from orders.payments import parts
from orders.payments.reports import PaymentReport
from orders.reconciliation.matching import record_event
from orders.rules.refusals import Refusal
from temporal_app import client
from temporal_app.activities import payment_events, resolutions
from temporal_app.client.errors import Refused
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.orders import ADDRESS, eventually, order_events, place_order, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_order
from tests.factories.unmatched import report, waiting_order

TODAY = str(timezone.localdate())
running = pytest.mark.usefixtures("worker")
first, last = ADDRESS["name"].split()
OWN = {
    "the same e-mail address": {"email": "Alice@Example.ORG"},
    "the same name": {"first_name": f" {first.upper()}", "last_name": last.upper()},
}


@pytest.fixture
def fritz(transactional_db: None) -> User:
    return make_user("fritz", "finance")


@pytest.fixture
def mia(transactional_db: None) -> User:
    return make_user("mia", "manager")


def make_own(person: User, how: str) -> None:
    """From now on Alice's orders are this person's own."""
    User.objects.filter(pk=person.pk).update(**OWN[how])
    person.refresh_from_db()


def mark_paid(person: User, order: Order, amount: str):
    url = dialog_url("order", "mark_paid", order.pk)
    return fill_in(at_browser(person), url, amount=amount, reference="seen on paper", received=TODAY)


def accept(person: User, payment_event: PaymentEvent):
    url = dialog_url("paymentevent", "accept", payment_event.pk)
    return fill_in(at_browser(person), url, reason="bank charges")


def order_that_costs(total: str) -> Order:
    ApprovalPolicy.objects.filter(kind="order").delete()  # that is another matter
    make_product(price=total)
    return waiting_order()


def order_paid_short(total: str, by: str) -> tuple[Order, PaymentEvent]:
    order = order_that_costs(total)
    return order, report(order, amount=order.total - Decimal(by))


ACTIONS = {"mark_paid": ("20.00", "1000.00"), "accept": ("1.00", "50.00")}


def act(action: str, person: User, amount: str):
    """The person does it through the admin; answers the order and what the admin says."""
    if action == "mark_paid":
        order = order_that_costs(amount)
        return order, mark_paid(person, order, amount)
    order, payment_event = order_paid_short("200.00", amount)
    return order, accept(person, payment_event)


@running
@pytest.mark.parametrize("action", ACTIONS)
def test_below_the_limit_one_person_of_finance_does_it_alone(action: str, fritz: User) -> None:
    order, _answer = act(action, fritz, ACTIONS[action][0])

    wait_until(order, waiting_for="shipment")
    assert not ApprovalRequest.objects.filter(kind__in=["mark_paid", "accept_difference"]).exists()


@running
@pytest.mark.parametrize("action", ACTIONS)
def test_from_the_limit_on_a_second_person_has_to_approve_it(action: str, fritz: User, mia: User) -> None:
    order, answer = act(action, fritz, ACTIONS[action][1])
    approval = ApprovalRequest.objects.get()
    still = Order.objects.get(pk=order.pk).waiting_for

    said = message_shown(answer.client, answer)
    decided = fill_in(at_browser(mia), dialog_url("approvalrequest", "approve", approval.pk))

    assert decided.status_code == 200, words(decided)
    wait_until(order, waiting_for="shipment")
    assert still == "payment"
    assert "omebody else" in said
    assert {"second_person_asked", "second_person_agreed"} <= set(order_events(order))
    assert Notification.objects.filter(kind="second_person_decided", recipient=f"user:{fritz.pk}").count() == 1


@running
@pytest.mark.parametrize("action", ACTIONS)
def test_what_the_second_person_rejects_is_not_done(action: str, fritz: User, mia: User) -> None:
    order, _answer = act(action, fritz, ACTIONS[action][1])
    booked = JournalEntry.objects.count()

    rejection = dialog_url("approvalrequest", "reject", ApprovalRequest.objects.get().pk)
    fill_in(at_browser(mia), rejection, comment="nothing came")

    eventually(lambda: "second_person_refused" in order_events(order))
    order.refresh_from_db()
    assert (order.waiting_for, JournalEntry.objects.count()) == ("payment", booked)
    if action == "mark_paid":
        assert set(PaymentEvent.objects.values_list("outcome", "reason")) == {("refused", "not_approved")}
    else:
        assert Resolution.objects.get().state == "refused"
        assert not parts.is_complete(order)


@running
@pytest.mark.parametrize("action", ACTIONS)
def test_whoever_asks_does_not_approve_it_as_well(action: str, fritz: User) -> None:
    both = make_user("both", "finance", "manager")
    order, _answer = act(action, both, ACTIONS[action][1])

    answer = fill_in(at_browser(both), dialog_url("approvalrequest", "approve", ApprovalRequest.objects.get().pk))

    assert "Nobody decides on their own request." in words(answer)
    assert Order.objects.get(pk=order.pk).waiting_for == "payment"


@running
@pytest.mark.parametrize("how", OWN)
@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_does_it_for_an_order_of_their_own(action: str, how: str, fritz: User) -> None:
    make_own(fritz, how)

    order, answer = act(action, fritz, ACTIONS[action][0])

    assert "is your own" in words(answer)
    assert Order.objects.get(pk=order.pk).waiting_for == "payment"
    assert not parts.is_complete(order)
    assert not Resolution.objects.exists()


@running
@pytest.mark.parametrize("how", OWN)
def test_past_the_admin_the_client_function_and_the_activity_refuse_it_too(how: str, fritz: User) -> None:
    make_own(fritz, how)
    order = order_that_costs("20.00")
    word = PaymentReport("hand:1", order.number, "paid", Decimal("20.00"), "EUR", "seen on paper")
    payment_event, _new = record_event(word, provider="sandbox", by=f"user:{fritz.pk}")

    with pytest.raises(Refused) as refused:
        client.report_payment(payment_event.pk)
    payment_events.match_payment_event(payment_event.pk)

    payment_event.refresh_from_db()
    assert refused.value.code == Refusal.OWN_ORDER
    assert (payment_event.outcome, payment_event.reason) == ("refused", "own_order")
    assert not JournalEntry.objects.exists()


@running
def test_what_was_decided_for_an_own_order_past_the_admin_is_refused_by_the_workflow(fritz: User) -> None:
    make_own(fritz, "the same name")
    order, payment_event = order_paid_short("200.00", "1.00")
    decision = Resolution.objects.create(payment_event=payment_event, action="refund", decided_by=fritz)

    with pytest.raises(Refused) as refused:
        client.resolve_payment(decision.pk)

    assert refused.value.code == Refusal.OWN_ORDER
    assert parts.received(order) == Decimal("199.00")


@running
def test_the_activity_accepts_nothing_above_the_limit_that_nobody_approved(fritz: User) -> None:
    order, payment_event = order_paid_short("200.00", "50.00")
    decision = Resolution.objects.create(payment_event=payment_event, action="accept", decided_by=fritz)

    with pytest.raises(Exception, match="second person"):
        resolutions.hand_to_order(decision.pk)

    assert not parts.is_complete(order)


@running
def test_a_sum_marked_in_portions_needs_the_approval_that_it_needs_as_one(fritz: User) -> None:
    order = order_that_costs("1500.00")
    mark_paid(fritz, order, "900.00")

    mark_paid(fritz, order, "600.00")

    assert list(ApprovalRequest.objects.filter(kind="mark_paid").values_list("amount", flat=True)) == [Decimal("600")]


@running
def test_a_manager_does_not_approve_an_order_that_they_placed_as_a_guest(mia: User) -> None:
    make_own(mia, "the same e-mail address")
    max_ = make_user("max", "manager")
    make_product(price="300.00")
    order = place_order()
    wait_until(order, waiting_for="approval")
    approve = dialog_url("approvalrequest", "approve", ApprovalRequest.objects.get().pk)

    answer = fill_in(at_browser(mia), approve)
    with pytest.raises(Refused) as refused:
        client.decide("order", order.number, role="manager", approved=True, by=f"user:{mia.pk}")
    by_max = fill_in(at_browser(max_), approve)

    assert "is your own" in words(answer)
    assert refused.value.code == Refusal.OWN_ORDER
    assert by_max.status_code == 200
    wait_until(order, waiting_for="payment")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("theirs", "own"),
    [
        ({"email": " MARIA@example.test "}, True),
        ({"email": "maria@example.org"}, False),
        ({"first_name": "maria", "last_name": "ANDERS"}, True),
        ({"first_name": "Maria", "last_name": ""}, False),
        ({"email": "", "first_name": "", "last_name": ""}, False),
    ],
)
def test_an_order_is_ones_own_by_account_address_or_name(theirs: dict[str, str], own: bool) -> None:
    person, order = make_user("paula", "manager"), make_order()
    for column, value in theirs.items():
        setattr(person, column, value)
    person.save()

    assert is_own(order, person) == own
    assert barred_from(order) == ((f"user:{person.pk}",) if own else ())
    assert is_own(make_order(customer=person), person)
