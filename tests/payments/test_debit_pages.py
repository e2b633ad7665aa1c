"""Finance uploads what the bank offers, in the admin, and deals with debits that need a person."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from orders.models import BankDebit, BankStatement, Order, RefundTask
from orders.rules.refusals import Refusal
from orders.rules.states import DebitState, RefundState, StatementState
from temporal_app import client
from temporal_app.client.errors import Refused
from tests.admin.browsing import at_browser, fill_in, words
from tests.factories.camt import IBAN, Entry
from tests.factories.mt940 import mt940
from tests.factories.people import make_user
from tests.payments.test_bank_admin import ADD, make_fiona, make_task
from tests.payments.test_statements import make_transfer_order


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.BANK_IBAN, settings.BANK_OTHER_IBANS, settings.MEDIA_ROOT = IBAN, [], tmp_path


def upload(browser, content: bytes) -> str:
    return words(browser.post(ADD, {"file": SimpleUploadedFile("march.sta", content)}, follow=True))


@pytest.mark.usefixtures("worker")
def test_an_mt940_closes_refunds_and_puts_money_taken_back_before_people_who_settle_it_once() -> None:
    browser, task = at_browser(make_fiona()), make_task()
    refund = Entry(direction="DBIT", end_to_end=task.end_to_end_id, purpose="x")

    upload(browser, mt940(refund, Entry(direction="DBIT", amount="9.00", reversal=True, purpose="back")))
    back = BankDebit.objects.get(state=DebitState.OPEN)
    listed = words(browser.get(reverse("admin:orders_bankdebit_changelist")))
    settle = reverse("admin:orders_bankdebit_settle", args=[back.pk])
    empty = fill_in(browser, settle, comment=" ")
    fill_in(browser, settle, comment="The customer has paid again.")
    with pytest.raises(Refused) as refused:
        client.settle_debit(back.pk, by="user:999")

    back.refresh_from_db()
    task.refresh_from_db()
    assert task.state == RefundState.DONE
    assert "Money taken back" in listed
    assert "This field is required" in words(empty)
    assert (back.state, back.comment) == (DebitState.SETTLED, "The customer has paid again.")
    assert refused.value.code == Refusal.DEBIT_SETTLED
    assert "The customer has paid again." in words(
        browser.get(reverse("admin:orders_bankdebit_change", args=[back.pk]))
    )


@pytest.mark.usefixtures("worker")
def test_an_mt940_that_was_cut_in_half_is_refused_and_nothing_of_it_taken() -> None:
    browser, task = at_browser(make_fiona()), make_task()
    whole = mt940(Entry(direction="DBIT", end_to_end=task.end_to_end_id), Entry(purpose="a gift"))

    said = upload(browser, whole[: len(whole) // 2])

    assert "Refused: Statement 1 in it" in said
    assert BankStatement.objects.get().state == StatementState.REFUSED
    assert not BankDebit.objects.exists()
    assert RefundTask.objects.get().state == RefundState.OPEN


@pytest.mark.django_db
def test_who_is_not_of_finance_neither_sees_nor_settles_debits() -> None:
    statement = BankStatement.objects.create(file="statements/x.xml", name="x.xml")
    facts = {"fingerprint": "d", "booked_on": "2026-03-02", "amount": "1.00", "currency": "EUR", "kind": "taken_back"}
    debit = BankDebit.objects.create(statement=statement, **facts)
    wanda = at_browser(make_user("wanda", "warehouse"))
    urls = [reverse(f"admin:orders_bankdebit_{step}", args=[debit.pk]) for step in ("change", "settle")]

    assert [wanda.get(url).status_code for url in urls] == [403, 403]
    assert wanda.post(urls[1], {"_form_submitted": "True", "comment": "x"}).status_code == 403
    assert not BankDebit.objects.exclude(comment="").exists()


@pytest.mark.usefixtures("worker")
def test_nobody_settles_money_taken_back_from_an_order_of_their_own() -> None:
    fiona = make_fiona()
    order, reference = make_transfer_order()
    Order.objects.filter(pk=order.pk).update(customer=fiona)
    upload(at_browser(fiona), mt940(Entry(direction="DBIT", reversal=True, purpose=f"RETURN {reference}")))
    debit = BankDebit.objects.get()

    answer = fill_in(at_browser(fiona), reverse("admin:orders_bankdebit_settle", args=[debit.pk]), comment="mine")

    debit.refresh_from_db()
    assert (answer.status_code, debit.state) == (409, DebitState.OPEN)
    assert "your own" in words(answer)


@pytest.mark.django_db
def test_a_debits_page_says_its_day_as_all_pages_do_and_offers_what_can_be_done_outside_of_any_menu() -> None:
    statement = BankStatement.objects.create(file="statements/x.xml", name="x.xml")
    facts = {"fingerprint": "d", "booked_on": "2026-03-02", "amount": "1.00", "currency": "EUR", "kind": "taken_back"}
    debit = BankDebit.objects.create(statement=statement, **facts)
    urls = [reverse("admin:orders_bankdebit_changelist"), reverse("admin:orders_bankdebit_change", args=[debit.pk])]
    browser = at_browser(make_fiona())

    listed, page = (browser.get(url).content.decode() for url in urls)

    assert all("2 Mar 2026" in shown for shown in (listed, page))
    offered = page.split('class="s-actions s-tools"')[1].split("</p>")[0]
    assert reverse("admin:orders_bankdebit_settle", args=[debit.pk]) in offered
