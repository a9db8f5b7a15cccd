"""One audience's view written as files; the same rows give the same bytes.

The Parquet is written first, sorted and exact; every other file is read from it, so that all of them hold
the same rows in the same order.
"""
