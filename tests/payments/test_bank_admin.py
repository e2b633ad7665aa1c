"""Finance uploads statements and marks refunds as made, in the admin."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as db
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.authorization.roles import ROLE_PERMISSIONS
from orders.models import BankStatement, PaymentEvent, RefundTask, StatementLine
from orders.rules.approvals import Role
from orders.rules.states import RefundState, StatementState
from temporal_app import client
from tests.admin.browsing import FROM_DIALOG, at_browser, fill_in, message_shown, words
from tests.factories.camt import PAYER_IBAN, Entry, camt
from tests.factories.people import make_user

ADD = "/admin/orders/bankstatement/add/"
LIST = "/admin/orders/bankstatement/"


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"


def make_fiona() -> User:
    """She works in finance, with the permissions of her role and no other."""
    fiona = make_user("fiona", "finance")
    allowed = Permission.objects.filter(content_type__app_label="orders", codename__in=ROLE_PERMISSIONS[Role.FINANCE])
    fiona.groups.get().permissions.set(allowed)
    return fiona


def upload(person: User, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile("march.xml", content, content_type="text/xml")
    return at_browser(person).post(ADD, {"file": file}, follow=True)


def make_task() -> RefundTask:
    return RefundTask.objects.create(
        key="ORD-2026-000001:refund:1",
        order_number="ORD-2026-000001",
        amount="43.90",
        currency="EUR",
        payee="Maria Anders",
        iban=PAYER_IBAN,
        purpose="Refund ORD-2026-000001",
    )


@pytest.mark.usefixtures("worker")
def test_an_uploaded_statement_is_taken_and_says_what_came_of_it() -> None:
    fiona = make_fiona()

    first = upload(fiona, camt(Entry(purpose="a gift"), Entry(amount="x", bank_reference="B9")))
    page = at_browser(fiona).get(reverse("admin:orders_bankstatement_change", args=[BankStatement.objects.get().pk]))
    lines = at_browser(fiona).get(f"/admin/orders/statementline/?statement__id__exact={BankStatement.objects.get().pk}")

    statement = BankStatement.objects.get()
    assert (statement.state, statement.credits, statement.uploaded_by) == (StatementState.IMPORTED, 1, fiona)
    assert "1 new payment taken." in first.content.decode()
    assert "B9" in page.content.decode()
    assert "a gift" in lines.content.decode()
    assert PaymentEvent.objects.get().reported_by == f"statement:{statement.pk}"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("content", [b"%PDF-1.7 no statement", camt(Entry())[:-30]])
def test_a_file_that_cannot_be_read_is_refused_with_a_reason(content: bytes) -> None:
    answer = upload(make_fiona(), content)

    assert "Refused: " in answer.content.decode()
    assert BankStatement.objects.get().state == StatementState.REFUSED
    assert not StatementLine.objects.exists()


@pytest.mark.django_db
def test_only_finance_uploads_and_nobody_changes_or_deletes_a_statement() -> None:
    boss = User.objects.create_superuser("root")
    statement = BankStatement.objects.create(file="statements/x.xml", name="x.xml")
    change = reverse("admin:orders_bankstatement_change", args=[statement.pk])
    delete = reverse("admin:orders_bankstatement_delete", args=[statement.pk])
    wanda = make_user("wanda", "warehouse")

    by_others = [at_browser(wanda).get(url).status_code for url in (ADD, LIST, change)]
    by_boss = [at_browser(boss).post(url, {"post": "yes"}).status_code for url in (change, delete)]

    assert by_others == [*by_boss, 403] == [403] * 3


@pytest.mark.django_db
def test_a_file_that_was_refused_can_be_deleted_by_who_uploads_and_no_other_one() -> None:
    rows = [
        BankStatement.objects.create(file=ContentFile(b"x", name="x.xml"), name="x.xml", state=state)
        for state in StatementState
    ]
    delete = [reverse("admin:orders_bankstatement_delete", args=[row.pk]) for row in rows]

    others = at_browser(make_user("wanda", "warehouse"))
    by_others = {others.post(url, {"post": "yes"}).status_code for url in delete}
    finance = at_browser(make_fiona())
    by_finance = {
        row.state: finance.post(url, {"post": "yes"}).status_code for row, url in zip(rows, delete, strict=True)
    }

    assert by_others == {403}
    assert by_finance == {state: 302 if state == StatementState.REFUSED else 403 for state in StatementState}
    gone = next(row for row in rows if row.state == StatementState.REFUSED)
    assert not gone.file.storage.exists(gone.file.name)


@pytest.mark.usefixtures("worker")
def test_a_refund_is_marked_as_made_and_a_second_click_says_the_same() -> None:
    fiona, task = make_fiona(), make_task()
    browser, url = at_browser(fiona), reverse("admin:orders_refundtask_made", args=[task.pk])

    dialog = browser.get(url, **FROM_DIALOG).content.decode()
    said = [message_shown(browser, browser.post(url, {"_form_submitted": "True"}, **FROM_DIALOG)) for _time in range(2)]

    task.refresh_from_db()
    assert PAYER_IBAN in dialog
    assert (task.state, task.done_by) == (RefundState.DONE, f"user:{fiona.pk}")
    assert ["Refund of 43.90 € marked as made." in words for words in said] == [True, True]
    assert "43.90" in browser.get("/admin/orders/refundtask/").content.decode()


@pytest.mark.usefixtures("worker")
def test_a_refund_that_somebody_else_has_made_is_refused_by_their_name() -> None:
    fiona, task = make_fiona(), make_task()
    fritz = make_user("fritz", "finance", first_name="Fritz", last_name="Albers")
    client.mark_refund_made(task.pk, by=f"user:{fritz.pk}")

    answer = fill_in(at_browser(fiona), reverse("admin:orders_refundtask_made", args=[task.pk]))

    task.refresh_from_db()
    assert answer.status_code == 409
    assert "Fritz Albers" in words(answer)
    assert task.done_by == f"user:{fritz.pk}"


@pytest.mark.django_db
def test_a_list_of_ten_refunds_that_were_made_takes_as_many_queries_as_one_of_two() -> None:
    browser, maker = at_browser(make_fiona()), make_user("finn", first_name="Finn", last_name="Albers")

    def queries(count: int) -> int:
        done = {"state": RefundState.DONE, "done_by": f"user:{maker.pk}", "done_at": timezone.now()}
        for _one in range(count):
            RefundTask.objects.create(key=uuid4().hex, amount="1.00", currency="EUR", **done)
        with CaptureQueriesContext(db) as asked:
            assert "Finn Albers" in browser.get("/admin/orders/refundtask/").content.decode()
        return len(asked)

    assert queries(2) == queries(8)


@pytest.mark.django_db
def test_who_may_not_make_refunds_cannot_mark_them() -> None:
    task = make_task()
    url = reverse("admin:orders_refundtask_made", args=[task.pk])

    answer = at_browser(make_user("wanda", "warehouse")).post(url, {"_form_submitted": "True"})

    task.refresh_from_db()
    assert answer.status_code == 403
    assert task.state == RefundState.OPEN
