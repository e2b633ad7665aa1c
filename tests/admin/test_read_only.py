"""What workflows write is read in the admin and nothing else: not even a superuser adds, changes or deletes it."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from orders.admin.base.model_admin import NothingToChange
from orders.models import StaffSession
from tests.admin.browsing import at_browser

READ_ONLY = {
    "guesthold",
    "approvalrequest",
    "cart",
    "creditadjustment",
    "erasurerecord",
    "notification",
    "order",
    "orderopening",
    "outage",
    "paymentcheck",
    "paymentevent",
    "bankdebit",
    "refundbatch",
    "refund",
    "refundtask",
    "statementline",
    "stockadjustment",
    "compensationfailure",
    "failedworkflow",
    "mirrorcheck",
    "policychange",
}
KEPT = {*READ_ONLY, "bankstatement", "product"}  # people add these, and orders or payments lean on them afterwards


def rows() -> dict[str, list]:
    """All rows of the shop, but for who is signed in."""
    tables = set(apps.get_app_config("orders").get_models()) - {StaffSession}
    return {table.__name__: list(table.objects.order_by("pk").values_list()) for table in tables}


def test_the_pages_to_read_only_are_those_of_what_workflows_write():
    pages = admin.site._registry.items()

    assert {model._meta.model_name for model, page in pages if isinstance(page, NothingToChange)} == READ_ONLY


@pytest.mark.parametrize("model", sorted(READ_ONLY))
def test_nobody_adds_what_workflows_write(model: str, root: User, one_of_everything: dict):
    before = rows()

    answer = at_browser(root).post(reverse(f"admin:orders_{model}_add"), {"status": "paid", "state": "done"})

    assert answer.status_code == 403
    assert rows() == before


@pytest.mark.parametrize("model", sorted(READ_ONLY - {"paymentcheck"}))  # whose page only leads to another
def test_nobody_changes_what_workflows_write(model: str, root: User, one_of_everything: dict):
    url, before = reverse(f"admin:orders_{model}_change", args=[one_of_everything[model]]), rows()

    answer = at_browser(root).post(url, {"status": "paid", "state": "done"})

    assert answer.status_code == 403
    assert rows() == before


@pytest.mark.parametrize("model", sorted(KEPT))
def test_nobody_deletes_what_others_lean_on(model: str, root: User, one_of_everything: dict):
    url, before = reverse(f"admin:orders_{model}_delete", args=[one_of_everything[model]]), rows()

    answer = at_browser(root).post(url, {"post": "yes"})

    assert answer.status_code == 403
    assert rows() == before


@pytest.mark.parametrize("model", sorted(KEPT))
def test_nobody_deletes_several_of_what_others_lean_on(model: str, root: User, one_of_everything: dict):
    url, before = reverse(f"admin:orders_{model}_changelist"), rows()
    chosen = {"action": "delete_selected", "_selected_action": [one_of_everything[model]], "post": "yes"}

    at_browser(root).post(url, chosen)

    assert rows() == before
