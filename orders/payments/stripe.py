"""Card payments with Stripe: a hold is a PaymentIntent that is captured by hand. Who pays on Stripe's own page pays
with another one, which stands in for it (`stripe_sessions`).

Stripe keeps the answer to a call under its idempotency key for a day: also where that answer was "500" although the
call had an effect. So a call that was tried before is first looked up by what it left behind, and only made again,
under the same key, where it left nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from django.db.models import F

from orders.models.stripe import StripeCall, StripeSession
from orders.payments import stripe_sessions
from orders.payments.gateway import Hold, PaidAlready, PaymentStatus, ProviderRefused, ProviderState, UnknownPayment
from orders.payments.stripe_wire import (
    CURRENCIES,
    Intent,
    answer,
    client,
    list_of,
    read_intent,
    read_refund,
    to_cents,
)

STATES = {
    "requires_capture": ProviderState.AUTHORISED,
    "succeeded": ProviderState.CAPTURED,
    "canceled": ProviderState.RELEASED,
}
PAID = {"requires_capture", "succeeded"}
PAGE = 100  # the most Stripe lists in one call
MOST_LISTED = 4 * PAGE  # others may use the same account
CLOCKS_DIFFER = timedelta(minutes=5)


class StripeGateway:
    """The gateway protocol over Stripe's PaymentIntents."""

    name = "stripe"
    takes_cards = True

    def hold(self, *, order_number: str, amount: Decimal, currency: str, key: str) -> Hold:
        if amount <= 0 or currency not in CURRENCIES:
            raise ProviderRefused(f"{amount} {currency} cannot be held")
        params = {
            "amount": to_cents(amount),
            "currency": currency.lower(),
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "description": order_number,
            "metadata": {"order": order_number, "hold_key": key},
        }

        def create() -> Intent:
            return answer(lambda: _intents().create(params, {"idempotency_key": key}), read_intent)

        def look_up(call: StripeCall) -> Intent | None:
            return self._found(call, order_number)

        call, new = StripeCall.begin(key)
        intent = (None if new else look_up(call)) or create()
        if (intent.amount, intent.currency) != (amount, currency):
            raise ProviderRefused(f"the key {key} belongs to another call")
        call.end(reference=intent.reference, answer=intent.reference)
        return Hold(reference=intent.reference, amount=intent.amount, currency=intent.currency)

    def charge(self, *, reference: str, amount: Decimal, card_token: str, key: str) -> str:
        intent = self._intent(reference)
        if intent.amount != amount:
            raise ProviderRefused(f"{intent.amount} is held, not {amount}")
        card = (
            {"payment_method": card_token}
            if card_token.startswith("pm_")
            else {"payment_method_data": {"type": "card", "card": {"token": card_token}}}
        )
        # a card that asks its owner for more cannot be asked from here: that is a decline, not a wait
        params = {**card, "error_on_requires_action": True}
        return self._once(
            key=key,
            reference=reference,
            look_up=lambda: intent.charge if intent.status == "requires_capture" else "",
            call=lambda options: self._confirm(reference, params, options),
        )

    def _confirm(self, reference: str, params: dict[str, Any], options: dict[str, str]) -> str:
        if stripe_sessions.close(reference):
            raise PaidAlready("the customer has paid on Stripe's page")
        return answer(lambda: _intents().confirm(reference, params, options), read_intent).charge

    def capture(self, *, reference: str, amount: Decimal, key: str) -> str:
        params = {"amount_to_capture": to_cents(amount), "metadata": {"capture_key": key}}
        paying = self._paying(reference).reference

        def look_up() -> str:
            intent = self._intent(paying)
            done = intent.status == "succeeded" and intent.metadata.get("capture_key") == key
            return intent.charge if done else ""

        charge = self._once(
            key=key,
            reference=reference,
            look_up=look_up,
            call=lambda options: answer(lambda: _intents().capture(paying, params, options), read_intent).charge,
        )
        if StripeSession.objects.filter(hold=reference).exists():  # whatever else was authorised is nobody's debt
            others = {reference, *(intent.reference for intent in stripe_sessions.close(reference))} - {paying}
            for other in others:
                self._cancel(other, f"{key}:{other}")
        return charge

    def release(self, *, reference: str, key: str) -> None:
        for intent in stripe_sessions.close(reference):
            self._cancel(intent.reference, f"{key}:{intent.reference}")
        self._cancel(reference, key)

    def _cancel(self, reference: str, key: str) -> None:
        def is_released() -> bool:
            return self._intent(reference).status == "canceled"

        def cancel(options: dict[str, str]) -> str:
            return answer(lambda: _intents().cancel(reference, {}, options), read_intent).reference

        try:
            self._once(
                key=key,
                reference=reference,
                look_up=lambda: reference if is_released() else "",
                call=cancel,
            )
        except UnknownPayment:
            return  # never held
        except ProviderRefused:
            if not is_released():
                raise

    def refund(self, *, reference: str, amount: Decimal, key: str) -> str:
        paying = self._paying(reference).reference
        params = {"payment_intent": paying, "amount": to_cents(amount), "metadata": {"refund_key": key}}

        def look_up() -> str:
            asked = {"payment_intent": paying, "limit": PAGE}
            refunds, _more = answer(lambda: _refunds().list(asked), list_of(read_refund))
            return next((refund.id for refund in refunds if refund.metadata.get("refund_key") == key), "")

        return self._once(
            key=key,
            reference=reference,
            look_up=look_up,
            call=lambda options: answer(lambda: _refunds().create(params, options), read_refund).id,
        )

    def status(self, *, reference: str) -> PaymentStatus:
        return replace(_status(self._paying(reference)), reference=reference)

    def statuses(self, *, references: Sequence[str]) -> dict[str, PaymentStatus]:
        """One call where no more than 100 payments were opened while these were; Stripe lists by time, not by name.

        Where others lie between, neighbours in time are listed together, and those on their own are asked about singly:
        never many more calls than there are references.
        """
        opened = StripeCall.objects.filter(reference__in=references, answer__in=references, answered_at__isnull=False)
        opened = opened.exclude(reference__in=StripeSession.objects.values("hold"))  # paid elsewhere, perhaps
        found: dict[str, PaymentStatus] = {}
        for group in _neighbours(sorted(opened, key=lambda call: call.first_tried_at)):
            found |= _statuses_of(group)
        for reference in set(references) - found.keys():
            with suppress(UnknownPayment):
                found[reference] = self.status(reference=reference)
        return found

    def find(self, *, order_number: str, key: str) -> Hold | None:
        call = StripeCall.objects.filter(key=key).first()
        intent = self._found(call, order_number) if call else None
        return Hold(intent.reference, intent.amount, intent.currency) if intent else None

    def _once(
        self, *, key: str, reference: str, look_up: Callable[[], str], call: Callable[[dict[str, str]], str]
    ) -> str:
        """The answer of a call: what an earlier try left behind, or else that of making it (again)."""
        row, new = StripeCall.begin(key)
        done = ("" if new else look_up()) or call({"idempotency_key": key})
        row.end(reference=reference, answer=done)
        return done

    def _paying(self, reference: str) -> Intent:
        """What a payment's money is in: the hold itself, or what was paid with on a page in its place."""
        return max([self._intent(reference), *stripe_sessions.intents_of(reference)], key=_progress)

    def _intent(self, reference: str) -> Intent:
        expanded = {"expand": ["latest_charge"]}
        return answer(lambda: _intents().retrieve(reference, expanded), read_intent)

    def _found(self, call: StripeCall, order_number: str) -> Intent | None:
        """The payment that an earlier `hold` opened. Listing sees it at once, Stripe's search only after a minute."""
        if call.answered_at:
            return self._intent(call.reference)
        mark = {"order": order_number, "hold_key": call.key}
        since = {"gte": int((call.first_tried_at - CLOCKS_DIFFER).timestamp())}
        return next((i for i in _listed(since) if mark.items() <= i.metadata.items()), None)


