"""Where payment providers report payments: kept first, once for each event, then handed over."""

import logging
import time

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders.models import Order, PaymentEvent
from orders.payments import READERS
from orders.payments.reports import BadSignature, Malformed, PaymentReport
from orders.reconciliation import matching
from orders.rules import actors
from orders.rules.states import PaymentEventOutcome
from temporal_app import client
from temporal_app.client.errors import ClientError

LARGEST_BODY = 256 * 1024  # bytes
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """Take a provider's payment event.

    Answers 200 taken (also for a repeat), 400 malformed or badly signed, 404 unknown provider, or unknown order
    (kept all the same), 503 not stored or not handed over: send it again.
    """
    if provider not in READERS:
        return _answer(404, "unknown provider")
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return _answer(400, "the body is too large")
    try:
        payment_event = READERS[provider](request.headers, request.body, int(time.time()))
    except (BadSignature, Malformed) as problem:
        log.warning("refused a payment_event of %s: %s", provider, problem)
        return _answer(400, str(problem))
    if payment_event is None:
        return _answer(200, "ignored")
    return _take(provider, payment_event, request.body)


def _take(provider: str, payment_event: PaymentReport, body: bytes) -> HttpResponse:
    try:
        row, new = matching.record_event(
            payment_event, provider=provider, by=actors.webhook(provider), body=body.decode()
        )
        if not new:
            row, new = matching.record_repeat(row, payment_event, by=actors.webhook(provider), body=body.decode())
        known = Order.objects.filter(number=payment_event.order_number).exists()
    except DatabaseError:
        log.exception("a payment event of %s could not be stored", provider)
        return _answer(503, "not stored, send again")
    if row.outcome == PaymentEventOutcome.RECEIVED and not _hand_over(row):
        return _answer(503, "stored but not handed over, send again")
    if not known:
        return _answer(404, "unknown order, kept for a person to look at")
    return _answer(200, "taken" if new else "taken before")


def _hand_over(row: PaymentEvent) -> bool:
    try:
        client.match_payment_event(row.pk)
    except ClientError:
        log.warning("payment event %s could not be handed over", row.pk)
        return False
    return True


def _answer(status: int, reason: str) -> JsonResponse:
    return JsonResponse({"result": reason} if status == 200 else {"error": reason}, status=status)
