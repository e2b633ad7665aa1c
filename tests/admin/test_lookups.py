"""A list answers what its own filters ask, and nothing else."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from orders.models import Order
from tests.factories.people import make_user
from tests.views.shopping import written

pytestmark = pytest.mark.django_db

LISTS = {model._meta.model_name: model for model in admin.site._registry}
WAYS = ("gte", "regex")


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_user("boss", is_staff=True, is_superuser=True))
    return client


def list_of(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("name", LISTS)
def test_no_list_compares_columns_that_no_filter_of_it_offers(boss: Client, name: str, subtests) -> None:
    model = LISTS[name]
    columns = ["pk", *(field.name for field in model._meta.concrete_fields)]

    for lookup in (f"{column}__{way}" for column in columns for way in WAYS):
        with subtests.test(lookup=lookup):
            assert boss.get(list_of(model), {lookup: "1"}).status_code == 400


def test_nobody_reads_out_the_key_to_a_customers_page(boss: Client) -> None:
    order = written()

    answers = [boss.get(list_of(Order), {"token__gte": guess}).status_code for guess in ("A", order.token, "z")]

    assert answers == [400, 400, 400]


def test_no_page_of_an_order_in_the_admin_holds_the_key_to_its_customers_page(boss: Client) -> None:
    order = written()

    pages = [boss.get(list_of(Order)), boss.get(reverse("admin:orders_order_change", args=[order.pk]))]

    assert [page.status_code for page in pages] == [200, 200]
    assert not [page for page in pages if order.token in page.content.decode()]


@pytest.mark.parametrize("address", ["/admin/orders/order/?p=abc", "/admin/orders/order/?status=nonsense&all=x"])
def test_nonsense_in_an_address_breaks_nothing(boss: Client, address: str) -> None:
    assert boss.get(address, follow=True).status_code in (200, 400)


@pytest.mark.parametrize("page", ["abc", "-1", "0", "99999", "1e3"])
def test_the_search_over_everything_answers_a_page_that_is_none(boss: Client, page: str) -> None:
    assert boss.get("/admin/search/", {"s": "ORD", "page": page}).status_code == 400


def test_a_list_offers_all_of_it_only_where_something_is_left_out(boss: Client) -> None:
    written()

    whole, narrowed = (boss.get(list_of(Order), asked).content.decode() for asked in ({}, {"status": "paid"}))

    assert "Show all" not in whole
    assert "Show all" in narrowed
