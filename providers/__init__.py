"""How each kind of account is spoken to."""
