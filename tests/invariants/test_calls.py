"""What a look through a sound shop costs: a list a page of orders, a question an open order, and no more."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from django.utils import timezone
from temporalio.client import Client, Interceptor, OutboundInterceptor

from temporal_app.converter import DATA_CONVERTER
from temporal_app.invariants import findings
from tests.factories.orders import eventually, place_order, wait_until
from tests.factories.products import make_product


class Counting(Interceptor):
    """Counts the calls of a client by kind."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        calls = self.calls

        class Outbound(OutboundInterceptor):
            def list_workflows(self, input: Any) -> Any:
                calls["list"] += 1
                return super().list_workflows(input)

            async def describe_workflow(self, input: Any) -> Any:
                calls["describe"] += 1
                return await super().describe_workflow(input)

            async def query_workflow(self, input: Any) -> Any:
                calls["query"] += 1
                return await super().query_workflow(input)

        return Outbound(next)


def calls_of_a_look(temporal: Client) -> Counter[str]:
    """How often Temporal is asked what, once its lists have caught up and nothing is found."""

    async def look() -> Counter[str] | None:
        counting = Counting()
        address, namespace = temporal.service_client.config.target_host, temporal.namespace
        client = await Client.connect(
            address, namespace=namespace, data_converter=DATA_CONVERTER, interceptors=[counting]
        )
        found = [one async for one in findings(client, now=timezone.now(), grace=timedelta(0))]
        return None if found or counting.calls["describe"] else counting.calls

    return eventually(lambda: asyncio.run(look()))


def test_what_is_asked_grows_by_one_question_an_open_order(worker: Client) -> None:
    make_product()
    wait_until(place_order(), waiting_for="payment")
    one = calls_of_a_look(worker)
    for _time in range(3):
        wait_until(place_order(), waiting_for="payment")

    four = calls_of_a_look(worker)

    assert (one["query"], four["query"]) == (1, 4)
    assert one["list"] == four["list"]
    assert one["describe"] == four["describe"] == 0
