"""What a run is: its identity, data, manifest and state. `experiments` computes it."""
