"""What the shop knows of people: kept for a time, erased, handed out."""
