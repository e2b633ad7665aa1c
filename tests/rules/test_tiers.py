"""Who approves what: the highest tier that an amount has reached."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.rules.approvals import (
    NO_APPROVAL,
    ORDER_TIERS,
    ApprovalOutcome,
    ApprovalTier,
    LevelState,
    Role,
    deciding_tier,
    outcome,
    revised,
    tier_for,
)

AMOUNTS = st.decimals(min_value="0.00", max_value="99999.99", places=2)
TIERS = st.lists(
    st.builds(ApprovalTier, from_amount=AMOUNTS, roles=st.just(("manager",))),
    unique_by=lambda tier: tier.from_amount,
    max_size=6,
)
LEVELS = st.dictionaries(st.sampled_from(list(Role)), st.sampled_from(list(LevelState)), min_size=1)


@pytest.mark.parametrize(
    ("amount", "roles"),
    [
        ("0.00", ()),
        ("249.99", ()),
        ("250.00", ("manager",)),
        ("999.99", ("manager",)),
        ("1000.00", ("manager", "director")),
        ("9999.99", ("manager", "director")),
        ("10000.00", ("manager", "director", "vp")),
        ("1000000.00", ("manager", "director", "vp")),
    ],
)
def test_the_tiers_of_orders_are_those_of_the_contract(amount: str, roles: tuple[str, ...]) -> None:
    assert tier_for(Decimal(amount), ORDER_TIERS).roles == roles


@given(AMOUNTS, TIERS)
def test_the_highest_tier_that_was_reached_counts_in_whatever_order_they_stand(
    amount: Decimal, tiers: list[ApprovalTier]
) -> None:
    reached = [tier for tier in tiers if tier.from_amount <= amount]

    chosen = tier_for(amount, tiers)

    assert chosen == tier_for(amount, reversed(tiers))
    assert chosen in reached if reached else chosen is NO_APPROVAL
    assert all(tier.from_amount <= chosen.from_amount for tier in reached)


@given(AMOUNTS, AMOUNTS)
def test_a_larger_order_never_needs_fewer_approvals(one: Decimal, other: Decimal) -> None:
    smaller, larger = sorted([one, other])

    assert set(tier_for(smaller, ORDER_TIERS).roles) <= set(tier_for(larger, ORDER_TIERS).roles)


@given(LEVELS)
def test_one_rejection_ends_it_and_everybody_who_is_asked_must_approve(levels: dict[str, LevelState]) -> None:
    states = set(levels.values())

    ended = outcome(levels)

    assert (ended == ApprovalOutcome.REJECTED) == (LevelState.REJECTED in states)
    assert (ended == ApprovalOutcome.APPROVED) == (states <= {LevelState.APPROVED, LevelState.DROPPED})


@given(LEVELS, st.lists(st.sampled_from(list(Role)), unique=True))
def test_grown_content_is_decided_anew_by_exactly_who_is_asked(levels: dict, roles: list) -> None:
    after = revised(levels, roles=roles, grown=True)

    assert {role for role, state in after.items() if state == LevelState.PENDING} == set(roles)
    assert set(after.values()) <= {LevelState.PENDING, LevelState.DROPPED}


@given(LEVELS, st.lists(st.sampled_from(list(Role)), unique=True))
def test_decisions_on_more_stand_when_it_becomes_less(levels: dict, roles: list) -> None:
    after = revised(levels, roles=roles, grown=False)

    decided = {role: state for role, state in levels.items() if state in (LevelState.APPROVED, LevelState.REJECTED)}
    assert decided.items() <= after.items()
    assert {role for role, state in after.items() if state == LevelState.PENDING} <= set(roles)


@given(AMOUNTS, TIERS)
def test_no_expense_is_paid_without_a_decision(amount: Decimal, tiers: list[ApprovalTier]) -> None:
    asked = deciding_tier(amount, tiers)

    assert asked.roles == ("manager",)
    if any(tier.from_amount <= amount for tier in tiers):
        assert asked == tier_for(amount, tiers)


def test_below_the_lowest_tier_the_lowest_decides_on_an_expense() -> None:
    tiers = [ApprovalTier(Decimal("50.00"), ("director",)), ApprovalTier(Decimal("500.00"), ("vp",))]

    assert deciding_tier(Decimal("49.99"), tiers).roles == ("director",)
    assert deciding_tier(Decimal("50.00"), tiers).roles == ("director",)
    assert deciding_tier(Decimal("500.00"), tiers).roles == ("vp",)
