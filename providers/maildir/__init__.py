"""A Maildir on disk: what mbsync, Dovecot, neomutt and notmuch users have."""
