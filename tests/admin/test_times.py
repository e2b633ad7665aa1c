"""How far away a moment is, in words: rounded, and in German in the right case."""

from datetime import timedelta

import pytest
from django.utils import translation

from orders import labels

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("distance", "english", "german"),
    [
        (14 * DAY - SECOND, "in 14 days", "in 14 Tagen"),
        (6 * DAY, "in 6 days", "in 6 Tagen"),
        (3 * DAY - MINUTE, "in 3 days", "in 3 Tagen"),
        (2 * DAY - SECOND, "in 2 days", "in 2 Tagen"),
        (36 * HOUR, "in 36 hours", "in 36 Stunden"),
        (HOUR - SECOND, "in 1 hour", "in 1 Stunde"),
        (2 * MINUTE, "in 2 minutes", "in 2 Minuten"),
        (SECOND, "in 1 minute", "in 1 Minute"),
    ],
)
def test_what_remains_is_counted_in_days_and_hours(distance: timedelta, english: str, german: str):
    with translation.override("en"):
        assert labels.remaining(distance) == english
    with translation.override("de"):
        assert labels.remaining(distance) == german


@pytest.mark.parametrize(
    ("distance", "english", "german"),
    [
        (5 * DAY, "overdue by 5 days", "überfällig seit 5 Tagen"),
        (HOUR, "overdue by 1 hour", "überfällig seit 1 Stunde"),
        (SECOND, "overdue by 1 minute", "überfällig seit 1 Minute"),
    ],
)
def test_what_is_too_late_says_by_how_much(distance: timedelta, english: str, german: str):
    with translation.override("en"):
        assert labels.overdue(distance) == english
    with translation.override("de"):
        assert labels.overdue(distance) == german


@pytest.mark.parametrize(
    ("distance", "english", "german"),
    [
        (40 * DAY, "40 days ago", "vor 40 Tagen"),
        (2 * HOUR, "2 hours ago", "vor 2 Stunden"),
        (SECOND, "just now", "gerade eben"),
    ],
)
def test_what_is_over_says_for_how_long(distance: timedelta, english: str, german: str):
    with translation.override("en"):
        assert labels.ago(distance) == english
    with translation.override("de"):
        assert labels.ago(distance) == german
