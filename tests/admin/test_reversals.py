"""What could not be undone is settled by people: tried again, settled by hand, or written off by two of them."""

import pytest
from django.contrib.auth.models import User

from orders.models import CompensationFailure
from orders.rules.approvals import Role
from temporal_app import client
from tests.admin.browsing import at_browser, fields_of, send, words
from tests.admin.settling import dialog, do, page, provider_refuses, told
from tests.factories.orders import money_kept, order_events, stock
from tests.factories.reversals import decide_on, make_reversal, make_settler, undone_but
from tests.serving import no_patience, temporal_away

running = pytest.mark.usefixtures("worker")
LIST = "/admin/orders/compensationfailure/"


@pytest.fixture
def fiona(transactional_db: None) -> User:
    """She works in finance."""
    return make_settler("fiona")


@pytest.fixture
def mia(transactional_db: None) -> User:
    """A manager, who may settle as well as approve."""
    return make_settler("mia", Role.MANAGER)


# The inbox


def test_the_inbox_shows_what_is_at_risk_how_often_it_was_tried_why_not_and_who_takes_care(fiona: User) -> None:
    make_reversal(step="shipping", goods_at_risk="30.00", attempts=3, error="the parcel is on its way", owner=fiona)

    inbox = words(at_browser(fiona).get(LIST))

    for part in ("Shipping", "12.00 €", "30.00 €", "3", "the parcel is on its way", "a moment", "fiona"):
        assert part in inbox


def test_the_open_ones_stand_on_top_and_are_counted_beside_the_list(fiona: User) -> None:
    settled, still_open = make_reversal(), make_reversal()
    CompensationFailure.objects.filter(pk=settled.pk).update(state="undone", settled_at=settled.happened_at)

    inbox = words(at_browser(fiona).get(LIST))

    assert inbox.index(still_open.order.number) < inbox.index(settled.order.number)
    assert "Failed reversals 1" in inbox


def test_who_may_only_look_sees_no_buttons(fiona: User) -> None:
    dora, failure = make_settler("dora", Role.DIRECTOR), make_reversal()

    assert "Write off" in page(fiona, failure)
    assert "Write off" not in page(dora, failure)


def test_somebody_takes_care_and_others_see_that(fiona: User, mia: User) -> None:
    failure = make_reversal()

    said = told(fiona, dialog(failure, "take_care"), owner=str(fiona.pk))

    assert "fiona takes care of it." in said
    assert "Who takes care fiona" in page(mia, failure)


def test_nobody_takes_care_who_could_not_settle_it(fiona: User) -> None:
    wanda, failure = make_settler("wanda", Role.WAREHOUSE), make_reversal()

    answer = do(fiona, failure, "take_care", owner=str(wanda.pk))

    failure.refresh_from_db()
    assert "HX-Redirect" not in answer.headers
    assert failure.owner is None


# Trying again


@running
def test_trying_again_gives_the_money_back_and_the_order_is_cancelled(fiona: User) -> None:
    failure = undone_but("payment")
    before = failure.order.status

    said = told(fiona, dialog(failure, "retry"))

    failure.refresh_from_db()
    assert before == "rollback_incomplete"
    assert said.count("Undone after all") == 3  # the message, the state and the decision
    assert (failure.state, failure.order.status, money_kept(failure.order)) == ("undone", "cancelled", 0)
    assert order_events(failure.order)[-2:] == ["undo_retried", "cancelled"]
    assert failure.order.timeline.get(kind="refunded").actor == f"user:{fiona.pk}"
    assert failure.order.notifications.filter(kind="order_cancelled", recipient="order").count() == 1


