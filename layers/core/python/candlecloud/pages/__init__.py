"""Documents that stand alone: one HTML file each, hand-written SVG, no script, nothing fetched."""
