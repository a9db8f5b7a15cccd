"""Databases: how they are opened read-only, asked once, and written down as one Parquet file."""
