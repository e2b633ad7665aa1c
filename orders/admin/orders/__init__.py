"""Orders, and what belongs to them: carts, mails, failed reversals."""

from orders.admin.orders import carts, compensation_failures, notifications, orders

__all__ = ["carts", "compensation_failures", "notifications", "orders"]
