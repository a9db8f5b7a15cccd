"""What kinds that ask a catalogue for a file share: which entry, its name, what it may not be."""
