"""Looks out for changes of orders, for all pages that follow one: one query a second, however many they are."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseTrouble
from django.db import connections

from orders.views.order_page import versions

LOOK_EVERY_SECONDS = 1.0


class OrderWatcher:
    """What is followed on one event loop. Looks while anybody follows anything, also while the database is away."""

    def __init__(self) -> None:
        self._followers: Counter[int] = Counter()
        self._versions: dict[int, str] = {}
        self._looked = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def following(self, pk: int) -> Iterator[None]:
        """Keep an eye on an order."""
        self._followers[pk] += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_out())
        try:
            yield
        finally:
            self._followers[pk] -= 1
            if not self._followers[pk]:
                del self._followers[pk]
                self._versions.pop(pk, None)

    def version(self, pk: int) -> str | None:
        """The version at the last look; None before the first."""
        return self._versions.get(pk)

    async def look(self) -> None:
        """Wait for the next look."""
        await self._looked.wait()

    async def _look_out(self) -> None:
        while self._followers:
            try:
                found = await off_the_loop(versions, list(self._followers))
            except DatabaseTrouble:
                found = {}
            self._versions |= {pk: version for pk, version in found.items() if pk in self._followers}
            looked, self._looked = self._looked, asyncio.Event()
            looked.set()
            await asyncio.sleep(LOOK_EVERY_SECONDS)


_lookouts: WeakKeyDictionary[asyncio.AbstractEventLoop, OrderWatcher] = WeakKeyDictionary()


def order_watcher() -> OrderWatcher:
    """The running event loop's order_watcher."""
    return _lookouts.setdefault(asyncio.get_running_loop(), OrderWatcher())


async def off_the_loop(work: Callable[..., Any], *args: Any) -> Any:
    """Run what asks the database in a thread that many share, and leave no connection behind in it."""

    def run() -> Any:
        try:
            return work(*args)
        finally:
            connections.close_all()

    return await sync_to_async(run, thread_sensitive=False)()