@running
def test_trying_in_vain_says_why_and_leaves_it_open(fiona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = undone_but("payment")
    provider_refuses(monkeypatch)

    answer = do(fiona, failure, "retry")

    failure.refresh_from_db()
    assert "It still could not be undone: ProviderRefused: the account is closed." in words(answer)
    assert (failure.state, failure.attempts, failure.order.status) == ("open", 2, "rollback_incomplete")
    assert failure.error == "ProviderRefused: the account is closed"
    assert money_kept(failure.order) == failure.order.total


@running
def test_a_double_click_tries_once(fiona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failure, browser = undone_but("payment"), at_browser(fiona)
    provider_refuses(monkeypatch)
    fields = fields_of(browser.get(dialog(failure, "retry")))

    answers = [send(browser, dialog(failure, "retry"), fields) for _click in range(2)]

    failure.refresh_from_db()
    assert failure.attempts == 2
    assert "tried again meanwhile" in words(answers[1])


@running
def test_what_was_tried_in_vain_can_be_tried_again(fiona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = undone_but("payment")
    with monkeypatch.context() as meanwhile:
        provider_refuses(meanwhile)
        do(fiona, failure, "retry")

    do(fiona, failure, "retry")

    failure.refresh_from_db()
    assert (failure.state, failure.order.status) == ("undone", "cancelled")


@running
def test_a_parcel_that_is_taken_back_after_all_frees_its_goods(fiona: User) -> None:
    failure = undone_but("shipping")
    held = stock()["TEA"]

    do(fiona, failure, "retry")

    assert (held, stock()["TEA"]) == ((100, 3), (100, 0))
    assert failure.order.shipment.state == "cancelled"


@running
def test_an_order_is_cancelled_only_with_the_last_of_its_failed_reversals(fiona: User) -> None:
    failure = undone_but("payment")
    other = make_reversal(failure.order, "shipping")

    do(fiona, failure, "retry")
    failure.order.refresh_from_db()
    between = failure.order.status
    do(fiona, other, "settle", text="the parcel was stopped, ticket 17")

    failure.order.refresh_from_db()
    assert (between, failure.order.status) == ("rollback_incomplete", "cancelled")


def test_trying_again_while_temporal_is_away_is_kept_and_carried_out_once(fiona: User, worker) -> None:
    failure = undone_but("payment")

    with temporal_away(back_to=worker):
        away = do(fiona, failure, "retry")
    do(fiona, failure, "retry")

    failure.refresh_from_db()
    assert away.status_code == 503
    assert (failure.state, failure.decisions.count()) == ("undone", 1)


# Settled by hand


@running
def test_what_a_person_has_settled_by_hand_stands_with_its_evidence(fiona: User) -> None:
    failure = undone_but("payment")

    said = told(fiona, dialog(failure, "settle"), text="Transfer of 60.00, reference 4711")

    failure.refresh_from_db()
    assert said.count("Settled by hand.") == 2  # the message and the decision
    assert (failure.state, failure.order.status) == ("settled_by_hand", "cancelled")
    assert "Transfer of 60.00, reference 4711" in page(fiona, failure)
    assert failure.order.timeline.get(kind="undo_settled_by_hand").actor == f"user:{fiona.pk}"


@running
@pytest.mark.parametrize("nothing", ["", "   "])
def test_nothing_is_settled_by_hand_without_evidence(fiona: User, nothing: str) -> None:
    failure = make_reversal()

    answer = do(fiona, failure, "settle", text=nothing)

    failure.refresh_from_db()
    assert "Please say what was done" in words(answer)
    assert (failure.state, failure.decisions.count()) == ("open", 0)


@running
def test_goods_of_a_parcel_that_a_person_got_back_are_free_again(fiona: User) -> None:
    failure = undone_but("shipping")

    do(fiona, failure, "settle", text="came back, ticket 17")

    assert stock()["TEA"] == (100, 0)
    assert failure.order.reservations.get().state == "released"


@running
def test_a_double_click_settles_once(fiona: User) -> None:
    failure, browser = undone_but("payment"), at_browser(fiona)
    fields = {**fields_of(browser.get(dialog(failure, "settle"))), "text": "reference 4711"}

    answers = [send(browser, dialog(failure, "settle"), fields) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert "has been settled already" in words(answers[1])
    assert failure.decisions.count() == 1
    assert order_events(failure.order).count("undo_settled_by_hand") == 1


def test_nothing_else_is_decided_while_somebody_tries_again(fiona: User, mia: User) -> None:
    failure = make_reversal()
    decide_on(failure, mia, "retry")

    answer = do(fiona, failure, "settle", text="reference 4711")

    assert answer.status_code == 409
    assert "mia has decided about this already (Retry)" in words(answer)
    assert failure.decisions.count() == 1


# The door behind


@running
def test_what_was_settled_meanwhile_is_not_settled_again_by_a_workflow_that_comes_late(fiona: User) -> None:
    failure = undone_but("payment")
    late = decide_on(failure, fiona, "retry")
    CompensationFailure.objects.filter(pk=failure.pk).update(state="written_off", settled_at=failure.happened_at)

    with no_patience():
        decision = client.retry_compensation(late.pk)

    assert decision.state == "requested"
    assert money_kept(failure.order) == failure.order.total
