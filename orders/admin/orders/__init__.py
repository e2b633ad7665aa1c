"""Orders, and what belongs to them: carts, mails, failed reversals."""

from orders.admin.orders import carts, notifications, orders

__all__ = ["carts", "notifications", "orders"]
