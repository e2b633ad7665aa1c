"""Whether money has gone back is never guessed: while that is not known, it says so, and the provider settles it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from threading import Event

import pytest
from django.db import InternalError
from django.test import Client as Browser
from django.urls import reverse
from temporalio.client import Client
from temporalio.common import RetryPolicy

import orders.payments
from orders.authorization.roles import set_up_roles
from orders.models import Order, PaymentEvent, Resolution, SandboxOperation, SandboxPayment
from orders.payments.gateway import ProviderUnavailable
from orders.payments.sandbox import SandboxGateway
from orders.rules.refusals import Refusal
from orders.rules.states import LedgerState, PaymentState
from temporal_app import client, policies
from temporal_app.activities import resolutions
from temporal_app.client.errors import Refused
from tests import serving
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.orders import ask, eventually, order_events
from tests.factories.products import make_product
from tests.factories.unmatched import fritz, reference_of, report, waiting_order, write_decision

UNKNOWN = "It is not known yet whether the money has gone back."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tries, and then a look at the provider every tenth of a second."""
    quick = timedelta(seconds=0.1)
    monkeypatch.setitem(policies.SEND_BACK, "retry_policy", RetryPolicy(initial_interval=quick, maximum_attempts=2))
    monkeypatch.setitem(policies.SETTLE, "retry_policy", RetryPolicy(initial_interval=quick, maximum_interval=quick))


@pytest.fixture
def order(worker: Client) -> Order:
    """It waits for 40.00."""
    make_product(price="20.00", on_hand=10)
    return waiting_order(("TEA", 2))


@pytest.fixture
def browser(worker: Client) -> Browser:
    """Fritz of finance."""
    set_up_roles()
    return at_browser(fritz())


@pytest.fixture
def real_one() -> Iterator[str]:
    """A provider that itself says what it has; its books are the sandbox's."""
    orders.payments.GATEWAYS["real"] = SandboxGateway
    yield "real"
    del orders.payments.GATEWAYS["real"]


def money_at(provider: str, *, state: LedgerState = LedgerState.CAPTURED) -> PaymentEvent:
    """45.00 that came in for nobody."""
    captured = Decimal("45.00") if state == LedgerState.CAPTURED else Decimal("0.00")
    SandboxPayment.objects.create(
        reference="pi_1", order_number="", amount=Decimal("45.00"), currency="EUR", captured=captured, state=state
    )
    return report(provider=provider, reference="pi_1", amount=Decimal("45.00"))


def start(payment_event: PaymentEvent, action: str = "refund") -> Resolution:
    """A decision that is being carried out."""
    decision = write_decision(payment_event, action)
    with serving.no_patience():
        client.resolve_payment(decision.pk)
    return decision


def becomes(decision: Resolution, is_so: Callable[[Resolution], object]) -> Resolution:
    """The decision, as soon as something is so."""

    def look() -> bool:
        decision.refresh_from_db()
        return bool(is_so(decision))

    eventually(look)
    return decision


def refunds() -> list[Decimal]:
    return list(SandboxOperation.objects.filter(kind="refund").values_list("amount", flat=True))


