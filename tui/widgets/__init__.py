"""The panes of the mail screen, drawn line by line."""
