"""A change of the approval policies takes effect when a second person has confirmed it: Fritz and Fiona are finance."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from orders.models import ApprovalPolicy, PolicyChange
from orders.rules.refusals import Refusal, RuleBroken
from tests.admin.browsing import at_browser, dialog_url, fill_in, words
from tests.admin.test_editing import POLICY
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def fiona(db: None) -> User:
    return make_user("fiona", "finance")


def policies() -> list[tuple]:
    """All that is in force."""
    return list(ApprovalPolicy.objects.order_by("kind", "from_amount").values_list("kind", "from_amount", "roles"))


def the_first() -> ApprovalPolicy:
    return ApprovalPolicy.objects.get(kind="order", from_amount="250.00")


def add(person: User) -> None:
    at_browser(person).post(reverse("admin:orders_approvalpolicy_add"), POLICY)


def change(person: User) -> None:
    url = reverse("admin:orders_approvalpolicy_change", args=[the_first().pk])
    at_browser(person).post(url, {**POLICY, "from_amount": "250.00", "roles": ["vp"]})


def delete(person: User) -> None:
    at_browser(person).post(reverse("admin:orders_approvalpolicy_delete", args=[the_first().pk]), {"post": "yes"})


WAYS = [add, change, delete]


def decide(person: User, step: str = "confirm"):
    return fill_in(at_browser(person), dialog_url("policychange", step, PolicyChange.objects.get().pk))


@pytest.mark.parametrize("way", WAYS)
def test_what_one_person_types_changes_nothing(way, fritz: User) -> None:
    before = policies()

    way(fritz)

    assert policies() == before
    assert PolicyChange.objects.get().state == "waiting"


@pytest.mark.parametrize("way", WAYS)
def test_a_second_person_puts_it_in_force(way, fritz: User, fiona: User) -> None:
    before = policies()
    way(fritz)

    decide(fiona)

    assert policies() != before
    done = PolicyChange.objects.get()
    assert (done.state, done.proposed_by, done.decided_by) == ("confirmed", fritz, fiona)


@pytest.mark.parametrize("way", WAYS)
def test_a_second_person_may_turn_it_down(way, fritz: User, fiona: User) -> None:
    before = policies()
    way(fritz)

    decide(fiona, "reject")

    assert policies() == before
    assert PolicyChange.objects.get().state == "rejected"


@pytest.mark.parametrize("step", ["confirm", "reject"])
def test_its_author_decides_nothing_about_it_whoever_they_are(step: str, fritz: User, root: User) -> None:
    for author in (fritz, root):
        PolicyChange.objects.all().delete()
        delete(author)

        answer = decide(author, step)

        assert "Nobody decides on their own request." in words(answer)
        assert PolicyChange.objects.get().state == "waiting"
        with pytest.raises(RuleBroken) as broken:
            PolicyChange.objects.get().decide(confirmed=True, by=author, at=timezone.now())
        assert broken.value.code == Refusal.OWN_REQUEST


def test_the_database_knows_no_change_that_its_author_confirmed(fritz: User) -> None:
    delete(fritz)

    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyChange.objects.update(state="confirmed", decided_by=fritz, decided_at=timezone.now())


def test_who_may_not_change_policies_confirms_none(fritz: User, mia: User) -> None:
    delete(fritz)

    assert decide(mia).status_code == 403
    with pytest.raises(RuleBroken) as broken:
        PolicyChange.objects.get().decide(confirmed=True, by=mia, at=timezone.now())
    assert broken.value.code == Refusal.NOT_ALLOWED


def test_what_has_changed_meanwhile_is_not_overwritten(fritz: User, fiona: User) -> None:
    change(fritz)
    ApprovalPolicy.objects.filter(pk=the_first().pk).update(deadline_seconds=999_999)
    before = policies()

    answer = decide(fiona)

    assert answer.status_code == 409
    assert "not any more what it was" in words(answer)
    assert (policies(), PolicyChange.objects.get().state) == (before, "waiting")


def test_of_one_policy_there_waits_one_change_at_a_time(fritz: User, fiona: User) -> None:
    delete(fritz)
    browser = at_browser(fiona)

    url = reverse("admin:orders_approvalpolicy_change", args=[the_first().pk])
    answer = browser.post(url, {**POLICY, "from_amount": "250.00", "roles": ["vp"]}, follow=True)

    assert "Another change of this policy waits" in words(answer)
    assert PolicyChange.objects.get().after == {}


def test_several_policies_are_not_deleted_at_once(fritz: User) -> None:
    before = policies()
    keys = list(ApprovalPolicy.objects.values_list("pk", flat=True))

    at_browser(fritz).post(
        reverse("admin:orders_approvalpolicy_changelist"),
        {"action": "delete_selected", "_selected_action": keys, "post": "yes"},
    )

    assert policies() == before


def test_before_and_after_stand_side_by_side(fritz: User, fiona: User) -> None:
    change(fritz)

    url = reverse("admin:orders_policychange_change", args=[PolicyChange.objects.get().pk])
    page, own = words(at_browser(fiona).get(url)), words(at_browser(fritz).get(url))

    assert "Roles required Manager Vice president" in page
    assert "Confirm" in page
    assert "You proposed it; somebody else has to confirm it." in own
