"""What roles may not do, although one might give it to them in passing."""

import pytest
from django.contrib.auth.models import Permission

from orders.rules.approvals import Role

pytestmark = pytest.mark.django_db


def roles_that_may(codename: str) -> set[str]:
    return set(Permission.objects.get(codename=codename).group_set.values_list("name", flat=True))


def test_the_warehouse_changes_the_stock_and_no_prices() -> None:
    assert roles_that_may("add_stockadjustment") == {Role.WAREHOUSE}
    assert roles_that_may("change_product") == {Role.MANAGER}
