"""What a run is: its configuration, identity, data, result and state."""
