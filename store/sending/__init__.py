"""Messages of our own: drafts, who they are from and for, and their way out."""
