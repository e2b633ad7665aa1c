"""How states change: a table says which may follow which; a state that a table leaves out is an end."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

State = TypeVar("State", bound=StrEnum)
Transitions: TypeAlias = Mapping[State, frozenset[State]]


def sources(transitions: Transitions[State], target: State) -> list[State]:
    """The states that `target` may follow."""
    return [state for state, following in transitions.items() if target in following]
