"""Who may decide what, rule by rule: Alice and Adam are managers, Dora is director, Vera is vice president."""

from datetime import timedelta
from itertools import product

import pytest

from orders.authorization.eligibility import Voter
from orders.authorization.lookups import count_waiting_for, undecided, waiting_for
from orders.models import ApprovalRequest
from orders.rules.approvals import LevelState
from orders.rules.refusals import Refusal, RuleBroken
from tests.factories.people import make_user
from tests.factories.rows import NOON, make_approval, make_decision, make_delegation

pytestmark = pytest.mark.django_db
PENDING = LevelState.PENDING


@pytest.fixture
def alice():
    return make_user("alice", "manager")


@pytest.fixture
def dora():
    return make_user("dora", "director")


@pytest.fixture
def request_():
    return make_approval(levels={"manager": PENDING, "director": PENDING})


def refusal_of(request: ApprovalRequest, person, role: str, at=NOON) -> Refusal:
    with pytest.raises(RuleBroken) as broken:
        Voter.of(person, at).vote(request, role)
    return broken.value.code


def test_a_member_of_the_role_decides_in_their_own_right(request_, alice):
    vote = Voter.of(alice, NOON).vote(request_, "manager")

    assert (vote.person, vote.role, vote.acting_for) == (alice, "manager", None)


def test_only_members_of_the_role_decide_for_it(request_, alice):
    assert refusal_of(request_, alice, "director") == Refusal.NOT_IN_ROLE


def test_there_is_no_vote_for_a_role_that_does_not_exist(request_, alice):
    assert refusal_of(request_, alice, "emperor") == Refusal.UNKNOWN_ROLE


def test_a_role_taken_away_counts_at_once(request_, alice):
    alice.groups.clear()

    assert refusal_of(request_, alice, "manager") == Refusal.NOT_IN_ROLE


def test_a_superuser_has_no_special_vote(request_):
    root = make_user("root", is_superuser=True)

    assert refusal_of(request_, root, "manager") == Refusal.NOT_IN_ROLE


def test_somebody_inactive_never_decides(request_):
    gone = make_user("gone", "manager", is_active=False)

    assert refusal_of(request_, gone, "manager") == Refusal.NOT_IN_ROLE


@pytest.mark.parametrize("written_as", ["user", "customer"])
def test_nobody_decides_on_their_own_request(written_as, alice):
    request = make_approval(requested_by=f"{written_as}:{alice.pk}")

    assert refusal_of(request, alice, "manager") == Refusal.OWN_REQUEST


def test_one_person_counts_for_one_level(request_):
    both = make_user("both", "manager", "director")
    make_decision(request_, both, "manager")

    assert refusal_of(request_, both, "director") == Refusal.ONE_LEVEL_PER_PERSON


def test_who_decided_in_an_earlier_round_may_decide_the_reopened_level_again(request_, alice):
    make_decision(request_, alice, "manager")
    request_.levels.filter(role="manager").update(state=PENDING)
    request_.amend(round=2)

    assert Voter.of(alice, NOON).vote(request_, "manager").acting_for is None


def test_a_decision_that_still_stands_from_an_earlier_round_counts_for_its_person(request_):
    both = make_user("both", "manager", "director")
    make_decision(request_, both, "manager")
    request_.amend(round=2)

    assert refusal_of(request_, both, "director") == Refusal.ONE_LEVEL_PER_PERSON


def test_a_decision_replaced_in_a_later_round_no_longer_counts_for_its_person(request_, alice):
    both = make_user("both", "manager", "director")
    make_decision(request_, both, "manager")
    request_.amend(round=2)
    make_decision(request_, alice, "manager")

    assert Voter.of(both, NOON).vote(request_, "director").person == both


def test_a_delegate_votes_in_the_place_of_the_absent_within_the_window(request_, alice, dora):
    make_delegation(dora, alice)

    vote = Voter.of(alice, NOON).vote(request_, "director")

    assert vote.acting_for == dora


@pytest.mark.parametrize("moment", [NOON - timedelta(seconds=1), NOON + timedelta(days=7)])
def test_a_delegation_counts_neither_before_nor_after_its_window(moment, request_, alice, dora):
    make_delegation(dora, alice)

    assert refusal_of(request_, alice, "director", moment) == Refusal.NOT_IN_ROLE


def test_a_delegation_is_not_passed_on(request_, alice, dora):
    carl = make_user("carl")
    make_delegation(dora, alice)
    make_delegation(alice, carl)

    assert refusal_of(request_, carl, "director") == Refusal.NOT_IN_ROLE


def test_an_inactive_delegator_has_no_vote_to_give(request_, alice, dora):
    make_delegation(dora, alice)
    dora.is_active = False
    dora.save()

    assert refusal_of(request_, alice, "director") == Refusal.NOT_IN_ROLE


