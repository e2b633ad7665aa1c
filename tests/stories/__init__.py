"""Whole stories, as they have happened to shops."""
