"""Money is moved by who typed their password lately. Whoever did not types it again, and loses no word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client, override_settings
from django.urls import reverse

from orders.admin.base import proof
from orders.models import BankStatement, PolicyChange
from tests.admin import test_every_action as walk
from tests.admin.browsing import FROM_DIALOG, at_browser, fields_of, send, words
from tests.admin.test_editing import POLICY
from tests.factories.accounts import make_customer
from tests.factories.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db
MONEY = {
    "OrderAdmin": {"mark_paid", "refund"},
    "PaymentEventAdmin": {"assign", "accept", "refund", "reopen", "ignore", "allocate", "credit", "give_back"},
    "CreditAdjustmentAdmin": {"adjust_credit"},
    "RefundAdmin": {"send_again"},
    "RefundTaskAdmin": {"made", "export"},
    "RefundBatchAdmin": {"withdraw"},
    "BankDebitAdmin": {"settle", "write_off"},
    "CompensationFailureAdmin": {"retry", "settle", "write_off"},
    "PolicyChangeAdmin": {"confirm", "reject"},
}
ADD_POLICY = "admin:orders_approvalpolicy_add"
ASKED = 'name="password"'


@pytest.fixture(autouse=True)
def _after_a_quarter_of_an_hour() -> Iterator[None]:
    with override_settings(PASSWORD_AGAIN_AFTER=900):
        yield


def late(user: User, **options: bool) -> Client:
    """A browser in which somebody signed in long ago."""
    browser = at_browser(user, **options)
    session = browser.session
    session[proof.TYPED] -= 901
    session.save()
    return browser


def give(browser: Client, customer: int, **typed: str):
    """Type that a customer gets store credit, in a dialog that was opened in time or too late."""
    url = f"{reverse('admin:orders_creditadjustment_adjust_credit')}?customer={customer}"
    fields = fields_of(browser.get(url, **FROM_DIALOG))
    return send(browser, url, fields, **{"way": "give", "amount": "20.00", "reason": "a late parcel", **typed})


def test_every_action_with_money_asks_and_no_other_does(
    root: User, one_of_everything: dict, subtests: pytest.Subtests
) -> None:
    world = {apps.get_model("orders", name): key for name, key in one_of_everything.items()}
    browser, before = late(root), walk.everything()

    for page, name in walk.EVERY_ACTION:
        with subtests.test(page=page, action=name):
            url = walk.url_of(walk.page_called(page), name, world)
            asked = name in MONEY.get(page, ())

            opened = browser.get(url, **FROM_DIALOG).content.decode()
            assert (ASKED in opened) == asked
            if asked:
                sent = browser.post(url, {"_form_submitted": "True", "reason": "x"}, **FROM_DIALOG)
                assert "Please type your password." in words(sent)
                assert walk.everything() == before


def test_who_has_typed_it_lately_is_not_asked(root: User, one_of_everything: dict) -> None:
    dialog = reverse("admin:orders_order_refund", args=[one_of_everything["order"]])

    assert ASKED not in at_browser(root).get(dialog, **FROM_DIALOG).content.decode()
    with override_settings(PASSWORD_AGAIN_AFTER=0):
        assert ASKED not in late(root).get(dialog, **FROM_DIALOG).content.decode()


def test_what_was_typed_stays_until_the_password_is_right_and_then_it_is_done(fritz: User, temporal_away: None) -> None:
    browser, carla = late(fritz), make_customer()

    without = give(browser, carla)
    wrong = give(browser, carla, password="guessed")
    right = give(browser, carla, password=PASSWORD)

    assert all("a late parcel" in answer.content.decode() for answer in (without, wrong))
    assert "Please type your password." in words(without)
    assert "This is not your password." in words(wrong)
    assert right.status_code == 503  # it went through, to Temporal, which is away
    assert "a late parcel" in right.content.decode()
    assert ASKED not in right.content.decode()


def test_another_mistake_does_not_ask_for_it_twice(fritz: User) -> None:
    browser, carla = late(fritz), make_customer()

    answer = give(browser, carla, password=PASSWORD, amount="-1")

    assert ASKED not in answer.content.decode()
    assert ASKED not in give(browser, carla, amount="-1").content.decode()


def test_guesses_are_few_also_with_the_right_one_at_last(fritz: User) -> None:
    browser, carla = late(fritz), make_customer()
    for _guess in range(proof.TRIES):
        give(browser, carla, password="guessed")

    assert "Please wait 15 minutes." in words(give(browser, carla, password=PASSWORD))


def test_a_policy_is_typed_by_who_proves_it(fritz: User) -> None:
    browser, url = late(fritz), reverse(ADD_POLICY)

    page, without = browser.get(url), browser.post(url, POLICY)
    proposed = PolicyChange.objects.exists()
    browser.post(url, {**POLICY, "password": PASSWORD})

    assert ASKED in page.content.decode()
    assert "Please type your password." in words(without)
    assert not proposed
    assert PolicyChange.objects.exists()


def test_a_statement_is_uploaded_by_who_proves_it(fritz: User, temporal_away: None, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    browser, url = late(fritz), reverse("admin:orders_bankstatement_add")

    page = browser.get(url)
    without = browser.post(url, {"file": ContentFile(b"<a/>", "june.xml")})
    uploaded = BankStatement.objects.exists()
    browser.post(url, {"file": ContentFile(b"<a/>", "june.xml"), "password": PASSWORD})

    assert ASKED in page.content.decode()
    assert "Please type your password." in words(without)
    assert not uploaded
    assert BankStatement.objects.get().name == "june.xml"


def test_ones_own_password_is_guessed_no_more_often_where_it_is_changed(fritz: User) -> None:
    browser, carla = late(fritz), make_customer()
    new = {"new_password1": "nine-new-lives-7", "new_password2": "nine-new-lives-7"}
    url = reverse("admin:password_change")

    guesses = [browser.post(url, {"old_password": "guessed", **new}) for _guess in range(proof.TRIES)]
    right = browser.post(url, {"old_password": PASSWORD, **new})

    assert all("This is not your password." in words(answer) for answer in guesses)
    assert "Please wait 15 minutes." in words(right)
    assert "Please wait 15 minutes." in words(give(browser, carla, password=PASSWORD))
    assert User.objects.get(pk=fritz.pk).check_password(PASSWORD)


@pytest.mark.parametrize("address", ["refund-file", "policy", "password"])
def test_what_has_no_form_goes_by_a_page_that_asks_and_comes_back(
    address: str, root: User, one_of_everything: dict
) -> None:
    browser = late(root)
    going = {
        "refund-file": reverse("admin:refund-file", args=[one_of_everything["refundbatch"]]),
        "policy": reverse("admin:orders_approvalpolicy_delete", args=[one_of_everything["approvalpolicy"]]),
        "password": reverse("admin:auth_user_password_change", args=[root.pk]),
    }[address]

    asked = browser.get(going)
    page = browser.get(asked.headers["Location"])
    wrong = browser.post(reverse("admin:password-again"), {"password": "guessed", "next": page.context["next"]})
    right = browser.post(reverse("admin:password-again"), {"password": PASSWORD, "next": page.context["next"]})

    assert asked.headers["Location"].startswith(reverse("admin:password-again"))
    assert "This is not your password." in words(wrong)
    assert right.headers["Location"] == going
    assert browser.get(asked.headers["Location"]).headers["Location"] == going


def test_signing_in_is_typing_it(client: Client) -> None:
    make_user("fritz", "finance")

    client.post("/admin/login/", {"username": "fritz", "password": PASSWORD})

    assert ASKED not in client.get(reverse(ADD_POLICY)).content.decode()
