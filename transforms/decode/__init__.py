"""Decode: the bytes a source sent as a table of text, nothing typed, nothing guessed, nothing lost."""
