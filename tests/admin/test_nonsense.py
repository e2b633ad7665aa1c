"""Nonsense in addresses and forms of the admin: answered, and no reason to break down."""

from itertools import product

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from orders.models import Order
from tests.admin.browsing import at_browser
from tests.admin.test_every_action import BULK, page_called
from tests.factories.people import make_user
from tests.factories.rows import make_order

pytestmark = pytest.mark.django_db
TOO_LONG = ["9" * 24, "9" * 5000]
LISTS = [page for page in admin.site._registry.values() if page.model._meta.app_label in ("orders", "auth")]
OF_DATES = [page for page in LISTS if page.date_hierarchy]


def list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def not_ok(urls: list[str], user: User) -> dict[str, int]:
    """Which of these pages do not open at last, and with which status."""
    browser = at_browser(user)
    statuses = {url: browser.get(url, follow=True).status_code for url in urls}
    assert statuses
    return {url: status for url, status in statuses.items() if status != 200}


def filters_of(page: admin.ModelAdmin) -> list[str]:
    """The parameters in a list's address that filter it."""
    columns = [f"{one[0]}__isempty" if isinstance(one, tuple) else one for one in page.list_filter]
    return [getattr(one, "parameter_name", one) for one in columns]


def test_every_list_takes_any_page_and_order(root: User):
    queries = [f"o={TOO_LONG[0]}", f"q={TOO_LONG[0]}", "p=abc", "o=x.y"]
    urls = [f"{list_of(page.model)}?{query}" for page in LISTS for query in queries]

    assert not_ok(urls, root) == {}


def test_every_list_takes_any_year(root: User):
    years = [TOO_LONG[0], "99999", "0", "x"]
    urls = [f"{list_of(page.model)}?{page.date_hierarchy}__year={year}" for page in OF_DATES for year in years]

    assert not_ok(urls, root) == {}


def test_every_list_takes_any_value_of_its_filters(root: User):
    urls = [f"{list_of(page.model)}?{name}=nonsense" for page in LISTS for name in filters_of(page)]

    assert not_ok(urls, root) == {}


def test_an_action_on_keys_that_are_none_is_a_bad_request(root: User):
    browser, wrong = at_browser(root), {}

    for (page, name), chosen in product(BULK, ["abc", "1.0", *TOO_LONG]):
        data = {"action": name, "_selected_action": [chosen]}
        status = browser.post(list_of(page_called(page).model), data).status_code
        if status != 400:
            wrong[page, name, chosen] = status

    assert wrong == {}


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


def test_the_page_of_what_is_no_key_leads_back(root: User):
    browser = at_browser(root)
    urls = [f"{list_of(page.model)}{key}/change/" for page in LISTS for key in ["abc", *TOO_LONG]]

    statuses = {url: browser.get(url).status_code for url in urls}

    assert {url: status for url, status in statuses.items() if status != 302} == {}


@pytest.mark.parametrize("slash", ["/", ""])
def test_no_shortcut_leads_past_the_permissions_to_an_orders_key(slash: str):
    order, key = make_order(), ContentType.objects.get_for_model(Order).pk

    answer = at_browser(make_user("nobody")).get(f"/admin/r/{key}/{order.pk}{slash}", follow=True)

    assert answer.status_code == 404
