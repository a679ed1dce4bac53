"""Numbered forward migrations of the store."""
