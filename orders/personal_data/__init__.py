"""What the shop knows of people: how long it keeps it, and how it forgets it."""
