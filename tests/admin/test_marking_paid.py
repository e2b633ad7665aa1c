"""The dialog "Mark as paid": an amount is shown and taken as people write it in their language."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from orders.admin.orders.mark_paid import MarkPaidForm
from orders.models import Order
from orders.rules.status import WaitingFor
from tests.admin.browsing import at_browser, dialog_url
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def unpaid() -> Order:
    """23.80, not paid yet."""
    order = make_order("23.80")
    order.wait_for(WaitingFor.PAYMENT, timezone.now())
    return order


@pytest.mark.parametrize(("language", "amount"), [("en", "23.80"), ("de", "23,80")])
def test_the_amount_is_filled_in_in_a_box_that_can_hold_it(language: str, amount: str, unpaid: Order, root):
    url = dialog_url("order", "mark_paid", unpaid.pk)

    dialog = at_browser(root).get(url, headers={"accept-language": language}).content.decode()

    box = re.search(r'<input[^>]*name="amount"[^>]*>', dialog)[0]
    assert f'value="{amount}"' in box
    assert 'type="text"' in box  # a box for numbers is empty where its value has a comma


@pytest.mark.parametrize(
    ("language", "typed", "taken"),
    [
        ("en", "23.80", Decimal("23.80")),
        ("de", "23.80", Decimal("23.80")),
        ("de", "23,80", Decimal("23.80")),
        ("en", "23,80", None),  # refused, and never 2,380
    ],
)
def test_the_amount_is_taken_with_the_point_or_the_comma_of_the_language(
    language: str, typed: str, taken: Decimal | None, unpaid: Order, root, rf
):
    data = {"_form_submitted": "True", "amount": typed, "reference": "x", "received": "2026-03-02", "request_id": "r"}
    request = rf.post("/")
    request.user = root

    with translation.override(language):
        form = MarkPaidForm(request, unpaid.pk, data)

        assert form.is_valid() == (taken is not None)
    assert form.cleaned_data.get("amount") == taken
