"""Independent oracles: plain loops that say what the engine must give."""
