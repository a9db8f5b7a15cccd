"""Fetch files and know no table: one kind of source, one module of its name."""
