"""Expenses: everybody on the staff files their own; approvers see those that were submitted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.db import IntegrityError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.dialogs import ClientForm, call_client, dialog, dialog_action
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import BaseAdmin
from orders.admin.base.typed import ModelForm
from orders.forms import OnceForm, request_key
from orders.models import ExpenseRequest
from orders.rules.refusals import Refusal
from orders.rules.states import ExpenseState
from temporal_app import client


class ExpenseForm(OnceForm, ModelForm):
    """What a person says about an expense."""

    class Meta:
        model = ExpenseRequest
        fields = ("amount", "category", "description")

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise forms.ValidationError(_("The amount must be more than zero."))
        return amount


class SubmitForm(ClientForm):
    """Hand an expense in for approval."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = ExpenseRequest.objects.filter(requester=people.signed_in(self.request))
        self.expense = get_object_or_404(own, pk=self.object_id)
        self.facts = [
            (_("Amount"), labels.money(self.expense.amount)),
            (_("Category"), self.expense.category),
            (_("Description"), self.expense.description),
        ]
        if self.expense.state != ExpenseState.DRAFT:
            self.closed = labels.refusal(Refusal.ALREADY_SUBMITTED, {})


SUBMIT = dialog(
    SubmitForm,
    gettext_lazy("Submit for approval"),
    gettext_lazy("Afterwards it can no longer be changed. You get a mail when it is decided."),
    submit=gettext_lazy("Submit"),
)


@admin.register(ExpenseRequest)
class ExpenseRequestAdmin(BaseAdmin):
    when_empty = gettext_lazy("Your expenses stand here, and those that you decide about.")
    form = ExpenseForm
    list_display = ("about", "requested_by", "cost", "progress", "filed")
    list_filter = (by_label("state", gettext_lazy("state"), labels.expense_state),)
    search_fields = ("category", "description", "requester__last_name", "requester__username")
    ordering = ("-created_at",)
    actions_detail = ("submit",)
    change_form_outer_before_template = "admin/shop/expense_state.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExpenseRequest]:
        """One's own; for approvers also what others have submitted."""
        visible = Q(requester=request.user)
        if request.user.has_perm("orders.decide_approval"):
            visible |= ~Q(state=ExpenseState.DRAFT)
        return super().get_queryset(request).filter(visible).select_related("requester", "approval")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}  # deleting several at once would not ask whose they are

    def has_change_permission(self, request: HttpRequest, obj: ExpenseRequest | None = None) -> bool:
        return super().has_change_permission(request, obj) and _own_draft(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: ExpenseRequest | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _own_draft(request, obj)

    def has_submit_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("orders.add_expenserequest")

    def get_fields(self, request: HttpRequest, obj: ExpenseRequest | None = None) -> tuple[str, ...]:
        return ExpenseForm.Meta.fields if obj else (*ExpenseForm.Meta.fields, "request_id")

    def save_model(self, request: HttpRequest, obj: ExpenseRequest, form: forms.Form, change: bool) -> None:
        if not change:
            obj.requester = people.signed_in(request)
            obj.request_key = _request_key(request, form)
        super().save_model(request, obj, form, change)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:
            filed = _filed_before(request)
            if filed is None:
                raise
            return self.response_add(request, filed)  # a double click: both are answered alike

    def page(self, request: HttpRequest, row: ExpenseRequest) -> dict[str, Any]:
        return {"expense": _standing(request, row)}

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """None in the frame: the page shows the button to whose draft it is."""
        return []

    @dialog_action(SUBMIT, permission="submit")
    def submit(self, request: HttpRequest, form: SubmitForm, object_id: str) -> HttpResponse:
        def step() -> str:
            client.submit_expense(form.expense.pk)
            return _("Submitted; you get a mail when it is decided.")

        back = reverse("admin:orders_expenserequest_change", args=[form.expense.pk])
        return call_client(request, form, SUBMIT, step, back=back)

    filed = html.moment_column("created_at", gettext_lazy("created"))

    @display(description=gettext_lazy("category"), ordering="category")
    def about(self, expense: ExpenseRequest) -> str:
        return expense.category

    @display(description=gettext_lazy("requested by"), ordering="requester__last_name")
    def requested_by(self, expense: ExpenseRequest) -> str:
        return people.name(expense.requester)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def cost(self, expense: ExpenseRequest) -> str:
        return labels.money(expense.amount)

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, expense: ExpenseRequest) -> str:
        return html.badge(labels.expense_state(expense.state), expense.state)


def _request_key(request: HttpRequest, form: forms.Form) -> str:
    typed = [form.cleaned_data[name] for name in ("request_id", *ExpenseForm.Meta.fields)]
    return request_key(str(typed[0]), people.signed_in(request).pk, *typed[1:])


def _filed_before(request: HttpRequest) -> ExpenseRequest | None:
    """The expense that this very form has filed already."""
    form = ExpenseForm(request.POST)
    if not form.is_valid():
        return None
    return ExpenseRequest.objects.filter(request_key=_request_key(request, form)).first()


def _own_draft(request: HttpRequest, expense: ExpenseRequest | None) -> bool:
    return expense is None or (expense.requester_id == request.user.pk and expense.state == ExpenseState.DRAFT)


def _standing(request: HttpRequest, expense: ExpenseRequest) -> dict[str, Any]:
    approval = getattr(expense, "approval", None)
    readable = request.user.has_perm("orders.view_approvalrequest")
    approval_url = reverse("admin:orders_approvalrequest_change", args=[approval.pk]) if approval and readable else ""
    return {
        "row": expense,
        "requester": people.name(expense.requester),
        "state": html.badge(labels.expense_state(expense.state), expense.state),
        "reason": expense.reason and labels.reason(expense.reason),
        "submit": _submit_button(expense) if _own_draft(request, expense) else "",
        "decided": expense.decided_at and labels.moment(expense.decided_at),
        "approval_url": approval_url,
    }


def _submit_button(expense: ExpenseRequest) -> str:
    url = reverse("admin:orders_expenserequest_submit", args=[expense.pk])
    return html.dialog_link(url, str(SUBMIT["title"]), tone="primary")