def test_money_went_back_while_our_own_database_was_away_and_nobody_is_told_that_it_cannot(
    order: Order, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_event = report(order, amount=Decimal("45.00"))
    back, write = Event(), resolutions._resolve

    def write_or_fail(*arguments, **parameters):
        if not back.is_set():
            raise InternalError("cannot execute UPDATE in a read-only transaction")
        write(*arguments, **parameters)

    monkeypatch.setattr(resolutions, "_resolve", write_or_fail)
    with serving.no_patience():
        asked = fill_in(browser, dialog_url("paymentevent", "refund", payment_event.pk), reason="as agreed")
    told = message_shown(browser, asked)
    decision = becomes(Resolution.objects.get(), lambda one: one.unknown_since)
    inbox = words(browser.get(reverse("admin:unmatched")))
    page = words(browser.get(reverse("admin:orders_paymentevent_change", args=[payment_event.pk])))
    other = fill_in(browser, dialog_url("paymentevent", "ignore", payment_event.pk), reason="done by hand")
    while_away = refunds()
    back.set()
    becomes(decision, lambda one: one.state != "requested")

    assert "This takes a moment." in told or UNKNOWN in told
    assert UNKNOWN in inbox
    assert UNKNOWN in page
    assert "Outcome not known" in inbox
    assert "Close without action" not in inbox  # nothing else can be decided meanwhile
    assert (other.status_code, while_away) == (409, [Decimal("45.00")])
    assert decision.state == "done"
    assert refunds() == [Decimal("45.00")]
    payment_event.refresh_from_db()
    assert payment_event.outcome == "resolved"
    assert order_events(order).count("payment_sent_back") == 1
    assert UNKNOWN not in words(browser.get(reverse("admin:unmatched"), {"tab": "resolved"}))


def test_a_provider_that_does_not_answer_is_asked_until_it_does(
    worker: Client, real_one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_event, back = money_at(real_one), Event()
    refund = SandboxGateway.refund

    def lose_the_answer(self, **parameters):
        answer = refund(self, **parameters)
        if not back.is_set():
            raise ProviderUnavailable("its answer was lost")
        return answer

    monkeypatch.setattr(SandboxGateway, "refund", lose_the_answer)
    decision = becomes(start(payment_event), lambda one: one.unknown_since)
    back.set()

    becomes(decision, lambda one: one.state == "done")

    assert refunds() == [Decimal("45.00")]
    assert SandboxOperation.objects.get(kind="refund").answer == decision.result


@pytest.mark.parametrize(("state", "told"), [(LedgerState.CAPTURED, "refunded"), (LedgerState.AUTHORISED, "released")])
def test_what_somebody_else_has_sent_back_at_the_provider_is_settled_and_not_sent_again(
    worker: Client, real_one: str, monkeypatch: pytest.MonkeyPatch, state: LedgerState, told: str
) -> None:
    payment_event = money_at(real_one, state=state)
    if state == LedgerState.CAPTURED:
        SandboxGateway().refund(reference="pi_1", amount=Decimal("45.00"), key="by hand, at the provider")
    else:
        SandboxGateway().release(reference="pi_1", key="by hand, at the provider")
    before = SandboxOperation.objects.count()

    decision = client.resolve_payment(write_decision(payment_event, "refund").pk)

    assert (decision.state, decision.result) == ("done", told)
    assert SandboxOperation.objects.count() == before


@pytest.mark.parametrize("state", [LedgerState.OPEN, LedgerState.FAILED, None])
def test_only_the_providers_own_word_makes_it_impossible_and_nobody_is_invited_to_pay_twice(
    worker: Client, real_one: str, state: LedgerState | None
) -> None:
    payment_event = money_at(real_one, state=state or LedgerState.OPEN)
    if state is None:
        SandboxPayment.objects.all().delete()

    with pytest.raises(Refused) as refused:
        client.resolve_payment(write_decision(payment_event, "refund").pk)

    assert refused.value.code == Refusal.CANNOT_SEND_BACK
    assert "before anything else is done" in refused.value.message
    payment_event.refresh_from_db()
    assert payment_event.outcome == "unmatched"


def test_money_that_an_order_waits_for_is_not_sent_back_behind_its_back(order: Order, real_one: str) -> None:
    reference = reference_of(order)
    order.payments.update(provider=real_one, state=PaymentState.HELD)
    payment_event = report(order_number="ORD-2026-999999", provider=real_one, reference=reference)

    with pytest.raises(Refused) as refused:
        client.resolve_payment(write_decision(payment_event, "refund").pk)

    assert refused.value.code == Refusal.PAYMENT_IN_USE
    assert not refunds()


def test_a_decision_that_an_operator_broke_off_is_taken_up_again_by_sending_it_again(
    worker: Client, real_one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment_event = money_at(real_one)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(SandboxGateway, "refund", _away)
        decision = becomes(start(payment_event), lambda one: one.unknown_since)
        running = worker.get_workflow_handle(f"payment-resolution-{decision.pk}")
        ask(running.terminate())

    again = client.resolve_payment(decision.pk)

    assert again.state == "done"
    assert refunds() == [Decimal("45.00")]


def _away(*arguments: object, **parameters: object) -> str:
    raise ProviderUnavailable("it does not answer")
