"""Payments for an order add up: parts of a total pay it, in whatever order they come, and the rest is asked for."""

from decimal import Decimal
from itertools import permutations

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from orders.mail.recipients import resolve
from orders.mail.rendering import render
from orders.models import Order, PaymentEvent, RefundTask
from orders.payments import parts
from orders.payments.bank_transfer import BankTransferGateway, transfer_details
from orders.reconciliation.matching import match_event
from orders.rules.refusals import Refusal
from orders.rules.states import MismatchReason, PaymentEventOutcome
from temporal_app.activities import orders as order_activities
from temporal_app.activities import payment_events
from temporal_app.messages import LineChange, UnusedPayment
from tests.factories import steps, ways
from tests.factories.payments import make_payment_event, make_waiting_order
from tests.views.shopping import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]
MATCHED, REPEATED, UNMATCHED = PaymentEventOutcome.MATCHED, PaymentEventOutcome.REPEATED, PaymentEventOutcome.UNMATCHED


@pytest.fixture(autouse=True)
def bank(settings) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"


def take(payment_event: PaymentEvent) -> tuple[PaymentEventOutcome, str]:
    with transaction.atomic():
        outcome = match_event(payment_event, timezone.now())
    return outcome, payment_event.reason


def part(order: Order, amount: str, **told: object) -> tuple[PaymentEventOutcome, str]:
    told = {"provider": order.payment_method, **told}
    return take(make_payment_event(order, amount=Decimal(amount), **told))


def test_two_transfers_of_sixty_pay_a_hundred_and_twenty() -> None:
    order = make_waiting_order("120.00", payment_method="bank_transfer")

    first = part(order, "60.00", by="statement:1")
    half = (parts.received(order), parts.missing(order), parts.is_complete(order))
    second = part(order, "60.00", by="statement:1")

    assert first == second == (MATCHED, "")
    assert half == (Decimal("60.00"), Decimal("60.00"), False)
    assert (parts.missing(order), parts.is_complete(order)) == (Decimal("0.00"), True)


def test_two_parts_that_a_provider_reports_under_one_reference_are_two() -> None:
    order = make_waiting_order("120.00")

    assert [part(order, "60.00"), part(order, "60.00")] == [(MATCHED, ""), (MATCHED, "")]
    assert part(order, "60.00") == (UNMATCHED, MismatchReason.SECOND_PAYMENT)


def test_parts_pay_in_every_order_of_their_coming() -> None:
    for amounts in permutations(["19.00", "1.00", "100.00"]):
        order = make_waiting_order("120.00", payment_method="bank_transfer")

        outcomes = {part(order, amount, by="statement:1") for amount in amounts}

        assert outcomes == {(MATCHED, "")}
        assert parts.is_complete(order)


def test_a_part_that_a_person_reported_and_its_line_on_the_statement_are_one() -> None:
    order = make_waiting_order("120.00", payment_method="bank_transfer")
    part(order, "60.00", by="user:17")

    assert part(order, "60.00", by="statement:1") == (REPEATED, "")
    assert parts.missing(order) == Decimal("60.00")


def test_more_than_is_missing_goes_before_a_person_and_the_rest_is_still_asked_for() -> None:
    order = make_waiting_order("120.00", payment_method="bank_transfer")
    part(order, "60.00", by="statement:1")

    assert part(order, "60.01", by="statement:1") == (UNMATCHED, MismatchReason.TOO_MUCH)
    assert parts.missing(order) == Decimal("60.00")


def test_the_whole_that_comes_after_a_part_pays_alone_and_the_part_goes_before_a_person() -> None:
    order = make_waiting_order("120.00", payment_method="bank_transfer")
    part(order, "60.00", by="statement:1")

    whole = part(order, "120.00", by="statement:1")

    first = PaymentEvent.objects.earliest("pk")
    assert whole == (MATCHED, "")
    assert (first.outcome, first.reason) == (UNMATCHED, MismatchReason.SECOND_PAYMENT)


@pytest.mark.sqlite
def test_parts_that_no_binary_fraction_holds_are_all_of_it() -> None:
    order = make_waiting_order("0.80")

    part(order, "0.70")
    part(order, "0.10")

    assert not parts.partly_paid().exists()


