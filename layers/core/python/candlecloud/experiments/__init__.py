"""What the kinds of fan-outs compute."""
