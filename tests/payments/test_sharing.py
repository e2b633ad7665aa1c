"""One transfer for several orders: what speaks for which is said; a person shares it out in one step, or not at all."""

from decimal import Decimal

import pytest
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.invariants import check_books
from orders.models import BankStatement, JournalEntry, Order, PaymentEvent, RefundTask, Resolution, StatementLine
from orders.payments import parts
from orders.reconciliation.near import near, proposed_shares
from orders.rules.refusals import Refusal
from orders.rules.states import PaymentEventOutcome
from temporal_app.activities import allocations, payment_events, resolutions
from tests.admin.browsing import at_browser, dialog_url, fields_of, send, words
from tests.factories.payments import make_payment_event, make_waiting_order
from tests.factories.people import make_user
from tests.factories.unmatched import write_decision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]
IBAN = "DE02120300000000202051"


def order(total: str, **columns: object) -> Order:
    return make_waiting_order(total, payment_method="bank_transfer", **columns)


def transfer(amount: str, purpose: str = "", payer: str = "Maria Anders", **told: object) -> PaymentEvent:
    """A transfer on our account that suits no order."""
    told = {"reference": purpose or "thanks", "order_number": "", "amount": Decimal(amount), **told}
    event = make_payment_event(None, provider="bank_transfer", by="statement:1", **told)
    StatementLine.objects.create(
        statement=BankStatement.objects.create(name="s.xml", file="s.xml"),
        fingerprint=event.event_id,
        booked_on=timezone.localdate(),
        amount=event.amount,
        currency=event.currency,
        purpose=purpose,
        payer=payer,
        payer_iban=IBAN,
        payment_event=event,
    )
    payment_events.match_payment_event(event.pk)
    event.refresh_from_db()
    return event


def share_out(event: PaymentEvent, *shares: tuple[Order, str]) -> list[str]:
    """Fritz decides, and it is carried out, twice; returns the numbers of the orders that are paid now."""
    decision = write_decision(event, "allocate", shares=[[one.number, amount] for one, amount in shares])
    for _time in range(2):
        paid = allocations.share_out(decision.pk)
    event.refresh_from_db()
    return [one.number for one in paid]


def refused(event: PaymentEvent, *shares: tuple[Order, str]) -> str:
    before = JournalEntry.objects.count(), PaymentEvent.objects.count()
    with pytest.raises(ApplicationError) as failure:
        share_out(event, *shares)
    assert (JournalEntry.objects.count(), PaymentEvent.objects.count()) == before
    assert list(check_books(timezone.now())) == []
    Resolution.objects.all().delete()
    return failure.value.type


def test_a_transfer_is_shared_out_among_two_orders_and_what_is_over_stays_under_its_own_name() -> None:
    one, two = order("60.00"), order("100.00")
    event = transfer("130.00")

    paid = share_out(event, (one, "60.00"), (two, "50.00"))

    rest = event.shares.get(outcome=PaymentEventOutcome.UNMATCHED)
    assert paid == [one.number]
    assert (parts.missing(one), parts.missing(two)) == (Decimal("0.00"), Decimal("50.00"))
    assert (event.outcome, rest.amount, rest.reason) == ("resolved", Decimal("20.00"), "remainder")
    assert list(check_books(timezone.now())) == []
    assert JournalEntry.objects.balance(f"unmatched:{rest.pk}", "EUR") == Decimal("20.00")
    assert JournalEntry.objects.balance(f"unmatched:{event.pk}", "EUR") == Decimal("0.00")


def test_what_was_over_goes_back_to_whom_the_transfer_came_from() -> None:
    event = transfer("130.00")
    share_out(event, (order("60.00"), "60.00"))
    rest = event.shares.get(outcome=PaymentEventOutcome.UNMATCHED)

    resolutions.send_back(write_decision(rest, "refund").pk)

    task = RefundTask.objects.get()
    assert (task.amount, task.iban, task.payee) == (Decimal("70.00"), IBAN, "Maria Anders")
    assert list(check_books(timezone.now())) == []


def test_too_much_for_an_order_pays_it_and_the_rest_is_left_over() -> None:
    one = order("148.00")
    event = transfer("1480.00", order_number=one.number)

    paid = share_out(event, (one, "148.00"))

    assert paid == [one.number]
    assert event.shares.get(outcome="unmatched").amount == Decimal("1332.00")


