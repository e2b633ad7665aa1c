"""Refunds go to the bank as one file: each once, whoever asks and how often."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from orders.models import RefundBatch, RefundTask
from orders.payments import refund_file
from orders.rules import identifiers
from orders.rules.refusals import Refusal
from orders.rules.states import RefundObstacle, RefundState
from temporal_app import client
from temporal_app.activities.refund_files import export_refunds
from temporal_app.client.errors import Refused
from temporal_app.messages import RefundExport
from tests.admin.browsing import FROM_DIALOG, at_browser, message_shown
from tests.factories.camt import IBAN, PAYER_IBAN
from tests.factories.people import make_user
from tests.payments.test_bank_admin import make_fiona

NAMES = {"p": refund_file.NAMESPACE}
DIALOG = "/admin/orders/refundtask/export/"


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.BANK_IBAN, settings.BANK_BIC = IBAN, ""
    settings.BANK_ACCOUNT_HOLDER = "Tee & Töpfe"
    settings.MEDIA_ROOT = tmp_path / "files"


def make_task(amount: str = "43.90", **columns: object) -> RefundTask:
    payee = {"payee": "Zoë Groß", "iban": PAYER_IBAN, "purpose": "Refund ORD-2026-000001", "currency": "EUR"}
    return RefundTask.objects.create(
        key=uuid4().hex, order_number="ORD-2026-000001", amount=Decimal(amount), **{**payee, **columns}
    )


def exported(*tasks: RefundTask) -> RefundBatch:
    """The file that an activity makes of them."""
    return RefundBatch.objects.get(pk=export_refunds(RefundExport(tuple(task.pk for task in tasks), by="user:17")))


def stored(batch: RefundBatch) -> bytes:
    with batch.file.open("rb") as file:
        return file.read()


def texts(batch: RefundBatch, path: str) -> list[str]:
    root = ElementTree.fromstring(stored(batch))
    return [element.text for element in root.findall(f".//p:{path.replace('/', '/p:')}", NAMES)]


@pytest.mark.django_db(transaction=True)
def test_a_file_says_whom_to_pay_how_much_and_by_which_name_it_will_come_back() -> None:
    tasks = [make_task(), make_task("0.05", payee="O'Neil, Ltd. <x>")]

    batch = exported(*tasks)

    assert (batch.count, batch.total, batch.made_by) == (2, Decimal("43.95"), "user:17")
    assert texts(batch, "InstdAmt") == ["43.90", "0.05"]
    assert texts(batch, "Cdtr/Nm") == ["Zoe Gross", "O'Neil, Ltd. x"]
    assert texts(batch, "CdtrAcct/Id/IBAN") == [PAYER_IBAN] * 2
    assert texts(batch, "EndToEndId") == [f"REFUND-{task.pk}" for task in tasks]
    assert texts(batch, "GrpHdr/CtrlSum") == texts(batch, "PmtInf/CtrlSum") == ["43.95"]
    assert texts(batch, "MsgId") == texts(batch, "PmtInfId") == [batch.message_id]
    assert texts(batch, "DbtrAcct/Id/IBAN") == [IBAN]
    assert texts(batch, "DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]


@pytest.mark.django_db(transaction=True)
def test_asked_again_and_where_a_worker_died_in_between_it_is_the_same_file() -> None:
    task = make_task()
    batch = exported(task)
    content = stored(batch)
    RefundBatch.objects.update(file="")  # it died before it noted where the file is

    again = exported(task)

    assert again == batch
    assert stored(again) == content
    assert len(list(Path(again.file.path).parent.iterdir())) == 1


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_in_a_file_is_in_no_other() -> None:
    first, second = make_task(), make_task("10.00")
    batch = exported(first)

    other = exported(first, second)

    assert other != batch
    assert list(other.tasks.all()) == [second]
    assert other.total == second.amount


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"iban": ""}, RefundObstacle.NO_IBAN),
        ({"iban": "DE00120300000000202051"}, RefundObstacle.NO_IBAN),
        ({"iban": "BR1800360305000010009795493C1"}, RefundObstacle.NO_IBAN),
        ({"payee": "  "}, RefundObstacle.NO_PAYEE),
        ({"currency": "CHF"}, RefundObstacle.OTHER_CURRENCY),
        ({"state": RefundState.DONE, "done_at": timezone.now()}, RefundObstacle.MADE),
    ],
)
def test_what_no_bank_would_carry_out_is_left_out_with_the_reason(columns: dict, why: RefundObstacle) -> None:
    wrong, right = make_task(**columns), make_task()

    batch = exported(wrong, right)

    assert refund_file.obstacle(wrong) == why
    assert list(batch.tasks.all()) == [right]
    assert export_refunds(RefundExport((wrong.pk,), by="user:17")) == 0


@pytest.mark.django_db(transaction=True)
def test_a_file_that_would_not_be_valid_leaves_no_refund_in_it(settings) -> None:
    task = make_task()
    settings.BANK_ACCOUNT_HOLDER = ""

    with pytest.raises(Exception, match="validation errors"):
        exported(task)

    task.refresh_from_db()
    assert task.batch is None
    assert not RefundBatch.objects.exists()


@given(text=st.text(max_size=300), length=st.integers(1, 140))
def test_whatever_a_payee_is_called_a_file_holds_only_letters_that_banks_take(text: str, length: int) -> None:
    plain = refund_file.plain(text, length)

    assert len(plain) <= length
    assert not refund_file.UNPRINTABLE.search(plain)
    assert plain == plain.strip()


@given(st.integers(1, 10**18 - 1))
def test_a_refund_is_found_by_the_name_of_its_transfer(task_id: int) -> None:
    assert identifiers.refund_of(f" {identifiers.end_to_end(task_id).lower()}") == task_id
    assert len(identifiers.end_to_end(task_id)) <= 35
    assert len(identifiers.refund_file(datetime(2026, 3, 2, tzinfo=UTC), task_id)) <= 35


@pytest.mark.parametrize(
    "name", ["", "NOTPROVIDED", "REFUND-", "REFUND-0", "REFUND-1x", "REFUND-²", f"REFUND-{'9' * 30}"]
)
def test_what_is_no_name_of_ours_finds_no_refund(name: str) -> None:
    assert identifiers.refund_of(name) is None


@pytest.mark.usefixtures("worker")
def test_two_who_export_at_once_get_one_file() -> None:
    tasks = [make_task().pk, make_task().pk]

    def ask(person: int) -> int:
        try:
            return client.export_refunds(tasks, by=f"user:{person}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(ask, (1, 2)))

    batch = RefundBatch.objects.get()
    assert answers == [batch.pk, batch.pk]
    assert batch.count == 2


@pytest.mark.usefixtures("worker")
def test_finance_makes_a_file_downloads_it_and_the_refunds_say_where_they_are() -> None:
    browser, task = at_browser(make_fiona()), make_task()
    make_task(iban="")
    dialog = browser.get(DIALOG, **FROM_DIALOG).content.decode()

    said = [
        browser.post(DIALOG, {"_form_submitted": "True", "tasks": str(task.pk)}, **FROM_DIALOG) for _time in range(2)
    ]

    batch = RefundBatch.objects.get()
    page = reverse("admin:orders_refundbatch_change", args=[batch.pk])
    answer = browser.get(reverse("admin:refund-file", args=[batch.pk]))
    assert "no valid IBAN" in dialog
    assert [one["HX-Redirect"] for one in said] == [page, page]
    assert "A file with 1 refund is ready." in message_shown(browser, said[0])
    assert answer.content == stored(batch)
    assert answer["Content-Disposition"] == f'attachment; filename="{batch.message_id}.xml"'
    assert "no-store" in answer["Cache-Control"]
    assert f"REFUND-{task.pk}" in browser.get(page).content.decode()
    assert batch.message_id in browser.get("/admin/orders/refundtask/").content.decode()


@pytest.mark.usefixtures("worker")
def test_a_file_that_the_bank_refused_is_withdrawn_and_its_refunds_go_into_another() -> None:
    browser, done, left = at_browser(make_fiona()), make_task(), make_task("10.00")
    batch = exported(done, left)
    done.move_to(RefundState.DONE, by="user:17", at=timezone.now())
    withdraw = reverse("admin:orders_refundbatch_withdraw", args=[batch.pk])

    browser.post(withdraw, {"_form_submitted": "True"}, **FROM_DIALOG)
    download = browser.get(reverse("admin:refund-file", args=[batch.pk]))
    again = client.export_refunds([done.pk, left.pk], by="user:17")

    done.refresh_from_db()
    left.refresh_from_db()
    assert download.status_code == 410
    assert done.batch == batch
    assert left.batch.pk == again != batch.pk


@pytest.mark.usefixtures("worker")
def test_refunds_that_were_made_meanwhile_make_no_file_and_that_is_said() -> None:
    task = make_task()
    task.move_to(RefundState.DONE, by="user:17", at=timezone.now())

    with pytest.raises(Refused) as refused:
        client.export_refunds([task.pk], by="user:17")
    answer = at_browser(make_fiona()).post(DIALOG, {"_form_submitted": "True", "tasks": str(task.pk)})

    assert refused.value.code == Refusal.NOTHING_TO_EXPORT
    assert answer.status_code == 409
    assert not RefundBatch.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_makes_no_refunds_neither_makes_files_nor_reads_them() -> None:
    batch, wanda = exported(make_task()), at_browser(make_user("wanda", "warehouse"))
    urls = [DIALOG, reverse("admin:refund-file", args=[batch.pk]), reverse("admin:orders_refundbatch_changelist")]

    assert [wanda.get(url).status_code for url in urls] == [403] * 3
    assert (
        at_browser(User.objects.create_superuser("root"))
        .get(reverse("admin:refund-file", args=[batch.pk + 1]))
        .status_code
        == 404
    )
