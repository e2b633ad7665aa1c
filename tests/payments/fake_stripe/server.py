"""The fake's HTTP side: requests, idempotency keys, and everything that goes wrong on the way."""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.payments.fake_stripe.books import Books, Refusal
from tests.payments.fake_stripe.sessions import Checkout, bank_page, page
from tests.payments.unreliable import Fault

SLOW = 0.3  # seconds; longer than the timeout of tests that wait for it
Answer = tuple[int, dict[str, Any]]


class FakeStripe:
    """A Stripe on a free port of this machine. Use it as a context manager.

    `breaks(fault, path, times)` makes the next calls whose path matches go wrong.
    """

    def __init__(self) -> None:
        self.books = Books()
        self.calls: Counter[str] = Counter()
        self.keys: dict[str, tuple[str, Answer]] = {}
        self.lingers = False  # whoever has paid sees a tick, and is not sent back yet
        self.fault: Fault | None = None
        self.broken, self.left = "", 0
        self.then: Callable[[], None] = lambda: None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.checkout = Checkout(self.books, self.url)

    def __enter__(self) -> "FakeStripe":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def breaks(self, fault: Fault, path: str, times: int = 1, then: Callable[[], None] = lambda: None) -> None:
        """Make the next `times` calls like `POST /v1/refunds` (a pattern) go wrong this way, and `then` do this."""
        self.fault, self.broken, self.left, self.then = fault, path, times, then

    def forget_keys(self) -> None:
        """A day has passed."""
        self.keys.clear()

    def answer(self, method: str, path: str, params: dict[str, Any], key: str) -> tuple[Answer, Fault | None]:
        """What to answer to a request, and how that goes wrong."""
        with self.books.lock:
            self.calls[f"{method} {_shape(path)}"] += 1
            fault = self._fault(f"{method} {path}")
            if fault == Fault.TOO_MANY:
                return (429, _error("rate_limit_error", "Too many requests", code="rate_limit")), fault
            if fault == Fault.BEFORE:
                return (503, _error("api_error", "down")), fault
            result = self._once(method, path, params, key, fault)
            return result, fault

    def _fault(self, call: str) -> Fault | None:
        if not self.left or not re.search(self.broken, call):
            return None
        self.left -= 1
        return self.fault

    def _once(self, method: str, path: str, params: dict[str, Any], key: str, fault: Fault | None) -> Answer:
        asked = json.dumps([method, path, params], sort_keys=True)
        if key and key in self.keys:
            before, answer = self.keys[key]
            if before != asked:
                message = "Keys for idempotent requests can only be used with the same parameters."
                return 400, _error("idempotency_error", message)
            return answer
        answer = self._act(method, path, params)
        if fault == Fault.AFTER:  # the worst of it: the answer that is kept under the key is the failure
            answer = (500, _error("api_error", "something went wrong"))
        if key:
            self.keys[key] = (asked, answer)
        return answer

    def _act(self, method: str, path: str, params: dict[str, Any]) -> Answer:
        for pattern, handle in ROUTES:
            found = re.fullmatch(pattern, f"{method} {path}")
            if found:
                try:
                    answer = handle(self, params, *found.groups())
                    return 200, json.loads(json.dumps(answer))  # as it is now, whatever becomes of it
                except Refusal as refusal:
                    return refusal.status, refusal.body
        return 404, _error("invalid_request_error", f"Unrecognized request URL ({method}: {path})")


