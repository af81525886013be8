"""What each feature is called, takes and needs, without NumPy; the computing modules are imported when first used."""
