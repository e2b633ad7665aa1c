"""Counting what an order costs: statements to the database, calls to Temporal."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread
from typing import Any

from django.db.backends.utils import CursorWrapper
from temporalio.client import Client, Interceptor, OutboundInterceptor

ACTIVITIES = "activity"  # how their threads' names begin
CALLS = ("start_workflow", "signal_workflow", "start_workflow_update", "start_update_with_start_workflow")


@contextmanager
def statements() -> Iterator[Counter[str]]:
    """How many statements the worker (its activities' threads) and everybody else send to the database meanwhile."""
    counted: Counter[str] = Counter()
    execute = CursorWrapper.execute

    def counting(self: CursorWrapper, sql: Any, params: Any = None) -> Any:
        counted["worker" if current_thread().name.startswith(ACTIVITIES) else "others"] += 1
        return execute(self, sql, params)

    setattr(CursorWrapper, "execute", counting)  # noqa: B010 - a patch, which types do not allow
    try:
        yield counted
    finally:
        setattr(CursorWrapper, "execute", execute)  # noqa: B010


class Calls(Interceptor):
    """How often a client asks Temporal for something, by what it asks for."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Wrap every call in `CALLS`."""
        return type("Counting", (OutboundInterceptor,), {name: self._counting(name) for name in CALLS})(next)

    def _counting(self, name: str) -> Any:
        async def call(interceptor: OutboundInterceptor, message: Any) -> Any:
            self.counted[name] += 1
            return await getattr(interceptor.next, name)(message)

        return call


def with_calls_counted(client: Client) -> tuple[Client, Counter[str]]:
    """The same client, and what is asked of it from now on."""
    calls = Calls()
    config = client.config()
    config["interceptors"] = [*config["interceptors"], calls]
    return Client(**config), calls.counted
