"""Who may decide, and what: every rule at the client function, in the workflow without the client function, and in
the activity alone."""

import pytest

from orders.rules.refusals import Refusal
from temporal_app.activities import outbox
from tests.factories.approvals import Way, decisions, levels, row
from tests.factories.people import make_user
from tests.factories.rows import make_delegation, make_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["client", "update", "activity"])
def way(request: pytest.FixtureRequest) -> Way:
    """A way on which decisions arrive, and all that it needs."""
    if request.param == "activity":
        outbox.notifier = outbox.OutboxNotifier(lambda: None)
    else:
        request.getfixturevalue("worker")
    return Way(request.param)


def test_only_members_of_the_role_decide(way: Way):
    order = make_order()
    way.ask_for(order)
    dora, alice = make_user("dora", "director"), make_user("alice", "manager")

    assert way.decide(order, dora) == Refusal.NOT_IN_ROLE
    assert way.decide(order, alice) is None
    assert decisions(order) == [(1, "manager", True, "alice")]


def test_a_superuser_has_no_special_vote(way: Way):
    order = make_order()
    way.ask_for(order)
    root = make_user("root")
    root.is_superuser = True
    root.save()

    assert way.decide(order, root) == Refusal.NOT_IN_ROLE


def test_somebody_who_left_decides_nothing(way: Way):
    order = make_order()
    way.ask_for(order)
    gone = make_user("gone", "manager")
    gone.is_active = False
    gone.save()

    assert way.decide(order, gone) == Refusal.NOT_IN_ROLE


def test_a_role_taken_away_while_the_dialog_is_open_counts(way: Way):
    order = make_order()
    way.ask_for(order)
    alice = make_user("alice", "manager")
    seen = row(order).fingerprint
    alice.groups.clear()

    assert way.decide(order, alice, seen=seen) == Refusal.NOT_IN_ROLE


@pytest.mark.parametrize("written_as", ["customer", "user"])
def test_nobody_decides_on_their_own_request(way: Way, written_as: str):
    order, alice = make_order(), make_user("alice", "manager")
    way.ask_for(order, by=f"{written_as}:{alice.pk}")

    assert way.decide(order, alice) == Refusal.OWN_REQUEST


def test_nobody_has_somebody_else_decide_on_their_own_request_in_their_place(way: Way):
    order, alice, bob = make_order(), make_user("alice", "manager"), make_user("bob")
    make_delegation(alice, bob, days=3_650)
    way.ask_for(order, by=f"customer:{alice.pk}")

    assert way.decide(order, bob) == Refusal.OWN_REQUEST


def test_one_person_counts_for_one_level(way: Way):
    order, both = make_order(), make_user("both", "manager", "director")
    way.ask_for(order, "manager", "director")
    way.decide(order, both, "manager")

    assert way.decide(order, both, "director") == Refusal.ONE_LEVEL_PER_PERSON
    assert levels(order) == {"manager": "approved", "director": "pending"}


def test_a_level_that_is_not_asked_is_not_decided(way: Way):
    order, dora = make_order(), make_user("dora", "director")
    way.ask_for(order)

    assert way.decide(order, dora, "director") == Refusal.ROLE_NOT_ASKED


def test_a_role_that_does_not_exist_decides_nothing(way: Way):
    order, alice = make_order(), make_user("alice", "manager")
    way.ask_for(order)

    assert way.decide(order, alice, "emperor") == Refusal.UNKNOWN_ROLE


@pytest.mark.parametrize("comment", ["", " \n"])
def test_a_rejection_needs_a_comment(way: Way, comment: str):
    order, alice = make_order(), make_user("alice", "manager")
    way.ask_for(order)

    assert way.decide(order, alice, approved=False, comment=comment) == Refusal.COMMENT_MISSING
    assert levels(order) == {"manager": "pending"}


def test_a_rejection_ends_the_matter_at_once(way: Way):
    order, alice, dora = make_order(), make_user("alice", "manager"), make_user("dora", "director")
    way.ask_for(order, "manager", "director")

    assert way.decide(order, alice, approved=False, comment="too much") is None
    assert way.decide(order, dora, "director") in (Refusal.APPROVAL_CLOSED, Refusal.ALREADY_REJECTED_BY)
    way.end(order, "rejected")
    assert way.decide(order, dora, "director") in (Refusal.APPROVAL_CLOSED, Refusal.ALREADY_REJECTED_BY)
    assert (row(order).outcome, len(decisions(order))) == ("rejected", 1)


def test_a_decision_stands(way: Way):
    order, alice, adam = make_order(), make_user("alice", "manager"), make_user("adam", "manager")
    way.ask_for(order, "manager", "director")
    way.decide(order, alice)

    for person, approved in ((alice, False), (adam, True), (adam, False)):
        again = way.decide(order, person, approved=approved, comment="no, wait")
        assert again in (Refusal.ALREADY_DECIDED, Refusal.ALREADY_APPROVED_BY)
    assert decisions(order) == [(1, "manager", True, "alice")]


def test_what_changed_while_the_dialog_was_open_is_not_decided(way: Way):
    order, alice = make_order(), make_user("alice", "manager")
    way.ask_for(order)

    assert way.decide(order, alice, seen="what it was") == Refusal.CONTENT_CHANGED
    assert way.decide(order, alice, seen=order.fingerprint()) is None
