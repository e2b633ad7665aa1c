"""The webhook's answers, and what it leaves behind: kept once, handed over once, nothing from strangers."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connections, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from temporalio.client import Client as Temporal
from temporalio.client import WorkflowHandle

from orders.models import PaymentEvent
from orders.payments import READERS
from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from orders.reconciliation import matching
from orders.rules import identifiers
from orders.rules.states import PaymentEventOutcome
from orders.views.webhooks import LARGEST_BODY
from temporal_app import connection
from tests import serving
from tests.factories.orders import eventually
from tests.factories.payments import make_waiting_order
from tests.payment_checks.asking import heard, start_silent_sagas
from tests.serving import NOT_FOR_EVER

WEBHOOK = "/webhooks/payments/sandbox/"
pytestmark = pytest.mark.django_db(transaction=True)


def payment_event(number: str = "ORD-2026-000001", **fields: object) -> bytes:
    told = {
        "id": "evt_1",
        "order_id": number,
        "status": "paid",
        "amount": "43.90",
        "currency": "EUR",
        "reference": "sbx_1",
        **fields,
    }
    return json.dumps(told).encode()


def post(body: bytes, *, header: str | None = None, at: int = 0, url: str = WEBHOOK) -> HttpResponse:
    signature = sign(body, int(time.time()) + at) if header is None else header
    return Client().post(url, body, content_type="application/json", headers={SIGNATURE_HEADER: signature})


def signed(body: bytes) -> tuple[dict[str, str], bytes, int]:
    """What a reader is given: headers, body and the time."""
    now = int(time.time())
    return {SIGNATURE_HEADER: sign(body, now)}, body, now


def started(temporal: Temporal) -> list[str]:
    """Ids of the workflows that were started; the list lags a little behind."""

    async def listed() -> list[str]:
        return [execution.id async for execution in temporal.list_workflows()]

    return eventually(lambda: asyncio.run(listed()))


def test_a_signed_payment_event_is_kept_and_handed_over(temporal: Temporal) -> None:
    order = make_waiting_order()

    answer = post(payment_event(order.number))

    row = PaymentEvent.objects.get()
    assert answer.status_code == 200
    assert (row.reported_by, row.order_number, f"{row.amount}") == ("webhook:sandbox", order.number, "43.90")
    assert started(temporal) == [f"payment-event-{row.pk}"]


def test_a_hundred_at_once_are_kept_once_and_its_order_hears_of_it_once(worker: Temporal) -> None:
    number = make_waiting_order().number
    start_silent_sagas(worker, [number])
    body = payment_event(number)

    def send(_number: int) -> int:
        try:
            return post(body).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(send, range(100)))

    row = PaymentEvent.objects.get()
    asyncio.run(intake_of(row).result())
    assert answers == [200] * 100
    assert row.order_number == number
    assert heard(worker, [number]) == [1]


def intake_of(row: PaymentEvent) -> WorkflowHandle:
    return connection._shared.get_workflow_handle(identifiers.payment_matching(row.pk))


def test_a_repeat_of_what_is_settled_is_not_handed_over_again(temporal: Temporal) -> None:
    body = payment_event(make_waiting_order().number)
    post(body)
    row = PaymentEvent.objects.get()
    asyncio.run(intake_of(row).terminate())  # so that it would be done anew if it were handed over
    before = asyncio.run(intake_of(row).describe()).run_id
    row.move_to(PaymentEventOutcome.MATCHED)

    answer = post(body)

    assert (answer.status_code, answer.json()) == (200, {"result": "taken before"})
    assert asyncio.run(intake_of(row).describe()).run_id == before


def test_a_repeat_of_what_came_to_nothing_is_handed_over_again(temporal: Temporal) -> None:
    body = payment_event(make_waiting_order().number)
    post(body)
    row = PaymentEvent.objects.get()
    asyncio.run(intake_of(row).terminate())
    before = asyncio.run(intake_of(row).describe()).run_id

    answer = post(body)

    assert (answer.status_code, answer.json()) == (200, {"result": "taken before"})
    assert asyncio.run(intake_of(row).describe()).run_id != before


def test_a_repeat_with_other_content_is_kept_beside_the_first_and_brings_no_money() -> None:
    number = make_waiting_order().number
    first, _new = matching.record_event(
        READERS["sandbox"](*signed(payment_event(number))), provider="sandbox", by="webhook:sandbox"
    )
    told = READERS["sandbox"](*signed(payment_event(number, amount="4390.00")))

    same, new = matching.record_repeat(
        first, READERS["sandbox"](*signed(payment_event(number))), by="webhook:sandbox", body="{}"
    )
    other, kept = matching.record_repeat(first, told, by="webhook:sandbox", body="{}")
    again, anew = matching.record_repeat(first, told, by="webhook:sandbox", body="{}")
    with transaction.atomic():
        matching.match_event(other, timezone.now())

    assert (same, new, kept, again, anew) == (first, False, True, other, False)
    assert (other.outcome, other.reason, other.brings_money) == ("unmatched", "provider_disagrees", False)
    assert first.outcome == "received"


def test_an_unknown_order_is_answered_404_and_kept_all_the_same(temporal: Temporal) -> None:
    answers = [post(payment_event("ORD-2026-424242")).status_code for _time in range(2)]

    assert answers == [404, 404]
    assert PaymentEvent.objects.get().order_number == "ORD-2026-424242"


def test_while_temporal_is_away_it_is_kept_and_asked_for_again_and_then_handed_over(temporal: Temporal) -> None:
    body = payment_event(make_waiting_order().number)

    with serving.temporal_away(back_to=temporal):
        start = time.monotonic()
        away = post(body).status_code
        seconds = time.monotonic() - start
    back = post(body).status_code

    assert (away, back) == (503, 200)
    assert seconds < NOT_FOR_EVER
    assert PaymentEvent.objects.count() == 1


def test_what_the_database_cannot_keep_is_asked_for_again(temporal: Temporal, monkeypatch: pytest.MonkeyPatch) -> None:
    body = payment_event(make_waiting_order().number)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(matching, "record_event", _cannot_keep)
        full = post(body)
    later = post(body)

    assert (full.status_code, full.json()) == (503, {"error": "not stored, send again"})
    assert (later.status_code, later.json()) == (200, {"result": "taken"})


def _cannot_keep(*arguments: object, **parameters: object) -> None:
    raise OperationalError("no space left on device")


def test_a_body_up_to_the_limit_is_taken_and_a_larger_one_is_refused_as_too_large(temporal: Temporal) -> None:
    number = make_waiting_order().number
    room = LARGEST_BODY - len(payment_event(number, padding=""))

    largest, larger = (
        post(payment_event(number, padding="x" * room)),
        post(payment_event(number, padding="x" * (room + 1))),
    )

    assert (largest.status_code, largest.json()) == (200, {"result": "taken"})
    assert (larger.status_code, larger.json()) == (400, {"error": "the body is too large"})


@pytest.mark.parametrize("age", [-301, 302])
def test_a_stale_or_future_payment_event_changes_nothing(age: int) -> None:
    answer = post(payment_event(), at=age)

    assert answer.status_code == 400
    assert not PaymentEvent.objects.exists()


@pytest.mark.parametrize("header", ["", "t=1,v1=00", f"t={int(time.time())},v1={'0' * 64}"], ids=range(3))
def test_an_unsigned_or_forged_payment_event_changes_nothing(header: str) -> None:
    answer = post(payment_event(), header=header)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert not PaymentEvent.objects.exists()


def test_a_tampered_payment_event_changes_nothing() -> None:
    signature = sign(payment_event(), int(time.time()))

    answer = post(payment_event(amount="0.01"), header=signature)

    assert answer.status_code == 400
    assert not PaymentEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", payment_event(amount="43.9"), payment_event(status="maybe"), b"\xff"])
def test_a_signed_but_unreadable_payment_event_changes_nothing(body: bytes) -> None:
    answer = post(body)

    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert not PaymentEvent.objects.exists()


def test_there_is_nothing_to_get_here_and_no_other_provider() -> None:
    got = Client().get(WEBHOOK)
    unknown = post(payment_event(), url="/webhooks/payments/paypal/")
    bank = post(payment_event(), url="/webhooks/payments/bank_transfer/")

    assert (got.status_code, unknown.status_code, bank.status_code) == (405, 404, 404)
    assert not PaymentEvent.objects.exists()
