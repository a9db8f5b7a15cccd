"""The decoded scan: everything that can be read out of a file, and what of it should not be there."""
