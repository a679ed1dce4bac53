"""The CRM's records: items of every kind, what hangs on them, how they are changed, and what their pages show."""
