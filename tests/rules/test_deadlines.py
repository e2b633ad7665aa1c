"""By when an order has to be paid."""

import pytest

from orders.rules.approvals import DAY
from orders.rules.deadlines import check_extension, reminder
from orders.rules.refusals import Refusal, RuleBroken

NOW = 1_800_000_000.0
DEADLINE, LAST = NOW + 2 * DAY, NOW + 60 * DAY


@pytest.mark.parametrize(
    ("payment", "before", "is_sent"), [(14 * DAY, 2 * DAY, 2 * DAY), (DAY, 2 * DAY, DAY // 2), (9, 0, 0)]
)
def test_a_reminder_comes_some_time_before_the_deadline_or_half_way(payment: int, before: int, is_sent: int) -> None:
    assert reminder(payment=payment, before=before) == is_sent


@pytest.mark.parametrize("until", [DEADLINE + 1, NOW + 31 * DAY])
def test_a_deadline_may_be_put_off_to_the_end_of_the_thirtieth_day(until: float) -> None:
    check_extension(until, now=NOW, deadline=DEADLINE, last=LAST)


@pytest.mark.parametrize(
    ("until", "last", "refusal"),
    [
        (DEADLINE, LAST, Refusal.DEADLINE_NOT_LATER),
        (NOW - DAY, LAST, Refusal.DEADLINE_NOT_LATER),
        (float("nan"), LAST, Refusal.DEADLINE_NOT_LATER),
        (NOW + 31 * DAY + 1, LAST, Refusal.DEADLINE_TOO_LATE),
        (float("inf"), LAST, Refusal.DEADLINE_TOO_LATE),
        (DEADLINE + 2, DEADLINE + 1, Refusal.DEADLINE_TOO_LATE),
    ],
)
def test_a_deadline_never_moves_back_nor_further_than_the_shop_allows(
    until: float, last: float, refusal: Refusal
) -> None:
    with pytest.raises(RuleBroken) as broken:
        check_extension(until, now=NOW, deadline=DEADLINE, last=last)

    assert broken.value.code == refusal


def test_a_deadline_that_has_passed_while_somebody_was_charged_may_only_move_beyond_now() -> None:
    with pytest.raises(RuleBroken):
        check_extension(NOW - 1, now=NOW, deadline=NOW - 2, last=LAST)
