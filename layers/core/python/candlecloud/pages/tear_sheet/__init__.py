"""A run's result as one HTML file that needs nothing else: no script, no request, hand-written SVG. Start at `page`."""
