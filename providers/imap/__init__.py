"""Accounts on IMAP servers (RFC 3501, RFC 9051 and what servers make of them)."""
