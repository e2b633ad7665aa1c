"""Payment checks: what ran and how far it is, and the schedule that starts them."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, Dialog, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.forms import OnceForm
from orders.models import Order, PaymentCheck
from orders.models.payment_check import CheckEnd
from orders.rules.status import WaitingFor
from temporal_app import client

END_TONES = {"": "submitted", CheckEnd.FINISHED: "approved"}


class CheckAllForm(OnceForm, ClientForm):
    """Ask about every order that waits for its money."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facts = [(_("Orders that wait"), Order.objects.filter(waiting_for=WaitingFor.PAYMENT).count())]


class ScheduleForm(ClientForm):
    """Something about the schedule."""


class NoteForm(ClientForm):
    """Something about the schedule, and why."""

    note = forms.CharField(label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextInputWidget)


CHECK_ALL = dialog(
    CheckAllForm,
    gettext_lazy("Check all now"),
    gettext_lazy("Each provider is asked about a hundred orders at a time. You see how far it is."),
)
SYNC = dialog(
    ScheduleForm,
    gettext_lazy("Set up"),
    gettext_lazy("Makes the schedule what this version of the shop wants. A pause is kept."),
)
PAUSE = dialog(NoteForm, gettext_lazy("Pause"), gettext_lazy("No more checks start until somebody goes on."))
UNPAUSE = dialog(NoteForm, gettext_lazy("Go on"), gettext_lazy("Checks start every hour again."))
TRIGGER = dialog(
    ScheduleForm, gettext_lazy("Run now"), gettext_lazy("The schedule starts a check now, unless one is running.")
)
REMOVE = dialog(
    ScheduleForm,
    gettext_lazy("Remove"),
    gettext_lazy("No check starts by itself any more, until it is set up again."),
    danger=True,
)


@admin.register(PaymentCheck)
class PaymentCheckAdmin(ReadOnlyAdmin):
    when_empty = gettext_lazy("Checks of payments stand here, those of every hour and those that somebody asked for.")
    list_display = ("begun", "sort", "whom", "progress", "processed", "paid", "failed", "odd")
    list_filter = (by_label("kind", gettext_lazy("kind"), labels.check_kind),)
    search_fields = ("workflow_id", "results__number")
    date_hierarchy = "started_at"
    ordering = ("-started_at",)
    actions_list = ("check_all", "sync", "pause", "unpause", "trigger", "remove")
    list_before_template = "admin/shop/checks_before.html"

    begun = html.moment_column("started_at", gettext_lazy("started"))

    @display(description=gettext_lazy("kind"), ordering="kind")
    def sort(self, check: PaymentCheck) -> str:
        return labels.check_kind(check.kind)

    @display(description=gettext_lazy("requested by"), ordering="requested_by")
    def whom(self, check: PaymentCheck) -> str:
        return labels.actor(check.requested_by)

    @display(description=gettext_lazy("progress"), ordering="finished_at")
    def progress(self, check: PaymentCheck) -> str:
        if not check.end:
            return html.badge(f"{check.percent} %", "submitted")
        return html.badge(labels.payment_check_end(check.end), END_TONES.get(check.end, "rejected"))

    @display(description=gettext_lazy("without an answer"), ordering="unanswered")
    def odd(self, check: PaymentCheck) -> str:
        return str(check.unanswered or "–")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        button = _button("check_all", CHECK_ALL, "primary") if self.has_run_permission(request) else ""
        return super().changelist_view(request, {**(extra_context or {}), "check_all": button})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        check = self.get_object(request, object_id) if object_id else None
        if check and self.has_view_permission(request, check):
            return HttpResponseRedirect(reverse("admin:payment-check", args=[check.workflow_id]))
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_actions_list(self, request: HttpRequest) -> list[Any]:
        """None in the frame: the page shows those that fit the schedule's state."""
        return []

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.run_paymentcheck")

    @dialog_action(CHECK_ALL, permission="run")
    def check_all(self, request: HttpRequest, form: CheckAllForm) -> HttpResponse:
        once = {"by": people.by(request), "request_id": form.cleaned_data["request_id"]}
        return begin(request, form, CHECK_ALL, lambda: client.check_all_payments(**once))

    @dialog_action(SYNC, permission="run")
    def sync(self, request: HttpRequest, form: ScheduleForm) -> HttpResponse:
        words = {
            "created": _("The hourly check is set up."),
            "updated": _("The hourly check is brought up to date."),
            "unchanged": _("The hourly check is as it should be."),
        }
        return _operate(request, form, SYNC, lambda: words[client.sync_schedule()])

    @dialog_action(PAUSE, permission="run")
    def pause(self, request: HttpRequest, form: NoteForm) -> HttpResponse:
        def step() -> str:
            client.pause_schedule(note=form.cleaned_data["note"])
            return _("The hourly check is paused.")

        return _operate(request, form, PAUSE, step)

    @dialog_action(UNPAUSE, permission="run")
    def unpause(self, request: HttpRequest, form: NoteForm) -> HttpResponse:
        def step() -> str:
            client.unpause_schedule(note=form.cleaned_data["note"])
            return _("The hourly check goes on.")

        return _operate(request, form, UNPAUSE, step)

    @dialog_action(TRIGGER, permission="run")
    def trigger(self, request: HttpRequest, form: ScheduleForm) -> HttpResponse:
        def step() -> str:
            client.trigger_schedule()
            return _("The hourly check was asked to run now.")

        return _operate(request, form, TRIGGER, step)

    @dialog_action(REMOVE, permission="run")
    def remove(self, request: HttpRequest, form: ScheduleForm) -> HttpResponse:
        def step() -> str:
            client.delete_schedule()
            return _("The hourly check is removed.")

        return _operate(request, form, REMOVE, step)


def _operate(request: HttpRequest, form: ClientForm, about: Dialog, step: Callable[[], str]) -> HttpResponse:
    return call_client(request, form, about, step, back=reverse("admin:orders_paymentcheck_changelist"))


def begin(request: HttpRequest, form: ClientForm, about: Dialog, start: Callable[[], str]) -> HttpResponse:
    """Start a check through a client function and go where it can be watched. `start` answers the workflow's id."""
    started: list[str] = []

    def step() -> str:
        started.append(start())
        return _("The check has begun.")

    answer = _operate(request, form, about, step)
    if started:
        header = "HX-Redirect" if "HX-Redirect" in answer.headers else "Location"
        answer.headers[header] = reverse("admin:payment-check", args=started)
    return answer


def _button(step: str, about: Dialog, tone: str = "plain", words: str = "") -> str:
    return html.dialog_link(reverse(f"admin:orders_paymentcheck_{step}"), words or str(about["title"]), tone=tone)


def schedule_buttons(*, exists: bool, paused: bool) -> list[Any]:
    """What an operator may do with the schedule as it stands."""
    if not exists:
        return [_button("sync", SYNC, "primary")]
    turn = _button("unpause", UNPAUSE, "primary") if paused else _button("pause", PAUSE)
    again = _button("sync", SYNC, words=_("Bring up to date"))
    return [_button("trigger", TRIGGER), turn, again, _button("remove", REMOVE, "danger")]
