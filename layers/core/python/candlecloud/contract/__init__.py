"""What goes over the wire, once: the models that API, jobs, records and results read and write. Needs no NumPy."""
