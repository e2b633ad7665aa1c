"""Nonsense in addresses and forms of the admin: answered, and no reason to break down."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from orders.models import Order
from tests.admin.browsing import at_browser
from tests.admin.making import make_order, make_user
from tests.admin.test_every_action import BULK, page_called

pytestmark = pytest.mark.django_db
TOO_LONG = ["9" * 24, "9" * 5000]
LISTS = [page for page in admin.site._registry.values() if page.model._meta.app_label in ("orders", "auth")]
OF_DATES = [page for page in LISTS if page.date_hierarchy]


def list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.model.__name__)
def test_a_list_takes_any_key(page: admin.ModelAdmin, root: User):
    queries = [f"pk__in={TOO_LONG[0]}", f"pk={TOO_LONG[0]}", "pk__in=abc", "p=abc", "o=x.y"]
    browser = at_browser(root)

    answers = [browser.get(f"{list_of(page.model)}?{query}", follow=True) for query in queries]

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("page", OF_DATES, ids=lambda page: page.model.__name__)
def test_a_list_takes_any_year(page: admin.ModelAdmin, root: User):
    browser, url = at_browser(root), f"{list_of(page.model)}?{page.date_hierarchy}__year="

    answers = [browser.get(url + year, follow=True) for year in (TOO_LONG[0], "99999", "0", "x")]

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.model.__name__)
def test_a_list_takes_any_value_of_its_filters(page: admin.ModelAdmin, root: User):
    names = [
        getattr(one, "parameter_name", None) or (one[0] if isinstance(one, tuple) else one) for one in page.list_filter
    ]
    browser = at_browser(root)

    answers = [browser.get(f"{list_of(page.model)}?{name}=nonsense", follow=True) for name in names]

    assert {answer.status_code for answer in answers} <= {200}


@pytest.mark.parametrize("chosen", ["abc", "1.0", *TOO_LONG])
@pytest.mark.parametrize(("page", "name"), BULK)
def test_an_action_on_keys_that_are_none_is_a_bad_request(page: str, name: str, chosen: str, root: User):
    url = list_of(page_called(page).model)

    answer = at_browser(root).post(url, {"action": name, "_selected_action": [chosen]})

    assert answer.status_code == 400


def test_deleting_groups_whose_keys_are_none_is_a_bad_request(root: User):
    answer = at_browser(root).post(list_of(Group), {"action": "delete_selected", "_selected_action": ["abc"]})

    assert answer.status_code == 400


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("key", ["abc", *TOO_LONG])
@pytest.mark.parametrize(
    ("page", "home"), [("payment-checks-chosen", "orders_order_changelist"), ("approvals-bulk", "approvals")]
)
def test_several_of_which_none_is_a_key_lead_back_to_the_list(page: str, home: str, key: str, method: str, root: User):
    data = {"id": key, "decision": "approve", "how": "hybrid"}

    answer = getattr(at_browser(root), method)(reverse(f"admin:{page}"), data)

    assert answer.status_code == 302
    assert answer["Location"] == reverse(f"admin:{home}")


@pytest.mark.parametrize("key", ["abc", *TOO_LONG])
@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.model.__name__)
def test_the_page_of_what_is_no_key_leads_back(key: str, page: admin.ModelAdmin, root: User):
    answer = at_browser(root).get(f"{list_of(page.model)}{key}/change/")

    assert answer.status_code == 302


@pytest.mark.parametrize("slash", ["/", ""])
def test_no_shortcut_leads_past_the_permissions_to_an_orders_key(slash: str):
    order, key = make_order(), ContentType.objects.get_for_model(Order).pk

    answer = at_browser(make_user("nobody")).get(f"/admin/r/{key}/{order.pk}{slash}", follow=True)

    assert answer.status_code == 404
