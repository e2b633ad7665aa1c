"""A walk over every action of the admin: it opens harmlessly, and nobody gets past the token or the permission."""

from collections.abc import Iterator
from itertools import product

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db import models
from django.urls import reverse

from orders.models import Order, StaffSession
from tests.admin.browsing import FROM_DIALOG, at_browser, words
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db
NO_KEYS = ["abc", "1e5", "1.0", "-1", "%C2%B2", "9" * 24, "9" * 5000]
PLACES = ("actions_detail", "actions_row", "actions_list", "actions_submit_line")


def our_admins() -> Iterator[ModelAdmin]:
    return (page for model, page in admin.site._registry.items() if model._meta.app_label == "orders")


def actions_of(page: ModelAdmin) -> list[str]:
    return [name for place in PLACES for name in getattr(page, place)]


EVERY_ACTION = [(type(page).__name__, name) for page in our_admins() for name in actions_of(page)]
ABOUT_ALL = [(type(page).__name__, name) for page in our_admins() for name in page.actions_list]
ABOUT_ONE = [action for action in EVERY_ACTION if action not in ABOUT_ALL]
BULK = [(type(page).__name__, name) for page in our_admins() for name in page.actions or ()]


def page_called(name: str) -> ModelAdmin:
    return next(page for page in our_admins() if type(page).__name__ == name)


def everything() -> dict[str, list]:
    """All rows of the shop, but for who is signed in."""
    tables = set(apps.get_app_config("orders").get_models()) - {StaffSession}
    return {table.__name__: list(table.objects.order_by("pk").values_list()) for table in tables}


@pytest.fixture
def world(one_of_everything: dict) -> dict[type[models.Model], int]:
    """One of everything that has an action, by its key."""
    return {apps.get_model("orders", name): key for name, key in one_of_everything.items()}


def url_of(page: ModelAdmin, name: str, world: dict) -> str:
    keys = [] if name in page.actions_list else [world[page.model]]
    return reverse(f"admin:orders_{page.model._meta.model_name}_{name}", args=keys)


def test_the_walk_meets_every_action_there_is():
    assert {name for _page, name in EVERY_ACTION} == {
        "approve",
        "reject",
        "ship",
        "deliver",
        "erase",
        "cancel",
        "adjust",
        "adjust_credit",
        "submit",
        "made",
        "export",
        "withdraw",
        "extend",
        "mark_paid",
        "release",
        "assign",
        "accept",
        "refund",
        "send_again",
        "reopen",
        "ignore",
        "allocate",
        "credit",
        "give_back",
        "check_all",
        "sync",
        "pause",
        "unpause",
        "trigger",
        "remove",
        "look",
        "repair",
        "retry",
        "settle",
        "write_off",
        "take_care",
        "confirm",
    }


def test_every_list_says_what_would_stand_in_it(subtests: pytest.Subtests) -> None:
    for page in our_admins():
        with subtests.test(page=type(page).__name__):
            assert page.when_empty


def test_a_list_without_rows_asks_nobody_for_what_they_cannot_make(fritz: User) -> None:
    said = words(at_browser(fritz).get(reverse("admin:orders_bankdebit_changelist")))

    assert "What the bank took from our account stands here" in said
    assert "Create a new item" not in said


def test_an_action_has_a_dialog_and_a_permission(subtests: pytest.Subtests):
    for page, name in EVERY_ACTION:
        with subtests.test(page=page, action=name):
            action = getattr(page_called(page), name)

            assert action.dialog["form_class"]
            assert action.allowed_permissions


def test_an_action_by_get_is_a_harmless_dialog(root: User, world: dict, subtests: pytest.Subtests):
    browser, before = at_browser(root), everything()

    for page, name in EVERY_ACTION:
        with subtests.test(page=page, action=name):
            answer = browser.get(url_of(page_called(page), name, world), **FROM_DIALOG)

            assert answer.status_code == 200
            assert b'id="dialog-form"' in answer.content
            assert everything() == before


