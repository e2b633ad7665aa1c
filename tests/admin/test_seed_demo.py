"""The demo shop, and the roles that every shop has."""

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

from orders.authorization.roles import ROLE_PERMISSIONS, set_up_roles
from orders.models import Product
from orders.rules.approvals import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEBUG = True


def test_seeding_adds_staff_for_each_role_customers_and_products(demo):
    call_command("seed_demo", verbosity=0)

    assert {name for (name,) in User.objects.filter(is_staff=True).values_list("groups__name") if name} == set(Role)
    assert User.objects.filter(is_staff=False).count() == 2
    assert Product.objects.on_sale().in_stock().count() >= 24
    assert authenticate(username="manager", password="demo").get_full_name() == "Maya Keller"


def test_seeding_twice_changes_nothing(demo):
    call_command("seed_demo", verbosity=0)
    Product.objects.filter(sku="COF-HOUSE-1000").update(price="1.00", on_hand=7)

    call_command("seed_demo", verbosity=0)

    assert Product.objects.filter(price="1.00", on_hand=7).count() == 1
    assert (User.objects.count(), Product.objects.count()) == (10, 24)


def test_seeding_refuses_outside_debug_with_one_line(settings):
    settings.DEBUG = settings.DEMO = False

    with pytest.raises(CommandError, match="needs DJANGO_DEBUG=true"):
        call_command("seed_demo")

    assert not User.objects.exists()


def test_every_shop_has_the_roles_after_migrating():
    assert set(Group.objects.values_list("name", flat=True)) == set(Role)


def test_every_permission_a_role_names_exists():
    for role, names in ROLE_PERMISSIONS.items():
        given = set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))
        assert names <= given, role


def test_what_staff_changed_about_a_role_is_kept():
    Group.objects.get(name="manager").permissions.clear()

    set_up_roles()

    assert not Group.objects.get(name="manager").permissions.exists()


@pytest.mark.parametrize("role", list(Role))
def test_no_role_may_change_what_only_workflows_write(role):
    names = set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))

    written_by_workflows = ("order", "approvalrequest", "approvaldecision", "payment", "shipment", "timelineentry")
    assert not names & {f"{verb}_{model}" for verb in ("add", "change", "delete") for model in written_by_workflows}
