"""Finance in the admin: marking paid, the exceptions inbox, checks and the schedule, on real orders."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from temporalio.client import Client

from orders.authorization.roles import set_up_roles
from orders.models import Order, PaymentCheck, PaymentEvent, Resolution
from orders.payments.sandbox import SandboxGateway
from temporal_app import client
from tests.admin.browsing import FROM_DIALOG, at_browser, dialog_url, fields_of, fill_in, message_shown, send, words
from tests.factories.orders import eventually, order_events, wait_until
from tests.factories.people import make_user
from tests.factories.products import make_product
from tests.factories.unmatched import reference_of, report, waiting_order
from tests.factories.waiting import make_waiting

TODAY = timezone.localdate().isoformat()


@pytest.fixture
def fritz(worker: Client) -> Browser:
    """The browser of somebody in finance."""
    set_up_roles()
    return at_browser(make_user("fritz", "finance", first_name="Fritz", last_name="Albers"))


@pytest.fixture
def order(worker: Client) -> Order:
    """Two packets of tea, 40.00, that wait for their money."""
    make_product(price="20.00", on_hand=10)
    return waiting_order(("TEA", 2))


def about(payment_event: PaymentEvent, way: str) -> str:
    return dialog_url("paymentevent", way, payment_event.pk)


def inbox(browser: Browser, **query: str) -> str:
    return words(browser.get(reverse("admin:unmatched"), query))


# marking paid


def test_marking_an_order_paid_goes_the_same_way_in(fritz: Browser, order: Order):
    url = dialog_url("order", "mark_paid", order.pk)

    answer = fill_in(fritz, url, amount="40.00", reference="Kontoauszug 12", received=TODAY)
    wait_until(order, status="paid")

    payment_event = PaymentEvent.objects.get()
    assert f"{order.number} is paid and goes on." in message_shown(fritz, answer)
    assert payment_event.reported_by == f"user:{User.objects.get(username='fritz').pk}"
    assert (payment_event.outcome, payment_event.reference, payment_event.body) == (
        "matched",
        "Kontoauszug 12",
        f"received on {TODAY}",
    )


def test_a_double_click_on_mark_paid_is_one_word(fritz: Browser, order: Order):
    url = dialog_url("order", "mark_paid", order.pk)
    fields = fields_of(fritz.get(url, **FROM_DIALOG))
    typed = {"amount": "40.00", "reference": reference_of(order), "received": TODAY}

    send(fritz, url, fields, **typed)
    send(fritz, url, fields, **typed)
    wait_until(order, status="paid")

    assert PaymentEvent.objects.count() == 1


def test_a_wrong_amount_by_hand_lands_among_those_to_look_at(fritz: Browser, order: Order):
    answer = fill_in(fritz, dialog_url("order", "mark_paid", order.pk), amount="44.00", reference="x", received=TODAY)

    assert "does not match" in message_shown(fritz, answer)
    assert "too much" in message_shown(fritz, answer)
    assert "Money at stake 44.00 €" in inbox(fritz)


def test_an_order_that_waits_for_nothing_cannot_be_marked_paid(fritz: Browser, order: Order):
    url = dialog_url("order", "mark_paid", order.pk)
    fields = fields_of(fritz.get(url, **FROM_DIALOG))
    report(order)
    wait_until(order, status="paid")

    dialog = words(fritz.get(url, **FROM_DIALOG))
    answer = send(fritz, url, fields, amount="40.00", reference="x", received=TODAY)

    assert "is not waiting for a payment right now" in dialog
    assert answer.status_code == 409
    assert PaymentEvent.objects.count() == 1


def test_while_temporal_is_away_the_schedules_page_says_so(fritz: Browser, temporal_away: None):
    schedule = fritz.get(reverse("admin:payment-schedule"))

    assert schedule.status_code == 200
    assert "cannot take this right now" in words(schedule)


# the exceptions inbox


def test_an_exception_is_shown_with_its_money_and_accepted_from_the_inbox(fritz: Browser, order: Order):
    payment_event = report(order, amount=Decimal("40.50"))

    page = inbox(fritz)
    answer = fill_in(fritz, about(payment_event, "accept"), reason="bank charges")
    wait_until(order, status="paid")

    assert "40.50 € Too much" in page
    assert "Money at stake 40.50 €" in page
    assert "(+0.50 €)" in page
    assert "Accepted; the order goes on as paid." in message_shown(fritz, answer)
    assert "Every payment has found its order." in inbox(fritz)
    history = inbox(fritz, tab="resolved")
    assert "Fritz Albers" in history
    assert "“bank charges”" in history
    assert "bank charges" in words(fritz.get(reverse("admin:orders_order_change", args=[order.pk])))


def test_near_matches_are_proposed_and_one_of_them_is_chosen(fritz: Browser, order: Order):
    payment_event = report(order_number="", amount=order.total, reference=f"Best. {order.number[-6:]} Tee")

    page = inbox(fritz)
    dialog = words(fritz.get(about(payment_event, "assign"), **FROM_DIALOG))
    answer = fill_in(fritz, about(payment_event, "assign"), proposal=order.number)
    wait_until(order, status="paid")

    assert f"{order.number} · 40.00 € · Alice Äther" in page
    assert f"{order.number} · 40.00 € · Alice Äther" in dialog
    assert f"Assigned to {order.number}." in message_shown(fritz, answer)


def test_assigning_to_an_order_that_does_not_exist_is_said_at_the_field(fritz: Browser, order: Order):
    payment_event = report(amount=order.total)

    answer = fill_in(fritz, about(payment_event, "assign"), other="ORD-2026-000000")

    assert "There is no order ORD-2026-000000." in words(answer)
    assert Resolution.objects.count() == 0


def test_putting_a_payment_aside_needs_a_reason(fritz: Browser, order: Order):
    payment_event = report(order, amount=Decimal("41.00"))

    without = fill_in(fritz, about(payment_event, "ignore"), reason=" ")
    answer = fill_in(fritz, about(payment_event, "ignore"), reason="a test of the bank's")

    assert "Please say why" in words(without)
    assert "Closed without action." in message_shown(fritz, answer)


def test_a_double_click_on_send_it_back_sends_it_back_once(fritz: Browser, order: Order):
    payment_event = report(order, amount=Decimal("45.00"))
    fields = fields_of(fritz.get(about(payment_event, "refund"), **FROM_DIALOG))

    first = send(fritz, about(payment_event, "refund"), fields)
    second = send(fritz, about(payment_event, "refund"), fields)

    assert "Sent back" in message_shown(fritz, first)
    assert second.status_code == 409
    assert "dealt with already" in words(second)
    assert order_events(order).count("payment_sent_back") == 1


def test_a_decision_that_cannot_be_carried_out_is_explained_in_the_dialog(fritz: Browser, order: Order):
    client.cancel_order(order.number, reason="changed_mind", by="customer:guest")
    wait_until(order, status="cancelled")
    payment_event = report(order)
    waiting_order(("TEA", 9))

    answer = fill_in(fritz, about(payment_event, "reopen"))

    assert answer.status_code == 409
    assert "Only 1 of Product TEA are left" in words(answer)
    assert "After the order's end" in inbox(fritz)


def test_support_reads_no_payments_and_the_warehouse_decides_none(order: Order):
    set_up_roles()
    payment_event = report(order, amount=Decimal("41.00"))
    sina, wanda = at_browser(make_user("sina", "support")), at_browser(make_user("wanda", "warehouse"))

    answers = [
        sina.get(reverse("admin:unmatched")),
        sina.get(reverse("admin:payment-check", args=["payment-batch"])),
        sina.get(reverse("admin:payment-check-live", args=["payment-batch"])),
        wanda.post(about(payment_event, "refund"), {"_form_submitted": "True"}),
        wanda.post(reverse("admin:payment-checks-chosen"), {"id": order.pk, "how": "hybrid"}),
        wanda.get(reverse("admin:payment-schedule")),
    ]

    assert {answer.status_code for answer in answers} == {403}


# checks


def test_checking_all_leads_to_a_page_that_shows_how_far_it_is(fritz: Browser, worker: Client):
    make_waiting(250, paid=0)

    answer = fill_in(fritz, reverse("admin:orders_paymentcheck_check_all"))
    page = answer.headers["HX-Redirect"]
    eventually(lambda: PaymentCheck.objects.filter(finished_at__isnull=False).exists())
    shown = words(fritz.get(page))

    assert page == reverse("admin:payment-check", args=[PaymentCheck.objects.get().workflow_id])
    assert "250 of 250 checked, 100 %" in shown
    assert "Calls to providers 3" in shown
    assert "by Fritz Albers" in shown
    assert "hx-trigger" not in fritz.get(f"{page}live/").content.decode()


def test_a_running_check_asks_the_database_again_every_second(fritz: Browser):
    PaymentCheck.objects.create(
        workflow_id="payment-batch-1",
        kind="batch",
        requested_by="schedule:hourly-payment-batch",
        expected=10_000,
        processed=2_500,
        paid=12,
        failed=3,
        batches=25,
        seconds=50,
        started_at=timezone.now(),
    )

    fragment = fritz.get(reverse("admin:payment-check-live", args=["payment-batch-1"]))

    assert 'hx-trigger="every 1s"' in fragment.content.decode()
    assert 'aria-valuenow="25"' in fragment.content.decode()
    assert "2500 of 10000 checked, 25 %" in words(fragment)
    assert "20 ms" in words(fragment)
    assert "done about" in words(fragment)


@pytest.mark.parametrize(
    ("how", "result"), [("hybrid", "Paid, fulfilment started"), ("coordinator", "Paid"), ("monitor", "Paid")]
)
def test_chosen_orders_are_checked_in_three_ways_with_a_result_each(
    fritz: Browser, order: Order, how: str, result: str
):
    SandboxGateway().receive_transfer(reference=reference_of(order), amount=order.total)
    orders = reverse("admin:orders_order_changelist")

    asked = fritz.post(orders, {"action": "check_selected", "_selected_action": [order.pk]})
    choice = words(fritz.get(asked["Location"]))
    answer = fritz.post(reverse("admin:payment-checks-chosen"), {"id": order.pk, "how": how})
    eventually(lambda: PaymentCheck.objects.filter(finished_at__isnull=False).exists())
    page = words(fritz.get(answer["Location"]))

    assert order.number in choice
    assert f"{order.number} {result}" in page
    wait_until(order, status="paid")


# the schedule


def test_the_whole_life_of_the_schedule_in_the_admin(fritz: Browser, worker: Client):
    def card() -> str:
        return words(fritz.get(reverse("admin:payment-schedule")))

    def do(step: str, **typed: str) -> str:
        return message_shown(fritz, fill_in(fritz, reverse(f"admin:orders_paymentcheck_{step}"), **typed))

    make_waiting(2)
    assert "Not set up" in card()
    assert "The hourly check is set up." in do("sync")
    assert "Runs" in card()
    assert "The hourly check is paused." in do("pause", note="month-end")
    assert "Paused" in card()
    assert "month-end" in card()
    assert "The hourly check is as it should be." in do("sync")
    assert "Paused" in card()
    assert "asked to run now" in do("trigger")
    eventually(lambda: PaymentCheck.objects.filter(finished_at__isnull=False, processed=2).exists())
    assert "The hourly check goes on." in do("unpause", note="done")
    assert "The hourly check is removed." in do("remove")
    assert "Not set up" in card()


def test_a_step_without_a_schedule_is_explained_in_the_dialog(fritz: Browser, worker: Client):
    answer = fill_in(fritz, reverse("admin:orders_paymentcheck_pause"), note="month-end")

    assert answer.status_code == 409
    assert "The schedule hourly-payment-batch is not set up" in words(answer)