def _progress(intent: Intent) -> int:
    return ("requires_capture", "succeeded").index(intent.status) + 1 if intent.status in PAID else 0


def _intents() -> Any:
    return client().v1.payment_intents


def _refunds() -> Any:
    return client().v1.refunds


def _neighbours(opened: list[StripeCall]) -> Iterator[list[StripeCall]]:
    """Split payments, first to last, at the widest gaps, until what was opened meanwhile fits on two pages a group.

    Groups of one are left out: asking about that one is no more than listing.
    """
    if len(opened) < 2:
        return
    between = {"first_tried_at__gte": opened[0].first_tried_at, "first_tried_at__lte": opened[-1].first_tried_at}
    if StripeCall.objects.filter(answer=F("reference"), **between).count() <= 2 * PAGE:
        yield opened
        return
    gaps = [later.first_tried_at - earlier.first_tried_at for earlier, later in pairwise(opened)]
    widest = gaps.index(max(gaps)) + 1
    yield from _neighbours(opened[:widest])
    yield from _neighbours(opened[widest:])


def _statuses_of(opened: list[StripeCall]) -> dict[str, PaymentStatus]:
    """How these payments stand, as far as they are on the first pages of what was opened while they were."""
    wanted, found = {call.reference for call in opened}, {}
    last = max(call.answered_at or call.first_tried_at for call in opened)
    window = {
        "gte": int((opened[0].first_tried_at - CLOCKS_DIFFER).timestamp()),
        "lte": int((last + CLOCKS_DIFFER).timestamp()),
    }
    for intent in islice(_listed(window), MOST_LISTED):
        if intent.reference in wanted:
            found[intent.reference] = _status(intent)
            if len(found) == len(wanted):
                break
    return found


def _listed(created: dict[str, int]) -> Iterator[Intent]:
    """Payments opened in a window of time (Unix seconds), newest first, page by page as they are asked for."""
    params: dict[str, Any] = {"created": created, "limit": PAGE, "expand": ["data.latest_charge"]}
    more = True
    while more:
        intents, more = _page(params)
        yield from intents
        if not intents:
            return
        params = {**params, "starting_after": intents[-1].reference}


def _page(params: dict[str, Any]) -> tuple[list[Intent], bool]:
    return answer(lambda: _intents().list(params), list_of(read_intent))


def _status(intent: Intent) -> PaymentStatus:
    state = STATES.get(intent.status, ProviderState.OPEN)
    if intent.captured and intent.refunded == intent.captured:
        state = ProviderState.REFUNDED
    return PaymentStatus(
        reference=intent.reference,
        state=state,
        amount=intent.amount,
        currency=intent.currency,
        captured=intent.captured,
        refunded=intent.refunded,
    )
