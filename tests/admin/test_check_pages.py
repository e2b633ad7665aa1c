"""The page of one payment check: only of one that may have been started, and not asking for ever."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from orders.models import PaymentCheck
from tests.admin.browsing import at_browser, words

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["payment-check", "payment-check-live"])
def test_a_check_that_nobody_can_have_started_is_not_found(page: str, root: User):
    ids = ["nonsense", "payment-batch-1", "payment-monitor-ORD", f"payment-hybrid-{'A' * 32}", "9" * 5000]
    browser = at_browser(root)

    answers = [browser.get(reverse(f"admin:{page}", args=[workflow_id])) for workflow_id in ids]

    assert [answer.status_code for answer in answers] == [404] * len(ids)


@pytest.mark.parametrize("workflow_id", [f"payment-batch-{'a' * 32}", "payment-monitor-ORD-2026-000001"])
def test_a_check_that_has_just_been_started_is_waited_for(workflow_id: str, root: User):
    answer = at_browser(root).get(reverse("admin:payment-check", args=[workflow_id]))

    assert answer.status_code == 200
    assert "The check is about to begin" in words(answer)


@pytest.mark.parametrize("written_down", [True, False])
def test_a_page_left_open_asks_no_more_in_the_end(written_down: bool, root: User):
    workflow_id = f"payment-hybrid-{'a' * 32}"
    if written_down:
        PaymentCheck.objects.create(workflow_id=workflow_id, kind="hybrid", requested_by="x", started_at=timezone.now())
    url = reverse("admin:payment-check-live", args=[workflow_id])

    first, last = at_browser(root).get(url), at_browser(root).get(f"{url}?looked=900")

    assert f'hx-get="{url}?looked=1"' in first.content.decode()
    assert "hx-get" not in last.content.decode()
    assert "This page no longer follows the check. Refresh" in words(last)
