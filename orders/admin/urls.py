"""Pages of our own inside the admin, behind its sign-in; and in place of one of Django's pages, none."""

from django.contrib import admin
from django.urls import path

from orders.admin.approvals.bulk import bulk
from orders.admin.approvals.inbox import inbox
from orders.admin.base.pages import nowhere
from orders.admin.orders.waiting_view import waiting
from orders.admin.password_again import OwnPasswordPage, PasswordPage
from orders.admin.payloads import decode
from orders.admin.payments.check_views import check, chosen, live, schedule
from orders.admin.payments.credit import all_credit, customer_credit
from orders.admin.payments.refund_files import refund_file
from orders.admin.payments.refund_workflow import refund_workflow
from orders.admin.payments.unmatched import unmatched
from orders.admin.sessions import your_sessions

urlpatterns = [
    path("r/<path:rest>", admin.site.admin_view(nowhere)),
    path("approvals/", admin.site.admin_view(inbox), name="approvals"),
    path("approvals/several/", admin.site.admin_view(bulk), name="approvals-bulk"),
    path("waiting/<str:order_id>/", admin.site.admin_view(waiting), name="order-waiting"),
    path("credit/", admin.site.admin_view(all_credit), name="all-credit"),
    path("credit/<str:customer_id>/", admin.site.admin_view(customer_credit), name="credit"),
    path("unmatched/", admin.site.admin_view(unmatched), name="unmatched"),
    path("password_change/", admin.site.admin_view(OwnPasswordPage.as_view()), name="password_change"),
    path("password/", admin.site.admin_view(PasswordPage.as_view()), name="password-again"),
    path("sessions/", admin.site.admin_view(your_sessions), name="your-sessions"),
    path("codec/decode", decode, name="decode-payloads"),  # Temporal's pages add `/decode` to what they are told
    path("refund-files/<int:batch_id>.xml", admin.site.admin_view(refund_file), name="refund-file"),
    path("refunds/<int:refund_id>/workflow/", admin.site.admin_view(refund_workflow), name="refund-workflow"),
    path("checks/schedule/", admin.site.admin_view(schedule), name="payment-schedule"),
    path("checks/chosen/", admin.site.admin_view(chosen), name="payment-checks-chosen"),
    path("checks/<str:workflow_id>/", admin.site.admin_view(check), name="payment-check"),
    path("checks/<str:workflow_id>/live/", admin.site.admin_view(live), name="payment-check-live"),
]
