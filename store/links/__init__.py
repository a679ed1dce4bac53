"""What conversations are about, what decides it, and who may see them."""
