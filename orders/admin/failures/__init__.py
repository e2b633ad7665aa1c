"""What went wrong and needs a person."""

from orders.admin.failures import workflows

__all__ = ["workflows"]
