"""Account statements that finance uploads, and the payments in them."""

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import display
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminFileFieldWidget

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import BaseAdmin, ReadOnlyAdmin
from orders.admin.base.proof import asks, with_password
from orders.admin.base.typed import ModelForm
from orders.http_status import http_status
from orders.models import BankStatement, StatementLine
from orders.reconciliation.statements import LARGEST_FILE
from orders.rules.states import StatementState
from orders.uploads import hand_over
from temporal_app.client.errors import ClientError

ACCEPTED = ".xml,.camt,.sta,.mt940,.940,.txt,application/xml,text/xml,text/plain"


class UploadForm(ModelForm):
    """A file, and nothing else."""

    class Meta:
        model = BankStatement
        fields = ("file",)
        widgets = {
            "file": UnfoldAdminFileFieldWidget(
                attrs={"accept": ".xml,.camt,.sta,.mt940,.940,.txt,application/xml,text/xml,text/plain"}
            )
        }
        help_texts = {
            "file": gettext_lazy(
                "CAMT.053, CAMT.054 or MT940, as your bank offers it for download. "
                "Payments that were taken before are left alone, however often a file is uploaded."
            )
        }

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_FILE:
            raise forms.ValidationError(_("The file is larger than %(size)s MB.") % {"size": LARGEST_FILE // 2**20})
        return file


@admin.register(BankStatement)
class BankStatementAdmin(BaseAdmin):
    """People upload; what is in a file is taken by a workflow, and stands here afterwards."""

    when_empty = gettext_lazy("Account statements stand here once somebody has uploaded one.")
    form = UploadForm
    list_display = ("name", "progress", "credits", "debits", "repeated", "left_out", "wrong", "who", "uploaded")
    list_filter = (by_label("state", gettext_lazy("state"), labels.statement_state),)
    search_fields = ("name",)
    ordering = ("-pk",)
    list_select_related = ("uploaded_by",)
    list_disable_select_all = True
    list_per_page = 50

    def get_fields(self, request: HttpRequest, obj: BankStatement | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("file", "password") if asks(request) else ("file",)
        return ("name", "progress", "payments", "debits", "repeated", "left_out", "told", "who", "uploaded", "imported")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """What a file says has come is money: uploading one asks for the password too."""
        form = self.form if obj else with_password(self.form, request)
        return super().get_form(request, obj, change, **{"form": form, **kwargs})

    def get_readonly_fields(self, request: HttpRequest, obj: BankStatement | None = None) -> tuple[str, ...]:
        return self.get_fields(request, obj) if obj else ()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def has_change_permission(self, request: HttpRequest, obj: BankStatement | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BankStatement | None = None) -> bool:
        """A file that was refused, and of which nothing was taken, may go; who uploads may do that."""
        refused = obj is not None and obj.state == StatementState.REFUSED and not obj.lines.exists()
        return refused and request.user.has_perm("orders.add_bankstatement")

    def delete_model(self, request: HttpRequest, obj: BankStatement) -> None:
        super().delete_model(request, obj)
        obj.file.delete(save=False)

    def save_model(self, request: HttpRequest, obj: BankStatement, form: forms.Form, change: bool) -> None:
        obj.name, obj.uploaded_by = form.cleaned_data["file"].name[:200], people.signed_in(request)
        super().save_model(request, obj, form, change)
        request.uploaded_statement = obj  # type: ignore[attr-defined]

    def message_user(self, request: HttpRequest, message: object, *args: Any, **kwargs: Any) -> None:
        """Nothing of Django's own: what became of the file is told once it is known."""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().add_view(request, form_url, extra_context)
        statement = getattr(request, "uploaded_statement", None)
        if statement is None:
            return answer
        try:  # written and committed; a worker can see it now
            _tell(request, *hand_over(statement))
        except ClientError as error:
            messages.error(request, people.explain(error))
            return self._asked_again(request, http_status(error))
        return answer

    def _asked_again(self, request: HttpRequest, status: int) -> HttpResponse:
        """The empty form, with the status of what went wrong."""
        anew = copy(request)
        anew.method = "GET"
        answer = super().add_view(anew)
        answer.status_code = status
        return answer

    uploaded = html.moment_column("uploaded_at", gettext_lazy("uploaded"))
    imported = html.moment_column("imported_at", gettext_lazy("imported"))

    @display(description=gettext_lazy("uploaded by"))
    def who(self, statement: BankStatement) -> str:
        return people.name(statement.uploaded_by)

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, statement: BankStatement) -> SafeString:
        return html.badge(labels.statement_state(statement.state), statement.state)

    @display(description=gettext_lazy("problems"))
    def wrong(self, statement: BankStatement) -> int:
        return len(statement.problems)

    @display(description=gettext_lazy("problems"))
    def told(self, statement: BankStatement) -> SafeString | str:
        if not statement.problems:
            return "–"
        rows = format_html_join(
            "", "<li>{}</li>", ((labels.statement_problem(problem),) for problem in statement.problems)
        )
        return format_html('<ul class="s-list">{}</ul>', rows)

    @display(description=gettext_lazy("payments received"))
    def payments(self, statement: BankStatement) -> SafeString:
        url = f"{reverse('admin:orders_statementline_changelist')}?statement__id__exact={statement.pk}"
        return format_html('<a class="s-link" href="{}">{}</a>', url, statement.credits)


def _tell(request: HttpRequest, statement: BankStatement, finished: bool) -> None:
    """Say what became of a file."""
    if statement.state == StatementState.REFUSED:
        messages.error(
            request, _("Refused: %(reason)s") % {"reason": " ".join(map(labels.statement_problem, statement.problems))}
        )
    elif not finished and statement.state == StatementState.UPLOADED:
        messages.info(request, _("The file is being taken. Look again in a minute."))
    else:
        count = statement.credits
        told = ngettext("%(count)s new payment taken.", "%(count)s new payments taken.", count) % {"count": count}
        messages.success(request, told)


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    """Payments on our account, each with what became of it."""

    when_empty = gettext_lazy("The payments on uploaded account statements stand here.")
    list_display = ("booked", "sum", "payer", "words", "result", "order_number")
    list_filter = (by_label("payment_event__outcome", gettext_lazy("outcome"), labels.payment_event_outcome),)
    search_fields = ("reference", "purpose", "payer", "payment_event__order_number")
    date_hierarchy = "booked_on"
    ordering = ("-booked_on", "-pk")
    list_select_related = ("payment_event", "statement")
    fields = (
        "booked", "sum", "payer", "payer_iban", "reference", "purpose", "end_to_end", "entry_reference", "account",
        "result", "order_number", "statement",
    )  # fmt: skip

    linked_lookups = ("statement__id__exact",)

    @display(description=gettext_lazy("booked"), ordering="booked_on")
    def booked(self, line: StatementLine) -> str:
        return labels.day(line.booked_on)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, line: StatementLine) -> str:
        return labels.money(line.amount, line.currency)

    @display(description=gettext_lazy("purpose"))
    def words(self, line: StatementLine) -> str:
        return line.reference or line.purpose or "–"

    @display(description=gettext_lazy("outcome"))
    def result(self, line: StatementLine) -> SafeString:
        url = reverse("admin:orders_paymentevent_change", args=[line.payment_event_id])
        badge = html.badge(labels.payment_event_outcome(line.payment_event.outcome), line.payment_event.outcome)
        return format_html('<a href="{}">{}</a>', url, badge)

    @display(description=gettext_lazy("order"), ordering="payment_event__order_number")
    def order_number(self, line: StatementLine) -> str:
        return line.payment_event.order_number or "–"
