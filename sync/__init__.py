"""The worker that keeps the cache in step with the accounts."""
