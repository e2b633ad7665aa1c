"""What all pages of the admin share: base classes, dialogs, filters, and pieces of HTML."""
