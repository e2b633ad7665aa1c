"""Looking through the shop: what holds of the tables, and between the tables and the workflows, written down."""

from collections.abc import Iterator
from itertools import chain, islice

from asgiref.sync import async_to_sync
from django.utils import timezone
from temporalio import activity

from orders import invariants
from orders.invariants import providers
from orders.models import MirrorCheck, MirrorFinding
from orders.models.mirror_check import MOST_FINDINGS, CheckEnd
from orders.models.notification import MailKind
from orders.rules import actors
from orders.rules.invariants import Finding
from temporal_app import invariants as mirror
from temporal_app.activities.outbox import mail
from temporal_app.activities.recording import shop_activity
from temporal_app.connection import get_client
from temporal_app.messages import FindingsPage, MirrorCheckEnd, MirrorCheckStart, MirrorLook

PAGE = 100


@shop_activity(transactions="one")
def start_mirror_check(start: MirrorCheckStart) -> int:
    """Write down that a check begins; returns the key of its row."""
    columns = {"requested_by": start.by, "repairs": start.repair, "started_at": timezone.now()}
    check, _new = MirrorCheck.objects.get_or_create(workflow_id=start.workflow_id, defaults=columns)
    return check.pk


@shop_activity(transactions="several")
def check_tables(look: MirrorLook) -> None:
    """Keep everything in the tables that does not add up, and what providers know otherwise."""
    check = MirrorCheck.objects.get(pk=look.check_id)
    now = timezone.now()
    tables = invariants.findings(now=now, progress=activity.heartbeat)
    for page in _pages(chain(tables, providers.findings(now=now))):
        activity.heartbeat()
        if not check.add(page, look=look.look):
            return


def _pages(findings: Iterator[Finding]) -> Iterator[list[Finding]]:
    while page := list(islice(findings, PAGE)):
        yield page


@shop_activity(transactions="several")
def check_workflows(look: MirrorLook) -> None:
    """Keep everything in which the tables and the workflows differ.

    :raises NotConnected, RPCError: Temporal does not answer
    """
    check = MirrorCheck.objects.get(pk=look.check_id)

    async def found() -> list[Finding]:
        client, findings = await get_client(), []
        async for finding in mirror.findings(client, now=timezone.now(), progress=activity.heartbeat):
            findings.append(finding)
            if len(findings) > MOST_FINDINGS:
                break
        return findings

    check.add(async_to_sync(found)(), look=look.look)


@shop_activity(transactions="one")
def list_findings(page: FindingsPage) -> list[int]:
    """The next findings of a check that break one rule."""
    left = MirrorFinding.objects.filter(check_run_id=page.check_id, rule=page.rule, pk__gt=page.after)
    return list(left.order_by("pk").values_list("pk", flat=True)[:PAGE])


@shop_activity(transactions="one")
def end_mirror_check(end: MirrorCheckEnd) -> int:
    """Write down how a check ended; returns how much is left. Of the nightly one's operations are told, if anything."""
    check = MirrorCheck.objects.get(pk=end.check_id)
    check.end(CheckEnd.BROKEN_OFF if end.broken_off else CheckEnd.DONE, at=timezone.now(), look=end.look)
    left = check.left().count()
    if left and actors.is_a(actors.SCHEDULE, check.requested_by):
        data = {"check": check.pk, "left": left}
        mail(MailKind.OPERATIONS_ALERT, to="operations", key=f"mirror check:{check.pk}", data=data)
    return left
