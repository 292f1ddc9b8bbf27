"""What only this checkout needs."""
