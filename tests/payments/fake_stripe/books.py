"""What the fake keeps, and the rules it keeps it by. Objects are the dicts that go over the wire."""

import secrets
import threading
import time
from typing import Any

API_VERSION = "2026-10-28.endive"
DECLINED_TOKENS = {"tok_declined_card", "tok_chargeDeclined"}
ASKING_TOKENS = {"pm_card_threeDSecureRequired"}  # 3-D Secure: their owner has to be there
UNPAID = {"requires_payment_method", "requires_confirmation", "requires_action"}


class Refusal(Exception):
    """An error as Stripe words it."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", **fields: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **fields}}


class Books:
    """All payments, refunds and events of one account. `lock` makes one request at a time."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.lock = threading.RLock()

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        intent = {
            "id": _new_id("pi"),
            "object": "payment_intent",
            "amount": _whole(params, "amount"),
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": params.get("capture_method", "automatic"),
            "currency": params["currency"],
            "created": int(time.time()),
            "description": params.get("description"),
            "latest_charge": None,
            "livemode": False,
            "metadata": dict(params.get("metadata", {})),
            "payment_method_types": ["card"],
            "status": "requires_payment_method",
        }
        self.intents[intent["id"]] = intent
        self.happened("payment_intent.created", intent)
        return intent

    def confirm(self, intent: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        self._expect(intent, UNPAID, "confirm")
        data = params.get("payment_method_data", {})
        token = params.get("payment_method") or data.get("card", {}).get("token", "")
        if token in DECLINED_TOKENS:
            self.happened("payment_intent.payment_failed", intent)
            raise Refusal(402, "Your card was declined.", kind="card_error", code="card_declined")
        if token in ASKING_TOKENS and params.get("error_on_requires_action") == "true":
            message = "Your card was declined. This transaction requires authentication."
            raise Refusal(402, message, kind="card_error", code="authentication_required")
        charge = {
            "id": _new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "payment_intent": intent["id"],
        }
        self.charges[charge["id"]] = charge
        intent.update(status="requires_capture", latest_charge=charge["id"], amount_capturable=intent["amount"])
        self.happened("payment_intent.amount_capturable_updated", intent)
        return intent

    def capture(self, intent: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        self._expect(intent, {"requires_capture"}, "capture")
        amount = _whole(params, "amount_to_capture") if "amount_to_capture" in params else intent["amount"]
        if amount > intent["amount_capturable"]:
            raise Refusal(400, "You cannot capture more than was authorized.", code="amount_too_large")
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)
        intent["metadata"].update(params.get("metadata", {}))
        self.charges[intent["latest_charge"]].update(captured=True, amount_captured=amount)
        self.happened("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        self._expect(intent, {*UNPAID, "requires_capture"}, "cancel")
        intent.update(status="canceled", amount_capturable=0)
        self.happened("payment_intent.canceled", intent)
        return intent

    def lapse(self, intent: dict[str, Any]) -> None:
        """A week has passed: the card's bank gives the money free, and nobody can capture it any more."""
        intent["cancellation_reason"] = "automatic"
        self.cancel(intent, {})

    def refund(self, params: dict[str, Any]) -> dict[str, Any]:
        intent = self.intent(params["payment_intent"])
        charge = self.charges.get(intent["latest_charge"] or "", {"amount_captured": 0, "amount_refunded": 0})
        amount = _whole(params, "amount")
        if amount > charge["amount_captured"] - charge["amount_refunded"]:
            raise Refusal(400, "Refund amount is greater than unrefunded amount on charge.", code="amount_too_large")
        refund = {
            "id": _new_id("re"),
            "object": "refund",
            "amount": amount,
            "metadata": dict(params.get("metadata", {})),
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        charge["amount_refunded"] += amount
        self.happened("charge.refunded", charge)
        return refund

    def intent(self, name: str) -> dict[str, Any]:
        if name not in self.intents:
            raise Refusal(404, f"No such payment_intent: '{name}'", code="resource_missing")
        return self.intents[name]

    def shown(self, intent: dict[str, Any], expand: list[str]) -> dict[str, Any]:
        """An intent as it is answered, with its charge where that was asked for."""
        if any(path.endswith("latest_charge") for path in expand) and intent["latest_charge"]:
            return {**intent, "latest_charge": self.charges[intent["latest_charge"]]}
        return intent

    def of_order(self, number: str) -> list[dict[str, Any]]:
        return [intent for intent in self.intents.values() if intent["metadata"].get("order") == number]

    def _expect(self, intent: dict[str, Any], states: set[str], verb: str) -> None:
        if intent["status"] not in states:
            message = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
            raise Refusal(400, message, code="payment_intent_unexpected_state")

    def happened(self, kind: str, subject: dict[str, Any]) -> None:
        self.events.append(
            {
                "id": _new_id("evt"),
                "object": "event",
                "api_version": API_VERSION,
                "created": int(time.time()),
                "data": {"object": {**subject, "metadata": dict(subject.get("metadata", {}))}},
                "livemode": False,
                "type": kind,
            }
        )


def _whole(params: dict[str, Any], name: str) -> int:
    if not str(params.get(name, "")).isdecimal() or int(params[name]) < 1:
        raise Refusal(400, f"Invalid positive integer: {name}", param=name, code="parameter_invalid_integer")
    return int(params[name])


def _new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
