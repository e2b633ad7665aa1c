"""The shop's processes, one a file, each read from top to bottom."""
