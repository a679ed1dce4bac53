"""What the user can do: one function per command, declared once in tui.commands.registry."""
