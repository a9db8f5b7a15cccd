"""The proof that the public side holds nothing personal and nothing restricted."""
