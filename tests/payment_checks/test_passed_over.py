"""What does not answer is passed over, named, and asked again with the next check; it holds up nobody else."""

import pytest
from django.urls import reverse
from temporalio.client import Client

import orders.payments
from orders.authorization.roles import set_up_roles
from orders.models import PaymentCheck
from temporal_app import client, policies
from temporal_app.messages import BatchInput
from tests.admin.browsing import at_browser, words
from tests.factories.orders import ask, eventually
from tests.factories.people import make_user
from tests.factories.waiting import make_waiting
from tests.payment_checks.asking import BATCH, check_all
from tests.payment_checks.counting import Asked, counting, impatient


@pytest.fixture
def asked():
    with counting() as provider:
        yield provider


@pytest.fixture(autouse=True)
def two_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


def passed_over() -> list[str]:
    """The orders that the last check named as passed over."""
    check = PaymentCheck.objects.latest("pk")
    return list(check.results.filter(outcome="not_answered").order_by("number").values_list("number", flat=True))


def test_one_slow_page_is_passed_over_and_the_others_are_checked(worker: Client, asked: Asked) -> None:
    numbers = make_waiting(6)
    asked.slow = {f"r_{numbers[2]}"}

    totals = check_all(worker, BatchInput(page_size=2))

    assert (totals.processed, totals.unanswered) == (4, 2)
    assert passed_over() == numbers[2:4]
    check = PaymentCheck.objects.get()
    assert (check.processed, check.unanswered, check.percent) == (4, 2, 100)


def test_a_provider_that_does_not_answer_twice_running_is_not_asked_about_the_rest_and_holds_up_nobody_else(
    worker: Client, asked: Asked
) -> None:
    others = make_waiting(2, method="bank_transfer", tag="b")
    numbers = make_waiting(7, method="sandbox")
    asked.away = True

    totals = check_all(worker, BatchInput(page_size=2))

    assert (totals.processed, totals.unanswered) == (2, 7)
    assert asked.calls == 2 * 2  # two pages, two tries each
    assert passed_over() == numbers
    asked.away = False
    assert check_all(worker).processed == len(others) + 7


def test_providers_that_answer_no_more_are_told_apart(worker: Client, asked: Asked) -> None:
    make_waiting(2, method="sandbox")  # the last page of this one and the first of the next have no answer
    make_waiting(4, method="stripe", tag="s")

    class Away:
        name = "stripe"

        def statuses(self, **_parameters: object) -> None:
            asked.pages.append(["stripe"])
            raise RuntimeError("whatever it is")

    asked.away = True
    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setitem(orders.payments.GATEWAYS, "stripe", Away)
        totals = check_all(worker, BatchInput(page_size=2))

    assert totals.unanswered == 6
    assert asked.pages.count(["stripe"]) == 2 * 2


def test_chosen_orders_that_were_passed_over_are_named_as_such(worker: Client, asked: Asked) -> None:
    numbers = make_waiting(2)
    asked.away = True

    workflow_id = client.check_payments_now(numbers, by="user:17")
    eventually(lambda: PaymentCheck.objects.filter(workflow_id=workflow_id, finished_at__isnull=False).exists())

    assert passed_over() == numbers


def test_finance_sees_which_orders_were_passed_over(worker: Client, asked: Asked) -> None:
    set_up_roles()
    numbers = make_waiting(2)
    asked.away = True
    check_all(worker)

    page = words(at_browser(make_user("fritz", "finance")).get(reverse("admin:payment-check", args=[BATCH])))

    assert "Orders passed over" in page
    assert "There was no answer about them in time; the next check asks again." in page
    assert all(number in page for number in numbers)


def test_a_check_ends_some_time_whatever_keeps_it(temporal: Client) -> None:
    batch = client.check_all_payments(by="user:17")
    hybrid = client.check_payments_now(["ORD-2026-000001"], by="user:17")

    started = [ask(temporal.get_workflow_handle(one).describe()) for one in (batch, hybrid)]

    timeouts = [one.raw_description.execution_config.workflow_execution_timeout.ToTimedelta() for one in started]
    assert timeouts == [policies.LONGEST_CHECK] * 2