def test_what_cannot_be_is_refused_and_nothing_is_half_written() -> None:
    one, ended = order("60.00"), order("60.00")
    ended.begin_undo(timezone.now())
    dollars, by_card = order("60.00", currency="USD"), make_waiting_order("60.00")
    event = transfer("100.00")

    refusals = [
        refused(event, (one, "100.01")),
        refused(event, (one, "60.01")),
        refused(event, (one, "40.00"), (ended, "60.00")),
        refused(event, (one, "40.00"), (dollars, "60.00")),
        refused(event, (one, "40.00"), (by_card, "60.00")),
        refused(event),
    ]

    assert refusals == [
        Refusal.SHARES_EXCEED_PAYMENT,
        Refusal.SHARE_EXCEEDS_MISSING,
        Refusal.ORDER_NOT_PENDING,
        Refusal.SHARE_IN_OTHER_CURRENCY,
        Refusal.SHARE_OTHER_METHOD,
        Refusal.SHARES_EXCEED_PAYMENT,
    ]
    assert event.outcome == "unmatched"


def test_a_transfer_that_was_shared_out_is_not_shared_out_again() -> None:
    one, two = order("60.00"), order("60.00")
    event = transfer("60.00")
    share_out(event, (one, "60.00"))

    with pytest.raises(ApplicationError) as again:
        resolutions.check_decision(write_decision(event, "allocate", shares=[[two.number, "60.00"]]).pk)

    assert again.value.type == Refusal.NOT_UNMATCHED
    assert parts.missing(two) == Decimal("60.00")


def reasons(event: PaymentEvent) -> dict[str, set[str]]:
    return {one.order.number: set(one.by) for one in near(event)}


def test_orders_that_a_payer_names_are_proposed_each_with_what_it_waits_for() -> None:
    one, two, _other = order("60.00"), order("70.00"), order("130.00")
    event = transfer("140.00", f"{one.number} and {two.number}")

    shares = {near.order.number: share for near, share in proposed_shares(event)}

    assert shares == {one.number: Decimal("60.00"), two.number: Decimal("70.00")}


def test_orders_that_come_to_exactly_this_amount_are_proposed_together_those_of_one_customer_first() -> None:
    mine = order("60.00", name="Maria Anders"), order("70.00", name="Maria Anders")
    order("60.00", name="Ben"), order("70.00", name="Christina")

    shares = {near.order.number: share for near, share in proposed_shares(transfer("130.00", payer="Anders, Maria"))}

    assert shares == {mine[0].number: Decimal("60.00"), mine[1].number: Decimal("70.00")}


def test_a_near_match_says_why_by_reference_by_name_by_amount() -> None:
    slip, named, priced = order("10.00"), order("20.00", name="Maria Anders"), order("33.30")
    event = transfer("33.30", slip.number.replace("ORD", "0RD"), payer="ANDERS MARIA")

    found = reasons(event)

    assert found[slip.number] >= {"reference"}
    assert found[named.number] == {"name"}
    assert found[priced.number] >= {"amount"}


def test_the_dialog_is_filled_in_and_says_what_does_not_add_up() -> None:
    one, two = order("60.00", name="Maria Anders"), order("70.00", name="Maria Anders")
    event = transfer("130.00")
    browser, url = at_browser(make_user("fiona", "finance")), dialog_url("paymentevent", "allocate", event.pk)

    opened = browser.get(url)
    typed = {"number_1": one.number, "share_1": "100.00", "number_2": two.number, "share_2": "70.00"}
    too_much = send(browser, url, fields_of(opened), **typed)
    three_places = send(browser, url, fields_of(opened), **{**typed, "share_1": "1.001"})
    twice = send(browser, url, fields_of(opened), **{**typed, "number_2": one.number})

    assert f'value="{one.number}"' in opened.content.decode()
    assert "together exactly this amount" in words(opened)
    assert "The shares come to 170.00 €, but only 130.00 € came in." in words(too_much).replace("\xa0", " ")
    assert "no more than 2 decimal places" in words(three_places)
    assert "This order stands here twice." in words(twice)
    assert not Resolution.objects.exists()
