"""What dealbox remembers: the SQLite cache, the outbox, the CRM items."""
