"""What may be wrong with a data directory, and what to do about it."""
