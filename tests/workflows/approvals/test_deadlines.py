"""What time does to an approval: reminders, escalation, expiry and delegations, at the second, summer time or not."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment

from orders import labels
from orders.mail.recipients import Recipient
from orders.mail.rendering import render
from orders.models import Notification, Order
from orders.rules.refusals import Refusal
from temporal_app.activities import outbox
from temporal_app.messages import Decision
from temporal_app.workflows.approval import ApprovalWorkflow
from tests.factories.approvals import DAY, Handle, decisions, levels, row, start_approval
from tests.factories.orders import ask, eventually, order_events
from tests.factories.people import make_user
from tests.factories.rows import make_delegation, make_order

BERLIN = ZoneInfo("Europe/Berlin")
TO_SUMMER_TIME = datetime(2027, 3, 28, 2, tzinfo=BERLIN)  # then it is 3 o'clock at once
WEEK = 7 * DAY
MINUTE = 60


class Clock:
    """The time-skipping server's clock."""

    def __init__(self, server: WorkflowEnvironment) -> None:
        self.server = server

    def now(self) -> datetime:
        return ask(self.server.get_current_time())

    def pass_by(self, seconds: float) -> None:
        ask(self.server.sleep(timedelta(seconds=seconds)))

    def pass_until(self, moment: datetime) -> None:
        self.pass_by((moment - self.now()).total_seconds())


@pytest.fixture
def clock(skipping_worker: WorkflowEnvironment) -> Clock:
    outbox.notifier = outbox.OutboxNotifier(
        lambda: None
    )  # mail goes by the real clock: sent again every 10 s, for a week
    return Clock(skipping_worker)


@pytest.fixture(params=["any time", "over the change to summer time"])
def then(request: pytest.FixtureRequest, clock: Clock) -> Clock:
    """The clock at two moments to begin at: now, and three days before clocks go forward."""
    if request.param != "any time":
        clock.pass_until(TO_SUMMER_TIME - timedelta(days=3))
    return clock


def mails(kind: str) -> list[str]:
    """Who was written to, in the order of writing."""
    return list(Notification.objects.filter(kind=kind).order_by("id").values_list("recipient", flat=True))


def decide_now(approval: Handle, person, role: str = "manager") -> str | None:
    """Decide without the client function, which goes by the real clock; answers why not."""
    try:
        ask(approval.execute_update(ApprovalWorkflow.decide, Decision(role, True, by=f"user:{person.pk}")))
    except WorkflowUpdateFailedError as failed:
        return failed.cause.type
    return None


def outcome(order: Order) -> str:
    return row(order).outcome


def test_the_deadline_is_so_many_seconds_away_and_shown_as_local_time(then: Clock):
    order, begun = make_order(), then.now()

    start_approval(order, deadline_seconds=WEEK, remind_before_seconds=DAY)

    deadline = row(order).deadline
    assert abs((deadline - begun).total_seconds() - WEEK) < 5
    over_the_change = begun < TO_SUMMER_TIME < deadline
    shift = deadline.astimezone(BERLIN).utcoffset() - begun.astimezone(BERLIN).utcoffset()
    assert shift == timedelta(hours=1 if over_the_change else 0)
    shown = f"{deadline.astimezone(BERLIN):%H:%M}"
    assert labels.moment(deadline).endswith(shown)
    mail = Notification.objects.get(kind="approval_requested")
    assert shown in render(mail, Recipient("alice@example.org", "en")).text


def test_who_has_not_decided_is_reminded_a_day_before_the_deadline_and_not_earlier(then: Clock):
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order, "manager", "director", deadline_seconds=WEEK, remind_before_seconds=DAY)
    decide_now(approval, alice)
    due = row(order).deadline - timedelta(days=1)

    then.pass_until(due - timedelta(minutes=1))
    assert mails("approval_reminder") == []
    then.pass_by(2 * MINUTE)

    assert eventually(lambda: mails("approval_reminder")) == ["role:director"]
    assert outcome(order) == "pending"


def test_a_level_nobody_decides_is_rejected_at_the_deadline_and_not_earlier(then: Clock):
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order, "manager", "director", deadline_seconds=WEEK, remind_before_seconds=DAY)
    decide_now(approval, alice)

    then.pass_until(row(order).deadline - timedelta(minutes=1))
    assert outcome(order) == "pending"
    then.pass_by(2 * MINUTE)

    eventually(lambda: outcome(order) == "expired")
    assert order_events(order)[-2:] == ["approval_reminded", "approval_expired"]
    assert len(mails("approval_reminder")) == 1


