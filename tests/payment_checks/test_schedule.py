"""The whole life of the schedule, from the command line, on the real dev server."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
)

from orders.models import PaymentCheck
from temporal_app import names
from tests.factories.orders import ask, eventually
from tests.factories.waiting import make_waiting

NAME = "hourly-payment-batch"


def schedules(*words: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("schedules", *words, stdout=out)
    return out.getvalue().strip()


def test_the_whole_life_of_the_schedule(worker: Client):
    make_waiting(3)

    assert schedules("describe") == f"{NAME}: not set up (manage.py schedules sync does)."
    assert schedules("sync", NAME) == f"{NAME}: set up."
    assert schedules("sync", NAME) == f"{NAME}: already as it should be."
    assert "state:         running" in schedules("describe")
    assert schedules("pause", "--note", "month-end") == f"{NAME}: paused (month-end)."
    assert schedules("trigger").startswith(f"{NAME}: was started")
    eventually(lambda: PaymentCheck.objects.filter(finished_at__isnull=False, processed=3).exists())
    told = schedules("describe")
    assert "state:         paused" in told
    assert "note:          month-end" in told
    assert "every:         1:00:00" in told
    assert f"latest:        {PaymentCheck.objects.get().workflow_id}" in told
    assert schedules("unpause") == f"{NAME}: running again (unpaused from the command line)."
    assert schedules("delete") == f"{NAME}: removed."
    assert schedules("describe").startswith(f"{NAME}: not set up")
    assert PaymentCheck.objects.get().requested_by == "schedule:hourly-payment-batch"


def test_sync_changes_what_it_owns_and_keeps_an_operators_pause(temporal: Client):
    schedules("sync", NAME)
    schedules("pause", "--note", "the bank is away")
    handle = temporal.get_schedule_handle(NAME)

    async def every_second_hour() -> None:
        def change(current) -> ScheduleUpdate:
            schedule = current.description.schedule
            schedule.spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=2))])
            return ScheduleUpdate(schedule)

        await handle.update(change)

    ask(every_second_hour())
    before = schedules("describe")

    said = schedules("sync", NAME)
    after = schedules("describe")

    assert "every:         2:00:00" in before
    assert said == f"{NAME}: brought up to date."
    assert "every:         1:00:00" in after
    assert "state:         paused" in after
    assert "note:          the bank is away" in after
    assert schedules("sync", NAME) == f"{NAME}: already as it should be."


def test_while_a_check_runs_the_next_one_is_left_out(temporal: Client):
    handle = temporal.get_schedule_handle(NAME)
    schedules("sync", NAME)
    schedules("trigger")
    running = eventually(lambda: ask(handle.describe()).info.running_actions)

    schedules("trigger")
    eventually(lambda: ask(handle.describe()).info.num_actions_skipped_overlap)

    assert ask(handle.describe()).info.running_actions == running
    assert ask(handle.describe()).info.num_actions == 1


def test_sync_sets_right_what_happens_to_checks_that_overlap_or_were_missed(temporal: Client):
    schedules("sync", NAME)
    handle = temporal.get_schedule_handle(NAME)

    def all_at_once(current) -> ScheduleUpdate:
        schedule = current.description.schedule
        schedule.policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=timedelta(days=9))
        return ScheduleUpdate(schedule)

    ask(handle.update(all_at_once))

    said = schedules("sync", NAME)

    policy = ask(handle.describe()).schedule.policy
    assert said == f"{NAME}: brought up to date."
    assert (policy.overlap, policy.catchup_window) == (ScheduleOverlapPolicy.SKIP, timedelta(hours=2))


def test_a_run_of_the_schedule_ends_some_time_and_one_that_was_set_up_without_that_is_set_right(temporal: Client):
    schedules("sync")
    handle = temporal.get_schedule_handle(NAME)

    def for_ever(current) -> ScheduleUpdate:
        schedule = current.description.schedule
        schedule.action.execution_timeout = None
        return ScheduleUpdate(schedule)

    ask(handle.update(for_ever))

    said = schedules("sync", NAME)

    assert said == f"{NAME}: brought up to date."
    assert ask(handle.describe()).schedule.action.execution_timeout == timedelta(hours=3)


def test_sync_leaves_other_schedules_alone(temporal: Client):
    other = Schedule(
        action=ScheduleActionStartWorkflow("Other", id="other", task_queue="other"),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(days=1))]),
    )
    ask(temporal.create_schedule("somebody-elses", other))

    schedules("sync", NAME)
    schedules("delete")

    described = ask(temporal.get_schedule_handle("somebody-elses").describe())
    assert described.schedule.spec.intervals[0].every == timedelta(days=1)


@pytest.mark.parametrize("step", ["pause", "unpause", "trigger", "delete"])
def test_without_a_schedule_each_step_says_what_to_do_and_fails(temporal: Client, step: str):
    with pytest.raises(CommandError, match=f"The schedule {NAME} is not set up"):
        schedules(step)


def test_without_temporal_it_says_so_and_fails(temporal_away: None):
    with pytest.raises(CommandError, match="cannot take this right now"):
        schedules("describe")


def test_an_unknown_step_is_refused_with_the_known_ones():
    with pytest.raises(CommandError, match="invalid choice: 'stop'"):
        schedules("stop")


def test_the_schedules_name_is_the_one_of_the_contract():
    assert names.PAYMENT_BATCH_SCHEDULE == NAME
