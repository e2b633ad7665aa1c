"""What a check has found is read in the admin, and started there by those who may."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from temporalio.client import Client

from orders.models import MirrorCheck, Product
from orders.models.mirror_check import CheckEnd
from orders.rules.invariants import Finding, Invariant
from tests.admin.browsing import at_browser, words
from tests.factories.orders import eventually
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.rows import make_order
from tests.payment_checks.test_admin import fill_in

LIST = "admin:orders_mirrorcheck_changelist"


def make_check(*findings: Finding, ended_as: CheckEnd = CheckEnd.DONE, **columns: object) -> MirrorCheck:
    """A check that found this; nothing of it was repaired."""
    about = {"workflow_id": "mirror-check-1", "requested_by": "system", "started_at": timezone.now(), **columns}
    check = MirrorCheck.objects.create(**about)
    check.add(findings, look=1)
    if ended_as:
        check.end(ended_as, at=timezone.now(), look=1)
    return check


@pytest.mark.django_db
def test_finance_reads_what_was_found_and_where() -> None:
    order = make_order()
    check = make_check(Finding(Invariant.TOTAL_OF_LINES, order.number, "1.00", "300.00"))
    fritz = at_browser(make_user("fritz", "finance"))

    listed = words(fritz.get(reverse(LIST)))
    page = fritz.get(reverse("admin:orders_mirrorcheck_change", args=[check.pk]))

    assert "Not as it should be" in listed
    assert "An order costs what its lines cost." in words(page)
    assert reverse("admin:orders_order_change", args=[order.pk]) in page.content.decode()
    assert "1.00" in words(page)
    assert "300.00" in words(page)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "As it should be"),
        ({"ended_as": CheckEnd.BROKEN_OFF}, "Broken off"),
        ({"ended_as": CheckEnd.RUNNING}, "Running"),
        (
            {"ended_as": CheckEnd.RUNNING, "started_at": timezone.now() - timedelta(days=1)},
            "Stopped from outside",
        ),
    ],
)
def test_the_list_says_how_a_check_ended(columns: dict[str, object], said: str) -> None:
    make_check(**columns)

    assert said in words(at_browser(make_user("fritz", "finance")).get(reverse(LIST)))


def test_finance_looks_and_repairs(worker: Client) -> None:
    make_product(reserved=7)
    user = make_user("fritz", "finance")
    fritz = at_browser(user)

    answer = fill_in(fritz, reverse("admin:orders_mirrorcheck_look"))
    looked = eventually(lambda: MirrorCheck.objects.exclude(ended_as="").first())
    assert answer.status_code in (200, 302)
    assert looked.requested_by == f"user:{user.pk}"
    assert looked.left().count() == 1
    assert Product.objects.get().reserved == 7

    fill_in(fritz, reverse("admin:orders_mirrorcheck_repair"))
    eventually(lambda: MirrorCheck.objects.filter(repairs=True).exclude(ended_as="").exists())
    assert Product.objects.get().reserved == 0


@pytest.mark.django_db
def test_the_warehouse_neither_reads_nor_starts_checks() -> None:
    wanda = at_browser(make_user("wanda", "warehouse"))

    assert wanda.get(reverse(LIST)).status_code == 403
    assert wanda.get(reverse("admin:orders_mirrorcheck_look")).status_code == 403
