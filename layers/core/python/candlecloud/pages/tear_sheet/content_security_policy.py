"""What a browser may do with a tear sheet. Needs no NumPy: the API sends it as a header."""

CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page needs, and no more; it says so itself, and a server may say it too."""
