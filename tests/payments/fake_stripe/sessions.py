"""The fake's Checkout: sessions, the page that a customer sees, 3-D Secure, and time that runs out."""

import html
import secrets
import time
from typing import Any

from tests.payments.fake_stripe.books import Books, Refusal

GOOD, DECLINED, ASKS_MORE = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0027 6000 3184"
DAY = 86_400


class Checkout:
    """All sessions of one account, on the same books as its payments. `url` is where the pages are."""

    def __init__(self, books: Books, url: str) -> None:
        self.books, self.url = books, url
        self.sessions: dict[str, dict[str, Any]] = {}

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        name = f"cs_test_{secrets.token_hex(16)}"
        line = _first(params["line_items"])
        session = {
            "id": name,
            "object": "checkout.session",
            "amount_total": int(line["price_data"]["unit_amount"]) * int(line["quantity"]),
            "cancel_url": params["cancel_url"],
            "client_reference_id": params.get("client_reference_id"),
            "created": int(time.time()),
            "currency": line["price_data"]["currency"],
            "expires_at": int(time.time()) + DAY,
            "livemode": False,
            "metadata": dict(params.get("metadata", {})),
            "mode": params["mode"],
            "payment_intent": None,  # made when the customer first tries to pay
            "payment_status": "unpaid",
            "status": "open",
            "success_url": params["success_url"],
            "url": f"{self.url}/c/pay/{name}",
            "intent_data": params["payment_intent_data"],
        }
        self.sessions[name] = session
        return session

    def session(self, name: str) -> dict[str, Any]:
        if name not in self.sessions:
            raise Refusal(404, f"No such checkout.session: '{name}'", code="resource_missing")
        return self.sessions[name]

    def expire(self, name: str) -> dict[str, Any]:
        session = self.session(name)
        if session["status"] != "open":
            raise Refusal(400, f"Only open sessions can be expired; this one is {session['status']}.")
        session.update(status="expired", url=None)
        if session["payment_intent"]:
            self.books.cancel(self.books.intent(session["payment_intent"]), {})
        self.books.happened("checkout.session.expired", session)
        return session

    def shown(self, session: dict[str, Any], expand: list[str]) -> dict[str, Any]:
        """A session as it is answered, with its intent where that was asked for."""
        seen = {name: value for name, value in session.items() if name != "intent_data"}
        if session["payment_intent"] and any("payment_intent" in path for path in expand):
            intent = self.books.intent(session["payment_intent"])
            seen["payment_intent"] = self.books.shown(intent, ["latest_charge"])
        return seen

    def of_order(self, number: str) -> list[dict[str, Any]]:
        return [session for session in self.sessions.values() if session["client_reference_id"] == number]

    def submit(self, name: str, card: str, *, proven: bool | None = None) -> str:
        """The customer types a card, and answers their bank: `proven`. Returns where their browser goes next.

        :raises Refusal: the card is refused, or the page is over; another card may follow on an open page
        """
        session = self.session(name)
        if session["status"] != "open":
            raise Refusal(400, "This page is over.")
        intent = self._intent_of(session)
        if card.replace(" ", "") == ASKS_MORE.replace(" ", "") and proven is None:
            intent["status"] = "requires_action"
            return f"/c/pay/{name}/authenticate"
        refused = card.replace(" ", "") == DECLINED.replace(" ", "") or proven is False
        self.books.confirm(intent, {"payment_method": "tok_declined_card" if refused else "pm_card_visa"})
        session.update(status="complete", url=None)
        self.books.happened("checkout.session.completed", session)
        return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", name)

    def _intent_of(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["payment_intent"] is None:
            params = {**session["intent_data"], "amount": session["amount_total"], "currency": session["currency"]}
            session["payment_intent"] = self.books.create(params)["id"]
        return self.books.intent(session["payment_intent"])


def page(checkout: Checkout, name: str, said: str = "") -> str:
    """The page on which a customer pays."""
    session = checkout.session(name)
    if session["status"] != "open":
        return _document("<h1>This page is over</h1>")
    back = html.escape(session["cancel_url"])
    amount = f"{session['amount_total'] / 100:.2f}"
    return _document(
        f'<h1>Pay {amount} {session["currency"].upper()}</h1><p role="alert">{html.escape(said)}</p>'
        f'<form method="post" action="/c/pay/{name}"><label>Card number <input name="card"></label>'
        f'<button>Pay</button></form><a href="{back}">Back to the shop</a>'
    )


def bank_page(name: str) -> str:
    """3-D Secure: the customer's bank asks whether it is them."""
    return _document(
        f'<h1>Your bank asks: is it you?</h1><form method="post" action="/c/pay/{name}/authenticate">'
        '<button name="proven" value="yes">It is me</button><button name="proven" value="no">It is not</button></form>'
    )


def _document(body: str) -> str:
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Fake Checkout</title>{body}'


def _first(lines: Any) -> dict[str, Any]:
    return lines[0] if isinstance(lines, list) else lines["0"]
