"""One file per concern of the stacks."""
