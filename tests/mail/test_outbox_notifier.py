"""Whoever writes mail rings for it, and no oftener than needed: all mail of a shop goes through one workflow."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import transaction

from orders.models import Notification
from orders.models.notification import MailKind
from temporal_app.activities.outbox import OutboxNotifier, install_notifier, mail
from tests.workflows.at_once import tidily


class Ring:
    """A ring that takes until it may end, and whose turns given in `fails` go wrong."""

    def __init__(self, *, fails: set[int] = frozenset()) -> None:
        self.times, self.fails, self.begun, self.may_end = 0, fails, Event(), Event()

    def __call__(self) -> None:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(60)
        if self.times in self.fails:
            raise OSError(f"ring {self.times} was not heard")


@pytest.fixture
def rings(transactional_db: None) -> list[int]:
    """Each ring of the shop's bell, as the number of mails that were there by then."""
    heard: list[int] = []
    install_notifier(tidily(lambda: heard.append(Notification.objects.count())))
    return heard


def test_who_asks_while_the_bell_rings_shares_the_next_ring() -> None:
    ring = Ring()
    bell = OutboxNotifier(ring)
    with ThreadPoolExecutor(10) as threads:
        first = threads.submit(bell.ring)
        assert ring.begun.wait(60)
        others = [threads.submit(bell.ring) for _ in range(9)]
        time.sleep(0.2)  # they are at the bell
        assert not any(each.done() for each in others)
        ring.may_end.set()
        for each in [first, *others]:
            each.result()

    assert ring.times == 2


def test_who_asked_before_a_failing_ring_began_hears_that_it_failed() -> None:
    ring = Ring(fails={2})
    bell = OutboxNotifier(ring)
    with ThreadPoolExecutor(10) as threads:
        first = threads.submit(bell.ring)
        assert ring.begun.wait(60)
        others = [threads.submit(bell.ring) for _ in range(9)]
        time.sleep(0.2)  # they are at the bell
        ring.may_end.set()
        heard = [str(each.exception()) for each in others]

    assert first.exception() is None
    assert heard == ["ring 2 was not heard"] * 9
    assert ring.times == 2


def test_who_asks_after_a_ring_failed_rings_anew() -> None:
    ring = Ring(fails={1})
    ring.may_end.set()
    bell = OutboxNotifier(ring)
    with pytest.raises(OSError, match="not heard"):
        bell.ring()

    bell.ring()

    assert ring.times == 2


def test_the_mails_of_a_transaction_are_rung_for_once(rings: list) -> None:
    with transaction.atomic():
        for key in ("first", "second", "third"):
            mail(MailKind.OPERATIONS_ALERT, to="operations", key=key)
        assert rings == []

    assert rings == [3]


def test_a_mail_that_is_taken_back_takes_no_others_ring_with_it(rings: list) -> None:
    with transaction.atomic():
        with transaction.atomic():
            mail(MailKind.OPERATIONS_ALERT, to="operations", key="taken back")
            transaction.set_rollback(True)
        mail(MailKind.OPERATIONS_ALERT, to="operations", key="stays")

    assert rings == [1]


def test_a_mail_that_was_there_already_is_rung_for_again(rings: list) -> None:
    for _run in range(2):
        with transaction.atomic():
            mail(MailKind.OPERATIONS_ALERT, to="operations", key="one")

    assert rings == [1, 1]
