"""What is promised: the models of contracts, batches and releases; imports nothing heavy."""
