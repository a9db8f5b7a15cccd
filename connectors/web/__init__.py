"""The one HTTP session of the house, and the rules it keeps; every connector that speaks HTTP uses it."""