def test_a_delegate_cannot_decide_on_their_own_request_for_somebody_else(alice, dora):
    make_delegation(dora, alice)
    request = make_approval(requested_by=f"user:{alice.pk}", levels={"director": PENDING})

    assert refusal_of(request, alice, "director") == Refusal.OWN_REQUEST


def test_nobody_decides_on_their_own_request_through_a_delegate(alice, dora):
    make_delegation(dora, alice)
    request = make_approval(requested_by=f"user:{dora.pk}", levels={"director": PENDING})

    assert refusal_of(request, alice, "director") == Refusal.OWN_REQUEST


def test_deciding_for_the_absent_and_for_oneself_is_still_one_person(request_, alice, dora):
    make_delegation(dora, alice)
    make_decision(request_, alice, "manager")

    assert refusal_of(request_, alice, "director") == Refusal.ONE_LEVEL_PER_PERSON


def test_who_was_acted_for_has_used_their_level_as_well(request_, alice):
    both = make_user("both", "manager", "director")
    make_decision(request_, alice, "manager", acting_for=both)

    assert refusal_of(request_, both, "director") == Refusal.ONE_LEVEL_PER_PERSON


def test_a_delegate_of_two_uses_the_vote_that_is_free(alice, dora):
    other = make_user("other", "director")
    make_delegation(dora, alice)
    make_delegation(other, alice)
    request = make_approval(requested_by=f"user:{dora.pk}", levels={"director": PENDING})

    assert Voter.of(alice, NOON).vote(request, "director").acting_for == other


def test_waiting_for_me_lists_what_i_can_decide_most_urgent_first(alice, dora):
    later = make_approval(deadline=NOON + timedelta(days=3))
    overdue = make_approval(deadline=NOON - timedelta(days=1))
    make_approval(levels={"director": PENDING})
    make_approval(requested_by=f"user:{alice.pk}")
    make_decision(make_approval(levels={"manager": PENDING, "director": PENDING}), alice, "manager")

    assert waiting_for(Voter.of(alice, NOON)) == [overdue, later]


def test_what_has_ended_waits_for_nobody(alice):
    make_approval(outcome="withdrawn")

    assert waiting_for(Voter.of(alice, NOON)) == []
    assert not undecided().exists()


def test_after_a_rejection_the_other_levels_are_no_longer_asked(request_, alice, dora):
    make_decision(request_, dora, "director", approved=False)
    request_.amend(outcome="rejected")

    assert Voter.of(alice, NOON).votes(request_) == []


def shelf_of_requests(alice, dora) -> None:
    """Approvals of every kind of relation to Alice and Dora: asked or decided by either, or by neither."""
    both, one = {"manager": PENDING, "director": PENDING}, {"director": PENDING}
    asked_by = ("customer:guest", f"user:{alice.pk}", f"customer:{dora.pk}")
    for levels, asked in product((both, one, {"vp": PENDING}), asked_by):
        make_approval(levels=dict(levels), requested_by=asked)
    make_decision(make_approval(levels=dict(both)), alice, "manager")
    make_decision(make_approval(levels=dict(both)), dora, "director")
    make_decision(make_approval(levels=dict(both)), alice, "director", acting_for=dora)
    make_approval(levels=dict(both)).amend(outcome="withdrawn")


@pytest.mark.parametrize("delegated", [False, True])
def test_what_waits_is_counted_as_it_is_listed(alice, dora, delegated: bool):
    if delegated:
        make_delegation(dora, alice)
    shelf_of_requests(alice, dora)
    late = NOON + timedelta(days=8)

    for voter in (Voter.of(person, NOON) for person in (alice, dora, make_user("vera", "vp"))):
        listed = waiting_for(voter)
        assert count_waiting_for(voter) == len(listed) > 0
        assert count_waiting_for(voter, late_at=late) == len(listed)
        assert count_waiting_for(voter, late_at=NOON) == 0


def test_counting_what_waits_reads_only_what_four_eyes_are_about(alice, django_assert_max_num_queries):
    for _number in range(20):
        make_approval(levels={"manager": PENDING, "director": PENDING})
    voter = Voter.of(alice, NOON)

    with django_assert_max_num_queries(2):
        assert count_waiting_for(voter) == 20


def test_reading_the_inbox_takes_as_many_queries_for_twenty_as_for_one(alice, dora, django_assert_max_num_queries):
    make_delegation(dora, alice)
    for _number in range(20):
        make_approval(levels={"manager": PENDING, "director": PENDING})

    with django_assert_max_num_queries(8):
        assert len(waiting_for(Voter.of(alice, NOON))) == 20
