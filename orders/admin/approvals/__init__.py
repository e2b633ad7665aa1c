"""Approvals: requests and their decisions, the inbox, expenses, delegations and policies."""

from orders.admin.approvals import delegations, expenses, policies, policy_changes, requests

__all__ = ["delegations", "expenses", "policies", "policy_changes", "requests"]
