"""What may become of an approval's levels, and which decisions are taken; tiers are in `test_tiers`."""

from contextlib import nullcontext
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.approvals import (
    APPROVERS,
    DECIDED,
    ApprovalOutcome,
    LevelState,
    Role,
    check_content,
    check_decision,
    escalated,
    may_escalate,
    outcome,
    revised,
)
from orders.rules.refusals import Refusal, RuleBroken

ROLES = st.sampled_from(list(Role))
LEVELS = st.dictionaries(ROLES, st.sampled_from(list(LevelState)))
ASKED = st.lists(ROLES, unique=True)


@given(LEVELS, ASKED)
def test_grown_nothing_is_approved_until_everybody_asked_has_decided_anew(levels: dict, roles: list[str]):
    after = revised(levels, roles=roles, grown=True)

    assert outcome(after) == (ApprovalOutcome.PENDING if roles else ApprovalOutcome.APPROVED)


@given(LEVELS, ASKED, st.booleans())
def test_however_it_changes_an_approval_is_never_given_without_all_that_are_asked(levels, roles, grown: bool):
    after = revised(levels, roles=roles, grown=grown)

    if outcome(after) == ApprovalOutcome.APPROVED:
        assert all(after[role] == LevelState.APPROVED for role in roles)


@given(LEVELS, ASKED)
def test_shrinking_twice_by_the_same_is_shrinking_once(levels: dict, roles: list[str]):
    once = revised(levels, roles=roles, grown=False)

    assert revised(once, roles=roles, grown=False) == once


@given(LEVELS, ROLES)
def test_escalation_asks_one_role_and_never_approves_by_silence(levels: dict, to: str):
    if not may_escalate(levels, to=to):
        assert levels[to] in DECIDED
        return

    after = escalated(levels, to=to)

    assert [role for role, state in after.items() if state == LevelState.PENDING] == [to]
    assert outcome(after) != ApprovalOutcome.APPROVED
    assert {role: state for role, state in levels.items() if state in DECIDED}.items() <= after.items()


def test_nobody_is_escalated_to_where_the_policy_names_nobody():
    assert not may_escalate({"manager": LevelState.PENDING}, to="")


@given(LEVELS, st.text(max_size=12) | ROLES, st.booleans(), st.text(max_size=5))
def test_a_decision_is_taken_only_for_a_pending_level_and_rejects_only_with_a_comment(levels, role, approved, comment):
    takes = levels.get(role) == LevelState.PENDING and bool(approved or comment.strip())

    with nullcontext() if takes else pytest.raises(RuleBroken) as broken:
        check_decision(levels, outcome="pending", role=role, approved=approved, comment=comment)

    assert takes or (broken.value.code == Refusal.UNKNOWN_ROLE) == (role not in list(Role))


@given(st.sampled_from([one for one in ApprovalOutcome if one != ApprovalOutcome.PENDING]), st.sampled_from(APPROVERS))
def test_what_has_ended_takes_no_decision(ended: ApprovalOutcome, role: str):
    with pytest.raises(RuleBroken) as broken:
        check_decision({role: LevelState.PENDING}, outcome=ended, role=role, approved=True, comment="")

    assert broken.value.code == Refusal.APPROVAL_CLOSED


def test_who_looked_at_something_else_is_told_the_present_amount():
    check_content(seen="", fingerprint="b", amount=Decimal("1240.00"))
    check_content(seen="b", fingerprint="b", amount=Decimal("1240.00"))
    with pytest.raises(RuleBroken) as broken:
        check_content(seen="a", fingerprint="b", amount=Decimal("1240.00"))

    assert (broken.value.code, broken.value.params) == (Refusal.CONTENT_CHANGED, {"total": "1240.00"})
