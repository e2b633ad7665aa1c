"""Money of an order goes back in part: once, never more than is left; a cancellation gives back what is left then."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from temporalio.exceptions import ApplicationError

from orders.invariants import check_books
from orders.models import JournalEntry, Notification, Order, Refund, RefundTask
from orders.payments.card import payment_card
from orders.payments.gateway import ProviderUnavailable
from orders.rules import accounts
from temporal_app.activities import payments, refunds
from temporal_app.messages import RefundRefusal
from tests.factories import steps, ways
from tests.factories.orders import ledger, order_events, stock
from tests.factories.people import make_user
from tests.factories.refunds import ask_refund, paid_order, shipped_order
from tests.factories.steps import everything

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("silent_notifier")]


@pytest.fixture
def fiona() -> User:
    return make_user("fiona", "finance")


def make(refund: Refund) -> Refund:
    """Carry a refund out as its workflow does."""
    refunds.weigh_refund(refund.pk)
    refunds.begin_refund(refund.pk)
    refunds.send_refund(refund.pk)
    refund.refresh_from_db()
    return refund


def books_agree() -> bool:
    return not list(check_books(timezone.now() + timedelta(seconds=1)))


def kept(order: Order) -> Decimal:
    return JournalEntry.objects.balance(accounts.sales(order.number), order.currency)


def test_part_of_the_money_goes_back_and_everybody_can_read_it(fiona: User) -> None:
    order = paid_order()

    refund = make(ask_refund(order, fiona, "5.00"))

    card, payment = payment_card(order), order.payments.get()
    assert (refund.state, ledger(order)) == ("done", [("captured", order.total, Decimal("5.00"))])
    assert (card.state, card.refunded, card.refundable) == ("partly_refunded", Decimal("5.00"), order.total - 5)
    assert (payment.state, payment.refunded, payment.is_partly_refunded) == ("captured", Decimal("5.00"), True)
    assert order.timeline.get(kind="refunded").data == {"amount": "5.00", "why": "a tin was dented"}
    assert Notification.objects.filter(kind="refund_made", recipient="order").count() == 1
    assert kept(order) == order.total - 5
    assert books_agree()


def test_the_last_cent_makes_it_a_refunded_payment(fiona: User) -> None:
    order = paid_order()
    make(ask_refund(order, fiona, "5.00"))

    make(ask_refund(order, fiona, str(order.total - 5)))

    assert (order.payments.get().state, payment_card(order).state) == ("refunded", "refunded")
    assert kept(order) == 0
    assert books_agree()


STEPS: dict[str, Callable[[int], object]] = {
    "weigh": refunds.weigh_refund,
    "begin": refunds.begin_refund,
    "send": refunds.send_refund,
    "unknown": refunds.note_refund_unknown,
}


@pytest.mark.parametrize("name", STEPS)
def test_an_activity_that_runs_twice_leaves_what_it_left_the_first_time(name: str, fiona: User) -> None:
    refund = ask_refund(shipped_order(), fiona, "5.00", pieces=1, goods_return=True)
    before = {"weigh": (), "begin": ("weigh",), "send": ("weigh", "begin"), "unknown": ("weigh", "begin")}[name]
    for earlier in before:
        STEPS[earlier](refund.pk)

    first = STEPS[name](refund.pk)
    once = everything()
    again = STEPS[name](refund.pk)

    assert everything() == once
    assert again == first


def test_a_refusal_that_is_written_down_twice_is_told_once(fiona: User) -> None:
    refund = ask_refund(paid_order(), fiona)

    for _time in range(2):
        refunds.refuse_refund(RefundRefusal(refund.pk, "refund_rejected", {"reason": "no"}, by="user:1"))

    assert Notification.objects.filter(kind="refund_refused").count() == 1
    assert order_events(refund.order).count("refund_refused") == 1


def test_a_crash_between_the_providers_answer_and_our_own_note_loses_and_doubles_nothing(
    fiona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid_order()
    refund = ask_refund(order, fiona)
    with monkeypatch.context() as dying:
        dying.setattr(refunds, "_record_made", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make(refund)

    refunds.send_refund(refund.pk)

    assert ledger(order) == [("captured", order.total, Decimal("5.00"))]
    assert books_agree()


def refused(call: Callable[[], object]) -> tuple[str, dict[str, str]]:
    with pytest.raises(ApplicationError) as refusal:
        call()
    assert refusal.value.type
    return refusal.value.type, refusal.value.details[0]


def test_more_than_is_left_is_refused_with_how_much_is_left(fiona: User) -> None:
    order = paid_order()
    make(ask_refund(order, fiona, "5.00"))

    code, words = refused(lambda: make(ask_refund(order, fiona, str(order.total))))

    assert (code, words["left"]) == ("refund_too_much", f"{order.total - 5:.2f}")


def test_money_that_is_being_sent_cannot_be_sent_a_second_time(fiona: User) -> None:
    order = paid_order()
    refunds.begin_refund(ask_refund(order, fiona, str(order.total)).pk)

    code, words = refused(lambda: refunds.begin_refund(ask_refund(order, fiona, "0.01").pk))

    assert (code, words["left"]) == ("refund_too_much", "0.00")


def test_pieces_are_refunded_no_more_often_than_they_were_ordered(fiona: User) -> None:
    order = shipped_order()
    make(ask_refund(order, fiona, "1.00", pieces=2))

    code, words = refused(lambda: make(ask_refund(order, fiona, "1.00", pieces=2)))

    assert (code, words["pieces"]) == ("refund_too_many", "1")


def test_another_currency_is_refused(fiona: User) -> None:
    refund = ask_refund(paid_order(), fiona, currency="USD")

    assert refused(lambda: make(refund))[0] == "refund_currency"


@pytest.mark.parametrize("call", [steps.reserve, steps.capture], ids=lambda call: call.__name__)
def test_an_order_that_is_not_paid_has_nothing_to_refund(call: Callable[[Order], object], fiona: User) -> None:
    order = steps.order_after(*steps.up_to(call))

    assert refused(lambda: make(ask_refund(order, fiona)))[0] == "not_refundable"


def test_nobody_refunds_an_order_of_their_own(fiona: User) -> None:
    order = paid_order()
    owner = make_user("alice", "finance", first_name="Alice", last_name="Äther")

    assert refused(lambda: make(ask_refund(order, owner)))[0] == "own_order"


def test_goods_come_back_into_the_stock_where_somebody_says_so(fiona: User) -> None:
    order = shipped_order()
    before = stock()["TEA"][0]

    make(ask_refund(order, fiona, "1.00", pieces=2, goods_return=True))
    make(ask_refund(order, fiona, "1.00", pieces=1))

    assert stock()["TEA"] == (before + 2, 0)
    assert order_events(order).count("goods_returned") == 1


def test_goods_that_have_not_left_cannot_come_back(fiona: User) -> None:
    refund = ask_refund(paid_order(), fiona, "1.00", pieces=1, goods_return=True)

    assert refused(lambda: make(refund))[0] == "goods_not_out"


def test_a_cancellation_gives_back_only_what_is_left(fiona: User) -> None:
    order = paid_order()
    make(ask_refund(order, fiona, "5.00"))

    for undo in steps.UNDO:
        undo(order)

    amounts = [entry.data["amount"] for entry in order.timeline.filter(kind="refunded").order_by("pk")]
    assert ledger(order) == [("captured", order.total, order.total)]
    assert amounts == ["5.00", f"{order.total - 5:.2f}"]
    assert order.payments.get().state == "refunded"
    assert books_agree()


def test_an_order_that_was_refunded_whole_is_cancelled_without_another_word_of_money(fiona: User) -> None:
    order = paid_order()
    make(ask_refund(order, fiona, str(order.total)))

    for undo in steps.UNDO:
        undo(order)

    assert order_events(order).count("refunded") == 1
    assert books_agree()


def test_nothing_is_refunded_in_part_once_the_order_is_being_cancelled(fiona: User) -> None:
    order = paid_order()
    refund = ask_refund(order, fiona)
    steps.begin_undo(order)

    assert refused(lambda: make(refund))[0] == "order_closing"


def test_a_cancellation_waits_for_a_refund_that_is_being_sent(fiona: User) -> None:
    order = paid_order()
    refund = ask_refund(order, fiona)
    refunds.begin_refund(refund.pk)
    steps.begin_undo(order)

    with pytest.raises(ProviderUnavailable):
        payments.return_money(steps.step(order))
    refunds.send_refund(refund.pk)
    payments.return_money(steps.step(order))

    assert ledger(order) == [("captured", order.total, order.total)]
    assert books_agree()


def test_what_was_paid_by_transfer_goes_back_by_finance(fiona: User, settings) -> None:
    settings.PAYMENT_METHODS = ["sandbox", "bank_transfer"]
    settings.BANK_IBAN = "DE89370400440532013000"
    order = ways.transfer_taken()

    make(ask_refund(order, fiona, "5.00"))

    task = RefundTask.objects.get()
    assert (task.amount, payment_card(order).state) == (Decimal("5.00"), "refund_under_way")
    assert books_agree()
