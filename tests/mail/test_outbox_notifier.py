"""Whoever writes mail wakes the outbox, and no oftener than needed: all mail of a shop goes through one workflow."""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import transaction

from orders.models import Notification
from orders.models.notification import MailKind
from temporal_app import policies
from temporal_app.activities import outbox
from temporal_app.activities.outbox import OutboxNotifier, mail
from tests.workflows.at_once import tidily

WITHIN_THE_SECOND = 3_600.0  # this test's second is an hour long
PEOPLE = 9


class Wake:
    """A wake that takes until it may end, and whose turns given in `fails` go wrong."""

    def __init__(self, *, fails: Collection[int] = frozenset()) -> None:
        self.times, self.fails, self.begun, self.may_end = 0, fails, Event(), Event()

    def __call__(self) -> None:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(60)
        if self.times in self.fails:
            raise OSError(f"wake {self.times} failed")


@pytest.fixture
def wakes(transactional_db: None) -> list[int]:
    """Each wake of the outbox, as the number of mails that were there by then."""
    seen: list[int] = []
    outbox.notifier = OutboxNotifier(tidily(lambda: seen.append(Notification.objects.count())), WITHIN_THE_SECOND)
    return seen


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(PEOPLE) as threads:
        yield threads


def test_the_first_wakes_at_once_and_whoever_comes_within_a_second_has_that_wake() -> None:
    wake = Wake()
    wake.may_end.set()
    notifier = OutboxNotifier(wake, WITHIN_THE_SECOND)

    for _mail in range(5):
        notifier.wake()

    assert wake.times == 1


def test_whoever_comes_later_wakes_anew() -> None:
    wake = Wake()
    wake.may_end.set()
    notifier = OutboxNotifier(wake, every=0)

    for _mail in range(5):
        notifier.wake()

    assert wake.times == 5


@pytest.mark.parametrize("fails", [set(), {1}])
def test_whoever_comes_while_a_wake_is_under_way_hears_how_it_went(people: ThreadPoolExecutor, fails: set) -> None:
    wake, all_there = Wake(fails=fails), Barrier(PEOPLE + 1)
    notifier = OutboxNotifier(wake, WITHIN_THE_SECOND)

    def ask() -> None:
        all_there.wait(60)
        notifier.wake()

    asked = [people.submit(ask) for _person in range(PEOPLE)]
    all_there.wait(60)
    assert wake.begun.wait(60)
    assert not any(each.done() for each in asked)
    wake.may_end.set()

    assert [each.exception() is not None for each in asked] == [bool(fails)] * PEOPLE
    assert wake.times == 1


def test_a_wake_that_failed_is_tried_anew_a_second_later() -> None:
    wake = Wake(fails={1})
    wake.may_end.set()
    notifier = OutboxNotifier(wake, every=0)
    with pytest.raises(OSError, match="failed"):
        notifier.wake()

    notifier.wake()

    assert wake.times == 2


def test_the_outbox_looks_again_later_than_mail_is_written_that_nobody_wakes_it_for() -> None:
    assert policies.OUTBOX_LOOKS_AGAIN > policies.WAKE_EVERY


def test_the_outbox_is_woken_when_the_transaction_is_done_once_for_all_its_mails(wakes: list) -> None:
    with transaction.atomic():
        for key in ("first", "second", "third"):
            mail(MailKind.OPERATIONS_ALERT, to="operations", key=key)
        assert wakes == []

    assert wakes == [3]


def test_a_mail_that_is_taken_back_takes_no_others_wake_with_it(wakes: list) -> None:
    with transaction.atomic():
        with transaction.atomic():
            mail(MailKind.OPERATIONS_ALERT, to="operations", key="taken back")
            transaction.set_rollback(True)
        mail(MailKind.OPERATIONS_ALERT, to="operations", key="stays")

    assert wakes == [1]


def test_where_a_process_died_before_it_woke_the_outbox_the_next_attempt_does(wakes: list) -> None:
    Notification.write(MailKind.OPERATIONS_ALERT, recipient="operations", key="one")

    with transaction.atomic():
        mail(MailKind.OPERATIONS_ALERT, to="operations", key="one")

    assert wakes == [1]


def test_an_activity_is_not_done_where_the_outbox_could_not_be_woken(transactional_db: None) -> None:
    wake = Wake(fails={1})
    wake.may_end.set()
    outbox.notifier = OutboxNotifier(wake, WITHIN_THE_SECOND)

    with pytest.raises(OSError, match="failed"), transaction.atomic():
        mail(MailKind.OPERATIONS_ALERT, to="operations", key="one")

    assert Notification.objects.count() == 1
