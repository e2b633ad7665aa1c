"""Which updates an order's saga has taken. No Temporal in here: times are given (Unix seconds)."""

from dataclasses import dataclass, field

from orders.rules.limits import HOUR, UPDATES_AN_HOUR
from orders.rules.refusals import Refusal, RuleBroken
from temporal_app.messages import AnsweredUpdate, OrderTotals

REMEMBERED = 200


@dataclass
class UpdateLog:
    """What an outsider may repeat without end, and what came of it.

    :param answers: the latest, first to last; an update that is sent again to a later run gets the same answer
    :param times: when, within the last hour, updates of each name were taken
    :param taken: how many this run has taken
    :param pending: by id, what is being answered: `update` or `signal`, its name, and since when
    """

    answers: list[AnsweredUpdate] = field(default_factory=list)
    times: dict[str, list[float]] = field(default_factory=dict)
    taken: int = 0
    pending: dict[str, tuple[str, str, float]] = field(default_factory=dict)

    def answer(self, key: str) -> str | OrderTotals | None:
        """What the update of this key was answered, if it was."""
        given = next((one for one in self.answers if one.key == key), None)
        return None if given is None else given.totals or given.word

    def keep(self, key: str, answer: str | OrderTotals) -> None:
        """Remember an answer."""
        kept = AnsweredUpdate(key, answer) if isinstance(answer, str) else AnsweredUpdate(key, totals=answer)
        self.answers = [*self.answers, kept][-REMEMBERED:]

    def check(self, name: str, *, number: str, now: float) -> None:
        """:raises RuleBroken: there were as many of this name as an order takes in an hour"""
        if len(self._recent(name, now)) >= UPDATES_AN_HOUR.get(name, len(self.times.get(name, ())) + 1):
            raise RuleBroken(Refusal.TOO_OFTEN, number=number)

    def take(self, name: str, *, now: float) -> None:
        """Count an update."""
        self.taken += 1
        if name in UPDATES_AN_HOUR:
            self.times[name] = [*self._recent(name, now), now]

    def for_next_run(self) -> "UpdateLog":
        """What the next run goes on with."""
        return UpdateLog(self.answers, self.times)

    def _recent(self, name: str, now: float) -> list[float]:
        return [time for time in self.times.get(name, ()) if time > now - HOUR]
