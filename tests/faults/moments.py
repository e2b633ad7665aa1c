"""The moments at which a worker dies, and how long it takes until somebody takes the step up again."""

from tests.faults.stack import STEP_TIMEOUT, TASK_TIMEOUT

# What orders and their checks come through; the rest waits for deadlines that take days, for files, for decisions about
# money that did not match, or belongs to operators.
ACTIVITIES = (
    *("record_cart", "place_order"),
    *("reserve_stock", "hold_payment", "charge_card", "capture_payment", "complete_order"),
    *("add_line", "set_line", "set_language", "record_order_event", "match_payment_event"),
    *("begin_undo", "return_money", "release_stock", "record_cancelled"),
    *("schedule_shipping", "record_shipped", "record_delivered", "cancel_shipping"),
    *("remind_of_payment", "extend_payment_deadline", "reopen_order"),
    *("open_approval", "record_decision", "amend_approval", "end_approval"),
    *("start_check", "check_order_batch", "check_order", "record_progress", "record_outcome", "await_fulfilment"),
    "send_notifications",
)
# They have no inside: one looks at the mirror, the other writes only where a provider's report was lost.
ONLY_READ = {"await_fulfilment", "check_order"}
PROVIDER = ("hold", "charge", "capture", "release", "refund", "book", "cancel")
SERVER_POINTS = [
    f"after {step} server"
    for step in ("place_order", "add_line", "record_decision", "begin_undo", "capture_payment", "record_shipped")
]
GRACE = 10.0
BACKOFF, LONGEST_PAUSE = 3.0, STEP_TIMEOUT  # of `policies.CALL_PROVIDER`, the steepest there is; cut as timeouts are


POINTS = [
    *(f"{when} {name}" for name in ACTIVITIES for when in ("before", "after")),
    *(f"inside {name}" for name in ACTIVITIES if name not in ONLY_READ),
    *(f"called {name}" for name in PROVIDER),
]


def recoveries(journal: list[str]) -> tuple[list[float], list[str]]:
    """How long it took, after each death in a step, until the step was begun again (seconds, without the pause that
    there is before a third attempt and further ones), and which took longer than its timeout and ten seconds more.
    Where a machine has more to do than it has processors, ten seconds of its work take longer."""
    took: list[float] = []
    late: list[str] = []
    waiting: dict[tuple[str, str], tuple[float, str, int]] = {}
    for line in journal:
        at, what, *words = line.split()
        if what == "died" and len(words) >= 4:
            when, name, workflow, attempt = words[:4]
            waiting.setdefault((name, workflow), (float(at), f"{when} {name} of {workflow}", int(attempt)))
        elif what == "begun" and (died := waiting.pop((words[0], words[1]), None)):
            pause = min(LONGEST_PAUSE, BACKOFF ** (died[2] - 1)) if died[2] > 1 else 0
            took.append(max(0.0, float(at) - died[0] - pause))
            if took[-1] > max(STEP_TIMEOUT, TASK_TIMEOUT) + GRACE * float(words[3]):
                late.append(f"{died[1]}: taken up again after {took[-1]:.1f} s")
    return took, late
