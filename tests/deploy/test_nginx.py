"""The reverse proxy before the shop, with the configuration that `deploy/` offers."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest
from django.test import override_settings
from django.urls import reverse

from orders.admin import payloads
from orders.reconciliation.statements import LARGEST_FILE
from orders.views.webhooks import LARGEST_BODY
from tests import live
from tests.deploy.proxy import CONFIGURATION, NGINX, OPENSSL, Proxy, running
from tests.factories.rows import make_order

needs_nginx = pytest.mark.skipif(not (NGINX and OPENSSL), reason="no nginx here; on Debian: apt-get install nginx")
KEY = "abcdefghijklmnopqrstuvwxyz"
EVENTS = f"/orders/ORD-2026-000001/{KEY}/events/"
UPLOAD = "/admin/orders/bankstatement/add/"
FINANCE = {"Cookie": "sessionid=finance"}
HELD = threading.Semaphore(0)  # how many requests have reached the application that it does not finish


async def upstream(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Says what reaches it; with `?hold` it goes on until the client leaves. Finance alone uploads."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    hold, length, more = scope["query_string"] == b"hold", 0, True
    while more and not hold:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    status = 302 if scope["path"] == UPLOAD and headers.get("cookie") != FINANCE["Cookie"] else 200
    own = [(b"strict-transport-security", b"max-age=1"), (b"content-security-policy", b"default-src 'self'")]
    await send({"type": "http.response.start", "status": status, "headers": own})
    told = {"method": scope["method"], "headers": headers, "length": length}
    await send({"type": "http.response.body", "body": json.dumps(told).encode() + b"\n", "more_body": hold})
    if hold:
        HELD.release()
    while hold and (await receive())["type"] != "http.disconnect":
        pass


class Before(Protocol):
    def __call__(self, upstream: str | None = None, /, **changed: str) -> AbstractContextManager[Proxy]: ...


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Before]:
    """Start nginx before the application above, or another address; what else is named replaces text of the file."""
    with live.serve(upstream) as address:
        yield lambda other=None, /, **changed: running(other or address, tmp_path, **changed)


@pytest.fixture
def proxy(before: Before) -> Iterator[Proxy]:
    with before() as started:
        yield started


def test_its_limits_and_addresses_are_those_of_the_shop() -> None:
    text = CONFIGURATION.read_text()

    [streams] = re.findall(r"location ~ (\S+) ", text)
    assert re.search(streams, reverse("order-events", args=["ORD-2026-000001", KEY]))
    assert re.search(streams, reverse("order-events", args=["ORD-2026-000001"]))
    assert not re.search(streams, reverse("order-pay", args=["ORD-2026-000001", KEY]))
    assert f"location = {reverse('admin:orders_bankstatement_add')} {{" in text
    assert f"client_max_body_size {LARGEST_FILE // 2**20 + 1}m;" in text  # a form has some more than its file
    assert f"client_max_body_size {LARGEST_BODY // 2**10}k;" in text


@needs_nginx
def test_what_clients_write_of_themselves_does_not_reach_the_shop(proxy: Proxy) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    more = {"Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"}

    seen = json.load(proxy.ask("/", headers={**forged, **more}, source="127.0.0.3"))["headers"]

    assert (seen["x-forwarded-for"], seen["x-forwarded-proto"]) == ("127.0.0.3", "https")
    assert seen["host"] == "shop.example.com"
    assert not {"x-forwarded-host", "x-real-ip", "forwarded"} & set(seen)


@needs_nginx
@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/checkout/", 2**16),
        ("/admin/", 2**20),
        ("/admin/codec/decode", payloads.LARGEST_BODY),
        ("/webhooks/payments/x/", 2**18),
    ],
)
def test_a_body_is_no_larger_than_its_address_takes(proxy: Proxy, path: str, most: int) -> None:
    taken = proxy.ask(path, "POST", body=b"x" * most)
    declared = proxy.ask(path, "POST", headers={"Content-Length": str(most + 1)})  # and not one byte of it sent
    chunked = proxy.ask(path, "POST", body=iter([b"x" * most, b"x"]))

    assert json.load(taken)["length"] == most
    assert (declared.status, chunked.status) == (413, 413)


@needs_nginx
def test_a_large_file_is_taken_only_from_whom_the_shop_lets_upload_it(proxy: Proxy) -> None:
    size = {"Content-Length": str(300 * 2**20)}

    stranger = proxy.ask(UPLOAD, "POST", headers=size)  # answered before the first byte
    finance = proxy.ask(UPLOAD, "POST", headers=FINANCE, body=b"x" * 2**21)
    too_large = proxy.ask(UPLOAD, "POST", headers={**FINANCE, "Content-Length": str(302 * 2**20)})

    assert (stranger.status, stranger.headers["Location"]) == (
        302,
        f"https://shop.example.com/admin/second-factor/?next={UPLOAD}",
    )
    assert json.load(finance)["length"] == 2**21
    assert too_large.status == 413


@needs_nginx
def test_who_does_not_finish_a_request_is_let_go(before: Before) -> None:
    with before(**{"client_header_timeout 10s": "client_header_timeout 1s"}) as proxy:
        slow = proxy.connect()
        slow.sendall(b"GET / HTTP/1.1\r\nHost: shop.example.com\r\nX-Slow: ")

        assert slow.recv(1024) == b""


@needs_nginx
@pytest.mark.parametrize(("path", "most"), [(EVENTS, 12), ("/products/CHAI/", 40)])
def test_a_client_has_so_many_requests_and_live_pages_at_a_time(proxy: Proxy, path: str, most: int) -> None:
    for _ in range(most):
        proxy.open().request("GET", f"{path}?hold")
    assert all(HELD.acquire(timeout=60) for _ in range(most))

    assert proxy.ask(path).status == 429
    assert proxy.ask(path, source="127.0.0.2").status == 200


@needs_nginx
def test_a_client_asks_only_so_often_and_others_meanwhile(before: Before) -> None:
    with before(**{"rate=20r/s": "rate=1r/m", "burst=200": "burst=5"}) as proxy:
        answers = [proxy.ask("/cart/").status for _ in range(20)]

        assert answers[:6] == [200] * 6
        assert 429 in answers
        assert proxy.ask("/cart/", source="127.0.0.2").status == 200
        assert proxy.ask("/static/shop.css").status == 200


@needs_nginx
def test_no_key_stands_in_a_log(before: Before) -> None:
    with before("http://127.0.0.1:1") as proxy:  # nobody listens there
        for path in (EVENTS, f"/orders/ORD-2026-000001/{KEY}/confirm/{KEY}/", f"/accounts/reset/MQ/{KEY}/"):
            assert proxy.ask(f"{path}?key={KEY}", headers={"Referer": f"https://shop.example.com{path}"}).status == 502

    assert KEY not in proxy.log("access.log") + proxy.log("error.log")
    assert '"GET /orders/ORD-2026-000001/-/" 502' in proxy.log("access.log")


@needs_nginx
def test_what_it_answers_itself_has_the_headers_that_the_shop_sends(proxy: Proxy) -> None:
    refused, answered = proxy.ask("/", "POST", headers={"Content-Length": str(2**30)}), proxy.ask("/")

    assert refused.headers["Strict-Transport-Security"].startswith("max-age=31536000; includeSubDomains")
    assert (refused.headers["X-Content-Type-Options"], refused.headers["Server"]) == ("nosniff", "nginx")
    assert "frame-ancestors 'none'" in refused.headers["Content-Security-Policy"]
    assert answered.headers.get_all("Strict-Transport-Security") == ["max-age=1"]
    assert answered.headers.get_all("Content-Security-Policy") == ["default-src 'self'"]


@needs_nginx
def test_other_names_and_methods_are_refused_and_people_are_led_to_https(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        proxy.connect(name="other.example.com")
    assert proxy.ask("/", "TRACE").status == 405
    assert "301 Moved Permanently" in in_the_clear(proxy, "GET /cart/")
    assert "Location: https://shop.example.com/cart/" in in_the_clear(proxy, "GET /cart/")
    assert "403 Forbidden" in in_the_clear(proxy, "POST /webhooks/payments/stripe/")


def in_the_clear(proxy: Proxy, what: str) -> str:
    """What it answers without TLS, whole."""
    with socket.create_connection(("127.0.0.1", proxy.plain), timeout=60) as plain, plain.makefile("rwb") as file:
        file.write(f"{what} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n".encode())
        file.flush()
        return file.read().decode()


@needs_nginx
@override_settings(
    ALLOWED_HOSTS=["shop.example.com"],
    SECURE_SSL_REDIRECT=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)
def test_the_shop_behind_it_knows_of_tls_and_its_live_pages_are_not_held_back(
    transactional_db: None, before: Before
) -> None:
    order = make_order()

    with live.serve() as shop, before(shop) as proxy:
        assert proxy.ask("/").status == 200
        stream = proxy.ask(f"/orders/{order.number}/{order.token}/events/")

        assert stream.readline() == b"retry: 2000\n"
        assert proxy.ask(UPLOAD, "POST", headers={"Content-Length": str(300 * 2**20)}).status == 302
