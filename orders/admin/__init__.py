"""The admin: staff read everything here, and every change of state goes through one client function."""

from django.contrib import admin

from orders.admin import (
    approvals,
    bank,
    catalog,
    checks,
    delegations,
    expenses,
    orders,
    payment_events,
    policies,
    records,
    urls,
    users,
)

__all__ = [
    "approvals",
    "bank",
    "catalog",
    "checks",
    "delegations",
    "expenses",
    "orders",
    "payment_events",
    "policies",
    "records",
    "users",
]

# Unfold's site asks for them when it makes its own; Django's type knows nothing of it
vars(admin.site)["extra_urls"] = urls.extra_urls
