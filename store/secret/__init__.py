"""Passwords and tokens: the places they lie in, and how those are opened."""
