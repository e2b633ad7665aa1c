"""How a saga takes updates: as many as it may, each once, and refused in a way that its sender can read."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from hashlib import sha256
from typing import Protocol, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from temporal_app.failures import refusing
    from temporal_app.messages import OrderTotals
    from temporal_app.workflows.saga_state import SagaState


class TakesUpdates(Protocol):
    """A workflow that keeps a log of its updates."""

    @property
    def _state(self) -> SagaState: ...


Saga = TypeVar("Saga", bound=TakesUpdates)
Message = TypeVar("Message")
Answer = TypeVar("Answer", str, OrderTotals)


def update_key() -> str:
    """What tells the update that is being handled from every other: a retried one has one effect."""
    return sha256(_info().id.encode()).hexdigest()  # others choose ids of any length


def checked(check: Callable[[Saga, Message], None]) -> Callable[[Saga, Message], None]:
    """A validator: refuses what breaks a rule, and what comes too often. What an earlier run has answered may come."""

    @wraps(check)
    def validate(saga: Saga, message: Message) -> None:
        log = saga._state.updates
        if log.answer(update_key()) is None:
            with refusing():
                log.check(_info().name, number=saga._state.number, now=workflow.time())
                check(saga, message)

    return validate


def once(handle: Callable[[Saga, Message], Awaitable[Answer]]) -> Callable[[Saga, Message], Awaitable[Answer]]:
    """A handler that is counted, and that answers an update which an earlier run has answered as that run did."""

    @wraps(handle)
    async def answer(saga: Saga, message: Message) -> Answer:
        log, key = saga._state.updates, update_key()
        before = log.answer(key)
        if before is not None:
            return before  # type: ignore[return-value]  # an id is used for one kind of update
        log.take(_info().name, now=workflow.time())
        with under_way(saga._state, "update", _info().name, id=_info().id):
            given = await handle(saga, message)
        log.keep(key, given)
        return given

    return answer


@contextmanager
def under_way(state: SagaState, kind: str, name: str, *, id: str = "") -> Iterator[None]:
    """While a message is being answered it is listed as an operation, and its end is a change."""
    key = id or f"{name}-{len(state.updates.pending)}-{workflow.info().get_current_history_length()}"
    state.updates.pending[key] = (kind, name, workflow.time())
    try:
        yield
    finally:
        del state.updates.pending[key]
        state.changed_at = workflow.time()


def _info() -> workflow.UpdateInfo:
    update = workflow.current_update_info()
    assert update is not None
    return update
