"""What is done with items on the screen, wherever they are shown."""
