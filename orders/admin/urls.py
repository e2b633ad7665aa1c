"""Pages of our own inside the admin."""

from django.contrib import admin
from django.urls import URLPattern, path

from orders.admin.bulk import bulk
from orders.admin.inbox import inbox


def extra_urls() -> list[URLPattern]:
    """The inbox of approvals and decisions on several at once, behind the admin's sign-in."""
    return [
        path("approvals/", admin.site.admin_view(inbox), name="approvals"),
        path("approvals/several/", admin.site.admin_view(bulk), name="approvals-bulk"),
    ]
