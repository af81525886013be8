"""What is computed: a run, a preview, and the batches of each kind of fan-out."""
