"""What is Stripe's own: forgotten keys, kept failures, listing, currencies, and its webhooks."""

import itertools
import json
import time
from decimal import Decimal

import pytest
import stripe
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.payments.gateway import Declined, ProviderRefused, ProviderUnavailable
from orders.payments.reports import BadSignature, Malformed, PaymentReport
from orders.payments.stripe import StripeGateway
from orders.payments.stripe_webhook import SIGNATURE_HEADER, read_stripe
from orders.reconciliation.matching import match_event, record_event
from orders.rules.states import PaymentEventOutcome
from tests.factories.payments import capture, make_waiting_order
from tests.payments.contract import NUMBER, TOTAL, insist
from tests.payments.fake_stripe import FakeStripe
from tests.payments.unreliable import Fault

CARD = "tok_chargeable_visa"
GATEWAY = StripeGateway()


def hold(number: str = NUMBER, amount: Decimal = TOTAL, currency: str = "EUR") -> str:
    key = f"{number}:hold:1"
    return GATEWAY.hold(order_number=number, amount=amount, currency=currency, key=key).reference


@pytest.mark.django_db
class TestCalls:
    def test_a_call_whose_key_stripe_forgot_after_a_day_is_looked_up_and_not_made_again(
        self, fake_stripe: FakeStripe
    ) -> None:
        fake_stripe.breaks(Fault.TIMEOUT, r"POST", times=0)
        reference = hold()
        GATEWAY.charge(reference=reference, amount=TOTAL, card_token=CARD, key=f"{NUMBER}:charge:1")
        GATEWAY.capture(reference=reference, amount=TOTAL, key=f"{NUMBER}:capture:1")
        GATEWAY.refund(reference=reference, amount=Decimal("10.00"), key=f"{NUMBER}:refund:1")
        changes = sum(count for call, count in fake_stripe.calls.items() if call.startswith("POST"))

        fake_stripe.forget_keys()
        again = hold()
        GATEWAY.capture(reference=reference, amount=TOTAL, key=f"{NUMBER}:capture:1")
        GATEWAY.refund(reference=reference, amount=Decimal("10.00"), key=f"{NUMBER}:refund:1")

        assert again == reference
        assert sum(count for call, count in fake_stripe.calls.items() if call.startswith("POST")) == changes
        assert GATEWAY.status(reference=reference).refunded == Decimal("10.00")

    @pytest.mark.parametrize("method", ["hold", "charge", "capture", "refund", "release"])
    def test_an_answer_lost_for_a_day_is_found_by_what_it_left_behind(
        self, fake_stripe: FakeStripe, method: str
    ) -> None:
        paths = {
            "hold": "intents$",
            "charge": "confirm",
            "capture": "capture",
            "refund": "refunds",
            "release": "cancel",
        }
        fake_stripe.breaks(Fault.AFTER, f"POST .*{paths[method]}")
        steps = [
            ("charge", {"amount": TOTAL, "card_token": CARD}),
            ("release", {}) if method == "release" else ("capture", {"amount": TOTAL}),
            *([] if method == "release" else [("refund", {"amount": TOTAL})]),
        ]

        reference = ""
        for _time in range(2):
            try:
                reference = hold()
                break
            except ProviderUnavailable:
                fake_stripe.forget_keys()
        for step, parameters in steps:
            try:
                getattr(GATEWAY, step)(reference=reference, key=f"{NUMBER}:{step}:1", **parameters)
            except ProviderUnavailable:
                fake_stripe.forget_keys()
                getattr(GATEWAY, step)(reference=reference, key=f"{NUMBER}:{step}:1", **parameters)

        (intent,) = fake_stripe.books.of_order(NUMBER)
        assert intent["status"] == ("canceled" if method == "release" else "succeeded")
        assert sum(refund["amount"] for refund in fake_stripe.books.refunds.values()) in (0, 4390)

    def test_a_hundred_payments_are_asked_for_in_one_call(self, fake_stripe: FakeStripe) -> None:
        references = [hold(f"ORD-2026-{number:06d}") for number in range(100)]
        before = sum(fake_stripe.calls.values())

        found = GATEWAY.statuses(references=references)

        assert set(found) == set(references)
        assert sum(fake_stripe.calls.values()) - before == 1

    def test_where_others_lie_between_stripe_is_asked_page_by_page(self, fake_stripe: FakeStripe) -> None:
        references = [hold(f"ORD-2026-{number:06d}") for number in range(150)]

        found = GATEWAY.statuses(references=[references[0], references[-1]])

        assert set(found) == {references[0], references[-1]}

    @pytest.mark.parametrize(("amount", "currency"), [("1.00", "JPY"), ("1.005", "EUR"), ("0.00", "EUR")])
    def test_what_stripe_would_count_differently_is_refused_here(
        self, fake_stripe: FakeStripe, amount: str, currency: str
    ) -> None:
        with pytest.raises(ProviderRefused):
            hold(amount=Decimal(amount), currency=currency)

        assert not fake_stripe.calls

    @pytest.mark.parametrize(
        "garbage",
        [b"", b"<html>", b"null", b"[]", b"1", b"{}", b'{"object": "payment_intent"}', b'{"object": "list", "data": 3}',
         b'{"object": "payment_intent", "id": 1, "status": [], "amount": "1", "metadata": null}'],
    )  # fmt: skip
    def test_an_answer_nobody_can_read_is_no_answer(
        self, fake_stripe: FakeStripe, garbage: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stripe.RequestsClient, "request", lambda *args, **kw: (garbage, 200, {}))

        for call in (hold, lambda: GATEWAY.status(reference="pi_1")):
            with pytest.raises(ProviderUnavailable):
                call()

    def test_the_library_itself_tries_again_only_as_often_as_set(self, fake_stripe: FakeStripe, settings) -> None:
        settings.STRIPE_RETRIES = 1
        fake_stripe.breaks(Fault.BEFORE, "POST", times=5)

        with pytest.raises(ProviderUnavailable):
            hold()

        assert sum(fake_stripe.calls.values()) == 2

    def test_a_wrong_api_key_or_a_server_that_is_down_can_be_tried_again(
        self, fake_stripe: FakeStripe, settings
    ) -> None:
        settings.STRIPE_API_BASE = "http://127.0.0.1:1"

        with pytest.raises(ProviderUnavailable):
            hold()

    def test_after_a_decline_the_same_call_is_declined_again_without_a_second_try_at_the_card(
        self, fake_stripe: FakeStripe
    ) -> None:
        reference = hold()

        for _time in range(2):
            with pytest.raises(Declined):
                GATEWAY.charge(reference=reference, amount=TOTAL, card_token="tok_declined_card", key="k")

        failed = [event for event in fake_stripe.books.events if event["type"] == "payment_intent.payment_failed"]
        assert len(failed) == 1


