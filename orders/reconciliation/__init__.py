"""Matching money that came in with the orders it is for; what does not match waits for a person."""
