"""The admin in German: its own words, and those that Unfold brings along in English alone."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from orders.admin.base.unfold_messages import WORDS
from orders.models import Notification
from tests.admin.browsing import at_browser, words
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db
THE_SAME_IN_GERMAN = {"System"}


def in_german(user: User, page: str) -> str:
    return words(at_browser(user).get(reverse(f"admin:{page}"), headers={"accept-language": "de"}))


def test_every_word_of_unfolds_is_translated():
    with translation.override("de"):
        assert {word for word in WORDS if gettext(word) == word} <= THE_SAME_IN_GERMAN


def test_a_list_has_no_english_words_of_unfolds(root: User):
    make_order()

    read = in_german(root, "orders_order_changelist")

    for german, english in (("Filter", "Filters"), ("Alle Zeilen auswählen", "Select all rows")):
        assert german in read
        assert english not in read


def test_outgoing_mail_says_to_whom_about_what_and_that_it_cannot_be_delivered(root: User):
    Notification.objects.create(
        key="k", kind="order_placed", recipient="order", order=make_order(), given_up_at=timezone.now()
    )

    read = in_german(root, "orders_notification_changelist")

    assert "E-Mail Bestellung Auslage An Geschrieben" in read
    assert "Nicht zustellbar" in read
