"""The shop's pages for customers. A view reads tables, or hands what was typed to one client function and says what
came of it."""
