"""A customer with a browser's manners: keeps cookies, sends the CSRF token, follows redirects."""

import json
import time
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import requests

from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from tests.journeys.reading import PastOrder

TIMEOUT = 30
PAUSES = (1, 2, 4, 8, 0)


class Refused(AssertionError):
    """The shop did not do what a customer may expect."""


@dataclass
class Customer:
    """One customer of the shop at `base_url`."""

    base_url: str
    session: requests.Session

    @classmethod
    def signed_in(cls, base_url: str, *, username: str, password: str) -> "Customer":
        """Sign in like a person does."""
        customer = cls(base_url, requests.Session())
        login = f"{base_url}/accounts/login/"
        customer.session.get(login, timeout=TIMEOUT).raise_for_status()
        answer = customer._post("/accounts/login/", {"username": username, "password": password})
        if answer.url.startswith(login):
            raise Refused(f"{username} could not sign in")
        return customer

    def place(self, order: PastOrder, *, email: str) -> str:
        """Fill the cart and check out; returns the order's number."""
        for line in order.lines:
            item = {"sku": line.sku, "quantity": line.quantity, "request_id": uuid4().hex}
            self._post("/cart/items/", item)
        form = {**order.address, "email": email, "payment_method": "sandbox"}
        answer = self._post("/checkout/", form)
        page = answer.url.removeprefix(f"{self.base_url}/orders/")
        if page == answer.url:
            raise Refused(f"order {order.order_id} was not placed: {answer.url}")
        return page.split("/")[0]

    def _post(self, path: str, form: dict[str, object]) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies.get("csrftoken", ""), "Referer": self.base_url + path}
        for pause in PAUSES:
            answer = self.session.post(self.base_url + path, data=form, headers=headers, timeout=TIMEOUT)
            if answer.status_code != 503:  # "please try again in a minute": the same request has one effect
                break
            time.sleep(pause)
        if answer.status_code >= 400:
            raise Refused(f"{path} answered {answer.status_code}: {answer.text[:2000]}")
        return answer


def send_payment(base_url: str, *, number: str, amount: Decimal) -> None:
    """The provider reports, signed, that an order is paid."""
    body = json.dumps(
        {
            "id": f"evt-{number}",
            "order_id": number,
            "status": "paid",
            "amount": f"{amount:.2f}",
            "currency": "EUR",
            "reference": f"transfer-{number}",
        }
    ).encode()
    headers = {SIGNATURE_HEADER: sign(body, int(time.time())), "Content-Type": "application/json"}
    for pause in PAUSES:
        answer = requests.post(f"{base_url}/webhooks/payments/sandbox/", data=body, headers=headers, timeout=TIMEOUT)
        if answer.status_code != 503:
            break
        time.sleep(pause)
    if answer.status_code != 200:
        raise Refused(f"the payment of {number} was answered {answer.status_code}: {answer.text[:500]}")
