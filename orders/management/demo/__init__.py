"""What a shop to try things out in starts with: people to sign in as, and products to order."""
