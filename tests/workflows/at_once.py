"""Doing things at the same time, from threads that leave no database connection behind."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connections


def tidily(act: Callable[..., Any]) -> Callable[..., Any]:
    """Do something, and close the connections that this thread opened for it."""

    def act_and_close(*args: Any) -> Any:
        try:
            return act(*args)
        finally:
            connections.close_all()

    return act_and_close


def in_background(act: Callable[..., Any], *args: Any) -> Future:
    """Do something while the test goes on; its exception is the test's when the answer is asked for."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(tidily(act), *args)
    finally:
        pool.shutdown(wait=False)


def everybody(act: Callable[[Any], Any], each: Iterable[Any], *, people: int = 5) -> list[Any]:
    """The answers that so many people get who do something at the same time."""
    with ThreadPoolExecutor(people) as pool:
        return list(pool.map(tidily(act), each))
