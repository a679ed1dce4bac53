"""What writing a message does, apart from how its screen looks."""
