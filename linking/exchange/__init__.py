"""Items in and out: CSV, vCard."""
