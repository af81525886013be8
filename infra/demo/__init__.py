"""The demo: everything played once on the local platform, and a report of it."""
