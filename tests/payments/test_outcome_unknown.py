"""What finance entered while nobody answered is kept, and carried out once when it is sent again."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client as Browser
from django.utils import timezone
from temporalio.client import Client

from orders.authorization.roles import set_up_roles
from orders.models import BankStatement, Order, PaymentEvent, Resolution, StatementLine
from orders.rules.states import StatementState
from tests import serving
from tests.admin.browsing import at_browser, dialog_url, fill_in, message_shown, words
from tests.factories.camt import Entry, camt
from tests.factories.orders import order_events, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import report, waiting_order

TODAY = timezone.localdate().isoformat()
KEPT = "What you entered is kept."


@pytest.fixture(autouse=True)
def bank(worker: Client, settings, tmp_path: Path) -> None:
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"
    set_up_roles()


@pytest.fixture
def fritz(bank: None) -> Browser:
    """The browser of somebody in finance."""
    return at_browser(make_user("fritz", "finance", first_name="Fritz", last_name="Albers"))


@pytest.fixture
def fiona(bank: None) -> Browser:
    """The browser of somebody else in finance."""
    return at_browser(make_user("fiona", "finance"))


@pytest.fixture
def order(bank: None) -> Order:
    """It waits for 20.00."""
    make_product(price="20.00")
    return waiting_order(("TEA", 1))


@pytest.fixture
def payment_event(order: Order) -> PaymentEvent:
    """Too much for it."""
    return report(order, amount=Decimal("21.00"))


def upload(browser: Browser, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile("march.xml", content, content_type="text/xml")
    return browser.post("/admin/orders/bankstatement/add/", {"file": file}, follow=True)


def decide(browser: Browser, payment_event: PaymentEvent, way: str, **typed: str) -> HttpResponse:
    return fill_in(browser, dialog_url("paymentevent", way, payment_event.pk), **typed)


def test_a_statement_is_kept_and_the_same_file_sent_again_is_the_same_upload(worker: Client, fritz: Browser) -> None:
    with serving.temporal_away(back_to=worker):
        away = upload(fritz, camt(Entry()))

    again = upload(fritz, camt(Entry()))

    assert (away.status_code, again.status_code) == (503, 200)
    assert KEPT in words(away)
    assert "1 new payment taken." in words(again)
    assert BankStatement.objects.get().state == StatementState.IMPORTED


def test_another_file_of_the_same_name_is_another_upload(worker: Client, fritz: Browser) -> None:
    with serving.temporal_away(back_to=worker):
        upload(fritz, camt(Entry()))

    upload(fritz, camt(Entry(amount="1.00")))

    assert list(BankStatement.objects.order_by("pk").values_list("state", flat=True)) == ["uploaded", "imported"]


def test_from_the_command_line_a_statement_is_kept_and_sent_again_as_well(
    worker: Client, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    file = tmp_path / "march.xml"
    file.write_bytes(camt(Entry()))
    with serving.temporal_away(back_to=worker), pytest.raises(CommandError, match=r"not imported: march\.xml"):
        call_command("import_statement", file)

    call_command("import_statement", file)

    assert KEPT in capsys.readouterr().err
    assert BankStatement.objects.get().state == StatementState.IMPORTED
    assert StatementLine.objects.count() == 1


def test_a_decision_is_kept_and_the_same_sent_again_is_carried_out_once(
    worker: Client, fritz: Browser, order: Order, payment_event: PaymentEvent
) -> None:
    with serving.temporal_away(back_to=worker):
        away = decide(fritz, payment_event, "accept", reason="bank charges")

    again = decide(fritz, payment_event, "accept", reason="bank charges")

    assert away.status_code == 503
    assert KEPT in words(away)
    assert "Accepted; the order goes on as paid." in message_shown(fritz, again)
    assert Resolution.objects.get().state == "done"
    wait_until(order, status="paid")
    assert order_events(order).count("payment_accepted") == 1


def test_somebody_elses_decision_that_is_kept_is_named_and_can_be_sent_by_anybody(
    worker: Client, fritz: Browser, fiona: Browser, payment_event: PaymentEvent
) -> None:
    with serving.temporal_away(back_to=worker):
        decide(fritz, payment_event, "accept", reason="bank charges")

    other = decide(fiona, payment_event, "ignore", reason="too small")
    same = decide(fiona, payment_event, "accept")

    decision = Resolution.objects.get()
    assert other.status_code == 409
    assert "Fritz Albers has decided about this payment already (Accept the difference)" in words(other)
    assert "Accepted" in message_shown(fiona, same)
    assert (decision.state, decision.reason, decision.decided_by.username) == ("done", "bank charges", "fritz")


def test_an_order_marked_as_paid_is_kept_and_the_same_word_again_is_one_payment(
    worker: Client, fritz: Browser, order: Order
) -> None:
    mark_paid, typed = dialog_url("order", "mark_paid", order.pk), {"amount": "20.00", "received": TODAY}
    with serving.temporal_away(back_to=worker):
        away = fill_in(fritz, mark_paid, **typed, reference="Statement 12")

    fill_in(fritz, mark_paid, **typed, reference="Statement 12")

    wait_until(order, status="paid")
    assert away.status_code == 503
    assert KEPT in words(away)
    assert PaymentEvent.objects.get().outcome == "matched"
