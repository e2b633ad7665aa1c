"""One transfer that several people share out at the same moment, from browsers of their own, on real workflows."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from orders.authorization.roles import set_up_roles
from orders.invariants import check_books
from orders.models import BankStatement, Order, PaymentEvent
from orders.payments import parts
from temporal_app import client
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, fields_of, send, words
from tests.factories.camt import Entry, camt
from tests.factories.orders import eventually, make_contact, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.workflows.at_once import everybody

pytestmark = pytest.mark.usefixtures("worker")
PEOPLE = 4


@pytest.fixture(autouse=True)
def bank(settings, tmp_path: Path) -> None:
    settings.PAYMENT_METHODS = ["bank_transfer"]
    settings.BANK_IBAN = "DE89370400440532013000"
    settings.MEDIA_ROOT = tmp_path / "uploads"


def place_order() -> Order:
    cart_id = uuid4().hex
    make_product(cart_id[:8], price="60.00")
    client.add_to_cart(cart_id, sku=cart_id[:8], quantity=1)
    make_contact(cart_id)
    order = Order.objects.get(number=client.check_out(cart_id, payment_method="bank_transfer", by="customer:guest"))
    wait_until(order, waiting_for="payment")
    return order


def test_a_transfer_that_several_browsers_share_out_at_once_is_shared_out_once() -> None:
    set_up_roles()
    orders = [place_order() for _person in range(PEOPLE)]
    statement = BankStatement.objects.create(file=ContentFile(camt(Entry(amount="60.00")), name="s.xml"), name="s.xml")
    client.import_statement(statement.pk)
    event = PaymentEvent.objects.get()
    url = dialog_url("paymentevent", "allocate", event.pk)
    browsers = [at_browser(make_user(f"fiona{turn}", "finance")) for turn in range(PEOPLE)]
    opened = [(browser, fields_of(browser.get(url, **FROM_DIALOG))) for browser in browsers]

    def share_out(turn: int) -> tuple[int, str]:
        browser, fields = opened[turn]
        typed = {f"number_{row}": "" for row in range(2, 6)} | {f"share_{row}": "" for row in range(2, 6)}
        answer = send(browser, url, fields, number_1=orders[turn].number, share_1="60.00", **typed)
        return answer.status_code, words(answer)

    answers = everybody(share_out, range(PEOPLE), people=PEOPLE)

    assert sorted(status for status, _said in answers) == [200, *[409] * (PEOPLE - 1)]
    assert all("already" in said for status, said in answers if status == 409)
    eventually(lambda: Order.objects.filter(status="paid").count() == 1)
    assert [parts.missing(order) for order in orders].count(Decimal("0.00")) == 1
    assert list(check_books(timezone.now())) == []
