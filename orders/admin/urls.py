"""Pages of our own inside the admin."""

from django.contrib import admin
from django.urls import URLPattern, path

from orders.admin.bulk import bulk
from orders.admin.check_views import check_order_batch, chosen, live, schedule
from orders.admin.inbox import inbox
from orders.admin.site import nowhere
from orders.admin.unmatched import unmatched


def extra_urls() -> list[URLPattern]:
    """Inboxes and payment checks, behind the admin's sign-in; and in place of one of Django's pages, none."""
    return [
        path("r/<path:rest>", admin.site.admin_view(nowhere)),
        path("approvals/", admin.site.admin_view(inbox), name="approvals"),
        path("approvals/several/", admin.site.admin_view(bulk), name="approvals-bulk"),
        path("unmatched/", admin.site.admin_view(unmatched), name="unmatched"),
        path("checks/schedule/", admin.site.admin_view(schedule), name="payment-schedule"),
        path("checks/chosen/", admin.site.admin_view(chosen), name="payment-checks-chosen"),
        path("checks/<str:workflow_id>/", admin.site.admin_view(check_order_batch), name="payment-check"),
        path("checks/<str:workflow_id>/live/", admin.site.admin_view(live), name="payment-check-live"),
    ]
