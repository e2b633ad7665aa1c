"""The admin, grouped by what staff do: they read everything here, and every change of state goes through one client
function. Django imports this package; the imports below register each page. The site itself is `shop.admin`."""

from orders.admin import approvals, catalogue, failures, orders, payments, users

__all__ = ["approvals", "catalogue", "failures", "orders", "payments", "users"]
