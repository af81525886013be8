"""The fetch: a session asks, pages are validated, a ledger is kept; one pager owns all three."""
