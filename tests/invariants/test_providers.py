"""What the shop knows of a settled payment is what its provider knows, or it is said."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from orders.invariants import providers
from orders.models import Order, Payment, SandboxPayment
from orders.payments.gateway import ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from orders.rules.invariants import Invariant
from tests.factories import steps
from tests.factories.steps import order_after

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]
PAID, CANCELLED = steps.up_to(steps.book), (*steps.up_to(steps.book), *steps.UNDO)
RELEASED = (*steps.up_to(steps.charge), *steps.UNDO)


def found() -> list[tuple[str, str, str]]:
    return [(one.rule, one.found, one.wanted) for one in providers.findings(now=timezone.now())]


def ledger(**columns: object) -> Callable[[Order], object]:
    return lambda order: SandboxPayment.objects.filter(order_number=order.number).update(**columns)


DRIFTS = {
    "the provider gave the money back": (
        PAID,
        ledger(refunded=Decimal("300.00")),
        (Invariant.PAYMENT_AS_AT_PROVIDER, "refunded, 300.00 less 300.00", "captured"),
    ),
    "the provider has never taken it": (
        PAID,
        ledger(captured=0, state="authorised"),
        (Invariant.PAYMENT_AS_AT_PROVIDER, "authorised, 0.00 less 0.00", "captured"),
    ),
    "the provider does not know of it": (
        PAID,
        lambda order: order.payments.update(reference="sbx_nobody"),
        (Invariant.PAYMENT_AS_AT_PROVIDER, "unknown there", "captured"),
    ),
    "the provider took more than was held": (
        PAID,
        ledger(amount=Decimal("400.00"), captured=Decimal("400.00")),
        (Invariant.CAPTURED_WITHIN_HELD, "400.00", "300.00"),
    ),
    "the provider still has what was given back": (
        CANCELLED,
        ledger(refunded=0),
        (Invariant.PAYMENT_AS_AT_PROVIDER, "captured, 300.00 less 0.00", "refunded"),
    ),
    "the provider still holds what was released": (
        RELEASED,
        ledger(state="authorised"),
        (Invariant.PAYMENT_AS_AT_PROVIDER, "authorised, 0.00 less 0.00", "released"),
    ),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_what_a_provider_knows_otherwise_is_found(name: str) -> None:
    after, plant, expected = DRIFTS[name]
    order = order_after(*after)
    assert found() == []

    plant(order)

    assert found() == [expected]


@pytest.mark.parametrize("got", [*steps.FORWARD, steps.begin_undo, steps.return_money])
def test_nothing_is_found_at_any_step(got: steps.Call) -> None:
    way = steps.FORWARD if got in steps.FORWARD else (*PAID, *steps.UNDO)
    order_after(*way[: way.index(got) + 1])

    assert found() == []


def test_what_is_in_the_middle_of_being_undone_is_left_alone() -> None:
    order = order_after(*PAID, steps.begin_undo)

    ledger(refunded=Decimal("300.00"))(order)  # and the answer is on its way

    assert found() == []


def test_a_provider_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    order_after(*PAID)

    def away(*_args: object, **_words: object) -> None:
        raise ProviderUnavailable("no answer")

    monkeypatch.setattr(SandboxGateway, "statuses", away)

    assert found() == [(Invariant.PROVIDER_ANSWERS, "", "an answer")]


def test_a_page_of_payments_is_asked_about_in_one_call_and_old_ones_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    order, asked = order_after(*PAID), []
    paid = order.payments.get()
    copies = [
        Payment(order=order, attempt=number, provider="sandbox", reference=f"r{number}", amount=1, state="captured")
        for number in range(2, 151)
    ]
    Payment.objects.bulk_create(copies)
    Payment.objects.filter(pk=paid.pk).update(changed_at=timezone.now() - timedelta(days=4))

    def ask(_gateway: object, *, references: list[str]) -> dict[str, object]:
        asked.append(references)
        return {}

    monkeypatch.setattr(SandboxGateway, "statuses", ask)
    list(providers.findings(now=timezone.now()))

    assert [len(references) for references in asked] == [100, 49]
    assert paid.reference not in [*asked[0], *asked[1]]