def test_a_level_nobody_decides_is_passed_on_at_the_deadline_with_the_whole_time_again(then: Clock):
    order, dora = make_order(), make_user("dora", "director")
    approval = start_approval(
        order, deadline_seconds=WEEK, remind_before_seconds=DAY, at_deadline="escalate", escalate_to="director"
    )
    first = row(order).deadline

    then.pass_until(first - timedelta(minutes=1))
    assert levels(order) == {"manager": "pending"}
    then.pass_by(2 * MINUTE)

    eventually(lambda: levels(order) == {"manager": "dropped", "director": "pending"})
    assert abs(row(order).deadline - first - timedelta(seconds=WEEK)) < timedelta(seconds=5)
    assert mails("approval_requested") == ["role:manager", "role:director"]
    assert decide_now(approval, make_user("alice", "manager")) == Refusal.ROLE_NOT_ASKED
    assert decide_now(approval, dora, "director") is None
    assert ask(approval.result()).outcome == "approved"


def test_who_was_asked_instead_is_reminded_too_and_their_silence_rejects(clock: Clock):
    order = make_order()
    start_approval(
        order, deadline_seconds=WEEK, remind_before_seconds=DAY, at_deadline="escalate", escalate_to="director"
    )

    clock.pass_by(WEEK + MINUTE)
    eventually(lambda: levels(order)["manager"] == "dropped")
    clock.pass_by(WEEK - DAY)
    assert mails("approval_reminder") == ["role:manager", "role:director"]
    clock.pass_by(DAY)

    eventually(lambda: outcome(order) == "expired")
    assert order_events(order) == [
        "approval_requested",
        "approval_reminded",
        "approval_escalated",
        "approval_reminded",
        "approval_expired",
    ]


def test_silence_never_makes_another_roles_decision_the_last_word(clock: Clock):
    order, dora = make_order(), make_user("dora", "director")
    approval = start_approval(
        order, "manager", "director", deadline_seconds=WEEK, at_deadline="escalate", escalate_to="director"
    )
    decide_now(approval, dora, "director")

    clock.pass_by(WEEK + MINUTE)

    eventually(lambda: outcome(order) == "expired")


def test_a_late_decision_finds_the_approval_closed(clock: Clock):
    order, alice = make_order(), make_user("alice", "manager")
    approval = start_approval(order, deadline_seconds=WEEK)

    clock.pass_by(WEEK + MINUTE)
    eventually(lambda: outcome(order) == "expired")

    with pytest.raises(Exception, match=r"completed|not found"):
        decide_now(approval, alice)
    assert decisions(order) == []


def test_without_a_reminder_in_the_policy_nobody_is_reminded(clock: Clock):
    order = make_order()
    start_approval(order, deadline_seconds=WEEK)

    clock.pass_by(WEEK + MINUTE)

    eventually(lambda: outcome(order) == "expired")
    assert mails("approval_reminder") == []


def test_a_delegate_decides_within_the_window_only_and_both_names_are_kept(then: Clock):
    order, dora, bob = make_order(), make_user("dora", "director"), make_user("bob")
    late, vera = make_order(), make_user("vera", "vp")
    starts = then.now() + timedelta(days=2)
    make_delegation(dora, bob, since=starts, days=2)  # over the change of clocks, where there is one
    make_delegation(vera, bob, since=starts, days=2)
    approval = start_approval(order, "director", deadline_seconds=WEEK)
    another = start_approval(late, "vp", deadline_seconds=WEEK)

    then.pass_until(starts - timedelta(minutes=1))
    assert decide_now(approval, bob, "director") == Refusal.NOT_IN_ROLE
    then.pass_until(starts + timedelta(days=2) - timedelta(minutes=1))
    assert decide_now(approval, bob, "director") is None
    then.pass_by(2 * MINUTE)
    assert decide_now(another, bob, "vp") == Refusal.NOT_IN_ROLE

    decision = row(order).decisions.get()
    assert (decision.person, decision.acting_for, decision.actor) == (bob, dora, f"user:{bob.pk}")
    entry = order.timeline.get(kind="level_approved")
    assert (entry.actor, entry.data["acting_for"]) == (f"user:{bob.pk}", f"user:{dora.pk}")


def test_the_test_knows_when_clocks_go_forward():
    assert TO_SUMMER_TIME.astimezone(UTC) == datetime(2027, 3, 28, 1, tzinfo=UTC)