SECRET = "whsec_shop"
NOW = int(time.time())


@pytest.fixture(autouse=True)
def secret(settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = SECRET


def event(kind: str = "payment_intent.amount_capturable_updated", **intent: object) -> dict:
    content = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 4390,
        "amount_capturable": 4390,
        "amount_received": 4390,
        "currency": "eur",
        "metadata": {"order": NUMBER},
        **intent,
    }
    return {"id": f"evt_{kind}", "object": "event", "type": kind, "data": {"object": content}}


def read(content: object, *, at: int = 0, secret: str = SECRET, header: str | None = None) -> PaymentReport | None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    text = body.decode(errors="replace")
    now = int(time.time())
    if header is None:
        header = stripe.WebhookSignature.generate_signature_header(text, secret, now + at)
    return read_stripe({SIGNATURE_HEADER: header}, body, now)


class TestWebhook:
    def test_an_authorised_payment_is_a_paid_one(self) -> None:
        payment_event = read(event())

        assert payment_event == PaymentReport(
            "evt_payment_intent.amount_capturable_updated", NUMBER, "paid", Decimal("43.90"), "EUR", "pi_1"
        )

    def test_a_failed_one_is_told_as_failed(self) -> None:
        assert read(event("payment_intent.payment_failed")).status == "failed"

    @pytest.mark.parametrize("kind", ["payment_intent.created", "payment_intent.canceled", "charge.refunded", "x.y"])
    def test_everything_else_is_nothing_of_ours(self, kind: str) -> None:
        assert read(event(kind)) is None

    def test_a_payment_that_is_for_no_order_of_ours_is_nothing_of_ours(self) -> None:
        assert read(event(metadata={})) is None

    @pytest.mark.parametrize("at", [-302, 302])
    def test_an_old_or_future_one_is_refused(self, at: int) -> None:
        with pytest.raises(BadSignature):
            read(event(), at=at)

    @pytest.mark.parametrize(
        "header",
        ["", "t=,v1=", "v1=00", f"t={NOW}", f"t={NOW},v1=é", f"t={NOW},v1=\udcff", "t=" + "9" * 5000, "=,=,="],
        ids=range(8),  # a name with the time in it would differ between the processes of a run
    )
    def test_an_odd_header_is_refused(self, header: str) -> None:
        with pytest.raises(BadSignature):
            read(event(), header=header)

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(BadSignature):
            read(event(), secret="whsec_forged")

    @pytest.mark.parametrize(
        "content",
        [b"\xff\xfe", b"{", [], None, 7, {}, {"object": "event"}, event(amount_capturable="4390"), event(currency=None),
         event(amount_capturable=0), event(metadata={"order": 7}), event(id="x" * 200), event(metadata=None),
         event(metadata={"order": "ORD\u0000"}), {**event(), "id": None}],
    )  # fmt: skip
    def test_what_stripe_would_not_send_is_malformed(self, content: object) -> None:
        with pytest.raises(Malformed):
            read(content)

    @given(header=st.text(), body=st.binary())
    def test_whatever_comes_is_refused(self, header: str, body: bytes) -> None:
        with pytest.raises((BadSignature, Malformed)):
            read_stripe({SIGNATURE_HEADER: header}, body, NOW)

    @pytest.mark.django_db
    def test_stripes_events_end_the_same_in_all_24_orders_and_twice_each(self, fake_stripe: FakeStripe) -> None:
        endings = set()
        for turn, places in enumerate(itertools.permutations(range(4))):
            order = make_waiting_order(payment_method="stripe")
            events = self._a_payments_events(fake_stripe, order.number, turn)
            for place in [*places, *places]:
                payment_event = read(events[place])
                row, _new = record_event(payment_event, provider="stripe", by="webhook:stripe")
                with transaction.atomic():
                    if match_event(row, timezone.now()) == PaymentEventOutcome.MATCHED and order.status == "pending":
                        capture(order)
            rows = type(row).objects.filter(order_number=order.number)
            endings.add((order.status, *sorted(rows.values_list("outcome", flat=True))))

        assert endings == {("paid", "matched", "repeated", "reported_failed", "reported_failed")}

    def _a_payments_events(self, fake_stripe: FakeStripe, number: str, turn: int) -> list[dict]:
        """Declined twice, then authorised and captured, as Stripe tells it."""
        reference = hold(number)
        for attempt in (1, 2):
            with pytest.raises(Declined):
                GATEWAY.charge(
                    reference=reference, amount=TOTAL, card_token="tok_declined_card", key=f"{number}:charge:{attempt}"
                )
        GATEWAY.charge(reference=reference, amount=TOTAL, card_token=CARD, key=f"{number}:charge:3")
        insist(GATEWAY.capture, reference=reference, amount=TOTAL, key=f"{number}:capture:1")
        mine = [e for e in fake_stripe.books.events if e["data"]["object"].get("id") == reference]
        return [e for e in mine if e["type"] != "payment_intent.created"]
