"""Finance gives customers store credit and takes some, with a reason: much with a second person, never their own."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from temporalio.exceptions import ApplicationError

from orders.models import CreditAdjustment, JournalEntry, Notification
from orders.rules import credit
from temporal_app.activities import credit_adjustments
from temporal_app.activities.accounts import record_movement
from temporal_app.messages import AccountEntry, AccountMovement
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.accounts import balance, make_customer, mirrored
from tests.factories.orders import eventually
from tests.factories.people import make_user

running = pytest.mark.usefixtures("worker")
OWN = {
    "the same account": {},
    "the same address": {"email": "CARLA@example.test"},
    "the same name": {"first_name": "Carla"},
}


def adjust_url(customer_id: int) -> str:
    return f"{reverse('admin:orders_creditadjustment_adjust_credit')}?customer={customer_id}"


def finance(**columns: str) -> User:
    return make_user("fritz", "finance", **columns)


def written(person: User, customer_id: int, amount: str, *, out: bool = False) -> CreditAdjustment:
    columns = {"customer_id": customer_id, "amount": Decimal(amount), "out": out, "reason": "late parcel"}
    return CreditAdjustment.objects.create(asked_by=person, **columns)


@running
@pytest.mark.sqlite
def test_a_little_is_given_at_once_and_sent_twice_it_is_given_once_and_no_more_is_taken_than_there_is() -> None:
    browser, carla = at_browser(finance()), make_customer()
    fields = fields_of(browser.get(adjust_url(carla), **FROM_DIALOG))

    given = [send(browser, adjust_url(carla), fields, way="give", amount="20.00", reason="late") for _click in range(2)]
    too_much = fill_in(browser, adjust_url(carla), way="take", amount="20.01", reason="a mistake")
    taken = fill_in(browser, adjust_url(carla), way="take", amount="7.50", reason="a mistake")

    said = message_shown(browser, taken).replace("\u00a0", " ")  # what was not read before as well
    assert [answer.status_code for answer in given] == [200, 200]
    assert "20.00 € given to carla, who has 20.00 € now." in said
    assert "The credit is 20.00 €; 20.01 € cannot be taken from it." in words(too_much).replace("\u00a0", " ")
    assert "7.50 € taken from carla; 12.50 € are left." in said
    assert balance(carla) == mirrored(carla) == Decimal("12.50")
    assert sum(JournalEntry.objects.balances().values()) == 0


@running
def test_much_waits_for_a_second_person_and_is_given_when_that_has_approved_it() -> None:
    fritz, mia, carla = finance(), make_user("mia", "manager"), make_customer()
    browser = at_browser(fritz)

    answer = fill_in(browser, adjust_url(carla), way="give", amount="100.00", reason="late parcel")
    said, before = message_shown(browser, answer), mirrored(carla)
    approval = CreditAdjustment.objects.get().approval
    page = at_browser(mia).get(reverse("admin:orders_approvalrequest_change", args=[approval.pk]))
    approved = fill_in(at_browser(mia), dialog_url("approvalrequest", "approve", approval.pk))
    eventually(lambda: mirrored(carla))

    assert approved.status_code == 200
    assert "Waits for somebody else's approval." in said
    assert "late parcel" in words(page)
    assert (before, mirrored(carla), balance(carla)) == (0, Decimal("100.00"), Decimal("100.00"))
    assert CreditAdjustment.objects.get().state == "done"
    assert Notification.objects.filter(kind="second_person_decided", recipient=f"user:{fritz.pk}").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("how", OWN)
def test_nobody_adjusts_what_is_their_own_at_the_door_or_past_it(how: str) -> None:
    fritz = finance(last_name="Curie")
    carla = make_user("carla", is_staff=False, first_name="Carla", last_name="Curie")
    User.objects.filter(pk=fritz.pk).update(**OWN[how])
    owner = fritz.pk if how == "the same account" else carla.pk

    answer = fill_in(at_browser(fritz), adjust_url(owner), way="give", amount="5.00", reason="late parcel")
    seen = CreditAdjustment.objects.exists()
    with pytest.raises(ApplicationError) as refused:
        credit_adjustments.weigh_adjustment(written(fritz, owner, "5.00").pk)

    assert "Nobody changes their own credit." in words(answer)
    assert not seen
    assert refused.value.type == "own_credit"


@pytest.mark.django_db
def test_the_account_writes_down_nothing_that_nobody_asked_for_or_approved() -> None:
    fritz, carla = finance(), make_user("carla", is_staff=False)
    much, little = written(fritz, carla.pk, "100.00"), written(fritz, carla.pk, "5.00")
    entries = {
        "not_approved": AccountEntry(Decimal("100.00"), much.cause, f"user:{fritz.pk}"),
        "not_a_cause": AccountEntry(Decimal("50.00"), little.cause, f"user:{fritz.pk}"),
    }

    refused = {}
    for code, entry in {
        **entries,
        "no row": AccountEntry(Decimal("5.00"), credit.cause("credit_adjustment", 0)),
    }.items():
        with pytest.raises(ApplicationError) as refusal:
            record_movement(AccountMovement(carla.pk, entry, out=False, key=code))
        refused[code] = refusal.value.type

    assert refused == {"not_approved": "not_approved", "not_a_cause": "not_a_cause", "no row": "not_a_cause"}
    assert not JournalEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["manager", "support", "vp"])
def test_only_finance_adjusts_store_credit(role: str) -> None:
    carla = make_user("carla", is_staff=False)
    browser = at_browser(make_user("somebody", role))

    assert browser.get(adjust_url(carla.pk), **FROM_DIALOG).status_code == 403
    assert browser.post(adjust_url(carla.pk), {"way": "give", "amount": "5.00"}).status_code == 403
