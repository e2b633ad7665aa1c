"""Who may see, do and decide what: roles, votes and delegations, four eyes."""
