"""`manage.py check_mirror` as an operator runs it."""

from datetime import timedelta
from io import StringIO

from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.models import MirrorCheck, Order


def check_mirror(*words: str) -> tuple[int, str]:
    """Its exit code, and what it says: findings, then a summary."""
    out = StringIO()
    try:
        call_command("check_mirror", *words, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def let_it_age() -> None:
    """What has just begun is given a moment before anybody misses it; these orders have had it."""
    Order.objects.update(placed_at=timezone.now() - timedelta(hours=1))


def found() -> list[tuple[str, str]]:
    """What the latest check found, as (rule, subject)."""
    return list(MirrorCheck.objects.latest("pk").findings.order_by("pk").values_list("rule", "subject"))


def repairs_of(order: Order) -> list[tuple[str, str, str]]:
    """What the order's timeline says of repairs: rule, before and after."""
    entries = order.timeline.filter(kind="mirror_repaired").order_by("pk")
    return [(entry.data["rule"], entry.data["before"], entry.data["after"]) for entry in entries]
