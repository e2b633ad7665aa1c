"""Orders, and what belongs to them: carts, mails, failed reversals."""

from orders.admin.orders import carts, erasures, guest_holds, notifications, openings, orders

__all__ = ["carts", "erasures", "guest_holds", "notifications", "openings", "orders"]
