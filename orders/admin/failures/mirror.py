"""Checks of the shop: every night, and whenever somebody asks, with what they found and what was put right."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin, ReadOnlyInline
from orders.admin.base.pages import workflow_url
from orders.forms import OnceForm
from orders.models import MirrorCheck, MirrorFinding, Order
from orders.models.mirror_check import CheckEnd
from orders.rules.identifiers import order_number
from temporal_app import client


class LookForm(OnceForm, ClientForm):
    """Look through the shop now."""


LOOK = dialog(
    LookForm,
    gettext_lazy("Look through now"),
    gettext_lazy("Compares all orders, stock and money with each other and with the workflows. It changes nothing."),
)
REPAIR = dialog(
    LookForm,
    gettext_lazy("Look through and repair"),
    gettext_lazy(
        "Looks through everything, puts right what follows from the workflows or from other rows, and looks again. "
        "Each repair stands on its order's timeline."
    ),
)
NOT_GREEN = "unmatched"


class FindingInline(ReadOnlyInline):
    model = MirrorFinding
    fields = readonly_fields = ("what", "where", "is_there", "should_be", "put_right")
    ordering = ("pk",)
    per_page = 50
    hide_title = True  # the columns say it

    @display(description=gettext_lazy("rule"))
    def what(self, finding: MirrorFinding) -> str:
        return labels.invariant(finding.rule)

    @display(description=gettext_lazy("where"))
    def where(self, finding: MirrorFinding) -> SafeString | str:
        number = order_number(finding.subject)
        order = Order.objects.filter(number=number).first() if number else None
        if order is None:
            return finding.subject
        return html.link(reverse("admin:orders_order_change", args=[order.pk]), finding.subject)

    @display(description=gettext_lazy("found"))
    def is_there(self, finding: MirrorFinding) -> str:
        return finding.found or "–"

    @display(description=gettext_lazy("should be"))
    def should_be(self, finding: MirrorFinding) -> str:
        return finding.wanted or "–"

    @display(description=gettext_lazy("repaired"))
    def put_right(self, finding: MirrorFinding) -> SafeString:
        if finding.repaired_at is None:
            return html.badge(_("Left"), NOT_GREEN)
        return html.badge(labels.moment(finding.repaired_at), "done")


@admin.register(MirrorCheck)
class MirrorCheckAdmin(ReadOnlyAdmin):
    when_empty = gettext_lazy(
        "Checks of the shop stand here, one for every night and for whenever somebody asks for one."
    )
    list_display = ("begun", "whom", "ending", "found", "repaired", "left")
    list_filter = (by_label("ended_as", gettext_lazy("ended as"), labels.check_end),)
    search_fields = ("findings__subject",)
    date_hierarchy = "started_at"
    ordering = ("-started_at",)
    fields = ("begun", "whom", "ending", "finished", "found", "repaired", "left", "temporal")
    inlines = (FindingInline,)
    actions_list = ("look", "repair")
    list_before_template = "admin/shop/mirror_before.html"

    begun = html.moment_column("started_at", gettext_lazy("started"))
    finished = html.moment_column("ended_at", gettext_lazy("ended"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[MirrorCheck]:
        put_right = Count("findings", filter=Q(findings__repaired_at__isnull=False))
        counted: QuerySet[MirrorCheck] = (
            super().get_queryset(request).annotate(found=Count("findings"), put_right=put_right)
        )
        return counted

    @display(description=gettext_lazy("requested by"), ordering="requested_by")
    def whom(self, check: MirrorCheck) -> str:
        return labels.actor(check.requested_by)

    @display(description=gettext_lazy("result"), ordering="ended_as")
    def ending(self, check: MirrorCheck) -> SafeString:
        if check.is_lost(timezone.now()):
            return html.badge(_("Stopped from outside"), NOT_GREEN)
        if check.ended_as != CheckEnd.DONE:
            return html.badge(labels.check_end(check.ended_as), NOT_GREEN if check.ended_as else "submitted")
        if self.open(check):
            return html.badge(_("Not as it should be"), NOT_GREEN)
        return html.badge(_("As it should be"), "done")

    @display(description=gettext_lazy("found"), ordering="found")
    def found(self, check: Any) -> str:
        return _("more than %(count)s") % {"count": check.found - 1} if check.more else str(check.found)

    @display(description=gettext_lazy("repaired"), ordering="put_right")
    def repaired(self, check: Any) -> str:
        return str(check.put_right)

    @display(description=gettext_lazy("left"))
    def left(self, check: MirrorCheck) -> str:
        return str(self.open(check))

    @staticmethod
    def open(check: Any) -> int:
        """How many findings are left of a check that was counted."""
        return int(check.found - check.put_right)

    @display(description=gettext_lazy("Temporal"))
    def temporal(self, check: MirrorCheck) -> SafeString:
        url = workflow_url(check.workflow_id)
        return format_html('<a class="s-link" href="{}" target="_blank" rel="noopener">{}</a>', url, _("Open"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        steps = (("look", LOOK, "primary"), ("repair", REPAIR, "plain")) if self.has_run_permission(request) else ()
        buttons = [
            html.dialog_link(reverse(f"admin:orders_mirrorcheck_{step}"), str(about["title"]), tone=tone)
            for step, about, tone in steps
        ]
        return super().changelist_view(request, {**(extra_context or {}), "mirror_buttons": buttons})

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        """None in the frame: they stand above the list."""
        return []

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.run_mirrorcheck")

    @dialog_action(LOOK, permission="run")
    def look(self, request: HttpRequest, form: LookForm) -> HttpResponse:
        return _begin(request, form, LOOK, repair=False)

    @dialog_action(REPAIR, permission="run")
    def repair(self, request: HttpRequest, form: LookForm) -> HttpResponse:
        return _begin(request, form, REPAIR, repair=True)


def _begin(request: HttpRequest, form: LookForm, about: dict[str, Any], *, repair: bool) -> HttpResponse:
    def step() -> str:
        client.check_mirror(by=people.by(request), request_id=form.cleaned_data["request_id"], repair=repair)
        return _("The check has begun. What it finds stands here when it is over.")

    return call_client(request, form, about, step, back=reverse("admin:orders_mirrorcheck_changelist"))