def _create(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    return fake.books.create(params)


def _retrieve(fake: FakeStripe, params: dict[str, Any], name: str) -> dict[str, Any]:
    return fake.books.shown(fake.books.intent(name), params.get("expand", []))


def _change(fake: FakeStripe, params: dict[str, Any], name: str, verb: str) -> dict[str, Any]:
    return getattr(fake.books, verb)(fake.books.intent(name), params)


def _list(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    books, created = fake.books, params.get("created", {})
    intents = [
        intent
        for intent in reversed(books.intents.values())
        if int(created.get("gte", 0)) <= intent["created"] <= int(created.get("lte", 2**40))
    ]
    if "starting_after" in params:
        names = [intent["id"] for intent in intents]
        intents = intents[names.index(params["starting_after"]) + 1 :]
    return _page([books.shown(intent, params.get("expand", [])) for intent in intents], params)


def _refund(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    return fake.books.refund(params)


def _refunds(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    mine = [refund for refund in fake.books.refunds.values() if refund["payment_intent"] == params["payment_intent"]]
    return _page(mine, params)


def _open(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    return fake.checkout.shown(fake.checkout.create(params), params.get("expand", []))


def _session(fake: FakeStripe, params: dict[str, Any], name: str) -> dict[str, Any]:
    return fake.checkout.shown(fake.checkout.session(name), params.get("expand", []))


def _expire(fake: FakeStripe, params: dict[str, Any], name: str) -> dict[str, Any]:
    return fake.checkout.shown(fake.checkout.expire(name), params.get("expand", []))


def _sessions(fake: FakeStripe, params: dict[str, Any]) -> dict[str, Any]:
    found = reversed(fake.checkout.sessions.values())
    return _page([fake.checkout.shown(session, params.get("expand", [])) for session in found], params)


def _page(found: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    limit = min(int(params.get("limit", 10)), 100)
    return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": "/v1"}


ROUTES: list[tuple[str, Callable[..., dict[str, Any]]]] = [
    (r"POST /v1/payment_intents", _create),
    (r"GET /v1/payment_intents", _list),
    (r"GET /v1/payment_intents/(\w+)", _retrieve),
    (r"POST /v1/payment_intents/(\w+)/(confirm|capture|cancel)", _change),
    (r"POST /v1/refunds", _refund),
    (r"GET /v1/refunds", _refunds),
    (r"POST /v1/checkout/sessions", _open),
    (r"GET /v1/checkout/sessions", _sessions),
    (r"GET /v1/checkout/sessions/(\w+)", _session),
    (r"POST /v1/checkout/sessions/(\w+)/expire", _expire),
]


def shown(stripe: FakeStripe, path: str, said: str = "") -> str:
    """The page that a customer's browser asks for."""
    name = path.split("/")[3]
    with stripe.books.lock:
        return bank_page(name) if path.endswith("/authenticate") else page(stripe.checkout, name, said)


def submitted(stripe: FakeStripe, path: str, typed: dict[str, str]) -> tuple[int, str, str]:
    """What a page answers to what a customer typed: status, content, and where the browser goes next."""
    name, proven = path.split("/")[3], typed.get("proven")
    try:
        with stripe.books.lock:
            answer = None if proven is None else proven == "yes"
            place = stripe.checkout.submit(name, typed.get("card", ""), proven=answer)
    except Refusal as refusal:
        return 200, shown(stripe, f"/c/pay/{name}", str(refusal)), ""
    if stripe.lingers and not place.startswith("/"):
        return 200, "<h1>Paid. Taking you back to the shop.</h1>", ""
    return 303, "", place


def _handler(stripe: FakeStripe) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet; in two, the second waits 40 ms for the first

        def do_GET(self) -> None:
            place = urlsplit(self.path)
            if place.path.startswith("/c/pay/"):
                self._send(200, shown(stripe, place.path).encode())
                return
            self._reply("GET", place.path, _nested(place.query), "")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if self.path.startswith("/c/pay/"):
                status, content, place = submitted(stripe, self.path, dict(parse_qsl(body)))
                self._send(status, content.encode(), **({"Location": place} if place else {}))
                return
            self._reply("POST", self.path, _nested(body), self.headers.get("Idempotency-Key", ""))

        def _reply(self, method: str, path: str, params: dict[str, Any], key: str) -> None:
            (status, answer), fault = stripe.answer(method, path, params, key)
            if fault == Fault.TIMEOUT:
                stripe.then()
                time.sleep(SLOW)
                self.close_connection = True
                return
            body = b"<html>it works!</html>" if fault == Fault.GARBAGE else json.dumps(answer).encode()
            self.send_response(200 if fault == Fault.GARBAGE else status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for header, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    return Handler


def _nested(encoded: str) -> dict[str, Any]:
    """`a[b]=1&c[0]=2` as `{"a": {"b": "1"}, "c": ["2"]}`."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        place = result
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return {
        name: list(value.values()) if isinstance(value, dict) and all(key.isdecimal() for key in value) else value
        for name, value in result.items()
    }


def _error(kind: str, message: str, **fields: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message, **fields}}


def _shape(path: str) -> str:
    return re.sub(r"(pi|cs)_\w+", "{id}", path)
