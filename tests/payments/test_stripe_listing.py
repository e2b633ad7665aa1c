"""How many payments are asked about at Stripe in few calls, whatever was opened while they were."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.models.stripe import StripeCall
from orders.payments.stripe import StripeGateway
from tests.payments.fake_stripe import FakeStripe

pytestmark = pytest.mark.django_db
GATEWAY = StripeGateway()


def hold(number: str) -> str:
    key = f"{number}:hold:1"
    return GATEWAY.hold(order_number=number, amount=Decimal("43.90"), currency="EUR", key=key).reference


def happened(fake_stripe: FakeStripe, references: list[str], *, days_ago: int) -> None:
    """These payments were opened some days ago."""
    at = timezone.now() - timedelta(days=days_ago)
    StripeCall.objects.filter(reference__in=references).update(first_tried_at=at, answered_at=at)
    for reference in references:
        fake_stripe.books.intents[reference]["created"] = int(at.timestamp())


def test_one_order_held_anew_long_after_the_others_does_not_make_it_a_walk_through_all_payments(
    fake_stripe: FakeStripe,
) -> None:
    early = [hold(f"ORD-2026-{number:06d}") for number in range(99)]
    between = [hold(f"ORD-2026-{number:06d}") for number in range(100, 700)]
    anew = hold("ORD-2026-000099")
    happened(fake_stripe, early, days_ago=10)
    happened(fake_stripe, between, days_ago=5)
    before = sum(fake_stripe.calls.values())

    found = GATEWAY.statuses(references=[*early, anew])

    assert set(found) == {*early, anew}
    assert sum(fake_stripe.calls.values()) - before == 2


def test_payments_far_apart_are_asked_about_one_by_one_and_never_more_calls_than_that(
    fake_stripe: FakeStripe,
) -> None:
    references = [hold(f"ORD-2026-{number:06d}") for number in range(900)]
    for days, first in enumerate(range(0, 900, 100)):
        happened(fake_stripe, references[first : first + 100], days_ago=20 - days)
    before = sum(fake_stripe.calls.values())

    found = GATEWAY.statuses(references=[*references[50::300], "pi_nobody"])

    assert set(found) == set(references[50::300])
    assert sum(fake_stripe.calls.values()) - before == 3 + 1
