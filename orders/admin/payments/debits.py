"""What went out of our account and concerns the shop: refunds carried out, and money taken back, for people to look
at."""

from django.contrib import admin
from django.contrib.admin import display
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from orders import labels
from orders.admin.base import html, people
from orders.admin.base.filters import by_label
from orders.admin.base.model_admin import ReadOnlyAdmin
from orders.models import BankDebit, Order


@admin.register(BankDebit)
class BankDebitAdmin(ReadOnlyAdmin):
    """Debits, those first that wait for a person."""

    list_display = ("booked", "sum", "sort", "payee", "words", "order", "progress")
    list_filter = (
        by_label("state", gettext_lazy("state"), labels.debit_state),
        by_label("kind", gettext_lazy("what it is"), labels.debit_kind),
    )
    search_fields = ("order_number", "end_to_end", "purpose", "payee")
    date_hierarchy = "booked_on"
    ordering = ("state", "-booked_on", "-pk")  # open ones first
    list_select_related = ("refund_task", "statement")
    fields = (
        "booked", "sum", "sort", "meaning", "payee", "payee_iban", "purpose", "end_to_end", "entry_reference",
        "account", "order", "refund", "statement", "progress", "settled", "who", "comment",
    )  # fmt: skip

    settled = html.moment_column("settled_at", gettext_lazy("settled"))

    @display(description=gettext_lazy("booked"), ordering="booked_on")
    def booked(self, debit: BankDebit) -> str:
        return date_format(debit.booked_on)

    @display(description=gettext_lazy("amount"), ordering="amount")
    def sum(self, debit: BankDebit) -> str:
        return labels.money(debit.amount, debit.currency)

    @display(description=gettext_lazy("what it is"), ordering="kind")
    def sort(self, debit: BankDebit) -> str:
        return labels.debit_kind(debit.kind)

    @display(description=gettext_lazy("what that means"))
    def meaning(self, debit: BankDebit) -> str:
        return labels.debit_meaning(debit.kind)

    @display(description=gettext_lazy("purpose"))
    def words(self, debit: BankDebit) -> str:
        return debit.purpose or debit.end_to_end or "–"

    @display(description=gettext_lazy("order"), ordering="order_number")
    def order(self, debit: BankDebit) -> SafeString | str:
        found = Order.objects.filter(number=debit.order_number).first() if debit.order_number else None
        if found is None:
            return debit.order_number or "–"
        return html.link(reverse("admin:orders_order_change", args=[found.pk]), found.number)

    @display(description=gettext_lazy("refund"))
    def refund(self, debit: BankDebit) -> SafeString | str:
        task = debit.refund_task
        return html.link(reverse("admin:orders_refundtask_change", args=[task.pk]), task.end_to_end_id) if task else "–"

    @display(description=gettext_lazy("state"), ordering="state")
    def progress(self, debit: BankDebit) -> SafeString:
        return html.badge(labels.debit_state(debit.state), "unmatched" if debit.state == "open" else "done")

    @display(description=gettext_lazy("settled by"))
    def who(self, debit: BankDebit) -> str:
        by = debit.settled_by
        return labels.actor(by, people.names([by])) if by else "–"
