"""Something was done, but whoever asked for it never heard so, and asks again."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from temporalio.service import RPCError, RPCStatusCode

from orders.models import Order
from temporal_app import client as client_functions
from temporal_app.client import calls
from temporal_app.client.errors import Unavailable
from tests.factories.products import make_product
from tests.views.shopping import check_out, put


def lose_the_answer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The next time this client function is used, it does its work and says that it could not be reached."""
    real = getattr(client_functions, name)

    def unanswered(*args: Any, **parameters: Any) -> None:
        real(*args, **parameters)
        monkeypatch.setattr(client_functions, name, real)
        raise Unavailable

    monkeypatch.setattr(client_functions, name, unanswered)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("names_its_cart", [True, False])
def test_a_checkout_whose_answer_was_lost_leads_to_its_order_when_sent_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, names_its_cart: bool
) -> None:
    make_product()
    put(client)
    form = {"cart": client.session["cart_id"]} if names_its_cart else {}
    lose_the_answer(monkeypatch, "check_out")

    first, second = check_out(client, **form), check_out(client, **form)

    order = Order.objects.get()
    assert (first.status_code, second.status_code) == (503, 302)
    assert second["Location"] == f"/orders/{order.number}/{order.token}/"


@pytest.mark.parametrize("status", [RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL, RPCStatusCode.UNAVAILABLE])
def test_a_connection_that_breaks_under_a_question_is_temporal_being_away(status: RPCStatusCode) -> None:
    with pytest.raises(Unavailable), calls.translated():
        raise RPCError("transport error", status, b"")


def test_a_machine_so_busy_that_time_is_up_before_a_request_is_sent_again_says_that_temporal_is_away(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.ACCEPTED_WITHIN_SECONDS = 0.2
    given: list[float] = []

    class Dropping:
        async def start_update(self, *_args: Any, rpc_timeout: timedelta, **_options: Any) -> None:
            given.append(rpc_timeout.total_seconds())
            raise RPCError("let fall", RPCStatusCode.FAILED_PRECONDITION, b"")

    async def oversleep(_seconds: float) -> None:
        time.sleep(0.3)  # noqa: ASYNC251 the loop itself has no time

    monkeypatch.setattr(asyncio, "sleep", oversleep)

    with pytest.raises(Unavailable), calls.translated():
        asyncio.run(calls._accepted(Dropping(), "cancel", None, "id"))

    assert len(given) == 2
    assert min(given) > 0