@pytest.mark.sqlite
def test_parts_that_no_binary_fraction_holds_are_short_by_what_is_missing() -> None:
    order = make_waiting_order("0.60")

    part(order, "0.10")
    part(order, "0.20")

    assert parts.partly_paid().get().came == Decimal("0.30")


def test_a_card_is_charged_for_all_or_nothing() -> None:
    order = make_waiting_order("120.00", payment_method="stripe")

    assert part(order, "60.00") == (UNMATCHED, MismatchReason.TOO_LITTLE)


def test_no_card_is_charged_for_the_whole_once_a_part_has_come() -> None:
    order = ways.partly_paid()

    with pytest.raises(Exception, match=Refusal.PARTLY_PAID):
        steps.charge(order)


def test_the_saga_hears_nothing_of_a_part_and_all_that_has_come_with_the_last() -> None:
    order = ways.waiting()
    first = make_payment_event(order, amount="60.00")
    last = make_payment_event(order, amount="240.00")

    nothing, paid = [payment_events.match_payment_event(event.pk) for event in (first, last)]

    assert (nothing.outcome, nothing.confirmation) == (MATCHED, None)
    assert (paid.confirmation.amount, paid.confirmation.payment_event_id) == (Decimal("300.00"), last.pk)


def test_what_came_in_parts_may_be_enough_once_something_is_taken_off() -> None:
    order = ways.waiting()
    ways.report(order, "200.00", reference="a part")

    content = order_activities.set_line(LineChange(order.number, "TEA", 2, "customer:guest", key="fewer"))

    assert (content.total, content.paid.amount) == (Decimal("200.00"), Decimal("200.00"))


def test_what_was_the_last_part_of_a_total_that_has_grown_is_one_of_its_parts() -> None:
    order = ways.waiting()
    ways.report(order, "100.00", reference="one")
    last = ways.report(order, "200.00", reference="two")
    order_activities.set_line(LineChange(order.number, "TEA", 4, "customer:guest", key="more"))

    payment_events.release_payment_event(UnusedPayment(last.pk))

    last.refresh_from_db()
    order.refresh_from_db()
    assert last.outcome == MATCHED
    assert parts.missing(order) == Decimal("100.00")


def test_the_customer_is_thanked_for_a_part_and_asked_for_the_rest_by_mail_page_and_code() -> None:
    order = ways.transfer_in_parts()
    mail = order.notifications.filter(kind="payment_part").earliest("pk")

    text = render(mail, resolve(mail)).text.replace("\xa0", " ")
    told = words(Client().get(order.get_absolute_url()))

    assert "We received 60.00 € for your order" in text
    assert "240.00 € are still missing" in text
    assert "We received 160.00 € of 300.00 €" in told
    assert "Please pay the missing 140.00 €" in told
    assert transfer_details(order.number).amount == Decimal("140.00")
    assert order.timeline.filter(kind="payment_part", public=True).count() == 2


def test_an_expected_transfer_of_which_a_part_came_is_not_paid_when_the_hourly_check_asks() -> None:
    order = ways.transfer_in_parts()
    reference, gateway = order.payments.get().reference, BankTransferGateway()

    before = gateway.status(reference=reference).is_paid
    ways.report(order, "140.00", reference="the rest")

    assert (before, gateway.status(reference=reference).is_paid) == (False, True)


def test_a_cancellation_returns_every_part_that_was_received() -> None:
    order = ways.transfer_in_parts_and_cancelled()

    tasks = RefundTask.objects.filter(order_number=order.number)

    assert sorted(tasks.values_list("amount", flat=True)) == [Decimal("60.00"), Decimal("100.00")]


def test_what_is_missing_can_be_waived_by_a_person_as_long_as_it_is_missing() -> None:
    order = ways.partly_paid_and_accepted()

    assert (order.payments.get().state, parts.missing(order)) == ("captured", Decimal("0.00"))
    assert PaymentEvent.objects.get().reason == MismatchReason.TOO_LITTLE
