"""The web server dies between any two lines of a checkout, of handing an expense in, of a provider's report."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.urls import reverse

from orders.models import ApprovalRequest, ExpenseRequest, Order, PaymentEvent
from orders.rules.status import WaitingFor
from temporal_app import client
from tests.faults import people, points
from tests.faults.crowd import settle
from tests.faults.impatient import placed
from tests.faults.people import ADDRESS, Browser, NotAnswered, persist
from tests.faults.probing import send_event, token_of
from tests.faults.run import say
from tests.faults.stack import Stack

KINDS = 3


@dataclass(frozen=True)
class Request:
    """Something that is sent once, and again if nobody answers.

    :param path: where its handling is broken off
    :param send: sends it; answers its status
    :param check: whether there is one effect, in words of what there is otherwise
    """

    path: str
    send: Callable[[], int]
    check: Callable[[], str]


def lines(stack: Stack, chance: random.Random, rounds: int) -> tuple[list[list[object]], list[str]]:
    """So many deaths in all, spread evenly over the lines of each of the three."""
    before, wrong, told = people.stock_up(), [], []
    for make in (checkout, expense, report):
        deaths = rounds // KINDS + (make is checkout) * (rounds % KINDS)
        requests = make(stack)
        count, status = _play(stack, next(requests), 0), 0
        for turn in range(deaths):
            line = 1 + (turn * count + chance.randrange(count)) // deaths
            request = next(requests)
            status = _play(stack, request, min(line, count))
            if problem := request.check():
                wrong.append(f"{make.__name__}, killed before line {line} of {count}: {problem}")
        told.append(f"{make.__name__} ({deaths} of {count} lines)")
        say(f"{make.__name__}: {count} lines, {deaths} deaths, the last one answered {status}")
    _finish()
    deaths = sum(" web died " in line for line in stack.journal)
    if deaths < rounds:
        wrong.append(f"only {deaths} deaths of {rounds}")
    held = "one order, one workflow; the same form sent again is answered"
    return [[4, deaths, f"between two lines of {', '.join(told)}", held]], [*wrong, *settle(stack, before)]


def _play(stack: Stack, request: Request, line: int) -> int:
    """Send a request that is broken off before this line, and then until it is answered; with line 0 it is not broken
    off, and the answer is how many lines there are."""
    points.write(stack.points_file, [f"web {request.path} {line}"])
    if line:
        with suppress(NotAnswered):
            return _told(request.send())  # it ended before it came so far
    status = persist(lambda: _told(request.send()))
    if line:
        return status
    counted = [said.split() for said in stack.journal if f" web lines {request.path} " in said]
    return int(counted[-1][-1])


def _told(status: int) -> int:
    if status >= 500:
        raise NotAnswered(status)
    return status


def checkout(stack: Stack) -> Iterator[Request]:
    """Somebody orders."""
    while True:
        browser = Browser(stack.places.shop)
        persist(lambda b=browser: b.get("/products/FAULT-CHEAP/"))
        item = {"sku": "FAULT-CHEAP", "quantity": 1, "request_id": uuid4().hex}
        persist(lambda b=browser, i=item: b.post("/cart/items/", i))
        page = persist(lambda b=browser: b.get("/checkout/")).text
        form = {**ADDRESS, **{name: token_of(page, name) for name in ("cart", "fingerprint", "seen")}}
        yield Request("/checkout/", _post(browser, "/checkout/", form), _one_order(form["cart"]))


def expense(stack: Stack) -> Iterator[Request]:
    """A member of staff hands an expense in."""
    browser = Browser(stack.places.shop)
    persist(lambda: browser.get("/admin/login/"))
    persist(lambda: browser.post("/admin/login/", {"username": "support", "password": "demo", "next": "/admin/"}))
    support = get_user_model().objects.get(username="support")
    while True:
        row = ExpenseRequest.objects.create(requester=support, amount=5, category="Travel", description="Tram")
        path = reverse("admin:orders_expenserequest_submit", args=[row.pk])
        persist(lambda p=path: browser.get(p))
        yield Request(path, _post(browser, path, {"_form_submitted": "True"}), _one_approval(row))


def report(stack: Stack) -> Iterator[Request]:
    """A provider reports a payment, and does so until it is told that it was heard."""
    person = people.Person(stack.places.shop, "", random.Random(0))
    while True:
        order = placed("FAULT-CHEAP")
        person.wait(order, WaitingFor.PAYMENT)
        told = {"number": order.number, "amount": f"{order.total:.2f}", "event": uuid4().hex}
        yield Request(
            "/webhooks/payments/sandbox/",
            lambda t=told: send_event(stack.places.shop, **t),
            _paid_once(order, person),
        )


def _post(browser: Browser, path: str, form: dict[str, object]) -> Callable[[], int]:
    def send() -> int:
        try:
            return browser.post(path, form).status_code
        except people.requests.RequestException as error:
            raise NotAnswered(str(error)) from error

    return send


def _one_order(cart: str) -> Callable[[], str]:
    def check() -> str:
        orders = list(persist(lambda: list(Order.objects.filter(cart_id=cart))))
        return "" if len(orders) == 1 else f"there are {len(orders)} orders"

    return check


def _one_approval(row: ExpenseRequest) -> Callable[[], str]:
    def check() -> str:
        patience = time.monotonic() + 30
        while time.monotonic() < patience:
            persist(row.refresh_from_db)
            if row.state == "submitted":
                break
            time.sleep(0.1)
        approvals = persist(lambda: ApprovalRequest.objects.filter(expense=row).count())
        return "" if (row.state, approvals) == ("submitted", 1) else f"it is {row.state}, with {approvals} approvals"

    return check


def _paid_once(order: Order, person: people.Person) -> Callable[[], str]:
    def check() -> str:
        person.wait(order, WaitingFor.SHIPMENT)
        events = list(persist(lambda: list(PaymentEvent.objects.filter(order_number=order.number))))
        outcomes = [event.outcome for event in events]
        return "" if (order.status, outcomes) == ("paid", ["matched"]) else f"it is {order.status}, heard {outcomes}"

    return check


def _finish() -> None:
    """Everybody who still waits for money cancels, so that the books can be closed."""
    for number in Order.objects.filter(waiting_for=WaitingFor.PAYMENT).values_list("number", flat=True):
        persist(lambda n=number: client.cancel_order(n, reason="changed_mind", by="customer:guest"))
