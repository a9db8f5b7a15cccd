"""The proposal of a contract: a source looked at whole, and what was found written down with its evidence."""
