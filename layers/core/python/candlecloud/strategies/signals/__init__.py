"""Own signals: target positions that a user computed elsewhere and brings as a file."""
