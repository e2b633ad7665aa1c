"""What visitors see while Temporal is away: pages are served, actions answered soon, reports taken or refused."""

import json
import re
import time
from dataclasses import dataclass, field
from uuid import uuid4

import requests

from orders.payments.sandbox_webhook import SIGNATURE_HEADER, sign
from tests.faults.people import Browser, NotAnswered, persist
from tests.faults.points import busyness

SOON = 3.0
LEEWAY = 1.0  # of a machine that does all this at once; more where it has other things to do


@dataclass
class Probe:
    """Somebody who keeps looking and asking, and times the answers.

    :param path: an order's page
    """

    base_url: str
    wrong: list[str] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    actions: list[float] = field(default_factory=list)
    reports: list[float] = field(default_factory=list)
    path: str = ""
    _asked_for_again: list[str] = field(default_factory=list)

    def while_away(self, seconds: float) -> None:
        """Look and ask for so long."""
        browser = Browser(self.base_url)
        until = time.monotonic() + seconds
        persist(lambda: browser.get("/products/FAULT-CHEAP/"))
        while time.monotonic() < until:
            self._time(self.pages, "GET", "/", browser, {200})
            self._time(self.pages, "GET", self.path, browser, {200})
            self._time(self.actions, "POST", "/cart/items/", browser, {302, 503})
            self._report()
            time.sleep(0.2)

    def send_again(self) -> None:
        """What nobody took comes again, as a provider does it."""
        for event in self._asked_for_again:
            persist(lambda e=event: self._taken(self._send(e)))
        self._asked_for_again.clear()

    @staticmethod
    def _taken(status: int) -> int:
        if status == 503:
            raise NotAnswered(status)
        return status

    def _send(self, event: str) -> int:
        return send_event(self.base_url, number="ORD-2026-999999", amount="1.00", event=event)

    def told(self) -> str:
        """What was seen."""
        return (
            f"{len(self.pages)} pages served, {max(self.pages, default=0):.1f} s at most; "
            f"{len(self.actions)} actions answered within {max(self.actions, default=0):.1f} s; "
            f"{len(self.reports)} webhooks taken or asked for again; everything finished"
        )

    def _time(self, into: list[float], method: str, path: str, browser: Browser, wanted: set[int]) -> None:
        form = {"sku": "FAULT-CHEAP", "quantity": 1, "request_id": uuid4().hex} if method == "POST" else None
        headers = {"X-CSRFToken": browser.session.cookies.get("csrftoken", ""), "Referer": self.base_url + path}
        begun = time.monotonic()
        try:
            answer = browser.session.request(
                method, self.base_url + path, data=form, headers=headers, timeout=30, allow_redirects=False
            )
        except requests.RequestException as error:
            self.wrong.append(f"{method} {path}: {error!r}")
            return
        into.append(time.monotonic() - begun)
        if answer.status_code not in wanted:
            self.wrong.append(f"{method} {path} was answered {answer.status_code}")
        if into[-1] > SOON + LEEWAY * busyness():
            self.wrong.append(f"{method} {path} took {into[-1]:.1f} s")

    def _report(self) -> None:
        """A provider reports a payment of an order that is not there: it is kept, or asked for again."""
        begun, event = time.monotonic(), uuid4().hex
        answer = self._send(event)
        if answer == 503:
            self._asked_for_again.append(event)
        self.reports.append(time.monotonic() - begun)
        if answer not in (200, 404, 503):
            self.wrong.append(f"a webhook was answered {answer}")


def send_event(base_url: str, *, number: str, amount: str, event: str) -> int:
    """The provider reports, signed, that an order is paid; returns the status of the answer.

    :raises NotAnswered: nobody is there
    """
    told = {"id": f"evt-{event}", "order_id": number, "status": "paid", "amount": amount, "currency": "EUR"}
    body = json.dumps({**told, "reference": f"transfer-{event}"}).encode()
    headers = {SIGNATURE_HEADER: sign(body, int(time.time())), "Content-Type": "application/json"}
    try:
        return requests.post(
            f"{base_url}/webhooks/payments/sandbox/", data=body, headers=headers, timeout=30
        ).status_code
    except requests.RequestException as error:
        raise NotAnswered(str(error)) from error


def token_of(page: str, field_name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{field_name}" value="([^"]*)"', page)
    assert found, f"there is no {field_name}"
    return found[1]
