"""Many people who carry orders at once, while something happens to the shop; and whether it adds up afterwards."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import connections
from django.db.models import Count

from orders.models import Order
from tests.faults import books, people
from tests.faults.stack import Stack

SETTLED_WITHIN = 180.0


@dataclass
class Crowd:
    """People who begin new orders until the weather is over and `orders` have been carried.

    :param at_once: how many people there are
    """

    stack: Stack
    chance: random.Random
    orders: int = 0
    at_once: int = 16
    persons: list[people.Person] = field(default_factory=list)
    carried: list[Future[str]] = field(default_factory=list)

    def carry(self, weather: Callable[["Crowd"], None]) -> list[str]:
        """Have everything carried while the weather does what it does; returns what does not add up in the end."""
        before = people.stock_up()
        failed: list[str] = []
        storm = threading.Thread(target=self._storm, args=(weather, failed), name="weather")
        storm.start()
        with ThreadPoolExecutor(self.at_once) as threads:
            while storm.is_alive() or len(self.persons) < self.orders:
                self.stack.revive()
                if sum(not one.done() for one in self.carried) < self.at_once:
                    self._begin(threads)
                else:
                    time.sleep(0.05)
            while not all(one.done() for one in self.carried):
                self.stack.revive()
                wait(self.carried, timeout=0.5)
        return [*failed, *self._failures(), *self._settle(before)]

    @property
    def done(self) -> int:
        """How many orders have been carried so far."""
        return sum(one.done() for one in self.carried)

    def _storm(self, weather: Callable[["Crowd"], None], failed: list[str]) -> None:
        try:
            weather(self)
        except Exception as error:  # in a thread nobody would hear of it; it is told among the failures
            failed.append(f"the weather itself: {error!r}")
        finally:
            connections.close_all()

    def _begin(self, threads: ThreadPoolExecutor) -> None:
        plan = people.PLANS[len(self.persons) % len(people.PLANS)]
        person = people.Person(self.stack.places.shop, plan, random.Random(self.chance.random()))
        self.persons.append(person)
        self.carried.append(threads.submit(person.carry))

    def _failures(self) -> list[str]:
        """What went wrong for the people themselves."""
        pairs = zip(self.persons, self.carried, strict=True)
        return [f"{person.plan} {person.story}: {one.exception()!r}" for person, one in pairs if one.exception()]

    def _settle(self, before: dict[str, int]) -> list[str]:
        return settle(self.stack, before)


def settle(stack: Stack, before: dict[str, int]) -> list[str]:
    """Wait until nothing moves any more; returns what does not add up then."""
    patience = time.monotonic() + SETTLED_WITHIN
    while not people.persist(books.settled) and time.monotonic() < patience:
        stack.revive()
        time.sleep(1)
    time.sleep(2)  # for workflows to end after their last row
    return books.mismatches(before, stack.places.data_dir / "mail")


def summary() -> str:
    """How many orders are how far."""
    rows = Order.objects.values_list("status", "waiting_for").annotate(n=Count("pk")).order_by("status")
    return ", ".join(f"{n} {status} {waits}".strip() for status, waits, n in rows)
