"""Small factories, a subject a file: what a test needs to be there before it begins, and short ways to act on it."""
