"""Histories as real servers recorded them, by workflow type and ending; see `tests/histories/record.py`."""