def test_an_action_without_the_csrf_token_is_forbidden(root: User, world: dict, subtests: pytest.Subtests):
    browser, before = at_browser(root, enforce_csrf_checks=True), everything()
    data = {"_form_submitted": "True", "role": "manager", "comment": "x", "reason": "x", "delta": "1", "carrier": "x"}

    for page, name in EVERY_ACTION:
        with subtests.test(page=page, action=name):
            answer = browser.post(url_of(page_called(page), name, world), data)

            assert answer.status_code == 403
            assert everything() == before


def test_an_action_without_the_permission_is_forbidden(world: dict, subtests: pytest.Subtests):
    nobody = at_browser(make_user("nobody"))
    before = everything()

    for (page, name), method in product(EVERY_ACTION, ["get", "post"]):
        with subtests.test(page=page, action=name, method=method):
            answer = getattr(nobody, method)(url_of(page_called(page), name, world), {"_form_submitted": "True"})

            assert answer.status_code == 403
            assert everything() == before


def test_an_action_asks_strangers_to_sign_in(client, world: dict, subtests: pytest.Subtests):
    for page, name in EVERY_ACTION:
        with subtests.test(page=page, action=name):
            answer = client.post(url_of(page_called(page), name, world), {"_form_submitted": "True"})

            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/")


def test_an_action_on_what_does_not_exist_is_not_found(root: User):
    browser = at_browser(root)
    urls = [
        reverse(f"admin:orders_{page_called(page).model._meta.model_name}_{name}", args=[987654])
        for page, name in ABOUT_ONE
    ]

    statuses = {url: browser.get(url).status_code for url in urls}

    assert {url: status for url, status in statuses.items() if status != 404} == {}


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_action_on_what_is_no_key_is_not_found(method: str, root: User):
    browser = at_browser(root)
    urls = [
        f"/admin/orders/{page_called(page).model._meta.model_name}/{key}/{name}/"
        for (page, name), key in product(ABOUT_ONE, NO_KEYS)
    ]

    statuses = {url: getattr(browser, method)(url).status_code for url in urls}

    assert {url: status for url, status in statuses.items() if status != 404} == {}


@pytest.mark.parametrize(("page", "name"), BULK)
def test_an_action_on_several_only_leads_to_the_confirmation(page: str, name: str, root: User, world: dict):
    model = page_called(page).model
    before = everything()

    answer = at_browser(root).post(
        reverse(f"admin:orders_{model._meta.model_name}_changelist"),
        {"action": name, "_selected_action": [world[model]]},
    )

    assert answer.status_code == 302
    confirmation = "admin:payment-checks-chosen" if name == "check_selected" else "admin:approvals-bulk"
    assert answer["Location"].startswith(reverse(confirmation))
    assert everything() == before


def test_deciding_on_several_needs_the_token_and_the_permission(root: User, wanda: User, world: dict):
    url = reverse("admin:approvals-bulk")
    before = everything()

    without_token = at_browser(root, enforce_csrf_checks=True).post(url, {"decision": "approve", "id": "1"})
    without_permission = at_browser(wanda).post(url, {"decision": "approve", "id": "1"})

    assert (without_token.status_code, without_permission.status_code) == (403, 403)
    assert everything() == before


@pytest.mark.parametrize(
    "model", ["order", "approvalrequest", "cart", "notification", "paymentevent", "compensationfailure"]
)
@pytest.mark.parametrize("step", ["add", "delete"])
def test_even_a_superuser_neither_adds_nor_deletes_what_workflows_write(model: str, step: str, root: User, world: dict):
    keys = [] if step == "add" else [1]

    answer = at_browser(root).post(reverse(f"admin:orders_{model}_{step}", args=keys), {"post": "yes"})

    assert answer.status_code in (302, 403)  # 302: there is none of this number
    assert Order.objects.exists()


def test_an_order_is_not_changed_by_posting_to_its_page(root: User, world: dict):
    before = everything()

    answer = at_browser(root).post(reverse("admin:orders_order_change", args=[world[Order]]), {"status": "paid"})

    assert answer.status_code == 403
    assert everything() == before
