"""Folders that people drop files into, wherever they are: what lies there, and how it is read."""
